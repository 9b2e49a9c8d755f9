"""What several do at the same moment, in the tests of races, and how what came of it is judged."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, time, timedelta
from functools import partial
from itertools import combinations

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.booking.services.holds import take_hold
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.booking.services.obstacles import InTheWay
from appointments.exceptions import SlotTaken
from appointments.models import Appointment, Closure, Hold, Location, Rule, Schedule
from appointments.openings.services.absences import Away, create_absence
from appointments.openings.services.rules import change_rule
from appointments.openings.values import Hours, Opening
from appointments.places import locks
from appointments.slots.explain import Cause
from appointments.slots.slot_key import SlotKey
from appointments.slots.words import sentence
from tests import factories

QUARTER = timedelta(minutes=15)
Act = Callable[[], object]


def morning() -> datetime:
    return (timezone.now() + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)


def open_schedule(**fields: object) -> Schedule:
    return factories.rule(start_time=time(0), end_time=time(0), **fields).schedule


def at_once(*acts: Act) -> list[object]:
    """What each gave or raised, each on a connection of its own, all begun at the same moment."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int) -> None:
        with closing(connection):
            connection.ensure_connection()
            barrier.wait()
            try:
                found[index] = acts[index]()
            except Exception as error:  # noqa: BLE001 - what comes is what is judged
                found[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return list(found)


def book(schedule: Schedule, start: datetime, by: Actor, minutes: int = 15) -> Act:
    visit, key = factories.visit(), SlotKey(schedule.id, start, minutes)
    return lambda: book_appointment(key=key, visit=visit, by=by, now=timezone.now())


def hold(schedule: Schedule, start: datetime, by: Actor) -> Act:
    return lambda: take_hold(key=SlotKey(schedule.id, start, 15), by=by, now=timezone.now())


def walk_in(schedule: Schedule, start: datetime, by: Actor) -> Act:
    """The practice takes the time unless something is in the way."""
    return partial(
        book_freely, schedule_id=schedule.id, start=start, minutes=15, visit=factories.visit(), by=by,
        now=timezone.now(), despite=False,
    )  # fmt: skip


def move(appointment: Appointment, start: datetime, by: Actor) -> Act:
    return partial(
        move_appointment, appointment_id=appointment.id, version=appointment.version, start=start, by=by,
        now=timezone.now(),
    )  # fmt: skip


def reassign(appointment: Appointment, schedule: Schedule, by: Actor) -> Act:
    return partial(
        reassign_appointment, appointment_id=appointment.id, version=appointment.version, schedule_id=schedule.id,
        by=by, now=timezone.now(),
    )  # fmt: skip


def absent(practitioner: Practitioner, start: datetime, by: Actor) -> Act:
    hours = Hours(start, start + QUARTER)
    return lambda: create_absence(practitioner_id=practitioner.id, away=Away(hours), by=by, now=timezone.now())


def close(location: Location, start: datetime) -> Act:
    """As a service of the set-up does: the lines of time first."""

    def act() -> Closure:
        with transaction.atomic():
            locks.lock_calendars(Schedule.objects.filter(location=location).values_list("calendar", flat=True))
            return Closure.objects.create(location=location, start=start, end=start + QUARTER)

    return act


def shorten(rule: Rule, by: Actor) -> Act:
    """From now on nothing begins before the afternoon of the next year."""
    opening = Opening(
        schedule_id=rule.schedule_id,
        weekdays=(1,),
        start_time=time(22),
        end_time=time(23),
        step_minutes=15,
        audiences=(),
        consultation_types=tuple(rule.consultation_types),
        appointment_type=rule.appointment_type,
        first_day=rule.first_day + timedelta(days=365 * 20),
    )
    return lambda: change_rule(rule_id=rule.id, version=rule.version, opening=opening, by=by, today=rule.first_day)


def outcome(result: object) -> str:
    """Booked, held, done, or which cause was told; anything else fails the test."""
    if isinstance(result, SlotTaken):
        [cause] = {cause for cause in Cause if sentence(cause) == str(result)} - _SAME or {Cause.NOT_OFFERED}
        return cause
    if isinstance(result, InTheWay):
        return "in the way"
    assert not isinstance(result, Exception), repr(result)
    return {Appointment: BOOKED, Hold: HELD}.get(type(result), "done")


# Won; the causes `booked` and `held` are what the others are told.
BOOKED, HELD = "won a visit", "won a hold"
# They share a sentence with another one.
_SAME = {Cause.NO_PHONE}


def judge_world() -> None:
    """No two standing visits share a lane, nobody stands at two places, no visit shares a lane with somebody else's live hold."""
    standing = list(Appointment.objects.standing().select_related("practitioner"))
    for one, other in combinations(standing, 2):
        if one.start < other.end and other.start < one.end:
            assert (one.calendar_id, one.lane) != (other.calendar_id, other.lane)
            assert one.practitioner_id != other.practitioner_id or one.schedule_id == other.schedule_id
    for kept in Hold.objects.filter(expires_at__gt=Now()):
        touching = [
            one
            for one in standing
            if one.calendar_id == kept.calendar_id and one.start < kept.end and kept.start < one.end
        ]
        assert len(touching) < kept.capacity, "a hold that nobody could book"
