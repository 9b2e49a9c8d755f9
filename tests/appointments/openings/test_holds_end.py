"""An absence or a closure ends the live holds that it touches, and no other; what a changed rule had offered stays kept."""

from collections.abc import Callable
from datetime import date

import pytest

from accounts.rights import Actor
from appointments.models import Hold, Rule, Schedule
from appointments.openings.services.absences import Away, create_absence
from appointments.openings.services.closures import create_closure
from appointments.openings.services.rules import (
    change_from_day,
    change_only_this_day,
    change_rule,
    create_rule,
    delete_rule,
    leave_out_day,
)
from appointments.openings.values import Days, Hours
from tests import factories
from tests.appointments.openings.asked import MONDAY, TODAY, hold, opening
from tests.factories import at

pytestmark = pytest.mark.django_db
Change = Callable[[Rule, Schedule, Actor], object]


def _absent(rule: Rule, schedule: Schedule, by: Actor) -> object:
    hours = Hours(at("2026-11-30", "09:10"), at("2026-11-30", "09:20"))
    return create_absence(practitioner_id=schedule.practitioner.id, away=Away(hours), by=by)


def _closed(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return create_closure(location_id=schedule.location_id, period=Days(MONDAY, MONDAY), label="", by=by)


def _cut_anew(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return change_rule(rule_id=rule.id, opening=opening(schedule, step_minutes=20), by=by, today=TODAY)


def _moved(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return change_rule(rule_id=rule.id, opening=opening(schedule, weekdays=(2,)), by=by, today=TODAY)


def _deleted(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return delete_rule(rule_id=rule.id, by=by)


def _left_out(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return leave_out_day(rule_id=rule.id, day=MONDAY, by=by)


def _that_day(rule: Rule, schedule: Schedule, by: Actor) -> object:
    return change_only_this_day(rule_id=rule.id, day=MONDAY, opening=opening(schedule), by=by, today=TODAY)


def _from_that_day(rule: Rule, schedule: Schedule, by: Actor) -> object:
    Rule.objects.update(first_day=date(2026, 11, 2), anchor_week=date(2026, 11, 2))
    return change_from_day(rule_id=rule.id, day=MONDAY, opening=opening(schedule), by=by, today=TODAY)


@pytest.fixture
def rule(schedule: Schedule, keeper: Actor) -> Rule:
    return create_rule(opening=opening(schedule), by=keeper, today=TODAY)


@pytest.mark.parametrize("change", [_absent, _closed])
def test_a_hold_that_is_touched_ends(rule: Rule, schedule: Schedule, keeper: Actor, change: Change) -> None:
    hold(schedule, "2026-11-30", "09:00")
    elsewhere = hold(factories.schedule(), "2026-11-30", "09:00")
    # In no opening of this rule, and not in the absence either.
    beside = hold(schedule, "2026-12-01", "15:00")
    change(rule, schedule, keeper)
    assert set(Hold.objects.all()) == {elsewhere, beside}


@pytest.mark.parametrize("change", [_cut_anew, _moved, _deleted, _left_out, _that_day, _from_that_day])
def test_what_was_offered_when_it_was_taken_stays_kept(
    rule: Rule, schedule: Schedule, keeper: Actor, change: Change
) -> None:
    kept = hold(schedule, "2026-11-30", "09:00")
    change(rule, schedule, keeper)
    assert list(Hold.objects.all()) == [kept]


def test_an_absence_at_one_place_ends_the_holds_there_only(schedule: Schedule, keeper: Actor) -> None:
    other = factories.schedule(practitioner=schedule.practitioner)
    hold(schedule, "2026-11-30", "09:00")
    kept = hold(other, "2026-11-30", "14:00")
    away = Away(Days(MONDAY, MONDAY), schedule_id=schedule.id)
    create_absence(practitioner_id=schedule.practitioner.id, away=away, by=keeper)
    assert list(Hold.objects.all()) == [kept]


def test_whole_days_are_cut_at_each_place_s_own_midnight(schedule: Schedule, keeper: Actor) -> None:
    island = factories.schedule(
        practitioner=schedule.practitioner, location=factories.location(time_zone="Indian/Reunion")
    )
    hold(island, "2026-11-30", "00:30")  # 21:30 on Sunday in Paris
    kept = hold(island, "2026-12-01", "00:30")  # 21:30 on Monday in Paris
    create_absence(practitioner_id=schedule.practitioner.id, away=Away(Days(MONDAY, MONDAY)), by=keeper)
    assert list(Hold.objects.all()) == [kept]
