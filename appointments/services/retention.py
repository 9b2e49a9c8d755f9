"""Erasing the patient from appointments that are long over. The appointment itself stays, with its events: they name nobody."""

from datetime import date, datetime

from django.db import transaction

from appointments.enums import Sex
from appointments.models import Appointment

# What pages and constraints need in place of a person.
ERASED: dict[str, object] = {
    "family_name": "effacé",
    "given_name": "Patient",
    "birth_date": date(1900, 1, 1),
    "sex": Sex.UNKNOWN,
    "phone": "",
    "email": "",
    "birth_name": "",
    "birth_place": "",
    "nir": "",
    "address": "",
    "note": "",
}


def erase_patients(*, ended_before: datetime, now: datetime, limit: int) -> int:
    """Erase the patient of at most `limit` appointments that ended before that moment; how many there were.

    Not recorded as events: nothing about the appointment changes that the SAS or the history should know.
    """
    with transaction.atomic():
        over = Appointment.objects.filter(end__lt=ended_before, patient_erased_at=None).order_by("end", "pk")
        # Skipping locked rows: an appointment being changed right now waits for the next run.
        chosen = list(over.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
        return Appointment.objects.filter(pk__in=chosen).update(patient_erased_at=now, **ERASED)
