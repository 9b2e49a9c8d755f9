"""The same visit again and again, booked in one go; then « celui-ci et les suivants »."""

import re
import uuid
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from appointments.enums import EventKind, Status
from appointments.models import Appointment, Patient, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.appointments.call.requests import PATIENT
from tests.factories import at

pytestmark = pytest.mark.django_db
WEEKLY = [at(day, "09:00") for day in ("2026-11-26", "2026-12-03", "2026-12-10", "2026-12-17")]


@pytest.fixture
def opened(schedule: Schedule) -> Schedule:
    """From 9 to 12 every day."""
    return factories.rule(schedule=schedule).schedule


def filled_in(schedule: Schedule, fields: dict[str, str]) -> dict[str, Any]:
    usual = {"schedule": str(schedule.id), "request_id": str(uuid.uuid4()), "day": "2026-11-26", "hour": "9h"}
    return PATIENT | usual | {"minutes": "15", "weeks": "1", "times": "4", "dates": ""} | fields


def post(client: Client, schedule: Schedule, /, **fields: str) -> Any:
    return client.post(f"/agenda/{schedule.practitioner_id}/rendez-vous/serie/", filled_in(schedule, fields))


def starts() -> list[Any]:
    return list(Appointment.objects.standing().order_by("start").values_list("start", flat=True))


def answers_of(page: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(choix-[^"]+)"\s+value="([^"]+)"', page.content.decode()):
        found.setdefault(name, []).append(unescape(value))
    return found


@pytest.fixture
def booked(practitioner_client: Client, opened: Schedule) -> list[Appointment]:
    assert post(practitioner_client, opened).status_code == 303
    return list(Appointment.objects.order_by("start"))


def address(one: Appointment) -> str:
    return f"/rendez-vous/{one.pk}/serie/"


def act(client: Client, one: Appointment, **fields: str) -> Any:
    return client.post(address(one), {"version": str(one.version), "day": "2026-12-03", "hour": "9h"} | fields)


def test_a_series_is_one_visit_a_week_of_one_new_patient(
    practitioner_client: Client, booked: list[Appointment]
) -> None:
    assert starts() == WEEKLY
    assert Patient.objects.count() == 1
    assert len({one.series for one in booked}) == 1
    assert all(one.events.get().kind == EventKind.BOOKED for one in booked)
    page = text_of(practitioner_client.get(address(booked[1])))
    assert "Série de 4 rendez-vous" in page
    assert "Celui-ci et les suivants (3)" in page
    assert f'href="{address(booked[1])}"' in practitioner_client.get(f"/rendez-vous/{booked[1].pk}/").content.decode()


def test_sent_twice_it_books_once(practitioner_client: Client, opened: Schedule) -> None:
    body = filled_in(opened, {})
    for _ in range(2):
        answer = practitioner_client.post(f"/agenda/{opened.practitioner_id}/rendez-vous/serie/", body)
        assert answer.status_code == 303
    assert starts() == WEEKLY


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"weeks": "2", "times": "3"}, ["11-26", "12-10", "12-24"]),
        ({"dates": "3/12, vendredi; dans 2 semaines"}, ["11-26", "11-27", "12-03", "12-09"]),
    ],
)
def test_every_so_many_weeks_or_on_days_in_words(
    practitioner_client: Client, opened: Schedule, fields: dict[str, str], days: list[str]
) -> None:
    answer = post(practitioner_client, opened, **fields)
    assert answer.status_code == 303, text_of(answer)
    assert [f"{start:%m-%d}" for start in starts()] == days


def test_the_hour_is_that_of_the_place_whatever_the_season(practitioner_client: Client, opened: Schedule) -> None:
    post(practitioner_client, opened, day="2027-03-25", times="2")
    assert starts() == [at("2027-03-25", "09:00"), at("2027-04-01", "09:00")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"times": "1"}, "Une série a de 2 à 30 rendez-vous."),
        ({"weeks": "0"}, "Toutes les 1 à 12 semaines."),
        ({"dates": "quand il pleut"}, "Ou à ces dates"),
        ({"family_name": ""}, "Indiquez le nom de famille."),
        ({"day": "2028-11-20"}, "Ce jour est trop loin"),
    ],
)
def test_what_can_t_be_is_said(
    practitioner_client: Client, opened: Schedule, fields: dict[str, str], said: str
) -> None:
    answer = post(practitioner_client, opened, **fields)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not starts()


