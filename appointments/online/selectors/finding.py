"""Finding somebody: by name, specialty and town, the soonest free first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

from django.db.models import Q

from accounts.enums import Profession, specialties
from accounts.models import Practitioner
from appointments.models import Location, Schedule
from appointments.online.selectors.agendas import next_hours, online_agendas, reachable
from appointments.online.words import SHORT, called, closest, is_meant, words_of
from appointments.slots.selectors import Slot
from appointments.slots.wishes import Wish

# Of those that are found: more are asked for a town.
MOST = 40


@dataclass(frozen=True, slots=True)
class Result:
    """A practitioner, where they are booked, and their next hours (three at most)."""

    practitioner: Practitioner
    schedules: tuple[Schedule, ...]
    hours: tuple[Slot, ...]

    @property
    def locations(self) -> list[Location]:
        return [one.location for one in self.schedules]

    @property
    def new_patients(self) -> bool:
        return any(one.new_patients for one in self.schedules)


@dataclass(frozen=True, slots=True)
class Found:
    """`read_as`: what was looked for instead, where nobody is called what was typed. `is_cut`: there are more."""

    results: list[Result]
    read_as: str = ""
    is_cut: bool = False


def find(what: str, where: str, *, mode: str, now: datetime) -> Found:
    """Six queries at most, whoever there is."""
    wanted, town = words_of(what), words_of(where)
    schedules = _agendas(wanted, town)
    read_as = ""
    if not schedules and (wanted or town):
        corrected = _respelled(wanted, town)
        if corrected is not None:
            schedules = _agendas(*corrected)
            read_as = " ".join([*corrected[0], *corrected[1]]) if schedules else ""
    results = results_of(schedules[:MOST], Wish(mode=mode), now=now)
    if mode:
        results = [one for one in results if one.hours]
    return Found(results, read_as, len(schedules) > MOST)


def results_of(schedules: Sequence[Schedule], wish: Wish, *, now: datetime) -> list[Result]:
    """The soonest free first, then by name."""
    found = next_hours(schedules, wish, now=now)
    together: dict[Practitioner, list[Schedule]] = {}
    for one in schedules:
        together.setdefault(one.practitioner, []).append(one)
    results = [
        Result(practitioner, tuple(theirs), tuple(found.get(practitioner.pk, ())))
        for practitioner, theirs in together.items()
    ]
    # As they come, by name.
    return sorted(results, key=lambda one: (not one.hours, one.hours[0].start if one.hours else now))


def _agendas(wanted: Sequence[str], town: Sequence[str]) -> list[Schedule]:
    rows = online_agendas()
    if wanted:
        rows = rows.filter(reduce(and_, map(_is_called, wanted)))
    if town:
        rows = rows.filter(reduce(and_, map(_is_at, town)))
    whose = "calendar__practitioner"
    ordered = rows.order_by(
        f"{whose}__family_name__folded", f"{whose}__given_name__folded", whose, "location__name__folded"
    )
    return reachable(ordered[: MOST + 1])


def _is_called(word: str) -> Q:
    """By name, by what they do, by where they do it: some type the town here too."""
    whose, meant = "calendar__practitioner", called(word)
    codes = [code for code, label in specialties().items() if is_meant(meant, label)]
    professions = [code for code, label in Profession.choices if is_meant(meant, str(label))]
    # All physicians, not only those whose specialty says so.
    professions += [Profession.PHYSICIAN] if meant == "medecine" else []
    condition = Q(**{f"{whose}__family_name__folded__contains": word})
    condition |= Q(**{f"{whose}__given_name__folded__startswith": word}) | Q(location__name__folded__contains=word)
    condition |= Q(**{f"{whose}__specialty_codes__overlap": codes}) | Q(**{f"{whose}__profession__in": professions})
    return condition | (_is_at(word) if word.isdecimal() else _in_town(word))


def _is_at(word: str) -> Q:
    if word.isdecimal():
        return Q(location__postal_code__startswith=word)
    return _in_town(word) | Q(location__postal_code__startswith=word)


def _in_town(word: str) -> Q:
    found = Q(location__city__folded__contains=word)
    return found | Q(location__city__folded__startswith=SHORT[word]) if word in SHORT else found


def _respelled(wanted: Sequence[str], town: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The same with each word as the nearest one that is known; None where nothing is near. Two queries."""
    names = (
        online_agendas()
        .order_by()
        .values_list("calendar__practitioner__family_name", "calendar__practitioner__given_name")
    )
    known = {word for pair in names.distinct() for name in pair for word in words_of(name)}
    known |= {word for label in (*specialties().values(), *map(str, Profession.labels)) for word in words_of(label)}
    cities = online_agendas().order_by().values_list("location__city", flat=True).distinct()
    towns = {word for city in cities for word in words_of(city)}
    read = [word if word.isdecimal() else closest(called(word), known | towns) or word for word in wanted]
    there = [word if word.isdecimal() else closest(word, towns) or word for word in town]
    return None if (read, there) == (list(wanted), list(town)) else (read, there)
