"""Absences at one place, replaced, every week; closures of a place."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner
from appointments.models import Absence, Closure, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


def address(practitioner: Practitioner, rest: str = "") -> str:
    return f"/agenda/{practitioner.id}/horaires/{rest}"


def fields(**given: Any) -> dict[str, Any]:
    return {"label": "", "first_day": "", "first_hour": "", "last_day": "", "last_hour": ""} | given


def test_an_absence_at_one_place_with_a_replacement_every_week(practitioner_client: Client, schedule: Schedule) -> None:
    colleague = factories.colleague(schedule)
    typed = fields(
        first_day="2026-12-01",
        label="Formation",
        until="2026-12-15",
        schedule=str(schedule.id),
        replacement=str(colleague.id),
    )
    response = practitioner_client.post(address(schedule.practitioner, "absence/"), typed, follow=True)
    page = text_of(response)
    assert "3 absences enregistrées" in page
    assert f"Cabinet de la Glycine seulement · remplacement par le {colleague}" in page
    assert "revient 2 fois ensuite, jusqu’au mardi 15 décembre 2026" in page
    assert {(row.schedule, row.replacement) for row in Absence.objects.all()} == {(schedule, colleague)}
    first = Absence.objects.earliest("first_day")
    form = practitioner_client.get(address(schedule.practitioner, f"absence/{first.id}/")).content.decode()
    assert f'<option value="{schedule.id}" selected>' in form
    assert f'<option value="{colleague.id}" selected>' in form
    assert 'name="until"' not in form
    delete = address(schedule.practitioner, f"absence/{first.id}/supprimer/")
    assert "Supprimer toute la série" in text_of(practitioner_client.get(delete))
    practitioner_client.post(delete, {"version": 1})
    assert Absence.objects.count() == 2
    other = Absence.objects.earliest("first_day")
    practitioner_client.post(
        address(schedule.practitioner, f"absence/{other.id}/supprimer/"), {"version": 1, "serie": "1"}
    )
    assert not Absence.objects.exists()


def test_hours_are_those_of_the_only_place(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    island = factories.location(name="Zone", time_zone="Indian/Reunion")
    there = factories.schedule(practitioner=practitioner, location=island)
    typed = fields(first_day="2026-12-01", first_hour="8h", last_hour="12h", schedule=str(there.id))
    practitioner_client.post(address(practitioner, "absence/"), typed)
    absence = Absence.objects.get()
    assert absence.start == at("2026-12-01", "08:00", island.zone)
    assert "le mardi 1er décembre 2026 de 8 h 00 à 12 h 00, heure de La Réunion · Zone seulement" in text_of(
        practitioner_client.get(address(practitioner, "absences/"))
    )
    form = practitioner_client.get(address(practitioner, f"absence/{absence.id}/")).content.decode()
    assert 'value="8\u202fh\u202f00"' in form


def test_what_becomes_everywhere_is_read_at_the_agenda_s_clock(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    island = factories.location(name="Zone", time_zone="Indian/Reunion")
    there = factories.schedule(practitioner=practitioner, location=island)
    absence = factories.absence(
        practitioner=practitioner, schedule=there, start=at("2026-12-01", "08:00"), end=at("2026-12-01", "09:00")
    )
    typed = fields(version=0, first_day="2026-12-01", first_hour="8h", last_hour="12h", schedule="")
    practitioner_client.post(address(practitioner, f"absence/{absence.id}/"), typed)
    absence.refresh_from_db()
    assert (absence.start, absence.schedule) == (at("2026-12-01", "08:00"), None)


def test_only_visits_at_that_place_are_covered(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    other = factories.schedule(practitioner=practitioner)
    factories.appointment(schedule_=other, start=at("2026-12-01", "09:00"))
    typed = fields(first_day="2026-12-01", schedule=str(schedule.id))
    response = practitioner_client.post(address(practitioner, "absence/"), typed, follow=True)
    assert "à déplacer" not in text_of(response)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"until": "2029-12-01"}, "Revient jusqu’au : Une répétition dure deux ans au plus"),
        ({"until": "2026-12-01"}, "finit après le premier jour"),
        ({"until": "2027-12-01", "last_day": "2026-12-12"}, "dure moins d’une semaine"),
        (
            {"schedule": "00000000-0000-0000-0000-000000000000"},
            "Où : Ce lieu n’est pas proposé : choisissez-en un autre.",
        ),
    ],
)
def test_what_can_t_be_is_refused_with_its_field(
    practitioner_client: Client, schedule: Schedule, given: dict[str, str], said: str
) -> None:
    typed = fields(first_day="2026-12-01") | given
    response = practitioner_client.post(address(schedule.practitioner, "absence/"), typed)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not Absence.objects.exists()


def test_a_closure_is_noted_changed_and_deleted(practitioner_client: Client, schedule: Schedule) -> None:
    who = schedule.practitioner
    typed = fields(first_day="2026-12-01", label="Travaux", location=str(schedule.location_id), until="2026-12-08")
    page = text_of(practitioner_client.post(address(who, "fermeture/"), typed, follow=True))
    assert "Fermetures du lieu Travaux Cabinet de la Glycine · mardi 1er décembre 2026 revient 1 fois ensuite" in page
    first, second = Closure.objects.order_by("first_day")
    form = practitioner_client.get(address(who, f"fermeture/{first.id}/"))
    assert 'value="Travaux"' in form.content.decode()
    practitioner_client.post(
        address(who, f"fermeture/{first.id}/"),
        fields(version=1, first_day="2026-12-01", first_hour="8h", last_hour="12h"),
    )
    first.refresh_from_db()
    assert (first.start, first.first_day) == (at("2026-12-01", "08:00"), None)
    assert "Supprimer cette fermeture ?" in text_of(
        practitioner_client.get(address(who, f"fermeture/{first.id}/supprimer/"))
    )
    practitioner_client.post(address(who, f"fermeture/{first.id}/supprimer/"), {"version": 2})
    assert list(Closure.objects.all()) == [second]


def test_a_closure_needs_its_place_and_day(practitioner_client: Client, schedule: Schedule) -> None:
    factories.schedule(practitioner=schedule.practitioner)
    page = text_of(practitioner_client.post(address(schedule.practitioner, "fermeture/"), fields()))
    assert "Choisissez un lieu." in page
    assert "Indiquez le premier jour." in page


def test_another_place_s_closure_does_not_exist_here(practitioner_client: Client, schedule: Schedule) -> None:
    day = date(2026, 12, 1)
    foreign = Closure.objects.create(location=factories.location(), first_day=day, last_day=day)
    for rest in ("", "supprimer/"):
        page = address(schedule.practitioner, f"fermeture/{foreign.id}/{rest}")
        assert practitioner_client.get(page).status_code == 404
        assert practitioner_client.post(page).status_code == 404
