"""The outward name of a computed slot: which schedule, when, how long. Pure.

It is the FHIR `Slot.id` (64 characters of `[A-Za-z0-9.-]` at most), and what the pages carry in their addresses.
"""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_FORM = re.compile(r"([0-9a-f]{32})-(\d{8}T\d{4}Z)-(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SlotKey:
    schedule_id: uuid.UUID
    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return f"{self.schedule_id.hex}-{self.start.astimezone(UTC):%Y%m%dT%H%MZ}-{self.minutes}"

    @classmethod
    def parse(cls, text: str) -> "SlotKey":
        """Raises ValueError on anything that `str()` would not have written."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("not a slot key")
        schedule, start, minutes = match.groups()
        if int(minutes) == 0:
            raise ValueError("not a slot key")
        return cls(uuid.UUID(schedule), datetime.strptime(start, "%Y%m%dT%H%MZ").replace(tzinfo=UTC), int(minutes))


def slot_name(schedule_id: str, start: int, end: int) -> str:
    """`str()` of the key of a computed slot: `start` and `end` are seconds since 1970, `schedule_id` a UUID as text."""
    return f"{_hex(schedule_id)}-{_start_text(start)}-{(end - start) // 60}"


@lru_cache(maxsize=5_000)
def _hex(schedule_id: str) -> str:
    return schedule_id.replace("-", "")


@lru_cache(maxsize=20_000)
def _start_text(start: int) -> str:
    return f"{datetime.fromtimestamp(start, UTC):%Y%m%dT%H%MZ}"
