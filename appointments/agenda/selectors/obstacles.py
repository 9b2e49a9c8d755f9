"""What stands in the way of a visit, as its practice reads it: what is in the agendas one sees is named."""

import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import day_month, hour
from accounts.rights import Actor
from accounts.zones import apart
from appointments.agenda.blocks import name_for
from appointments.booking.services.obstacles import Kind, Obstacle
from appointments.booking.services.same_day import name_same_day
from appointments.models import Absence, Appointment


def obstacle_sentences(found: Sequence[Obstacle], *, actor: Actor, zone: ZoneInfo) -> list[str]:
    """In the way at a place of this zone. Three queries at most."""
    named: dict[uuid.UUID | None, str] = {}
    for pk, label in read_absences(found, actor=actor).items():
        named[pk] = f"Une absence est notée à ce moment ({label})." if label else "Une absence est notée à ce moment."
    again = [one.row for one in found if one.row is not None and one.kind == Kind.SAME_DAY]
    named |= name_same_day(again, actor=actor, zone=zone)
    if visits := [one.row for one in found if one.row is not None and one.kind not in (Kind.ABSENCE, Kind.SAME_DAY)]:
        kept = Appointment.objects.kept_by(actor).select_related("patient", "practitioner", "schedule__location")
        named |= {one.id: _named(one, actor, zone) for one in kept.filter(pk__in=visits)}
    return [named.get(one.row, one.sentence) for one in found]


def read_absences(found: Sequence[Obstacle], *, actor: Actor) -> dict[uuid.UUID | None, str]:
    """The absences among them that this person reads, with what they are about. One query at most."""
    absences = [one.row for one in found if one.kind == Kind.ABSENCE]
    if not absences:
        return {}
    return dict(Absence.objects.kept_by(actor, Level.SEE).filter(pk__in=absences).values_list("pk", "label"))


def _named(other: Appointment, actor: Actor, zone: ZoneInfo) -> str:
    own = other.schedule.location.zone
    start, end = other.start.astimezone(own), other.end.astimezone(own)
    return (
        f"{other.practitioner} a déjà un rendez-vous {day_month(start)} de {hour(start)} à {hour(end)}{apart(own, zone)}\u00a0: "
        f"{name_for(other, discreet=actor.is_discreet)}"
    )
