"""What a time that was emptied has left to do: who was told how, who is still to be called, what can be undone."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import hour, short_date, to
from accounts.rights import Actor
from accounts.zones import there
from appointments.booking.services.obstacles import Kind, obstacles
from appointments.enums import MessageState, Status
from appointments.messages.reach import look_up_refusals, usual_way
from appointments.models import Absence, Appointment, EmptiedVisit, Emptying, PatientMessage, Schedule
from appointments.models.message import UNDELIVERED
from appointments.openings.recurrence import moment_of, number_of
from appointments.openings.selectors import period_interval
from appointments.slots.reader import read_frames
from appointments.slots.values import Frame, without

# What a visit that comes back does not push aside: people. The time was closed, or outside the hours, as it was before.
_TAKEN = {Kind.VISIT, Kind.ELSEWHERE, Kind.HOLD}

_UNREACHED = [*UNDELIVERED, MessageState.TO_CALL]


class Told(StrEnum):
    """How far the patient knows."""

    WAITING = "waiting"
    SENT = "sent"
    TO_CALL = "to call"
    CALLED = "called"
    KNOWS = "knows"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Emptied:
    """A visit that was placed elsewhere: `told` how far, with the message it was, where it was one. `problem`: why it can't be
    brought back.
    """

    row: EmptiedVisit
    told: Told
    message: PatientMessage | None
    problem: str = ""

    @property
    def visit(self) -> Appointment:
        return self.row.event.appointment

    @property
    def is_to_call(self) -> bool:
        return self.told == Told.TO_CALL

    @property
    def words(self) -> str:
        """Where it stands now: « Confié au Dr Noé Réglisse à 9 h 00 »."""
        visit, was = self.visit, self.row
        if visit.status == Status.CANCELLED:
            return "Annulé"
        zone = visit.schedule.location.zone
        local = visit.start.astimezone(zone)
        same_day = local.date() == was.start_was.astimezone(was.schedule_was.location.zone).date()
        day = "" if same_day else f"{short_date(local.date())} "
        when = f"{day}à {hour(local)}{there(zone)}"
        if was.emptying.undoes_id is not None:
            return f"De nouveau {visit.practitioner} {when}"
        if visit.schedule_id != was.schedule_was_id:
            return f"Confié {to(visit.practitioner)} {when}"
        return f"Déplacé {when}" if visit.start != was.start_was else f"À son heure, {when}"


def emptied_of(actor: Actor, emptying_id: uuid.UUID, *, now: datetime) -> tuple[Emptying, list[Emptied]] | None:
    """With its visits in the order in which they stood; None where they book in none of its agendas. Eight queries at most."""
    found = (
        Emptying.objects.kept_by(actor, Level.BOOK)
        .select_related("calendar__practitioner", "undoes")
        .filter(pk=emptying_id)
        .first()
    )
    if found is None:
        return None
    rows = (
        EmptiedVisit.objects.filter(emptying=found)
        .select_related(
            "event__appointment__patient",
            "event__appointment__practitioner",
            "event__appointment__schedule__location",
            "schedule_was__location",
            "schedule_was__calendar__practitioner",
        )
        .prefetch_related("event__messages")
    )
    kept = set(
        Appointment.objects.kept_by(actor, Level.BOOK)
        .filter(events__emptied__emptying=found)
        .values_list("pk", flat=True)
    )
    shown = [row for row in rows if row.event.appointment_id in kept]
    undone = EmptiedVisit.objects.filter(emptying=found.undoes_id, told_at__isnull=False)
    called = set(undone.values_list("event__appointment", flat=True)) if found.undoes_id is not None else set()
    look_up_refusals(row.event.appointment for row in shown)
    lost = {} if found.undoes_id is not None else what_stands_in_the_way(shown, now=now)
    return found, [_emptied(found, row, called, lost.get(row.pk, "")) for row in shown]


def what_stands_in_the_way(rows: Sequence[EmptiedVisit], *, now: datetime) -> dict[int, str]:
    """Why some of these can't be brought back, as it stands: who is in their former time since. Of what was taken beside another
    visit before, nothing is in the way. Two queries.
    """
    if not rows:
        return {}
    places = Schedule.objects.with_place().filter(pk__in={row.schedule_was_id for row in rows})
    schedules = {one.pk: one for one in places}
    moments = [number_of(row.start_was) for row in rows]
    frames = read_frames(list(schedules.values()), since=min(moments), until=max(moments))
    found = {row.pk: _lost(row, schedules[row.schedule_was_id], frames[row.schedule_was_id], now) for row in rows}
    return {key: why for key, why in found.items() if why}


def _lost(row: EmptiedVisit, schedule: Schedule, frame: Frame, now: datetime) -> str:
    visit = row.event.appointment
    if visit.version != row.event.sequence:
        return "a changé depuis"
    if row.start_was < now:
        return "cette heure est passée"
    if not schedule.active:
        return "cet agenda est fermé"
    if visit.overbooked if visit.is_cancelled else row.event.snapshot["previous"].get("overbooked"):
        return ""
    start = number_of(row.start_was)
    there = obstacles(without(frame, visit.pk), start, start + number_of(visit.end) - number_of(visit.start))
    return next((f"{one.sentence[0].lower()}{one.sentence[1:].rstrip('.')}" for one in there if one.kind in _TAKEN), "")


def _emptied(emptying: Emptying, row: EmptiedVisit, called: Collection[uuid.UUID], problem: str) -> Emptied:
    row.emptying = emptying
    message = max(row.event.messages.all(), key=lambda one: one.pk, default=None)
    return Emptied(row, _told(row, message, called), message, problem)


def _told(row: EmptiedVisit, message: PatientMessage | None, called: Collection[uuid.UUID]) -> Told:
    if row.brought_back:
        return Told.BACK
    if row.told_at is not None:
        return Told.CALLED
    if message is None:
        # Brought back, only who was called is to be called again; who has an address and no message knows it as it is.
        visit = row.event.appointment
        reached = row.emptying.tell and usual_way(visit)
        to_call = visit.pk in called if row.emptying.undoes_id is not None else not reached
        return Told.TO_CALL if to_call else Told.KNOWS
    if message.state in _UNREACHED:
        return Told.TO_CALL
    return Told.WAITING if message.state == MessageState.PLANNED else Told.SENT


def days_to_empty(absence: Absence, schedules: Sequence[Schedule], *, now: datetime) -> list[tuple[date, int]]:
    """The coming days of this absence on which visits still stand at these agendas, with how many: thirty. One query."""
    zones = {one.pk: one.location.zone for one in schedules if absence.schedule_id in (None, one.pk)}
    found: Counter[date] = Counter()
    rows = Appointment.objects.filter(schedule__in=zones, status=Status.BOOKED, start__gte=now).order_by("start")
    for schedule, start in rows.filter(start__lt=_end_of(absence, zones.values())).values_list("schedule", "start"):
        begins, ends = _span(absence, zones[schedule])
        if begins <= number_of(start) < ends:
            found[start.astimezone(zones[schedule]).date()] += 1
    return list(found.items())[:30]


def _end_of(absence: Absence, zones: Iterable[ZoneInfo]) -> datetime:
    return moment_of(max((_span(absence, zone)[1] for zone in zones), default=0))


def _span(absence: Absence, zone: ZoneInfo) -> tuple[int, int]:
    when = period_interval(absence, zone)
    return number_of(when.start), number_of(when.end)


def emptyings_of(actor: Actor, practitioner_id: uuid.UUID, day: date) -> list[Emptying]:
    """What was emptied of this day, and brought back, the latest first. One query."""
    rows = Emptying.objects.kept_by(actor, Level.BOOK).filter(calendar__practitioner=practitioner_id, day=day)
    return list(rows.order_by("-at"))


def emptied_on(actor: Actor, practitioners: Collection[uuid.UUID], day: date) -> dict[uuid.UUID, Emptying]:
    """By practitioner, the last time this day was emptied, where it was not undone since. One query, none for nobody."""
    if not practitioners:
        return {}
    rows = Emptying.objects.kept_by(actor, Level.BOOK).filter(calendar__practitioner__in=practitioners, day=day)
    rows = rows.filter(undoes=None, undone_by=None).select_related("calendar").order_by("at")
    return {one.calendar.practitioner_id: one for one in rows if one.calendar.practitioner_id}
