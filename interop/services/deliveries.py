"""INT_R03 as an outbox: what the SAS is owed about the appointments that regulators booked.

Planning is one row in the event's own transaction. Sending is claim, commit, HTTP, record: no lock and no transaction is
held while the SAS thinks. The database is the truth; Celery only wakes a worker, and a sweep finds what a lost signal missed.

Order, per appointment:
- Deliveries go strictly in the order of their events, one at a time. A later one waits while an earlier one is to be
  sent, being sent, or to be tried again.
- A *blocked* one (refused for good) does not hold back the later ones: each delivery carries the whole appointment, so
  that a refusal about one state (a practitioner the SAS does not know) may be cured by the next (another practitioner),
  and the SAS ends with the last state without waiting for an operator.
- Once a later one is accepted, the earlier ones still open are *obsolete*: sending them would take the SAS back in time.

Nothing is collapsed: each event is one of the triggers the specification asks for (creation, date, status, practitioner),
so each is sent, even when several waited through an outage. The last one to go is the last one that happened, and so the
SAS ends with the last state. What a backlog costs is calls, and those are bounded (`interop.services.circuit`).

Who sends which row, and until when, is `outbox.ledger`'s business. A worker that was held up between its claim and its call
gives the claim back when the call could outlast it: by then the next one may be on its way.

Creation is a POST, everything else a conditional PUT. The creation itself becomes a PUT as soon as any attempt about this
appointment may have been processed. Attempts are written before sending, as "unclear": a worker that dies between the
call and its record leaves the truth behind.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from appointments.enums import EventKind
from appointments.models import Appointment, AppointmentEvent
from interop.enums import DeliveryState, Outcome
from interop.fhir.outcome import outcome_text
from interop.models import Delivery, DeliveryAttempt
from interop.sas import client
from interop.services import circuit
from interop.services.appointment_records import appointment_resource_of, regulator_identifier
from interop.waking import delivery_planned
from outbox import ledger

logger = logging.getLogger(__name__)

# Longer than a task that sends may live (`interop.tasks`): when it ends, nobody is sending any more.
LEASE: timedelta = settings.SAS_LEASE
GIVE_UP_AFTER = timedelta(days=3)
UNTOLD = {EventKind.CHANGED, EventKind.PLACE_CHANGED, EventKind.ARRIVED, EventKind.ARRIVAL_UNDONE, EventKind.LATE}
FIRST_DELAY: timedelta = settings.SAS_FIRST_DELAY
LONGEST_DELAY: timedelta = settings.SAS_LONGEST_DELAY

Clock = Callable[[], datetime]

_INTERRUPTED = "L’envoi a été interrompu avant que la réponse soit connue."
_TOO_LATE = "Le processus qui s’en chargeait a été retenu trop longtemps\u00a0: rien n’a été envoyé."
_NOT_DESCRIBED = (
    "Ce rendez-vous ne peut pas être décrit au SAS\u00a0: il lui manque un identifiant, un horaire ou un statut."
)
_KEPT_ANSWER = 20_000  # bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery until the lease ends."""

    delivery: Delivery
    attempt: DeliveryAttempt
    call: client.Call
    lease_until: datetime


# --- Planning --------------------------------------------------------------------------------------------------------
def plan_delivery(*, event: AppointmentEvent) -> Delivery | None:
    """Owe the SAS this event, in its transaction, and wake a worker once it is committed.

    None when no regulator booked the appointment: then it is none of the SAS's business; nor is a fact of which its Appointment
    says nothing.
    """
    appointment = event.appointment
    if appointment.by_regulator_id is None or event.kind in UNTOLD:
        return None
    system, value = regulator_identifier(appointment) or _last_known_identifier(appointment)
    delivery = Delivery.objects.create(
        event=event,
        appointment=appointment,
        sequence=event.sequence,
        regulator_system=system,
        regulator_value=value,
        next_attempt_at=event.at,
        give_up_at=event.at + GIVE_UP_AFTER,
        created_at=event.at,
    )
    _wake_on_commit(appointment.id)
    return delivery


def _wake_on_commit(appointment_id: uuid.UUID) -> None:
    def wake() -> None:
        delivery_planned.send(sender=Delivery, appointment_id=appointment_id)

    # robust: the booking is committed, whatever happens to its wake-up signal.
    transaction.on_commit(wake, robust=True)


# --- Sending ---------------------------------------------------------------------------------------------------------
def deliver_next(*, appointment_id: uuid.UUID, clock: Clock = ledger.database_clock) -> bool:
    """Send the oldest delivery owed about this appointment, if it is due and nobody else is sending.

    True when the SAS answered in a way that lets the next one be sent at once (accepted, refused for good, or a creation
    to be repeated as an update), so that the caller goes on; False when there is nothing to do now.
    """
    if not client.is_configured():
        return False
    claim = claim_next(appointment_id=appointment_id, now=clock())
    if claim is None:
        return False
    now = clock()
    if now + client.longest_call() > claim.lease_until:
        give_back(claim=claim, now=now)
        return False
    answer = client.send(claim.call)
    return record_answer(claim=claim, answer=answer, now=clock())


