"""What patients are told, in the words in which they are told it."""

from accounts.french import hour
from accounts.zones import there
from appointments.enums import ConsultationType
from appointments.models import Appointment, Location

_ELSEWHERE = {ConsultationType.VR: "en téléconsultation", ConsultationType.HH: "à votre domicile"}


def hour_told(appointment: Appointment) -> str:
    """9 h 00, heure de la Guadeloupe: at the clock of its place, named unless it is that of Paris and the patient goes there."""
    zone = appointment.schedule.location.zone
    return hour(appointment.start.astimezone(zone)) + there(zone, always=appointment.is_remote)


def where(mode: str, location: Location) -> str:
    """En téléconsultation, à votre domicile, else the place and its address."""
    return _ELSEWHERE.get(ConsultationType(mode)) or f"{location.name}, {location.full_address}"
