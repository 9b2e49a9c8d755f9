"""When a practitioner is taken in another calendar nobody is received here; of what stands there nothing else is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Level
from accounts.rights import Actor
from appointments.exceptions import NotAllowed, Refused
from appointments.imports import far
from appointments.imports.busy import TooMany, busy_periods
from appointments.imports.services.other_calendars import (
    MOST,
    add_calendar,
    due_calendars,
    read_calendar,
    remove_calendar,
)
from appointments.models import BusyTime, Calendar, OtherCalendar, Schedule
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import PRACTICE, REGULATOR
from tests import factories

PARIS = ZoneInfo("Europe/Paris")
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ADDRESS = "https://agenda.exemple.test/prive/secret.ics"


def calendar(*events: str) -> bytes:
    told = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{one}\r\nEND:VEVENT\r\n" for number, one in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{told}END:VCALENDAR\r\n".encode()


def event(*lines: str) -> str:
    return "\r\n".join(lines)


def periods(*events: str) -> list[str]:
    found = busy_periods(calendar(*events), zone=PARIS, since=SINCE, until=UNTIL)
    return [f"{one.start.astimezone(PARIS):%d %H:%M}-{one.end.astimezone(PARIS):%d %H:%M}" for one in found]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20261125T090000Z", "DTEND:20261125T100000Z"], ["25 10:00-25 11:00"]),
        (["DTSTART;TZID=Europe/Paris:20261125T090000", "DURATION:PT45M"], ["25 09:00-25 09:45"]),
        (["DTSTART:20261125T090000", "DTEND:20261125T100000"], ["25 09:00-25 10:00"]),
        (["DTSTART;VALUE=DATE:20261125"], ["25 00:00-26 00:00"]),
        (["DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261127"], ["25 00:00-27 00:00"]),
        (["DTSTART:20261125T090000Z"], []),
        (["DTSTART:hier", "DURATION:PT1H"], []),
        (["DTSTART:20261125T090000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"], []),
        (["DTSTART:20261125T090000Z", "DURATION:PT1H", "STATUS:CANCELLED"], []),
        (["DTSTART:20261125T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261126T090000Z"],
         ["25 10:00-25 11:00", "27 10:00-27 11:00"]),
        (["DTSTART:20200101T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=15"], ["15 10:00-15 11:00"]),
    ],
)  # fmt: skip
def test_an_event_takes_its_time(lines: list[str], expected: list[str]) -> None:
    assert periods(event(*lines)) == expected


def test_neighbours_are_one_and_one_of_a_series_may_be_elsewhere() -> None:
    assert periods(
        event("DTSTART:20261125T090000Z", "DURATION:PT1H"), event("DTSTART:20261125T100000Z", "DURATION:PT1H")
    ) == ["25 10:00-25 12:00"]
    content = calendar(
        event("DTSTART:20261125T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
        event("RECURRENCE-ID:20261126T090000Z", "DTSTART:20261126T150000Z", "DURATION:PT1H"),
    ).replace(b"UID:1", b"UID:0")
    found = busy_periods(content, zone=PARIS, since=SINCE, until=UNTIL)
    assert [one.start.hour for one in found] == [9, 15]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=9", "FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7;BYMINUTE=1,2,3,4,5,6,7"],
)
def test_a_rule_that_no_person_keeps_is_refused_before_it_is_laid_out(rule: str) -> None:
    with pytest.raises(TooMany):
        periods(event("DTSTART:20261125T090000Z", "DURATION:PT1S", f"RRULE:{rule}"))
    with pytest.raises(TooMany):
        periods(event("DTSTART:00010101T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"))


# --- In the agenda -----------------------------------------------------------------------------------------------------
@pytest.fixture
def agenda(db: None) -> Schedule:
    made = factories.schedule(practitioner=factories.practitioner(user=factories.user()))
    factories.rule(schedule=made)
    return made


@pytest.fixture
def owner(agenda: Schedule) -> Actor:
    return Actor(user=agenda.practitioner.user, own=frozenset({agenda.practitioner.id}))


@pytest.fixture
def other(agenda: Schedule, owner: Actor) -> OtherCalendar:
    return add_calendar(
        practitioner_id=agenda.practitioner.id, name="Hôpital", address=ADDRESS, by=owner, now=timezone.now()
    )


def tomorrow(clock: int) -> datetime:
    day = timezone.localdate() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, clock, tzinfo=PARIS)


def taken(clock: int) -> str:
    return event(
        f"DTSTART:{tomorrow(clock).astimezone(UTC):%Y%m%dT%H%M%SZ}", "DURATION:PT1H", "SUMMARY:Dentiste secret"
    )


def answers(monkeypatch: pytest.MonkeyPatch, content: bytes | str) -> None:
    def fetch(address: str) -> bytes:
        assert address == ADDRESS
        if isinstance(content, str):
            raise far.Unreachable(content)
        return content

    monkeypatch.setattr(far, "fetch", fetch)


def hours(agenda: Schedule, viewer: Any = PRACTICE) -> set[int]:
    place = Schedule.objects.with_place().get(pk=agenda.pk)
    found = free_slots_of([place], since=tomorrow(0), until=tomorrow(23), now=timezone.now(), viewer=viewer)
    return {slot.start.astimezone(PARIS).hour for slot in found}


def test_it_is_no_free_time_for_anybody_anywhere(
    agenda: Schedule, other: OtherCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = factories.schedule(calendar=agenda.calendar)
    factories.rule(schedule=there)
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=timezone.now())
    assert hours(agenda) == hours(agenda, REGULATOR) == hours(there) == {9, 11}
    assert {field.name for field in BusyTime._meta.fields} == {"id", "other", "calendar", "start", "end"}


def test_what_goes_there_is_free_again_and_what_stays_is_not_written_anew(
    agenda: Schedule, other: OtherCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()

    def changes() -> int:
        return int(Calendar.objects.get(pk=agenda.calendar_id).changes)

    answers(monkeypatch, calendar(taken(9), taken(10)))
    read_calendar(other.pk, now=now)
    before = changes()
    read_calendar(other.pk, now=now)  # not due
    read_calendar(other.pk, now=now + timedelta(hours=1))
    assert changes() == before
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=now + timedelta(hours=2))
    assert changes() > before
    assert hours(agenda) == {9, 11}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("Le site ne répond pas, ou répond mal.", "ne répond pas"),
        (b"<html>", "pas d’agenda iCalendar"),
        (calendar()[:-10], "coupé"),
        (calendar("DTSTART:20261125T090000Z\r\nDTEND:jamais"), "pas d’agenda iCalendar"),
        (calendar("DTSTART:20261125T090000Z\r\nRRULE:FREQ=SECONDLY"), "trop d’événements"),
    ],
)
def test_what_cant_be_read_is_told_and_what_was_read_stays(
    agenda: Schedule, other: OtherCalendar, monkeypatch: pytest.MonkeyPatch, answer: bytes | str, told: str
) -> None:
    now = timezone.now()
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=now)
    answers(monkeypatch, answer)
    for count in (1, 2):
        read_calendar(other.pk, now=now + count * timedelta(hours=2))
    other.refresh_from_db()
    assert told in other.failure
    assert (other.read_at, other.failures) == (now, 2)
    assert other.next_at == now + timedelta(hours=5)
    assert hours(agenda) == {9, 11}
    assert due_calendars(now=now + timedelta(hours=6)) == [other.pk]


def test_what_kills_its_worker_is_tried_less_and_less_often(
    other: OtherCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(address: str) -> bytes:
        raise SystemExit

    now = timezone.now()
    monkeypatch.setattr(far, "fetch", die)
    for later in (timedelta(), timedelta(minutes=31)):
        with pytest.raises(SystemExit):
            read_calendar(other.pk, now=now + later)
    other.refresh_from_db()
    assert (other.failures, other.failure) == (2, "La lecture est en cours, ou a été interrompue.")
    assert other.next_at == now + timedelta(minutes=91)


def test_who_sees_only_when_one_is_taken_sees_no_more_than_that(
    agenda: Schedule, other: OtherCalendar, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=timezone.now())
    helper = factories.user()
    factories.delegate(helper, agenda, Level.BUSY)
    day = sign_in(helper).get(f"/agenda/{agenda.practitioner.id}/jour/{tomorrow(0):%Y-%m-%d}/").content.decode()
    assert "Occupé" in day
    assert "autre agenda" not in day.partition("legendbar")[0]


def test_taken_away_its_time_is_free(
    agenda: Schedule, other: OtherCalendar, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=timezone.now())
    remove_calendar(other_id=other.pk, practitioner_id=agenda.practitioner.id, by=owner)
    assert hours(agenda) == {9, 10, 11}


def test_it_is_added_once_by_whose_time_it_is_and_few_of_them(
    agenda: Schedule, other: OtherCalendar, owner: Actor
) -> None:
    asked: dict[str, Any] = {"practitioner_id": agenda.practitioner.id, "name": "X", "now": timezone.now()}
    with pytest.raises(Refused, match="déjà dans la liste"):
        add_calendar(address=ADDRESS, by=owner, **asked)
    with pytest.raises(Refused, match="pas sur Internet"):
        add_calendar(address="https://192.168.1.1/a.ics", by=owner, **asked)
    helper = factories.user()
    factories.schedule(calendar=agenda.calendar)
    granted = {(agenda.practitioner.id, agenda.organization_id): Level.MANAGE}
    with pytest.raises(NotAllowed):
        add_calendar(address=f"{ADDRESS}2", by=Actor(user=helper, granted=granted), **asked)
    for number in range(1, MOST):
        add_calendar(address=f"{ADDRESS}{number}", by=owner, **asked)
    with pytest.raises(Refused, match="retirez-en un"):
        add_calendar(address=f"{ADDRESS}9", by=owner, **asked)


def test_the_agenda_says_so_and_its_page_says_when_and_why(
    agenda: Schedule, other: OtherCalendar, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Client = sign_in(agenda.practitioner.user)
    answers(monkeypatch, calendar(taken(10)))
    read_calendar(other.pk, now=timezone.now())
    day = client.get(f"/agenda/{agenda.practitioner.id}/jour/{tomorrow(0):%Y-%m-%d}/").content.decode()
    assert "Occupé (autre agenda)" in day
    assert "Dentiste" not in day
    answers(monkeypatch, "Le certificat du site n’est pas valable pour ce nom.")
    read_calendar(other.pk, now=timezone.now() + timedelta(hours=1))
    page = client.get(f"/agenda/{agenda.practitioner.id}/autres-agendas/").content.decode()
    assert "Le certificat du site" in page
    assert "1 période à venir" in page
    assert "agenda.exemple.test" in page
    assert "secret.ics" not in page
