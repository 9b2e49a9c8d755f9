"""Who comes when: the demo's visits, past and to come, before any of them is written.

They are the same for everybody who starts the demo on the same day, whatever the hour. Each stands where the booking service
would let it stand (`take_room`).
"""

import math
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from appointments.booking.services.booking import Visit
from appointments.booking.services.obstacles import InTheWay
from appointments.booking.services.room import Room, take_room
from appointments.demo.cast import Opening
from appointments.demo.patients import passers_by
from appointments.demo.setting import Agenda
from appointments.enums import ConsultationType, Status
from appointments.models import Schedule
from appointments.openings.recurrence import Occurrence, instant, moment_of, number_of, occurrences
from appointments.patients.values import PatientDetails
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE, Frame, ReasonDone, Taken

# How far back those with a history came, how far back agendas were full, how far ahead somebody has an appointment.
KNOWN_FOR, FULL_FOR, AHEAD = timedelta(days=350), timedelta(days=14), timedelta(days=14)
# Agendas fill up as the day comes: by this much of what they will be, from today on.
_FILLED = (0.5, 0.4, 0.3, 0.2)
_FILLED_LATER = 0.1
# Of the visits to come of an agenda, those of somebody whom it knows.
_KNOWN = 0.25
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who comes. Whom the practice knows has a file, and came so many times."""

    details: PatientDetails
    caller: str = ""
    file: uuid.UUID | None = None
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """`outcome`: what the practice notes once it is over; `prompt`: at once, or only some hours later."""

    schedule: Schedule
    start: datetime
    end: datetime
    room: Room
    reason: ReasonDone | None
    visit: Visit
    booked_at: datetime
    outcome: Status
    prompt: bool

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)

    def status_at(self, now: datetime) -> Status:
        """Yesterday and before are closed; of today some are still to be closed."""
        noted_at = self.end if self.prompt else self.end + timedelta(hours=3)
        return self.outcome if noted_at < now else Status.BOOKED


def planned_visits(
    agendas: Sequence[Agenda], known: Mapping[tuple[str, str], list[Guest]], *, today: date, dice: random.Random
) -> list[Planned]:
    """Those of `known`, by practitioner and place, then those of whoever comes once; no two of them overlap."""
    return _Planner(agendas, today, dice).visits(known)


@dataclass(slots=True)
class _Planner:
    agendas: Sequence[Agenda]
    today: date
    dice: random.Random
    frames: dict[uuid.UUID, Frame] = field(init=False)
    # What is planned, in the frames too.
    taken: dict[uuid.UUID, list[Taken]] = field(init=False)
    passers_by: Iterator[PatientDetails] = field(init=False)

    def __post_init__(self) -> None:
        since, until = self.today - KNOWN_FOR, self.today + AHEAD
        schedules = [agenda.schedule for agenda in self.agendas]
        read = read_frames(schedules, since=_midnight(since), until=_midnight(until))
        self.taken = {key: list(frame.taken) for key, frame in read.items()}
        self.frames = {key: replace(frame, taken=self.taken[key]) for key, frame in read.items()}
        self.passers_by = passers_by(self.dice, today=self.today)

    def visits(self, known: Mapping[tuple[str, str], list[Guest]]) -> list[Planned]:
        found: list[Planned] = []
        for agenda in self.agendas:
            guests = list(known.get((agenda.person.family_name, agenda.place), []))
            past = list(self._occurrences(agenda, self.today - KNOWN_FOR, self.today - _DAY)) if guests else []
            for guest in guests:
                found += self._history(agenda, guest, past)
            for opening, one in self._occurrences(agenda, self.today - FULL_FOR, self.today + AHEAD):
                found += self._filled(agenda, opening, one, guests)
        return found

    def _history(self, agenda: Agenda, guest: Guest, past: list[tuple[Opening, Occurrence]]) -> Iterator[Planned]:
        """Evenly over the months, each on the open day that is nearest; never two on one."""
        first = max(self.today - KNOWN_FOR, guest.details.birth_date or date.min)
        days = {one.day for _, one in past if one.day < first}
        since, pace = _midnight(first), (self.today - first).total_seconds() / guest.visits
        for count in range(guest.visits):
            near = since + (count + self.dice.random()) * pace
            for opening, one in sorted(past, key=lambda pair: abs(pair[1].start - near)):
                if one.day in days:
                    continue
                start = self.dice.choice(range(one.start, one.end, opening.step_minutes * MINUTE))
                if (planned := self._placed(agenda, opening, one, start, guest)) is not None:
                    days.add(one.day)
                    yield planned
                    break

    def _filled(self, agenda: Agenda, opening: Opening, one: Occurrence, known: list[Guest]) -> Iterator[Planned]:
        """One occurrence, as full as it is by now. Of one to come the last start stays free."""
        step, ahead = opening.step_minutes * MINUTE, (one.day - self.today).days
        if ahead >= 0:
            one = replace(one, end=one.end - step)
        at, share = one.start, agenda.person.filled * _share(ahead)
        while at + step <= one.end:
            until = at + step
            for _ in range(opening.capacity):
                if self.dice.random() >= share:
                    continue
                guest = self._guest(known if ahead >= 0 else [])
                if (planned := self._placed(agenda, opening, one, at, guest)) is not None:
                    until = number_of(planned.end)
                    yield planned
            at += math.ceil((until - at) / step) * step

    def _guest(self, known: list[Guest]) -> Guest:
        if known and self.dice.random() < _KNOWN:
            return known.pop(self.dice.randrange(len(known)))
        return Guest(next(self.passers_by))

    def _placed(self, agenda: Agenda, opening: Opening, one: Occurrence, at: int, guest: Guest) -> Planned | None:
        """None where it would not fit."""
        frame, dice = self.frames[agenda.schedule.id], self.dice
        reasons = [reason for reason in frame.reasons if reason.label in opening.reasons]
        reason = dice.choice(reasons) if reasons else None
        # The first one of an opening is the usual one.
        mode = ConsultationType(dice.choice([opening.consultation_types[0], *opening.consultation_types]))
        booked_on = one.day - timedelta(days=dice.randrange(1, 20))
        booked_at = time(dice.randrange(8, 18), dice.randrange(60))
        outcome = dice.choices([Status.FULFILLED, Status.NOSHOW], [14, 1])[0]
        prompt, street_number = dice.random() < 0.5, dice.randrange(1, 90)
        longer = reason.minutes if reason is not None and opening.capacity == 1 else 0
        end = at + max(opening.step_minutes, longer) * MINUTE
        buffer = reason.buffer * MINUTE if reason is not None else 0
        if end > one.end:
            return None
        try:
            room = take_room(frame=frame, start=at, end=end, buffer=buffer, despite=False)
        except InTheWay:
            return None
        self._take(agenda, Taken(at, end, end + buffer, room.lane, here=True))
        details = guest.details
        if mode == ConsultationType.HH and not details.address:
            location = agenda.schedule.location
            street = f"{street_number} chemin du Bouquet-Fictif"
            details = replace(details, address=f"{street}, {location.postal_code} {location.city}")
        return Planned(
            schedule=agenda.schedule,
            start=moment_of(at),
            end=moment_of(end),
            room=room,
            reason=reason,
            visit=Visit(
                patient=details,
                consultation_type=mode,
                reason_id=reason.id if reason is not None else None,
                request_id=uuid.uuid4(),
                caller=guest.caller,
                file=guest.file,
            ),
            booked_at=instant(booked_on, booked_at, frame.zone),
            outcome=outcome,
            prompt=prompt,
        )

    def _take(self, agenda: Agenda, time_taken: Taken) -> None:
        """There, and at the other places of who receives."""
        for other in self.agendas:
            if other.schedule.calendar_id == agenda.schedule.calendar_id:
                here = other.schedule.id == agenda.schedule.id
                self.taken[other.schedule.id].append(time_taken._replace(here=here))

    def _occurrences(self, agenda: Agenda, first: date, last: date) -> Iterator[tuple[Opening, Occurrence]]:
        """Those that begin on these days, both included, rule by rule."""
        frame, since, until = self.frames[agenda.schedule.id], _midnight(first), _midnight(last + _DAY)
        recurrences = {rule.id: rule.recurrence for rule in frame.rules}
        for rule_id, opening in agenda.openings.items():
            for one in occurrences(recurrences[rule_id], frame.zone, since=since, until=until):
                if first <= one.day <= last and recurrences[rule_id].is_on(one.day, frame.holidays):
                    yield opening, one


def _share(ahead: int) -> float:
    """How full a day is by now, so many days ahead, of what it will be."""
    if ahead < 0:
        return 1
    return _FILLED[ahead] if ahead < len(_FILLED) else _FILLED_LATER


def _midnight(day: date) -> int:
    """In Paris."""
    return number_of(timezone.make_aware(datetime.combine(day, time.min)))
