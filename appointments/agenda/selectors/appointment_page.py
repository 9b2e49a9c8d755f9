"""What the page of one appointment shows around it: its history, its neighbours, where it could go."""

import uuid
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.enums import ActorKind, Level
from accounts.french import duration
from accounts.rights import Actor
from appointments.agenda.selectors.obstacles import read_absences
from appointments.booking.services.obstacles import Kind, Obstacle, obstacles
from appointments.enums import CalendarKind, CancelledFor, ConsultationType, EventKind, MessageState, Origin
from appointments.grid import day_bounds
from appointments.models import Appointment, AppointmentEvent, PatientMerge, PatientMessage, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.patients.selectors import correction_in_words, corrections_of
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD, Slot
from appointments.slots.values import MINUTE, PRACTICE, without

_SHOWN_SLOTS = 6
# What stands in the way at a colleague's, the least first.
_STATES = _FREE, _OUTSIDE, _BUSY, _ABSENT, _CLOSED = "", "hors de ses horaires", "occupé", "absent", "fermé"


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One fact. `before` and `after` are the hours of a move, `giver` and `taker` the names of a reassignment, `former_place` an
    address that changed; `changed`: what else of the visit changed, and `correction` of its patient, with what it was before;
    `done`: what became of the patient's files, or that the visit was imported; `cause`: why it was cancelled. Blank `by_name`: it
    is not kept.
    """

    at: datetime
    by_name: str
    event: AppointmentEvent | None = None
    messages: tuple[PatientMessage, ...] = ()
    correction: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    cause: str = ""
    before: datetime | None = None
    after: datetime | None = None
    giver: str = ""
    taker: str = ""
    former_place: str = ""
    done: str = ""


@dataclass(frozen=True, slots=True)
class Taker:
    """An agenda the appointment could be given to, and in a word what stands in the way there at that time; blank: nothing."""

    schedule: Schedule
    state: str


def history_of(appointment: Appointment) -> list[HistoryLine]:
    """Newest first. Five queries at most."""
    lines = [_line(event) for event in appointment.events.prefetch_related("messages").order_by("-sequence")]
    lines += [
        HistoryLine(one.at, one.by_name, correction=tuple(correction_in_words(one)))
        for one in corrections_of(appointment)
    ]
    lines += _merges(appointment)
    if appointment.origin == Origin.IMPORT:
        # Nobody was told of it: it has no event of its own.
        lines.append(HistoryLine(appointment.created_at, appointment.by_name, done="Repris de l’ancien logiciel"))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _merges(appointment: Appointment) -> list[HistoryLine]:
    """Of its patient's file with others, since it was booked. No patient is named: it may have been undone. One query."""
    own = Q(kept=appointment.patient_id) | Q(absorbed=appointment.patient_id) | Q(moved__contains=[appointment.pk])
    found = []
    for one in PatientMerge.objects.filter(own, organization=appointment.organization_id):
        found.append(HistoryLine(one.at, one.by_name, done="Dossier du patient réuni à un autre"))
        if one.undone_at is not None:
            found.append(HistoryLine(one.undone_at, one.undone_by_name, done="Dossiers de nouveau séparés"))
    return [line for line in found if line.at >= appointment.created_at]


def untold_by(history: Sequence[HistoryLine]) -> PatientMessage | None:
    """What somebody still has to tell the patient."""
    return next((one for line in history for one in line.messages if one.state == MessageState.TO_CALL), None)


def neighbours_of(appointment: Appointment, *, actor: Actor) -> tuple[Appointment | None, Appointment | None]:
    """The standing appointments before and after it that this person sees, the same day at its place's clock. One query."""
    zone = appointment.schedule.location.zone
    opening, closing = day_bounds(appointment.start.astimezone(zone).date(), zone)
    rows = (Appointment.objects.standing().kept_by(actor).filter(calendar=appointment.calendar_id)).select_related(
        "patient", "schedule__location"
    )
    others = list(rows.filter(start__gte=opening, start__lt=closing).exclude(pk=appointment.pk).order_by("start", "pk"))
    before = [one for one in others if one.start < appointment.start]
    after = [one for one in others if one.start >= appointment.start]
    return (before[-1] if before else None), (after[0] if after else None)


