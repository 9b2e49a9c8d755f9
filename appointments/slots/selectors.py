"""Free slots of schedules: what the database knows, handed to `availability`. Five queries, whatever the number of schedules."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import Absence, Appointment, Reason, ReasonAt, Rule, RuleOffer, Schedule
from appointments.openings.recurrence import Interval, WeeklyRule, whole_days
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.slot_key import SlotKey

# Nothing is offered further ahead; and arithmetic near the calendar's end (year 9999) overflows.
AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rule offers in each of its slots. Codes are in the order of the enums."""

    audiences: tuple[Audience, ...]
    consultation_types: tuple[ConsultationType, ...]
    appointment_type: AppointmentType
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A free slot of one schedule. `start` and `end` are aware, in UTC; `schedule` comes with its place and practitioner."""

    schedule: Schedule
    start: datetime
    end: datetime
    offer: Offer

    @property
    def key(self) -> SlotKey:
        return SlotKey(self.schedule.id, self.start, self.minutes)

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    @property
    def is_walk_in(self) -> bool:
        """The patient simply comes: the SAS shows the hour, and nobody books it through the SAS."""
        return self.offer.appointment_type == AppointmentType.WALKIN


def free_slots_of(
    schedules: Collection[Schedule], *, since: datetime, until: datetime, now: datetime, published_only: bool
) -> list[Slot]:
    """Free slots starting within [since, until], not before `now` and within `AHEAD` of it, by time then schedule.

    `schedules` must be loaded `with_place()`. `published_only` leaves out the slots without slot type, which the practice
    keeps for itself.
    """
    since, until = max(since, now), min(until, now + AHEAD)
    if not schedules or since > until:
        return []
    rules = _rules_by_schedule(schedules)
    busy = busy_intervals(schedules, since=since, until=until)
    found: list[Slot] = []
    for schedule in schedules:
        computed = free_slots(rules[schedule.id], busy[schedule.id], since=since, until=until)
        # After the computation: where two rules give the same slot, every reader sees the same one win.
        found.extend(_slot(schedule, free) for free in computed if free.offer.audiences or not published_only)
    return sorted(found, key=lambda slot: (slot.start, slot.end, slot.schedule.location.name, slot.schedule.id))


def free_slot(key: SlotKey, *, schedule: Schedule, now: datetime, published_only: bool) -> Slot | None:
    """The slot of this key if it is free at this very moment, else None."""
    candidates = free_slots_of([schedule], since=key.start, until=key.start, now=now, published_only=published_only)
    return next((slot for slot in candidates if slot.end == key.end), None)


def publishes(schedules: Collection[Schedule]) -> bool:
    """Whether any of these shows slots outside its practice, today or another day. One query."""
    return RuleOffer.objects.filter(schedule__in=schedules, open=True).exists()


def nearest_slots(
    schedules: Collection[Schedule], *, around: datetime, now: datetime, count: int, published_only: bool
) -> list[Slot]:
    """The `count` free slots closest to `around` within the day before and the seven days after, in time order.

    They are to be booked: with `published_only` (a regulator looks), those where the patient simply comes are left out.
    """
    if around > now + AHEAD:
        return []
    candidates = free_slots_of(
        schedules,
        since=around - timedelta(days=1),
        until=around + timedelta(days=7),
        now=now,
        published_only=published_only,
    )
    bookable = [slot for slot in candidates if not (published_only and slot.is_walk_in)]
    closest = sorted(bookable, key=lambda slot: (abs(slot.start - around), slot.start))[:count]
    return sorted(closest, key=lambda slot: slot.start)


def busy_intervals(
    schedules: Collection[Schedule], *, since: datetime, until: datetime
) -> dict[uuid.UUID, list[Interval]]:
    """By schedule, everything that holds its line of time, at whatever place: absences and standing appointments.

    Two queries.
    """
    # A slot that starts at `until` still needs to know what comes during it.
    reach = until + timedelta(hours=4)
    away = absences_of(schedules, since=since, until=reach)
    calendars = {schedule.calendar_id for schedule in schedules}
    rows = Appointment.objects.filter(calendar__in=calendars).standing().overlapping(since, reach)
    booked: dict[uuid.UUID, list[Interval]] = defaultdict(list)
    for calendar_id, start, end in rows.order_by().values_list("calendar_id", "start", "end"):
        booked[calendar_id].append(Interval(start, end))
    return {
        schedule.id: [one.interval for one in away[schedule.id]] + booked[schedule.calendar_id]
        for schedule in schedules
    }


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as it is at one place: whole days go from that place's own midnight to its midnight."""

    row: Absence
    interval: Interval


def absences_of(schedules: Collection[Schedule], *, since: datetime, until: datetime) -> dict[uuid.UUID, list[Away]]:
    """By schedule, the absences that touch [since, until) there, in time order. One query."""
    calendars = {schedule.calendar_id for schedule in schedules}
    rows = list(Absence.objects.filter(calendar__in=calendars).touching(since, until))
    found: dict[uuid.UUID, list[Away]] = {}
    for schedule in schedules:
        here = [
            Away(row, period_interval(row, schedule.location.zone))
            for row in rows
            if row.calendar_id == schedule.calendar_id and row.schedule_id in (None, schedule.id)
        ]
        touching = [one for one in here if one.interval.start < until and one.interval.end > since]
        found[schedule.id] = sorted(touching, key=lambda one: one.interval.start)
    return found


def period_interval(row: Absence, zone: ZoneInfo) -> Interval:
    """When it is, at a place of this zone."""
    if row.first_day is not None and row.last_day is not None:
        return whole_days(row.first_day, row.last_day, zone)
    return Interval(row.start, row.end)  # type: ignore[arg-type]  # the other of the two forms


def _rules_by_schedule(schedules: Collection[Schedule]) -> dict[uuid.UUID, list[WeeklyRule[Offer]]]:
    zones = {schedule.id: schedule.location.zone for schedule in schedules if schedule.active}
    rows = Rule.objects.filter(schedule__in=list(zones)).prefetch_related("offers")
    done: dict[uuid.UUID, list[ReasonAt]] = defaultdict(list)
    for one in ReasonAt.objects.filter(schedule__in=list(zones), active=True, reason__active=True).select_related(
        "reason"
    ):
        done[one.schedule_id].append(one)
    rules: dict[uuid.UUID, list[WeeklyRule[Offer]]] = defaultdict(list)
    for row in rows:
        closed = {offer.reason_id for offer in row.offers.all() if not offer.open}
        rules[row.schedule_id].append(
            WeeklyRule(
                weekdays=frozenset(row.weekdays),
                opens=row.start_time,
                closes=row.end_time,
                step_minutes=row.step_minutes,
                time_zone=zones[row.schedule_id],
                first_day=row.first_day,
                last_day=row.last_day,
                offer=Offer(
                    audiences=tuple(row.audiences),
                    consultation_types=tuple(kind for kind in ConsultationType if kind in row.consultation_types),
                    appointment_type=AppointmentType(row.appointment_type),
                    reasons=tuple(
                        one.reason
                        for one in done[row.schedule_id]
                        if one.lasts <= row.step_minutes and one.reason_id not in closed
                    ),
                ),
            )
        )
    return rules


def _slot(schedule: Schedule, free: FreeSlot[Offer]) -> Slot:
    return Slot(schedule, free.start, free.end, free.offer)
