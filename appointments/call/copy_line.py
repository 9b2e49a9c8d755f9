"""The line a regulator copies into the software of their call centre: one line, plain ASCII, worded by a setting."""

import unicodedata
from collections.abc import Mapping
from string import Formatter

from django.conf import settings

from accounts import french
from accounts.phones import written
from accounts.zones import there
from appointments.booking.reference import reference
from appointments.models import Appointment

NAMES = ("date", "heure", "praticien", "lieu", "adresse", "telephone", "mode", "etat", "reference", "identifiant")


_SIMPLE = str.maketrans("’«»–—", '\'""--') | {ord("œ"): "oe", ord("æ"): "ae"}


def unknown_names(template: str) -> list[str]:
    """What the setting names and no line has. Raises ValueError for braces that make no name."""
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None and name not in NAMES]


def copy_line(appointment: Appointment) -> str:
    """Of the appointment, loaded with its context; nothing of the patient, whom the regulation knows."""
    location, practitioner = appointment.schedule.location, appointment.practitioner
    start = appointment.start.astimezone(location.zone)
    values: Mapping[str, str] = {
        "date": f"{start:%d/%m/%Y}",
        "heure": french.hour(start) + there(location.zone),
        "praticien": practitioner.name if practitioner is not None else "",
        "lieu": location.name,
        "adresse": location.full_address,
        "telephone": written(location.phone) if location.phone else "",
        "mode": str(appointment.get_consultation_type_display()),
        "etat": str(appointment.get_status_display()),
        "reference": reference(appointment),
        "identifiant": str(appointment.id),
    }
    return plain(settings.SAS_COPY_LINE.format_map(values))


def plain(text: str) -> str:
    """Letters lose their accents, quotes and dashes become simple, blanks ordinary: software of any age takes it."""
    letters = unicodedata.normalize("NFKD", text.translate(_SIMPLE))
    return " ".join(letters.encode("ascii", "ignore").decode().split())
