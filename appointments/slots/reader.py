"""The one reader: everything the slots of some agendas depend on, over some time, as one frozen value for each.

One query, whatever the number of agendas: rules with their days off and offers, reasons, and all time that is not free.
Moments come as numbers: the database's driver makes datetimes a hundred times slower.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, time
from operator import itemgetter
from typing import Any, cast

from django.db import connection

from appointments.enums import ConsultationType
from appointments.models import Schedule
from appointments.models.openings import LONGEST
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import Recurrence, local_day, moment_of, whole_days
from appointments.slots.values import MINUTE, Frame, Offer, OpenRule, ReasonDone, Shut, Taken

# What starts at the end of the time asked for still needs to know what comes during it and its buffer; what ended before its
# beginning may have a buffer that reaches into it.
_AFTER = 2 * LONGEST * MINUTE
_BEFORE = LONGEST * MINUTE
_DAY = 24 * 60 * MINUTE


def read_frames(
    schedules: Collection[Schedule], *, since: int, until: int, with_taken: bool = True
) -> dict[uuid.UUID, Frame]:
    """By schedule. They must be loaded `with_place()`; slots that start within [since, until] can be computed from it.

    Without `taken` where nobody asks: of years they are many.
    """
    read = _Read(schedules, since=since - _BEFORE, until=until + _AFTER, statement=_ALL if with_taken else _OPEN)
    return {
        schedule.id: Frame(
            zone=schedule.location.zone,
            rules=read.rules(schedule),
            reasons=_reasons(read.of("reason", schedule.id)),
            closures=read.closures(schedule),
            absences=read.absences(schedule),
            holidays=_holidays(schedule, since, until),
            taken=read.taken(schedule),
            active=schedule.active,
            has_structure_identifier=schedule.structure.has_structure_identifier,
            has_phone=schedule.has_phone,
            published=schedule.published,
            online=schedule.is_online,
        )
        for schedule in schedules
    }


# All in SQL: to build these statements anew takes longer than they do, in every search and booking. A rule with its days off and
# its offers; what is neither a number nor an id comes as JSON. `rank`: among rules, and in the organization's list of reasons.
_RULES = """
SELECT 'rule', schedule_id::text, NULL, step_minutes, row_number() OVER (ORDER BY rule.created_at, rule.id) AS rank, capacity, 0,
       rule.id,
       json_build_array(
         consultation_types, appointment_type, weekdays, start_time, end_time, first_day, last_day, every_n_weeks, anchor_week,
         on_holidays, ARRAY(SELECT day FROM appointments_ruledayoff WHERE rule_id = rule.id),
         ARRAY(SELECT json_build_array(audience, community_id, reason_id, open, shown_from_minutes, shown_until_minutes)
               FROM appointments_ruleoffer WHERE rule_id = rule.id ORDER BY id))::text
FROM appointments_rule rule
WHERE rule.schedule_id = ANY(%(schedules)s)
"""

# Those done there.
_REASONS = """
SELECT 'reason', done.schedule_id::text, NULL, coalesce(done.minutes, reason.minutes),
       row_number() OVER (ORDER BY position, label_folded, reason.id) AS rank, buffer_after, 0, done.reason_id,
       json_build_array(label, consultation_types, colour)::text
FROM appointments_reasonat done JOIN appointments_reason reason ON reason.id = done.reason_id
WHERE done.schedule_id = ANY(%(schedules)s) AND done.active AND reason.active
"""

# All time of these agendas that is not free, kind by kind: standing visits of each line of time, and those its practitioner
# takes at places that have a line of their own; live holds; then absences, what stands in other calendars, closures. A search
# reads thousands of visits: the ids by which they are sorted come as text (comparing UUIDs costs more than reading them). Visits
# and holds are asked as periods: then PostgreSQL goes through the indexes of the exclusion constraints (bench/growth.py). Days
# are taken a day wider: each place cuts them.
_TAKEN = """
SELECT 'visit', calendar_id::text, schedule_id::text, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       buffer_after, lane, id, NULL
FROM appointments_appointment
WHERE calendar_id = ANY(%(calendars)s) AND status <> 'cancelled' AND tstzrange(start, "end") && tstzrange(%(since)s, %(until)s)
UNION ALL
SELECT 'visit', own.id::text, taken.schedule_id::text, EXTRACT(EPOCH FROM taken.start)::bigint,
       EXTRACT(EPOCH FROM taken."end")::bigint, taken.buffer_after, taken.lane, taken.id, NULL
