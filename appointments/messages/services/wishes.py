"""How a patient wants to be written to, as the practice hears it."""

import uuid

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.enums import Wish
from appointments.exceptions import NotAllowed
from appointments.models import Appointment, Patient
from appointments.patients.locks import lock_files_of


@transaction.atomic
def set_wish(*, appointment_id: uuid.UUID, wish: str, by: Actor) -> bool:
    """Of the patient of this visit, by who books in its agenda; whether it changed. Raises `NotAllowed`."""
    kept = Appointment.objects.kept_by(by, Level.BOOK).filter(pk=appointment_id)
    files = lock_files_of(lambda: kept.values_list("patient_id", flat=True), by=by)
    if not files:
        raise NotAllowed
    [file] = files.values()
    return Patient.objects.filter(pk=file.pk).exclude(wish=Wish(wish) if wish else "").update(wish=wish) > 0
