"""What was looked for, as lists show it: why each was found, and which may be the same person as another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from accounts.french import fold, hour, relative_day, sentence
from accounts.phones import written
from accounts.rights import Actor
from accounts.zones import there
from appointments.agenda.matched import marked, marked_end
from appointments.agenda.selectors.patients import SHOWN, Hit, find_patients
from appointments.booking.reference import reference
from appointments.models import Appointment
from appointments.patients.selectors import birth_of, likely_pairs

# As many as are read at a glance, while one types.
AT_A_GLANCE = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A file that was found. `twin`: the one before it in the list may be of the same person; `why`: what cannot be marked in its
    line. `coming`: when its next visit is, in words.
    """

    hit: Hit
    name: SafeString
    born: SafeString
    phone: SafeString
    why: str
    coming: str
    twin: bool


@dataclass(frozen=True, slots=True)
class Found:
    hits: list[Line]
    are_more: bool
    today: date


def search(words: str, *, actor: Actor, now: datetime, today: date, most: int = SHOWN) -> Found:
    """The first of those that hold all the words, those that may be of one person together. Three queries."""
    asked = words.split()
    found = find_patients(words, actor=actor, now=now)
    shown = _together(found[:most])
    lines = [_line(hit, asked, twin, now) for hit, twin in shown]
    return Found(lines, len(found) > most, today)


def _together(hits: Sequence[Hit]) -> list[tuple[Hit, bool]]:
    """Whoever may be the person of a file above comes right under it."""
    alike = likely_pairs(one.patient for one in hits)
    left, found = list(hits), list[tuple[Hit, bool]]()
    while left:
        first = left.pop(0)
        found.append((first, False))
        for other in [one for one in left if frozenset((first.patient.pk, one.patient.pk)) in alike]:
            left.remove(other)
            found.append((other, True))
    return found


def _line(hit: Hit, asked: Sequence[str], twin: bool, now: datetime) -> Line:
    patient = hit.patient
    name = f"{patient.listed_name} ({patient.birth_name})" if patient.birth_name else patient.listed_name
    phone = written(patient.phone) if patient.phone else ""
    return Line(
        hit=hit,
        name=marked(name, asked),
        born=marked_end(birth_of(patient).words if patient.birth_date else "naissance inconnue", asked),
        phone=marked_end(phone, asked),
        why=_reference(hit, asked),
        coming=_when(hit.coming, now) if hit.coming is not None else "",
        twin=twin,
    )


def _reference(hit: Hit, asked: Sequence[str]) -> str:
    """Of the visit that only its reference can have found."""
    name = fold(f"{hit.patient.listed_name} {hit.patient.birth_name}")
    for word in asked:
        head = word.replace("-", "").lower()
        of = next((one for one in (hit.coming, hit.last) if one is not None and one.pk.hex.startswith(head)), None)
        if of is not None and fold(word) not in name:
            return f"référence {reference(of)}"
    return ""


def _when(visit: Appointment, now: datetime) -> str:
    zone: ZoneInfo = visit.schedule.location.zone
    start = visit.start.astimezone(zone)
    day = sentence(relative_day(start.date(), now.astimezone(zone).date()))
    return f"{day} à {hour(start)}{there(zone)}, {visit.practitioner}"
