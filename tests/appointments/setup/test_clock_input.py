"""Hours as people type them."""

import contextlib
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.setup.clock import ClockField, parse_clock


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1420", time(14, 20)),
        ("14:20", time(14, 20)),
        ("14h20", time(14, 20)),
        ("14 h 20", time(14, 20)),
        ("14\u202fh\u202f20", time(14, 20)),
        ("14H20", time(14, 20)),
        ("14.20", time(14, 20)),
        ("9h", time(9)),
        ("9", time(9)),
        ("930", time(9, 30)),
        ("0930", time(9, 30)),
        ("0", time(0)),
        (" 23 h 59 ", time(23, 59)),
    ],
)
def test_an_hour_is_read_however_it_is_typed(typed: str, expected: time) -> None:
    assert parse_clock(typed) == expected


@pytest.mark.parametrize(
    "typed", ["24 h 00", "25:00", "12:60", "midi", "14h2", "1:2", "12345", "-1", "14:20:00", "١٤:٢٠", "٩"]
)
def test_what_is_no_hour_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="heure"):
        parse_clock(typed)


def test_a_day_may_end_at_24_hours() -> None:
    assert parse_clock("24 h 00", ends_day=True) == time(0)
    with pytest.raises(ValueError, match="heure"):
        parse_clock("24 h 01", ends_day=True)


@given(st.times())
def test_an_hour_shown_back_reads_the_same(moment: time) -> None:
    minute = moment.replace(second=0, microsecond=0)
    assert parse_clock(ClockField().prepare_value(minute)) == minute


@given(st.text(max_size=30))
def test_anything_typed_is_an_hour_or_a_sentence(typed: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_clock(typed), time)
