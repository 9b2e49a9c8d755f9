"""A circuit breaker in front of the SAS's server: an outage of hours costs a few calls, and ends by itself.

Workers share one row in the database (`SasCircuit`), keyed by the server's address, so that another environment starts
with a clean record. What counts is how calls end, whatever the delivery:

- An answer that is clear, a refusal included, says that the server works: the count starts again from nothing.
- `FAILURES_TO_OPEN` failures in a row (temporary, barred or unclear) *open* the circuit: nothing is called. Deliveries stay
  as they are, `planned` or `retrying`, and age; bookings never notice. When the last one was barred, operators are told.
- Then one delivery at a time goes as a *probe*: after 10 s, and after waits that double up to ten minutes, or later when
  the SAS asked for it (`Retry-After`). A probe whose worker dies is over when its delivery's lease is.
- A clear answer *closes* the circuit: what was tried during the outage becomes due at once, and the workers are woken.

A claim passes here inside its own transaction, after it locked its appointment's rows (`interop.services.deliveries`): the
row of the circuit is always locked last. Its lock also makes the number of calls at once exact: `SAS_MAX_CALLS` for all
workers together, so that a backlog of a day does not fall on the SAS like a flood.

The three days of a delivery begin with its first attempt and end with an attempt: what was never tried is never given up,
nor is anything while the circuit is open: what fails for all speaks of none.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.single import single
from interop.enums import DeliveryState, Outcome
from interop.models import Delivery, DeliveryAttempt, SasCircuit
from interop.sas import client
from interop.waking import circuit_closed
from outbox.ledger import retry_delay

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
FIRST_PAUSE: timedelta = settings.SAS_FIRST_PAUSE
LONGEST_PAUSE: timedelta = settings.SAS_LONGEST_PAUSE

_FAILURES = {Outcome.FAILED, Outcome.BARRED, Outcome.UNCLEAR}
# Rows brought forward at once when the circuit closes.
_BATCH = 1_000


def current_circuit() -> SasCircuit:
    """The circuit of the server that SAS_FHIR_URL names; an unsaved, closed one before anything failed."""
    return single(SasCircuit.objects.filter(server=settings.SAS_FHIR_URL)) or SasCircuit(server=settings.SAS_FHIR_URL)


def is_refusing(*, now: datetime) -> bool:
    """Whether a claim would be refused for all: spares the sweep from trying one by one."""
    return current_circuit().refuses(now)


def admit_call(*, now: datetime, lease: timedelta) -> bool:
    """Whether one more call may be made now; takes the right to probe, until the lease ends, when the circuit is open.

    Inside the claim's transaction: what it took is given back when the claim is rolled back.
    """
    circuit = _locked_circuit()
    if circuit.refuses(now):
        return False
    calling = Delivery.objects.filter(state=DeliveryState.CLAIMED, lease_until__gt=now).count()
    if calling >= settings.SAS_MAX_CALLS:
        return False
    if circuit.is_open:
        circuit.probing_until = now + lease
        circuit.save(update_fields=["probing_until"])
    return True


def record_outcome(*, answer: client.Answer, cause: str, lease_until: datetime | None, now: datetime) -> None:
    """Learn from how a call ended. `lease_until` is the claim's, by which a probe is recognised.

    Inside the transaction that records the attempt, its delivery's rows locked already.
    """
    if answer.outcome not in _FAILURES and not _is_troubled():
        return
    circuit = _locked_circuit()
    if answer.outcome not in _FAILURES:
        _recover(circuit, now)
    else:
        _fail(circuit, answer, cause, lease_until, now)


def probe_soon(*, now: datetime) -> bool:
    """An operator's « Essayer maintenant »: the next probe need not wait any longer. False when nothing is suspended."""
    hurried = SasCircuit.objects.filter(server=settings.SAS_FHIR_URL, opened_at__isnull=False).update(probe_at=now) == 1
    if hurried:
        transaction.on_commit(_wake, robust=True)
    return hurried


