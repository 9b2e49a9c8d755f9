"""What an address or a form of these pages says is wished. What makes no sense is as if it were not said."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, QueryDict

from appointments.enums import ConsultationType
from appointments.models import Schedule
from appointments.online.selectors.agendas import agendas_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.wishes import Wish

# Beyond, a key names no hour of ours; dates near the calendar's ends can't be reckoned with.
_REACH = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Asked:
    """`known`: whether they have been there before, as they say: "oui", "non" or blank."""

    wish: Wish
    known: str = ""
    day: date | None = None

    def query(self, **changed: object) -> str:
        """Of an address that says the same, but for what is changed; None leaves it out."""
        said: dict[str, object] = {
            "connu": self.known,
            "motif": self.wish.reason or "",
            "mode": self.wish.mode,
            "lieu": self.wish.schedule or "",
            "des": self.day.isoformat() if self.day else "",
        }
        return urlencode({name: str(value) for name, value in (said | changed).items() if value})


def asked(data: QueryDict) -> Asked:
    mode = data.get("mode", "")
    known = data.get("connu", "")
    return Asked(
        Wish(
            reason=_uuid(data.get("motif", "")),
            mode=mode if mode in ConsultationType.values else "",
            schedule=_uuid(data.get("lieu", "")),
        ),
        known if known in {"oui", "non"} else "",
        _day(data.get("des", "")),
    )


def key_of(text: str, now: datetime) -> SlotKey | None:
    """The hour that was chosen, None when it is none that could be had."""
    try:
        key = SlotKey.parse(text)
    except ValueError:
        return None
    return key if abs(key.start - now) < _REACH else None


def agendas_or_404(practitioner_id: uuid.UUID) -> list[Schedule]:
    """Of who is not booked online nothing is told."""
    schedules = agendas_of(practitioner_id)
    if not schedules:
        raise Http404
    return schedules


def among(schedules: list[Schedule], wanted: Asked) -> list[Schedule]:
    """Those where they may be booked as they say: at the place chosen, by somebody new where new patients are."""
    there = [one for one in schedules if one.id == wanted.wish.schedule] or schedules
    return [one for one in there if one.new_patients or wanted.known != "non"]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
