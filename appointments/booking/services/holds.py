"""Holds: a slot kept for a few minutes for who is about to book it, by the database's clock.

Who takes one locks its line of time, and that of their own former hold, in order of their keys; a regulator has one at a time.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.enums import ActorKind
from accounts.rights import Actor, acted_by
from appointments.exceptions import NotAllowed, SlotTaken
from appointments.models import Hold, Schedule
from appointments.openings.recurrence import next_number, number_of
from appointments.places.locks import lock_calendars
from appointments.slots.availability import free_lane, free_slots, occupied
from appointments.slots.explain import Cause
from appointments.slots.reader import read_frames
from appointments.slots.selectors import viewer_of, why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, Offered, ReasonDone
from appointments.slots.words import sentence

LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Kept:
    """A live hold on a slot, and what was offered when it was taken."""

    id: uuid.UUID
    offered: Offered


def take_hold(
    *, key: SlotKey, by: Actor | None, now: datetime, weak: bool = False, former: uuid.UUID | None = None
) -> Hold:
    """Keep the slot for this person; what they held before is given back. None acts for a visitor, whose former hold is named
    by its token.

    Raises `SlotTaken` with the true cause, `NotAllowed`.
    """
    schedule = Schedule.objects.with_place().filter(pk=key.schedule_id).first()
    if schedule is None:
        raise SlotTaken(sentence(None))
    if by is not None and not by.may_book_with(schedule.practitioner_id):
        raise NotAllowed
    if not schedule.active:
        raise SlotTaken(sentence(Cause.AGENDA_CLOSED))
    viewer = PATIENT if by is None else viewer_of(by)
    start, end = number_of(key.start), number_of(key.end)
    with transaction.atomic():
        own = _lock_with_former(schedule.calendar_id, by, former)
        Hold.objects.filter(pk__in=own).delete()
        frame = read_frames([schedule], since=start, until=start)[schedule.id]
        found = free_slots(frame, viewer, since=start, until=start, now=next_number(now))
        offered = next((one for _, ends, one in found if ends == end), None)
        lane = free_lane(occupied(frame, viewer), start, end, offered.capacity) if offered is not None else None
        if offered is None or lane is None:
            raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer)))
        if not weak:
            _overlapping(schedule.calendar_id, key.start, key.end).filter(weak=True).delete()
        return Hold.objects.create(
            schedule=schedule,
            calendar_id=schedule.calendar_id,
            organization_id=schedule.organization_id,
            lane=lane,
            capacity=offered.capacity,
            start=key.start,
            end=key.end,
            offered=_as_json(offered),
            weak=weak,
            expires_at=Now() + LASTS,
            **_actor(by),
        )


def renew_hold(*, token: uuid.UUID) -> bool:
    """Keep it some minutes more. False when it has ended: the slot may be another's by now."""
    return Hold.objects.filter(token=token, expires_at__gt=Now()).update(expires_at=Now() + LASTS) == 1


def give_back_hold(*, token: uuid.UUID) -> None:
    """The slot is free for others at once."""
    with transaction.atomic():
        rows = Hold.objects.filter(token=token)
        lock_calendars(rows.values_list("calendar", flat=True))
        rows.delete()


def held_offer(*, key: SlotKey, token: uuid.UUID | None) -> Kept | None:
    """The live hold of this token on this very slot. Under the lock of its calendar."""
    if token is None:
        return None
    rows = Hold.objects.filter(token=token, schedule=key.schedule_id, start=key.start, end=key.end)
    hold = rows.filter(expires_at__gt=Now()).first()
    return Kept(hold.id, _from_json(hold.offered)) if hold is not None else None


def clear_holds(
    *, calendar_id: uuid.UUID, start: datetime, end: datetime, own: uuid.UUID | None = None, firm_too: bool = False
) -> None:
    """End what a visit that stands now leaves no room for: weak holds, the booker's own, expired ones.

    `firm_too`: the practice books what another was holding.
    """
    touching = _overlapping(calendar_id, start, end)
    ended = touching if firm_too else touching.filter(weak=True)
    expired = Hold.objects.filter(calendar=calendar_id, expires_at__lte=Now())
    Hold.objects.filter(Q(pk__in=ended.values("pk")) | Q(pk__in=expired.values("pk")) | Q(pk=own)).delete()


def _overlapping(calendar_id: uuid.UUID, start: datetime, end: datetime) -> QuerySet[Hold]:
    return Hold.objects.filter(calendar=calendar_id, start__lt=end, end__gt=start)


def _lock_with_former(calendar_id: uuid.UUID, by: Actor | None, former: uuid.UUID | None) -> list[uuid.UUID]:
    """Lock the calendar and that of the person's former hold, and give the holds that end now: theirs and the expired ones."""
    theirs = Q(token=former) if former is not None else Q(pk__in=[])
    if by is not None and by.regulator is not None:
        theirs |= Q(by_regulator=by.regulator)
    before = set(Hold.objects.filter(theirs).values_list("calendar_id", flat=True))
    lock_calendars({calendar_id, *before})
    now = set(Hold.objects.filter(theirs).values_list("calendar_id", flat=True))
    if not now <= before | {calendar_id}:
        # They took one meanwhile, in another window, on a line of time that is not locked here: theirs is the later wish.
        raise SlotTaken("Vous retenez un autre créneau dans une autre fenêtre\u00a0: revenez-y, ou recommencez.")
    expired = Q(calendar=calendar_id, expires_at__lte=Now())
    return list(Hold.objects.filter(theirs | expired).values_list("pk", flat=True))


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
