"""What was offered, beside a count minute by minute on slots that another hand wrote (tests/appointments/slots/reference.py)."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from appointments.openings.recurrence import Recurrence, seconds
from appointments.slots.values import PRACTICE, REGULATOR, Frame, Offer, OpenRule, Shut, Taken
from appointments.statistics.offering import Offering, Visits, offering_by_month
from tests.appointments.slots import reference
from tests.appointments.slots.described import Offered, Question
from tests.appointments.slots.test_pipeline import frame_of, number, viewer_of
from tests.appointments.slots.worlds import questions

MINUTE = timedelta(minutes=1)
PARIS = ZoneInfo("Europe/Paris")
HOUR = 3600


def alone(question: Question) -> Question:
    """As if nobody had ever booked, seen when everything is shown."""
    rules = tuple(
        replace(
            one, offers=tuple(replace(offer, shown_from_minutes=None, shown_until_minutes=0) for offer in one.offers)
        )
        for one in question.world.rules
    )
    world = replace(question.world, rules=rules, visits=(), holds=())
    return question._replace(world=world, now=question.since)


def slowly(question: Question) -> dict[date, Offering]:
    zone, agenda = ZoneInfo(question.agenda.place.zone), question.agenda
    slots = reference.offered(*alone(question))
    last = question.until.astimezone(zone).date().replace(day=1)
    found: Counter[tuple[date, str]] = Counter()

    def month(moment: datetime) -> date:
        return min(moment.astimezone(zone).date().replace(day=1), last)

    left: list[Offered] = list(slots)
    while left:
        first = min(left, key=lambda one: (one.end, one.start))
        found[month(first.start), "slots"] += first.capacity
        left = [one for one in left if one.start >= first.end]
    here = [one for one in question.world.visits if (one.calendar, one.agenda) == (agenda.calendar, agenda.key)]
    minutes = {one.start + count * MINUTE for one in slots for count in range((one.end - one.start) // MINUTE)}
    for minute in minutes:
        received = max(one.capacity for one in slots if one.start <= minute < one.end)
        standing = sum(one.start <= minute < one.end for one in here)
        found[month(minute), "seconds"] += 60 * received
        found[month(minute), "taken"] += 60 * min(received, standing)
    return {
        key: Offering(found[key, "slots"], found[key, "seconds"], found[key, "taken"])
        for key in {key for key, _ in found}
    }


def here_in(frame: Frame) -> Visits:
    visits = sorted((one.start, one.end) for one in frame.taken if one.here and not one.held)
    return [start for start, _ in visits], [end for _, end in visits]


@given(questions())
def test_the_fast_count_is_the_slow_one(question: Question) -> None:
    frame, _ = frame_of(question)
    question = question._replace(since=question.since.replace(second=0, microsecond=0))
    found = offering_by_month(
        frame,
        viewer_of(question),
        since=number(question.since),
        until=number(question.until) + 1,
        visits=here_in(frame),
    )
    assert found == slowly(question)


def frame(*rules: OpenRule, **fields: object) -> Frame:
    return Frame(PARIS, rules, **fields)  # type: ignore[arg-type]


def opened(
    start: int, end: int, *offers: Offer, step: int = 15, capacity: int = 1, first: date = date(2026, 1, 1)
) -> OpenRule:
    every_day = Recurrence(frozenset(range(1, 8)), time(start), time(end), first, None, 1, date(2025, 12, 29))
    return OpenRule(None, every_day, step, capacity, ("AMB",), "ROUTINE", offers)  # type: ignore[arg-type]


def of_days(first: date, last: date, frame: Frame, viewer: object = PRACTICE) -> dict[date, Offering]:
    since, until = (seconds(day, time.min, PARIS) for day in (first, last + timedelta(days=1)))
    return offering_by_month(frame, viewer, since=since, until=until, visits=here_in(frame))  # type: ignore[arg-type]


def test_each_month_has_the_slots_that_begin_in_it() -> None:
    found = of_days(date(2026, 10, 31), date(2026, 11, 2), frame(opened(9, 12)))
    assert found == {date(2026, 10, 1): Offering(12, 3 * HOUR), date(2026, 11, 1): Offering(24, 6 * HOUR)}


def test_the_hours_of_a_slot_over_the_end_of_a_month_are_of_both() -> None:
    """23 h 40 to 0 h 30 begins in October."""
    night = opened(22, 2, step=50, first=date(2026, 10, 31))
    found = of_days(date(2026, 10, 31), date(2026, 11, 1), frame(night))
    assert found == {date(2026, 10, 1): Offering(3, 2 * HOUR), date(2026, 11, 1): Offering(4, 230 * 60)}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 2), (date(2026, 10, 25), 4)])
def test_a_night_in_which_clocks_change_has_its_real_hours(day: date, hours: int) -> None:
    assert of_days(day, day, frame(opened(1, 4))) == {day.replace(day=1): Offering(4 * hours, hours * HOUR)}


def test_what_is_shut_is_not_offered_and_what_is_taken_was() -> None:
    def at(clock: int) -> int:
        return seconds(date(2026, 11, 3), time(clock), PARIS)

    visit = Taken(at(9), at(9) + 900, at(9) + 900, 0, True)
    shut = Shut(at(11), at(12))
    found = of_days(date(2026, 11, 3), date(2026, 11, 3), frame(opened(9, 12), absences=[shut], taken=[visit]))
    assert found == {date(2026, 11, 1): Offering(8, 2 * HOUR, 900)}


def test_several_at_once_count_as_many_times_and_no_more_than_all_are_taken() -> None:
    start = seconds(date(2026, 11, 3), time(9), PARIS)
    visits = [Taken(start, start + 1800, start + 1800, lane, True) for lane in range(5)]
    found = of_days(date(2026, 11, 3), date(2026, 11, 3), frame(opened(9, 10, capacity=3), taken=visits))
    assert found == {date(2026, 11, 1): Offering(12, 3 * HOUR, 3 * 1800)}


def test_the_sas_is_offered_what_was_shown_to_it_at_some_time() -> None:
    day = date(2026, 11, 3)
    late = frame(opened(9, 10, Offer("SNP", shown_from=120, shown_until=30)), opened(10, 12))
    assert of_days(day, day, late, REGULATOR) == {date(2026, 11, 1): Offering(4, HOUR)}
    assert of_days(day, day, replace(late, published=False), REGULATOR) == {}
