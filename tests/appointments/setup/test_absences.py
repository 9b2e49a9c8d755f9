"""Noting when a practitioner is away."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner
from accounts.rights import NOBODY
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Schedule
from appointments.openings.recurrence import Interval
from appointments.openings.selectors import period_interval
from appointments.openings.services.absences import Away, change_absence, create_absence, delete_absence
from appointments.openings.values import Days, Hours
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import seal_of, text_of
from tests.factories import at
from tests.undoing import undone

pytestmark = pytest.mark.django_db


def post(client: Client, practitioner: Practitioner, absence: Absence | None = None, **data: Any) -> Any:
    rest = f"{absence.id}/" if absence else ""
    seen = {"version": absence.version} if absence else {}
    fields = seen | {"label": "", "first_day": "", "first_hour": "", "last_day": "", "last_hour": ""} | data
    return client.post(f"/agenda/{practitioner.id}/horaires/absence/{rest}", fields)


NOTED: list[tuple[dict[str, str], tuple[str, str], tuple[str, str]]] = [
    ({"first_day": "2026-12-21"}, ("2026-12-21", "00:00"), ("2026-12-22", "00:00")),
    ({"first_day": "2026-12-21", "last_day": "2027-01-01"}, ("2026-12-21", "00:00"), ("2027-01-02", "00:00")),
    (
        {"first_day": "2026-12-01", "first_hour": "8h", "last_hour": "12 h 30"},
        ("2026-12-01", "08:00"),
        ("2026-12-01", "12:30"),
    ),
    ({"first_day": "2026-12-01", "first_hour": "14h"}, ("2026-12-01", "14:00"), ("2026-12-02", "00:00")),
    (
        {"first_day": "2026-12-01", "first_hour": "14h", "last_hour": "24h00"},
        ("2026-12-01", "14:00"),
        ("2026-12-02", "00:00"),
    ),
    (
        {"first_day": "2026-12-01", "last_day": "2026-12-02", "last_hour": "9h"},
        ("2026-12-01", "00:00"),
        ("2026-12-02", "09:00"),
    ),
    # The days of 23 and 25 hours are whole days too.
    ({"first_day": "2027-03-28"}, ("2027-03-28", "00:00"), ("2027-03-29", "00:00")),
    ({"first_day": "2027-10-31"}, ("2027-10-31", "00:00"), ("2027-11-01", "00:00")),
]


def test_an_absence_is_noted_as_typed(practitioner_client: Client, schedule: Schedule) -> None:
    for typed, start, end in NOTED:
        with undone():
            response = post(practitioner_client, schedule.practitioner, label="Congés", **typed)
            assert response.url == f"/agenda/{schedule.practitioner_id}/horaires/absences/", typed
            absence = Absence.objects.get()
            assert (absence.calendar, absence.schedule, absence.label) == (schedule.calendar, None, "Congés"), typed
            assert period_interval(absence, schedule.location.zone) == Interval(at(*start), at(*end)), typed
            # Noted in whole days, days are what it is: cut at each place's own midnight.
            assert absence.is_whole_days == ("first_hour" not in typed and "last_hour" not in typed), typed


def test_hours_are_those_of_the_place(practitioner_client: Client, practitioner: Practitioner) -> None:
    zone = factories.location(time_zone="Indian/Reunion")
    factories.schedule(practitioner=practitioner, location=zone)
    post(practitioner_client, practitioner, first_day="2026-12-01", first_hour="8h", last_hour="12h")
    assert Absence.objects.get().start == at("2026-12-01", "08:00", zone.zone)


IMPOSSIBLE: list[tuple[dict[str, str], str]] = [
    ({}, "Indiquez le premier jour."),
    ({"first_day": "demain"}, "Cette date n’est pas lisible"),
    ({"first_day": "1850-01-01"}, "Cette date est trop loin"),
    ({"first_day": "2026-12-01", "last_day": "9999-12-31"}, "Cette date est trop loin"),
    ({"first_day": "2026-12-02", "last_day": "2026-12-01"}, "Le dernier jour ne peut pas précéder le premier."),
    (
        {"first_day": "2026-12-01", "first_hour": "12h", "last_hour": "8h"},
        "La fin de l’absence vient après son début.",
    ),
    (
        {"first_day": "2026-12-01", "first_hour": "12h", "last_hour": "12h"},
        "La fin de l’absence vient après son début.",
    ),
    ({"first_day": "2026-12-01", "last_day": "2029-12-01"}, "deux ans au plus"),
    ({"first_day": "2026-12-01", "first_hour": "midi"}, "Cette heure n’est pas lisible"),
    ({"first_day": "2026-12-01", "label": "x" * 101}, "101 caractères : raccourcissez-le à 100"),
]


def test_an_absence_that_can_t_be_is_explained_and_not_noted(practitioner_client: Client, schedule: Schedule) -> None:
    for typed, said in IMPOSSIBLE:
        response = post(practitioner_client, schedule.practitioner, **typed)
        assert response.status_code == 422, typed
        assert said in text_of(response), typed
        assert not Absence.objects.exists(), typed


def test_covered_appointments_are_told_and_stay(practitioner_client: Client, schedule: Schedule) -> None:
    one = factories.appointment(schedule_=schedule, start=at("2026-12-01", "09:00"))
    factories.appointment(schedule_=schedule, start=at("2026-12-02", "09:00"))
    factories.appointment(schedule_=schedule, start=at("2026-12-01", "10:00"), status="cancelled")
    told = post(practitioner_client, schedule.practitioner, first_day="2026-12-01")
    page = text_of(told)
    assert "Un rendez-vous à venir est touché. Sans autre choix : reste pris pendant l’absence." in page
    assert "9 h 00 mar. 1er déc." in page
    assert not Absence.objects.exists()
    both = post(practitioner_client, schedule.practitioner, first_day="2026-12-01", last_day="2026-12-02")
    assert (
        "2 rendez-vous à venir sont touchés. Sans autre choix, pour chacun : reste pris pendant l’absence."
        in text_of(both)
    )
    post(practitioner_client, schedule.practitioner, first_day="2026-12-01", touched=seal_of(told))
    assert Absence.objects.exists()
    one.refresh_from_db()
    assert one.is_booked


def test_an_absence_is_changed(practitioner_client: Client, schedule: Schedule) -> None:
    absence = factories.absence(
        practitioner=schedule.practitioner,
        start=at("2026-12-01", "08:00"),
        end=at("2026-12-01", "12:30"),
        label="Formation",
    )
    form = practitioner_client.get(
        f"/agenda/{schedule.practitioner_id}/horaires/absence/{absence.id}/"
    ).content.decode()
    for value in ("Formation", "2026-12-01", "8\u202fh\u202f00", "12\u202fh\u202f30"):
        assert f'value="{value}"' in form
    post(practitioner_client, schedule.practitioner, absence, first_day="2026-12-03")
    absence.refresh_from_db()
    assert (absence.first_day, absence.last_day, absence.label) == (date(2026, 12, 3), date(2026, 12, 3), "")
    assert (absence.start, absence.end) == (None, None)
    form = practitioner_client.get(
        f"/agenda/{schedule.practitioner_id}/horaires/absence/{absence.id}/"
    ).content.decode()
    assert form.count('value="2026-12-03"') == 2
    post(practitioner_client, schedule.practitioner, absence, first_day="2026-12-04", first_hour="8h", last_hour="9h")
    absence.refresh_from_db()
    assert (absence.start, absence.end) == (at("2026-12-04", "08:00"), at("2026-12-04", "09:00"))
    assert (absence.first_day, absence.last_day) == (None, None)


def test_an_absence_until_midnight_reads_back_the_same(practitioner_client: Client, schedule: Schedule) -> None:
    absence = factories.absence(
        practitioner=schedule.practitioner, start=at("2026-12-01", "14:00"), end=at("2026-12-02", "00:00")
    )
    form = practitioner_client.get(
        f"/agenda/{schedule.practitioner_id}/horaires/absence/{absence.id}/"
    ).content.decode()
    assert 'value="24\u202fh\u202f00"' in form
    assert "2026-12-02" not in form[form.index('id="titre"') :]


def test_deleting_is_asked_first(practitioner_client: Client, schedule: Schedule) -> None:
    absence = factories.absence(practitioner=schedule.practitioner)
    address = f"/agenda/{schedule.practitioner_id}/horaires/absence/{absence.id}/supprimer/"
    assert "Supprimer cette absence ?" in text_of(practitioner_client.get(address))
    assert Absence.objects.exists()
    assert (
        practitioner_client.post(address, {"version": 0}).url
        == f"/agenda/{schedule.practitioner_id}/horaires/absences/"
    )
    assert not Absence.objects.exists()


def test_the_service_lets_nobody_else_note_absences(schedule: Schedule) -> None:
    absence = factories.absence(practitioner=schedule.practitioner)
    period: dict[str, Any] = {"away": Away(Hours(at("2026-12-01", "08:00"), at("2026-12-01", "12:00")))}
    for actor in (NOBODY, factories.practice_actor(factories.practitioner()), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            create_absence(practitioner_id=schedule.practitioner_id, by=actor, now=NOW, **period)
        with pytest.raises(NotAllowed):
            change_absence(absence_id=absence.id, version=0, by=actor, now=NOW, **period)
        with pytest.raises(NotAllowed):
            delete_absence(absence_id=absence.id, version=0, by=actor)
    assert Absence.objects.get() == absence


START = at("2026-12-01", "08:00")


@pytest.mark.parametrize(
    "period",
    [
        *(Hours(START, START + length) for length in (timedelta(0), timedelta(hours=-1), timedelta(days=800))),
        Days(date(2026, 12, 2), date(2026, 12, 1)),
        Days(date(2026, 12, 1), date(2029, 12, 1)),
    ],
)
def test_the_service_refuses_impossible_lengths(schedule: Schedule, period: Days | Hours) -> None:
    actor = factories.practice_actor(schedule.practitioner)
    with pytest.raises(Refused):
        create_absence(practitioner_id=schedule.practitioner_id, away=Away(period), by=actor, now=NOW)
    assert not Absence.objects.exists()
