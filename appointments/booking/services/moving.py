"""An appointment becomes another one: its hour, its length, whose it is and where, its reason, its mode, its note; and back.

One service for all of it, so that a drag, a key and a form are one change, one event and one message.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.enums import Level
from accounts.rights import Actor
from accounts.single import single
from appointments.booking.events import as_text, named, record_event, where
from appointments.booking.limits import LENGTHS, day_problem
from appointments.booking.services.changing import changing, require_booked
from appointments.booking.services.obstacles import Despite, Kind, obstacles
from appointments.booking.services.room import take_room
from appointments.enums import ConsultationType, EventKind, Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, AppointmentEvent, Reason, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.recurrence import number_of
from appointments.slots.reader import read_frames, reasons_done
from appointments.slots.values import MINUTE, ReasonDone, without

# What may be different afterwards.
WRITTEN = (
    "schedule", "calendar", "calendar_kind", "organization", "practitioner", "start", "end", "lane", "capacity", "overbooked",
    "arrived_at", "reason", "buffer_after", "consultation_type", "visit_address", "note", "version",
)  # fmt: skip
# Of these the event says that they changed, not what they held: they are about the patient.
_PRIVATE = ("note", "visit_address")
_MOMENTS = ("start", "end", "arrived")
_UNDOABLE = {EventKind.MOVED, EventKind.REASSIGNED, EventKind.CHANGED, EventKind.CANCELLED}
_FOR_GOOD = "Cela ne se défait plus\u00a0: changez le rendez-vous depuis sa page."


@dataclass(frozen=True, slots=True)
class Details:
    """What of a visit is neither time nor place. `visit_address` is where the practitioner goes, at home only."""

    reason_id: uuid.UUID | None
    consultation_type: ConsultationType
    visit_address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What it is to become; None: as it is. `schedule_id`: the agenda it goes to, a colleague's or another place's.

    Without `details` the reason follows where it is done that way too, and else is not said any more.
    """

    start: datetime | None = None
    minutes: int | None = None
    schedule_id: uuid.UUID | None = None
    details: Details | None = None


def change_appointment(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    wanted: Wanted,
    by: Actor,
    now: datetime,
    despite: Despite = False,
    tell: bool = True,
) -> Appointment:
    """At any time of the practice's own choice, in any agenda of its organization in which the person books.

    Raises `InTheWay` (`obstacles`) with what stands there unless `despite`: then it is taken beside it, overbooked where the
    lanes are full. Raises `Refused`, `NotAllowed`, `ChangedMeanwhile`.
    """
    return _change(appointment_id, version, wanted, by, now, despite, tell)


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
    """Same practitioner, place and length, another time. Raises as `change_appointment`."""
    return _change(appointment_id, version, Wanted(start=start), by, now, despite, tell)


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
    """Another practitioner (and their place), at the same time or at `start`. Raises as `change_appointment`."""
    return _change(appointment_id, version, Wanted(start=start, schedule_id=schedule_id), by, now, despite, tell)


def undo_change(
    *, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime, despite: Despite = False
) -> Appointment:
    """What was last done to it, and by nobody since, is taken back by a second change: the same room, if it is free again or was
    taken beside another before. Its patient is told if they were to be told of the first.

    Raises as `change_appointment`; `Refused` of what does not come back: words about the patient are kept nowhere.
    """
    event = AppointmentEvent.objects.filter(appointment=appointment_id, sequence=version or 0).first()
    if event is None or event.kind not in _UNDOABLE:
        seen = single(Appointment.objects.kept_by(by, Level.BOOK).filter(pk=appointment_id))
        raise Refused(_FOR_GOOD) if seen is not None and seen.version == version else ChangedMeanwhile
    tell = not event.snapshot.get("untold")
    if event.kind == EventKind.CANCELLED:
        return restore_appointment(
            appointment_id=appointment_id, version=version, by=by, now=now, despite=despite, tell=tell
        )
    former = event.snapshot["previous"]
    if former.get("private"):
        raise Refused(_FOR_GOOD)
    return _change(appointment_id, version, Wanted(), by, now, former.get("overbooked") or despite, tell, back=former)


def restore_appointment(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    by: Actor,
    now: datetime,
    despite: Despite = False,
    tell: bool = True,
) -> Appointment:
    """One that the practice cancelled stands again, at its time. Raises as `change_appointment`."""
    with changing(appointment_id, version, by) as appointment:
        if not appointment.is_cancelled:
            raise Refused("Ce rendez-vous n’est pas annulé.")
        if appointment.patient_erased_at is not None:
            raise Refused("Ce patient est effacé\u00a0: son rendez-vous ne se reprend plus.")
        last = appointment.events.filter(kind=EventKind.CANCELLED).latest("sequence")
        if last.by_user_id is None:
            raise Refused("Ce n’est pas le cabinet qui l’a annulé\u00a0: prenez un nouveau rendez-vous.")
        appointment.status, appointment.cancelled_for, appointment.cancelled_because = Status.BOOKED, "", ""
        _find_room(appointment, despite, back=True)
        appointment.version += 1
        appointment.save(
            update_fields=[
                "status", "cancelled_for", "cancelled_because", "lane", "capacity", "overbooked", "version",
            ]
        )  # fmt: skip
        previous = {"status": str(Status.CANCELLED)}
        record_event(appointment=appointment, kind=EventKind.RESTORED, by=by, at=now, previous=previous, tell=tell)
    return appointment


