"""Sending what is due, by mail or SMS. The plan is written with the event; the database is the truth, the broker only wakes."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction

from accounts.french import listed
from appointments.booking.manage_link import manage_link, waiting_link
from appointments.enums import Channel, MessageKind, MessageState
from appointments.messages.invitation import invitation
from appointments.messages.letters import Former, Rendered, Said, render
from appointments.messages.reach import has_refused, settings_of, text_of
from appointments.messages.services.facts import hour_fact
from appointments.messages.services.planning import before, known_unwritten, last_told, try_otherwise
from appointments.messages.words import who_and_where
from appointments.models import Appointment, PatientMessage
from appointments.openings.selectors import replaced_between
from outbox import ledger, mail, sms

logger = logging.getLogger(__name__)

_INTERRUPTED = "L’envoi a été interrompu."
_BEGUN = "Le rendez-vous a commencé avant l’envoi."
_TOO_LATE = "Le temps de répondre était passé avant l’envoi."
_OVER = "L’attente était finie avant l’envoi."
_UNCLEAR = "Nous ne savons pas s’il est parti."
_REFUSES = "A répondu STOP à nos SMS."
# After these a mail server has not taken it; after others it may have.
_NOT_TAKEN = (ConnectionRefusedError, smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError)
# A visit's invitation goes with what says how it stands.
_WITH_INVITATION = {MessageKind.CONFIRMATION, MessageKind.CHANGE, MessageKind.CANCELLATION}
# With whom and where the hour is that is proposed, or waited for.
_OF_OFFERS = (
    "entry__file",
    "offer__entry__file",
    "offer__schedule__calendar__practitioner",
    "offer__schedule__location",
    "offer__schedule__organization",
)
# Whose patient somebody has to tell when no message did.
_TO_BE_TOLD = {MessageKind.CONFIRMATION, MessageKind.CHANGE, MessageKind.CANCELLATION}


def send_message(*, message_id: int, now: datetime) -> bool:
    """Claim the message for a while, send it, record. False when it did not leave, or was not ours to send (sent, claimed, not
    yet due).

    A crash between sending and recording sends a mail twice, under one Message-ID, and an SMS twice where its provider takes one
    reference once. An SMS that may have left and would be taken twice is not sent again: nobody knows, and somebody is told to
    call. Never once the visit has begun.
    """
    channel = PatientMessage.objects.filter(pk=message_id).values_list("channel", flat=True).first()
    under_way = PatientMessage.objects.filter(channel=channel).to_send().filter(lease_until__gt=now)
    if channel is None or under_way.count() >= mail.AT_ONCE:
        return False
    if not ledger.claim(PatientMessage, message_id, now=now, lease=mail.LEASE):
        return False
    message = PatientMessage.objects.select_related(
        "event",
        "appointment__patient",
        "appointment__given_as",
        "appointment__practitioner",
        "appointment__schedule__location",
        "appointment__schedule__organization",
        *_OF_OFFERS,
    ).get(pk=message_id)
    if message.deadline <= now:
        _end(message, MessageState.ABANDONED, _too_late(message), now)
        return False
    if message.event_id is None and not _still_true(message):
        ledger.try_again(message, at=now, cause="", state=MessageState.REPLACED)
        return False
    return _by_sms(message, now) if message.channel == Channel.SMS else _by_mail(message, now)


def end_forsaken(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for message in PatientMessage.objects.select_related("appointment", "entry", "offer").forsaken(now):
        # The lease was a wait already.
        _record_failure(message, _INTERRUPTED, max(_retry_delay(message) - mail.LEASE, timedelta()), now)
    # Replaced while it was being sent: it may have left.
    gone = PatientMessage.objects.filter(state=MessageState.REPLACED, lease_until__lte=now)
    gone.exclude(body="").update(state=MessageState.UNKNOWN, lease_until=None, cause=_UNCLEAR)


def due_messages(*, now: datetime, limit: int = 200) -> list[int]:
    """Messages whose time has come: new ones whose wake-up signal was lost, failed ones to try again."""
    due = PatientMessage.objects.due(now).order_by("next_attempt_at")
    return list(due.values_list("pk", flat=True)[:limit])


def said_by(message: PatientMessage) -> Said:
    """What it is made of, as its visit is now. Two queries at most."""
    kind = MessageKind(message.kind)
    if message.entry is not None:
        whom = list(dict.fromkeys(one.practitioner.name for one in message.entry.agendas))
        return Said(message.visit, kind, link=waiting_link(message.entry.pk), whom=listed(whom, "ou"))
    if message.offer is not None:
        return Said(message.visit, kind, link=waiting_link(message.offer.entry_id), answer_by=message.offer.until)
    appointment = message.visit
    former = _former(message) if kind == MessageKind.CHANGE else None
    instead = instead_of(appointment) if kind == MessageKind.CANCELLATION else ""
    return Said(appointment, kind, former, message.minutes or 0, instead, manage_link(appointment))


def _still_true(message: PatientMessage) -> bool:
    """Of a fact of the visit at its hour: it stands, at that hour. Of an offer: it is still to be answered. Of a waiting
    list: they are on it.
    """
    if message.entry is not None:
        return message.entry.is_waiting
    if message.offer is not None:
        return message.offer.is_made
    what = message.fact.partition(":")[0]
    return message.visit.is_booked and message.fact.startswith(hour_fact(what, message.visit))


def _too_late(message: PatientMessage) -> str:
    if message.offer is not None:
        return _TOO_LATE
    return _BEGUN if message.entry is None else _OVER


def _by_mail(message: PatientMessage, now: datetime) -> bool:
    try:
        rendered, letter = _compose(message, now)
        if not _keep(message, rendered):
            return False
        letter.send()
    except (OSError, ValueError) as error:  # smtplib's and the socket's are OSErrors; ValueError: no address at all
        logger.warning("message %s could not be sent: %s", message.pk, mail.told(error))
        if mail.is_final(error):
            # Now rather than after all tries: somebody has to tell the patient another way.
            _end(message, MessageState.REFUSED, mail.told(error), now)
        else:
            if isinstance(error, _NOT_TAKEN):
                _forget_text(message)
            _record_failure(message, mail.told(error), _retry_delay(message), now)
        return False
    # Also when it was replaced meanwhile: it left.
    ledger.settle(message, state=MessageState.SENT, sent_at=now, cause="")
    return True


def _by_sms(message: PatientMessage, now: datetime) -> bool:
    provider = sms.provider()
    if message.body and (provider is None or not provider.knows_repeats):
        # A try whose end nobody knows: a worker that died, an answer that never came.
        _end(message, MessageState.UNKNOWN, _UNCLEAR, now)
        return False
    if has_refused(message.address):
        _end(message, MessageState.REFUSED, _REFUSES, now)
        return False
    rendered = _render(message, now)
    if not _keep(message, rendered):
        return False
    try:
        sms.send(to=message.address, text=rendered.text, reference=message.reference)
    except sms.NotSent as error:
        logger.warning("message %s could not be sent: %s", message.pk, error)
        if error.final:
            _end(message, MessageState.REFUSED, str(error), now)
        else:
            _forget_text(message)
            _record_failure(message, str(error), _retry_delay(message), now)
        return False
    except sms.Unclear as error:
        logger.warning("message %s: nobody knows whether it was taken: %s", message.pk, error)
        if provider is not None and provider.knows_repeats:
            _record_failure(message, str(error), _retry_delay(message), now)
        else:
            _end(message, MessageState.UNKNOWN, _UNCLEAR, now)
        return False
    # A receipt may have been quicker: then the claim is over already.
    ledger.settle(message, state=MessageState.SENT, sent_at=now, cause="")
    return True


def _keep(message: PatientMessage, rendered: Rendered) -> bool:
    """As it is about to leave. False when it was replaced meanwhile, or is held no more."""
    held = PatientMessage.objects.filter(pk=message.pk, lease_until=message.lease_until).to_send()
    return held.update(subject=rendered.subject, body=rendered.text) == 1


def _forget_text(message: PatientMessage) -> None:
    """It did not leave, for certain; unless a try before this one may have."""
    if message.body:
        return
    PatientMessage.objects.filter(pk=message.pk, lease_until=message.lease_until).update(subject="", body="")


def _render(message: PatientMessage, now: datetime) -> Rendered:
    organization = message.organization_id
    text, settings = text_of(organization, message.kind), settings_of(organization)
    return render(said_by(message), message.channel, settings=settings, text=text, now=now)


def _compose(message: PatientMessage, now: datetime) -> tuple[Rendered, EmailMessage]:
    appointment, rendered = message.visit, _render(message, now)
    made = mail.letter(
        rendered.subject,
        rendered.text,
        html=rendered.html,
        to=[message.address],
        name=("message", message.reference),
        reply_to=appointment.schedule.location.email,
    )
    if message.kind in _WITH_INVITATION:
        made.attach(invitation(appointment, message.kind, address=message.address, now=now))
    return rendered, made


def _former(message: PatientMessage) -> Former | None:
    """The visit as its patient knew it last: told, else as it was taken, else as it was before this."""
    event = last_told(message.visit, but=message.event_id)
    if event is not None:
        known = event.snapshot
    elif message.event is not None:
        known = known_unwritten(message.visit) or before(message.event)
    else:
        return None
    return Former.known(known)


def instead_of(appointment: Appointment) -> str:
    """Whom the patient of a visit that is cancelled may turn to, where its practitioner is away then and is replaced."""
    for absence in replaced_between([appointment.schedule], appointment.start, appointment.end):
        if absence.replacement is not None:
            return who_and_where(absence.replacement)
    return ""


def _record_failure(message: PatientMessage, cause: str, delay: timedelta, now: datetime) -> None:
    """The last try too is before it would be too late: what would come after it is given up now."""
    again = now + delay
    if message.attempts >= mail.MAX_ATTEMPTS or message.deadline <= again:
        _end(message, MessageState.ABANDONED, cause, now)
    else:
        ledger.try_again(message, at=again, cause=cause)


def _end(message: PatientMessage, state: MessageState, cause: str, now: datetime) -> None:
    """Without being known to have arrived. Not when it was replaced meanwhile. Who has to be told is told otherwise."""
    with transaction.atomic():
        if ledger.try_again(message, at=now, cause=cause, state=state):
            not_delivered(message, state, cause=cause, now=now)


def not_delivered(message: PatientMessage, state: MessageState, *, cause: str, now: datetime) -> None:
    """What follows from a final failure, in the transaction that records it. That nobody knows of a confirmation is left at that:
    whoever booked said it aloud.
    """
    if message.event is None or message.kind not in _TO_BE_TOLD:
        return
    if state == MessageState.UNKNOWN and message.kind == MessageKind.CONFIRMATION:
        return
    try_otherwise(event=message.event, kind=message.kind, at=now, cause=cause)


def _retry_delay(message: PatientMessage) -> timedelta:
    return ledger.retry_delay(message.attempts, first=mail.FIRST_DELAY, longest=mail.LONGEST_DELAY)
