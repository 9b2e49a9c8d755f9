"""The one reader: everything the slots of some agendas depend on, over some time, as one frozen value for each.

Three queries, whatever the number of agendas: rules with their days off and offers, reasons, and all time that is not free.
Moments come as numbers: the database's driver makes datetimes a hundred times slower.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import starmap
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from appointments.enums import ConsultationType
from appointments.models import ReasonAt, Rule, RuleDayOff, RuleOffer, Schedule
from appointments.models.openings import LONGEST
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import Recurrence, local_day, moment_of, whole_days
from appointments.slots.values import MINUTE, Frame, Offer, OpenRule, ReasonDone, Shut, Taken

# What starts at the end of the time asked for still needs to know what comes during it and its buffer; what ended before its
# beginning may have a buffer that reaches into it.
_AFTER = 2 * LONGEST * MINUTE
_BEFORE = LONGEST * MINUTE
_DAY = 24 * 60 * MINUTE


def read_frames(schedules: Collection[Schedule], *, since: int, until: int) -> dict[uuid.UUID, Frame]:
    """By schedule. They must be loaded `with_place()`; slots that start within [since, until] can be computed from it."""
    ids = [schedule.id for schedule in schedules]
    rules, reasons = _rules(ids), _reasons(ids)
    busy = _Busy(schedules, since=since - _BEFORE, until=until + _AFTER)
    return {
        schedule.id: Frame(
            zone=schedule.location.zone,
            rules=rules[schedule.id],
            reasons=reasons[schedule.id],
            closures=busy.closures(schedule),
            absences=busy.absences(schedule),
            holidays=_holidays(schedule, since, until),
            taken=busy.taken(schedule),
            active=schedule.active,
            has_structure_identifier=schedule.structure.has_structure_identifier,
            has_phone=schedule.has_phone,
        )
        for schedule in schedules
    }


def _rules(schedule_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[OpenRule]]:
    days_off = RuleDayOff.objects.filter(rule=OuterRef("pk"))
    offers = RuleOffer.objects.filter(rule=OuterRef("pk")).order_by("id")
    columns = ("audience", "community_id", "reason_id", "open", "shown_from_minutes", "shown_until_minutes")
    rows = Rule.objects.filter(schedule__in=schedule_ids).annotate(
        days_without=ArraySubquery(days_off.values("day")),
        shown=ArraySubquery(offers.values(row=JSONObject(**{name: name for name in columns}))),
    )
    found: dict[uuid.UUID, list[OpenRule]] = defaultdict(list)
    for row in rows:
        found[row.schedule_id].append(open_rule(row, map(_offer, row.shown), row.days_without))
    return found


def _offer(row: dict[str, Any]) -> Offer:
    return Offer(
        audience=row["audience"],
        community=row["community_id"] and uuid.UUID(row["community_id"]),
        reason=row["reason_id"] and uuid.UUID(row["reason_id"]),
        open=row["open"],
        shown_from=row["shown_from_minutes"],
        shown_until=row["shown_until_minutes"],
    )


def open_rule(rule: Rule, offers: Iterable[Offer], days_off: Iterable[date]) -> OpenRule:
    return OpenRule(
        id=rule.id,
        recurrence=recurrence_of(rule, days_off),
        step=rule.step_minutes,
        capacity=rule.capacity,
        consultation_types=tuple(mode for mode in ConsultationType if mode in rule.consultation_types),
        appointment_type=rule.appointment_type,
        offers=tuple(offers),
    )


def recurrence_of(rule: Rule, days_off: Iterable[date]) -> Recurrence:
    return Recurrence(
        weekdays=frozenset(rule.weekdays),
        start_time=rule.start_time,
        end_time=rule.end_time,
        first_day=rule.first_day,
        last_day=rule.last_day,
        every_n_weeks=rule.every_n_weeks,
        anchor_week=rule.anchor_week,
        days_off=frozenset(days_off),
        on_holidays=rule.on_holidays,
    )


def _reasons(schedule_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[ReasonDone]]:
    """Those done there, in the order of the organization's list."""
    found: dict[uuid.UUID, list[ReasonDone]] = defaultdict(list)
    rows = ReasonAt.objects.filter(schedule__in=schedule_ids, active=True, reason__active=True).order_by(
        "reason__position", "reason__label_folded", "reason__label"
    )
    columns = "schedule_id", "reason_id", "reason__label", "minutes", "reason__minutes", "buffer_after"
    for schedule_id, reason_id, label, here, usual, buffer, modes in rows.values_list(
        *columns, "reason__consultation_types"
    ):
        done = found[schedule_id]
        done.append(ReasonDone(reason_id, label, here or usual, buffer, frozenset(modes), len(done)))
    return found


