"""What the practice asks for, in tests."""

from datetime import date, time
from typing import Any

from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import Reason, Rule, RuleOffer, Schedule
from appointments.openings.values import Opening, Shown
from tests.factories import at

TODAY = date(2026, 11, 25)  # a Wednesday
MONDAY = date(2026, 11, 30)
NOW = at("2026-11-25", "10:40")


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


def rows_of(rule: Any) -> set[tuple[object, ...]]:
    """Its offers: audience, reason's label, open, from, until."""
    rows = RuleOffer.objects.filter(rule=rule).values_list(
        "audience", "reason__label", "open", "shown_from_minutes", "shown_until_minutes"
    )
    return set(rows)


def version_of(row: Rule | Reason) -> int:
    """As it is now."""
    return type(row)._default_manager.get(pk=row.pk).version
