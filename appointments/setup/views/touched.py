"""What a change touches, as whoever makes it reads it before it is saved: the visits they see one by one, with what becomes of
each; the others counted.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict

from accounts.french import hour, sentence, short_date, to
from accounts.rights import Actor
from accounts.zones import are_several, there
from appointments.enums import Origin
from appointments.messages.reach import look_up_refusals
from appointments.models import Appointment
from appointments.setup.services.changes import Fate, Touched, TouchesVisits
from appointments.setup.services.fates import CANCEL, KEEP, MOST, MOVE, Answers, Ways, given_to, moved_to

# What is read at first sight; the rest is unfolded.
LISTED = 12
_WORDS = {
    Fate.OUTSIDE: "reste à son heure, hors des horaires",
    Fate.ABSENCE: "reste pris pendant l’absence",
    Fate.CLOSURE: "reste pris pendant la fermeture",
    Fate.AGENDA_CLOSED: "reste pris, l’agenda fermé",
    Fate.PLACE_TOLD: "le patient reçoit la nouvelle adresse par e-mail",
    Fate.PLACE_UNTOLD: "aucun message ne l’atteint, prévenez le patient de la nouvelle adresse",
}
# Fields of the list; a visit's own end in its key. The « shown » ones say what was there before somebody touched it.
_CHOICE, _SHOWN, _TELL = "sort-", "sort-montre-", "prevenir-"
_FOR_ALL, _FOR_ALL_SHOWN = "sort-pour-tous", "sort-pour-tous-montre"

# Value, words, and as which it answers to what is chosen for all.
Option = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A visit. `said`: what happens to it if it is kept, where that is not the same for all. `options` are empty where the person
    may not change it; `told`: whether its patient is sent a message; `problem`: why what was chosen can't be done.
    `place_changes`: there is something to be told even where it is kept.
    """

    visit: Appointment
    said: str
    options: tuple[Option, ...] = ()
    chosen: str = KEEP
    told: bool = True
    problem: str = ""
    place_changes: bool = False

    @property
    def is_of_the_sas(self) -> bool:
        return self.visit.origin == Origin.REGULATOR


@dataclass(frozen=True, slots=True)
class Told:
    """`lines`: the first visits that the person sees; `rest`: those after them, `others`: how many they do not see. `seal`: with
    which they go on. `for_all`: what they may choose for all that nobody touched, and what they chose.
    """

    lines: list[Line]
    rest: list[Line]
    same: str
    others: int
    seal: str
    options: list[tuple[str, str]]
    for_all: str

    @property
    def several_clocks(self) -> bool:
        return are_several(one.visit.schedule.location.zone for one in self.lines + self.rest)

    @property
    def count(self) -> int:
        return len(self.lines) + len(self.rest) + self.others

    @property
    def most(self) -> int:
        """So many are chosen here, where there are more; else 0."""
        return MOST if len(self.lines) + len(self.rest) > MOST else 0

    @property
    def has_problems(self) -> bool:
        return any(one.problem for one in self.lines + self.rest)


def answers_of(sent: MultiValueDict[str, str]) -> Answers:
    """What a list that was sent says. A field that names no visit says nothing."""
    chosen: dict[uuid.UUID, str] = {}
    shown: dict[uuid.UUID, str] = {}
    told: set[uuid.UUID] = set()
    for name in sent:
        for prefix in (_SHOWN, _CHOICE, _TELL):
            if name.startswith(prefix) and (visit := _key(name.removeprefix(prefix))) is not None:
                if prefix == _TELL:
                    told.add(visit)
                else:
                    (shown if prefix == _SHOWN else chosen)[visit] = str(sent[name])
                break
    return Answers(
        chosen=chosen,
        shown=shown,
        told=told,
        for_all=str(sent.get(_FOR_ALL, "")),
        for_all_shown=str(sent.get(_FOR_ALL_SHOWN, "")),
    )


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def told_of(found: TouchesVisits | None, actor: Actor) -> Told | None:
    """Two queries."""
    if found is None:
        return None
    keys = [one.appointment.pk for one in found.touched]
    seen = set(Appointment.objects.kept_by(actor).filter(pk__in=keys).values_list("pk", flat=True))
    kept = [one for one in found.touched if one.appointment.pk in seen]
    look_up_refusals(one.appointment for one in kept)
    said = {_words(one.fates) for one in found.touched}
    same = said.pop() if len(said) == 1 else ""
    lines = [_line(one, "" if same else said_of(one), found) for one in kept]
    return Told(
        lines[:LISTED],
        lines[LISTED:],
        same,
        len(keys) - len(kept),
        found.seal,
        _for_all(found.ways),
        found.answers.for_all,
    )


def _line(one: Touched, said: str, found: TouchesVisits) -> Line:
    visit, answers = one.appointment, found.answers
    problem = found.problems.get(visit.pk, "")
    ways = found.ways.get(visit.pk)
    if ways is None:
        return Line(visit, said, problem=problem)
    return Line(
        visit,
        said,
        options=tuple(_options(visit, ways)),
        chosen=answers.choice(visit.pk, ways),
        told=answers.tells(visit.pk),
        problem=problem,
        place_changes=bool({Fate.PLACE_TOLD, Fate.PLACE_UNTOLD} & set(one.fates)),
    )


def _options(visit: Appointment, ways: Ways) -> list[Option]:
    zone = visit.schedule.location.zone
    found = [(KEEP, "Garder", KEEP)]
    for index, start in enumerate(ways.moves):
        local = start.astimezone(zone)
        words = f"{short_date(local.date())} à {hour(local)}{there(zone)}"
        found.append((moved_to(start), words, "" if index else MOVE))
    for schedule in ways.takers:
        apart = "" if schedule.location_id == visit.schedule.location_id else f", {schedule.location.name}"
        words = f"{schedule.practitioner}{apart}, même heure"
        found.append((given_to(schedule), words, given_to(schedule)))
    return [*found, (CANCEL, "Annuler", CANCEL)]


def _for_all(ways: Mapping[uuid.UUID, Ways]) -> list[tuple[str, str]]:
    """What at least one of them may be."""
    found = {KEEP: "Garder"}
    if any(one.moves for one in ways.values()):
        found[MOVE] = "Déplacer à l’heure proposée"
    for one in ways.values():
        for schedule in one.takers:
            found[given_to(schedule)] = f"Confier {to(schedule.practitioner)}, {schedule.location.name}"
    return [*(found | {CANCEL: "Annuler"}).items()] if ways else []


def said_of(one: Touched) -> str:
    """Reste à son heure, hors des horaires."""
    return sentence(_words(one.fates))


def _words(fates: Sequence[Fate]) -> str:
    return " ; ".join(_WORDS[fate] for fate in fates)
