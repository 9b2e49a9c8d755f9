"""How much could be booked with a rule that is being typed.

Nothing is written: the same arithmetic as booking's, on what is read once, with the rule as it would be.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.enums import ConsultationType
from appointments.models import Rule, Schedule
from appointments.openings.recurrence import Recurrence
from appointments.openings.selectors import shown_to
from appointments.openings.values import Opening
from appointments.setup.forms.rules import Scope
from appointments.setup.week import Counted, Frames, read_week
from appointments.slots.values import Frame, Offer, OpenRule


@dataclass(frozen=True, slots=True)
class Effect:
    """`day`: the only one that changes."""

    before: Counted
    after: Counted
    day: date | None

    @property
    def counts(self) -> tuple[int, int]:
        """What can be booked that day, or that week: now, and with it."""
        if self.day is None:
            return self.before.free, self.after.free
        return self.before.by_day.get(self.day, 0), self.after.by_day.get(self.day, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """`rule` (None: a new one) becomes `opening` with these days: on `day` alone, from it on, or as a whole."""

    opening: Opening
    recurrence: Recurrence
    rule: Rule | None
    scope: Scope
    day: date | None


def effect_of(change: Change, schedules: Sequence[Schedule], *, monday: date, zone: ZoneInfo, now: datetime) -> Effect:
    """In the week that begins on `monday`. One query."""
    before = read_week(schedules, monday=monday, zone=zone)
    now_is, would_be = (Counted(frames, monday, zone, now) for frames in (before, changed(before, change)))
    return Effect(now_is, would_be, change.day if change.scope == Scope.DAY else None)


def changed(frames: Frames, change: Change) -> Frames:
    former = next((one for frame in frames.values() for one in frame.rules if _is(one, change.rule)), None)
    left = {key: _without(frame, former, change) for key, frame in frames.items()}
    place = change.opening.schedule_id
    left[place] = replace(left[place], rules=[*left[place].rules, _opened(change, former)])
    return left


def _is(one: OpenRule, rule: Rule | None) -> bool:
    return rule is not None and one.id == rule.id


def _without(frame: Frame, former: OpenRule | None, change: Change) -> Frame:
    """What is left of the rule as it was."""
    rules = []
    for one in frame.rules:
        if one is not former:
            rules.append(one)
        elif change.scope == Scope.DAY and change.day is not None:
            off = one.recurrence.days_off | {change.day}
            rules.append(replace(one, recurrence=replace(one.recurrence, days_off=off)))
        elif change.scope == Scope.ON and change.day is not None:
            ends = change.day - timedelta(days=1)
            rules.append(replace(one, recurrence=replace(one.recurrence, last_day=ends)))
    return replace(frame, rules=rules)


def _opened(change: Change, former: OpenRule | None) -> OpenRule:
    """The rule as it would be; to whom it is shown stays as it is where that is not typed."""
    opening = change.opening
    offers = tuple(
        Offer(one.audience, shown_from=one.shown_from, shown_until=one.shown_until) for one in opening.audiences
    )
    if former is not None and change.rule is not None and set(opening.audiences) == set(shown_to(change.rule)):
        offers = former.offers
    modes = tuple(mode.value for mode in ConsultationType if mode in opening.consultation_types)
    whole = change.scope == Scope.WHOLE and change.rule is not None
    return OpenRule(
        change.rule.id if whole and change.rule is not None else uuid.uuid4(),
        change.recurrence,
        opening.step_minutes,
        opening.capacity,
        modes,
        opening.appointment_type,
        offers,
    )
