"""After a time was emptied: patients called whom no message reaches."""

from datetime import datetime

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.exceptions import ChangedMeanwhile, NotAllowed
from appointments.messages.services import note_told
from appointments.models import Appointment, EmptiedVisit


@transaction.atomic
def note_called(*, row_id: int, version: int | None, by: Actor, now: datetime) -> EmptiedVisit:
    """Somebody of the practice told the patient. Noted once, for whoever did first.

    Raises `NotAllowed`; `ChangedMeanwhile` when the visit is no longer as they told it.
    """
    row = EmptiedVisit.objects.select_for_update(of=("self",)).select_related("event").filter(pk=row_id).first()
    visits = Appointment.objects.kept_by(by, Level.BOOK)
    if row is None or by.user is None or not visits.filter(pk=row.event.appointment_id).exists():
        raise NotAllowed
    if row.told_at is not None:
        return row
    if row.brought_back:
        raise ChangedMeanwhile
    note_told(appointment_id=row.event.appointment_id, version=version)
    row.told_at, row.told_by, row.told_by_name = now, by.user, by.name
    row.save(update_fields=["told_at", "told_by", "told_by_name"])
    return row