def slots_to_move_to(appointment: Appointment, *, now: datetime) -> list[Slot]:
    """Where in its agenda it would fit as long as it is, near its hour, or near now when it is past. Its own time is free to it.

    One query.
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
    """The open agendas of the other practitioners of its organization in which this person books: who is free and open first, at
    its place before elsewhere, then as `_STATES`.

    At most three queries.
    """
    return [one for one in agendas_for(appointment, actor=actor) if one.schedule.calendar_id != appointment.calendar_id]


def agendas_for(appointment: Appointment, *, actor: Actor) -> list[Taker]:
    """The same with its practitioner's other places."""
    schedules = list(_open_to(appointment, actor))
    start, end = number_of(appointment.start), number_of(appointment.end)
    frames = read_frames(schedules, since=start, until=start)
    found = {one.id: obstacles(without(frames[one.id], appointment.id), start, end) for one in schedules}
    told = read_absences([obstacle for each in found.values() for obstacle in each], actor=actor)
    takers = [Taker(one, _state(found[one.id], told)) for one in schedules]
    place = appointment.schedule.location_id
    return sorted(takers, key=lambda taker: (_STATES.index(taker.state), taker.schedule.location_id != place))


def agenda_of(
    practitioner_id: uuid.UUID,
    appointment: Appointment,
    *,
    start: datetime | None,
    minutes: int | None,
    actor: Actor,
) -> Schedule | None:
    """Of a practitioner in whose column the appointment was dropped the agenda it would stand in: one where nothing is in its way
    then, else at its place, else the first. None: they have none in which this person books. At most two queries.
    """
    schedules = list(_open_to(appointment, actor).filter(calendar__practitioner=practitioner_id).order_by("pk"))
    first = number_of(start or appointment.start)
    last = first + (minutes or appointment.minutes) * MINUTE
    frames = read_frames(schedules, since=first, until=first)

    def order(one: Schedule) -> tuple[bool, bool]:
        return bool(obstacles(frames[one.id], first, last)), one.location_id != appointment.schedule.location_id

    return min(schedules, key=order, default=None)


def _open_to(appointment: Appointment, actor: Actor) -> QuerySet[Schedule]:
    """The other open agendas of its organization where this person books."""
    rows = Schedule.objects.with_place().open().kept_by(actor, Level.BOOK)
    here = rows.filter(calendar_kind=CalendarKind.PRACTITIONER, organization=appointment.organization_id)
    return here.exclude(pk=appointment.schedule_id)


def _state(found: Sequence[Obstacle], told: Container[uuid.UUID | None]) -> str:
    """`told`: the absences that may be told as such."""
    if any(one.kind == Kind.ABSENCE and one.row in told for one in found):
        return _ABSENT
    kinds = {one.kind for one in found}
    if Kind.CLOSURE in kinds:
        return _CLOSED
    if kinds - {Kind.OUTSIDE}:
        return _BUSY
    return _OUTSIDE if kinds else _FREE


def _line(event: AppointmentEvent) -> HistoryLine:
    previous, now = event.snapshot.get("previous", {}), event.snapshot
    # A patient is never named in a fact.
    by = "le patient" if event.actor_kind == ActorKind.PATIENT else event.by_name
    line = HistoryLine(event.at, by, event, tuple(sorted(event.messages.all(), key=lambda one: one.pk)))
    if event.kind == EventKind.PLACE_CHANGED:
        return replace(line, former_place=previous["place"])
    if event.kind == EventKind.CANCELLED:
        return replace(line, cause=str(CancelledFor(said).label) if (said := now.get("cancelled_for")) else "")
    if event.kind not in {EventKind.MOVED, EventKind.REASSIGNED, EventKind.CHANGED}:
        return line
    if "start" in previous:
        line = replace(
            line, before=datetime.fromisoformat(previous["start"]), after=datetime.fromisoformat(now["start"])
        )
    if "practitioner_name" in previous:
        line = replace(line, giver=previous["practitioner_name"], taker=now["practitioner_name"])
    return replace(line, changed=tuple(_changes(previous, now)))


def _changes(previous: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What else changed, in words, with what it was."""
    start, end = (datetime.fromisoformat(previous.get(name, now[name])) for name in ("start", "end"))
    before = end - start
    if before != datetime.fromisoformat(now["end"]) - datetime.fromisoformat(now["start"]):
        yield "Durée", duration(int(before.total_seconds() // 60))
    if "place" in previous:
        yield "Lieu", previous["place"]
    if "reason" in previous:
        yield "Motif", previous["reason"] or "non précisé"
    if "mode" in previous:
        yield "Consultation", str(ConsultationType(previous["mode"]).label).lower()
    for name in previous.get("private", ()):
        yield _PRIVATE[name], ""


_PRIVATE = {"note": "Message pour le praticien", "visit_address": "Adresse de la visite"}
