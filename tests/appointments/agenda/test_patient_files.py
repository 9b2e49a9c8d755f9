"""Two files of one person become one on a page, and two again."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from accounts.models import User
from appointments.models import Appointment, Patient, PatientMerge, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
PERSON = {"family_name": "De la Tour", "given_name": "Zoé", "birth_date": date(1991, 2, 14), "sex": "female"}


def booked(schedule: Schedule, day: str, **fields: Any) -> Appointment:
    return factories.appointment(
        schedule_=schedule, start=at(day, "14:00"), patient=factories.patient(**PERSON | fields)
    )


@pytest.fixture
def visit(schedule: Schedule) -> Appointment:
    return booked(schedule, "2026-11-26")


@pytest.fixture
def other(schedule: Schedule) -> Appointment:
    return booked(schedule, "2026-10-05", given_name="ZOE", email="zoe@exemple.test")


def address(visit: Appointment) -> str:
    return f"/rendez-vous/{visit.id}/dossiers/"


def buttons_of(client: Client, visit: Appointment) -> list[dict[str, str]]:
    """What each button of the page sends."""
    forms = re.findall(r"<form.*?</form>", client.get(address(visit)).content.decode(), re.DOTALL)
    return [dict(re.findall(r'name="(\w+)" value="([^"]*)"', one)) for one in forms if "csrf" in one]


@pytest.mark.parametrize("keeps_the_visit_s", [True, False])
def test_they_become_one_and_two_again(
    practitioner_client: Client, visit: Appointment, other: Appointment, keeps_the_visit_s: bool
) -> None:
    sent = [one for one in buttons_of(practitioner_client, visit) if "kept" in one]
    assert len(sent) == 2
    kept = visit.patient_id if keeps_the_visit_s else other.patient_id
    [asked] = [one for one in sent if one["kept"] == str(kept)]
    told = practitioner_client.post(address(visit), asked, follow=True)
    assert "Un seul dossier à présent : 1 rendez-vous y passe." in text_of(told)
    assert {one.patient_id for one in Appointment.objects.all()} == {kept}
    [undo] = [one for one in buttons_of(practitioner_client, visit) if "merge" in one]
    told = practitioner_client.post(address(visit), undo, follow=True)
    assert "Deux dossiers de nouveau." in text_of(told)
    assert [one.patient_id for one in (Appointment.objects.get(pk=visit.pk), Appointment.objects.get(pk=other.pk))] == [
        visit.patient_id,
        other.patient_id,
    ]


def test_a_file_that_changed_meanwhile_is_read_again_first(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    [asked, _] = [one for one in buttons_of(practitioner_client, visit) if "kept" in one]
    Patient.objects.filter(pk=other.patient_id).update(version=7)
    refused = practitioner_client.post(address(visit), asked)
    assert refused.status_code == 409
    assert "a changé entre-temps" in text_of(refused)
    assert not PatientMerge.objects.exists()


def test_who_does_not_book_in_all_their_agendas_is_told_so(
    visit: Appointment, schedule: Schedule, sign_in: Callable[[User], Client]
) -> None:
    elsewhere = factories.colleague(schedule)
    booked(elsewhere, "2026-10-05")
    secretary = factories.user()
    factories.delegate(secretary, schedule, Level.BOOK)
    factories.delegate(secretary, elsewhere, Level.SEE)
    client = sign_in(secretary)
    [asked, _] = [one for one in buttons_of(client, visit) if "kept" in one]
    refused = client.post(address(visit), asked)
    assert refused.status_code == 409
    assert "Un de ces dossiers a des rendez-vous dans un agenda où vous n’en prenez pas" in text_of(refused)
    assert not PatientMerge.objects.exists()


def test_another_s_file_is_not_reached_through_this_visit(
    practitioner_client: Client, visit: Appointment, other: Appointment, schedule: Schedule
) -> None:
    third = booked(schedule, "2026-10-06")
    body = {
        "kept": str(other.patient_id), "kept_version": "0", "absorbed": str(third.patient_id), "absorbed_version": "0",
    }  # fmt: skip
    assert practitioner_client.post(address(visit), body).status_code == 422
    assert practitioner_client.post(address(visit), {"merge": "1"}).status_code == 422
    assert not PatientMerge.objects.exists()
