"""The practice says for whom a visit is: another file of the organization, or the former one again. Only `patient` moves.

What an outsider gave stays as they gave it, and messages go where they went.
"""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.services.corrections import Version, own_file
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, PatientFormerValue
from appointments.patients.locks import lock_files_of
from appointments.patients.services.files import chain_of
from appointments.patients.services.history import record_correction


def join_patient(
    *, appointment_id: uuid.UUID, version: Version, file_id: uuid.UUID, by: Actor, now: datetime
) -> Appointment:
    """By who books in the agenda: for the patient of this file, one with a visit they see, or of the one it was merged into.

    Raises `Refused` on an erased file or the visit's own, `NotAllowed`, `ChangedMeanwhile`.
    """
    seen = Appointment.objects.kept_by(by, Level.SEE)
    if not seen.filter(patient__in=chain_of(file_id)).exists():
        raise NotAllowed
    return _join(appointment_id, version, file_id, by, now)


def undo_join(*, appointment_id: uuid.UUID, version: Version, by: Actor, now: datetime) -> Appointment:
    """For whom it was booked, by who books in the agenda. Raises `Refused` when it still is, or that file is erased."""
    first = first_file(appointment_id)
    if first is None:
        raise Refused("Ce rendez-vous n’a été rattaché à aucun autre dossier.")
    return _join(appointment_id, version, first, by, now)


def first_file(appointment_id: uuid.UUID) -> uuid.UUID | None:
    """Of a visit that was joined to another file: the one it was booked for. One query."""
    rows = PatientFormerValue.objects.filter(event__appointment=appointment_id, field="patient").order_by("event_id")
    value = rows.values_list("value", flat=True).first()
    return uuid.UUID(value) if value else None


def _join(appointment_id: uuid.UUID, version: Version, file_id: uuid.UUID, by: Actor, now: datetime) -> Appointment:
    kept = Appointment.objects.kept_by(by, Level.BOOK).filter(pk=appointment_id)

    def read() -> list[uuid.UUID]:
        return [*kept.values_list("patient_id", flat=True), *chain_of(file_id)]

    with transaction.atomic():
        files = lock_files_of(read, by=by)
        target = next((files[id_] for id_ in reversed(chain_of(file_id))), None)
        theirs = Appointment.objects.filter(patient=target) if target is not None else Appointment.objects.none()
        rows = (theirs | Appointment.objects.filter(pk=appointment_id)).select_for_update(no_key=True, of=("self",))
        visits = {one.pk: one for one in rows.order_by("pk")}
        appointment = visits.get(appointment_id)
        if appointment is None or target is None or not kept.exists():
            raise NotAllowed
        if target.organization_id != appointment.organization_id:
            raise NotAllowed
        former = files.get(appointment.patient_id)
        if former is None or version != Version(appointment.version, former.version):
            raise ChangedMeanwhile
        if target.erased_at is not None or former.erased_at is not None:
            raise Refused("Ce dossier est effacé\u00a0: rien n’y est plus rattaché.")
        if target == former:
            raise Refused("Ce rendez-vous est déjà pour ce patient.")
        if target.pk != appointment.given_as_id:
            target = own_file(target, [one for one in visits.values() if one.patient_id == target.pk])
        appointment.patient = target
        appointment.version += 1
        appointment.save(update_fields=["patient", "version"])
        record_correction(patient=target, appointment=appointment, before={"patient": str(former.pk)}, by=by, at=now)
        return appointment
