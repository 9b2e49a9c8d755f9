"""The demonstration is about the day on which it is loaded."""

import json
from datetime import date
from random import Random
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments.demo import setting
from appointments.demo.patients import REGULARS
from appointments.demo.planning import Guest, planned_visits
from tests.factories import at

pytestmark = pytest.mark.django_db


def test_whoever_starts_it_on_one_day_sees_the_same_visits() -> None:
    today = date(2026, 11, 30)

    def planned(clock: str) -> list[tuple[object, ...]]:
        with transaction.atomic(), time_machine.travel(at(f"{today}", clock), tick=False):
            users, organizations, now = setting.write_users(), setting.write_organizations(), timezone.now()
            agendas = setting.write_agendas(users, organizations, today)
            setting.write_access(agendas, users, organizations, now)
            setting.write_absences(agendas, now)
            known = {regular.seen_by: [Guest(regular.details(0, today=today), visits=3)] for regular in REGULARS}
            visits = planned_visits(agendas, known, today=today, dice=Random("dice"))
            transaction.set_rollback(True)
        return [
            (one.schedule.practitioner.name, one.start, one.end, one.visit.patient, one.booked_at) for one in visits
        ]

    assert planned("00:05") == planned("23:50")


def test_what_is_there_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("quelquun@exemple.test")
    call_command("load_demo")
    assert "rien n’est chargé" in capsys.readouterr().out
    assert User.objects.count() == 1


def test_the_passwords_that_are_told_open_the_accounts(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    for one in json.loads(setting.PEOPLE_FILE.read_text(encoding="utf-8")):
        assert check_password(one["password"], one["hash"]), one["email"]
