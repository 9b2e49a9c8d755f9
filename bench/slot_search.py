"""Slot search: 1 practitioner against 25, three days, agendas half full.

Run `.agenda/venv/bin/python -m bench.run slot_search`.
Prints the median time of reading and computing, and of writing, and the ratio 25 : 1 beside the ratio of slots.
"""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appointments.slots.selectors import free_slots_of
from appointments.slots.values import REGULATOR
from interop.fhir.searchset import slot_searchset
from interop.fhir.slot_search import parse_slot_search
from interop.selectors import published_slots
from tests import factories

RUNS = 15


def main() -> None:
    with transaction.atomic():
        practitioners = _agendas(25)
        rows = {count: _measure([one.national_id for one in practitioners[:count]]) for count in (1, 25)}
        transaction.set_rollback(True)
    print(f"{'practitioners':>13} {'slots':>6} {'kB':>6} {'select ms':>10} {'write ms':>8}")
    for count, row in rows.items():
        print(f"{count:>13} {row['slots']:>6} {row['kb']:>6} {row['select']:>10.1f} {row['map']:>8.1f}")
    total = {count: row["select"] + row["map"] for count, row in rows.items()}
    print(f"time 25:1 = {total[25] / total[1]:.1f}, slots 25:1 = {rows[25]['slots'] / rows[1]['slots']:.1f}")


def _agendas(count: int) -> list[Any]:
    """Open 8 to 20 every day in 15-minute slots, one in two taken over the next five days."""
    made = []
    user = factories.user()
    for _ in range(count):
        schedule = factories.schedule()
        factories.rule(schedule=schedule, start_time="08:00", end_time="20:00")
        now = timezone.now()
        full = free_slots_of([schedule], since=now, until=now + timedelta(days=5), now=now, viewer=REGULATOR)
        actor = factories.practice_actor(schedule.practitioner, user_=user)
        for slot in full[::2]:
            factories.appointment(schedule_=schedule, start=slot.start, by=actor)
        made.append(schedule.practitioner)
    return made


def _measure(identifiers: list[str]) -> dict[str, Any]:
    now = timezone.now()
    listed = ",".join(f"urn:oid:1.2.250.1.71.4.2.1|{one}" for one in identifiers)
    query = (
        "_include=Slot:schedule&_include:iterate=Schedule:actor&status=free"
        f"&start=ge{now:%Y-%m-%dT%H:%M:%SZ}&start=le{now + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        f"&schedule.actor:Practitioner.identifier={listed}"
    )
    search = parse_slot_search(query, now=now)
    result = published_slots(search, now=now)
    bundle = slot_searchset(
        result, self_url="https://x.test/", base_url=settings.FHIR_BASE_URL, includes=search.includes
    )
    return {
        "slots": len(result.slots),
        "kb": len(bundle) // 1024,
        "select": _median(lambda: published_slots(search, now=now)),
        "map": _median(
            lambda: slot_searchset(
                result, self_url="https://x.test/", base_url=settings.FHIR_BASE_URL, includes=search.includes
            )
        ),
    }


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
