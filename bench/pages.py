"""What the agenda's pages cost the server, against an empty page of the same frame.

Run `.agenda/venv/bin/python -m bench.run pages`.
Eight practitioners, 30 appointments a day each, for a month and for two years. Prints milliseconds of CPU of this process for
the week of one and the day of eight, their ratio to the empty page's, bytes a block, and how much two years cost
more than a month; then where a regulator lands, on a practitioner with 190 free slots: looking, and keeping the slot of the
address, which locks and writes. All of it is rolled back. `month` measures the month alone, `landing` the landing alone,
`profile` shows where the time goes.
"""

import cProfile
import gzip
import pstats
import re
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.rights import EPOCH_KEY, REGULATOR_KEY
from tests import factories

RUNS = 41
SIZES = (30, 730)

_BLOCK = re.compile(rb'<li class="at-[^"]*"><a class="(?:appt|free)\b.*?</li>', re.DOTALL)


def main(*words: str) -> None:
    profiled = "profile" in words
    if "landing" not in words:
        _agendas(SIZES[:1] if "month" in words else SIZES, profiled=profiled)
    _landing(profiled=profiled)


def _agendas(sizes: Sequence[int], *, profiled: bool) -> None:
    rows = {days: _measure_in(days, profiled=profiled) for days in sizes}
    names = list(rows[sizes[0]])
    width = max(map(len, names))
    print(f"{'':{width}}" + "".join(f"{f'{days} days':>12}" for days in sizes) + "   last : first")
    for name in names:
        values = [rows[days][name] for days in sizes]
        print(
            f"{name:{width}}"
            + "".join(f"{value:>12.1f}" for value in values)
            + (f"{values[-1] / values[0]:>15.2f}" if values[0] else "")
        )


def _landing(*, profiled: bool) -> None:
    """Where the SAS's link leads, against the page of the same frame that says nothing."""
    with transaction.atomic():
        regulator, schedule = factories.regulator(), factories.schedule()
        factories.rule(schedule=schedule, start_time="08:00", end_time="14:45")
        client = Client()
        client.force_login(regulator.user, backend="accounts.sas_sign_in.backend.SasBackend")
        session = client.session
        session[REGULATOR_KEY], session[EPOCH_KEY] = str(regulator.id), regulator.session_epoch
        session.save()
        page = f"/praticien/{schedule.practitioner_id}/"
        chosen = re.findall(rb"creneau=([^\"&]+)", _body(client, page))[-1].decode()
        pages = {"empty": reverse("back-to-tab"), "looking": page, "keeping": f"{page}?creneau={chosen}"}
        costs = _costs({name: lambda address=address: _body(client, address) for name, address in pages.items()})  # type: ignore[misc]
        for name, cost in costs.items():
            print(f"regulator, {name}: {cost:.1f} ms of CPU, {cost / costs['empty']:.1f} times the empty page")
            if profiled:
                _profile(lambda address=pages[name]: _body(client, address))  # type: ignore[misc]
        transaction.set_rollback(True)


def _measure_in(days: int, *, profiled: bool) -> dict[str, float]:
    with transaction.atomic():
        client, ids, empty = _practice(days)
        found = _pages(client, ids, empty, profiled=profiled)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL appointments_appointment")
    return found


def _practice(days: int) -> tuple[Client, list[Any], Any]:
    """A secretary of eight; nobody else's agenda is empty but the ninth's, which has no place."""
    first = factories.schedule()
    schedules = [first, *(factories.colleague(first) for _ in range(7))]
    reasons = [factories.reason(first, colour=f"tone-{number}") for number in range(1, 5)]
    secretary = factories.user()
    for one in schedules:
        factories.rule(schedule=one, start_time="08:00", end_time="19:00", reasons=reasons)
        factories.delegation(one.practitioner, secretary)
    empty = factories.schedule(location=first.location)
    factories.delegation(empty.practitioner, secretary)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Each raises its line's `changes`: a chain of a row's versions that one transaction can't prune.
        cursor.execute("ALTER TABLE appointments_appointment DISABLE TRIGGER USER")
        asked = {"ids": [one.id for one in schedules], "days": days, "reasons": [one.id for one in reasons]}
        for statement in _FILL.split(";\n"):
            cursor.execute(statement, asked | {"user": secretary.id})
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(secretary, backend="accounts.backends.EmailBackend")
    return client, [one.practitioner_id for one in schedules], empty.practitioner_id


