"""What grows with the number of appointments: room, and the time of what is done all day.

Run `.agenda/venv/bin/python -m bench.run growth`.
Appointments of the past two years, as many per practitioner in every size, each with its event, its delivery and one attempt.
All of it is rolled back. Prints bytes per appointment, then the median times and their ratio.
"""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment
from appointments.patients.services.erasing import erase_patients
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import REGULATOR
from bench.costs import running_seconds
from interop.fhir.searchset import slot_searchset
from interop.fhir.slot_search import parse_slot_search
from interop.selectors import published_slots
from interop.services.deliveries import due_appointments
from sas_agenda.operations.state import StateCollector
from tests import factories

PER_PRACTITIONER = 2000
RUNS = 11
TABLES = (
    "appointments_patient",
    "appointments_appointment",
    "appointments_appointmentevent",
    "interop_delivery",
    "interop_deliveryattempt",
)


def main(*sizes: int) -> None:
    sizes = sizes or (50_000, 500_000)
    rows = {size: _measure_in(size) for size in sizes}
    width = max(len(name) for name in rows[sizes[0]])
    print(f"{'':{width}}" + "".join(f"{size:>12,}" for size in sizes) + "   last : first")
    for name in rows[sizes[0]]:
        values = [rows[size][name] for size in sizes]
        ratio = values[-1] / values[0] if values[0] else float("nan")
        print(f"{name:{width}}" + "".join(f"{value:>12.1f}" for value in values) + f"{ratio:>15.1f}")


def _measure_in(size: int) -> dict[str, float]:
    with transaction.atomic():
        schedules, regulator = fill(size)
        found = _room(size) | _times(schedules, Actor(user=regulator.user, regulator=regulator))
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for table in TABLES:  # what was rolled back still takes its room, in the next size too
            cursor.execute(f"VACUUM FULL {table}")
    return found


