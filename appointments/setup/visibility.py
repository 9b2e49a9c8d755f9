"""What opening a rule, or closing it, would change: the next seven days as each viewer would see them."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.french import NBSP, counted, day_and_hour, fold, relative_day, sentence
from accounts.models import Organization
from accounts.zones import are_several, there
from appointments.enums import SetupKind
from appointments.models import CommunityMember, ReasonAt, Rule, Schedule, SetupChange
from appointments.models.setup import SetupChangeQuerySet
from appointments.openings.grants import Granted, Grants, granted
from appointments.openings.recurrence import local_day, moment_of, next_number, seconds
from appointments.setup.eyes import Eye
from appointments.setup.services.words import SHOWN
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.reader import read_frames
from appointments.slots.values import PRACTICE, Frame, Offer, OpenRule

DAYS = 7
SHOWN_DAYS = 3
LOGGED = 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one viewer would see: `before` and `after` by day; `first`: the first slot, with its agenda."""

    eye: Eye
    before: Mapping[date, int]
    after: Mapping[date, int]
    first: tuple[datetime, Schedule] | None

    @property
    def more(self) -> int:
        """Slots more in all days looked at; fewer where it is negative."""
        return sum(self.after.values()) - sum(self.before.values())


@dataclass(frozen=True, slots=True)
class Bar:
    """`fill`: the tenth, in percent, that its bar is full."""

    day: date
    count: int
    fill: int


