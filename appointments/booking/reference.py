"""A visit's reference: how its identifier begins. Short enough to be read over the phone; machines have the identifier."""

import re
import uuid

from appointments.models import Appointment

_READ = re.compile(r"[0-9a-f]{4}[- ]?[0-9a-f]{0,2}", re.I)
# As letters are said on the telephone.
_SAID = {"A": "Anatole", "B": "Berthe", "C": "Célestin", "D": "Désiré", "E": "Eugène", "F": "François"}


def reference(appointment: Appointment) -> str:
    """D4F7-20."""
    letters = appointment.id.hex[:6].upper()
    return f"{letters[:4]}-{letters[4:]}"


def spelled(appointment: Appointment) -> str:
    """Désiré, 4, François, 7, 2, 0; blank where there is no letter to mistake."""
    signs = reference(appointment).replace("-", "")
    return "" if signs.isdecimal() else ", ".join(_SAID.get(sign, sign) for sign in signs)


def range_of(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last identifier whose reference begins so; None for what is no reference."""
    if not _READ.fullmatch(text):
        return None
    head = re.sub("[- ]", "", text).lower()
    return uuid.UUID(head.ljust(32, "0")), uuid.UUID(head.ljust(32, "f"))
