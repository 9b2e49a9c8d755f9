"""« Vu du SAS »: start by start what a viewer is shown of a practitioner, and of every other start why it is not.

What is shown is what the search itself computes (`free_slots`); the rest is `explain`'s verdict, with the row that stands in the
way and the page where it can be changed.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.french import fold
from accounts.rights import Actor
from accounts.zones import are_several, there
from appointments.models import Schedule
from appointments.openings.recurrence import local_day, moment_of, next_number, number_of, seconds
from appointments.setup.eyes import Eye
from appointments.setup.hidden import Hidden, Why, Words, audiences_of, withheld
from appointments.slots.availability import free_slots
from appointments.slots.border import Withheld
from appointments.slots.explain import Verdict, judge
from appointments.slots.reader import read_frames
from appointments.slots.values import Frame, Offered, OpenRule

DAYS = 3  # as the platform asks for
_DAY = timedelta(days=1)


class _Item(NamedTuple):
    start: int
    end: int
    schedule: Schedule
    audiences: tuple[str, ...]
    modes: tuple[str, ...]
    hidden: Hidden | None


@dataclass(frozen=True, slots=True)
class Line:
    """Starts of one agenda that follow each other and are alike. `clock` is named where there are several; `place` is blank where
    it is that of the line before.
    """

    start: datetime
    count: int
    schedule: Schedule
    clock: str
    place: str
    audiences: tuple[str, ...]
    modes: tuple[str, ...]
    hidden: Hidden | None


@dataclass(frozen=True, slots=True)
class SeenDay:
    day: date
    lines: list[Line]
    shown: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Seen:
    """`whys`: how many starts are hidden by each cause, most first. `slots`: (agenda, start, end) of all that is shown."""

    days: list[SeenDay]
    shown: int
    whys: list[tuple[Why, int]]
    slots: frozenset[tuple[uuid.UUID, int, int]]

    @property
    def hidden(self) -> int:
        return sum(count for _, count in self.whys)

    @property
    def total(self) -> int:
        return self.shown + self.hidden


@dataclass(frozen=True)
class Looking:
    """Who looks at these agendas, from which day on, as if it were `moment`; `now` is the present. `actor` reads the page.

    `manages`: the agendas whose rules they may change; `withheld`: those of which the border sends nothing.
    """

    schedules: Sequence[Schedule]
    eye: Eye
    first_day: date
    moment: datetime
    now: datetime
    zone: ZoneInfo
    actor: Actor
    manages: frozenset[uuid.UUID] = frozenset()
    closable: frozenset[uuid.UUID] = frozenset()
    withheld: dict[uuid.UUID, Withheld] | None = None

    @property
    def since(self) -> datetime:
        return max(self.moment, moment_of(seconds(self.first_day, time.min, self.zone)))

    @property
    def until(self) -> datetime:
        """The last second of the last day."""
        return moment_of(seconds(self.first_day + DAYS * _DAY, time.min, self.zone) - 1)

    def seen(self, why: Why | None = None, *, shown_only: bool = False) -> Seen:
        """`why`: of the hidden ones only those. Six queries, whatever there is."""
        items = sorted(self._items(), key=lambda one: (one.start, one.end, fold(one.schedule.location.name)))
        counted = Counter(one.hidden.why for one in items if one.hidden is not None)
        days = []
        for count in range(DAYS):
            day = self.first_day + count * _DAY
            of_day = [one for one in items if local_day(one.start, self.zone) == day]
            asked = [one for one in of_day if _is_asked(one, why, shown_only)]
            shown = sum(one.hidden is None for one in of_day)
            days.append(SeenDay(day, self._lines(asked), shown, len(of_day) - shown))
        return Seen(
            days=days,
            shown=sum(one.hidden is None for one in items),
            whys=counted.most_common(),
            slots=frozenset((one.schedule.id, one.start, one.end) for one in items if one.hidden is None),
        )

    def _lines(self, items: Iterable[_Item]) -> list[Line]:
        found: list[Line] = []
        for _, group in groupby(items, key=lambda one: (one.schedule.id, one.end - one.start, *one[3:])):
            first, *others = group
            place = first.schedule.location
            is_new = len(self.schedules) > 1 and not (found and found[-1].schedule.location_id == place.pk)
            line = Line(
                start=moment_of(first.start),
                count=1 + len(others),
                schedule=first.schedule,
                clock=there(place.zone, always=True) if self._several_clocks else "",
                place=place.name if is_new else "",
                audiences=first.audiences,
                modes=first.modes,
                hidden=first.hidden,
            )
            found.append(line)
        return found

    @property
    def _several_clocks(self) -> bool:
        return are_several(one.location.zone for one in self.schedules)

    @cached_property
    def _window(self) -> tuple[int, int, int]:
        return next_number(self.since), number_of(self.until), next_number(self.moment)

    @cached_property
    def _frames(self) -> dict[uuid.UUID, Frame]:
        since, until, _ = self._window
        frames = read_frames(self.schedules, since=since, until=until) if self.schedules else {}
        if self.moment == self.now:
            return frames
        # Holds last some minutes: at another moment there are none of these any more.
        return {
            key: replace(frame, taken=[one for one in frame.taken if not one.held]) for key, frame in frames.items()
        }

    def _items(self) -> Iterable[_Item]:
        since, until, now = self._window
        for schedule in self.schedules:
            frame = self._frames[schedule.id]
            kept = withheld(self.withheld[schedule.id]) if self.withheld and schedule.id in self.withheld else None
            offered: set[int] = set()
            for start, end, offer in free_slots(frame, self.eye.viewer, since=since, until=until, now=now):
                offered.add(start)
                yield _Item(start, end, schedule, *_marks(offer), kept)
            for start, verdict in self._judged[schedule.id].items():
                if start not in offered:
                    yield _Item(
                        start, verdict.end, schedule, *_rule_marks(verdict.rule), self._words.hidden(schedule, verdict)
                    )

    @cached_property
    def _judged(self) -> dict[uuid.UUID, dict[int, Verdict]]:
        since, until, now = self._window
        return {
            one.id: judge(self._frames[one.id], self.eye.viewer, since=since, until=until, now=now)
            for one in self.schedules
        }

    @cached_property
    def _words(self) -> Words:
        return Words(
            schedules=self.schedules,
            frames=self._frames,
            judged=self._judged,
            eye=self.eye,
            moment=self.moment,
            actor=self.actor,
            manages=self.manages,
            closable=self.closable,
            several_clocks=self._several_clocks,
        )


def _is_asked(item: _Item, why: Why | None, shown_only: bool) -> bool:
    if shown_only:
        return item.hidden is None
    return why is None or (item.hidden is not None and item.hidden.why is why)


def _marks(offer: Offered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return offer.audiences, tuple(offer.consultation_types)


def _rule_marks(rule: OpenRule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return audiences_of(rule), rule.consultation_types
