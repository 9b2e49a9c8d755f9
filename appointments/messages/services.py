"""Telling the patient by e-mail. The plan is written with the event; the database is the truth, the broker only wakes."""

import logging
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from appointments.enums import EventKind, MessageKind, MessageState, Status
from appointments.messages.waking import message_planned
from appointments.models import Appointment, AppointmentEvent, PatientMessage
from outbox import ledger

logger = logging.getLogger(__name__)

# Longer than a task that sends may live (`appointments.messages.tasks`): when it ends, nobody is sending any more.
LEASE = timedelta(minutes=2)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)
MAX_ATTEMPTS = 12

_INTERRUPTED = "L’envoi a été interrompu."

_KINDS = {
    EventKind.BOOKED: MessageKind.CONFIRMATION,
    EventKind.MOVED: MessageKind.CHANGE,
    EventKind.REASSIGNED: MessageKind.CHANGE,
    EventKind.CANCELLED: MessageKind.CANCELLATION,
    EventKind.PLACE_CHANGED: MessageKind.CHANGE,
}
# What somebody who was told nothing yet is told of a visit as it stands.
_STANDING = {Status.BOOKED: MessageKind.CONFIRMATION, Status.CANCELLED: MessageKind.CANCELLATION}
_SUBJECTS = {
    MessageKind.CONFIRMATION: "Votre rendez-vous est confirmé",
    MessageKind.CHANGE: "Votre rendez-vous a changé",
    MessageKind.CANCELLATION: "Votre rendez-vous est annulé",
}


def plan_message(*, event: AppointmentEvent) -> PatientMessage | None:
    """Plan what the patient is to know of this event, if they gave an address and it is still to come.

    Same transaction as the event.
    """
    kind = _KINDS.get(EventKind(event.kind))
    address = event.appointment.contact_email
    if kind is None or not address:
        return None
    if kind != MessageKind.CONFIRMATION:
        # A message is written from the appointment as it is when it leaves: one still waiting would now tell something false.
        waiting = PatientMessage.objects.filter(event__appointment=event.appointment_id, state=MessageState.PLANNED)
        waiting.update(state=MessageState.REPLACED)
        if event.appointment.start <= event.at:
            # The practice tidies its agenda: the patient came, or did not.
            return None
    message = PatientMessage.objects.create(event=event, kind=kind, address=address, next_attempt_at=event.at)
    _wake_once_committed(message)
    return message


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
    event = appointment.events.latest("sequence")
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


def send_message(*, message_id: int, now: datetime) -> bool:
    """Claim the message for a while, send it, record. False when it was not ours to send (sent, claimed, or not yet due).

    A crash between sending and recording sends it twice: a patient told twice is better than one never told.
    """
    if not ledger.claim(PatientMessage, message_id, now=now, lease=LEASE):
        return False
    message = PatientMessage.objects.select_related(
        "event__appointment__practitioner", "event__appointment__schedule__location"
    ).get(pk=message_id)
    try:
        _compose(message).send()
    except (OSError, ValueError) as error:  # smtplib's and the socket's are OSErrors; ValueError: no address at all
        # The class only: the server's words may quote the address.
        logger.warning("message %s could not be sent: %s", message.pk, type(error).__name__)
        _record_failure(message, type(error).__name__, _retry_delay(message), now)
        return False
    # Also when it was replaced meanwhile: it left.
    ledger.settle(message, state=MessageState.SENT, sent_at=now, cause="")
    return True


def end_forsaken(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for message in PatientMessage.objects.forsaken(now):
        # The lease was a wait already.
        _record_failure(message, _INTERRUPTED, max(_retry_delay(message) - LEASE, timedelta()), now)


def due_messages(*, now: datetime, limit: int = 200) -> list[int]:
    """Messages whose time has come: new ones whose wake-up signal was lost, failed ones to try again."""
    due = PatientMessage.objects.due(now).order_by("next_attempt_at")
    return list(due.values_list("pk", flat=True)[:limit])


def _wake_once_committed(message: PatientMessage) -> None:
    def wake() -> None:
        message_planned.send(sender=PatientMessage, message_id=message.pk)

    # robust: what was done is committed, whatever happens to its wake-up signal.
    transaction.on_commit(wake, robust=True)


def _compose(message: PatientMessage) -> EmailMessage:
    appointment = message.event.appointment
    context = {
        "appointment": appointment,
        "location": appointment.schedule.location,
        "practitioner": appointment.practitioner,
    }
    body = render_to_string(f"mails/{message.kind}.txt", context)
    return EmailMessage(_SUBJECTS[MessageKind(message.kind)], body, to=[message.address])


def _record_failure(message: PatientMessage, cause: str, delay: timedelta, now: datetime) -> None:
    """Not when it was replaced meanwhile."""
    abandoned = message.attempts >= MAX_ATTEMPTS
    state = MessageState.ABANDONED if abandoned else MessageState.PLANNED
    ledger.try_again(message, at=now + delay, cause=cause, state=state)


def _retry_delay(message: PatientMessage) -> timedelta:
    return ledger.retry_delay(message.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
