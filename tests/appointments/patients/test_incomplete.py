"""Patients as callers have them: no given name, no phone, a year for a birth date; marked on every page."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Regulator, User
from appointments.booking.services.changes import cancel_appointment
from appointments.models import Appointment
from appointments.patients.identity import BirthDate, Precision
from appointments.templatetags.patients import born
from tests import factories
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import filled_in, key_of, send
from tests.factories import at

pytestmark = pytest.mark.django_db
NOW = at("2026-11-25", "08:00")


@pytest.fixture(autouse=True)
def _frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booked(regulator_client: Client) -> Appointment:
    """A newborn without given name or phone, 9 days old, through the regulator's page."""
    schedule = factories.rule().schedule
    body = filled_in(
        key_of(schedule), given_name="", no_given_name="newborn", phone="", no_phone="none", birth_date="9 jours"
    )
    assert regulator_client.post("/rendez-vous/nouveau/", body).status_code == 303
    return Appointment.objects.get()


def test_the_regulator_reads_what_is_missing(regulator_client: Client, booked: Appointment) -> None:
    page = text_of(get(regulator_client, f"/rendez-vous/{booked.id}/confirmation/"))
    for told in ("Jasmin-Démo, née le 16 novembre 2026", "Nouveau-né, pas encore de prénom", "N’a pas de téléphone"):
        assert told in page
    assert "J." in text_of(get(regulator_client, "/orientations/"))


def test_where_one_says_why_it_is_missing_is_open_then(regulator_client: Client) -> None:
    body = filled_in(key_of(factories.rule().schedule), given_name="", phone="")
    page = send(regulator_client, body).content.decode()
    assert re.search(r'<details class="disclosure" open>\s*<summary>Pas de prénom', page)


def test_the_practice_reads_it_with_the_age(sign_in: Callable[[User], Client], booked: Appointment) -> None:
    client = sign_in(factories.delegation(booked.practitioner))
    page = text_of(get(client, f"/rendez-vous/{booked.id}/"))
    for told in ("née le 16 novembre 2026 (9 jours)", "Nouveau-né, pas encore de prénom", "N’a pas de téléphone"):
        assert told in page
    assert "tel:" not in page
    assert "Aucun message n’atteint ce patient." in text_of(get(client, f"/rendez-vous/{booked.id}/annuler/"))


def test_it_can_be_cancelled_and_booked_again_as_it_was(regulator_client: Client, regulator: Regulator) -> None:
    schedule = factories.rule().schedule
    body = filled_in(key_of(schedule), birth_date="inconnue", phone="", no_phone="refused")
    regulator_client.post("/rendez-vous/nouveau/", body)
    made = Appointment.objects.get()
    again = regulator_client.post("/rendez-vous/nouveau/", body, follow=True).content.decode()
    assert "Ce formulaire avait déjà servi" not in again
    assert "date de naissance inconnue" in text_of(again)
    cancel_appointment(
        appointment_id=made.id,
        version=1,
        by=factories.practice_actor(made.practitioner),
        now=NOW,  # type: ignore[arg-type]
    )
    assert "Ne veut pas le donner" in text_of(get(regulator_client, f"/rendez-vous/{made.id}/confirmation/"))


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (BirthDate(date(1985, 4, 3), Precision.DAY), "née le 3 avril 1985"),
        (BirthDate(date(1985, 4, 1), Precision.MONTH), "née en avril 1985"),
        (BirthDate(date(1985, 1, 1), Precision.YEAR), "née en 1985"),
        (BirthDate(date(1985, 1, 1), Precision.AGE), "née vers 1985"),
        (BirthDate(None, Precision.UNKNOWN), "date de naissance inconnue"),
    ],
)
def test_a_birth_date_is_told_as_far_as_it_is_known(known: BirthDate, told: str) -> None:
    assert born(known, "female") == told
