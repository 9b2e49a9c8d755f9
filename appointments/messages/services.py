"""Telling the patient by e-mail. The plan is written with the event; the database is the truth, the broker only wakes."""

import logging
import uuid
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from appointments.enums import EventKind, MessageKind, MessageState, Status
from appointments.exceptions import ChangedMeanwhile
from appointments.messages.waking import message_planned
from appointments.messages.words import ending, how_to_reach, who_and_where
from appointments.models import Appointment, AppointmentEvent, PatientMessage
from appointments.models.message import UNDELIVERED
from appointments.openings.selectors import replaced_between
from outbox import ledger, mail

logger = logging.getLogger(__name__)

_INTERRUPTED = "L’envoi a été interrompu."
_BEGUN = "Le rendez-vous a commencé avant l’envoi."

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


def plan_message(*, event: AppointmentEvent, tell: bool = True) -> PatientMessage | None:
    """Plan what the patient is to know of this event, if they gave an address and it is still to come. Unless `tell`, what waits
    is not sent either.

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
    if not tell or event.appointment.start <= event.at:
        # The practice tells them itself, or tidies its agenda: the patient came, or did not.
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
        "event__appointment__practitioner", "event__appointment__schedule__location"
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