def fill(size: int) -> tuple[list[Any], Any]:
    """Schedules with `size` appointments of the past in all, and the regulator who booked them."""
    schedules = []
    for _ in range(size // PER_PRACTITIONER):
        schedule = factories.schedule()
        factories.rule(schedule=schedule, start_time="08:00", end_time="20:00")
        schedules.append(schedule)
    regulator = factories.regulator()
    each = size // len(schedules)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"ids": [one.id for one in schedules], "each": each, "regulator": regulator.id})
        cursor.execute(_EVENTS)
        cursor.execute(_DELIVERIES)
        cursor.execute(_ATTEMPTS)
        cursor.execute("ANALYZE")
    return schedules, regulator


def _room(size: int) -> dict[str, float]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT pg_total_relation_size('{table}')")
            found[f"bytes each, {table.partition('_')[2]}"] = cursor.fetchone()[0] / size
    return {"bytes per appointment, all tables": sum(found.values())} | found


def _times(schedules: list[Any], by: Actor) -> dict[str, float]:
    now = timezone.now()
    asked = [Practitioner.objects.get(pk=one.practitioner_id).national_id for one in schedules[:25]]
    listed = ",".join(f"urn:oid:1.2.250.1.71.4.2.1|{one}" for one in asked)
    search = parse_slot_search(
        "_include=Slot:schedule&_include:iterate=Schedule:actor&status=free"
        f"&start=ge{now:%Y-%m-%dT%H:%M:%SZ}&start=le{now + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        f"&schedule.actor:Practitioner.identifier={listed}",
        now=now,
    )
    free = iter(free_slots_of(schedules[:25], since=now, until=now + timedelta(days=3), now=now, viewer=REGULATOR)[::7])

    def book() -> None:
        book_appointment(
            key=next(free).key,
            visit=factories.visit(),
            by=by,
            now=now,
        )

    def answer() -> bytes:
        found = published_slots(search, now=now)
        return slot_searchset(found, self_url="https://x.test/", base_url="https://x.test", includes=search.includes)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()

    def theirs() -> float:
        return running_seconds(backend)

    return {
        "search of 25, ms": _median(answer),
        "search of 25, ms of our CPU": _median(answer, clock=time.process_time),
        "search of 25, ms of PostgreSQL's CPU": _median(answer, clock=theirs),
        "booking, ms": _median(book),
        "booking, ms of our CPU": _median(book, clock=time.process_time),
        "booking, ms of PostgreSQL's CPU": _median(book, clock=theirs),
        "sweep, ms": _median(lambda: due_appointments(now=now)),
        "state for /metrics, ms": _median(lambda: list(StateCollector().collect())),
        "erasing 1,000 patients, ms": _median(lambda: erase_patients(default_days=365, now=now, limit=1000), runs=3),
    }


def _median(work: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = time.perf_counter) -> float:
    times = []
    for _ in range(runs):
        started = clock()
        work()
        times.append((clock() - started) * 1000)
    return statistics.median(times)


_FILL = """
WITH made AS MATERIALIZED (
    SELECT s.id, s.calendar_id, s.calendar_kind, s.organization_id, c.practitioner_id, moment.t, gen_random_uuid() AS patient
    FROM appointments_schedule s JOIN appointments_calendar c ON c.id = s.calendar_id, generate_series(1, %(each)s) n,
        LATERAL (SELECT date_trunc('hour', now()) - n * interval '8 hours' AS t) moment
    WHERE s.id = ANY(%(ids)s)
), patients AS (
    INSERT INTO appointments_patient (id, organization_id, version, family_name, given_name, birth_name, birth_date,
        birth_date_precision, birth_place, sex, phone, email, address, nir, identity, no_given_name, no_phone)
    SELECT patient, organization_id, 0, 'Nom de famille', 'Prénom', '', '1980-01-01', 'day', '', 'unknown', '+33639981234',
        'patient@exemple.example', '', '', 'provisional', '', '' FROM made
)
INSERT INTO appointments_appointment (
    id, request_id, schedule_id, calendar_id, calendar_kind, organization_id, practitioner_id, lane, capacity, overbooked,
    buffer_after, start, "end", status, consultation_type, appointment_type, origin, actor_kind, by_regulator_id, by_name,
    created_at, version, patient_id, given_as_id, caller, contact_phone, contact_email, visit_address, note,
    contacts_by_practice)
SELECT gen_random_uuid(), gen_random_uuid(), id, calendar_id, calendar_kind, organization_id, practitioner_id,
    0, 1, false, 0, t, t + interval '15 minutes', 'fulfilled', 'AMB', 'ROUTINE', 'regulator', 'regulator', %(regulator)s, '',
    t, 1, patient, patient, '', '+33639981234', 'patient@exemple.example', '', 'Quelques mots pour le praticien', '{}'
FROM made
"""
_EVENTS = """
INSERT INTO appointments_appointmentevent (appointment_id, sequence, kind, at, actor_kind, by_regulator_id, by_name, snapshot)
SELECT id, 1, 'appointment.booked', created_at, actor_kind, by_regulator_id, 'Prénom Nom', jsonb_build_object('status', 'booked',
    'start', start, 'end', "end", 'created', created_at, 'practitioner', '810100050075')
FROM appointments_appointment WHERE version = 1
"""
_DELIVERIES = """
INSERT INTO interop_delivery (id, event_id, appointment_id, sequence, regulator_system, regulator_value, state,
    attempts, next_attempt_at, give_up_at, created_at, sent_at, cause)
SELECT gen_random_uuid(), id, appointment_id, 1, 'urn:oid:1.2.250.1.213.3.6', gen_random_uuid()::text, 'sent', 1, at,
    at + interval '3 days', at, at, ''
FROM appointments_appointmentevent WHERE sequence = 1
"""
_ATTEMPTS = """
INSERT INTO interop_deliveryattempt (delivery_id, at, method, url, request_body, outcome, status_code, response_body, error,
    duration_ms)
SELECT id, created_at, 'POST', 'https://sas.example/fhir/v1/Appointment', jsonb_build_object('resourceType', 'Appointment',
    'text', repeat('x', 1200)), 'accepted', 201, '', '', 120
FROM interop_delivery
"""
