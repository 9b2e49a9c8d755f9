"""What became of the visits of some agendas over some days: one statement counts them in all the ways that are shown.

A visit belongs to the day on which it begins, at the clock of its place. Nothing of any patient leaves the database but how many
they are.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from appointments.grid import day_bounds
from appointments.models import Schedule
from appointments.openings.recurrence import moment_of
from appointments.statistics.hiding import NOTHING, Count
from appointments.statistics.offering import Visits


class TakenBy(StrEnum):
    """An appointment's origin; WAITING: of what patients take by themselves, the hours proposed by the waiting list."""

    PRACTICE = "practice"
    REGULATOR = "regulator"
    PATIENT = "patient"
    WAITING = "waiting"
    IMPORT = "import"


class Outcome(StrEnum):
    HONOURED = "honoured"
    MISSED = "missed"
    CANCELLED = "cancelled"
    UNCLOSED = "unclosed"
    COMING = "coming"


class CancelledBy(StrEnum):
    """PATIENT: by themself, with their link."""

    PATIENT = "patient"
    FOR_PATIENT = "for patient"
    PRACTICE = "practice"
    REGULATOR = "regulator"
    UNSAID = "unsaid"


class Notice(StrEnum):
    """How long before its hour a visit was cancelled."""

    DAY = "day"
    TWO_DAYS = "two days"
    WEEK = "week"
    MORE = "more"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Delay:
    """From when visits were taken to their hour, in seconds, of those that stand and were not brought from elsewhere.

    `soon`: those of the next 48 hours; `later`: the others. Nothing is known of none (`all` is zero).
    """

    all: Count = NOTHING
    soon: Count = NOTHING
    later: Count = NOTHING
    quartiles: tuple[float, float, float] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Counted:
    """Of a set of visits: how many, and the delay of those that have one."""

    count: Count = NOTHING
    delay: Delay = Delay()  # frozen


# What visits are counted by, each a column of the statement.
MONTH, LINE, ORIGIN, OUTCOME, REASON, CANCELLED_BY, NOTICE = (
    "month", "line", "origin", "outcome", "reason", "cancelled_by", "notice",
)  # fmt: skip
Kind = tuple[str, ...]
# Of each kind (columns), by the values of these columns.
Tally = dict[Kind, dict[tuple[Any, ...], Counted]]

_SOON = "interval '48 hours'"
# Of a cancelled visit its last cancellation says who did it: it may have been restored, and cancelled again.
_VISITS = """
WITH asked AS (
    SELECT * FROM unnest(%(schedules)s::uuid[], %(lines)s::uuid[], %(zones)s::text[], %(since)s::timestamptz[],
        %(until)s::timestamptz[]) AS one (schedule, line, zone, since, until)
), visit AS MATERIALIZED (
    SELECT one.patient_id AS patient, asked.line, one.reason_id AS reason,
        CASE WHEN one.origin = 'patient' AND one.from_list THEN 'waiting' ELSE one.origin END AS origin,
        date_trunc('month', one.start AT TIME ZONE asked.zone)::date AS month,
        CASE one.status
            WHEN 'fulfilled' THEN 'honoured' WHEN 'noshow' THEN 'missed' WHEN 'cancelled' THEN 'cancelled'
            ELSE CASE WHEN one."end" <= %(now)s THEN 'unclosed' ELSE 'coming' END
        END AS outcome,
        CASE WHEN one.status = 'cancelled' THEN
            CASE WHEN fact.actor_kind = 'patient' THEN 'patient' WHEN fact.actor_kind = 'regulator' THEN 'regulator'
                WHEN one.cancelled_for = 'patient' THEN 'for patient' WHEN one.cancelled_for = 'practice' THEN 'practice'
                ELSE 'unsaid'
            END
        END AS cancelled_by,
        CASE WHEN one.status = 'cancelled' THEN
            CASE WHEN fact.at IS NULL THEN 'unknown' WHEN one.start - fact.at < interval '24 hours' THEN 'day'
                WHEN one.start - fact.at < interval '48 hours' THEN 'two days'
                WHEN one.start - fact.at < interval '7 days' THEN 'week' ELSE 'more'
            END
        END AS notice,
        CASE WHEN one.status <> 'cancelled' AND one.origin <> 'import' THEN greatest(one.start - one.created_at, '0') END AS delay
    FROM asked
    JOIN appointments_appointment one ON one.calendar_id = asked.line AND one.schedule_id = asked.schedule
        AND one.start >= asked.since AND one.start < asked.until
    LEFT JOIN LATERAL (
        SELECT at, actor_kind FROM appointments_appointmentevent
        WHERE one.status = 'cancelled' AND appointment_id = one.id AND kind = 'appointment.cancelled'
        ORDER BY sequence DESC LIMIT 1
    ) fact ON true
)
SELECT GROUPING({columns}), {columns}, count(*), count(DISTINCT patient),
    count(delay), count(DISTINCT patient) FILTER (WHERE delay IS NOT NULL),
    count(*) FILTER (WHERE delay <= {soon}), count(DISTINCT patient) FILTER (WHERE delay <= {soon}),
    count(*) FILTER (WHERE delay > {soon}), count(DISTINCT patient) FILTER (WHERE delay > {soon}),
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY extract(epoch FROM delay)::float)
FROM visit WHERE {where}
GROUP BY GROUPING SETS ({sets})
"""


