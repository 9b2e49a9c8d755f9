"""Free slots as pure arithmetic: tables of cases, both clock-change nights, and properties that always hold."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.openings.recurrence import Interval, WeeklyRule, instant
from appointments.slots.availability import FreeSlot, free_slots

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
EVERY_DAY = frozenset(range(1, 8))


def rule(opens: str, closes: str, minutes: int = 30, **fields: object) -> WeeklyRule[str]:
    defaults: dict[str, object] = {"weekdays": EVERY_DAY, "time_zone": PARIS, "offer": "offer"}
    return WeeklyRule(
        opens=time.fromisoformat(opens), closes=time.fromisoformat(closes), step_minutes=minutes, **defaults | fields
    )  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def whole_day(day: str, zone: ZoneInfo = PARIS) -> tuple[datetime, datetime]:
    return local(f"{day}T00:00", zone), local(f"{day}T23:59:59", zone)


def starts(
    rules: list[WeeklyRule[str]], busy: list[Interval], since: datetime, until: datetime, zone: ZoneInfo = PARIS
) -> list[str]:
    return [f"{slot.start.astimezone(zone):%H:%M}" for slot in free_slots(rules, busy, since=since, until=until)]


def test_an_opening_is_cut_into_slots_of_its_length() -> None:
    assert starts([rule("09:00", "10:30")], [], *whole_day("2026-11-25")) == ["09:00", "09:30", "10:00"]


def test_what_does_not_fit_before_closing_is_left_out() -> None:
    assert starts([rule("09:00", "10:10")], [], *whole_day("2026-11-25")) == ["09:00", "09:30"]


def test_midnight_is_the_end_of_the_day() -> None:
    assert starts([rule("23:00", "00:00")], [], *whole_day("2026-11-25")) == ["23:00", "23:30"]


def test_only_the_rules_weekdays_are_open() -> None:
    wednesdays = rule("09:00", "10:00", weekdays=frozenset({3}))
    assert starts([wednesdays], [], *whole_day("2026-11-25")) == ["09:00", "09:30"]
    assert starts([wednesdays], [], *whole_day("2026-11-26")) == []


@pytest.mark.parametrize(
    ("day", "is_open"), [("2026-11-24", False), ("2026-11-25", True), ("2026-11-26", True), ("2026-11-27", False)]
)
def test_first_and_last_day_are_included(day: str, is_open: bool) -> None:
    bounded = rule("09:00", "10:00", first_day=date(2026, 11, 25), last_day=date(2026, 11, 26))
    assert bool(starts([bounded], [], *whole_day(day))) is is_open


@pytest.mark.parametrize(
    ("busy_from", "busy_to", "left"),
    [
        ("09:00", "09:30", ["09:30", "10:00"]),
        ("08:00", "09:00", ["09:00", "09:30", "10:00"]),  # ends when the slot starts: half-open
        ("10:30", "11:00", ["09:00", "09:30", "10:00"]),  # starts when the slot ends
        ("09:10", "09:11", ["09:30", "10:00"]),
        ("09:29", "09:31", ["10:00"]),
        ("08:00", "12:00", []),
    ],
)
def test_a_slot_that_touches_something_busy_is_not_free(busy_from: str, busy_to: str, left: list[str]) -> None:
    busy = [Interval(local(f"2026-11-25T{busy_from}"), local(f"2026-11-25T{busy_to}"))]
    assert starts([rule("09:00", "10:30")], busy, *whole_day("2026-11-25")) == left


def test_a_long_absence_hides_slots_behind_shorter_ones() -> None:
    """The sweep must not forget a long interval because a short one came after it."""
    absence = Interval(local("2026-11-25T08:00"), local("2026-11-25T11:00"))
    short = Interval(local("2026-11-25T09:00"), local("2026-11-25T09:05"))
    assert starts([rule("09:00", "12:00")], [short, absence], *whole_day("2026-11-25")) == ["11:00", "11:30"]


def test_both_bounds_are_included() -> None:
    found = starts([rule("09:00", "12:00")], [], local("2026-11-25T09:30"), local("2026-11-25T10:30"))
    assert found == ["09:30", "10:00", "10:30"]


def test_of_two_rules_giving_the_same_slot_the_first_wins() -> None:
    twice = [rule("09:00", "10:00", offer="first"), rule("09:00", "10:00", offer="second")]
    since, until = whole_day("2026-11-25")
    assert {slot.offer for slot in free_slots(twice, [], since=since, until=until)} == {"first"}


def test_two_lengths_at_one_time_are_two_slots() -> None:
    both = [rule("09:00", "09:30", 15), rule("09:00", "09:30", 30)]
    assert starts(both, [], *whole_day("2026-11-25")) == ["09:00", "09:00", "09:15"]


def test_naive_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        free_slots([rule("09:00", "10:00")], [], since=datetime(2026, 11, 25), until=datetime(2026, 11, 26))  # noqa: DTZ001


class TestSpringNight:
    """29 March 2026: 02:00 becomes 03:00; the night is an hour shorter."""

    def test_a_rule_across_it_yields_real_minutes(self) -> None:
        found = free_slots(
            [rule("01:00", "04:00", 60)], [], since=utc("2026-03-28T23:00"), until=utc("2026-03-29T22:00")
        )
        assert [slot.start for slot in found] == [utc("2026-03-29T00:00"), utc("2026-03-29T01:00")]

    def test_the_missing_hour_begins_when_it_ends(self) -> None:
        assert instant(date(2026, 3, 29), time(2, 30), PARIS) == utc("2026-03-29T01:00")

    def test_a_rule_inside_the_missing_hour_yields_nothing(self) -> None:
        assert starts([rule("02:00", "03:00", 15)], [], *whole_day("2026-03-29")) == []

    def test_the_morning_after_is_at_wall_clock_time(self) -> None:
        found = free_slots([rule("09:00", "09:30")], [], since=utc("2026-03-28T00:00"), until=utc("2026-03-30T00:00"))
        assert [slot.start for slot in found] == [utc("2026-03-28T08:00"), utc("2026-03-29T07:00")]


class TestAutumnNight:
    """25 October 2026: 03:00 becomes 02:00; the night is an hour longer."""

    def test_a_rule_across_it_yields_the_doubled_hour_twice(self) -> None:
        found = starts([rule("01:00", "04:00", 60)], [], *whole_day("2026-10-25"))
        assert found == ["01:00", "02:00", "02:00", "03:00"]

    def test_no_two_slots_overlap(self) -> None:
        since, until = whole_day("2026-10-25")
        found = free_slots([rule("00:00", "00:00", 15)], [], since=since, until=until)
        assert len(found) == 25 * 4
        assert all(one.end <= other.start for one, other in pairwise(found))


def test_each_place_keeps_its_own_clock() -> None:
    found = free_slots(
        [rule("09:00", "09:30", time_zone=REUNION)], [], since=utc("2026-11-25T00:00"), until=utc("2026-11-25T23:00")
    )
    assert [slot.start for slot in found] == [utc("2026-11-25T05:00")]


moments = st.datetimes(datetime(2026, 3, 27), datetime(2026, 4, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
intervals = st.builds(
    lambda start, minutes: Interval(start, start + timedelta(minutes=minutes)), moments, st.integers(1, 2000)
)
clock = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
rules = st.builds(
    WeeklyRule,
    weekdays=st.frozensets(st.integers(1, 7)),
    opens=clock,
    closes=clock,
    step_minutes=st.integers(5, 240),
    time_zone=st.sampled_from([PARIS, REUNION, ZoneInfo("America/Martinique")]),
    offer=st.just("offer"),
)


@given(st.lists(rules, max_size=3), st.lists(intervals, max_size=8), moments, st.integers(0, 4000))
def test_properties_of_every_answer(
    given_rules: list[WeeklyRule[str]], busy: list[Interval], since: datetime, minutes: int
) -> None:
    until = since + timedelta(minutes=minutes)
    found: list[FreeSlot[str]] = free_slots(given_rules, busy, since=since, until=until)
    assert found == sorted(found, key=lambda slot: (slot.start, slot.end))
    assert len({(slot.start, slot.end) for slot in found}) == len(found)
    for slot in found:
        assert since <= slot.start <= until
        assert slot.start < slot.end
        assert not any(one.start < slot.end and one.end > slot.start for one in busy)
    # Leaving nothing out: whatever is free without the busy time and does not touch it is still there.
    everything = free_slots(given_rules, [], since=since, until=until)
    missing = [slot for slot in everything if slot not in found]
    assert all(any(one.start < slot.end and one.end > slot.start for one in busy) for slot in missing)
