"""The agendas in which patients book themselves, and what they are offered there."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from appointments.enums import Audience, CalendarKind
from appointments.models import Reason, RuleOffer, Schedule
from appointments.models.places import ScheduleQuerySet
from appointments.openings.recurrence import number_of
from appointments.slots.availability import candidates_of
from appointments.slots.reader import read_frames
from appointments.slots.selectors import Slot, free_slots_of
from appointments.slots.values import MODES, PATIENT, WALKIN, Frame, Viewer

# How far ahead hours are looked for: near first, as almost all are found there.
NEAR, FAR = timedelta(days=7), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody comes for: a reason (None: whichever), in which way (blank: whichever), where (None: wherever)."""

    reason: uuid.UUID | None = None
    mode: str = ""
    schedule: uuid.UUID | None = None

    def is_met_by(self, slot: Slot) -> bool:
        if self.schedule not in (None, slot.schedule.id) or slot.is_walk_in:
            return False
        if self.reason is None:
            return not self.mode or self.mode in slot.offer.consultation_types
        return any(
            one.id == self.reason
            and any(mode in one.consultation_types for mode in slot.offer.consultation_types if self.mode in ("", mode))
            for one in slot.offer.reasons
        )


@dataclass(frozen=True, slots=True)
class PublicReason:
    """A reason that patients may choose. `minutes`: the shortest visit for it."""

    id: uuid.UUID
    label: str
    minutes: int
    instructions: str
    modes: tuple[str, ...]


def online_agendas() -> ScheduleQuerySet:
    """Open agendas of practitioners that offer something to the public, where patients book themselves, with their place.

    Of those, `reachable` leaves out who could not be recognised or called.
    """
    offers = RuleOffer.objects.filter(schedule=OuterRef("pk"), audience=Audience.PUBLIC, open=True)
    rows = Schedule.objects.with_place().open().filter(published=True, online_booking=True)
    rows = rows.filter(organization__online_booking=True, calendar_kind=CalendarKind.PRACTITIONER)
    return rows.filter(Exists(offers))


def reachable(schedules: Iterable[Schedule]) -> list[Schedule]:
    return [one for one in schedules if one.has_phone and one.structure.has_structure_identifier]


def agendas_of(practitioner_id: uuid.UUID) -> list[Schedule]:
    """Where patients book with this practitioner, in the order of the places' names. One query."""
    rows = online_agendas().of_practitioner(practitioner_id)
    return reachable(rows.order_by("location__name__folded", "pk"))


def hours(
    schedules: Collection[Schedule], wish: Wish, *, since: datetime, until: datetime, now: datetime, viewer: Viewer
) -> list[Slot]:
    """Of each start the shortest visit that meets the wish, in order of time. Three queries."""
    found: dict[tuple[uuid.UUID, datetime], Slot] = {}
    for slot in free_slots_of(schedules, since=since, until=until, now=now, viewer=viewer):
        if wish.is_met_by(slot):
            found.setdefault((slot.schedule.id, slot.start), slot)
    return list(found.values())


def next_hours(schedules: Sequence[Schedule], wish: Wish, *, now: datetime) -> dict[uuid.UUID | None, list[Slot]]:
    """By practitioner, the hours of the coming days; of who has none there, those of the first day that has one. Six queries."""
    found = _by_practitioner(hours(schedules, wish, since=now, until=now + NEAR, now=now, viewer=PATIENT))
    rest = [one for one in schedules if one.practitioner_id not in found]
    later = hours(rest, wish, since=now + NEAR, until=now + FAR, now=now, viewer=PATIENT)
    return found | _by_practitioner(later)


def offered_to_all(schedules: Sequence[Schedule], *, now: datetime) -> tuple[list[PublicReason], tuple[str, ...]]:
    """What patients may choose at these agendas, by the order of the practice's list: reasons, and modes. Four queries."""
    frames = read_frames(schedules, since=number_of(now), until=number_of(now))
    shortest: dict[uuid.UUID, int] = {}
    modes: dict[uuid.UUID | None, set[str]] = {}
    for frame in frames.values():
        for reason, minutes, ways in _offered(frame):
            if reason is not None:
                shortest[reason] = min(minutes, shortest.get(reason, minutes))
            modes.setdefault(reason, set()).update(ways)
            modes.setdefault(None, set()).update(ways)
    rows = Reason.objects.filter(pk__in=shortest).order_by("position", "label_folded", "pk")
    reasons = [
        PublicReason(one.pk, one.label, shortest[one.pk], one.instructions, _ordered(modes[one.pk])) for one in rows
    ]
    return reasons, _ordered(modes.get(None, set()))


def _offered(frame: Frame) -> Iterable[tuple[uuid.UUID | None, int, Sequence[str]]]:
    """Reason, minutes and modes of everything that its rules offer to the public; walk-ins are not booked."""
    for rule in frame.rules:
        if rule.appointment_type == WALKIN:
            continue
        for one in candidates_of(rule, frame.reasons, PATIENT):
            if not one.fits:
                continue
            yield None, one.length // 60, one.consultation_types
            for reason in one.reasons:
                ways = [mode for mode in one.consultation_types if mode in reason.consultation_types]
                yield reason.id, one.length // 60, ways


def _ordered(modes: Collection[str]) -> tuple[str, ...]:
    return tuple(mode for mode in MODES if mode in modes)


def _by_practitioner(slots: Iterable[Slot]) -> dict[uuid.UUID | None, list[Slot]]:
    found: dict[uuid.UUID | None, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.schedule.practitioner_id, []).append(slot)
    return found
