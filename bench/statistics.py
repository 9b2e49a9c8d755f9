"""What a practice's figures cost: two years of thirty visits a day, of one practitioner and of eight.

Run `.agenda/venv/bin/python -m bench.run statistics`. All of it is rolled back. Prints the median seconds of each part, and
those of our CPU.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

from django.db import connection, transaction
from django.utils import timezone

from appointments.models import Schedule
from appointments.statistics.figures import KINDS, figures_of, offered_by
from appointments.statistics.report import sas_report
from appointments.statistics.visits import tally
from tests import factories

RUNS = 3
DAYS = 730
# Of each day: fifteen minutes each from 8 on, one in ten by the regulation, one in twelve cancelled, one in twenty missed.
_FILL = """
WITH made AS MATERIALIZED (
    SELECT s.*, c.practitioner_id, gen_random_uuid() AS visit, gen_random_uuid() AS patient, n,
        date_trunc('day', now()) - day * interval '1 day' + interval '8 hours' + n * interval '15 minutes' AS t
    FROM appointments_schedule s JOIN appointments_calendar c ON c.id = s.calendar_id, generate_series(1, %(days)s) day,
        generate_series(0, 29) n
    WHERE s.id = ANY(%(ids)s)
), patients AS (
    INSERT INTO appointments_patient (id, organization_id, version, family_name, given_name, birth_name, birth_date,
        birth_date_precision, birth_place, sex, phone, email, address, nir, identity, no_given_name, no_phone)
    SELECT patient, organization_id, 0, 'Nom de famille', 'Prénom', '', '1980-01-01', 'day', '', 'unknown', '+33639981234',
        '', '', '', 'provisional', '', '' FROM made
), visits AS (
    INSERT INTO appointments_appointment (
        id, request_id, schedule_id, calendar_id, calendar_kind, organization_id, practitioner_id, lane, capacity, overbooked,
        buffer_after, start, "end", status, consultation_type, appointment_type, origin, actor_kind, by_regulator_id, by_name,
        created_at, version, patient_id, given_as_id, caller, contact_phone, contact_email, visit_address, note,
        contacts_by_practice)
    SELECT visit, gen_random_uuid(), id, calendar_id, calendar_kind, organization_id, practitioner_id, 0, 1, false, 0, t,
        t + interval '15 minutes',
        CASE WHEN n %% 12 = 1 THEN 'cancelled' WHEN n %% 20 = 2 THEN 'noshow' ELSE 'fulfilled' END, 'AMB', 'ROUTINE',
        CASE WHEN n %% 10 = 0 THEN 'regulator' ELSE 'practice' END, CASE WHEN n %% 10 = 0 THEN 'regulator' ELSE 'system' END,
        CASE WHEN n %% 10 = 0 THEN %(regulator)s::uuid END, '', t - (n + 1) * interval '7 hours', 1, patient,
        CASE WHEN n %% 10 = 0 THEN patient END, '', '+33639981234', '', '', '', '{}'
    FROM made
)
INSERT INTO appointments_appointmentevent (appointment_id, sequence, kind, at, actor_kind, by_name, snapshot)
SELECT visit, sequence, CASE sequence WHEN 1 THEN 'appointment.booked' ELSE 'appointment.cancelled' END, t - interval '7 hours',
    'system', '', '{}' FROM made, generate_series(1, 2) sequence WHERE sequence = 1 OR n %% 12 = 1
"""


def main() -> None:
    with transaction.atomic():
        first = factories.schedule()
        for _ in range(7):
            factories.colleague(first)
        schedules = list(Schedule.objects.with_place())
        for one in schedules:
            factories.rule(schedule=one, start_time="08:00", end_time="17:00")
        with connection.cursor() as cursor:
            asked = {"ids": [one.id for one in schedules], "days": DAYS, "regulator": factories.regulator().id}
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(_FILL, asked)
            cursor.execute("ANALYZE")
        for count in (1, 8):
            _measure(schedules[:count])
        transaction.set_rollback(True)


def _measure(schedules: list[Schedule]) -> None:
    now = timezone.now()
    last = now.date()
    period = {"first": last - timedelta(days=DAYS), "last": last}
    parts: dict[str, Callable[[], object]] = {
        "visits, in SQL": lambda: tally(schedules, **period, now=now, by=KINDS),
        "offered, read and computed": lambda: offered_by(schedules, **period, with_taken=True),
        "all figures of two years": lambda: figures_of(schedules, **period, now=now).tables,
        "all figures of three months": lambda: (
            figures_of(schedules, first=last - timedelta(days=91), last=last, now=now).tables
        ),
        "report of a month": lambda: sas_report(schedules, month=last - timedelta(days=40), now=now).table,
    }
    for name, part in parts.items():
        taken, ours = _seconds(part, time.perf_counter), _seconds(part, time.process_time)
        print(f"{len(schedules)} of them, {name}: {taken:.2f} s, {ours:.2f} s of our CPU", flush=True)


def _seconds(part: Callable[[], object], clock: Callable[[], float]) -> float:
    found = []
    for _ in range(RUNS):
        began = clock()
        part()
        found.append(clock() - began)
    return median(found)