_STANDING = """
SELECT schedule_id, array_agg(since ORDER BY since, until), array_agg(until ORDER BY since, until)
FROM (
    SELECT schedule_id, EXTRACT(EPOCH FROM start)::bigint AS since, EXTRACT(EPOCH FROM "end")::bigint AS until
    FROM appointments_appointment
    WHERE calendar_id = ANY(%(lines)s) AND schedule_id = ANY(%(schedules)s) AND status <> 'cancelled'
        AND tstzrange(start, "end") && tstzrange(%(since)s, %(until)s)
) visit
GROUP BY schedule_id
"""


def standing(schedules: Sequence[Schedule], *, since: int, until: int) -> dict[uuid.UUID, Visits]:
    """By agenda, all that stand there in this time, as numbers alone: of years they are hundreds of thousands. One query."""
    asked: dict[str, Any] = {
        "lines": list({one.calendar_id for one in schedules}),
        "schedules": [one.id for one in schedules],
        "since": moment_of(since),
        "until": moment_of(until),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, asked)
        return {schedule: (starts, ends) for schedule, starts, ends in cursor.fetchall()}


def tally(
    schedules: Sequence[Schedule],
    *,
    first: date,
    last: date,
    now: datetime,
    by: Collection[Kind],
    of_regulators: bool = False,
) -> Tally:
    """Visits that begin on these days, both included. `by`: the kinds of counts; () is all of them together. One query."""
    found: Tally = {kind: {} for kind in by}
    if not schedules:
        return found
    zones = [one.location.zone for one in schedules]
    columns = sorted({column for kind in by for column in kind})
    statement = _VISITS.format(
        columns=", ".join(columns),
        soon=_SOON,
        where="origin = 'regulator'" if of_regulators else "true",
        sets=", ".join(f"({', '.join(kind)})" for kind in by),
    )
    asked: dict[str, Any] = {
        "schedules": [one.id for one in schedules],
        "lines": [one.calendar_id for one in schedules],
        "zones": [zone.key for zone in zones],
        "since": [day_bounds(first, zone)[0] for zone in zones],
        "until": [day_bounds(last, zone)[1] for zone in zones],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        for mask, *row in cursor.fetchall():
            values, counts = row[: len(columns)], row[len(columns) :]
            # It has a bit for each column that is not grouped by, the last one's first.
            at = {one: place for place, one in enumerate(columns) if not mask >> (len(columns) - 1 - place) & 1}
            kind = next(one for one in by if at.keys() == set(one))
            found[kind][tuple(values[at[column]] for column in kind)] = _counted(*counts)
    # What a cancelled visit alone has is nothing of the others.
    for kind in by:
        if CANCELLED_BY in kind or NOTICE in kind:
            found[kind] = {key: one for key, one in found[kind].items() if key[-1] is not None}
    return found


def _counted(visits: int, persons: int, *delays: Any) -> Counted:
    *counts, quartiles = delays
    if quartiles is None:
        return Counted(Count(visits, persons))
    low, middle, high = quartiles
    every, soon, later = (Count(*counts[place : place + 2]) for place in (0, 2, 4))
    return Counted(Count(visits, persons), Delay(every, soon, later, (low, middle, high)))
