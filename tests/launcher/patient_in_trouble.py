"""Run by test_database_log.py as a program of its own, on a server of its own: everything by which PostgreSQL is led to write
down a statement or a row, with one patient in all of them."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, connection, transaction

from appointments.models import Appointment, Patient, Schedule
from tests import factories

PATIENT = {
    "family_name": "Zinzolin",
    "given_name": "Capucine",
    "phone": "+33639981234",
    "email": "capucine@patient.example",
    "nir": "299127511111189",
}
AFTER, QUARTER = factories.at("2026-11-26", "11:00"), timedelta(minutes=15)


def run() -> None:
    schedule = factories.schedule()
    visits = [
        factories.appointment(schedule_=schedule, start=factories.at("2026-11-26", clock), patient=_file(schedule))
        for clock in ("09:00", "10:00")
    ]
    for trouble in (_refused, _too_long, _deadlock, _locked_out, _too_slow, _ended, _killed):
        trouble(visits)


def _file(schedule: Schedule) -> Patient:
    return factories.file(schedule.organization, **{name: PATIENT[name] for name in PATIENT if name != "nir"})


def _attempt(act: Callable[[], object]) -> None:
    """What fails is told by the server; our transaction is over."""
    with suppress(DatabaseError), transaction.atomic():
        act()


def _write(visit: Appointment, **more: object) -> int:
    """Every value that names the patient, in one statement."""
    return Patient.objects.filter(pk=visit.patient_id).update(**PATIENT | more)


def _refused(visits: list[Appointment]) -> None:
    """A row that each kind of constraint refuses: unique, exclusion, foreign key, check, not null."""
    twin = Appointment.objects.get(pk=visits[0].pk)
    twin.pk, twin.note, twin.start, twin.end = uuid.uuid4(), PATIENT["family_name"], AFTER, AFTER + QUARTER
    # One request_id for two visits.
    _attempt(lambda: twin.save(force_insert=True))
    twin.start, twin.end, twin.request_id = visits[0].start, visits[0].end, uuid.uuid4()
    _attempt(lambda: twin.save(force_insert=True))

    def of_nobody() -> None:
        _write(visits[0], organization=uuid.uuid4())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    _attempt(of_nobody)
    _attempt(lambda: _write(visits[0], birth_date=None))
    _attempt(lambda: _write(visits[0], birth_place=None))


def _too_long(visits: list[Appointment]) -> None:
    _attempt(lambda: _write(visits[0], given_name=PATIENT["given_name"] * 200))
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM of_nothing WHERE name = %s", [PATIENT["family_name"]])


def _beside(act: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        _attempt(act)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _deadlock(visits: list[Appointment]) -> None:
    gate = threading.Barrier(2)

    def cross(first: Appointment, second: Appointment) -> None:
        # Two files of one organization have no number in common.
        _write(first, nir="")
        gate.wait(10)
        _write(second, nir="")

    for one in [_beside(lambda: cross(*visits)), _beside(lambda: cross(*reversed(visits)))]:
        one.join()


def _waiting(visits: list[Appointment], then: Callable[[int], None]) -> None:
    """Somebody writes the patient and waits for a lock; `then` is given their process id."""
    pids: list[int] = []

    def wait() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        _write(visits[0])

    with suppress(DatabaseError), transaction.atomic():
        _write(visits[0])
        other = _beside(wait)
        while not pids or not _waits(pids[0]):
            time.sleep(0.02)
        then(pids[0])
        other.join()
    connection.close()


def _waits(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", [pid])
        return bool(cursor.fetchone()[0])


def _locked_out(visits: list[Appointment]) -> None:
    _waiting(visits, lambda pid: None)


def _too_slow(visits: list[Appointment]) -> None:
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '100ms'")
        cursor.execute("SELECT pg_sleep(60) WHERE %s <> ''", [PATIENT["family_name"]])
    connection.close()


def _ended(visits: list[Appointment]) -> None:
    def end(pid: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    _waiting(visits, end)


def _killed(visits: list[Appointment]) -> None:
    """-9: the server ends everybody, and says what the one that was killed was doing."""
    _waiting(visits, lambda pid: os.kill(pid, signal.SIGKILL))
