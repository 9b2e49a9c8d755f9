"""What happens to an appointment after it was booked: moved, given away, the patient there, honoured or not, cancelled.

Every change takes the agenda's lock, checks the version the page was opened on, records one event. `tell`: whether the patient is
sent a message of it.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.events import as_text, named, record_event
from appointments.booking.limits import day_problem
from appointments.booking.services.booking import double_booking
from appointments.booking.services.obstacles import Despite
from appointments.booking.services.room import take_room
from appointments.enums import EventKind, Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Schedule
from appointments.openings.recurrence import number_of
from appointments.places.locks import lock_calendars
from appointments.places.selectors import calendars_of
from appointments.slots.reader import read_frames, reasons_done
from appointments.slots.values import MINUTE, without

# What follows the schedule.
_STANDS_IN = ("schedule", "calendar", "calendar_kind", "organization")
_MOVED = ("start", "end", "lane", "capacity", "overbooked", "arrived_at")
# A patient may be received, and so marked honoured, somewhat before the hour.
EARLY_ARRIVAL = timedelta(hours=2)

_STATUS_EVENTS = {
    Status.FULFILLED: EventKind.FULFILLED,
    Status.NOSHOW: EventKind.NOSHOW,
    Status.BOOKED: EventKind.REOPENED,
}


def move_appointment(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    start: datetime,
    by: Actor,
    now: datetime,
    despite: Despite = False,
    tell: bool = True,
) -> Appointment:
    """Same practitioner, place and length, another time. The practice may choose a time outside its published slots.

    Raises `InTheWay` (`obstacles`) with what stands there unless `despite`: then it is taken beside it, overbooked where the
    lanes are full. Raises `Refused`, `NotAllowed`, `ChangedMeanwhile`.
    """
    with _changing(appointment_id, version, by) as appointment:
        _require_booked(appointment)
        if start == appointment.start:
            raise Refused("Le rendez-vous est déjà à cette heure\u00a0: choisissez-en une autre.")
        previous = _take_hour(appointment, start, now)
        _find_room(appointment, appointment.schedule, despite=despite)
        appointment.version += 1
        appointment.save(update_fields=[*_MOVED, "version"])
        record_event(appointment=appointment, kind=EventKind.MOVED, by=by, at=now, previous=previous, tell=tell)
    return appointment


def reassign_appointment(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    schedule_id: uuid.UUID,
    by: Actor,
    now: datetime,
    start: datetime | None = None,
    despite: Despite = False,
    tell: bool = True,
) -> Appointment:
    """Another practitioner (and their place), at the same time or at `start`. The person who acts must book in both agendas.

    Raises `InTheWay` when the other one is not free and open then, unless `despite`; `Refused`, `NotAllowed`,
    `ChangedMeanwhile`.
    """
    target = Schedule.objects.with_place().filter(pk=schedule_id).first()
    if target is None or not by.may(Level.BOOK, target.practitioner_id, target.organization_id):
        raise NotAllowed
    with _changing(appointment_id, version, by, also_locking=[target.calendar_id]) as appointment:
        _require_booked(appointment)
        if appointment.start < now:
            raise Refused("Ce rendez-vous est passé\u00a0: il ne peut plus être confié à un autre praticien.")
        # Read again under the lock: it may have been closed meanwhile.
        target = Schedule.objects.with_place().open().filter(pk=schedule_id).first()
        if target is None:
            raise Refused("Cet agenda est fermé\u00a0: choisissez-en un autre.")
        if target.organization_id != appointment.organization_id:
            raise Refused("Un rendez-vous reste à son cabinet\u00a0: annulez-le, et prenez-en un autre.")
        if target.id == appointment.schedule_id:
            raise Refused("Ce rendez-vous est déjà dans cet agenda\u00a0: choisissez-en un autre.")
        previous = named(appointment.practitioner)
        if start is not None and start != appointment.start:
            previous |= _take_hour(appointment, start, now)
        appointment.at(target)
        _take_reason_there(appointment)
        _find_room(appointment, target, despite=despite)
        appointment.version += 1
        appointment.save(
            update_fields=[
                *_STANDS_IN,
                "practitioner",
                "reason",
                "buffer_after",
                *_MOVED,
                "version",
            ]
        )
        record_event(appointment=appointment, kind=EventKind.REASSIGNED, by=by, at=now, previous=previous, tell=tell)
    return appointment


def set_status(
    *, appointment_id: uuid.UUID, version: int | None, status: Status, by: Actor, now: datetime
) -> Appointment:
    """Honoured, not honoured, or back to confirmed when that was a mistake. Cancelling is `cancel_appointment`.

    Raises `Refused` when it is too early or the appointment is cancelled, `NotAllowed`, `ChangedMeanwhile`.
    """
    kind = _STATUS_EVENTS.get(status)
    if kind is None:
        raise Refused("Ce statut ne se choisit pas ici.")
    with _changing(appointment_id, version, by) as appointment:
        if appointment.status == status:
            return appointment
        if appointment.is_cancelled:
            raise Refused("Ce rendez-vous est annulé\u00a0: prenez-en un nouveau.")
        if status == Status.FULFILLED and not may_be_honoured(appointment, now):
            raise Refused("Ce rendez-vous est à venir\u00a0: il pourra être marqué honoré le jour même.")
        if status == Status.NOSHOW and now < appointment.start:
            raise Refused("Ce rendez-vous n’a pas commencé\u00a0: il pourra être marqué non honoré ensuite.")
        previous = {"status": str(appointment.status)}
        appointment.status = status
        appointment.version += 1
        appointment.save(update_fields=["status", "version"])
        record_event(appointment=appointment, kind=kind, by=by, at=now, previous=previous)
    return appointment


def may_be_honoured(appointment: Appointment, now: datetime) -> bool:
    """From the appointment's own day, at its place, or shortly before it when it begins just after midnight."""
    zone = appointment.schedule.location.zone
    same_day = appointment.start.astimezone(zone).date() <= now.astimezone(zone).date()
    return same_day or appointment.start - now <= EARLY_ARRIVAL


