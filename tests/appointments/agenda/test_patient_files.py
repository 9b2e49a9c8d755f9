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


def test_a_file_that_is_not_alike_is_found_by_its_name_and_merged(
    practitioner_client: Client, visit: Appointment, schedule: Schedule
) -> None:
    other = booked(
        schedule, "2026-10-05", family_name="Églantine-Œillet", given_name="Ysé", birth_date=date(1950, 1, 1)
    )
    elsewhere = factories.appointment(patient=factories.patient(family_name="Églantine"))
    unseen = booked(factories.colleague(schedule), "2026-10-05", family_name="Églantine")
    none = practitioner_client.get(address(visit))
    assert "Aucun autre dossier ne ressemble à celui-ci : cherchez-le par son nom." in text_of(none)
    found = practitioner_client.post(address(visit), {"name": "yse OEILLET"})
    assert found.status_code == 200
    assert "Ysé Églantine-Œillet" in text_of(found)
    every = practitioner_client.post(address(visit), {"name": "eglantine"}).content.decode()
    assert str(other.patient_id) in every
    assert str(elsewhere.patient_id) not in every
    assert str(unseen.patient_id) not in every
    assert "Aucun autre dossier à ce nom." in text_of(practitioner_client.post(address(visit), {"name": "Personne"}))
    asked = {
        "kept": str(visit.patient_id), "kept_version": "0", "absorbed": str(other.patient_id), "absorbed_version": "0",
    }  # fmt: skip
    assert practitioner_client.post(address(visit), asked).status_code == 303
    other.refresh_from_db()
    assert other.patient_id == visit.patient_id


@pytest.mark.parametrize("name", ["", "12", "<b>", "\x00"])
def test_a_name_that_is_none_is_told(practitioner_client: Client, visit: Appointment, name: str) -> None:
    refused = practitioner_client.post(address(visit), {"name": name})
    assert refused.status_code == 422
    assert 'id="id_name-erreur"' in refused.content.decode()


def test_what_wins_is_told_field_by_field(practitioner_client: Client, visit: Appointment, other: Appointment) -> None:
    answer = practitioner_client.get(address(visit))
    # On a phone the table moves, not the page.
    assert re.search(r'<div class="listing">\s*<table', answer.content.decode())
    page = text_of(answer)
    assert "Prénom Zoé ZOE celui du dossier gardé" in page
    assert "E-mail – zoe@exemple.test zoe@exemple.test" in page
    assert "Date de naissance" not in page


def test_a_merge_and_its_end_are_in_the_history_of_both_visits(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    [asked, _] = [one for one in buttons_of(practitioner_client, visit) if "kept" in one]
    practitioner_client.post(address(visit), asked)
    later = factories.appointment(
        schedule_=visit.schedule, start=at("2026-11-27", "09:00"), patient=Patient.objects.get(pk=visit.patient_id)
    )
    Appointment.objects.filter(pk=later.pk).update(created_at=at("2026-11-25", "10:41"))
    [undo] = [one for one in buttons_of(practitioner_client, visit) if "merge" in one]

    def told(one: Appointment) -> list[bool]:
        page = text_of(practitioner_client.get(f"/rendez-vous/{one.id}/"))
        return [words in page for words in ("Dossier du patient réuni à un autre", "Dossiers de nouveau séparés")]

    assert [told(one) for one in (visit, other, later)] == [[True, False], [True, False], [False, False]]
    practitioner_client.post(address(visit), undo)
    assert [told(one) for one in (visit, other)] == [[True, True], [True, True]]


def test_the_two_acts_are_told_apart(practitioner_client: Client, visit: Appointment, other: Appointment) -> None:
    page = text_of(practitioner_client.get(f"/rendez-vous/{visit.id}/"))
    assert "« C’est la même personne » met ce seul rendez-vous dans ce dossier" in page
    assert "En faire un seul dossier réunit les deux, avec tous leurs rendez-vous." in page
