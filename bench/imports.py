"""An import of 10,000 appointments, as CSV and as iCalendar: how long to check, to write and to undo, how much memory.

Run `.agenda/venv/bin/python -m bench.run imports`.
"""

import random
import resource
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.rights import Actor
from appointments.enums import ImportPast
from appointments.imports.services import runs
from appointments.imports.services.carrying import carry_on
from appointments.imports.values import Part
from appointments.models import Appointment, ImportRun
from tests import factories

ROWS, PATIENTS = 10_000, 2_500
HEADER = "N° RDV;Date;Heure;Durée;Nom;Prénom;Date de naissance;Sexe;Portable;E-mail;Adresse;Code postal;Ville;Motif;Commentaire"
_EVENT = """BEGIN:VEVENT
UID:{uid}@ancien.example
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Paris:{start:%Y%m%dT%H%M%S}
DTEND;TZID=Europe/Paris:{end:%Y%m%dT%H%M%S}
SUMMARY:{family} {given}
DESCRIPTION:Suivi\\, apporter les résultats
STATUS:CONFIRMED
END:VEVENT
"""


def main() -> None:
    agenda = factories.schedule(practitioner=factories.practitioner(user=factories.user()))
    factories.rule(schedule=agenda, start_time="08:00", end_time="19:00")
    owner = Actor(user=agenda.practitioner.user, own=frozenset({agenda.practitioner.id}))
    for name, content in (("csv", _csv()), ("ics", _ics())):
        _measure(name, content, agenda.id, owner)


def _measure(name: str, content: bytes, schedule_id: object, owner: Actor) -> None:
    before = _memory()
    run = runs.bring_file(schedule_id=schedule_id, name=name, content=content, by=owner, now=timezone.now())  # type: ignore[arg-type]
    runs.match_columns(
        run_id=run.pk, version=run.version, default_minutes=15, past=ImportPast.FULFILLED, given_name_first=False, by=owner,
        matching={Part(part): int(number) for number, part in run.matching.items()},
    )  # fmt: skip
    told = [f"{name}, {len(content) / 1e6:.1f} MB"]
    told.append(f"check {_carried(run):.1f} s")
    runs.start(run_id=run.pk, version=_version(run), by=owner, now=timezone.now())
    told.append(f"write {_carried(run):.1f} s ({Appointment.objects.count()} visits, {run_counts(run)})")
    runs.undo(run_id=run.pk, version=_version(run), by=owner, now=timezone.now())
    told.append(f"undo {_carried(run):.1f} s ({Appointment.objects.count()} left)")
    told.append(f"memory +{_memory() - before:.0f} MB")
    print(", ".join(told))


def _carried(run: ImportRun) -> float:
    started = time.perf_counter()
    while carry_on(run.pk, until=time.monotonic() + 60):
        pass
    return time.perf_counter() - started


def _version(run: ImportRun) -> int:
    run.refresh_from_db()
    return run.version


def run_counts(run: ImportRun) -> object:
    run.refresh_from_db()
    return run.counts["made"]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _csv() -> bytes:
    row = (
        "{number};{start:%d/%m/%Y};{start:%H:%M};20;{family};{given};{born};F;06 39 98 {phone:02d} {phone:02d};"
        "p{person}@exemple.test;{person} rue de l’Exemple;75011;Paris;Suivi;Apporter les résultats"
    )
    return "\r\n".join([HEADER, *_rows(row.format)]).encode("cp1252")


def _ics() -> bytes:
    events = _rows(lambda **row: _EVENT.format(uid=row["number"], end=row["start"] + timedelta(minutes=20), **row))
    return ("BEGIN:VCALENDAR\nVERSION:2.0\n" + "".join(events) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()


def _rows(draw: Callable[..., str]) -> list[str]:
    """24 a day, one in twenty beside another; two thirds are past."""
    rng = random.Random(1)
    first = datetime(2026, 1, 5, 8)  # noqa: DTZ001 - at the clock of the place
    found = []
    for number in range(ROWS):
        day, rank = divmod(number, 24)
        person = rng.randrange(PATIENTS)
        start = first + timedelta(days=day, minutes=20 * (rank - (rng.random() < 0.05)))
        family, given = f"ŒILLET{person:04d}", "Zoé"
        born = f"{person % 28 + 1:02d}/{person % 12 + 1:02d}/{1930 + person % 90}"
        found.append(
            draw(number=number, start=start, person=person, family=family, given=given, born=born, phone=person % 100)
        )
    return found
