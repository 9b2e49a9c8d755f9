"""What `Calendar.changes` costs: bookings a second with the triggers that raise it and without, in turn, in one run.

Run `.agenda/venv/bin/python -m bench.run triggers`. Prints the medians, their ratio, the median ratio of
neighbouring rounds, and what PostgreSQL itself spent on one booking.
"""

import statistics
import time

from django.db import connection

from bench.bookings import booker, prepare
from bench.costs import running_seconds

ROUNDS, EACH = 25, 40


def main() -> None:
    book, slots = booker(), prepare()
    rates: dict[bool, list[float]] = {True: [], False: []}
    spent: dict[bool, list[float]] = {True: [], False: []}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [server] = cursor.fetchone()
    for _ in range(EACH):
        book(*next(slots))
    for number in range(ROUNDS):
        # Each goes first every other time.
        for enabled in (True, False) if number % 2 else (False, True):
            _switch(enabled)
            started, before = time.perf_counter(), running_seconds(server)
            for _ in range(EACH):
                book(*next(slots))
            rates[enabled].append(EACH / (time.perf_counter() - started))
            spent[enabled].append((running_seconds(server) - before) * 1000 / EACH)
    _switch(True)
    with_them, without = (statistics.median(rates[enabled]) for enabled in (True, False))
    pairs = statistics.median(one / other for one, other in zip(rates[True], rates[False], strict=True))
    print(f"bookings a second: {with_them:.0f} with the triggers, {without:.0f} without: {with_them / without:.2f}")
    print(f"median of {ROUNDS} pairs of rounds: {pairs:.2f}")
    cpu = {enabled: statistics.median(spent[enabled]) for enabled in (True, False)}
    print(f"PostgreSQL's CPU for a booking: {cpu[True]:.2f} ms with them, {cpu[False]:.2f} ms without")


def _switch(enabled: bool) -> None:
    """Those that count changes, and no other."""
    state = "ENABLE" if enabled else "DISABLE"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname LIKE 'calendars_%'"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {state} TRIGGER {trigger}")
