"""The outward name of a slot."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.slots.slot_key import SlotKey
from tests.factories import at


def test_it_reads_as_schedule_start_and_length() -> None:
    key = SlotKey(uuid.UUID(int=1), at("2026-11-25", "14:00"), 15)
    assert str(key) == f"{1:032x}-20261125T1300Z-15"
    assert key.end == at("2026-11-25", "14:15")


@given(
    st.uuids(),
    st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 9999),
)
def test_what_is_written_is_read_back(schedule: uuid.UUID, start: datetime, minutes: int) -> None:
    key = SlotKey(schedule, start.replace(second=0, microsecond=0), minutes)
    assert SlotKey.parse(str(key)) == key
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", str(key))


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{1:032x}", f"{1:032x}-20261399T1300Z-15", f"{1:032x}-20261125T1300Z-0", f"{1:032x}-20261125T1300Z-15 ",
     f"{1:032x}-20261125T1300Z-١٥", f"{1:032X}-20261125T1300Z-15".replace("1", "A", 1), "\x00", "0" * 5000],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        SlotKey.parse(text)


@given(st.text())
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    try:
        SlotKey.parse(text)
    except ValueError:
        return
