"""Bookings a second: slots of several agendas, one booking after the other, then by four callers at once.

Run `.agenda/venv/bin/python -m bench.run bookings`. It runs on older code too (a booking's service had another address and
other arguments): copy it there, and run both in turn.
"""

import inspect
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.rights import Actor
from tests import factories

try:
    from appointments.booking.services.booking import book_appointment
    from appointments.slots.slot_key import SlotKey
except ImportError:  # before there were folders
    from appointments.services.booking import book_appointment  # type: ignore[no-redef,import-not-found]
    from appointments.slot_key import SlotKey  # type: ignore[no-redef,import-not-found]

AGENDAS, CALLERS, ROUNDS, EACH = 8, 4, 7, 60


def main() -> None:
    book = booker()
    prepared_ = prepare()
    one_by_one, at_once = [], []
    for _ in range(ROUNDS):
        one_by_one.append(EACH / _seconds(lambda: [book(*next(prepared_)) for _ in range(EACH)]))
        shares = [[next(prepared_) for _ in range(EACH // CALLERS)] for _ in range(CALLERS)]
        at_once.append(EACH / _seconds(lambda shares=shares: _in_threads(book, shares)))  # type: ignore[misc]
    print(f"bookings a second, one by one: {statistics.median(one_by_one):.0f} (best {max(one_by_one):.0f})")
    print(f"bookings a second, {CALLERS} callers: {statistics.median(at_once):.0f} (best {max(at_once):.0f})")


def prepare() -> Any:
    """A regulator, and one free slot after the other, of one agenda after the other."""
    schedules = [factories.rule(start_time="08:00", end_time="20:00").schedule for _ in range(AGENDAS)]
    regulator = factories.regulator()
    actor = Actor(user=regulator.user, regulator=regulator)
    first = (timezone.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)

    def slots() -> Any:
        day = 0
        while True:
            for quarter in range(40):
                for schedule in schedules:
                    start = first + timedelta(days=day, minutes=15 * quarter)
                    yield SlotKey(schedule.id, start, 15), actor
            day += 1

    return slots()


def booker() -> Callable[[SlotKey, Actor], object]:
    """How this code is asked to book."""
    if "visit" in inspect.signature(book_appointment).parameters:
        return lambda key, by: book_appointment(key=key, visit=factories.visit(), by=by, now=timezone.now())
    return lambda key, by: book_appointment(
        key=key, patient=factories.patient(), consultation_type="AMB", reason_id=None, request_id=uuid.uuid4(), by=by,
        now=timezone.now(),
    )  # type: ignore[call-arg]  # fmt: skip


def _in_threads(book: Callable[[SlotKey, Actor], object], shares: list[Any]) -> None:
    def work(share: Any) -> None:
        try:
            for key, by in share:
                book(key, by)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
