"""The practitioner's calendar address: what an application reads there, and who makes it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar as Read

from accounts.models import Practitioner
from appointments.calendar_text import Event, calendar
from appointments.enums import ConsultationType, Status
from appointments.models import Absence, Appointment, CalendarFeed, Closure, Schedule
from appointments.paper.services import make_feed
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db


def made(practitioner: Practitioner, now: datetime, *, with_names: bool = False) -> str:
    feed = CalendarFeed.objects.filter(practitioner=practitioner).first()
    secret = make_feed(
        practitioner_id=practitioner.id,
        version=feed.version if feed else 0,
        with_names=with_names,
        by=factories.practice_actor(practitioner),
        now=now,
    )
    return reverse("feed", args=[secret])


def events(answer: Any) -> dict[str, Any]:
    """By summary, as the library reads them: it refuses what RFC 5545 does not allow."""
    read = Read.from_ical(answer.content)
    assert not read.errors
    found = read.walk("VEVENT")
    assert all(not one.errors for one in found)
    return {str(one["SUMMARY"]): one for one in found}


def test_it_tells_when_and_where_and_no_name(practitioner: Practitioner, schedule: Schedule, now: datetime) -> None:
    visit = factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "09:00"), reason=factories.reason(schedule, label="Grossesse"),
        patient=factories.patient(family_name="Pivoine", given_name="Zénobie"), note="Fièvre",
    )  # fmt: skip
    home = factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "18:00"), consultation_type=ConsultationType.HH,
        patient=factories.patient(address="3 rue Inventée"),
    )  # fmt: skip
    factories.absence(
        practitioner=practitioner, label="Chimio", first_day=date(2026, 12, 1), last_day=date(2026, 12, 4)
    )
    Closure.objects.create(
        location=schedule.location, start=at("2026-12-24", "08:00"), end=at("2026-12-24", "12:00"), label="Travaux"
    )
    elsewhere = factories.appointment(
        schedule_=factories.schedule(practitioner=practitioner), start=at("2027-03-01", "09:00")
    )
    factories.appointment(schedule_=factories.colleague(schedule), start=at("2026-11-26", "10:00"))  # a colleague's
    for day in ("2026-10-25", "2027-05-26"):
        factories.appointment(schedule_=schedule, start=at(day, "09:00"))  # out of the window

    answer = Client().get(made(practitioner, now))
    text = answer.content.decode()
    read = Read.from_ical(text)
    found = {str(one["UID"]): one for one in read.walk("VEVENT")}

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    absence, closure = Absence.objects.get(), Closure.objects.get()
    assert set(found) == {str(one.pk) for one in (visit, home, elsewhere, absence, closure)}
    assert str(found[str(visit.id)]["SUMMARY"]) == "Rendez-vous"
    assert found[str(visit.id)].decoded("DTSTART") == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert found[str(visit.id)].decoded("DTEND") == datetime(2026, 11, 26, 8, 15, tzinfo=UTC)
    assert schedule.location.full_address in str(found[str(visit.id)]["LOCATION"])
    assert str(found[str(home.id)]["SUMMARY"]) == "Visite à domicile"
    # Whole days, the last one included; the time of a place that is closed may be used elsewhere.
    away, shut = found[str(absence.pk)], found[str(closure.pk)]
    assert (away.decoded("DTSTART"), away.decoded("DTEND")) == (date(2026, 12, 1), date(2026, 12, 5))
    assert (str(away["TRANSP"]), str(shut["TRANSP"])) == ("OPAQUE", "TRANSPARENT")
    for word in ("Pivoine", "PIVOINE", "Zénobie", "Grossesse", "Fièvre", "Inventée", "Chimio", "Travaux"):
        assert word not in text, word


def test_names_are_told_where_the_practitioner_chose_so(
    practitioner: Practitioner, schedule: Schedule, now: datetime
) -> None:
    factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "18:00"), consultation_type=ConsultationType.HH,
        patient=factories.patient(family_name="Pivoine", given_name="Zoé; l’aînée", address="3 rue\nInventée"),
        note="Fièvre",
    )  # fmt: skip
    answer = Client().get(made(practitioner, now, with_names=True))
    [(summary, event)] = events(answer).items()

    assert summary == "PIVOINE Zoé; l’aînée, visite à domicile"
    assert str(event["LOCATION"]) == "3 rue\nInventée"
    assert "Fièvre" not in answer.content.decode()


def test_a_cancelled_visit_stays_as_cancelled_and_takes_no_time(
    practitioner: Practitioner, schedule: Schedule, now: datetime
) -> None:
    factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"), status=Status.CANCELLED)
    [event] = events(Client().get(made(practitioner, now))).values()

    assert (str(event["STATUS"]), str(event["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    assert str(event["SUMMARY"]) == "Annulé\xa0: Rendez-vous"


def test_whoever_has_it_already_is_told_nothing_again(
    practitioner: Practitioner, schedule: Schedule, now: datetime
) -> None:
    visit = factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"))
    address, asked = made(practitioner, now), Client()
    first = asked.get(address)
    same = {"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}
    with time_machine.travel(now + timedelta(minutes=30), tick=False):
        assert [asked.get(address, headers=headers).status_code for headers in same] == [304, 304]
        # What goes is a change too.
        Appointment.objects.filter(pk=visit.pk).update(start=at("2026-11-26", "09:05"))
        answers = [asked.get(address, headers=headers) for headers in same]
        assert [one.status_code for one in answers] == [200, 200]
        assert answers[0].content == answers[1].content != first.content
    assert first["Last-Modified"] == "Wed, 25 Nov 2026 09:40:00 GMT"
    assert answers[0]["Last-Modified"] == "Wed, 25 Nov 2026 10:10:00 GMT"


@pytest.mark.parametrize("count", [1, 6])
def test_it_costs_three_queries_whatever_it_tells(
    practitioner: Practitioner, schedule: Schedule, now: datetime, count: int
) -> None:
    for number in range(count):
        start = at("2026-11-26", "09:00") + timedelta(days=number)
        factories.appointment(schedule_=schedule, start=start)
        factories.absence(practitioner=practitioner, start=start + timedelta(hours=1), end=start + timedelta(hours=2))
        Closure.objects.create(location=schedule.location, first_day=start.date(), last_day=start.date())
    address, asked = made(practitioner, now, with_names=True), Client()
    with CaptureQueriesContext(connection) as queries:
        assert len(Read.from_ical(asked.get(address).content).walk("VEVENT")) == 3 * count
    # It was read for the first time.
    assert len(queries) == 4
    with CaptureQueriesContext(connection) as queries:
        asked.get(address)
    assert len(queries) == 3


def test_an_address_of_before_opens_nothing(practitioner: Practitioner, schedule: Schedule, now: datetime) -> None:
    former, asked = made(practitioner, now), Client()
    latter = made(practitioner, now)
    assert (asked.get(former).status_code, asked.get(latter).status_code) == (404, 200)
    assert practitioner.user is not None
    practitioner.user.is_active = False
    practitioner.user.save()
    assert asked.get(latter).status_code == 404


def test_the_practitioner_reads_the_address_once_and_nothing_keeps_it(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    page, change = reverse("exports", args=[practitioner.id]), reverse("feed-change", args=[practitioner.id])
    answer = practitioner_client.post(change, {"version": "0", "acte": "faire"}, follow=True)
    text = answer.content.decode()
    address = text.partition("/calendriers/")[2].partition('"')[0]

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert Client().get(f"/calendriers/{address}").status_code == 200
    assert "/calendriers/" not in practitioner_client.get(page).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM appointments_calendarfeed t")
        assert address.removesuffix(".ics") not in cursor.fetchall()[0][0]
    stale = practitioner_client.post(change, {"version": "0", "acte": "retirer"})
    assert (stale.status_code, CalendarFeed.objects.count()) == (409, 1)
    practitioner_client.post(change, {"version": "1", "acte": "retirer"})
    assert Client().get(f"/calendriers/{address}").status_code == 404


def test_a_secretary_makes_none(secretary_client: Client, practitioner: Practitioner, schedule: Schedule) -> None:
    answer = secretary_client.post(reverse("feed-change", args=[practitioner.id]), {"version": "0", "acte": "faire"})
    assert (answer.status_code, CalendarFeed.objects.exists()) == (404, False)


def test_long_and_odd_words_stay_within_the_lines_of_the_format() -> None:
    summary = "É" * 60 + ", « a\\b » ; 🩺" + "x" * 90
    text = calendar(
        "Dr Alba", [Event("1", date(2026, 12, 1), date(2026, 12, 1), summary + "\x07", place="a\r\nb")],
        at=at("2026-11-25", "10:40"),
    )  # fmt: skip
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    [event] = Read.from_ical(text).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (summary, "a\nb")
