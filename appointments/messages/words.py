"""What patients are told, in the words in which they are told it."""

from accounts.french import NARROW, NBSP, hour
from accounts.models import Practitioner
from accounts.phones import written
from accounts.zones import there
from appointments.enums import ConsultationType
from appointments.models import Appointment, Location, Schedule

_ELSEWHERE = {ConsultationType.VR: "en téléconsultation", ConsultationType.HH: "à votre domicile"}


def hour_told(appointment: Appointment) -> str:
    """9 h 00, heure de la Guadeloupe: at the clock of its place, named unless it is that of Paris and the patient goes there."""
    zone = appointment.schedule.location.zone
    return hour(appointment.start.astimezone(zone)) + there(zone, always=appointment.is_remote)


def how_to_reach(location: Location, practitioner: Practitioner | None) -> str:
    """« appelez le cabinet : 01 99 00 12 34, ou répondez à ce message », by what the practice gave of itself."""
    phone = location.phone or (practitioner.phone if practitioner else "")
    ways = [f"appelez le cabinet{NBSP}: {written(phone)}"] if phone else []
    ways += ["répondez à ce message"] if location.email else []
    return ", ou ".join(ways) or "adressez-vous au cabinet"


def who_and_where(schedule: Schedule) -> str:
    """Dr Noé Réglisse, Cabinet de la Glycine, 01 99 00 12 34."""
    phone = schedule.location.phone or (schedule.practitioner.phone if schedule.practitioner else "")
    return ", ".join(filter(None, (schedule.practitioner.name, schedule.location.name, phone and written(phone))))


def ending(location: Location) -> str:
    """Whether anybody reads an answer."""
    if location.email:
        return f"Ce message part automatiquement{NARROW}; votre réponse parvient au cabinet."
    return f"Ce message part automatiquement{NBSP}: les réponses ne sont pas lues."


def where(mode: str, location: Location) -> str:
    """En téléconsultation, à votre domicile, else the place and its address."""
    return _ELSEWHERE.get(ConsultationType(mode)) or f"{location.name}, {location.full_address}"