def _pages(client: Client, ids: list[Any], empty: Any, *, profiled: bool) -> dict[str, float]:
    today = timezone.localdate()
    # A week that is neither over nor begun: every appointment and every free slot is there.
    day = today - timedelta(days=today.weekday()) + timedelta(days=7)
    asked = "&".join(f"avec={one}" for one in ids)
    pages = {
        "empty": "/patients/",
        "week of nobody": f"/agenda/{empty}/semaine/{day}/",
        "week of 1": f"/agenda/{ids[0]}/semaine/{day}/",
        "day of 8": f"/agenda/jour/{day}/?{asked}",
    }
    found: dict[str, float] = {}
    base = 0.0
    for name, address in pages.items():
        body = _body(client, address)
        cost = _cost(lambda address=address: _body(client, address))  # type: ignore[misc]
        base = base or cost
        blocks = _BLOCK.findall(body)
        found |= {
            f"{name}: ms of CPU": cost,
            f"{name}: times the empty page": cost / base,
            f"{name}: kB": len(body) / 1000,
            f"{name}: kB gzipped": len(gzip.compress(body, 6)) / 1000,
            f"{name}: blocks": len(blocks),
        }
        if blocks:
            found[f"{name}: bytes a block"] = sum(map(len, blocks)) / len(blocks)
        if profiled:
            _profile(lambda address=address: _body(client, address))  # type: ignore[misc]
    return found


def _body(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return bytes(answer.content)


def _cost(work: Callable[[], object]) -> float:
    return _costs({"": work})[""]


def _costs(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """In turn: what else the machine does then weighs on all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            started = time.process_time()
            work()
            times[name].append((time.process_time() - started) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def _profile(work: Callable[[], object]) -> None:
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for _ in range(5):
        work()
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(130)


# Half-hours and quarters from 8 to about 16; the days are this week and the next, and those before.
_FILL = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT s.id, s.calendar_id, s.calendar_kind, s.organization_id, c.practitioner_id, n, gen_random_uuid() AS patient,
           ((current_date + 14 - d) + time '08:00' + n * interval '15 minutes') AT TIME ZONE 'Europe/Paris' AS t
    FROM appointments_schedule s JOIN appointments_calendar c ON c.id = s.calendar_id,
         generate_series(0, %(days)s + 13) d, generate_series(0, 29) n
    WHERE s.id = ANY(%(ids)s);
INSERT INTO appointments_patient (id, organization_id, version, family_name, given_name, birth_name, birth_date,
        birth_date_precision, birth_place, sex, phone, email, address, nir, identity, no_given_name, no_phone)
SELECT patient, organization_id, 0, 'Nom de famille', 'Prénom', '', '1980-01-01', 'day', '', 'unknown', '+33639981234',
        'patient@exemple.example', '', '', 'provisional', '', '' FROM made;
ANALYZE;
INSERT INTO appointments_appointment (
    id, request_id, schedule_id, calendar_id, calendar_kind, organization_id, practitioner_id, lane, capacity, overbooked,
    buffer_after, start, "end", status, consultation_type, appointment_type, origin, actor_kind, by_user_id, by_name,
    created_at, version, patient_id, caller, contact_phone, contact_email, visit_address, note, reason_id,
    contacts_by_practice)
SELECT gen_random_uuid(), gen_random_uuid(), id, calendar_id, calendar_kind, organization_id, practitioner_id,
    0, 1, false, 0, t, t + interval '15 minutes', CASE WHEN t < now() THEN 'fulfilled' ELSE 'booked' END, 'AMB', 'ROUTINE',
    'practice', 'user', %(user)s, '', t - interval '7 days', 1, patient, '', '+33639981234', 'patient@exemple.example', '',
    'Apporter la carte Vitale', (%(reasons)s::uuid[])[1 + n %% 4], '{}'
FROM made
"""