def claim_next(*, appointment_id: uuid.UUID, now: datetime) -> Claim | None:
    """Take the delivery whose turn it is, or None. Committed when it returns: nothing is locked during the call."""
    with transaction.atomic():
        # The rows of one appointment are few; their lock makes claims, records and "send again" follow one another.
        owed = _end_forsaken(_lock_open(appointment_id), now)
        delivery = next((one for one in owed if not one.is_blocked), None)
        if delivery is None or not delivery.is_due(now) or any(one.state == DeliveryState.CLAIMED for one in owed):
            return None
        try:
            resource = appointment_resource_of(delivery)
        except (AttributeError, KeyError, TypeError, ValueError):
            # For good: neither the event nor what it lacks will change. The next one may do better.
            logger.exception("delivery %s: can't be described", delivery.pk)
            Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.BLOCKED, cause=_NOT_DESCRIBED)
            return None
        # Three days of attempts, not of an outage during which there was none.
        give_up_at = delivery.give_up_at if delivery.attempts else now + GIVE_UP_AFTER
        changes = {"state": DeliveryState.CLAIMED, "give_up_at": give_up_at}
        admitted = circuit.admit_call(now=now, lease=LEASE)
        if not admitted or not ledger.claim(Delivery, delivery.pk, now=now, lease=LEASE, **changes):
            return None
        delivery.refresh_from_db()
        call = client.creation(resource) if _is_to_be_created(delivery) else client.update(resource)
        attempt = DeliveryAttempt.objects.create(
            delivery=delivery,
            at=now,
            method=call.method,
            url=call.url,
            request_body=call.resource,
            outcome=Outcome.UNCLEAR,
            error=_INTERRUPTED,
        )
    return Claim(delivery, attempt, call, now + LEASE)


def give_back(*, claim: Claim, now: datetime) -> None:
    """Nothing was sent, and it is too late to: somebody else's turn, at once."""
    with transaction.atomic():
        _lock_open(claim.delivery.appointment_id)
        DeliveryAttempt.objects.filter(pk=claim.attempt.pk).update(outcome=Outcome.FAILED, error=_TOO_LATE)
        ledger.give_back(claim.delivery, now=now, cause=_TOO_LATE, state=DeliveryState.RETRYING)
        circuit.give_probe_back(lease_until=claim.lease_until)
    logger.warning("delivery %s: held up, given back", claim.delivery.pk)


def record_answer(*, claim: Claim, answer: client.Answer, now: datetime) -> bool:
    """Write what came of the attempt. True as for `deliver_next`.

    The delivery is left alone when the lease was lost meanwhile: whoever holds it now will tell.
    """
    explanation = answer.error or (outcome_text(answer.body) if answer.status is not None else "")
    cause = f"HTTP {answer.status} – {explanation}" if answer.status is not None else explanation
    with transaction.atomic():
        _lock_open(claim.delivery.appointment_id)
        DeliveryAttempt.objects.filter(pk=claim.attempt.pk).update(
            outcome=answer.outcome,
            status_code=answer.status,
            response_body=_kept(answer.body),
            error=answer.error[:300],
            duration_ms=int(answer.duration.total_seconds() * 1000),
        )
        goes_on = _settle(claim.delivery, answer, cause, now)
        circuit.record_outcome(answer=answer, cause=cause, lease_until=claim.delivery.lease_until, now=now)
    level = logging.WARNING if answer.outcome == Outcome.REFUSED else logging.INFO
    status = answer.status or "no answer"
    logger.log(level, "delivery %s: %s, %s, %s", claim.delivery.pk, claim.call.method, status, answer.outcome)
    return goes_on


def _settle(delivery: Delivery, answer: client.Answer, cause: str, now: datetime) -> bool:
    match answer.outcome:
        case Outcome.ACCEPTED:
            if not ledger.settle(delivery, state=DeliveryState.SENT, sent_at=now, cause=""):
                return False
            earlier = Delivery.objects.filter(appointment=delivery.appointment_id, sequence__lt=delivery.sequence)
            earlier.open().update(state=DeliveryState.OBSOLETE, lease_until=None)
            return True
        case Outcome.REFUSED:
            # It speaks of this appointment (`interop.sas.verdicts`).
            return ledger.settle(delivery, state=DeliveryState.BLOCKED, cause=cause)
        case Outcome.KNOWN:
            # At once: this attempt makes the next one an update.
            return ledger.settle(delivery, state=DeliveryState.PLANNED, cause=cause)
        case _:
            return _try_again(delivery, cause, _delay(delivery, answer), now)


