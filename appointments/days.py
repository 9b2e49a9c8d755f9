"""Days in addresses: `2026-11-25`, within the years an agenda can be about."""

import datetime

FIRST_DAY = datetime.date(2000, 1, 1)
LAST_DAY = datetime.date(2099, 12, 31)


class DayConverter:
    """An impossible or far day is no address: 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> datetime.date:
        if not value.isascii():
            raise ValueError("not a day")
        day = datetime.date.fromisoformat(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError("out of the agenda's years")
        return day

    def to_url(self, value: datetime.date) -> str:
        return value.isoformat()
