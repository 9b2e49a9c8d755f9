"""What is over and still to be closed: how many, on which days, and the lines of one day with what is proposed for each."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.enums import Level
from accounts.french import fold
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.agenda.enums import Outcome
from appointments.enums import ConsultationType, Status
from appointments.models import Appointment, Schedule
from appointments.places.selectors import grid_zone

# More are counted as « 99+ ».
COUNTED = 100
# The lines of one form: what is beyond comes once these are closed.
LINES = 100
# Of a practice that never closes anything, the latest.
_DAYS_FROM = 3000
# Wide enough for a local day of any zone.
_AROUND = timedelta(hours=14)


def unclosed_by(actor: Actor, *, now: datetime) -> QuerySet[Appointment]:
    """Of the agendas in which this person books; they are counted up to `COUNTED`."""
    kept = Schedule.objects.kept_by(actor, Level.BOOK).order_by().values("pk")
    return Appointment.objects.unclosed(now).filter(schedule__in=kept).order_by()


def count_to_close(actor: Actor, *, now: datetime) -> int:
    """One query."""
    return unclosed_by(actor, now=now)[:COUNTED].count()


@dataclass(frozen=True, slots=True)
class Line:
    """A visit to close: `proposed` is what is chosen beforehand, `whose` agenda is named where there are several."""

    visit: Appointment
    proposed: Outcome
    whose: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return self.visit.schedule.location.zone

    @property
    def words(self) -> str:
        """Renouvellement · Dr Tournesol · Téléconsultation."""
        visit = self.visit
        mode = ConsultationType(visit.consultation_type)
        told = [
            visit.reason.label if visit.reason is not None else "",
            self.whose,
            str(mode.label) if mode != ConsultationType.AMB else "",
        ]
        return " · ".join(one for one in told if one)


@dataclass(frozen=True, slots=True)
class Closing:
    """`days`: how many are to be closed on each, the latest first; `lines` those of `day` and `closed` what was closed of it.
    `more`: how many lines did not fit. `unnoted`: the practitioners of whom fewer than half of the arrivals were noted that day.
    """

    practitioners: list[Practitioner]
    practitioner: Practitioner | None
    days: dict[date, int]
    today: date
    day: date
    lines: list[Line]
    closed: list[Appointment]
    more: int
    unnoted: list[Practitioner]
    several_clocks: bool

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    def days_named(self) -> list[tuple[date, int]]:
        """Today and yesterday, whatever is left of them."""
        return [(day, self.days.get(day, 0)) for day in (self.today, self.yesterday)]

    @property
    def older(self) -> list[tuple[date, int]]:
        return [(day, count) for day, count in self.days.items() if day < self.yesterday]

    @property
    def waiting(self) -> int:
        return len(self.lines) + self.more

    @property
    def total(self) -> int:
        return self.waiting + len(self.closed)

    @property
    def of_sas(self) -> int:
        return sum(1 for line in self.lines if line.visit.by_regulator_id is not None)

    def count(self, outcome: Outcome) -> int:
        return sum(1 for line in self.lines if line.proposed == outcome)


def closing_of(actor: Actor, *, practitioner_id: uuid.UUID | None, day: date | None, now: datetime) -> Closing | None:
    """Of all agendas in which this person books, or of one practitioner's (None when they book in none of these). Without a `day`
    the latest on which something is to be closed. Three queries.
    """
    schedules = list(Schedule.objects.with_place().kept_by(actor, Level.BOOK))
    practitioners = _practitioners(schedules)
    chosen = next((one for one in practitioners if one.pk == practitioner_id), None)
    if practitioner_id is not None and chosen is None:
        return None
    shown = [one for one in schedules if chosen is None or one.practitioner_id == chosen.pk]
    zones = {one.pk: one.location.zone for one in shown}
    today = now.astimezone(grid_zone(shown)).date()
    days = _days(zones, now)
    day = day or (today if today in days else max(days, default=today))
    visits = _visits(shown, zones, day)
    noted = _noted(visits, now)
    waiting = [one for one in visits if one.is_booked and one.end <= now]
    several = len(practitioners) > 1 and chosen is None
    lines = [
        Line(one, proposed(one, one.practitioner_id in noted), str(one.practitioner or "") if several else "")
        for one in waiting[:LINES]
    ]
    unnoted = {line.visit.practitioner_id for line in lines} - noted
    return Closing(
        practitioners=practitioners,
        practitioner=chosen,
        days=days,
        today=today,
        day=day,
        lines=lines,
        closed=[one for one in visits if one.status in {Status.FULFILLED, Status.NOSHOW}],
        more=len(waiting) - len(lines),
        unnoted=[one for one in practitioners if one.pk in unnoted],
        several_clocks=len({zone.key for zone in zones.values()}) > 1,
    )


def _noted(visits: Iterable[Appointment], now: datetime) -> set[uuid.UUID | None]:
    """The practitioners of whose visits at the surgery that are over at least half have their arrival noted: where one of ten
    has, it says nothing of the nine.
    """
    over: dict[uuid.UUID | None, list[bool]] = defaultdict(list)
    for one in visits:
        if one.end <= now and one.status != Status.CANCELLED and one.consultation_type == ConsultationType.AMB:
            over[one.practitioner_id].append(one.arrived_at is not None)
    return {who for who, arrived in over.items() if any(arrived) and 2 * sum(arrived) >= len(arrived)}


def proposed(visit: Appointment, noted: bool) -> Outcome:
    """Who arrived was received; who did not was not, where arrivals are `noted` that day and the patient was to come in."""
    if visit.arrived_at is None and noted and visit.consultation_type == ConsultationType.AMB:
        return Outcome.NOSHOW
    return Outcome.FULFILLED


def _practitioners(schedules: Sequence[Schedule]) -> list[Practitioner]:
    found = {one.calendar.practitioner_id: one.calendar.practitioner for one in schedules}
    named = [one for one in found.values() if one is not None]
    return sorted(named, key=lambda one: (fold(one.family_name), fold(one.given_name), str(one.pk)))


def _days(zones: dict[uuid.UUID, ZoneInfo], now: datetime) -> dict[date, int]:
    rows: Iterable[tuple[uuid.UUID, datetime]] = (
        Appointment.objects.unclosed(now).filter(schedule__in=zones).order_by("-end").values_list("schedule", "start")
    )[:_DAYS_FROM]
    found = Counter(start.astimezone(zones[schedule]).date() for schedule, start in rows)
    return dict(sorted(found.items(), reverse=True))


def _visits(schedules: Sequence[Schedule], zones: dict[uuid.UUID, ZoneInfo], day: date) -> list[Appointment]:
    """Standing ones of that day at their place's clock, as they follow each other."""
    first = datetime.combine(day, time.min, UTC)
    rows = (
        Appointment.objects.standing()
        .filter(calendar__in={one.calendar_id for one in schedules}, schedule__in=zones)
        .filter(start__gte=first - _AROUND, start__lt=first + timedelta(days=1) + _AROUND)
        .select_related("patient", "reason", "practitioner")
        .order_by("start", "created_at", "pk")
    )
    by_id = {one.pk: one for one in schedules}
    found = []
    for visit in rows:
        visit.schedule = by_id[visit.schedule_id]
        if visit.start.astimezone(zones[visit.schedule_id]).date() == day:
            found.append(visit)
    return found
