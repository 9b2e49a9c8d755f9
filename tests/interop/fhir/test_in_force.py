"""What is in force: an element's `use` and `period`, at a moment."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.in_force import is_in_force

PARIS = ZoneInfo("Europe/Paris")
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2089, 12, 31),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
# As FHIR writes a dateTime, of which the moment in Paris is a part.
PRECISIONS = ["%Y", "%Y-%m", "%Y-%m-%d"]


def in_force(now: datetime, **period: str) -> bool:
    return is_in_force({"period": period}, now)


@given(MOMENTS, st.sampled_from(PRECISIONS))
def test_a_period_holds_its_bounds_to_their_own_precision(now: datetime, precision: str) -> None:
    written = now.astimezone(PARIS).strftime(precision)
    assert in_force(now, start=written, end=written)


@given(MOMENTS, st.sampled_from(PRECISIONS), st.integers(1, 3))
def test_a_period_of_before_or_after_is_not_in_force(now: datetime, precision: str, years: int) -> None:
    there = now.astimezone(PARIS).replace(day=1)
    past, coming = (there.replace(year=there.year + shift).strftime(precision) for shift in (-years, years))
    assert not in_force(now, end=past)
    assert not in_force(now, start=coming)
    assert in_force(now, start=past, end=coming)
    assert in_force(now, start=past)
    assert in_force(now, end=coming)


@given(MOMENTS, st.integers(1, 10**12))
def test_an_instant_is_a_bound_to_the_microsecond(now: datetime, distance: int) -> None:
    step = timedelta(microseconds=distance)
    before, same, after = (one.isoformat(timespec="microseconds") for one in (now - step, now, now + step))
    assert in_force(now, start=same, end=same)
    assert not in_force(now, end=before)
    assert not in_force(now, start=after)


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-02", "2026-02-28T23:59:59+01:00"),
        ("2026-12", "2026-12-31T23:59:59+01:00"),
        ("2026-03", "2026-03-31T23:59:59+02:00"),
        ("2026-10-25", "2026-10-25T23:59:59+01:00"),
        ("2028", "2028-12-31T23:59:59+01:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
    ],
)
def test_an_end_lasts_until_its_very_end(end: str, last: str) -> None:
    moment = datetime.fromisoformat(last)
    assert in_force(moment, end=end)
    assert not in_force(moment + timedelta(seconds=1), end=end)


def test_the_end_of_the_calendar_is_an_end_like_another() -> None:
    for end in ("9999", "9999-12", "9999-12-31", "9999-12-31T23:59:59.999999Z"):
        assert in_force(datetime(2026, 11, 25, tzinfo=UTC), end=end)


@pytest.mark.parametrize(
    ("use", "held"),
    [("old", False), ("maiden", False), ("official", True), ("usual", True), ("work", True), (None, True)],
)
def test_what_is_said_to_be_former_is_not_in_force(use: str | None, held: bool) -> None:
    element = {} if use is None else {"use": use}
    assert is_in_force(element, datetime(2026, 11, 25, tzinfo=UTC)) is held


@given(st.text(max_size=30) | st.integers() | st.none() | st.booleans() | st.floats())
def test_any_bound_is_a_date_or_a_refusal(bound: Any) -> None:
    with contextlib.suppress(ValueError):
        is_in_force({"period": {"start": bound, "end": bound}}, datetime(2026, 11, 25, tzinfo=UTC))
        assert isinstance(bound, str)
