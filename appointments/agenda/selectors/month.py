"""A month of some practitioners: how much stands in each day, how much is free, why nobody is received."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.french import listed
from appointments.agenda.selectors.reading import Reading, Whose
from appointments.openings.recurrence import local_day, moment_of, next_number, occurrences
from appointments.pages.breaks import Break, breaks_on
from appointments.slots.availability import free_slots
from appointments.slots.selectors import AHEAD
from appointments.slots.values import PRACTICE


@dataclass(frozen=True, slots=True)
class Day:
    """`count`: of standing visits, `free`: of starts still free. `told`: why nobody is received, some of the day or all of it;
    of several practitioners with whose it is. `is_open`: somebody receives, absences aside.
    """

    day: date
    count: int
    free: int
    told: tuple[str, ...]
    is_open: bool

    @property
    def is_empty(self) -> bool:
        return not (self.count or self.free or self.told or self.is_open)


def month_of(reading: Reading, *, now: datetime) -> list[Day]:
    """The days of the reading. One query, whatever there is, and one for whom some absences are not to be read."""
    count, free, opened = Counter[date](), Counter[date](), set[date]()
    for person in reading.people:
        count += _visits(reading, person)
        free += _free(reading, person, now)
        opened |= _open_days(reading, person)
    return [Day(day, count[day], free[day], _told(reading, day), day in opened) for day in reading.days]


def _visits(reading: Reading, person: Whose) -> Counter[date]:
    """On the day on which they begin; where one sees no more than that time is taken, none."""
    return Counter(
        local_day(one.start, reading.zone)
        for agenda in person.seen
        for one in reading.frames[agenda.id].taken
        if one.here and not one.held
    )


def _free(reading: Reading, person: Whose, now: datetime) -> Counter[date]:
    since, until = reading.window
    if reading.bounds.start > now + AHEAD:
        return Counter()
    starts = {
        (agenda.id, start)
        for agenda in person.seen
        for start, _, _ in free_slots(
            reading.frames[agenda.id], PRACTICE, since=since, until=until, now=next_number(now)
        )
    }
    return Counter(local_day(start, reading.zone) for _, start in starts)


def _open_days(reading: Reading, person: Whose) -> set[date]:
    since, until = reading.window
    found = set()
    for agenda in (*person.seen, *person.busy):
        frame = reading.frames[agenda.id]
        for rule in frame.rules if agenda.active else ():
            for one in occurrences(rule.recurrence, frame.zone, since=since, until=until):
                if rule.recurrence.is_on(one.day, frame.holidays):
                    found.add(moment_of(one.start).astimezone(reading.zone).date())
    return found


def _told(reading: Reading, day: date) -> tuple[str, ...]:
    by_words: dict[str, list[str]] = {}
    for person in reading.people:
        receiving = [one for one in person.seen if one.active] or person.seen
        untold = reading.untold(person)
        for one in _longest(breaks_on(day, receiving, reading.frames, reading.zone)):
            if one.id not in untold:
                by_words.setdefault(one.sentence, []).append(person.practitioner.name)
    everybody = len(reading.people)
    return tuple(
        words if everybody == 1 or len(names) == everybody else f"{words} ({listed(names)})"
        for words, names in by_words.items()
    )


def _longest(breaks: Iterable[Break]) -> Sequence[Break]:
    """What stands in other calendars may be a dozen a day: it is in the day's own page."""
    return [one for one in breaks if one.kind != "other"]
