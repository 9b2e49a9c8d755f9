"""What the practice asks for, in tests."""

from datetime import date, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.rights import acted_by
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import Hold, RuleOffer, Schedule
from appointments.openings.values import Opening, Shown
from tests import factories
from tests.factories import at

TODAY = date(2026, 11, 25)  # a Wednesday
MONDAY = date(2026, 11, 30)


def opening(schedule: Schedule, **fields: Any) -> Opening:
    """Mondays from 9 to 12, for everybody, unless said otherwise."""
    values: dict[str, Any] = {
        "schedule_id": schedule.id,
        "weekdays": (1,),
        "start_time": time(9),
        "end_time": time(12),
        "step_minutes": 15,
        "audiences": (Shown(Audience.PUBLIC),),
        "consultation_types": (ConsultationType.AMB,),
        "appointment_type": AppointmentType.ROUTINE,
    }
    return Opening(**values | fields)


def hold(schedule: Schedule, day: str, clock: str, **fields: Any) -> Hold:
    """A live one, of a quarter of an hour."""
    start = at(day, clock, schedule.location.zone)
    defaults = {"start": start, "end": start + timedelta(minutes=15), "expires_at": timezone.now() + timedelta(hours=1)}
    return Hold.objects.create(
        schedule=schedule,
        calendar_id=schedule.calendar_id,
        organization_id=schedule.organization_id,
        **defaults | acted_by(factories.practice_actor(schedule.practitioner)) | fields,
    )


def rows_of(rule: Any) -> set[tuple[object, ...]]:
    """Its offers: audience, reason's label, open, from, until."""
    rows = RuleOffer.objects.filter(rule=rule).values_list(
        "audience", "reason__label", "open", "shown_from_minutes", "shown_until_minutes"
    )
    return set(rows)
