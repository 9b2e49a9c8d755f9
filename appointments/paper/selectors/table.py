"""The visits of a period as the rows of a table, cancelled ones included."""

from collections.abc import Iterator
from datetime import date

from django.db.models import QuerySet

from accounts.french import NBSP
from accounts.phones import written
from accounts.zones import name_of
from appointments.booking.reference import reference
from appointments.grid import day_bounds
from appointments.models import Appointment, Patient, Schedule
from appointments.patients.identity import Precision
from appointments.patients.selectors import birth_of

# Days.
LONGEST = 366
HEADINGS = [
    "Référence", "Date", "Début", "Fin", "À l’heure de", "Minutes", "Praticien", "Lieu", "Nom", "Prénom", "Nom de naissance",
    "Naissance", "Sexe", "Téléphone", "À qui est ce numéro", "E-mail", "Motif", "Mode", "Adresse de la visite", "Statut",
    "Pris par", "En plus", "Note",
]  # fmt: skip


def visits_between(schedules: list[Schedule], first: date, last: date) -> Iterator[Appointment]:
    """Those that begin on these days, at the clock of their place. One query, read as it goes."""
    for one in _rows(schedules, first, last).iterator(chunk_size=500):
        if first <= one.start.astimezone(one.schedule.location.zone).date() <= last:
            yield one


def _rows(schedules: list[Schedule], first: date, last: date) -> "QuerySet[Appointment]":
    """Of all their clocks the earliest beginning and the latest end."""
    zones = [one.location.zone for one in schedules]
    since = min((day_bounds(first, zone)[0] for zone in zones), default=None)
    until = max((day_bounds(last, zone)[1] for zone in zones), default=None)
    rows = Appointment.objects.filter(schedule__in=schedules)
    if since is not None and until is not None:
        rows = rows.filter(start__gte=since, start__lt=until)
    return rows.select_related("patient", "reason", "practitioner", "schedule__location").order_by(
        "start", "created_at"
    )


def cells(one: Appointment) -> list[str]:
    """In the order of `HEADINGS`."""
    place, patient = one.schedule.location, one.patient
    start, end = one.start.astimezone(place.zone), one.end.astimezone(place.zone)
    return [
        f"Réf. {reference(one)}",
        f"{start:%d/%m/%Y}",
        f"{start:%H:%M}",
        f"{end:%H:%M}",
        name_of(place.zone),
        str(one.minutes),
        str(one.practitioner or ""),
        place.name,
        patient.family_name if patient.erased_at is None else patient.name,
        patient.given_name,
        patient.birth_name,
        _birth(patient),
        patient.get_sex_display(),
        written(one.contact_phone).replace(NBSP, " ") if one.contact_phone else "",
        one.whose_phone,
        one.contact_email,
        str(one.reason or ""),
        one.get_consultation_type_display(),
        one.visit_address,
        one.get_status_display(),
        one.get_origin_display(),
        "oui" if one.overbooked else "",
        one.note,
    ]


def _birth(patient: Patient) -> str:
    """A date for spreadsheets where the day is known, else in words."""
    known = birth_of(patient)
    if known.born is None:
        return ""
    return f"{known.born:%d/%m/%Y}" if known.precision is Precision.DAY else known.words
