"""What a change touches, as whoever makes it reads it before it is saved: the visits they see one by one, the others counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.french import sentence
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.models import Appointment
from appointments.setup.services.changes import Fate, Touched, TouchesVisits

# What is read at first sight; the rest is unfolded.
LISTED = 12
_WORDS = {
    Fate.OUTSIDE: "reste à son heure, hors des horaires",
    Fate.ABSENCE: "reste pris pendant l’absence",
    Fate.CLOSURE: "reste pris pendant la fermeture",
    Fate.AGENDA_CLOSED: "reste pris, l’agenda fermé",
    Fate.PLACE_TOLD: "le patient reçoit la nouvelle adresse par e-mail",
    Fate.PLACE_UNTOLD: "pas d’e-mail, prévenez le patient de la nouvelle adresse",
}


@dataclass(frozen=True, slots=True)
class Told:
    """`lines`: the first visits that the person sees, each with what happens to it, where that is not `same` for all; `rest`:
    those after them, `others`: how many they do not see. `seal`: with which they go on.
    """

    lines: list[tuple[Appointment, str]]
    rest: list[tuple[Appointment, str]]
    same: str
    others: int
    seal: str

    @property
    def several_clocks(self) -> bool:
        return are_several(one.schedule.location.zone for one, _ in self.lines + self.rest)

    @property
    def count(self) -> int:
        return len(self.lines) + len(self.rest) + self.others


def told_of(found: TouchesVisits | None, actor: Actor) -> Told | None:
    """One query."""
    if found is None:
        return None
    keys = [one.appointment.pk for one in found.touched]
    seen = set(Appointment.objects.kept_by(actor).filter(pk__in=keys).values_list("pk", flat=True))
    kept = [one for one in found.touched if one.appointment.pk in seen]
    said = {said_of(one) for one in found.touched}
    same = said.pop() if len(said) == 1 else ""
    lines = [(one.appointment, "" if same else said_of(one)) for one in kept]
    return Told(lines[:LISTED], lines[LISTED:], same, len(keys) - len(kept), found.seal)


def said_of(one: Touched) -> str:
    """Reste à son heure, hors des horaires."""
    return sentence(" ; ".join(_words(one.fates)))


def _words(fates: Sequence[Fate]) -> list[str]:
    return [_WORDS[fate] for fate in fates]
