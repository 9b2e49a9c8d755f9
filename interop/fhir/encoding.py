"""How FHIR writes instants and bytes."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def milliseconds(moment: datetime, time_zone: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmm±HH:MM` in the offset of `time_zone`: exactly three digits, never `Z` (INT_R01)."""
    return moment.astimezone(zone(time_zone)).isoformat(timespec="milliseconds")


def seconds(moment: datetime, time_zone: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS±HH:MM`, as the guide's Appointments are written (INT_R03)."""
    return moment.astimezone(zone(time_zone)).isoformat(timespec="seconds")


def to_bytes(resource: dict[str, Any]) -> bytes:
    return orjson.dumps(resource)
