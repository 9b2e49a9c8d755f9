"""What a time that was emptied has left to do: who was told how, who is still to be called, what can be undone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, Q

from accounts.enums import Level
from accounts.french import hour, short_date, to
from accounts.rights import Actor
from accounts.zones import there
from appointments.enums import MessageState, Status
from appointments.models import Appointment, EmptiedVisit, Emptying, PatientMessage
from appointments.models.message import UNDELIVERED


class Told(StrEnum):
    """How far the patient knows."""

    WAITING = "waiting"
    SENT = "sent"
    TO_CALL = "to call"
    CALLED = "called"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Emptied:
    """A visit that was placed elsewhere: `told` how far, with the message it was, where it was one."""

    row: EmptiedVisit
    told: Told
    message: PatientMessage | None

    @property
    def visit(self) -> Appointment:
        return self.row.event.appointment

    @property
    def is_to_call(self) -> bool:
        return self.told == Told.TO_CALL

    @property
    def words(self) -> str:
        """Where it stands now: « Confié au Dr Noé Réglisse, jeu. 26 nov. à 9 h 00 »."""
        visit, was = self.visit, self.row
        if visit.status == Status.CANCELLED:
            return "Annulé"
        zone = visit.schedule.location.zone
        local = visit.start.astimezone(zone)
        when = f"{short_date(local.date())} à {hour(local)}{there(zone)}"
        if visit.schedule_id != was.schedule_was_id:
            return f"Confié {to(visit.practitioner)}, {when}"
        if visit.start != was.start_was:
            return f"Déplacé au {when}"
        return f"De nouveau le {when}" if was.emptying.undoes_id is not None else f"Toujours le {when}"


def emptied_of(actor: Actor, emptying_id: uuid.UUID) -> tuple[Emptying, list[Emptied]] | None:
    """With its visits in the order in which they stood; None where the person books in none of its agendas. Three queries."""
    found = (
        Emptying.objects.kept_by(actor, Level.BOOK)
        .select_related("calendar__practitioner", "undoes")
        .filter(pk=emptying_id)
        .first()
    )
    if found is None:
        return None
    rows = (
        EmptiedVisit.objects.filter(emptying=found)
        .select_related(
            "event__appointment__patient",
            "event__appointment__practitioner",
            "event__appointment__schedule__location",
            "schedule_was__location",
            "schedule_was__calendar__practitioner",
        )
        .prefetch_related("event__messages")
    )
    kept = set(
        Appointment.objects.kept_by(actor, Level.BOOK)
        .filter(events__emptied__emptying=found)
        .values_list("pk", flat=True)
    )
    return found, [_emptied(found, row) for row in rows if row.event.appointment_id in kept]


def _emptied(emptying: Emptying, row: EmptiedVisit) -> Emptied:
    row.emptying = emptying
    message = max(row.event.messages.all(), key=lambda one: one.pk, default=None)
    return Emptied(row, _told(row, message), message)


def _told(row: EmptiedVisit, message: PatientMessage | None) -> Told:
    if row.brought_back:
        return Told.BACK
    if row.told_at is not None:
        return Told.CALLED
    if message is None or message.state in UNDELIVERED:
        return Told.TO_CALL
    return Told.WAITING if message.state == MessageState.PLANNED else Told.SENT


def emptyings_of(calendar_id: uuid.UUID, day: date) -> Sequence[Emptying]:
    """What was emptied of this day, and brought back, the latest first, with how many are to be called still (`to_call`)."""
    reached = PatientMessage.objects.exclude(state__in=UNDELIVERED).values("event")
    unreached = Q(visits__told_at=None, visits__brought_back=False) & ~Q(visits__event__in=reached)
    rows = Emptying.objects.filter(calendar=calendar_id, day=day)
    return list(rows.annotate(to_call=Count("visits", filter=unreached)).order_by("-at"))
