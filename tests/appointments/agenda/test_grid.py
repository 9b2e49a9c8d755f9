"""The agenda's layout, as arithmetic."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.grid import (
    Block,
    Placed,
    Span,
    day_bounds,
    gaps,
    lay_out,
    moment,
    month_weeks,
    position,
    scale_for,
    shown_hours,
    span_on,
)
from tests.factories import PARIS, at

WEDNESDAY = date(2026, 11, 25)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, 1439))
    return Span(start, draw(st.integers(start + 1, 1440)))


def minutes(hours: int, rest: int = 0) -> int:
    return hours * 60 + rest


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(minutes(9), minutes(9, 15)), "at-9h for-15m"),
        (Span(minutes(9, 35), minutes(10, 55)), "at-9h at-35m for-1h for-20m"),
        (Span(0, 1440), "at-0h for-24h"),
        (Span(minutes(8, 12), minutes(8, 30)), "at-8h at-12m for-18m"),
        (Span(minutes(14), minutes(16)), "at-14h for-2h"),
    ],
)
def test_a_span_becomes_classes(span: Span, expected: str) -> None:
    assert position(span) == expected


def test_a_shared_width_names_the_lane() -> None:
    assert position(Span(0, 60), lane=2, lanes=3) == "at-0h for-1h lane-2 of-3"


def test_now_has_no_length() -> None:
    assert moment(minutes(10, 40)) == "at-10h at-40m"
    assert moment(minutes(10)) == "at-10h"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (at("2026-11-25", "09:00"), at("2026-11-25", "09:15"), Span(540, 555)),
        (at("2026-11-24", "20:00"), at("2026-11-25", "08:00"), Span(0, 480)),
        (at("2026-11-25", "23:45"), at("2026-11-26", "00:00"), Span(1425, 1440)),
        (at("2026-11-20", "00:00"), at("2026-11-30", "00:00"), Span(0, 1440)),
        (at("2026-11-24", "09:00"), at("2026-11-24", "10:00"), None),
        (at("2026-11-26", "00:00"), at("2026-11-26", "10:00"), None),
        (at("2026-11-25", "10:00"), at("2026-11-25", "10:00"), None),
    ],
)
def test_an_interval_is_cut_to_its_day(start: datetime, end: datetime, expected: Span | None) -> None:
    assert span_on(WEDNESDAY, start, end, PARIS) == expected


def test_a_day_without_its_third_hour_keeps_24_hours() -> None:
    sunday = date(2026, 3, 29)
    opening, closing = day_bounds(sunday, PARIS)
    assert closing - opening == timedelta(hours=23)
    assert span_on(sunday, opening, closing, PARIS) == Span(0, 1440)
    assert span_on(sunday, at("2026-03-29", "09:00"), at("2026-03-29", "09:15"), PARIS) == Span(540, 555)
    across = at("2026-03-29", "01:45"), at("2026-03-29", "03:15")
    assert span_on(sunday, *across, PARIS) == Span(105, 195)


def test_the_doubled_hour_never_turns_a_block_over() -> None:
    sunday = date(2026, 10, 25)
    opening, closing = day_bounds(sunday, PARIS)
    assert closing - opening == timedelta(hours=25)
    assert span_on(sunday, opening, closing, PARIS) == Span(0, 1440)
    first, second = at("2026-10-25", "02:45"), at("2026-10-25", "02:15").replace(fold=1)
    assert span_on(sunday, first, second, PARIS) == Span(165, 195)


@given(
    st.integers(0, 363 * 1440),
    st.integers(1, 3000),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea"]),
)
def test_every_interval_is_seen_on_each_day_it_touches(minute: int, length: int, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    end = start + timedelta(minutes=length)
    day, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    assert span_on(day - timedelta(days=1), start, end, zone) is None
    while day <= last:
        span = span_on(day, start, end, zone)
        assert span is not None
        assert 0 <= span.start < span.end <= 1440
        day += timedelta(days=1)
    assert span_on(day, start, end, zone) is None


@pytest.mark.parametrize(
    ("shortest", "minimum", "css"),
    [
        (None, 15, ""),
        (20, 15, ""),
        (15, 15, ""),
        (14, 10, "scale-10"),
        (10, 10, "scale-10"),
        (9, 5, "scale-5"),
        (5, 5, "scale-5"),
    ],
)
def test_the_shortest_slot_sets_the_scale(shortest: int | None, minimum: int, css: str) -> None:
    scale = scale_for(shortest)
    assert (scale.minimum, scale.css) == (minimum, css)


@given(st.integers(5, 240))
def test_a_slot_is_never_lower_than_24_pixels(length: int) -> None:
    pixels = {"": 1.6, "scale-10": 2.4, "scale-5": 4.8}[scale_for(length).css]
    assert length * pixels >= 24


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], (8, 18)),
        ([Span(minutes(9), minutes(12))], (8, 18)),
        ([Span(minutes(7, 50), minutes(18, 10))], (7, 19)),
        ([Span(0, 10), Span(minutes(23, 59), 1440)], (0, 24)),
    ],
)
def test_the_hours_stretch_to_what_there_is(spans: list[Span], expected: tuple[int, int]) -> None:
    assert shown_hours(spans) == expected


def test_gaps_are_what_is_left_of_the_shown_hours() -> None:
    opened = [Span(minutes(9), minutes(12)), Span(minutes(11), minutes(13)), Span(minutes(17), minutes(22))]
    assert gaps(opened, 8, 18) == [Span(480, 540), Span(780, 1020)]
    assert gaps([], 8, 18) == [Span(480, 1080)]
    assert gaps([Span(0, 1440)], 8, 18) == []
    assert gaps([Span(minutes(20), minutes(21))], 8, 18) == [Span(480, 1080)]


@given(st.lists(spans(), max_size=12))
def test_gaps_and_spans_cover_each_shown_minute_once(taken: list[Span]) -> None:
    free = gaps(taken, 8, 18)
    for minute in range(480, 1080, 7):
        covered = any(span.start <= minute < span.end for span in taken)
        assert covered != any(gap.start <= minute < gap.end for gap in free)


def test_neighbours_do_not_share_the_width() -> None:
    blocks = [Block(Span(540, 555), "a"), Block(Span(555, 570), "b")]
    assert [one.lanes for one in lay_out(blocks, minimum=15)] == [1, 1]


def test_overlapping_blocks_share_it() -> None:
    blocks = [Block(Span(660, 690), "a"), Block(Span(675, 705), "b"), Block(Span(690, 720), "c")]
    placed = lay_out(blocks, minimum=15)
    assert [(one.items, one.lane, one.lanes) for one in placed] == [(("a",), 1, 2), (("b",), 2, 2), (("c",), 1, 2)]


def test_a_block_too_short_to_be_read_takes_a_lane() -> None:
    placed = lay_out([Block(Span(540, 545), "short"), Block(Span(545, 560), "next")], minimum=15)
    assert [(one.span, one.lane, one.lanes) for one in placed] == [(Span(540, 555), 1, 2), (Span(545, 560), 2, 2)]


def test_a_short_block_at_midnight_stays_in_its_day() -> None:
    assert lay_out([Block(Span(1435, 1440), "late")], minimum=15)[0].span == Span(1425, 1440)


def test_beyond_four_lanes_the_last_holds_the_others() -> None:
    blocks = [Block(Span(540, 555), f"free {number}", 1) for number in range(5)] + [Block(Span(540, 555), "booked", 0)]
    placed = lay_out(blocks, minimum=15)
    assert [one.lane for one in placed] == [1, 2, 3, 4]
    assert placed[0].items == ("booked",)
    assert placed[3].crowd
    assert len(placed[3].items) == 3


@given(st.lists(st.tuples(spans(), st.integers(0, 1)), max_size=25), st.sampled_from([5, 10, 15]))
def test_nothing_is_lost_and_nothing_is_hidden(drawn: list[tuple[Span, int]], minimum: int) -> None:
    blocks = [Block(span, index, rank) for index, (span, rank) in enumerate(drawn)]
    placed: list[Placed[int]] = lay_out(blocks, minimum=minimum)
    assert sorted(item for one in placed for item in one.items) == list(range(len(blocks)))
    assert [one.span.start for one in placed] == sorted(one.span.start for one in placed)
    for one in placed:
        assert 1 <= one.lane <= one.lanes <= 4
        assert one.span.end - one.span.start >= minimum
        assert one.crowd or len(one.items) == 1
    for one, other in itertools.combinations(placed, 2):
        if one.span.touches(other.span):
            assert one.lanes == other.lanes
            assert one.lane != other.lane


def test_a_month_is_whole_weeks_from_monday() -> None:
    weeks = month_weeks(date(2026, 2, 10))
    assert weeks[0][:6] == [None] * 6
    assert weeks[0][6] == date(2026, 2, 1)
    assert weeks[-1][5] == date(2026, 2, 28)
    assert all(len(week) == 7 for week in weeks)
