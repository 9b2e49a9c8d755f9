"""The periods that lists are filtered by: days of the operators' own zone."""

from datetime import datetime, timedelta

from django.utils import timezone

DEFAULT = "30j"
CHOICES = {"jour": "Aujourd’hui", "7j": "7 derniers jours", "30j": "30 derniers jours", "tout": "Depuis le début"}
_DAYS = {"jour": 0, "7j": 6, "30j": 29}


def read_period(text: str) -> str:
    return text if text in CHOICES else DEFAULT


def start_of(period: str, *, now: datetime) -> datetime | None:
    """The first instant of the period; None when it has no beginning."""
    if period not in _DAYS:
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # In wall-clock days: the offset is that of the day found.
    first = (midnight - timedelta(days=_DAYS[period])).replace(tzinfo=None)
    return timezone.make_aware(first)
