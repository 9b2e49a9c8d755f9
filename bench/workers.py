"""Deliveries by workers: how many a second, how an outage's backlog goes, and what a slow SAS does to mails.

Run `.agenda/venv/bin/python -m bench.workers` (`--backlog 1000`). Real workers and beat, a SAS on loopback that takes its time.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from bench.fragile import Fragile, Instance
from bench.hostile_sas import HostileSas
from bench.run import prepared

ANSWER = 0.25  # seconds
PUBLISHED = 160
SLOW = 9.0  # seconds: still an answer, for the time-out is 10
MAILS = 8
PATIENCE = 180.0  # seconds


class CalmSas(HostileSas):
    """Takes everything, `seconds` after it has read it; refuses everything while it is `down`."""

    def __init__(self) -> None:
        super().__init__(seed=1, kill=lambda: None)
        self.calm = True
        self.seconds = ANSWER

    def next_fault(self, method: str) -> str:
        if self.down:
            return "500 before it was taken"
        time.sleep(self.seconds)
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Deliveries a second, a backlog, and mails beside a slow SAS.")
    parser.add_argument("--backlog", type=int, default=1000)
    backlog = parser.parse_args().backlog
    sas = CalmSas()
    with prepared(SAS_FHIR_URL=sas.url, LOG_LEVEL="WARNING") as instance:
        from bench.costs import cpu_seconds, database_pid, family, megabytes
        from bench.growth import fill

        fill(10_000)
        for workers, processes in ((1, 4), (1, 8), (2, 4)):
            with running(instance, *[f"--queues=sas --concurrency={processes}"] * workers) as started:
                publish_all(owe(3 * processes))  # connections
                wait_sent()
                before = sum(cpu_seconds(one.pid) for one in started), cpu_seconds(database_pid())
                began = time.monotonic()
                publish_all(owe(PUBLISHED))
                held = wait_sent()
                tell(f"deliveries a second, {workers} × {processes} processes", PUBLISHED / (time.monotonic() - began))
                ours = sum(cpu_seconds(one.pid) for one in started) - before[0]
                tell("… CPU of the workers for a delivery, ms", ours / PUBLISHED * 1000)
                tell(
                    "… CPU of PostgreSQL for a delivery, ms",
                    (cpu_seconds(database_pid()) - before[1]) / PUBLISHED * 1000,
                )
                tell("… connections to PostgreSQL at once, at most", held)
                tell("… MB of all processes", sum(megabytes(pid) for one in started for pid in family(one.pid)))

        beat = instance.celery("beat", "beat", f"--schedule={instance.folder / 'schedule'}", "--pidfile=")
        with running(instance, "--queues=sas --concurrency=8", beat=beat):
            sas.down = True
            owe(backlog)
            wait_for_an_open_circuit()
            sas.down = False
            back = time.monotonic()
            wait_one_sent()
            noticed = time.monotonic()
            tell("seconds until the SAS's return is noticed", noticed - back)
            wait_sent()
            tell(f"seconds for the {backlog:,} owed, from then on", time.monotonic() - noticed)

        sas.seconds = SLOW
        with running(instance, "--queues=celery --concurrency=4"):
            mails_behind(8, queue="celery", told="one queue")
        with running(instance, "--concurrency=4"):
            mails_behind(8, queue="sas", told="two queues, one worker")
        with running(instance, "--queues=celery --concurrency=4", "--queues=sas --concurrency=4"):
            mails_behind(8, queue="sas", told="two queues, a worker each")
        sas.stop()


def tell(name: str, value: float) -> None:
    """At once: a run takes minutes."""
    print(f"{name:54}{value:8.2f}", flush=True)


@contextmanager
def running(instance: Instance, *workers: str, beat: Fragile | None = None) -> Iterator[list[Fragile]]:
    instance.empty_valkey()
    started = [instance.worker(f"worker-{number}", *options.split()) for number, options in enumerate(workers)]
    for one in started:
        one.program.log.unlink(missing_ok=True)
        one.start()
    for one in started:
        one.wait_ready(60)
    if beat:
        beat.start()
    try:
        yield started
    finally:
        for one in [*started, *([beat] if beat else [])]:
            one.kill()


def owe(count: int) -> list[str]:
    """So many deliveries, due now; none of the others. The ids of their appointments."""
    from django.utils import timezone

    from interop.enums import DeliveryState
    from interop.models import Delivery, SasCircuit

    SasCircuit.objects.all().delete()
    Delivery.objects.open().update(state=DeliveryState.SENT, lease_until=None)
    chosen = list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:count])
    now = timezone.now()
    Delivery.objects.filter(pk__in=chosen).update(
        state=DeliveryState.PLANNED, attempts=0, next_attempt_at=now, give_up_at=now + timedelta(days=3)
    )
    return [str(one) for one in Delivery.objects.open().values_list("appointment_id", flat=True)]


def publish_all(appointments: list[str], queue: str = "sas") -> None:
    from interop.tasks import deliver

    for one in appointments:
        deliver.apply_async([one], queue=queue)


def wait_sent() -> int:
    """How many connections the workers held at once, at most."""
    from bench.costs import connections
    from interop.models import Delivery

    held = [0]

    def none_left() -> bool:
        held.append(sum(count for name, count in connections().items() if name.startswith("worker-")))
        return not Delivery.objects.open().exists()

    wait(none_left)
    return max(held)


def wait_one_sent() -> None:
    from interop.models import Delivery

    owed = Delivery.objects.open().count()
    wait(lambda: Delivery.objects.open().count() < owed)


def wait_for_an_open_circuit() -> None:
    from interop.services.circuit import current_circuit

    wait(lambda: current_circuit().is_open)


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def mails_behind(deliveries: int, *, queue: str, told: str) -> None:
    """Seconds from publishing a mail to its first try, one each second while so many deliveries to the slow SAS are published."""
    from appointments.messages.tasks import send_message
    from appointments.models import PatientMessage

    messages = planned_messages()
    publish_all(owe(deliveries), queue)
    time.sleep(1)
    published: dict[int, float] = {}
    waited: dict[int, float] = {}
    while len(waited) < MAILS:
        if len(published) < MAILS and (not published or time.monotonic() - max(published.values()) >= 1):
            published[messages[len(published)]] = time.monotonic()
            send_message.delay(messages[len(published) - 1])
        tried = set(PatientMessage.objects.filter(pk__in=published, attempts__gt=0).values_list("pk", flat=True))
        waited |= {pk: time.monotonic() - published[pk] for pk in tried - waited.keys()}
        time.sleep(0.05)
    tell(f"a mail waits, {told}: median s", statistics.median(waited.values()))
    tell(f"a mail waits, {told}: longest s", max(waited.values()))


def planned_messages() -> list[int]:
    from django.utils import timezone

    from appointments.enums import MessageKind
    from appointments.models import AppointmentEvent, PatientMessage

    events = AppointmentEvent.objects.filter(messages=None).select_related("appointment").order_by("pk")[:MAILS]
    kind, now = MessageKind.CONFIRMATION, timezone.now()
    return [
        PatientMessage.objects.create(
            event=one,
            appointment=one.appointment,
            organization_id=one.appointment.organization_id,
            fact=f"event:{one.pk}",
            kind=kind,
            address="patient@exemple.example",
            next_attempt_at=now,
        ).pk
        for one in events
    ]


if __name__ == "__main__":
    main()
