"""What came free is proposed to who waits: one person at a time, in the order in which they registered.

`look` is all of it, for one agenda and under the lock of its line of time. It remembers what was free (`WaitingLook`) and
compares: whatever freed an hour is seen, and a worker that dies leaves the next one the same to do. The hour is held weakly:
hidden from other patients, and taken by the practice and the regulation whenever they need it.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from appointments.booking.events import ONE_ACT
from appointments.booking.services.holds import take_hold
from appointments.enums import MessageKind, MessageState, OfferState, WaitingState
from appointments.exceptions import Refused
from appointments.messages.quiet import after_open
from appointments.messages.reach import quiet_of, settings_of, targets_of
from appointments.models import (
    FreedSlot,
    Hold,
    PatientMessage,
    Schedule,
    WaitingAt,
    WaitingEntry,
    WaitingLook,
    WaitingOffer,
)
from appointments.models.waiting import MOST_ASKED
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.places.locks import lock_calendars
from appointments.places.selectors import schedule_of
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, WALKIN, Frame
from appointments.slots.wishes import Wish
from appointments.slots.words import sentence
from appointments.waiting.waking import look_once_committed
from appointments.waiting.wishes import When

# How far ahead hours that come free are looked for, which is as far as anybody waits.
AHEAD = timedelta(days=90)


def agendas_waited_at() -> list[uuid.UUID]:
    """Where somebody waits, or what was proposed is not answered yet."""
    waiting = WaitingAt.objects.filter(entry__state=WaitingState.WAITING).values_list("schedule", flat=True)
    looked = WaitingLook.objects.values_list("schedule", flat=True)
    return sorted({*waiting.order_by(), *looked.order_by()})


def look(*, schedule_id: uuid.UUID, now: datetime) -> int:
    """End what was not answered, see what came free, propose it; how many proposals were made."""
    with transaction.atomic():
        lock_calendars(Schedule.objects.filter(pk=schedule_id).values("calendar"))
        schedule = schedule_of(schedule_id)
        if schedule is None:
            return 0
        since, until = number_of(now), number_of(now + AHEAD)
        frame = read_frames([schedule], since=since, until=until)[schedule.id]
        # Who holds an hour for a moment has not taken it.
        bare = replace(frame, taken=[one for one in frame.taken if not one.held])
        free = free_slots(bare, PATIENT, since=since, until=until, now=next_number(now))
        free = [one for one in free if one[2].appointment_type != WALKIN]
        _end_unanswered(schedule, bare, frame, now)
        if not _waiting_at(schedule, now).exists():
            WaitingLook.objects.filter(schedule=schedule).delete()
            FreedSlot.objects.filter(schedule=schedule).delete()
            return 0
        _note_freed(schedule, free, now)
        return _propose(schedule, free, now)


def end_offer(offer: WaitingOffer, state: OfferState, *, cause: str = "") -> None:
    """Under the lock of its line of time. The hour is free for other patients; somebody looks who comes next."""
    if offer.hold is not None:
        Hold.objects.filter(token=offer.hold).delete()
    offer.state, offer.cause, offer.hold = state, cause, None
    offer.save(update_fields=["state", "cause", "hold", "appointment"])
    waiting = PatientMessage.objects.filter(offer=offer, state=MessageState.PLANNED)
    waiting.update(state=MessageState.REPLACED)
    look_once_committed(offer.schedule_id)


def wish_of(entry: WaitingEntry) -> Wish:
    return Wish(entry.reason_id, entry.consultation_type)


def _end_unanswered(schedule: Schedule, bare: Frame, frame: Frame, now: datetime) -> None:
    """Those whose time is over, and those whose hour is not to be had any more; of others the hold is put back that somebody's
    look at the hour has ended.
    """
    offers = WaitingOffer.objects.filter(schedule=schedule, state=OfferState.MADE)
    held = Hold.objects.filter(token=OuterRef("hold"), expires_at__gt=Now())
    for offer in offers.annotate(is_held=Exists(held)):
        key = SlotKey(schedule.pk, offer.start, offer.minutes)
        if offer.until <= now:
            end_offer(offer, OfferState.SILENT)
        elif not _is_free(bare, key, shown_at=offer.offered_at):
            end_offer(offer, OfferState.GONE, cause=sentence(why_not(key, frame, now=now, viewer=PATIENT)))
        elif not offer.is_held:
            offer.hold = _held(key, until=offer.until, now=now)
            offer.save(update_fields=["hold"])


def _is_free(bare: Frame, key: SlotKey, *, shown_at: datetime) -> bool:
    """For as long as it was then: what was proposed in time stays so until it is answered."""
    start = number_of(key.start)
    found = free_slots(bare, PATIENT, since=start, until=start, now=number_of(shown_at))
    return any(end == number_of(key.end) for _, end, _ in found)


def _note_freed(schedule: Schedule, free: Sequence[FreeSlot], now: datetime) -> None:
    """Nothing has come free at the first look. What is not free any more is asked about no more."""
    pairs = sorted([start, end] for start, end, _ in free)
    last = WaitingLook.objects.filter(schedule=schedule).first()
    starts = {moment_of(start) for start, _ in pairs}
    FreedSlot.objects.filter(schedule=schedule).exclude(start__in=starts).delete()
    if last is not None:
        before, reached = {tuple(pair) for pair in last.free}, number_of(last.reached)
        news = {start for start, end in pairs if start <= reached and (start, end) not in before}
        made = [FreedSlot(schedule=schedule, start=moment_of(start)) for start in sorted(news)]
        FreedSlot.objects.bulk_create(made, ignore_conflicts=True)
    WaitingLook.objects.update_or_create(schedule=schedule, defaults={"free": pairs, "reached": now + AHEAD})


def _propose(schedule: Schedule, free: Sequence[FreeSlot], now: datetime) -> int:
    quiet, zone = quiet_of(settings_of(schedule.organization_id)), schedule.location.zone
    if quiet.holds(now.astimezone(zone)):
        # Until then other patients may have it.
        return 0
    until = after_open(now, settings.WAITING_ANSWER_MINUTES, zone=zone, quiet=quiet)
    unanswered = WaitingOffer.objects.filter(entry=OuterRef("pk"), state=OfferState.MADE)
    rows = _waiting_at(schedule, now).exclude(Exists(unanswered)).select_related("appointment", "file")
    # Whom another agenda's look is about to ask is left to it.
    people = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",)))
    made = 0
    for freed in FreedSlot.objects.filter(schedule=schedule, start__gt=until).order_by("start"):
        asked = list(freed.offers.all())
        if len(asked) >= MOST_ASKED or any(one.is_made for one in asked):
            continue
        known = {one.entry_id for one in asked}
        for entry in people:
            if entry.pk in known or not _when(entry).suits(freed.start, answer_by=until, zone=zone):
                continue
            key = _key(schedule, freed, wish_of(entry), free)
            if key is not None and _ask(entry, schedule, freed, len(asked) + 1, key, until, now):
                people.remove(entry)
                made += 1
                break
    return made


def _ask(
    entry: WaitingEntry, schedule: Schedule, freed: FreedSlot, turn: int, key: SlotKey, until: datetime, now: datetime
) -> bool:
    """False where nobody can be written to, or somebody is at the hour right now: the next look comes."""
    offer = WaitingOffer(
        entry=entry, schedule=schedule, freed=freed, turn=turn, start=key.start, minutes=key.minutes, offered_at=now,
        until=until,
    )  # fmt: skip
    targets = targets_of(offer.as_visit(), MessageKind.OFFER)
    if not targets:
        return False
    offer.hold = _held(key, until=until, now=now)
    if offer.hold is None:
        return False
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError:
        # Another agenda's look was faster to ask them.
        Hold.objects.filter(token=offer.hold).delete()
        return False
    for channel, address in targets:
        PatientMessage.objects.create(
            organization_id=schedule.organization_id,
            offer=offer,
            fact=f"offer:{offer.pk}",
            kind=MessageKind.OFFER,
            channel=channel,
            address=address,
            # What is taken back at once is told to nobody.
            next_attempt_at=now + ONE_ACT,
        )
    return True


def _held(key: SlotKey, *, until: datetime, now: datetime) -> uuid.UUID | None:
    """None while somebody else is at it."""
    try:
        return take_hold(key=key, by=None, now=now, weak=True, lasts=until - now).token
    except Refused:
        return None


def _key(schedule: Schedule, freed: FreedSlot, wish: Wish, free: Collection[FreeSlot]) -> SlotKey | None:
    """The shortest visit that begins then and is what they wait for."""
    start = number_of(freed.start)
    ends = [end for begins, end, offer in free if begins == start and wish.is_met(offer)]
    return SlotKey(schedule.pk, freed.start, (min(ends) - start) // 60) if ends else None


def _when(entry: WaitingEntry) -> When:
    visit = entry.appointment
    return When(
        weekdays=entry.weekdays,
        part=entry.part,
        until=entry.until,
        notice_hours=max(entry.notice_hours, settings.WAITING_NOTICE_HOURS),
        before=visit.start if visit is not None and visit.is_booked else None,
    )


def _waiting_at(schedule: Schedule, now: datetime) -> QuerySet[WaitingEntry]:
    """In their order."""
    today = now.astimezone(schedule.location.zone).date()
    rows = WaitingEntry.objects.filter(places__schedule=schedule, state=WaitingState.WAITING, until__gte=today)
    return rows.order_by("registered_at", "pk")
