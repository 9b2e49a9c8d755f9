"""Telling the patient by e-mail. The plan is written with the event; the database is the truth, the broker only wakes."""

import logging
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from appointments.booking.events import ONE_ACT
from appointments.booking.manage_link import manage_link
from appointments.enums import ConsultationType, EventKind, MessageKind, MessageState, Status
from appointments.exceptions import ChangedMeanwhile
from appointments.messages.waking import message_planned
from appointments.messages.words import ending, how_to_reach, who_and_where
from appointments.models import Appointment, AppointmentEvent, PatientMessage
from appointments.models.message import UNDELIVERED
from appointments.openings.selectors import replaced_between
from outbox import ledger, mail

logger = logging.getLogger(__name__)

# How long a change waits to be told: what is changed again meanwhile leaves as one message, what is taken back as none.
SETTLES = ONE_ACT
# What of an event's snapshot a message tells.
_TOLD = ("status", "start", "practitioner", "mode", "place")

_INTERRUPTED = "L’envoi a été interrompu."
_BEGUN = "Le rendez-vous a commencé avant l’envoi."

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
_SUBJECTS = {
    MessageKind.CONFIRMATION: "Votre rendez-vous est confirmé",
    MessageKind.CHANGE: "Votre rendez-vous a changé",
    MessageKind.CANCELLATION: "Votre rendez-vous est annulé",
}


def plan_message(*, event: AppointmentEvent, tell: bool = True, wait: timedelta = SETTLES) -> PatientMessage | None:
    """Plan what the patient is to know of this event, if they gave an address, it is still to come, and they were not told so
    last. Unless `tell`, what waits is not sent either. What is no booking waits for what may follow it.

    Same transaction as the event.
    """
    kind, is_booking = _KINDS.get(EventKind(event.kind)), event.kind == EventKind.BOOKED
    appointment = event.appointment
    if kind is None or not appointment.contact_email or not _tells(event.snapshot):
        return None
    replaced = [] if is_booking else _replace_waiting(appointment)
    if not tell or appointment.start <= event.at:
        # The practice tells them itself, or tidies its agenda: the patient came, or did not.
        return None
    known = None if is_booking else _known_by_patient(appointment)
    # One that is being sent may have told anything since.
    if known == _told_by(event.snapshot) and all(one.lease_until is None for one in replaced):
        return None
    if kind != MessageKind.CANCELLATION and known is not None:
        kind = MessageKind.CONFIRMATION if known["status"] == Status.CANCELLED else MessageKind.CHANGE
    message = PatientMessage.objects.create(
        event=event,
        kind=kind,
        address=appointment.contact_email,
        next_attempt_at=event.at if is_booking else event.at + wait,
    )
    if is_booking:
        # The others are found by a sweep, once they are due.
        _wake_once_committed(message)
    return message


def delay_messages(*, events: Collection[int], until: datetime) -> None:
    """What waits to be told of these events waits until then: a day that is emptied at once may be undone first."""
    waiting = PatientMessage.objects.filter(event__in=events, state=MessageState.PLANNED, lease_until=None)
    waiting.filter(next_attempt_at__lt=until).update(next_attempt_at=until)


def tell_again(*, appointment: Appointment, at: datetime) -> PatientMessage | None:
    """The address was corrected: what waits for the former one is not sent, and the new one is told where the visit stands.

    Not of what is past. An address that was told of the latest event already is not told twice. Same transaction as the
    correction.
    """
    waiting = PatientMessage.objects.filter(event__appointment=appointment, state=MessageState.PLANNED)
    waiting.exclude(address=appointment.contact_email).update(state=MessageState.REPLACED)
    kind = _STANDING.get(Status(appointment.status))
    if kind is None or not appointment.contact_email or appointment.start <= at:
        return None
    event = appointment.events.order_by("sequence").last()
    if event is None:
        # Imported: its patient was told by the former software, and hears from us when something changes.
        return None
    message, made = PatientMessage.objects.get_or_create(
        event=event, address=appointment.contact_email, defaults={"kind": kind, "next_attempt_at": at}
    )
    if not made and message.state in {MessageState.SENT, MessageState.PLANNED}:
        return None
    if not made:
        message.state, message.attempts, message.next_attempt_at, message.cause = MessageState.PLANNED, 0, at, ""
        message.save(update_fields=["state", "attempts", "next_attempt_at", "cause"])
    _wake_once_committed(message)
    return message


@transaction.atomic
def note_told(*, appointment_id: uuid.UUID, version: int | None) -> None:
    """The practice told the patient another way what no message could.

    Raises `ChangedMeanwhile`: they were told the visit as it was.
    """
    appointment = Appointment.objects.select_for_update(no_key=True).get(pk=appointment_id)
    if version != appointment.version:
        raise ChangedMeanwhile
    undelivered = PatientMessage.objects.filter(event__appointment=appointment_id, state__in=UNDELIVERED)
    undelivered.update(state=MessageState.TOLD)


