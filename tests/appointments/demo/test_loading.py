"""The demonstration is about the day on which it is loaded."""

import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from appointments.demo.setting import PEOPLE_FILE
from appointments.models import Appointment
from tests.factories import at

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("demo")]


def test_whoever_starts_it_on_one_day_sees_the_same_visits() -> None:
    def visits(clock: str) -> list[tuple[Any, ...]]:
        with transaction.atomic():
            with time_machine.travel(at("2026-11-29", clock)):
                call_command("load_demo")
            rows = Appointment.objects.order_by("start", "practitioner__rpps", "lane")
            found = list(
                rows.values_list(
                    "practitioner__rpps", "start", "end", "consultation_type", "reason__label", "patient__phone",
                    "patient__family_name", "patient__given_name", "patient__birth_date",
                )
            )  # fmt: skip
            transaction.set_rollback(True)
        return found

    assert visits("00:05") == visits("23:50")


def test_what_is_there_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("quelquun@exemple.test")
    call_command("load_demo")
    assert "rien n’est chargé" in capsys.readouterr().out
    assert User.objects.count() == 1


def test_the_passwords_that_are_told_open_the_accounts(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    for one in json.loads(PEOPLE_FILE.read_text(encoding="utf-8")):
        assert check_password(one["password"], one["hash"]), one["email"]
