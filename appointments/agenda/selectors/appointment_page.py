"""What the page of one appointment shows around it: its history, its neighbours, where it could go."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.enums import Level
from accounts.identifiers import ADELI, RPPS, read_practitioner_number
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.enums import CalendarKind, EventKind
from appointments.grid import day_bounds
from appointments.models import Appointment, AppointmentEvent, PatientMessage, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD, Slot
from appointments.slots.values import PRACTICE, without

_SHOWN_SLOTS = 6


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One fact. `before` and `after` are the hours of a move, `giver` and `taker` the names of a reassignment."""

    event: AppointmentEvent
    message: PatientMessage | None
    before: datetime | None = None
    after: datetime | None = None
    giver: str = ""
    taker: str = ""


@dataclass(frozen=True, slots=True)
class Taker:
    """An agenda the appointment could be given to, and what stands there at that time."""

    schedule: Schedule
    appointment: Appointment | None
    is_absent: bool


def history_of(appointment: Appointment) -> list[HistoryLine]:
    """Newest first. Two queries."""
    events = list(appointment.events.select_related("message").order_by("-sequence"))
    names = _names({value for event in events for value in _national_ids(event)})
    return [_line(event, names) for event in events]


def neighbours_of(appointment: Appointment, *, actor: Actor) -> tuple[Appointment | None, Appointment | None]:
    """The standing appointments before and after it that this person sees, the same day at its place's clock. One query."""
    zone = appointment.schedule.location.zone
    opening, closing = day_bounds(appointment.start.astimezone(zone).date(), zone)
    rows = Appointment.objects.standing().kept_by(actor).filter(calendar=appointment.calendar_id)
    others = list(rows.filter(start__gte=opening, start__lt=closing).exclude(pk=appointment.pk).order_by("start", "pk"))
    before = [one for one in others if one.start < appointment.start]
    after = [one for one in others if one.start >= appointment.start]
    return (before[-1] if before else None), (after[0] if after else None)


def slots_to_move_to(appointment: Appointment, *, now: datetime) -> list[Slot]:
    """Where in its agenda it would fit as long as it is, near its hour, or near now when it is past. Its own time is free to it.

    Three queries.
    """
    schedule, around = appointment.schedule, max(appointment.start, now)
    since, until = (
        number_of(max(around - timedelta(days=1), now)),
        number_of(min(around + timedelta(days=7), now + AHEAD)),
    )
    if since > until:
        return []
    frame = without(read_frames([schedule], since=since, until=until)[schedule.id], appointment.id)
    wanted = number_of(appointment.end) - number_of(appointment.start)
    found = free_slots(frame, PRACTICE, since=since, until=until, now=next_number(now), wanted=wanted)
    fitting = [Slot(schedule, moment_of(start), moment_of(end), offered) for start, end, offered in found]
    elsewhere = [slot for slot in fitting if slot.start != appointment.start]
    closest = sorted(elsewhere, key=lambda slot: (abs(slot.start - around), slot.start))[:_SHOWN_SLOTS]
    return sorted(closest, key=lambda slot: slot.start)


def takers_of(appointment: Appointment, *, actor: Actor) -> list[Taker]:
    """The open agendas of the other practitioners of its organization in which this person books, the free ones first.

    At most five queries.
    """
    rows = (
        Schedule.objects.with_place().open().kept_by(actor, Level.BOOK).filter(calendar_kind=CalendarKind.PRACTITIONER)
    )
    schedules = list(rows.filter(organization=appointment.organization_id).exclude(calendar=appointment.calendar_id))
    if not schedules:
        return []
    others = {one.practitioner.id for one in schedules}
    busy = {one.practitioner_id: one for one in standing_at(others, appointment.start, appointment.end)}
    start, end = number_of(appointment.start), number_of(appointment.end)
    frames = read_frames(schedules, since=start, until=start)
    away = {
        one.id
        for one in schedules
        if any(absence.start < end and absence.end > start for absence in frames[one.id].absences)
    }
    takers = [Taker(one, busy.get(one.practitioner_id), one.id in away) for one in schedules]
    return sorted(takers, key=lambda taker: taker.is_absent or taker.appointment is not None)


def standing_at(practitioner_ids: Collection[uuid.UUID], start: datetime, end: datetime) -> list[Appointment]:
    """What holds these practitioners between two instants."""
    rows = Appointment.objects.standing().filter(practitioner__in=practitioner_ids)
    return list(rows.overlapping(start, end).select_related("practitioner", "schedule__location").order_by("start"))


def _line(event: AppointmentEvent, names: dict[str, str]) -> HistoryLine:
    previous = event.snapshot.get("previous", {})
    message = getattr(event, "message", None)
    if event.kind == EventKind.MOVED:
        before, after = previous["start"], event.snapshot["start"]
        return HistoryLine(event, message, datetime.fromisoformat(before), datetime.fromisoformat(after))
    if event.kind == EventKind.REASSIGNED:
        giver, taker = _national_ids(event)
        return HistoryLine(event, message, giver=names.get(giver, giver), taker=names.get(taker, taker))
    return HistoryLine(event, message)


def _national_ids(event: AppointmentEvent) -> list[str]:
    """Who gave and who took, as prefixed national numbers; nobody for other facts."""
    if event.kind != EventKind.REASSIGNED:
        return []
    return [event.snapshot["previous"]["practitioner"], event.snapshot["practitioner"]]


def _names(national_ids: set[str]) -> dict[str, str]:
    if not national_ids:
        return {}
    numbers = set(filter(None, map(read_practitioner_number, national_ids)))
    bare = {value for _, value in numbers}
    rows = Practitioner.objects.identified_by(bare, bare)
    # Under both numbers: somebody who had an ADELI number then may have been given an RPPS since.
    names = {ADELI.prefixed(one.adeli): one.name for one in rows if one.adeli}
    return names | {RPPS.prefixed(one.rpps): one.name for one in rows if one.rpps}