def is_undoable(event: AppointmentEvent, appointment: Appointment) -> bool:
    """Whether the practice may take back this fact, the last one of this appointment."""
    if event.sequence != appointment.version or event.kind not in _UNDOABLE or event.by_user_id is None:
        return False
    if event.kind == EventKind.CANCELLED:
        return appointment.patient_erased_at is None
    return appointment.is_booked and not event.snapshot["previous"].get("private")


def _change(
    appointment_id: uuid.UUID,
    version: int | None,
    wanted: Wanted,
    by: Actor,
    now: datetime,
    despite: Despite,
    tell: bool,
    *,
    back: dict[str, Any] | None = None,
) -> Appointment:
    """`back`: what it was, of the fact that is taken back; nothing of it is judged anew but that its room is free."""
    schedule_id = uuid.UUID(back["schedule"]) if back and "schedule" in back else wanted.schedule_id
    target = _agenda(schedule_id, by) if schedule_id is not None else None
    also = [target.calendar_id] if target is not None else []
    with changing(appointment_id, version, by, also_locking=also) as appointment:
        require_booked(appointment)
        before = state_of(appointment)
        if target is not None:
            # Read again under the lock: it may have been closed meanwhile.
            target = _agenda(target.id, by, is_open=True)
            if target.organization_id != appointment.organization_id:
                raise Refused("Un rendez-vous reste à son cabinet\u00a0: annulez-le, et prenez-en un autre.")
        if back is not None:
            _put_back(appointment, target, back)
        else:
            _write(appointment, wanted, target, now)
        previous = difference(before, state_of(appointment))
        if not previous:
            raise Refused(_nothing_of(wanted))
        if _needs_room(before, appointment):
            _find_room(appointment, despite, back=back is not None)
        appointment.version += 1
        appointment.save(update_fields=WRITTEN)
        record_event(appointment=appointment, kind=kind_of(previous), by=by, at=now, previous=previous, tell=tell)
    return appointment


def _agenda(schedule_id: uuid.UUID, by: Actor, *, is_open: bool = False) -> Schedule:
    """Who acts must book there too."""
    rows = Schedule.objects.with_place()
    found = single((rows.open() if is_open else rows).filter(pk=schedule_id))
    if found is None and is_open:
        raise Refused("Cet agenda est fermé\u00a0: choisissez-en un autre.")
    if found is None or not by.may(Level.BOOK, found.practitioner_id, found.organization_id):
        raise NotAllowed
    return found


def _write(appointment: Appointment, wanted: Wanted, target: Schedule | None, now: datetime) -> None:
    goes = target is not None and target.id != appointment.schedule_id
    if target is not None and goes:
        if (wanted.start or appointment.start) < now:
            raise Refused("Ce rendez-vous est passé\u00a0: il ne peut plus être confié à un autre praticien.")
        appointment.at(target)
    _take_time(appointment, wanted, now)
    if wanted.details is not None:
        _take_details(appointment, wanted.details, goes=goes)
    elif goes:
        _take_reason(appointment, _done(appointment).get(appointment.reason_id))


def _take_time(appointment: Appointment, wanted: Wanted, now: datetime) -> None:
    minutes = wanted.minutes if wanted.minutes is not None else appointment.minutes
    if wanted.minutes is not None and not SHORTEST <= minutes <= LONGEST:
        raise Refused(LENGTHS)
    start = wanted.start or appointment.start
    zone = appointment.schedule.location.zone
    if start != appointment.start:
        if start < now:
            raise Refused("Ce moment est passé\u00a0: choisissez une heure à venir.")
        if problem := day_problem(start.astimezone(zone).date(), now.astimezone(zone).date()):
            raise Refused(problem)
        if start.astimezone(zone).date() != appointment.start.astimezone(zone).date():
            appointment.arrived_at = None  # Who comes back another day is not there now.
    appointment.start, appointment.end = start, start + timedelta(minutes=minutes)