def _try_again(delivery: Delivery, cause: str, delay: timedelta, now: datetime) -> bool:
    """Later, or never when its three days are over while others go through. True as for `deliver_next`."""
    give_up_at = delivery.give_up_at
    if now >= give_up_at and circuit.current_circuit().is_open:
        # What fails for all speaks of none: three days more.
        give_up_at = now + GIVE_UP_AFTER
    if now >= give_up_at:
        logger.warning("delivery %s: given up", delivery.pk)
        given_up = f"Abandonné après {GIVE_UP_AFTER.days} jours d’essais. {cause}"
        return ledger.settle(delivery, state=DeliveryState.BLOCKED, cause=given_up)
    # The last one comes when they end, not after.
    again = min(now + delay, give_up_at)
    ledger.try_again(delivery, at=again, cause=cause, state=DeliveryState.RETRYING, give_up_at=give_up_at)
    return False


def _delay(delivery: Delivery, answer: client.Answer) -> timedelta:
    own = _retry_delay(delivery)
    if answer.outcome == Outcome.UNCLEAR and answer.status is None:
        # A creation that was too slow for us may still be under way there: an update must not overtake it.
        own = max(own, timedelta(seconds=2 * settings.SAS_READ_TIMEOUT))
    return max(own, answer.retry_after or timedelta())


def _retry_delay(delivery: Delivery) -> timedelta:
    return ledger.retry_delay(delivery.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)


def due_appointments(*, now: datetime, limit: int = 500) -> list[uuid.UUID]:
    """Appointments whose next delivery may be sent now, the longest waiting first.

    While the circuit is open, the least tried first: one delivery that the SAS always stumbles over must not be every
    probe, or the others would wait for it.
    """
    order = ["attempts", "next_attempt_at"] if circuit.current_circuit().is_open else ["next_attempt_at"]
    due = Delivery.objects.due(now).whose_turn_it_is()
    return list(due.order_by(*order).values_list("appointment_id", flat=True)[:limit])


# --- Operators -------------------------------------------------------------------------------------------------------
def send_again(*, delivery_ids: list[uuid.UUID], now: datetime) -> int:
    """Plan blocked deliveries anew, with another three days. Returns how many were; the others are left as they are."""
    with transaction.atomic():
        blocked = Delivery.objects.filter(pk__in=delivery_ids, state=DeliveryState.BLOCKED)
        # In the order in which claims and records lock the rows of one appointment.
        rows = list(blocked.select_for_update().order_by("appointment_id", "sequence"))
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=DeliveryState.PLANNED, next_attempt_at=now, give_up_at=now + GIVE_UP_AFTER, attempts=0
        )
        for appointment_id in {row.appointment_id for row in rows}:
            _wake_on_commit(appointment_id)
    return len(rows)


def send_all_again(*, now: datetime) -> int:
    """`send_again` for everything that is blocked."""
    blocked = Delivery.objects.filter(state=DeliveryState.BLOCKED)
    return send_again(delivery_ids=list(blocked.values_list("pk", flat=True)), now=now)


# --- Parts -----------------------------------------------------------------------------------------------------------
def _lock_open(appointment_id: uuid.UUID) -> list[Delivery]:
    """Oldest first."""
    owed = Delivery.objects.filter(appointment=appointment_id).open()
    return list(owed.select_for_update().order_by("sequence"))


def _end_forsaken(owed: list[Delivery], now: datetime) -> list[Delivery]:
    """After the claims of workers that never came back have ended, as any attempt without a clear answer does."""
    for one in owed:
        if one.state == DeliveryState.CLAIMED and one.is_due(now):
            # The lease was a wait already.
            _try_again(one, _INTERRUPTED, max(_retry_delay(one) - LEASE, timedelta()), now)
            one.refresh_from_db()
    return owed


def _last_known_identifier(appointment: Appointment) -> tuple[str, str]:
    """What earlier events were planned with, when the account has lost its identifier since."""
    earlier = appointment.deliveries.order_by("-sequence").values_list("regulator_system", "regulator_value").first()
    return earlier or ("", "")


def _is_to_be_created(delivery: Delivery) -> bool:
    """Whether the SAS surely does not have this appointment, and this is the event that makes it."""
    if delivery.appointment.deliveries.filter(sequence__lt=delivery.sequence).exists():
        return False
    perhaps = [Outcome.ACCEPTED, Outcome.KNOWN, Outcome.UNCLEAR]
    return not DeliveryAttempt.objects.filter(
        delivery__appointment=delivery.appointment_id, outcome__in=perhaps
    ).exists()


def _kept(body: bytes) -> str:
    """What of an answer is kept: text that PostgreSQL takes."""
    return body[:_KEPT_ANSWER].decode("utf-8", "replace").replace("\x00", "�")
