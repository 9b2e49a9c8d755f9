"""Undoing an import: all that nobody has touched since is taken away, what somebody has touched stays and is named.

Imported visits have no event until somebody changes them, so nothing that was told or kept for ever is lost with them.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet

from appointments.enums import ImportState
from appointments.imports.services.work import LOT
from appointments.models import (
    Appointment,
    AppointmentEvent,
    ImportedRow,
    ImportRun,
    Patient,
    PatientEvent,
    PatientMerge,
)
from appointments.patients.locks import lock_files_of


def undo_lot(run_id: uuid.UUID, *, now: datetime) -> bool:
    """The next lot, visits before the patients they name; False when nothing is left to do."""
    with transaction.atomic():
        left = ImportedRow.objects.filter(run=run_id, kept=False).order_by("pk")
        visits = list(left.filter(appointment__isnull=False).values_list("appointment_id", flat=True)[:LOT])
        files = [] if visits else list(left.values_list("patient_id", flat=True).distinct()[:LOT])
        named = Appointment.objects.filter(pk__in=visits)
        # Lines of time, then files, then visits, then the run: as everywhere.
        lock_files_of(lambda: [*files, *named.values_list("patient_id", flat=True)])
        gone = _take_visits(visits) if visits else _take_files(files)
        run = ImportRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run_id)
        if run.state != ImportState.UNDOING:
            transaction.set_rollback(True)
            return False
        ImportedRow.objects.filter(run=run_id).filter(Q(appointment__in=visits) | Q(patient__in=files)).update(
            kept=True
        )
        run.done, run.tries = run.done + len(visits) + len(files), 0
        undone = run.counts.get("undone", {})
        what = "visits" if visits else "patients"
        run.counts["undone"] = undone | {what: undone.get(what, 0) + gone}
        if visits or files:
            run.save(update_fields=["done", "tries", "counts"])
            return True
        run.state, run.undone_at, run.version = ImportState.UNDONE, now, run.version + 1
        run.save(update_fields=["state", "undone_at", "version", "counts"])
        return False


def untouched_visits(ids: Collection[uuid.UUID]) -> "QuerySet[Appointment]":
    """As they were imported: no event, no correction, the patient and the agenda of before."""
    of_it = {"appointment": OuterRef("pk")}
    merges = PatientMerge.objects.filter(moved__overlap=list(ids)) if ids else PatientMerge.objects.none()
    moved = {id_ for ids_ in merges.values_list("moved", flat=True) for id_ in ids_}
    return Appointment.objects.exclude(pk__in=moved).filter(
        ~Exists(AppointmentEvent.objects.filter(**of_it)),
        ~Exists(PatientEvent.objects.filter(**of_it)),
        pk__in=ids,
        version=1,
    )


def untouched_files(ids: Collection[uuid.UUID]) -> "QuerySet[Patient]":
    """As they were imported, and named by nothing any more."""
    it = OuterRef("pk")
    return Patient.objects.filter(
        ~Exists(Appointment.objects.filter(Q(patient=it) | Q(given_as=it))),
        ~Exists(PatientEvent.objects.filter(patient=it)),
        ~Exists(PatientMerge.objects.filter(Q(kept=it) | Q(absorbed=it))),
        ~Exists(Patient.objects.filter(merged_into=it)),
        pk__in=ids,
        version=0,
        merged_into=None,
    )


def _take_visits(ids: Collection[uuid.UUID]) -> int:
    locked = Appointment.objects.filter(pk__in=ids).select_for_update(no_key=True, of=("self",)).order_by("pk")
    return _delete(untouched_visits([one.pk for one in locked]))


def _take_files(ids: Collection[uuid.UUID]) -> int:
    return _delete(untouched_files(ids))


def _delete(rows: "QuerySet[Appointment] | QuerySet[Patient]") -> int:
    """With the lines that name them. What something else names by now stays, and all others go."""
    chosen = list(rows.order_by("pk").values_list("pk", flat=True))
    model = rows.model
    try:
        with transaction.atomic():
            model._default_manager.filter(pk__in=chosen).delete()
        return len(chosen)
    except ProtectedError:
        return sum(_goes(model, pk) for pk in chosen)


def _goes(model: type[Appointment] | type[Patient], pk: uuid.UUID) -> bool:
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).delete()
    except ProtectedError:
        return False
    return True
