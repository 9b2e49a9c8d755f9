"""What people do with an import: bring a file, say its columns, start it, give it up, undo it. Workers do the rest (`work`)."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from accounts.single import single
from appointments.enums import ImportPast, ImportState
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.imports.reading import recognise
from appointments.imports.understanding import guess, problem_of
from appointments.imports.values import LARGEST_FILE, Part, Unreadable
from appointments.imports.waking import import_in_hand
from appointments.models import ImportedRow, ImportRun, Schedule
from appointments.models.imports import UNFINISHED

# A file that nobody goes on with is not kept.
FORSAKEN_AFTER = timedelta(days=1)
# Of one agenda, at the same time.
MOST_UNFINISHED = 3
TOO_LARGE = (
    f"Ce fichier est trop grand\u00a0: {LARGEST_FILE // 1024**2}\u00a0Mo au plus. Exportez une période plus courte."
)
_CHANGED = "Cet import a changé entre-temps\u00a0: relisez-le avant de recommencer."
# All that quotes the file.
_FORGOTTEN: dict[str, Any] = {"content": None, "name": "", "columns": [], "preview": []}


def bring_file(*, schedule_id: uuid.UUID, name: str, content: bytes, by: Actor, now: datetime) -> ImportRun:
    """Keep it until it is imported. Nothing of it is written yet. Raises `NotAllowed`, `Refused` with what is wrong in it."""
    if len(content) > LARGEST_FILE:
        raise Refused(TOO_LARGE, "file")
    try:
        source = recognise(content)
    except Unreadable as fault:
        raise Refused(str(fault), "file") from None
    with transaction.atomic():
        # Two files brought at once are counted one after the other.
        allowed = Schedule.objects.open().kept_by(by, Level.MANAGE)
        schedule = single(allowed.select_for_update(of=("self",), no_key=True).filter(pk=schedule_id))
        if schedule is None:
            raise NotAllowed
        if ImportRun.objects.filter(schedule=schedule, state__in=UNFINISHED).count() >= MOST_UNFINISHED:
            raise Refused(
                "Des imports attendent déjà dans cet agenda\u00a0: terminez-les ou abandonnez-les d’abord.", "schedule"
            )
        return ImportRun.objects.create(
            schedule=schedule,
            organization_id=schedule.organization_id,
            name=name[:200],
            kind=source.kind,
            encoding=source.encoding,
            delimiter=source.delimiter,
            content=content,
            columns=list(source.columns),
            matching={str(number): str(part) for part, number in guess(source.columns).items()},
            created_at=now,
            by_name=by.name,
            version=1,
            **acted_by(by),
        )


def match_columns(
    *,
    run_id: uuid.UUID,
    version: int | None,
    matching: dict[Part, int],
    default_minutes: int,
    past: ImportPast,
    given_name_first: bool,
    by: Actor,
) -> ImportRun:
    """Say which column is what, and have the file checked. Raises `Refused`, `NotAllowed`, `ChangedMeanwhile`."""
    with transaction.atomic():
        run = _locked(run_id, version, by)
        if run.state not in {ImportState.READ, ImportState.CHECKED, ImportState.CHECKING}:
            raise ChangedMeanwhile(_CHANGED)
        if problem := problem_of(matching):
            raise Refused(problem)
        if not Schedule.objects.open().filter(pk=run.schedule_id).exists():
            raise Refused("Cet agenda est fermé\u00a0: rien ne peut y être importé.")
        run.matching = {str(number): str(part) for part, number in matching.items()}
        run.default_minutes, run.past, run.given_name_first = default_minutes, past, given_name_first
        _hand_over(run, ImportState.CHECKING)
        return run


def start(*, run_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """Raises `NotAllowed`, `ChangedMeanwhile`, `Refused` when no line can be imported."""
    with transaction.atomic():
        run = _locked(run_id, version, by)
        if run.state != ImportState.CHECKED:
            raise ChangedMeanwhile(_CHANGED)
        if not run.counts.get("ready"):
            raise Refused("Aucune ligne ne peut être importée\u00a0: corrigez le fichier ou les colonnes.")
        run.started_at = now
        _hand_over(run, ImportState.WRITING)


def undo(*, run_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """Raises `NotAllowed`, `ChangedMeanwhile`, `Refused` when its day is over."""
    with transaction.atomic():
        run = _locked(run_id, version, by)
        if run.state != ImportState.DONE:
            raise ChangedMeanwhile(_CHANGED)
        if not run.may_be_undone(now):
            raise Refused("Un import s’annule dans les 24\u00a0heures\u00a0: ce délai est passé.")
        run.total = run.rows.count()
        _hand_over(run, ImportState.UNDOING)


def give_up(*, run_id: uuid.UUID, version: int | None, by: Actor) -> None:
    """Before it is started: nothing was written. Raises `NotAllowed`, `ChangedMeanwhile`."""
    with transaction.atomic():
        run = _locked(run_id, version, by)
        if run.state not in {ImportState.READ, ImportState.CHECKING, ImportState.CHECKED}:
            raise ChangedMeanwhile(_CHANGED)
        run.version += 1
        forget(run, ImportState.FORSAKEN)


def forget(run: ImportRun, state: ImportState, **changes: Any) -> None:
    """It is over: what it read is kept no longer; of what was imported, where faults are and why. Under the lock of its row."""
    run.state = state
    run.faults = [[*fault[:3], "", *fault[4:]] for fault in run.faults] if state == ImportState.DONE else []
    for name, value in (_FORGOTTEN | changes).items():
        setattr(run, name, value)
    run.save()


def forget_left_files(*, now: datetime, limit: int = 20) -> int:
    """Of imports that nobody went on with; how many."""
    waiting = Q(state__in=[ImportState.READ, ImportState.CHECKED], created_at__lt=now - FORSAKEN_AFTER)
    with transaction.atomic():
        left = list(
            ImportRun.objects.filter(waiting).select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit]
        )
        for run in left:
            run.version += 1
            forget(run, ImportState.FORSAKEN)
    return len(left)


def forget_lines(*, limit: int) -> int:
    """The digests of imported lines whose patient was erased since; how many."""
    erased = Q(appointment__patient_erased_at__isnull=False) | Q(patient__erased_at__isnull=False)
    past = list(ImportedRow.objects.filter(erased).order_by().values_list("pk", flat=True)[:limit])
    return ImportedRow.objects.filter(pk__in=past).delete()[0]


def _locked(run_id: uuid.UUID, version: int | None, by: Actor) -> ImportRun:
    rows = ImportRun.objects.kept_by(by).filter(pk=run_id)
    run = rows.select_for_update(of=("self",), no_key=True).first()
    if run is None:
        raise NotAllowed
    if run.version != version:
        raise ChangedMeanwhile(_CHANGED)
    return run


def _hand_over(run: ImportRun, state: ImportState) -> None:
    """To a worker, once this is committed."""
    run.state, run.done, run.tries = state, 0, 0
    run.version += 1
    run.save()
    transaction.on_commit(partial(import_in_hand.send, sender=ImportRun, run_id=run.pk), robust=True)


def runs_in_hand() -> list[uuid.UUID]:
    """Those whose wake-up signal was lost, or whose worker never came back, are among them."""
    rows = ImportRun.objects.filter(state__in=[ImportState.CHECKING, ImportState.WRITING, ImportState.UNDOING])
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True))


def count_try(run_id: uuid.UUID) -> None:
    ImportRun.objects.filter(pk=run_id).update(tries=F("tries") + 1)
