"""Holds: a slot kept for a few minutes for who is about to book it, by the database's clock.

Who takes one locks its line of time, and that of their own former hold, in order of their keys; a regulator has one at a time.
What was offered when it was taken stays bookable until it ends: by its time, or by an absence, a closure, the agenda closed or
the practice's own booking.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest, Least, Now

from accounts.enums import ActorKind
from accounts.rights import Actor, acted_by
from accounts.single import single
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Hold, Schedule
from appointments.openings.recurrence import next_number, number_of
from appointments.places.locks import lock_calendars
from appointments.places.selectors import schedule_of
from appointments.slots.availability import capacity_at, free_lane, free_slots, occupied
from appointments.slots.explain import Cause, shut_cause
from appointments.slots.reader import read_frames
from appointments.slots.selectors import viewer_of, why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, WALKIN, Frame, Offered, ReasonDone, Viewer, without
from appointments.slots.words import sentence

LASTS = timedelta(minutes=5)
# However often it is renewed.
LONGEST = timedelta(minutes=15)
WALK_IN = "Ce créneau est sans rendez-vous\u00a0: le patient se présente au cabinet."
# Of a regulator's own holds and the one of a token (`_whose`). In SQL: to build these statements takes longer than they do.
_LINES = """(SELECT calendar_id FROM appointments_schedule WHERE id = %s
UNION SELECT calendar_id FROM appointments_hold WHERE by_regulator_id = %s OR token = %s)"""
_OWN = """SELECT *, statement_timestamp() AS read_at FROM appointments_hold
WHERE by_regulator_id = %s OR token = %s"""
_GIVE_UP = """DELETE FROM appointments_hold WHERE (by_regulator_id = %s OR token = %s) AND calendar_id = ANY(%s)
RETURNING *, expires_at > statement_timestamp() AS alive"""
_CLEAR = """DELETE FROM appointments_hold
WHERE id = ANY(%s) OR (calendar_id = %s AND expires_at <= statement_timestamp())"""
# A regulator's two windows, each taking a hold at the same moment.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """A live hold on a slot, and what was offered when it was taken."""

    hold: Hold
    offered: Offered


class _Grew(Exception):
    """Their former hold is on a line of time that was not locked: begin anew."""


def take_hold(
    *,
    key: SlotKey,
    by: Actor | None,
    now: datetime,
    weak: bool = False,
    former: uuid.UUID | None = None,
    lasts: timedelta = LASTS,
    known: Schedule | None = None,
) -> Hold:
    """Keep the slot for this person; what they held before is given back. None acts for a visitor, whose former hold is named
    by its token.

    Taken again on the slot they hold, it lasts longer, though never beyond `LONGEST` since the first time, with what was offered
    then; a weak one taken again firmly becomes so. `known`: the slot's agenda `with_place()`, read anew if anything changed on
    its line of time since.
    Raises `SlotTaken` with the true cause, `Refused` where the patient simply comes, `NotAllowed`.
    """
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return _take(key, by, now, weak, former, lasts, known)
        except _Grew:
            continue
        except IntegrityError as error:
            name = error.__cause__.diag.constraint_name  # type: ignore[union-attr]
            if name in {"hold_lane_free", "hold_one_place"}:
                # Somebody who does not take our lock was faster.
                raise SlotTaken(sentence(Cause.HELD)) from error
            if name != "hold_one_for_a_regulator":
                raise
    raise SlotTaken("Vous retenez un autre créneau dans une autre fenêtre\u00a0: revenez-y, ou recommencez.")


def renew_hold(*, token: uuid.UUID, once: bool = False) -> bool:
    """Keep it some minutes more, up to `LONGEST` in all. False when it has ended: the slot may be another's by now, the place
    closed.

    `once`: five minutes after its end, which is done once; False when it was.
    """
    with transaction.atomic():
        rows = Hold.objects.filter(token=token)
        lock_calendars(rows.values("calendar"))
        hold = single(rows.filter(expires_at__gt=Now()))
        if hold is None:
            return False
        schedule = Schedule.objects.with_place().get(pk=hold.schedule_id)
        start, end = number_of(hold.start), number_of(hold.end)
        frame = read_frames([schedule], since=start, until=start)[schedule.id]
        if _ended(frame, start, end) is not None:
            return False
        alive = rows.filter(expires_at__gt=Now())
        later = F("expires_at") + LASTS if once else Greatest(F("expires_at"), Now() + LASTS)
        if once:
            alive = alive.filter(extended=False)
        ends = Least(later, F("since") + LONGEST)
        kept = {"expires_at": ends, "renewals": F("renewals") + 1, **({"extended": True} if once else {})}
        return alive.update(**kept) == 1


def give_back_hold(*, token: uuid.UUID, renewals: int | None = None) -> None:
    """The slot is free for others at once. With `renewals`, only if nobody has kept it on since it had that many."""
    with transaction.atomic():
        rows = Hold.objects.filter(token=token)
        lock_calendars(rows.values("calendar"))
        (rows if renewals is None else rows.filter(renewals=renewals)).delete()


def hold_of(by: Actor) -> Hold | None:
    """The live hold of this regulator, with its agenda, place and practitioner. One query."""
    rows = Hold.objects.filter(by_regulator=by.regulator, expires_at__gt=Now())
    return single(
        rows.select_related("schedule__location", "schedule__organization", "schedule__calendar__practitioner")
    )


def offered_by(hold: Hold) -> Offered:
    """What was offered when it was taken."""
    return _from_json(hold.offered)


def lock_with_own_holds(*, schedule_id: uuid.UUID, by: Actor | None, token: uuid.UUID | None) -> dict[uuid.UUID, int]:
    """Lock the agenda's line of time and those of this person's holds, in order of their keys. Gives the locked ones, each with
    its count of changes: a hold that was taken meanwhile may stand on another.
    """
    return lock_calendars(RawSQL(_LINES, [schedule_id, *_whose(by, token)]), by=by)  # noqa: S611  # all of it is ours


def give_up_own_holds(*, by: Actor, token: uuid.UUID | None, locked: Collection[uuid.UUID]) -> list[Hold]:
    """What this person holds on these locked lines of time, deleted, each saying whether it was `alive`. One statement. What then
    keeps them from booking undoes it with the rest.
    """
    return list(Hold.objects.raw(_GIVE_UP, [*_whose(by, token), list(locked)]))


def kept_on(key: SlotKey, own: Sequence[Hold], frame: Frame) -> Kept | None:
    """Of somebody's live holds the one on this very slot, under the lock of its calendar.

    Raises `SlotTaken` when something else than time ended it.
    """
    kept = _on(key, own)
    cause = _ended(frame, number_of(key.start), number_of(key.end)) if kept is not None else None
    if cause is not None:
        raise SlotTaken(sentence(cause))
    return kept


def end_holds(frame: Frame, start: int, end: int, lane: int, *, firm_too: bool = False) -> None:
    """Once something stands there: end the holds that it leaves no room for.

    These are weak ones; `firm_too`: the practice books what another was holding. Under the lock of their calendars.
    """
    ended = set()
    yielding = [one for one in frame.taken if one.held and (one.weak or firm_too)]
    standing = [(one.start, one.end, one.lane, one.here) for one in frame.taken if one not in yielding]
    standing.append((start, end, lane, True))
    # A firm one before a weak one, those side by side with it before the one whose lane it takes.
    for one in sorted(yielding, key=lambda one: (one.weak, one.lane == lane)):
        if one.start >= end or one.end <= start:
            continue
        capacity = capacity_at(frame, one.start, one.end)
        if one.here and free_lane(standing, one.start, one.end, capacity) is not None:
            standing.append((one.start, one.end, one.lane, True))
        elif one.id is not None:
            ended.add(one.id)
    if ended:
        Hold.objects.filter(pk__in=ended).delete()


def _take(
    key: SlotKey,
    by: Actor | None,
    now: datetime,
    weak: bool,
    former: uuid.UUID | None,
    lasts: timedelta,
    known: Schedule | None,
) -> Hold:
    locked = lock_with_own_holds(schedule_id=key.schedule_id, by=by, token=former)
    own = list(Hold.objects.raw(_OWN, _whose(by, former)))
    if any(hold.calendar_id not in locked for hold in own):
        raise _Grew
    if known is None or locked.get(known.calendar_id) != known.calendar.changes:
        known = schedule_of(key.schedule_id)
    schedule = known
    if schedule is None:
        raise SlotTaken(sentence(None))
    if by is not None and not by.may_book_in(schedule.practitioner_id, schedule.organization_id):
        raise NotAllowed
    viewer = Viewer(PATIENT.reach, is_patient=True, holder=former) if by is None else viewer_of(by)
    start, end = number_of(key.start), number_of(key.end)
    frame = read_frames([schedule], since=start, until=start)[schedule.id]
    alive = {one.id for one in frame.taken if one.held}
    kept = kept_on(key, [one for one in own if one.id in alive], frame)
    for hold in own:
        frame = without(frame, hold.id)
    if kept is not None:
        offered: Offered | None = kept.offered
    else:
        found = free_slots(frame, viewer, since=start, until=start, now=next_number(now))
        offered = next((one for _, ends, one in found if ends == end), None)
    lane = free_lane(occupied(frame, viewer), start, end, offered.capacity) if offered is not None else None
    if offered is None or lane is None:
        unseen = Cause.BUFFER if offered is not None else None
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer) or unseen))
    if not viewer.is_practice and offered.appointment_type == WALKIN:
        raise Refused(WALK_IN)
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [[hold.pk for hold in own], schedule.calendar_id])
    if not weak:
        end_holds(frame, start, end, lane)
    hold = Hold.objects.create(
        schedule=schedule,
        calendar_id=schedule.calendar_id,
        organization_id=schedule.organization_id,
        lane=lane,
        capacity=offered.capacity,
        start=key.start,
        end=key.end,
        # Whichever reason is chosen in the end, what must stay free after it is kept too.
        buffer_after=max((reason.buffer for reason in offered.reasons), default=0),
        offered=_as_json(offered),
        weak=weak,
        **_how_long(kept, lasts),
        **_actor(by),
    )
    if kept is None:
        # The statement that made it had one clock.
        hold.expires_at = hold.since + lasts
    return hold


def _whose(by: Actor | None, token: uuid.UUID | None) -> list[uuid.UUID | None]:
    """For the statements above."""
    return [by.regulator.pk if by is not None and by.regulator is not None else None, token]


def _on(key: SlotKey, holds: Sequence[Hold]) -> Kept | None:
    asked = key.schedule_id, key.start, key.end
    hold = next((one for one in holds if (one.schedule_id, one.start, one.end) == asked), None)
    return Kept(hold, _from_json(hold.offered)) if hold is not None else None


def _how_long(kept: Kept | None, lasts: timedelta) -> dict[str, Any]:
    """Until when, and, where it is kept on, since when: all from the database's clock, as the hold was read under its lock."""
    if kept is None:
        return {"expires_at": Now() + lasts}
    was = kept.hold
    read_at: datetime = was.read_at  # type: ignore[attr-defined]
    return {
        "token": was.token,
        "since": was.since,
        "extended": was.extended,
        "renewals": was.renewals + 1,
        "expires_at": max(was.expires_at, min(read_at + lasts, was.since + LONGEST)),
    }