def note_arrival(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> Appointment:
    """The patient is there, from now on. Known to the practice alone, and kept when the visit is closed.

    Raises `Refused` on another day, or when it is closed; `NotAllowed`, `ChangedMeanwhile`.
    """
    with _changing(appointment_id, version, by) as appointment:
        _require_booked(appointment)
        if appointment.arrived_at is None:
            if not may_arrive(appointment, now):
                raise Refused("Une arrivée se note le jour du rendez-vous.")
            _set_arrival(appointment, now, EventKind.ARRIVED, by=by, now=now)
    return appointment


def undo_arrival(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> Appointment:
    """That was a mistake. Raises `Refused` when the visit is closed, `NotAllowed`, `ChangedMeanwhile`."""
    with _changing(appointment_id, version, by) as appointment:
        _require_booked(appointment)
        if appointment.arrived_at is not None:
            _set_arrival(appointment, None, EventKind.ARRIVAL_UNDONE, by=by, now=now)
    return appointment


def may_arrive(appointment: Appointment, now: datetime) -> bool:
    """On the appointment's own day, at its place, or around it when midnight comes between."""
    zone = appointment.schedule.location.zone
    same_day = appointment.start.astimezone(zone).date() == now.astimezone(zone).date()
    return same_day or abs(appointment.start - now) <= EARLY_ARRIVAL


def cancel_appointment(
    *, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime, tell: bool = True
) -> Appointment:
    """Cancel for good: its time is free again. A regulator may cancel what they booked, until it begins.

    Raises `Refused` when it is already closed, `NotAllowed`, `ChangedMeanwhile`.
    """
    with _changing(appointment_id, version, by, booker_too=True) as appointment:
        _require_booked(appointment)
        if by.is_regulator and appointment.start <= now:
            raise Refused("Ce rendez-vous a commencé\u00a0: seul le cabinet peut encore le modifier.")
        appointment.status = Status.CANCELLED
        appointment.version += 1
        appointment.save(update_fields=["status", "version"])
        record_event(
            appointment=appointment,
            kind=EventKind.CANCELLED,
            by=by,
            at=now,
            previous={"status": str(Status.BOOKED)},
            tell=tell,
        )
    return appointment


@contextmanager
def _changing(
    appointment_id: uuid.UUID,
    version: int | None,
    by: Actor,
    *,
    also_locking: list[uuid.UUID] | None = None,
    booker_too: bool = False,
) -> Iterator[Appointment]:
    """The appointment, locked with the agendas it touches, at the version the page showed, for who may change it.

    That is who books in the agenda, and with `booker_too` the regulator who booked.
    """
    try:
        with transaction.atomic():
            everything = Appointment.objects
            allowed = everything.visible_to(by, Level.BOOK) if booker_too else everything.kept_by(by, Level.BOOK)
            allowed = allowed.filter(pk=appointment_id)
            seen = allowed.first()
            if seen is None:
                raise NotAllowed
            lines = [*calendars_of(Appointment.objects.filter(pk=seen.pk)), *(also_locking or [])]
            lock_calendars(lines, by=by)
            # Read again under the lock: a reassignment may have come between.
            appointment = allowed.with_context().select_for_update(of=("self",), no_key=True).first()
            if appointment is None:
                raise NotAllowed
            # Unchanged since before the lock: it still stands where it was locked.
            if not seen.version == appointment.version == version:
                raise ChangedMeanwhile
            yield appointment
    except IntegrityError as error:
        if (taken := double_booking(error)) is None:
            raise
        raise taken from error


def _set_arrival(
    appointment: Appointment, moment: datetime | None, kind: EventKind, *, by: Actor, now: datetime
) -> None:
    appointment.arrived_at = moment
    appointment.version += 1
    appointment.save(update_fields=["arrived_at", "version"])
    record_event(appointment=appointment, kind=kind, by=by, at=now)


def _require_booked(appointment: Appointment) -> None:
    if not appointment.is_booked:
        label = str(Status(appointment.status).label).lower()
        raise Refused(f"Ce rendez-vous est {label}\u00a0: il ne peut plus être modifié.")


def _take_hour(appointment: Appointment, start: datetime, now: datetime) -> dict[str, str]:
    """It is then from now on. Gives when it was; raises `Refused` where it can't be then."""
    if start < now:
        raise Refused("Ce moment est passé\u00a0: choisissez une heure à venir.")
    zone = appointment.schedule.location.zone
    if problem := day_problem(start.astimezone(zone).date(), now.astimezone(zone).date()):
        raise Refused(problem)
    previous = {"start": as_text(appointment.start), "end": as_text(appointment.end)}
    if start.astimezone(zone).date() != appointment.start.astimezone(zone).date():
        appointment.arrived_at = None  # Who comes back another day is not there now.
    appointment.end = start + (appointment.end - appointment.start)
    appointment.start = start
    return previous


def _take_reason_there(appointment: Appointment) -> None:
    """Its reason follows where it is done that way too, with what that agenda keeps free after it."""
    done = next(
        (
            one
            for one in reasons_done([appointment.schedule_id])[appointment.schedule_id]
            if one.id == appointment.reason_id and appointment.consultation_type in one.consultation_types
        ),
        None,
    )
    if done is None:
        appointment.reason = None
    appointment.buffer_after = done.buffer if done is not None else 0


def _find_room(appointment: Appointment, schedule: Schedule, *, despite: Despite) -> None:
    """Choose the lane where it stands from now on, under the lock; its own time is free to it. Raises `InTheWay`."""
    start, end = number_of(appointment.start), number_of(appointment.end)
    frame = without(read_frames([schedule], since=start, until=start)[schedule.id], appointment.id)
    buffer = appointment.buffer_after * MINUTE
    room = take_room(frame=frame, start=start, end=end, despite=despite, buffer=buffer)
    appointment.lane, appointment.capacity, appointment.overbooked = room.lane, room.capacity, room.overbooked