def _locked_circuit() -> SasCircuit:
    circuit, _ = SasCircuit.objects.select_for_update().get_or_create(server=settings.SAS_FHIR_URL)
    return circuit


def _is_troubled() -> bool:
    """Without a lock: the usual answer is no."""
    circuit = current_circuit()
    return circuit.is_open or circuit.failures > 0


def _recover(circuit: SasCircuit, now: datetime) -> None:
    opened_at = circuit.opened_at
    # What it asked to wait for in this outage is no measure of the next one.
    moment = max(now, circuit.asked_until or now)
    circuit.failures = circuit.failed_probes = 0
    circuit.opened_at = circuit.probe_at = circuit.probing_until = circuit.asked_until = None
    if opened_at is not None:
        circuit.closed_at = now
        # Afterwards: it touches the rows of other appointments, which are always locked before the circuit's.
        transaction.on_commit(lambda: _release_backlog(opened_at, moment), robust=True)
        logger.warning("circuit closed: the SAS answers again")
    circuit.save()


def _fail(circuit: SasCircuit, answer: client.Answer, cause: str, lease_until: datetime | None, now: datetime) -> None:
    circuit.last_failure_at, circuit.last_cause, circuit.last_outcome = now, cause, answer.outcome
    if answer.retry_after is not None:
        circuit.asked_until = max(now + answer.retry_after, circuit.asked_until or now)
    if not circuit.is_open:
        circuit.failures += 1
        if circuit.failures >= FAILURES_TO_OPEN:
            circuit.opened_at, circuit.failed_probes = now, 0
            circuit.probe_at = _next_probe(circuit, now)
            logger.warning("circuit open: %s failures in a row", circuit.failures)
    elif circuit.probing_until is not None and circuit.probing_until == lease_until:
        circuit.failures += 1
        circuit.failed_probes += 1
        circuit.probing_until = None
        circuit.probe_at = _next_probe(circuit, now)
    elif circuit.probe_at is not None and circuit.asked_until is not None:
        # A call that was under way when the circuit opened: what it was asked to wait for counts all the same.
        circuit.probe_at = max(circuit.probe_at, circuit.asked_until)
    circuit.save()


def give_probe_back(*, lease_until: datetime) -> None:
    """The claim of that lease sends nothing: if it was the probe, another may be. After its delivery's rows were locked."""
    SasCircuit.objects.filter(server=settings.SAS_FHIR_URL, probing_until=lease_until).update(probing_until=None)


def _next_probe(circuit: SasCircuit, now: datetime) -> datetime:
    pause = pause_after(circuit.failed_probes)
    return max(now + pause, circuit.asked_until or now)


def pause_after(failed_probes: int) -> timedelta:
    """Doubled by each failed probe up to ten minutes, minus up to a quarter at random."""
    return retry_delay(failed_probes + 1, first=FIRST_PAUSE, longest=LONGEST_PAUSE)


def _release_backlog(opened_at: datetime, moment: datetime) -> None:
    """What was tried during the outage and waits for its next try is due: what it waited for is over. What has failed by
    itself since before keeps its own pace, and rows being worked on are left alone."""
    attempts = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"))
    # One that was given up a moment ago may still be under way there: an update must not overtake it.
    young = attempts.filter(at__gt=moment - timedelta(seconds=3 * settings.SAS_READ_TIMEOUT))
    waiting = Delivery.objects.filter(
        Exists(attempts.filter(at__gte=opened_at)),
        ~Exists(young),
        state=DeliveryState.RETRYING,
        next_attempt_at__gt=moment,
    )
    while True:
        with transaction.atomic():
            # By the column: the foreign key's name would join the appointments, sort by their start and lock them.
            batch = waiting.select_for_update(skip_locked=True).order_by("appointment_id", "sequence")[:_BATCH]
            ids = list(batch.values_list("pk", flat=True))
            Delivery.objects.filter(pk__in=ids).update(next_attempt_at=moment)
        if len(ids) < _BATCH:
            break
    _wake()


def _wake() -> None:
    circuit_closed.send(sender=SasCircuit)