FROM appointments_calendar own
JOIN appointments_appointment taken ON taken.practitioner_id = own.practitioner_id AND taken.calendar_id <> own.id
WHERE own.id = ANY(%(calendars)s) AND taken.calendar_kind = 'place' AND taken.status <> 'cancelled'
  AND tstzrange(taken.start, taken."end") && tstzrange(%(since)s, %(until)s)
UNION ALL
SELECT 'hold', calendar_id::text, schedule_id::text, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       buffer_after, lane, id, json_build_array(coalesce(by_regulator_id, token), weak)::text
FROM appointments_hold
WHERE calendar_id = ANY(%(calendars)s) AND expires_at > statement_timestamp()
  AND tstzrange(start, "end") && tstzrange(%(since)s, %(until)s)
"""

_SHUT = """
SELECT 'absence', calendar_id::text, schedule_id::text, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       0, 0, id, json_build_array(first_day, last_day, label)::text
FROM appointments_absence
WHERE calendar_id = ANY(%(calendars)s)
  AND (start < %(until)s AND "end" > %(since)s OR first_day <= %(last_day)s AND last_day >= %(first_day)s)
UNION ALL
SELECT 'other', calendar_id::text, NULL, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       0, 0, NULL::uuid, NULL
FROM appointments_busytime
WHERE calendar_id = ANY(%(calendars)s) AND start < %(until)s AND "end" > %(since)s
UNION ALL
SELECT 'closure', location_id::text, NULL, EXTRACT(EPOCH FROM start)::bigint, EXTRACT(EPOCH FROM "end")::bigint,
       0, 0, id, json_build_array(first_day, last_day, label)::text
FROM appointments_closure
WHERE location_id = ANY(%(locations)s)
  AND (start < %(until)s AND "end" > %(since)s OR first_day <= %(last_day)s AND last_day >= %(first_day)s)
