"""What the pages of imports show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts.enums import Level
from accounts.french import counted, number
from accounts.models import Organization
from accounts.rights import Actor
from appointments.imports.reading import lines_of, said_of
from appointments.imports.values import Aside, Source, Unreadable
from appointments.models import ImportedRow, ImportRun, OtherCalendar, Schedule

_SAMPLES = 3
_ASIDE = {
    Aside.CANCELLED: ("annulé dans l’ancien logiciel", "annulés dans l’ancien logiciel"),
    Aside.PAST: ("passé", "passés"),
    Aside.TOO_OLD: ("plus ancien que la durée de conservation", "plus anciens que la durée de conservation"),
}


@dataclass(frozen=True, slots=True)
class FaultLine:
    line: int
    column: str
    sentence: str
    value: str
    refuses: bool


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """`start` is None for a patient alone."""

    start: datetime | None
    minutes: str
    who: str
    born: str
    phone: str


def agendas_for(actor: Actor, organization: Organization) -> list[Schedule]:
    """Of this organization those into which they may import, closed ones included, in order. One query."""
    rows = Schedule.objects.with_place().kept_by(actor, Level.MANAGE).filter(organization=organization)
    return list(rows.order_by("calendar__practitioner", "location"))


def runs_for(actor: Actor, organization: Organization) -> "QuerySet[ImportRun]":
    """Newest first, without what they read."""
    rows = ImportRun.objects.kept_by(actor).filter(organization=organization).defer("content", "preview", "faults")
    return rows.select_related("schedule__calendar__practitioner", "schedule__location", "schedule__organization")


def samples_of(run: ImportRun) -> list[list[str]]:
    """The first lines' cells; none where they can't be read: the check says why."""
    source = source_of(run)
    now = timezone.now()
    lines = lines_of(
        bytes(run.content or b""), source, zone=run.schedule.location.zone, since=now, until=now + timedelta(days=30)
    )
    try:
        return [cells for _, cells in islice(lines, _SAMPLES)]
    except Unreadable:
        return []


def source_of(run: ImportRun) -> Source:
    return Source(run.kind, run.encoding, run.delimiter, tuple(run.columns))


def file_words(run: ImportRun) -> str:
    return said_of(source_of(run))


def faults_of(run: ImportRun) -> list[FaultLine]:
    return [FaultLine(*fault) for fault in run.faults]


def preview_of(run: ImportRun) -> list[PreviewLine]:
    return [
        PreviewLine(
            datetime.fromisoformat(when) if when else None,
            minutes,
            who,
            born,
            phone,
        )
        for when, minutes, who, born, phone in run.preview
    ]


def shown_counts(run: ImportRun) -> dict[str, str]:
    """Those of the lines, as people write numbers."""
    return {name: number(count) for name, count in run.counts.items() if isinstance(count, int)}


def aside_words(run: ImportRun) -> list[str]:
    """3 rendez-vous annulés dans l’ancien logiciel."""
    return [
        f"{number(count)}\u00a0rendez-vous {one if count < 2 else many}"
        for aside, (one, many) in _ASIDE.items()
        if (count := run.counts.get(aside, 0))
    ]


def overlapping_rows(run: ImportRun) -> "QuerySet[ImportedRow]":
    rows = run.rows.filter(overlaps=True, appointment__isnull=False)
    return rows.select_related("appointment__patient").order_by("appointment__start", "pk")


def kept_rows(run: ImportRun) -> "QuerySet[ImportedRow]":
    """What an undoing left: visits in order of time, then patients that no visit of the import names any more."""
    rows = run.rows.filter(kept=True).select_related("appointment__patient", "patient")
    return rows.order_by(F("appointment__start").asc(nulls_last=True), "line", "pk")


def percent(run: ImportRun) -> int:
    return min(100, 100 * run.done // run.total) if run.total else 0


def progress_words(run: ImportRun) -> str:
    """4 000 lignes sur 10 000."""
    return f"{number(run.done)} lignes" + (f" sur {number(run.total)}" if run.total else "")


def made_words(counts: dict[str, int]) -> str:
    """12 rendez-vous et 9 patients."""
    visits, patients = counts.get("visits", 0), counts.get("patients", 0)
    parts = [f"{number(visits)}\u00a0rendez-vous"] if visits else []
    return " et ".join([*parts, counted(patients, "patient")])


def others_of(practitioner_id: object, *, now: datetime) -> list[OtherCalendar]:
    """With how much of it is to come (`coming`, in words). One query."""
    coming = Count("busy", filter=Q(busy__end__gt=now))
    found: list[Any] = list(OtherCalendar.objects.of_practitioner(practitioner_id).annotate(count=coming))
    for one in found:
        one.coming = f"{counted(one.count, 'période')} à venir" if one.count else "rien à venir"
    return found
