"""The locks of patients' files: after the lines of time of the visits that name them, before these visits' rows."""

import uuid
from collections.abc import Callable, Collection

from django.db import connection, transaction

from accounts.rights import Actor
from appointments.models import Patient
from appointments.places.locks import lock_calendars

# Lines of time whose agenda shows one of these files, or where somebody who wrote one reads it.
_LINES = """
WITH named AS (
    SELECT calendar_id, calendar_kind, practitioner_id FROM appointments_appointment
    WHERE patient_id = ANY(%(files)s) OR given_as_id = ANY(%(files)s)
)
SELECT calendar_id FROM named
UNION SELECT c.id FROM named JOIN appointments_calendar c USING (practitioner_id) WHERE named.calendar_kind = 'place'
"""
_FAMILY = """
WITH RECURSIVE family (id) AS (
    SELECT unnest(%s::uuid[])
    UNION SELECT next.id FROM family CROSS JOIN LATERAL (
        SELECT merged_into_id AS id FROM appointments_patient WHERE id = family.id AND merged_into_id IS NOT NULL
        UNION ALL SELECT id FROM appointments_patient WHERE merged_into_id = family.id
    ) next
)
SELECT id FROM family
"""


def lock_files_of(read: Callable[[], Collection[uuid.UUID]], *, by: Actor | None = None) -> dict[uuid.UUID, Patient]:
    """Lock a set of files that depends on rows, and the lines of time of all visits that name them, each in the order of their
    keys: read, locked, read again.

    Begun anew when either grew meanwhile; the locks taken are given back first, else their order would be lost. `by`: as of
    `lock_calendars`.
    """
    while True:
        wanted = set(read())
        lines = _lines_of(wanted)
        before = transaction.savepoint()
        lock_calendars(lines, by=by)
        rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        locked = {row.pk: row for row in rows}
        if set(read()) <= wanted and _lines_of(wanted) <= lines:
            transaction.savepoint_commit(before)
            return locked
        transaction.savepoint_rollback(before)


def family_of(files: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """These files, what they were merged into and what was merged into them, however far."""
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, [list(files)])
        return {id_ for (id_,) in cursor.fetchall()}


def _lines_of(files: Collection[uuid.UUID]) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"files": list(files)})
        return {id_ for (id_,) in cursor.fetchall()}
