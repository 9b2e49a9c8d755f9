"""Erasing the patient from appointments that are long over. The appointment itself stays, with its events: they name nobody."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import Organization
from appointments.enums import Sex
from appointments.models import Appointment
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_of

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


def erase_patients(*, default_days: int, now: datetime, limit: int) -> int:
    """Erase the patient of at most `limit` appointments that are over for longer than their practice keeps them; how many.

    That is the organization's own `patient_retention_days`, or `default_days`. Not recorded as events: nothing about the
    appointment changes that the SAS or the history should know.
    """
    chosen_delays = Organization.objects.order_by().values_list("patient_retention_days", flat=True).distinct()
    past, latest = Q(), None
    for days in chosen_delays:
        ended_before = now - timedelta(days=days or default_days)
        past |= Q(organization__patient_retention_days=days, end__lt=ended_before)
        latest = max(ended_before, latest or ended_before)
    if latest is None:
        return 0
    with transaction.atomic():
        # `latest` says nothing new, but PostgreSQL reads the index (appointment_to_erase) no further.
        over = Appointment.objects.filter(past, end__lt=latest, patient_erased_at=None)
        found = list(over.order_by("end", "pk").values_list("pk", flat=True)[:limit])
        # First, like everybody: whoever changes one of these appointments holds its calendars and waits for its row.
        lock_calendars_of(lambda: calendars_of(Appointment.objects.filter(pk__in=found)))
        # Read again under the locks. Skipping locked rows: an appointment being changed right now waits for the next run.
        locked = over.filter(pk__in=found).select_for_update(skip_locked=True, no_key=True, of=("self",))
        chosen = list(locked.order_by("pk").values_list("pk", flat=True))
        return Appointment.objects.filter(pk__in=chosen).update(patient_erased_at=now, **ERASED)
