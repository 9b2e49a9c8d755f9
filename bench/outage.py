"""The SAS down for a day: what a booking costs meanwhile, what the outage costs in calls, and how the backlog goes.

Run `.agenda/venv/bin/python -m bench.outage` (`--bookings 1000`). The day is simulated: the services are given the time, a
sweep every ten seconds of it, with the real delays. Bookings are real transactions, timed one by one in three
series without a sweep between them: what happens between two bookings would count too (caches, processes that slept).
"""

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from bench.fragile import Instance, empty_instance
from bench.hostile_sas import HostileSas
from deploy.local.session import terminal_session

SWEEP = timedelta(seconds=10)
DAY = timedelta(days=1)
# What a booking may cost with the SAS down, against what it costs otherwise.
MOST_SLOWER = 1.1


def main() -> int:
    parser = argparse.ArgumentParser(description="Bookings and calls while the SAS is down for a simulated day.")
    parser.add_argument("--bookings", type=int, default=1000, help="in each of the three timed series, and in the day")
    bookings = parser.parse_args().bookings
    with terminal_session() as supervisor, empty_instance(supervisor) as instance:
        return _run(instance, bookings)


def _run(instance: Instance, bookings: int) -> int:
    sas = HostileSas(seed=1, kill=lambda: None)
    sas.calm = True
    os.environ.update(instance.environment | {"SAS_FHIR_URL": sas.url})
    from bench.reliability import prepare_django

    prepare_django()
    from django.db import connection
    from django.utils import timezone

    from interop.models import Delivery, DeliveryAttempt

    book = _booker(4 * bookings + 50)
    for _ in range(50):
        book()  # connections, caches
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as an instance that has lived for a while
    before = [book() for _ in range(bookings)]
    _, now = _drained(timezone.now())
    calls_before = DeliveryAttempt.objects.count()

    sas.calm, sas.down = False, True
    now = _spread(book, bookings, since=now, length=DAY)
    calls, backlog = DeliveryAttempt.objects.count() - calls_before, Delivery.objects.open().count()
    during = [book() for _ in range(bookings)]

    sas.calm, sas.down = True, False
    drained, now = _drained(now)
    after = [book() for _ in range(bookings)]
    _drained(now)
    left = Delivery.objects.open().count()

    up, down = statistics.median(before + after), statistics.median(during)
    rows: list[tuple[str, object]] = [
        ("booking before the outage, median ms", f"{statistics.median(before):.2f}"),
        ("booking after 24 hours of it, median ms", f"{down:.2f}"),
        ("booking after it, median ms", f"{statistics.median(after):.2f}"),
        ("ratio down : up (before and after together)", f"{down / up:.3f}"),
        ("owed after 24 hours", backlog),
        ("calls during these 24 hours", calls),
        ("backlog gone within, simulated seconds", int(drained.total_seconds())),
        ("owed at the end", left),
        ("created twice at the SAS", len(sas.created_again)),
        ("appointments at the SAS", len(sas.taken)),
        ("appointments booked", 4 * bookings + 50),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    sas.stop()
    kept = down / up <= MOST_SLOWER and left == 0 and not sas.created_again and len(sas.taken) == 4 * bookings + 50
    print("KEPT" if kept else "BROKEN")
    return 0 if kept else 1


def _booker(count: int) -> Callable[[], float]:
    """Books the next free slot of a large practice; milliseconds it took, commit included."""
    from django.utils import timezone

    from appointments.booking.services.booking import book_appointment
    from appointments.models import Schedule
    from appointments.slots.selectors import free_slots_of
    from appointments.slots.values import REGULATOR
    from tests import factories

    place = factories.location()
    for _ in range(25):
        factories.rule(schedule=factories.schedule(location=place), start_time="08:00", end_time="20:00")
    now = timezone.now()
    until = now + timedelta(days=3 + count // (25 * 40))
    schedules = list(Schedule.objects.with_place())
    free = free_slots_of(schedules, since=now + DAY, until=until, now=now, viewer=REGULATOR)
    factories.rng.shuffle(free)
    regulator = factories.regulator_actor()

    def book() -> float:
        key, patient, request = free.pop().key, factories.patient(), uuid.uuid4()
        started = time.perf_counter()
        book_appointment(
            key=key,
            visit=factories.visit(patient=patient, request_id=request),
            by=regulator,
            now=timezone.now(),
        )
        return (time.perf_counter() - started) * 1000

    return book


def _spread(book: Callable[[], float], bookings: int, *, since: datetime, length: timedelta) -> datetime:
    """Bookings evenly over `length` of simulated time with its sweeps; when it ended."""
    now, booked = since, 0
    while now < since + length:
        while booked < bookings * ((now - since) / length):
            book()
            booked += 1
        _sweep(now)
        now += SWEEP
    for _ in range(bookings - booked):
        book()
    return now


def _drained(since: datetime) -> tuple[timedelta, datetime]:
    """Sweeps until nothing is owed, for an hour of simulated time at most: how long it took, and when it ended."""
    from interop.models import Delivery

    now = since
    while Delivery.objects.open().exists() and now - since < timedelta(hours=1):
        _sweep(now)
        now += SWEEP
    return now - since, now


def _sweep(now: datetime) -> None:
    """As `interop.tasks.sweep_deliveries` does, at a simulated moment."""
    from interop.services.circuit import is_refusing
    from interop.services.deliveries import deliver_next, due_appointments

    if is_refusing(now=now):
        return
    for appointment_id in due_appointments(now=now):
        if is_refusing(now=now):
            return
        while deliver_next(appointment_id=appointment_id, clock=lambda: now):
            pass


if __name__ == "__main__":
    sys.exit(main())