"""

_ALL = "UNION ALL".join([_RULES, _REASONS, _TAKEN, _SHUT])
_OPEN = "UNION ALL".join([_RULES, _REASONS, _SHUT])

# Of time: kind, calendar or location, schedule or None, start, end, buffer, lane, id; then as JSON, of a hold whose it is and
# whether it is weak, of an absence or a closure its first and last day and its label. Of a rule or a reason: kind, schedule,
# None, minutes, rank, capacity or buffer, 0, id, and the rest as JSON.
_Row = tuple[str, str, str | None, int, int, int, int, uuid.UUID | None, str | None]


def reasons_done(schedule_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ReasonDone]]:
    """One query."""
    rows: dict[str, list[_Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, {"schedules": list(schedule_ids)})
        for row in cursor.fetchall():
            rows[row[1]].append(row)
    return {one: _reasons(rows[str(one)]) for one in schedule_ids}


def _reasons(rows: Iterable[_Row]) -> list[ReasonDone]:
    found = []
    for rank, (_, _, _, minutes, _, buffer, _, reason_id, more) in enumerate(sorted(rows, key=itemgetter(4))):
        label, modes, colour = json.loads(more or "")
        found.append(ReasonDone(cast("uuid.UUID", reason_id), label, minutes, buffer, frozenset(modes), rank, colour))
    return found


def _rule(row: _Row) -> OpenRule:
    _, _, _, step, _, capacity, _, rule_id, more = row
    modes, venue, weekdays, start, end, first, last, every, anchor, on_holidays, days_off, offers = json.loads(
        more or ""
    )
    recurrence = Recurrence(
        weekdays=frozenset(weekdays),
        start_time=time.fromisoformat(start),
        end_time=time.fromisoformat(end),
        first_day=date.fromisoformat(first),
        last_day=last and date.fromisoformat(last),
        every_n_weeks=every,
        anchor_week=date.fromisoformat(anchor),
        days_off=frozenset(map(date.fromisoformat, days_off)),
        on_holidays=on_holidays,
    )
    ordered = tuple(mode for mode in ConsultationType if mode in modes)
    return OpenRule(
        cast("uuid.UUID", rule_id),
        recurrence,
        step,
        capacity,
        ordered,
        venue,
        tuple(_offer(*offer) for offer in offers),
    )


def _offer(
    audience: str, community: str | None, reason: str | None, is_open: bool, shown_from: int | None, shown_until: int
) -> Offer:
    return Offer(
        audience=audience,
        community=community and uuid.UUID(community),  # type: ignore[arg-type]
        reason=reason and uuid.UUID(reason),  # type: ignore[arg-type]
        open=is_open,
        shown_from=shown_from,
        shown_until=shown_until,
    )


class _Read:
    """Rules, reasons, and what is not free within [since, until). One query."""

    def __init__(self, schedules: Collection[Schedule], *, since: int, until: int, statement: str) -> None:
        self._window = since, until
        self._rows: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        first, last = moment_of(since - _DAY), moment_of(until + _DAY)
        asked: dict[str, Any] = {
            "schedules": [schedule.id for schedule in schedules],
            "calendars": list({schedule.calendar_id for schedule in schedules}),
            "locations": list({schedule.location_id for schedule in schedules}),
            "since": moment_of(since),
            "until": moment_of(until),
            "first_day": first.date(),
            "last_day": last.date(),
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, asked)
            for row in cursor.fetchall():
                self._rows[row[0], row[1]].append(row)

    def of(self, kind: str, key: uuid.UUID) -> list[_Row]:
        return self._rows[kind, str(key)]

    def rules(self, schedule: Schedule) -> list[OpenRule]:
        return [_rule(row) for row in sorted(self.of("rule", schedule.id), key=itemgetter(4))]

    def taken(self, schedule: Schedule) -> list[Taken]:
        """In order of their starts."""
        place = str(schedule.id)
        found = [
            Taken(start, end, end + buffer * MINUTE, lane, agenda == place, False, False, row_id)
            for _, _, agenda, start, end, buffer, lane, row_id, _ in self.of("visit", schedule.calendar_id)
        ]
        for _, _, agenda, start, end, buffer, lane, row_id, more in self.of("hold", schedule.calendar_id):
            whose, weak = json.loads(more or "")
            until = end + buffer * MINUTE
            found.append(Taken(start, end, until, lane, agenda == place, True, weak, row_id, uuid.UUID(whose)))
        found.sort(key=itemgetter(0))
        return found

    def absences(self, schedule: Schedule) -> list[Shut]:
        """Those noted here, and what stands in other calendars."""
        rows = self.of("absence", schedule.calendar_id)
        found = self._shut(schedule, [row for row in rows if row[2] in (None, str(schedule.id))])
        found += [Shut(row[3], row[4], other_calendar=True) for row in self.of("other", schedule.calendar_id)]
        return sorted(found, key=lambda one: (one.start, one.end))

    def closures(self, schedule: Schedule) -> list[Shut]:
        return self._shut(schedule, self.of("closure", schedule.location_id))

    def _shut(self, schedule: Schedule, rows: Iterable[_Row]) -> list[Shut]:
        """As they are at this place, in order of their starts."""
        found = []
        for _, _, agenda, start, end, _, _, row_id, more in rows:
            first_day, last_day, label = json.loads(more or "")
            if first_day is not None:
                days = date.fromisoformat(first_day), date.fromisoformat(last_day)
                start, end = whole_days(*days, schedule.location.zone)  # noqa: PLW2901
            if start < self._window[1] and end > self._window[0]:
                found.append(Shut(start, end, row_id, label, only_here=agenda is not None))
        return sorted(found, key=lambda one: (one.start, one.end))


def _holidays(schedule: Schedule, since: int, until: int) -> frozenset[date]:
    zone = schedule.location.zone
    # An occurrence that began the day before may reach into the time asked for.
    return frozenset(holidays_of(schedule.location.holidays, local_day(since - _DAY, zone), local_day(until, zone)))
