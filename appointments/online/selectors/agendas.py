"""The agendas in which patients book themselves, and what they are offered there."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from appointments.enums import Audience, CalendarKind
from appointments.models import Reason, RuleOffer, Schedule
from appointments.models.places import ScheduleQuerySet
from appointments.openings.recurrence import moment_of, number_of
from appointments.slots.availability import candidates_of
from appointments.slots.reader import read_frames
from appointments.slots.selectors import Slot, computed_slots, free_slots_of
from appointments.slots.values import MODES, PATIENT, WALKIN, Frame, Offered, Viewer
from appointments.slots.wishes import Wish

# How far ahead hours are looked for: near first, as almost all are found there.
NEAR, FAR = timedelta(days=7), timedelta(days=90)
# Of each practitioner of a list.
SHOWN_HOURS = 3


@dataclass(frozen=True, slots=True)
class PublicReason:
    """What patients may choose: the reasons (`ids`, the first of them `id`) that several practices call the same are one.

    `minutes`: the shortest visit for it, `longest` at another place.
    """

    id: uuid.UUID
    ids: tuple[uuid.UUID, ...]
    label: str
    minutes: int
    longest: int
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
    """Of each start the shortest visit that meets the wish, in order of time. One query."""
    found: dict[tuple[uuid.UUID, datetime], Slot] = {}
    for slot in free_slots_of(schedules, since=since, until=until, now=now, viewer=viewer):
        if wish.is_met_by(slot):
            found.setdefault((slot.schedule.id, slot.start), slot)
    return list(found.values())


def near_frames(schedules: Sequence[Schedule], *, now: datetime) -> dict[uuid.UUID, Frame]:
    """What the coming days depend on. One query."""
    return read_frames(schedules, since=number_of(now), until=number_of(now + NEAR))


def next_hours(
    schedules: Sequence[Schedule], wish: Wish, *, now: datetime, frames: Mapping[uuid.UUID, Frame] | None = None
) -> dict[uuid.UUID | None, list[Slot]]:
    """By practitioner their first hours, of the coming days; of who has none there, of the weeks after. A query for either;
    `frames`: the near ones, where they are read already.
    """
    found = _first_hours(schedules, wish, since=now, until=now + NEAR, now=now, frames=frames)
    rest = [one for one in schedules if one.practitioner_id not in found]
    return found | _first_hours(rest, wish, since=now + NEAR, until=now + FAR, now=now)


def reasons_meant(schedules: Sequence[Schedule], reason_id: uuid.UUID | None) -> list[Reason]:
    """This reason and those called the same, as they are done at these agendas, itself first: whether anything is offered for
    them, their hours say. One query.
    """
    if reason_id is None:
        return []
    called = Reason.objects.filter(pk=reason_id).order_by().values("label_folded")
    done = Reason.objects.filter(
        label_folded__in=called, active=True, done_at__schedule__in=schedules, done_at__active=True
    )
    return sorted(done.order_by("pk").distinct(), key=lambda one: one.pk != reason_id)


def reason_there(schedule_id: uuid.UUID, reason_id: uuid.UUID | None) -> uuid.UUID | None:
    """What was chosen, by the name that the practice of this agenda has for it. One query."""
    if reason_id is None:
        return None
    called = Reason.objects.filter(pk=reason_id).order_by().values("label_folded")
    theirs = Reason.objects.filter(
        label_folded__in=called, done_at__schedule=schedule_id, done_at__active=True, active=True
    )
    found = set(theirs.order_by().values_list("pk", flat=True))
    return reason_id if reason_id in found else next(iter(found), reason_id)


def offered_to_all(frames: Mapping[uuid.UUID, Frame]) -> tuple[list[PublicReason], tuple[str, ...]]:
    """What patients may choose at these agendas, by the order of the practice's list: reasons, and modes. One query."""
    shortest: dict[uuid.UUID, int] = {}
    modes: dict[uuid.UUID | None, set[str]] = {}
    for frame in frames.values():
        for reason, minutes, ways in _offered(frame):
            if reason is not None:
                shortest[reason] = min(minutes, shortest.get(reason, minutes))
            modes.setdefault(reason, set()).update(ways)
            modes.setdefault(None, set()).update(ways)
    rows = Reason.objects.filter(pk__in=shortest).order_by("position", "label_folded", "pk")
    called: dict[str, list[tuple[uuid.UUID, str, str]]] = {}
    for pk, label, instructions, folded in rows.values_list("pk", "label", "instructions", "label_folded"):
        called.setdefault(folded, []).append((pk, label, instructions))
    reasons = [_as_one(same, shortest, modes) for same in called.values()]
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


def _as_one(
    same: Sequence[tuple[uuid.UUID, str, str]],
    shortest: Mapping[uuid.UUID, int],
    modes: Mapping[uuid.UUID | None, Collection[str]],
) -> PublicReason:
    ids = tuple(pk for pk, _, _ in same)
    lengths = [shortest[one] for one in ids]
    ways = {mode for one in ids for mode in modes[one]}
    (pk, label, instructions), *_ = same
    return PublicReason(pk, ids, label, min(lengths), max(lengths), instructions, _ordered(ways))


def _ordered(modes: Collection[str]) -> tuple[str, ...]:
    return tuple(mode for mode in MODES if mode in modes)


def _first_hours(
    schedules: Sequence[Schedule],
    wish: Wish,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    frames: Mapping[uuid.UUID, Frame] | None = None,
) -> dict[uuid.UUID | None, list[Slot]]:
    """As few slots are made as are shown: of each agenda those that may be among a practitioner's first."""
    found: dict[uuid.UUID | None, list[Slot]] = {}
    asked = computed_slots(schedules, since=since, until=until, now=now, viewer=PATIENT, frames=frames)
    for schedule, slots in asked:
        met = {id(offer): wish.is_met(offer) for _, _, offer in slots}
        starts: dict[int, tuple[int, Offered]] = {}
        for start, end, offer in slots:
            if met[id(offer)]:
                starts.setdefault(start, (end, offer))
                if len(starts) == SHOWN_HOURS:
                    break
        theirs = [Slot(schedule, moment_of(start), moment_of(end), offer) for start, (end, offer) in starts.items()]
        if theirs:
            found.setdefault(schedule.practitioner_id, []).extend(theirs)
    return {whose: sorted(slots, key=lambda one: one.start)[:SHOWN_HOURS] for whose, slots in found.items()}
