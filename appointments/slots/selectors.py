"""Free slots of schedules: what the database knows, handed to `availability`. Four queries, whatever the number of schedules."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appointments.enums import AppointmentType, ConsultationType, SlotType
from appointments.models import Absence, Appointment, AvailabilityRule, Reason, Schedule
from appointments.openings.recurrence import Interval, WeeklyRule
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.slot_key import SlotKey

# Nothing is offered further ahead; and arithmetic near the calendar's end (year 9999) overflows.
AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rule offers in each of its slots. Codes are in the order of the enums."""

    slot_types: tuple[SlotType, ...]
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
    busy = busy_intervals({schedule.practitioner_id for schedule in schedules}, since=since, until=until)
    found: list[Slot] = []
    for schedule in schedules:
        computed = free_slots(rules[schedule.id], busy[schedule.practitioner_id], since=since, until=until)
        # After the computation: where two rules give the same slot, every reader sees the same one win.
        found.extend(_slot(schedule, free) for free in computed if free.offer.slot_types or not published_only)
    return sorted(found, key=lambda slot: (slot.start, slot.end, slot.schedule.location.name, slot.schedule.id))


def free_slot(key: SlotKey, *, schedule: Schedule, now: datetime, published_only: bool) -> Slot | None:
    """The slot of this key if it is free at this very moment, else None."""
    candidates = free_slots_of([schedule], since=key.start, until=key.start, now=now, published_only=published_only)
    return next((slot for slot in candidates if slot.end == key.end), None)


def publishes(schedules: Collection[Schedule]) -> bool:
    """Whether any of these shows slots outside its practice, today or another day. One query."""
    return AvailabilityRule.objects.filter(schedule__in=schedules, slot_types__len__gt=0).exists()


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
    practitioner_ids: Iterable[uuid.UUID], *, since: datetime, until: datetime
) -> dict[uuid.UUID, list[Interval]]:
    """Everything that holds these practitioners, at whatever place: absences and standing appointments. Two queries."""
    ids = list(practitioner_ids)
    # A slot that starts at `until` still needs to know what comes during it.
    reach = until + timedelta(hours=4)
    busy: dict[uuid.UUID, list[Interval]] = defaultdict(list)
    absences = Absence.objects.filter(practitioner__in=ids).overlapping(since, reach)
    appointments = Appointment.objects.filter(practitioner__in=ids).standing().overlapping(since, reach)
    for rows in (absences, appointments):
        for practitioner_id, start, end in rows.order_by().values_list("practitioner_id", "start", "end"):
            busy[practitioner_id].append(Interval(start, end))
    return busy


def _rules_by_schedule(schedules: Collection[Schedule]) -> dict[uuid.UUID, list[WeeklyRule[Offer]]]:
    zones = {schedule.id: schedule.location.zone for schedule in schedules if schedule.active}
    rows = AvailabilityRule.objects.filter(schedule__in=list(zones)).prefetch_related("reasons")
    rules: dict[uuid.UUID, list[WeeklyRule[Offer]]] = defaultdict(list)
    for row in rows:
        rules[row.schedule_id].append(
            WeeklyRule(
                weekdays=frozenset(row.weekdays),
                opens=row.start_time,
                closes=row.end_time,
                slot_minutes=row.slot_minutes,
                time_zone=zones[row.schedule_id],
                first_day=row.first_day,
                last_day=row.last_day,
                offer=Offer(
                    slot_types=tuple(kind for kind in SlotType if kind in row.slot_types),
                    consultation_types=tuple(kind for kind in ConsultationType if kind in row.consultation_types),
                    appointment_type=AppointmentType(row.appointment_type),
                    reasons=tuple(reason for reason in row.reasons.all() if reason.active),
                ),
            )
        )
    return rules


def _slot(schedule: Schedule, free: FreeSlot[Offer]) -> Slot:
    return Slot(schedule, free.start, free.end, free.offer)