class Preview:
    """The days from today on. Three queries, whatever there is."""

    def __init__(self, schedules: Sequence[Schedule], eyes: Sequence[Eye], *, zone: ZoneInfo, now: datetime) -> None:
        self.schedules, self.eyes, self.zone, self.now = schedules, eyes, zone, now
        self.several_clocks = are_several(one.location.zone for one in schedules)
        self.today = now.astimezone(zone).date()
        self.since = next_number(now)
        self.until = seconds(self.today + DAYS * _DAY, time.min, zone) - 1
        self.frames = read_frames(schedules, since=self.since, until=self.until) if schedules else {}

    def starts_of(self) -> dict[uuid.UUID, int]:
        """Of each rule, how many slots the practice itself could book by it."""
        found = {}
        for frame in self.frames.values():
            for rule in frame.rules:
                found[rule.id] = len(self._slots(replace(frame, rules=[rule])))
        return found

    def sights(self, changed: Mapping[uuid.UUID, Grants]) -> list[Sight]:
        """As each viewer sees it, these rules shown so."""
        after = {key: _shown_so(frame, changed) for key, frame in self.frames.items()} if changed else self.frames
        found = []
        for eye in self.eyes:
            slots = self._seen(after, eye)
            before = self._by_day(self._seen(self.frames, eye)) if changed else self._by_day(slots)
            first = min(slots, key=lambda one: one[0], default=None)
            found.append(Sight(eye, before, self._by_day(slots), (moment_of(first[0]), first[1]) if first else None))
        return found

    def bars(self, sight: Sight) -> list[Bar]:
        days = [self.today + count * _DAY for count in range(SHOWN_DAYS)]
        most = max((sight.after[day] for day in days), default=0)
        return [Bar(day, sight.after[day], -(-10 * sight.after[day] // most) * 10 if most else 0) for day in days]

    def said(self, sights: Sequence[Sight]) -> str:
        """Demain, la régulation verra 6 créneaux, le public aucun. Of tomorrow, or of the first day that changes."""
        today, tomorrow, *later = (self.today + count * _DAY for count in range(DAYS))
        days = (tomorrow, today, *later)
        changing = [day for day in days if any(one.before[day] != one.after[day] for one in sights)]
        seeing = [day for day in days if any(one.after[day] for one in sights)]
        day = (changing or seeing or [tomorrow])[0]
        (first, *others) = ((_WHO.get(one.eye.key, one.eye.who), one.after[day]) for one in sights)
        sees = f"{first[0]} {_sees(first[1])}"
        parts = [sees, *(f"{who} {count or 'aucun'}" for who, count in others)]
        return f"{sentence(relative_day(day, self.today))}, {', '.join(parts)}."

    def differences(self, sights: Sequence[Sight]) -> list[str]:
        """Les professionnels verront 6 créneaux de plus en sept jours."""
        return [
            f"{sentence(_WHO.get(one.eye.key, one.eye.who))} {'verront' if one.eye.key == 'pro' else 'verra'} "
            f"{counted(abs(one.more), 'créneau', 'créneaux')} de {'plus' if one.more > 0 else 'moins'} en sept jours."
            for one in sights
            if one.more
        ]

    def first_said(self, sight: Sight) -> str:
        """Aujourd’hui à 11 h 45, Cabinet des Lilas; blank: there is none."""
        if sight.first is None:
            return ""
        start, schedule = sight.first
        zone = schedule.location.zone
        return day_and_hour(start.astimezone(zone), self.now.astimezone(zone).date()) + there(
            zone, always=self.several_clocks
        )

    def _slots(self, frame: Frame) -> list[FreeSlot]:
        return free_slots(frame, PRACTICE, since=self.since, until=self.until, now=self.since)

    def _seen(self, frames: Mapping[uuid.UUID, Frame], eye: Eye) -> list[tuple[int, Schedule]]:
        return [
            (start, schedule)
            for schedule in self.schedules
            for start, _, _ in free_slots(
                frames[schedule.id], eye.viewer, since=self.since, until=self.until, now=self.since
            )
        ]

    def _by_day(self, slots: Sequence[tuple[int, Schedule]]) -> Mapping[date, int]:
        return Counter(local_day(start, self.zone) for start, _ in slots)


_WHO = {"sas": "la régulation", "pro": "les professionnels", "patient": "le public"}


def _sees(count: int) -> str:
    """Of one who comes first in the sentence."""
    return f"verra {counted(count, 'créneau', 'créneaux')}" if count else "ne verra aucun créneau"


def _shown_so(frame: Frame, changed: Mapping[uuid.UUID, Grants]) -> Frame:
    """The frame with these rules' offers as they would be."""
    lasts = {one.id: one.minutes for one in frame.reasons}

    def shown(rule: OpenRule) -> OpenRule:
        if rule.id not in changed:
            return rule
        said = granted(changed[rule.id], lasts, step=rule.step, capacity=rule.capacity)
        return replace(rule, offers=tuple(_offer(one) for one in said))

    return replace(frame, rules=[shown(rule) for rule in frame.rules])


def _offer(said: Granted) -> Offer:
    audience, community = said.public
    return Offer(audience.value, community, said.reason, said.is_open, said.window.shown_from, said.window.shown_until)


# --- What the page is made of ------------------------------------------------------------------------------------------
def shown_rules(schedules: Sequence[Schedule], *, now: datetime) -> list[Rule]:
    """Those that are not over, with their places and offers; place by place, in the order of the week. Two queries."""
    rows = Rule.objects.filter(schedule__in=schedules).select_related("schedule__location", "schedule__calendar")
    order = [one.pk for one in schedules]

    def place_in_week(rule: Rule) -> tuple[object, ...]:
        first = rule.first_day if rule.is_one_off else date.min
        return order.index(rule.schedule_id), rule.is_one_off, first, min(rule.weekdays), rule.start_time, rule.pk

    going_on = [
        rule
        for rule in rows.prefetch_related("offers")
        if rule.last_day is None or rule.last_day >= now.astimezone(rule.schedule.location.zone).date()
    ]
    return sorted(going_on, key=place_in_week)


def done_at(schedules: Sequence[Schedule]) -> dict[uuid.UUID, list[ReasonAt]]:
    """The reasons of these agendas, retired ones included, in the order of the lists. One query."""
    found: dict[uuid.UUID, list[ReasonAt]] = {one.pk: [] for one in schedules}
    rows = ReasonAt.objects.filter(schedule__in=schedules).select_related("reason")
    for at in rows.order_by("reason__position", "reason__label_folded", "reason_id"):
        found[at.schedule_id].append(at)
    return found


def communities_of(schedules: Sequence[Schedule], rules: Sequence[Rule] = ()) -> list[Organization]:
    """Those that these agendas' organizations belong to, and those to which something of these rules is open. Two queries."""
    found = {one.community for one in CommunityMember.objects.of({one.organization_id for one in schedules})}
    open_to = {offer.community_id for rule in rules for offer in rule.offers.all() if offer.community_id is not None}
    found |= set(Organization.objects.filter(pk__in=open_to - {one.pk for one in found}))
    return sorted(found, key=lambda one: (fold(one.name), one.pk))


@dataclass(frozen=True, slots=True)
class Opened:
    """One line of the log: who opened what, to whom, or closed it. `is_open`: since then it is shown."""

    change: SetupChange
    said: list[str]
    is_open: bool


def opened_log(changes: SetupChangeQuerySet) -> list[Opened]:
    """The last of these changes that say to whom rules are shown, newest first. One query."""
    found = []
    for change in changes.filter(kind=SetupKind.RULE)[:_LOOKED_THROUGH]:
        said = [(known, before, after) for element, before, after in change.said if (known := _told_of(element))]
        if said:
            lines = [_log_line(*known, before, after) for known, before, after in said]
            found.append(Opened(change, lines, any(_opens(after) for *_, after in said)))
    return found[:LOGGED]


# Among these there are some that tell of it.
_LOOKED_THROUGH = 80


def _opens(after: str) -> bool:
    return after not in ("", "non")


def _told_of(element: str) -> tuple[str, str] | None:
    """The reason, blank for the rule itself, and to whom; None when it tells of something else."""
    if element.startswith(f"{SHOWN} "):
        return "", element.removeprefix(f"{SHOWN} ")
    reason, found, whom = element.partition(f", {SHOWN} ")
    return (reason, whom) if found else None


def _log_line(reason: str, whom: str, before: str, after: str) -> str:
    """Ouvert au public, dès 24 h avant; fermé au SAS; Vaccin : fermé au public."""
    named = f"{reason}{NBSP}: " if reason else ""
    if not _opens(after):
        # What was as the rule is no exception any more.
        return f"{named}comme la règle {whom}" if reason and not after else f"{named}fermé {whom}"
    when = "" if after == "oui" else f", {after}"
    return f"{named}{'délais changés' if _opens(before) else 'ouvert'} {whom}{when}"
