"""Every service of the openings locks all calendars it touches, in order, before it writes anything."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.rights import Actor
from appointments.models import Schedule
from appointments.openings.grants import Grants
from appointments.openings.services.absences import Away, change_absence, create_absence, delete_absence
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.openings.services.reasons import Done, change_reason, create_reason
from appointments.openings.services.rules import (
    change_from_day,
    change_only_this_day,
    change_rule,
    create_rule,
    delete_rule,
    leave_out_day,
    put_day_back,
)
from appointments.openings.services.visibility import Shows, change_visibility
from appointments.openings.values import Days
from appointments.places.locks import lock_calendars_of
from tests import factories
from tests.appointments.openings.asked import MONDAY, NOW, TODAY, opening, version_of
from tests.appointments.openings.test_reasons import wording
from tests.undoing import undone

pytestmark = pytest.mark.django_db
WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "appointments_(?!calendar)')


@pytest.fixture
def acts(schedule: Schedule, keeper: Actor) -> dict[str, Callable[[], Any]]:
    """Each service once, on rows that are there already."""
    who, day = schedule.practitioner.id, Days(MONDAY, MONDAY)
    rules = [
        create_rule(opening=opening(schedule, weekdays=(1, 2, number)), by=keeper, today=TODAY) for number in (3, 4)
    ]
    absence = create_absence(practitioner_id=who, away=Away(day, "a"), by=keeper, now=NOW)[0]
    closure = create_closure(location_id=schedule.location_id, period=day, label="a", by=keeper, now=NOW)[0]
    reason = factories.reason(schedule)
    rule, other = rules
    rule.days_off.create(day=date(2026, 12, 8))
    asked, by = opening(schedule, capacity=3), {"by": keeper}
    return {
        "create_rule": lambda: create_rule(opening=asked, today=TODAY, **by),
        "create_rule_with_reason": lambda: create_rule(opening=replace(asked, new_reason="Vaccin"), today=TODAY, **by),
        "change_rule": lambda: change_rule(rule_id=rule.id, version=version_of(rule), opening=asked, today=TODAY, **by),
        "delete_rule": lambda: delete_rule(rule_id=rule.id, version=version_of(rule), **by),
        "leave_out_day": lambda: leave_out_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, **by),
        "put_day_back": lambda: put_day_back(rule_id=rule.id, version=version_of(rule), day=date(2026, 12, 8), **by),
        "only": lambda: change_only_this_day(
            rule_id=other.id, version=version_of(other), day=MONDAY, opening=asked, today=TODAY, **by
        ),
        "from": lambda: change_from_day(
            rule_id=other.id, version=version_of(other), day=date(2026, 12, 7), opening=asked, today=TODAY, **by
        ),
        "create_absence": lambda: create_absence(practitioner_id=who, away=Away(day), now=NOW, **by),
        "change_absence": lambda: change_absence(absence_id=absence.id, version=1, away=Away(day), now=NOW, **by),
        "delete_absence": lambda: delete_absence(absence_id=absence.id, version=1, **by),
        "create_closure": lambda: create_closure(location_id=schedule.location_id, period=day, label="", now=NOW, **by),
        "change_closure": lambda: change_closure(closure_id=closure.id, version=1, period=day, label="", now=NOW, **by),
        "delete_closure": lambda: delete_closure(closure_id=closure.id, version=1, **by),
        "create_reason": lambda: create_reason(
            organization_id=schedule.organization_id, wording=wording(done=(Done(schedule.id, True),)), **by
        ),
        "change_reason": lambda: change_reason(
            reason_id=reason.id, version=version_of(reason), wording=wording(minutes=40), **by
        ),
        "change_visibility": lambda: change_visibility(asked={rule.id: Shows(Grants(), version_of(rule))}, **by),
    }


def test_the_lock_comes_before_the_first_write(acts: dict[str, Callable[[], Any]]) -> None:
    for name, act in acts.items():
        with undone(), CaptureQueriesContext(connection) as captured:
            act()
        queries = [query["sql"] for query in captured]
        locks = [number for number, sql in enumerate(queries) if "FOR NO KEY UPDATE" in sql]
        writes = [number for number, sql in enumerate(queries) if WRITES.match(sql)]
        assert writes, name
        assert locks, name
        assert locks[-1] < writes[0], name
        # All at once: a second lock of calendars could be out of order. What has a name of its own in an organization locks it
        # next.
        tables = [re.findall(r'FROM "(\w+)"', queries[number])[0] for number in locks]
        assert tables == ["appointments_calendar", *(["accounts_organization"] if "reason" in name else [])], name


def test_a_closure_locks_every_calendar_of_the_place(schedule: Schedule, keeper: Actor) -> None:
    others = [factories.schedule(location=schedule.location, active=active) for active in (True, False)]
    elsewhere = factories.colleague(schedule)
    manager = Actor(user=keeper.user, managed=frozenset({schedule.organization_id}))
    with CaptureQueriesContext(connection) as captured:
        create_closure(location_id=schedule.location_id, period=Days(MONDAY, MONDAY), label="", by=manager, now=NOW)
    (lock,) = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    assert all(one.calendar_id.hex in lock for one in (schedule, *others))
    assert elsewhere.calendar_id.hex not in lock
    assert "ORDER BY" in lock


def test_a_reason_locks_every_calendar_that_has_it(schedule: Schedule, keeper: Actor) -> None:
    reason, colleague = factories.reason(schedule), factories.colleague(schedule)
    reason.done_at.create(schedule=colleague, organization=schedule.organization)
    with CaptureQueriesContext(connection) as captured:
        change_reason(reason_id=reason.id, version=version_of(reason), wording=wording(), by=keeper)
    lock, _ = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    assert schedule.calendar_id.hex in lock
    assert colleague.calendar_id.hex in lock


def test_a_set_that_grew_while_it_was_locked_is_locked_anew(schedule: Schedule) -> None:
    other = factories.schedule()
    reads = [{schedule.calendar_id}, {schedule.calendar_id, other.calendar_id}]
    asked: list[int] = []

    def read() -> set[Any]:
        asked.append(1)
        return reads[min(len(asked) - 1, 1)]

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        lock_calendars_of(read)
    told = [query["sql"].split()[0] for query in captured]
    assert told == ["SAVEPOINT", "SELECT", "ROLLBACK", "SAVEPOINT", "SELECT", "RELEASE"]