def test_what_stands_in_the_way_is_listed_first_and_each_has_its_answer(
    practitioner_client: Client, opened: Schedule
) -> None:
    for day in ("2026-12-03", "2026-12-10", "2026-12-17"):
        factories.appointment(schedule_=opened, start=at(day, "09:00"))
    body = filled_in(opened, {})
    where = f"/agenda/{opened.practitioner_id}/rendez-vous/serie/"
    warned = practitioner_client.post(where, body)
    assert warned.status_code == 409
    assert text_of(warned).count("Dr Alba Tournesol a déjà un rendez-vous") == 3
    assert "Jeudi 26 novembre 2026, 9 h 00 · libre" in text_of(warned)
    assert len(starts()) == 3
    [near, skipped, beside] = answers_of(warned).items()
    answers = {near[0]: near[1][0], skipped[0]: "passer", beside[0]: beside[1][-1]}
    # Somebody puts another one there meanwhile: that is told first.
    other = factories.appointment(schedule_=opened, start=at("2026-12-17", "09:00"), lane=1, overbooked=True)
    again = practitioner_client.post(where, body | answers)
    assert again.status_code == 409
    assert text_of(again).count("Dr Alba Tournesol a déjà un rendez-vous") == 2
    [seal] = re.findall(rf'name="{beside[0]}" value="(en-plus [^"]+)"', again.content.decode())
    assert practitioner_client.post(where, body | answers | {beside[0]: seal}).status_code == 303
    mine = Appointment.objects.filter(series__isnull=False).order_by("start")
    assert [(one.start, one.overbooked) for one in mine] == [
        (at("2026-11-26", "09:00"), False),
        (at("2026-12-03", "09:15"), False),
        (at("2026-12-17", "09:00"), True),
    ]
    assert other.start == mine[2].start


def test_where_the_patient_comes_already_another_hour_of_that_day_or_the_same_one_is_taken_once_that_is_read(
    practitioner_client: Client, opened: Schedule
) -> None:
    body = filled_in(opened, {"times": "2"})
    for day in ("2026-11-26", "2026-12-03"):
        again = factories.patient(family_name="Jasmin-Démo", given_name="Kumquat", birth_date=date(1991, 2, 14))
        factories.appointment(schedule_=opened, start=at(day, "11:00"), patient=again)
    factories.appointment(schedule_=opened, start=WEEKLY[1])
    where = f"/agenda/{opened.practitioner_id}/rendez-vous/serie/"
    [(first, same), (second, others)] = answers_of(practitioner_client.post(where, body)).items()
    assert same[0] == "passer"  # the hour itself is free: no other helps
    booked = practitioner_client.post(where, body | {first: same[1], second: others[0]})
    assert booked.status_code == 303
    mine = Appointment.objects.filter(series__isnull=False).order_by("start")
    assert [one.start for one in mine] == [WEEKLY[0], at("2026-12-03", "09:15")]


def test_this_one_and_those_that_follow_are_moved_by_the_same_shift(
    practitioner_client: Client, booked: list[Appointment]
) -> None:
    # A week on and an hour later: each onto the day of the next.
    assert act(practitioner_client, booked[1], day="2026-12-10", hour="10h").status_code == 303
    moved = [at(day, "10:00") for day in ("2026-12-10", "2026-12-17", "2026-12-24")]
    assert starts() == [WEEKLY[0], *moved]
    assert booked[3].events.filter(kind=EventKind.MOVED).count() == 1


def test_what_stands_in_the_way_of_one_moves_none_until_it_is_read(
    practitioner_client: Client, booked: list[Appointment], opened: Schedule
) -> None:
    factories.appointment(schedule_=opened, start=at("2026-12-11", "09:00"))
    warned = act(practitioner_client, booked[1], day="2026-12-04")
    assert warned.status_code == 409
    assert "vendredi 11 décembre de 9 h 00 à 9 h 15" in text_of(warned)
    assert starts()[:3] == WEEKLY[:3]
    [seal] = re.findall(r'name="despite" value="([^"]+)"', warned.content.decode())
    assert act(practitioner_client, booked[1], day="2026-12-04", despite=seal).status_code == 303
    assert [one.overbooked for one in Appointment.objects.filter(series=booked[0].series).order_by("start")] == [
        False, False, True, False,
    ]  # fmt: skip


def test_this_one_and_those_that_follow_are_cancelled(practitioner_client: Client, booked: list[Appointment]) -> None:
    Appointment.objects.filter(pk=booked[3].pk).update(status=Status.NOSHOW)
    assert act(practitioner_client, booked[1], cancel="1").status_code == 303
    found = [one.status for one in Appointment.objects.order_by("start")]
    assert found == [Status.BOOKED, Status.CANCELLED, Status.CANCELLED, Status.NOSHOW]


def test_a_page_opened_before_a_change_keeps_what_was_typed(
    practitioner_client: Client, booked: list[Appointment]
) -> None:
    Appointment.objects.filter(pk=booked[1].pk).update(version=2)
    stale = act(practitioner_client, booked[1], day="2026-12-10", hour="10h")
    assert stale.status_code == 409
    assert 'value="10h"' in stale.content.decode()
    assert 'name="version" value="2"' in stale.content.decode()
    assert starts() == WEEKLY


def test_one_alone_is_changed_on_its_own_page(practitioner_client: Client, booked: list[Appointment]) -> None:
    one = booked[1]
    body = {"version": "1", "slot": "", "day": "2026-12-04", "hour": "10h"}
    assert practitioner_client.post(f"/rendez-vous/{one.pk}/deplacer/", body).status_code == 303
    assert starts() == [WEEKLY[0], at("2026-12-04", "10:00"), *WEEKLY[2:]]


def test_the_form_of_one_becomes_that_of_a_series(practitioner_client: Client, opened: Schedule) -> None:
    page = practitioner_client.post(
        f"/agenda/{opened.practitioner_id}/rendez-vous/serie/", filled_in(opened, {"repeat": "1", "note": "Toux"})
    )
    assert page.status_code == 200
    assert "Série de rendez-vous" in text_of(page)
    assert 'value="Jasmin-Démo"' in page.content.decode()
