"""Erasing patients whose visits are long over. The appointments stay, with their events: they name nobody."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Organization
from appointments.enums import BirthPrecision
from appointments.models import Appointment, Patient, PatientFormerValue, PatientMerge, PatientMessage, WaitingEntry
from appointments.models.booking import OF_PATIENT
from appointments.models.patients import TEXTS
from appointments.patients.locks import family_of, lock_files_of

_EMPTY_FILE = {**dict.fromkeys(TEXTS, ""), "birth_date": None, "birth_date_precision": BirthPrecision.UNKNOWN}
_EMPTY_VISIT = dict.fromkeys(OF_PATIENT, "")


def erase_patients(*, default_days: int, now: datetime, limit: int) -> int:
    """Erase what at most `limit` appointments say of their patients, over for longer than their practice keeps them; how many.

    That is the organization's own `patient_retention_days`, or `default_days`. A file goes with the last visit that names it,
    or names one merged with it. Not recorded as events: nothing changes that the SAS or the history should know.
    """
    over = _over(default_days, now)
    if over is None:
        return 0
    with transaction.atomic():
        found = list(over.order_by("end", "pk").values_list("pk", flat=True)[:limit])
        lock_files_of(lambda: family_of(_files_of(found)))
        # Read again under the locks. Skipping locked rows: an appointment being changed right now waits for the next run.
        locked = over.filter(pk__in=found).select_for_update(skip_locked=True, no_key=True, of=("self",))
        chosen = list(locked.order_by("pk").values_list("pk", flat=True))
        _empty(_forsaken(family_of(_files_of(chosen)), chosen), now)
        PatientFormerValue.objects.filter(event__appointment__in=chosen).delete()
        PatientMessage.objects.filter(appointment__in=chosen).update(address="", subject="", body="")
        return Appointment.objects.filter(pk__in=chosen).update(patient_erased_at=now, **_EMPTY_VISIT)


def erase_unvisited(*, default_days: int, now: datetime, limit: int) -> int:
    """Erase at most `limit` files that came with an import, as long ago, and that no visit has named since; how many."""
    past = Q()
    for days in _delays():
        past |= Q(
            organization__patient_retention_days=days, imported__run__created_at__lt=now - _days(days, default_days)
        )
    if not past:
        return 0
    unnamed = ~Exists(Appointment.objects.filter(Q(patient=OuterRef("pk")) | Q(given_as=OuterRef("pk"))))
    rows = Patient.objects.filter(past, unnamed, erased_at=None, merged_into=None).order_by()
    with transaction.atomic():
        found = set(rows.values_list("pk", flat=True)[:limit])
        lock_files_of(lambda: family_of(found))
        # Somebody may have booked for one of them before it was locked.
        return _empty(_forsaken(family_of(found), ()), now)


def _empty(files: Collection[uuid.UUID], now: datetime) -> int:
    PatientFormerValue.objects.filter(event__patient__in=files).delete()
    PatientMerge.objects.filter(kept__in=files).update(kept_before={})
    WaitingEntry.objects.filter(file__in=files).delete()
    alive = Patient.objects.filter(pk__in=files, erased_at=None)
    return alive.update(erased_at=now, version=F("version") + 1, **_EMPTY_FILE)


def _delays() -> list[int | None]:
    """What organizations have chosen; None: the default."""
    return list(Organization.objects.order_by().values_list("patient_retention_days", flat=True).distinct())


def _days(chosen: int | None, default_days: int) -> timedelta:
    return timedelta(days=chosen or default_days)


def _over(default_days: int, now: datetime) -> QuerySet[Appointment] | None:
    """The appointments whose time is over and that still say something of their patient."""
    past, latest = Q(), None
    for days in _delays():
        ended_before = now - _days(days, default_days)
        past |= Q(organization__patient_retention_days=days, end__lt=ended_before)
        latest = max(ended_before, latest or ended_before)
    if latest is None:
        return None
    # `latest` says nothing new, but PostgreSQL reads the index (appointment_to_erase) no further.
    return Appointment.objects.filter(past, end__lt=latest, patient_erased_at=None)


def _files_of(appointments: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """That they name, or named before they were joined to another."""
    pairs = Appointment.objects.filter(pk__in=appointments).values_list("patient_id", "given_as_id")
    former = PatientFormerValue.objects.filter(event__appointment__in=appointments, field="patient")
    return {id_ for pair in pairs for id_ in pair if id_ is not None} | {
        uuid.UUID(value) for value in former.values_list("value", flat=True)
    }


def _forsaken(files: set[uuid.UUID], chosen: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Of whole families of merged files those that no other visit names which still says something of its patient."""
    into = dict(Patient.objects.filter(pk__in=files).values_list("pk", "merged_into_id"))

    def root(file: uuid.UUID) -> uuid.UUID:
        while (next_ := into[file]) is not None:
            file = next_
        return file

    naming = Appointment.objects.filter(patient_erased_at=None).exclude(pk__in=chosen)
    pairs = naming.filter(Q(patient__in=files) | Q(given_as__in=files)).values_list("patient_id", "given_as_id")
    kept = {root(id_) for pair in pairs for id_ in pair if id_ in into}
    return {file for file in files if root(file) not in kept}
