"""What stands in the way of a visit, as its practice reads it: visits of the agendas one keeps are named."""

import uuid
from collections.abc import Sequence

from accounts.french import day_month, hour
from accounts.rights import Actor
from appointments.booking.services.obstacles import Obstacle
from appointments.models import Appointment


def obstacle_sentences(found: Sequence[Obstacle], *, actor: Actor) -> list[str]:
    """One query at most."""
    rows = [one.row for one in found if one.row is not None]
    named: dict[uuid.UUID | None, str] = {}
    if rows:
        kept = Appointment.objects.kept_by(actor).select_related("patient", "practitioner", "schedule__location")
        named = {one.id: _named(one) for one in kept.filter(pk__in=rows)}
    return [named.get(one.row, one.sentence) for one in found]


def _named(other: Appointment) -> str:
    zone = other.schedule.location.zone
    start, end = other.start.astimezone(zone), other.end.astimezone(zone)
    return (
        f"{other.practitioner} a déjà un rendez-vous {day_month(start)} de {hour(start)} à {hour(end)}\u00a0: "
        f"{other.patient.short_name}"
    )
