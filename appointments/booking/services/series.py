"""A series: the same visit again and again, booked in one go; and what is done to one of them and to all that follow it."""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from accounts.single import single
from appointments.booking.services.booking import Visit, book_freely
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Schedule
from appointments.openings.recurrence import instant
from appointments.places.locks import lock_calendars
from appointments.places.selectors import calendars_of

LONGEST = 30


@dataclass(frozen=True, slots=True)
class Occasion:
    """One visit of a series. `despite`: the seal of what one has read that stands there."""

    start: datetime
    despite: str = ""


class SeriesInTheWay(Refused):
    """Nothing is done, since something stands in the way of some of them (`found`, by the hour that was wanted).

    `seal` stands for exactly these.
    """

    def __init__(self, found: Mapping[datetime, InTheWay]) -> None:
        self.found = dict(sorted(found.items()))
        super().__init__("Certains de ces rendez-vous ne peuvent pas être pris tels quels.")

    @property
    def seal(self) -> str:
        read = "\n".join(f"{start.isoformat()} {one.seal}" for start, one in self.found.items())
        return hashlib.sha256(read.encode()).hexdigest()[:16]


def book_series(
    *, schedule_id: uuid.UUID, occasions: Sequence[Occasion], minutes: int, visit: Visit, by: Actor, now: datetime
) -> list[Appointment]:
    """All of them or none, each its own visit, event and message. The same `request_id` sent again books none twice.

    Raises `SeriesInTheWay` with what stands in the way of each, unless its seal says that it was read; else as `book_freely`.
    """
    series, file = uuid.uuid5(visit.request_id, "series"), visit.file
    booked: list[Appointment] = []
    blocked: dict[datetime, InTheWay] = {}
    with transaction.atomic():
        lock_calendars(Schedule.objects.filter(pk=schedule_id).values("calendar"), by=by)
        for one in sorted(occasions, key=lambda one: one.start):
            named = uuid.uuid5(visit.request_id, one.start.isoformat())
            try:
                appointment = book_freely(
                    schedule_id=schedule_id,
                    start=one.start,
                    minutes=minutes,
                    visit=replace(visit, request_id=named, series=series, file=file),
                    by=by,
                    now=now,
                    despite=one.despite,
                )
            except InTheWay as there:
                blocked[one.start] = there
            else:
                # Somebody new has one file for all of them.
                file = appointment.patient_id
                booked.append(appointment)
        if blocked:
            raise SeriesInTheWay(blocked)
    return booked


def cancel_following(
    *, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime, tell: bool = True
) -> list[Appointment]:
    """This one and those of its series that come after it, but for what is closed or in an agenda that one does not keep.

    Raises as `cancel_appointment`.
    """
    with transaction.atomic():
        return [
            cancel_appointment(appointment_id=one.pk, version=one.version, by=by, now=now, tell=tell)
            for one in _following(appointment_id, version, by)
        ]


def move_following(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    start: datetime,
    by: Actor,
    now: datetime,
    despite: str = "",
    tell: bool = True,
) -> list[Appointment]:
    """This one to `start`, and those of its series that come after it by the same days and hours at the clock of their place.

    Raises `SeriesInTheWay` unless `despite` is its seal; else as `move_appointment`.
    """
    with transaction.atomic():
        rows = _following(appointment_id, version, by)
        zone = rows[0].schedule.location.zone
        shift = start.astimezone(zone).replace(tzinfo=None) - rows[0].start.astimezone(zone).replace(tzinfo=None)

        def wanted(one: Appointment) -> datetime:
            there = one.schedule.location.zone
            local = one.start.astimezone(there).replace(tzinfo=None) + shift
            return start if one is rows[0] else instant(local.date(), local.time(), there)

        def move(read: Mapping[datetime, str]) -> tuple[list[Appointment], dict[datetime, InTheWay]]:
            moved, blocked = [], {}
            # None onto the hour of another that is to go on from there.
            for one in reversed(rows) if start > rows[0].start else rows:
                at = wanted(one)
                try:
                    moved.append(
                        move_appointment(
                            appointment_id=one.pk,
                            version=one.version,
                            start=at,
                            by=by,
                            now=now,
                            despite=read.get(at, ""),
                            tell=tell,
                        )
                    )
                except InTheWay as there:
                    blocked[at] = there
            return moved, blocked

        return _all_or_none(move, despite)


def _all_or_none(
    move: Callable[[Mapping[datetime, str]], tuple[list[Appointment], dict[datetime, InTheWay]]], despite: str
) -> list[Appointment]:
    before = transaction.savepoint()
    moved, blocked = move({})
    if not blocked:
        transaction.savepoint_commit(before)
        return moved
    transaction.savepoint_rollback(before)
    there = SeriesInTheWay(blocked)
    if despite != there.seal:
        raise there
    moved, blocked = move({at: one.seal for at, one in blocked.items()})
    if blocked:
        raise SeriesInTheWay(blocked)
    return moved


def _following(appointment_id: uuid.UUID, version: int | None, by: Actor) -> list[Appointment]:
    """Under the lock of all their lines of time, in order of time; it comes first."""
    kept = Appointment.objects.kept_by(by, Level.BOOK)
    first = single(kept.filter(pk=appointment_id))
    if first is None or first.series is None:
        raise NotAllowed
    rows = kept.filter(series=first.series, status=Status.BOOKED, start__gte=first.start)
    lock_calendars(calendars_of(rows), by=by)
    found = list(rows.select_related("schedule__location").order_by("start", "pk"))
    if not found or found[0].pk != appointment_id or found[0].version != version:
        raise ChangedMeanwhile
    return found
