"""How FHIR writes instants and bytes."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def milliseconds(moment: datetime, time_zone: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmm±HH:MM` in the offset of `time_zone`: exactly three digits, never `Z` (INT_R01)."""
    return moment.astimezone(zone(time_zone)).isoformat(timespec="milliseconds")


@lru_cache(maxsize=20_000)
def instant_text(moment: int, time_zone: str) -> bytes:
    """`milliseconds` of seconds since 1970."""
    return milliseconds(datetime.fromtimestamp(moment, UTC), time_zone).encode()


def seconds(moment: datetime, time_zone: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS±HH:MM`, as the guide's Appointments are written (INT_R03)."""
    return moment.astimezone(zone(time_zone)).isoformat(timespec="seconds")


def to_bytes(resource: dict[str, Any]) -> bytes:
    return orjson.dumps(resource)
