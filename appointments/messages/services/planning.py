"""What a patient is to know follows from what happened: planned with the event, once for each channel and address."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.enums import ActorKind
from appointments.booking.events import ONE_ACT
from appointments.enums import Channel, ConsultationType, EventKind, MessageKind, MessageState, Status
from appointments.messages.quiet import postponed
from appointments.messages.reach import Target, other_targets, quiet_of, settings_of, targets_of, why_unreachable
from appointments.messages.services.facts import event_fact
from appointments.messages.waking import message_planned
from appointments.models import Appointment, AppointmentEvent, PatientMessage, WaitingEntry
from appointments.models.message import LEFT

# How long a change waits to be told: what is changed again meanwhile leaves as one message, what is taken back as none.
SETTLES = ONE_ACT
# What of an event's snapshot a message tells.
_TOLD = ("status", "start", "practitioner", "mode", "place")

_KINDS = {
    EventKind.BOOKED: MessageKind.CONFIRMATION,
    EventKind.MOVED: MessageKind.CHANGE,
    EventKind.REASSIGNED: MessageKind.CHANGE,
    EventKind.CANCELLED: MessageKind.CANCELLATION,
    EventKind.RESTORED: MessageKind.CONFIRMATION,
    EventKind.CHANGED: MessageKind.CHANGE,
    EventKind.PLACE_CHANGED: MessageKind.CHANGE,
}
# What somebody who was told nothing yet is told of a visit as it stands.
_STANDING = {Status.BOOKED: MessageKind.CONFIRMATION, Status.CANCELLED: MessageKind.CANCELLATION}


def plan_message(*, event: AppointmentEvent, tell: bool = True, wait: timedelta = SETTLES) -> list[PatientMessage]:
    """Plan what the patient is to know of this event, if it is still to come and they were not told so last. Unless `tell`, what
    waits is not sent either. What is no booking waits for what may follow it. A change that no message can tell is to be told by
    somebody: « À prévenir ».

    Same transaction as the event.
    """
    kind, is_booking = _KINDS.get(EventKind(event.kind)), event.kind == EventKind.BOOKED
    appointment = event.appointment
    if kind is None or not _tells(event.snapshot):
        return []
    replaced = [] if is_booking else _replace_waiting(appointment)
    if not tell or appointment.start <= event.at:
        # The practice tells them itself, or tidies its agenda: the patient came, or did not.
        return []
    known = None
    if not is_booking and (known := known_by_patient(appointment)) is None:
        unwritten = known_unwritten(appointment)
        known = told_by(unwritten) if unwritten is not None else None
    # One that is being sent may have told anything since.
    if known == told_by(event.snapshot) and all(one.lease_until is None for one in replaced):
        return []
    if kind != MessageKind.CANCELLATION and known is not None:
        kind = MessageKind.CONFIRMATION if known["status"] == Status.CANCELLED else MessageKind.CHANGE
    targets = targets_of(appointment, kind)
    if not targets:
        if _is_of_ours(event) and not is_booking and _differs(event, known):
            ask_to_call(event=event, kind=kind, at=event.at, cause=why_unreachable(appointment, kind))
        return []
    moment = event.at if is_booking else _not_quiet(appointment, event.at + wait)
    planned = [_plan(event, kind, target, moment) for target in targets]
    if is_booking:
        # The others are found by a sweep, once they are due.
        for one in planned:
            wake_once_committed(one)
    return planned


def delay_messages(*, events: Collection[int], until: datetime) -> None:
    """What waits to be told of these events waits until then: a day that is emptied at once may be undone first."""
    waiting = PatientMessage.objects.filter(event__in=events, state=MessageState.PLANNED, lease_until=None)
    waiting.filter(next_attempt_at__lt=until).update(next_attempt_at=until)


def tell_again(*, appointment: Appointment, at: datetime) -> list[PatientMessage]:
    """A contact was corrected: what waits for the former one is not sent, and the new one is told where the visit stands.

    Not of what is past. Who was told of the latest event already is not told twice. Same transaction as the correction.
    """
    contacts = [appointment.contact_email, appointment.contact_phone]
    waiting = PatientMessage.objects.filter(appointment=appointment, state=MessageState.PLANNED)
    waiting.exclude(address__in=contacts).update(state=MessageState.REPLACED)
    kind = _STANDING.get(Status(appointment.status))
    if kind is None or appointment.start <= at:
        return []
    event = appointment.events.order_by("sequence").last()
    if event is None:
        # Imported: its patient was told by the former software, and hears from us when something changes.
        return []
    again = []
    for channel, address in targets_of(appointment, kind):
        message, made = PatientMessage.objects.get_or_create(
            fact=event_fact(event),
            channel=channel,
            address=address,
            defaults=columns(appointment, event) | {"kind": kind, "next_attempt_at": at},
        )
        if not made and message.state in {*LEFT, MessageState.PLANNED}:
            continue
        if not made:
            put_back(message, at)
        wake_once_committed(message)
        again.append(message)
    if again:
        calls_of(appointment).update(state=MessageState.REPLACED)
    return again


def try_otherwise(*, event: AppointmentEvent, kind: str, at: datetime, cause: str) -> None:
    """A message of this event has failed for good: by another channel that was not tried, else somebody has to call.

    In a transaction of its own, in which the visit is locked: nothing happens to it meanwhile.
    """
    appointment = Appointment.objects.select_for_update(no_key=True, of=("self",)).get(pk=event.appointment_id)
    rows = PatientMessage.objects.filter(appointment=appointment).exclude(event=None)
    if appointment.start <= at or rows.filter(event__sequence__gt=event.sequence).exists():
        return
    of_event = list(rows.filter(event=event))
    if any(one.state in {MessageState.PLANNED, MessageState.SENT, MessageState.RECEIVED} for one in of_event):
        return
    tried = {one.channel for one in of_event}
    if others := other_targets(appointment, kind, tried):
        wake_once_committed(_plan(event, kind, others[0], at))
    elif Channel.CALL not in tried:
        ask_to_call(event=event, kind=kind, at=at, cause=cause)


def ask_to_call(*, event: AppointmentEvent, kind: str, at: datetime, cause: str) -> None:
    """« À prévenir »: one at a time for a visit."""
    appointment = event.appointment
    calls_of(appointment).update(state=MessageState.REPLACED)
    PatientMessage.objects.create(
        **columns(appointment, event),
        fact=event_fact(event),
        channel=Channel.CALL,
        kind=kind,
        state=MessageState.TO_CALL,
        next_attempt_at=at,
        cause=cause,
    )


def calls_of(appointment: Appointment) -> Any:
    """What somebody still has to tell its patient."""
    return PatientMessage.objects.filter(appointment=appointment, state=MessageState.TO_CALL)


def plan_of_waiting(entry: WaitingEntry, *, at: datetime) -> None:
    """Who is on a waiting list learns it, with the link that leads to their place in it. Same transaction as the entry."""
    visit = entry.as_visit()
    for channel, address in targets_of(visit, MessageKind.WAITING):
        message = PatientMessage.objects.create(
            organization_id=entry.organization_id,
            entry=entry,
            fact=f"waiting:{entry.pk}",
            kind=MessageKind.WAITING,
            channel=channel,
            address=address,
            # As any confirmation, in quiet hours too; what is taken back at once is told to nobody.
            next_attempt_at=at + SETTLES,
        )
        wake_once_committed(message)


def put_back(message: PatientMessage, at: datetime) -> None:
    """One that was withdrawn, or failed, is to be sent all the same."""
    message.state, message.attempts, message.next_attempt_at, message.cause = MessageState.PLANNED, 0, at, ""
    message.save(update_fields=["state", "attempts", "next_attempt_at", "cause"])


def told_by(snapshot: dict[str, Any]) -> dict[str, Any]:
    """What of an event a message tells."""
    told = {name: snapshot.get(name) for name in _TOLD}
    # Elsewhere no place is told.
    return told if told["mode"] == ConsultationType.AMB else told | {"place": None}


def known_by_patient(appointment: Appointment) -> dict[str, Any] | None:
    """What the last message told that left, or that somebody told; None when there is none. One query."""
    event = last_told(appointment)
    return told_by(event.snapshot) if event is not None else None


def known_unwritten(appointment: Appointment) -> dict[str, Any] | None:
    """The visit as a patient knows it to whom no message was to say it: as it was taken, or imported. None where one was to, and
    none left: they may know nothing. Two queries at most.
    """
    first = appointment.events.order_by("sequence").first()
    if first is None:
        return None
    if first.kind != EventKind.BOOKED:
        return before(first)
    return None if PatientMessage.objects.filter(event=first).exists() else dict(first.snapshot)


def last_told(appointment: Appointment, *, but: int | None = None) -> AppointmentEvent | None:
    """The last event that the patient knows of; another than that one. One query."""
    told = PatientMessage.objects.filter(appointment=appointment, state__in=[*LEFT, MessageState.TOLD]).exclude(
        event=None
    )
    last = told.exclude(event=but).select_related("event").order_by("event__sequence", "pk").last()
    return last.event if last is not None else None


def before(event: AppointmentEvent) -> dict[str, Any]:
    """The visit just before it, as far as the event says."""
    return {**event.snapshot, **(event.snapshot.get("previous") or {})}


def wake_once_committed(message: PatientMessage) -> None:
    def wake() -> None:
        message_planned.send(sender=PatientMessage, message_id=message.pk)

    # robust: what was done is committed, whatever happens to its wake-up signal.
    transaction.on_commit(wake, robust=True)


def _plan(event: AppointmentEvent, kind: str, target: Target, moment: datetime) -> PatientMessage:
    channel, address = target
    return PatientMessage.objects.create(
        **columns(event.appointment, event),
        fact=event_fact(event),
        channel=channel,
        address=address,
        kind=kind,
        next_attempt_at=moment,
    )


def _is_of_ours(event: AppointmentEvent) -> bool:
    """Not what the patient did, nor what a regulator does because the patient, on the line, does not come."""
    if event.actor_kind == ActorKind.REGULATOR:
        return event.kind != EventKind.CANCELLED
    return event.actor_kind == ActorKind.USER


def columns(appointment: Appointment, event: AppointmentEvent) -> dict[str, Any]:
    return {"appointment": appointment, "organization_id": appointment.organization_id, "event": event}


def _not_quiet(appointment: Appointment, moment: datetime) -> datetime:
    quiet = quiet_of(settings_of(appointment.organization_id))
    return postponed(moment, visit=appointment.start, zone=appointment.schedule.location.zone, quiet=quiet)


def _differs(event: AppointmentEvent, known: dict[str, Any] | None) -> bool:
    """From what a patient whom no message can reach knows: what they were told last, else the visit as it was taken."""
    if known is None:
        first = event.appointment.events.order_by("sequence").first()
        known = told_by(first.snapshot if first.kind == EventKind.BOOKED else before(first)) if first else None
    return known != told_by(event.snapshot)


def _replace_waiting(appointment: Appointment) -> list[PatientMessage]:
    """A message is written from the appointment as it is when it leaves: one still waiting would now tell something false."""
    waiting = PatientMessage.objects.filter(
        appointment=appointment, state__in=[MessageState.PLANNED, MessageState.TO_CALL]
    )
    replaced = list(waiting.select_for_update(of=("self",)).order_by("pk"))
    rows = PatientMessage.objects.filter(pk__in=[one.pk for one in replaced])
    # Of one whose last try ended nobody knows how: the patient may have it.
    rows.filter(lease_until=None).exclude(body="").update(state=MessageState.UNKNOWN)
    rows.exclude(state=MessageState.UNKNOWN).update(state=MessageState.REPLACED)
    return replaced


def _tells(snapshot: dict[str, Any]) -> bool:
    """Whether something changed that a message tells of."""
    previous = snapshot.get("previous")
    return previous is None or not previous.keys().isdisjoint(_TOLD)
