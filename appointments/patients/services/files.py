"""Files of patients at a booking: a new one, or one that the organization has, under its lock."""

import uuid

from django.db import connection, transaction

from accounts.rights import Actor
from appointments.enums import Identity
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Patient
from appointments.patients.values import PatientDetails


def open_file(*, details: PatientDetails, organization_id: uuid.UUID, by: Actor) -> Patient:
    """What an outsider gives is provisional, the same person again included; what the practice writes is declared."""
    return Patient.objects.create(
        organization_id=organization_id,
        identity=Identity.PROVISIONAL if by.is_outsider else Identity.DECLARED,
        **details.as_fields(),
    )


def lock_file(*, patient_id: uuid.UUID, organization_id: uuid.UUID) -> Patient:
    """The file that stands for this one, locked with all it was merged into. Calendars are locked before.

    The chain is read without lock, locked in the order of its keys, read again, and begun anew when it changed: one by one
    along the chain would be against the order of whoever merges or undoes. Raises `NotAllowed`, `Refused` on an erased file.
    """
    while True:
        chain = chain_of(patient_id)
        before = transaction.savepoint()
        rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=chain).order_by("pk")
        locked = {row.pk: row for row in rows}
        if chain_of(patient_id) == chain:
            break
        # Given back: else their order would be lost.
        transaction.savepoint_rollback(before)
    transaction.savepoint_commit(before)
    file = locked.get(chain[-1]) if chain else None
    if file is None or file.organization_id != organization_id:
        raise NotAllowed
    if file.erased_at is not None:
        raise Refused("Ce dossier est effacé\u00a0: saisissez le patient de nouveau.")
    return file


_CHAIN = """
WITH RECURSIVE chain (id, merged_into_id, rank) AS (
    SELECT id, merged_into_id, 0 FROM appointments_patient WHERE id = %s
    UNION ALL SELECT p.id, p.merged_into_id, rank + 1 FROM appointments_patient p JOIN chain ON p.id = chain.merged_into_id
)
SELECT id FROM chain ORDER BY rank
"""


def chain_of(patient_id: uuid.UUID) -> list[uuid.UUID]:
    """The file, what it was merged into, and so on."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [patient_id])
        return [id_ for (id_,) in cursor.fetchall()]