def send_message(*, message_id: int, now: datetime) -> bool:
    """Claim the message for a while, send it, record. False when it did not leave, or was not ours to send (sent, claimed, not
    yet due).

    A crash between sending and recording sends it twice, under one Message-ID: a patient told twice is better than one never
    told. Never once the visit has begun.
    """
    if not mail.may_send(PatientMessage, now=now):
        return False
    if not ledger.claim(PatientMessage, message_id, now=now, lease=mail.LEASE):
        return False
    message = PatientMessage.objects.select_related(
        "event__appointment__practitioner",
        "event__appointment__schedule__location",
        "event__appointment__schedule__organization",
        "event__appointment__patient",
        "event__appointment__given_as",
    ).get(pk=message_id)
    if message.event.appointment.start <= now:
        _end(message, MessageState.ABANDONED, _BEGUN, now)
        return False
    try:
        _compose(message).send()
    except (OSError, ValueError) as error:  # smtplib's and the socket's are OSErrors; ValueError: no address at all
        logger.warning("message %s could not be sent: %s", message.pk, mail.told(error))
        if mail.is_final(error):
            # Now rather than after all tries: somebody has to tell the patient another way.
            _end(message, MessageState.REFUSED, mail.told(error), now)
        else:
            _record_failure(message, mail.told(error), _retry_delay(message), now)
        return False
    # Also when it was replaced meanwhile: it left.
    ledger.settle(message, state=MessageState.SENT, sent_at=now, cause="")
    return True


def end_forsaken(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for message in PatientMessage.objects.forsaken(now):
        # The lease was a wait already.
        _record_failure(message, _INTERRUPTED, max(_retry_delay(message) - mail.LEASE, timedelta()), now)


def due_messages(*, now: datetime, limit: int = 200) -> list[int]:
    """Messages whose time has come: new ones whose wake-up signal was lost, failed ones to try again."""
    due = PatientMessage.objects.due(now).order_by("next_attempt_at")
    return list(due.values_list("pk", flat=True)[:limit])


def _replace_waiting(appointment: Appointment) -> list[PatientMessage]:
    """A message is written from the appointment as it is when it leaves: one still waiting would now tell something false."""
    waiting = PatientMessage.objects.filter(event__appointment=appointment, state=MessageState.PLANNED)
    replaced = list(waiting.select_for_update(of=("self",)).order_by("pk"))
    PatientMessage.objects.filter(pk__in=[one.pk for one in replaced]).update(state=MessageState.REPLACED)
    return replaced


def _tells(snapshot: dict[str, Any]) -> bool:
    """Whether something changed that a message tells of."""
    previous = snapshot.get("previous")
    return previous is None or not previous.keys().isdisjoint(_TOLD)


def _told_by(snapshot: dict[str, Any]) -> dict[str, Any]:
    told = {name: snapshot.get(name) for name in _TOLD}
    # Elsewhere no place is told.
    return told if told["mode"] == ConsultationType.AMB else told | {"place": None}


def _known_by_patient(appointment: Appointment) -> dict[str, Any] | None:
    """What the last message told that left, or that the practice told another way; None when there is none. One query."""
    told = PatientMessage.objects.filter(state__in=[MessageState.SENT, MessageState.TOLD]).select_related("event")
    last = told.filter(event__appointment=appointment).order_by("event__sequence", "pk").last()
    return _told_by(last.event.snapshot) if last is not None else None


def _wake_once_committed(message: PatientMessage) -> None:
    def wake() -> None:
        message_planned.send(sender=PatientMessage, message_id=message.pk)

    # robust: what was done is committed, whatever happens to its wake-up signal.
    transaction.on_commit(wake, robust=True)


def _compose(message: PatientMessage) -> EmailMessage:
    appointment = message.event.appointment
    location, practitioner = appointment.schedule.location, appointment.practitioner
    context = {
        "appointment": appointment,
        "location": location,
        "practitioner": practitioner,
        "reach": how_to_reach(location, practitioner),
        "link": manage_link(appointment),
        "ending": ending(location),
        "instead": _instead(appointment) if message.kind == MessageKind.CANCELLATION else "",
    }
    body = render_to_string(f"mails/{message.kind}.txt", context)
    return mail.letter(
        _SUBJECTS[MessageKind(message.kind)],
        body,
        to=[message.address],
        # What the row is one of, and a moment: numbers begin anew in a restored database, and mailboxes remember names.
        name=("message", message.event_id, message.event.at.isoformat(), message.address),
        reply_to=location.email,
    )


def _instead(appointment: Appointment) -> str:
    """Whom the patient of a visit that is cancelled may turn to, where its practitioner is away then and is replaced."""
    for absence in replaced_between([appointment.schedule], appointment.start, appointment.end):
        if absence.replacement is not None:
            return who_and_where(absence.replacement)
    return ""


def _record_failure(message: PatientMessage, cause: str, delay: timedelta, now: datetime) -> None:
    """The last try too is before the visit begins: what would come after it is given up now."""
    again = now + delay
    if message.attempts >= mail.MAX_ATTEMPTS or message.event.appointment.start <= again:
        _end(message, MessageState.ABANDONED, cause, now)
    else:
        ledger.try_again(message, at=again, cause=cause)


def _end(message: PatientMessage, state: MessageState, cause: str, now: datetime) -> None:
    """Without having been sent. Not when it was replaced meanwhile."""
    ledger.try_again(message, at=now, cause=cause, state=state)


def _retry_delay(message: PatientMessage) -> timedelta:
    return ledger.retry_delay(message.attempts, first=mail.FIRST_DELAY, longest=mail.LONGEST_DELAY)