def _take_details(appointment: Appointment, details: Details, *, goes: bool) -> None:
    as_it_is = not goes and details.reason_id == appointment.reason_id
    mode_kept = details.consultation_type == appointment.consultation_type
    appointment.consultation_type = details.consultation_type
    appointment.note = details.note
    appointment.visit_address = details.visit_address if details.consultation_type == ConsultationType.HH else ""
    if as_it_is and (mode_kept or details.reason_id is None):
        return
    reason = _done(appointment, in_any_mode=True).get(details.reason_id)
    if details.reason_id is not None and reason is None:
        raise Refused("Ce motif ne se fait pas dans cet agenda\u00a0: choisissez-en un autre.", "reason")
    if reason is not None and details.consultation_type not in reason.consultation_types:
        raise Refused("Ce motif ne se fait pas avec ce type de consultation\u00a0: changez l’un ou l’autre.", "reason")
    _take_reason(appointment, reason)


def _done(appointment: Appointment, *, in_any_mode: bool = False) -> dict[uuid.UUID | None, ReasonDone]:
    """What is done where it stands, in its mode."""
    rows = reasons_done([appointment.schedule_id])[appointment.schedule_id]
    return {one.id: one for one in rows if in_any_mode or appointment.consultation_type in one.consultation_types}


def _take_reason(appointment: Appointment, reason: ReasonDone | None) -> None:
    if (reason.id if reason is not None else None) != appointment.reason_id:
        appointment.reason = Reason.objects.get(pk=reason.id) if reason is not None else None
    appointment.buffer_after = reason.buffer if reason is not None else 0


def _put_back(appointment: Appointment, target: Schedule | None, former: dict[str, Any]) -> None:
    if target is not None:
        appointment.at(target)
    start, end, arrived = (datetime.fromisoformat(former[name]) if former.get(name) else None for name in _MOMENTS)
    appointment.start, appointment.end = start or appointment.start, end or appointment.end
    appointment.arrived_at = arrived or appointment.arrived_at
    appointment.consultation_type = former.get("mode", appointment.consultation_type)
    if "reason_id" in former:
        appointment.reason = single(Reason.objects.filter(pk=former["reason_id"])) if former["reason_id"] else None
    appointment.buffer_after = former.get("buffer", appointment.buffer_after)


def state_of(appointment: Appointment) -> dict[str, Any]:
    """What a fact compares, as it is written down; the private as it is."""
    return {
        "start": as_text(appointment.start),
        "end": as_text(appointment.end),
        "arrived": as_text(appointment.arrived_at) if appointment.arrived_at is not None else "",
        "schedule": str(appointment.schedule_id),
        "place": where(appointment),
        **named(appointment.practitioner),
        "mode": str(appointment.consultation_type),
        "reason_id": str(appointment.reason_id or ""),
        "reason": str(appointment.reason or ""),
        "buffer": appointment.buffer_after,
        "overbooked": appointment.overbooked,
        **{name: getattr(appointment, name) for name in _PRIVATE},
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What it was, of what is different; `private` names what nobody may read here."""
    changed = [name for name in before if before[name] != after[name]]
    previous = {name: before[name] for name in changed if name not in _PRIVATE}
    private = [name for name in changed if name in _PRIVATE]
    if private:
        previous["private"] = private
    if previous and before["overbooked"]:
        previous["overbooked"] = True
    return previous


def kind_of(previous: dict[str, Any]) -> EventKind:
    """What of it is told first: whose it is, when it is, then what the SAS is not told."""
    if "practitioner" in previous:
        return EventKind.REASSIGNED
    return EventKind.MOVED if previous.keys() & {"start", "end"} else EventKind.CHANGED


def _nothing_of(wanted: Wanted) -> str:
    if wanted.details is not None or wanted.minutes is not None:
        return "Rien n’a changé\u00a0: tout était déjà ainsi."
    if wanted.schedule_id is not None:
        return "Ce rendez-vous est déjà dans cet agenda\u00a0: choisissez-en un autre."
    return "Le rendez-vous est déjà à cette heure\u00a0: choisissez-en une autre."


def _needs_room(before: dict[str, Any], appointment: Appointment) -> bool:
    """Within the time it has, it stands where it stood."""
    start, end = datetime.fromisoformat(before["start"]), datetime.fromisoformat(before["end"])
    return str(appointment.schedule_id) != before["schedule"] or appointment.start < start or appointment.end > end


def _find_room(appointment: Appointment, despite: Despite, *, back: bool) -> None:
    """Choose the lane where it stands from now on, under the lock; its own time is free to it. Raises `InTheWay`.

    `back`: where it stood before, outside the opening hours or close to another as it may have been.
    """
    schedule, start, end = appointment.schedule, number_of(appointment.start), number_of(appointment.end)
    frame = without(read_frames([schedule], since=start, until=start)[schedule.id], appointment.id)
    buffer = appointment.buffer_after * MINUTE
    if back and {one.kind for one in obstacles(frame, start, end, buffer)} <= {Kind.OUTSIDE, Kind.BUFFER}:
        despite = True
    room = take_room(frame=frame, start=start, end=end, despite=despite, buffer=buffer)
    appointment.lane, appointment.capacity, appointment.overbooked = room.lane, room.capacity, room.overbooked
