"""Visits as lines of a list, narrowed by what an address says."""

import uuid
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from appointments.grid import day_bounds
from appointments.models import Appointment, Reason, Schedule


def listed_visits(
    schedules: Sequence[Schedule],
    *,
    zone: ZoneInfo,
    first: date,
    last: date,
    status: str = "",
    origin: str = "",
    reason: uuid.UUID | None = None,
    without_reason: bool = False,
) -> QuerySet[Appointment]:
    """At these agendas, those that begin on these days, both included, in time order; the cancelled ones too."""
    rows = Appointment.objects.filter(
        # With its line of time: the index of both.
        calendar__in={one.calendar_id for one in schedules},
        schedule__in=schedules,
        start__gte=day_bounds(first, zone)[0],
        start__lt=day_bounds(last, zone)[1],
    )
    wanted = {"status": status, "origin": origin, "reason": reason}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if without_reason:
        rows = rows.filter(reason=None)
    return rows.select_related("patient", "reason", "practitioner", "schedule__location").order_by(
        "start", "created_at", "pk"
    )


def reasons_at(schedules: Sequence[Schedule]) -> list[Reason]:
    """Those of their organizations, the retired ones last. One query."""
    organizations = {one.organization_id for one in schedules}
    return list(Reason.objects.filter(organization__in=organizations).order_by("-active", "label_folded", "pk"))