# All time of these agendas that is not free, kind by kind: standing visits of each line of time, those its practitioner takes at
# places that have a line of their own, live holds (the fourth column says whose),
# absences, closures (it says of what place). Visits and holds are asked as periods: then PostgreSQL
# goes through the indexes of the exclusion constraints (bench/growth.py). Days are taken a day wider: each place cuts them.
_NOT_FREE = """
SELECT 'visit', calendar_id, schedule_id, NULL::uuid, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       NULL::date, NULL::date, buffer_after, lane, false, id, ''
FROM appointments_appointment
WHERE calendar_id = ANY(%(calendars)s) AND status <> 'cancelled' AND tstzrange(start, "end") && tstzrange(%(since)s, %(until)s)
UNION ALL
SELECT 'visit', own.id, taken.schedule_id, NULL, EXTRACT(EPOCH FROM taken.start)::bigint,
       EXTRACT(EPOCH FROM taken."end")::bigint, NULL, NULL, taken.buffer_after, taken.lane, false, taken.id, ''
FROM appointments_calendar own
JOIN appointments_appointment taken ON taken.practitioner_id = own.practitioner_id AND taken.calendar_id <> own.id
WHERE own.id = ANY(%(calendars)s) AND taken.calendar_kind = 'place' AND taken.status <> 'cancelled'
  AND tstzrange(taken.start, taken."end") && tstzrange(%(since)s, %(until)s)
UNION ALL
SELECT 'hold', calendar_id, schedule_id, coalesce(by_regulator_id, token), EXTRACT(EPOCH FROM start)::bigint,
       EXTRACT(EPOCH FROM "end")::bigint, NULL, NULL, buffer_after, lane, weak, id, ''
FROM appointments_hold
WHERE calendar_id = ANY(%(calendars)s) AND expires_at > statement_timestamp()
  AND tstzrange(start, "end") && tstzrange(%(since)s, %(until)s)
UNION ALL
SELECT 'absence', calendar_id, schedule_id, NULL, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       first_day, last_day, 0, 0, false, id, label
FROM appointments_absence
WHERE calendar_id = ANY(%(calendars)s)
  AND (start < %(until)s AND "end" > %(since)s OR first_day <= %(last_day)s AND last_day >= %(first_day)s)
UNION ALL
SELECT 'closure', NULL, NULL, location_id, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       first_day, last_day, 0, 0, false, id, label
FROM appointments_closure
WHERE location_id = ANY(%(locations)s)
  AND (start < %(until)s AND "end" > %(since)s OR first_day <= %(last_day)s AND last_day >= %(first_day)s)
ORDER BY 5, 7
"""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of `_NOT_FREE`."""

    kind: str
    calendar_id: uuid.UUID
    schedule_id: uuid.UUID | None
    whose: uuid.UUID
    start: int
    end: int
    first_day: date | None
    last_day: date | None
    buffer: int
    lane: int
    weak: bool
    id: uuid.UUID
    label: str


class _Busy:
    """What is not free within [since, until). One query."""

    def __init__(self, schedules: Collection[Schedule], *, since: int, until: int) -> None:
        self._window = since, until
        self._rows: dict[tuple[str, uuid.UUID], list[_Row]] = defaultdict(list)
        first, last = moment_of(since - _DAY), moment_of(until + _DAY)
        asked = {
            "calendars": list({schedule.calendar_id for schedule in schedules}),
            "locations": list({schedule.location_id for schedule in schedules}),
            "since": moment_of(since),
            "until": moment_of(until),
            "first_day": first.date(),
            "last_day": last.date(),
        }
        with connection.cursor() as cursor:
            cursor.execute(_NOT_FREE, asked)
            for row in starmap(_Row, cursor.fetchall()):
                self._rows[row.kind, row.calendar_id or row.whose].append(row)

    def taken(self, schedule: Schedule) -> list[Taken]:
        """In order of their starts."""
        rows = self._rows["visit", schedule.calendar_id] + self._rows["hold", schedule.calendar_id]
        found = [
            Taken(
                start=row.start,
                end=row.end,
                until=row.end + row.buffer * MINUTE,
                lane=row.lane,
                here=row.schedule_id == schedule.id,
                held=row.kind == "hold",
                weak=row.weak,
                id=row.id,
                holder=row.whose,
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: one.start)

    def absences(self, schedule: Schedule) -> list[Shut]:
        rows = self._rows["absence", schedule.calendar_id]
        return self._shut(schedule, [row for row in rows if row.schedule_id in (None, schedule.id)])

    def closures(self, schedule: Schedule) -> list[Shut]:
        return self._shut(schedule, self._rows["closure", schedule.location_id])

    def _shut(self, schedule: Schedule, rows: Iterable[_Row]) -> list[Shut]:
        """As they are at this place, in order of their starts."""
        found = []
        for row in rows:
            start, end = row.start, row.end
            if row.first_day is not None and row.last_day is not None:
                start, end = whole_days(row.first_day, row.last_day, schedule.location.zone)
            if start < self._window[1] and end > self._window[0]:
                found.append(Shut(start, end, row.id, row.label))
        return sorted(found, key=lambda one: (one.start, one.end))


def _holidays(schedule: Schedule, since: int, until: int) -> frozenset[date]:
    zone = schedule.location.zone
    # An occurrence that began the day before may reach into the time asked for.
    return frozenset(holidays_of(schedule.location.holidays, local_day(since - _DAY, zone), local_day(until, zone)))
