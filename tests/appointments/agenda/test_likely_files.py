"""Files that may be of the same person, on the page of a visit."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from accounts.models import User
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.reading import get, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
GIVEN = {"family_name": "De la Tour", "given_name": "Zoé", "birth_date": date(1991, 2, 14), "sex": "female"}


def booked(schedule: Schedule, day: str, **fields: Any) -> Appointment:
    by = fields.pop("by", None)
    patient = factories.patient(**GIVEN | fields)
    return factories.appointment(schedule_=schedule, start=at(day, "14:00"), patient=patient, by=by)


def page_of(appointment: Appointment) -> str:
    return f"/rendez-vous/{appointment.id}/"


def test_a_known_patient_is_shown_with_the_reasons_and_joined(practitioner_client: Client, schedule: Schedule) -> None:
    known = booked(schedule, "2026-10-05", family_name="de La Tour", given_name="ZOE")
    visit = booked(schedule, "2026-11-26", by=factories.regulator_actor())
    page = get(practitioner_client, page_of(visit))
    assert "DE LA TOUR ZOE , née le 14 février 1991 Même nom, même prénom, même date de naissance" in text_of(page)
    body = {"version": "1", "patient_version": "0", "file": str(known.patient_id)}
    told = practitioner_client.post(f"{page_of(visit)}rattacher/", body, follow=True).content.decode()
    assert "Rendez-vous rattaché" in told
    assert "DE LA TOUR ZOE" in told
    assert "rattaché à un autre dossier" in text_of(told)
    visit.refresh_from_db()
    assert visit.patient == known.patient
    undone = {"version": "2", "patient_version": "0", "undo": "1"}
    back = practitioner_client.post(f"{page_of(visit)}rattacher/", undone, follow=True).content.decode()
    assert "Rendez-vous remis dans le dossier où il a été pris." in back
    assert "Rendez-vous rattaché" not in back
    visit.refresh_from_db()
    assert visit.patient == visit.given_as


def test_a_visit_to_come_is_not_told_as_past(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, "2026-11-27")
    page = text_of(get(practitioner_client, page_of(booked(schedule, "2026-11-26"))))
    assert "Dernier rendez-vous : vendredi 27 novembre 2026." in page


def test_nobody_else_is_shown(practitioner_client: Client, schedule: Schedule) -> None:
    """Another organization's, a colleague's whose agenda one does not keep, and whoever is not alike."""
    booked(factories.schedule(practitioner=schedule.practitioner), "2026-10-05")
    booked(factories.colleague(schedule), "2026-10-06")
    booked(schedule, "2026-10-07", given_name="Alba", birth_date=date(1950, 1, 1))
    visit = booked(schedule, "2026-11-26", by=factories.regulator_actor())
    assert "Déjà connu" not in get(practitioner_client, page_of(visit))


@pytest.mark.parametrize("level", [Level.SEE, Level.BOOK])
def test_who_does_not_book_is_not_asked(sign_in: Callable[[User], Client], schedule: Schedule, level: Level) -> None:
    """Nor offered to correct the patient."""
    user = factories.user()
    factories.delegate(user, schedule, level)
    booked(schedule, "2026-10-05")
    page = get(sign_in(user), page_of(booked(schedule, "2026-11-26")))
    for offered in ("Déjà connu", "Corriger le patient"):
        assert (offered in page) == (level == Level.BOOK)


def test_a_page_that_is_older_is_told(practitioner_client: Client, schedule: Schedule) -> None:
    known, visit = booked(schedule, "2026-10-05"), booked(schedule, "2026-11-26")
    body = {"version": "0", "patient_version": "0", "file": str(known.patient_id)}
    assert practitioner_client.post(f"{page_of(visit)}rattacher/", body).status_code == 409
    wrong = practitioner_client.post(f"{page_of(visit)}rattacher/", body | {"file": "x"})
    assert wrong.status_code == 422
    assert "Ce dossier n’existe pas" in wrong.content.decode()
