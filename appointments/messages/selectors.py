"""What patients were told, for the pages that say so."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When

from appointments.enums import EventKind, MessageKind, MessageState, TellingSide
from appointments.messages.reach import targets_of, why_unreachable
from appointments.messages.saying import Telling, confirmation, to_be_told
from appointments.models import Appointment, Patient, PatientMessage, Schedule
from appointments.models.booking import AppointmentQuerySet

# Of one fact, from what says least that its patient knows to what says most.
_SURER = [
    MessageState.REPLACED,
    MessageState.ABANDONED,
    MessageState.REFUSED,
    MessageState.UNKNOWN,
    MessageState.SENT,
    MessageState.PLANNED,
    MessageState.TO_CALL,
    MessageState.RECEIVED,
    MessageState.TOLD,
]


def latest_messages(appointments: Iterable[Appointment]) -> dict[uuid.UUID, PatientMessage]:
    """What says most of how far each patient knows the visit as it stands, of those that have any. One query."""
    ids = [appointment.id for appointment in appointments]
    messages = PatientMessage.objects.filter(appointment__in=ids).exclude(event=None).select_related("event")
    found: dict[uuid.UUID, PatientMessage] = {}
    for message in messages.order_by("event__sequence", "pk"):
        whose = cast("uuid.UUID", message.appointment_id)
        before = found.get(whose)
        if before is None or _weight(message) >= _weight(before):
            found[whose] = message
    return found


def told_only(visits: AppointmentQuerySet, *, told: bool) -> AppointmentQuerySet:
    """Of these whose patient is « Averti », by what `latest_messages` gives; else those with a message who are not yet."""
    surer = Case(*[When(state=state, then=Value(rank)) for rank, state in enumerate(_SURER)])
    stands = Case(When(state=MessageState.REPLACED, then=Value(0)), default=Value(1))
    of_visit = PatientMessage.objects.filter(appointment=OuterRef("pk"), event__isnull=False)
    latest = of_visit.order_by(stands.desc(), "-event__sequence", surer.desc(), "-pk").values("state")[:1]
    known = [MessageState.RECEIVED, MessageState.TOLD]
    wanted = known if told else [state for state in MessageState if state not in known]
    return visits.alias(latest_state=Subquery(latest)).filter(latest_state__in=wanted)


def _weight(message: PatientMessage) -> tuple[bool, int, int]:
    """Of two messages the one that weighs more counts: of the latest fact, then what is surest. One that was replaced, last."""
    replaced = message.state == MessageState.REPLACED
    sequence = message.event.sequence if message.event is not None else 0
    return (not replaced, sequence, _SURER.index(MessageState(message.state)))


def telling_of(appointment: Appointment, *, now: datetime) -> Telling:
    """How its patient hears of what was last done to it. Five queries at most."""
    event = appointment.events.order_by("sequence").last()
    if event is None or appointment.start <= now:
        return Telling()
    unreachable = why_unreachable(appointment, MessageKind.CONFIRMATION) if event.kind == EventKind.BOOKED else ""
    zone = appointment.schedule.location.zone
    return to_be_told(list(event.messages.order_by("pk")), event, zone=zone, unreachable=unreachable)


def confirmation_to(patient: Patient, organization_id: uuid.UUID) -> tuple[str, bool]:
    """How somebody hears of a visit that is taken for them, in a sentence, and whether they do. Four queries at most."""
    visit = Appointment(
        patient=patient, organization_id=organization_id, contact_phone=patient.phone, contact_email=patient.email
    )
    ways = [channel for channel, _ in targets_of(visit, MessageKind.CONFIRMATION)]
    return confirmation(ways, why_unreachable(visit, MessageKind.CONFIRMATION) if not ways else ""), bool(ways)


def untold_visits(schedules: Iterable[Schedule], *, now: datetime) -> AppointmentQuerySet:
    """The coming visits at these agendas, cancelled ones too, whose patient somebody has to tell; not those that the regulation
    has taken upon itself. `owned_by`: who of the practice has.
    """
    coming = Appointment.objects.filter(schedule__in=schedules, start__gt=now)
    return _to_tell(coming, TellingSide.PRACTICE, now)


def untold_referrals(booked: QuerySet[Appointment], *, now: datetime) -> AppointmentQuerySet:
    """Of what a regulator booked, the same; not what the practice has taken upon itself."""
    return _to_tell(booked.filter(start__gt=now), TellingSide.REGULATOR, now)


def count_untold_referrals(booked: QuerySet[Appointment], *, now: datetime) -> int:
    """How many these are: on every page of a regulator, so of the messages, which are few, without the order of a list."""
    mine = _calls_of(TellingSide.REGULATOR).filter(appointment__in=booked.filter(start__gt=now).values("pk"))
    return mine.values("appointment").distinct().count()


def _calls_of(side: TellingSide) -> QuerySet[PatientMessage]:
    return PatientMessage.objects.filter(state=MessageState.TO_CALL, owner_side__in=["", side])


def _to_tell(visits: QuerySet[Appointment], side: TellingSide, now: datetime) -> AppointmentQuerySet:
    """Who did not answer comes after the others until they are to be called again."""
    mine = _calls_of(side).filter(appointment=OuterRef("pk"))
    later = mine.filter(attempts__gt=0, next_attempt_at__gt=now).values("next_attempt_at")[:1]
    found = visits.filter(Exists(mine)).annotate(
        owned_by=Subquery(mine.values("owner_name")[:1]), again_at=Subquery(later)
    )
    return cast("AppointmentQuerySet", found.order_by(F("again_at").asc(nulls_first=True), "start", "created_at"))
