"""What patients are told, in the words in which they are told it."""

from appointments.enums import ConsultationType
from appointments.models import Location

_ELSEWHERE = {ConsultationType.VR: "en téléconsultation", ConsultationType.HH: "à votre domicile"}


def where(mode: str, location: Location) -> str:
    """En téléconsultation, à votre domicile, else the place and its address."""
    return _ELSEWHERE.get(ConsultationType(mode)) or f"{location.name}, {location.full_address}"