def _ended(frame: Frame, start: int, end: int) -> Cause | None:
    """What ends a hold before its time, the practice's own booking aside (that deletes it)."""
    return shut_cause(frame, start, end) or (None if frame.active else Cause.AGENDA_CLOSED)


def _actor(by: Actor | None) -> dict[str, Any]:
    if by is None:
        return {"actor_kind": ActorKind.PATIENT}
    return {**acted_by(by), "by_name": by.name}


def _as_json(offered: Offered) -> dict[str, Any]:
    return {
        "audiences": list(offered.audiences),
        "consultation_types": list(offered.consultation_types),
        "appointment_type": offered.appointment_type,
        "capacity": offered.capacity,
        "reasons": [
            {
                "id": str(one.id),
                "label": one.label,
                "minutes": one.minutes,
                "buffer": one.buffer,
                "consultation_types": sorted(one.consultation_types),
                "rank": one.rank,
            }
            for one in offered.reasons
        ],
    }


def _from_json(kept: dict[str, Any]) -> Offered:
    return Offered(
        audiences=tuple(kept["audiences"]),
        consultation_types=tuple(kept["consultation_types"]),
        appointment_type=kept["appointment_type"],
        capacity=kept["capacity"],
        reasons=tuple(
            ReasonDone(
                uuid.UUID(one["id"]),
                one["label"],
                one["minutes"],
                one["buffer"],
                frozenset(one["consultation_types"]),
                one["rank"],
            )
            for one in kept["reasons"]
        ),
    )
