"""An agenda, who manages it, and files of a former software."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.rights import Actor
from appointments.enums import ImportPast
from appointments.imports.services import runs
from appointments.imports.services.carrying import carry_on
from appointments.imports.values import Part
from appointments.models import ImportRun, Schedule
from tests import factories

HEADER = "Date;Heure;Durée;Nom;Prénom;Date de naissance;Portable;E-mail;N° RDV;Motif"
DAY = timedelta(days=1)


def in_days(count: int) -> date:
    return timezone.localdate() + count * DAY


def line(number: int, *, day: date, hour: str = "09:00", name: str = "Œillet", **more: Any) -> str:
    given, born, reason = more.get("given", "Zoé"), more.get("born", "14/02/1991"), more.get("reason", "")
    return f"{day:%d/%m/%Y};{hour};20;{name};{given};{born};0639981234;zoe@exemple.test;A-{number};{reason}"


def table(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode("cp1252")


@pytest.fixture
def agenda(db: None) -> Schedule:
    return factories.schedule(practitioner=factories.practitioner(user=factories.user()))


@pytest.fixture
def owner(agenda: Schedule) -> Actor:
    """The practitioner, as a worker finds them again."""
    return Actor(user=agenda.practitioner.user, own=frozenset({agenda.practitioner.id}))


def carry(run: ImportRun) -> ImportRun:
    while carry_on(run.pk, until=time.monotonic() + 60):
        pass
    run.refresh_from_db()
    return run


@pytest.fixture
def checked(agenda: Schedule, owner: Actor) -> Callable[..., ImportRun]:
    """A file that was brought and checked, its columns as they were guessed."""

    def bring(content: bytes, *, past: ImportPast = ImportPast.FULFILLED) -> ImportRun:
        run = runs.bring_file(schedule_id=agenda.id, name="rdv.csv", content=content, by=owner, now=timezone.now())
        runs.match_columns(
            run_id=run.pk, version=run.version, default_minutes=15, past=past, given_name_first=False, by=owner,
            matching={Part(part): int(number) for number, part in run.matching.items()},
        )  # fmt: skip
        return carry(run)

    return bring


@pytest.fixture
def imported(checked: Callable[..., ImportRun], owner: Actor) -> Callable[..., ImportRun]:
    def bring(content: bytes) -> ImportRun:
        run = checked(content)
        runs.start(run_id=run.pk, version=run.version, by=owner, now=timezone.now())
        return carry(run)

    return bring
