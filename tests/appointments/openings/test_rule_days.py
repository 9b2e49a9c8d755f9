"""One day of a rule: not that day, that day only, from that day on."""

from datetime import date, time

import pytest

from accounts.enums import OrganizationKind
from accounts.rights import NOBODY, Actor
from appointments.enums import Audience
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Rule, RuleDayOff, RuleOffer, Schedule
from appointments.openings.selectors import days_off_of, next_days
from appointments.openings.services.rules import (
    change_from_day,
    change_only_this_day,
    change_rule,
    create_rule,
    leave_out_day,
    put_day_back,
)
from tests import factories
from tests.appointments.openings.asked import MONDAY, TODAY, opening, rows_of, version_of

pytestmark = pytest.mark.django_db
NEXT = date(2026, 12, 7)


@pytest.fixture
def rule(schedule: Schedule, keeper: Actor) -> Rule:
    return create_rule(opening=opening(schedule), by=keeper, today=TODAY)


def test_not_that_day(rule: Rule, keeper: Actor) -> None:
    for _ in range(2):
        leave_out_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=keeper)
        assert [row.day for row in RuleDayOff.objects.all()] == [MONDAY]
    assert next_days(rule, since=TODAY, count=2) == [NEXT, date(2026, 12, 14)]
    version = Rule.objects.get().version
    put_day_back(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=keeper)
    assert next_days(rule, since=TODAY, count=1) == [MONDAY]
    assert Rule.objects.get().version == version + 1


def test_a_day_of_another_weekday_can_t_be_left_out(rule: Rule, keeper: Actor) -> None:
    with pytest.raises(Refused, match="n’ouvre pas ce jour-là"):
        leave_out_day(rule_id=rule.id, version=version_of(rule), day=date(2026, 12, 1), by=keeper)


def test_the_last_day_of_a_rule_can_t_be_left_out(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    Rule.objects.update(last_day=date(2026, 12, 8))
    leave_out_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=keeper)
    with pytest.raises(Refused, match="seul jour"):
        leave_out_day(rule_id=rule.id, version=version_of(rule), day=NEXT, by=keeper)
    with pytest.raises(Refused, match="seul jour"):
        change_only_this_day(
            rule_id=rule.id, version=version_of(rule), day=NEXT, opening=opening(schedule), by=keeper, today=TODAY
        )
    assert RuleDayOff.objects.count() == 1


def test_only_that_day_is_a_day_off_and_a_one_off_opening(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, weekdays=(3,), every_n_weeks=4, start_time=time(14), end_time=time(17))
    made = change_only_this_day(
        rule_id=rule.id, version=version_of(rule), day=MONDAY, opening=asked, by=keeper, today=TODAY
    )
    assert made.is_one_off
    assert (made.first_day, made.weekdays, made.every_n_weeks) == (MONDAY, [1], 1)
    assert days_off_of(rule) == [MONDAY]
    with pytest.raises(Refused, match="n’est que de ce jour"):
        change_only_this_day(
            rule_id=made.id, version=version_of(made), day=MONDAY, opening=asked, by=keeper, today=TODAY
        )


def test_a_day_put_back_takes_the_opening_that_replaced_it(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, start_time=time(14), end_time=time(17))
    only = {"rule_id": rule.id, "day": MONDAY, "opening": asked, "by": keeper, "today": TODAY}
    change_only_this_day(version=version_of(rule), **only)
    with pytest.raises(Refused, match="déjà son ouverture à part"):
        change_only_this_day(version=version_of(rule), **only)
    put_day_back(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=keeper)
    assert list(Rule.objects.all()) == [rule]
    assert not RuleDayOff.objects.exists()


def test_an_opening_that_is_of_another_day_by_now_stays(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, start_time=time(14), end_time=time(17))
    by = {"by": keeper, "today": TODAY}
    moved = change_only_this_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, opening=asked, **by)
    tuesday = opening(schedule, weekdays=(2,), first_day=date(2026, 12, 1), last_day=date(2026, 12, 1))
    change_rule(rule_id=moved.id, version=version_of(moved), opening=tuesday, **by)
    change_only_this_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, opening=asked, **by)
    put_day_back(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=keeper)
    assert set(Rule.objects.all()) == {rule, moved}


def test_what_replaces_a_day_goes_on_with_the_rule_that_follows(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    later, by = date(2026, 12, 14), {"by": keeper, "today": TODAY}
    asked = opening(schedule, start_time=time(14), end_time=time(17))
    change_only_this_day(rule_id=rule.id, version=version_of(rule), day=later, opening=asked, **by)
    made = change_from_day(
        rule_id=rule.id, version=version_of(rule), day=NEXT, opening=opening(schedule, capacity=2), **by
    )
    put_day_back(rule_id=made.id, version=version_of(made), day=later, by=keeper)
    assert set(Rule.objects.all()) == {rule, made}


def test_a_refused_change_of_one_day_leaves_the_rule_as_it_was(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, step_minutes=200)
    with pytest.raises(Refused):
        change_only_this_day(
            rule_id=rule.id, version=version_of(rule), day=MONDAY, opening=asked, by=keeper, today=TODAY
        )
    with pytest.raises(Refused):
        change_from_day(rule_id=rule.id, version=version_of(rule), day=NEXT, opening=asked, by=keeper, today=TODAY)
    assert not RuleDayOff.objects.exists()
    assert Rule.objects.get().last_day is None


def test_from_that_day_on_is_a_new_rule_counted_from_the_same_week(schedule: Schedule, keeper: Actor) -> None:
    old = create_rule(opening=opening(schedule, every_n_weeks=2, first_day=MONDAY), by=keeper, today=TODAY)
    for day in (date(2026, 12, 14), date(2027, 1, 11)):
        leave_out_day(rule_id=old.id, version=version_of(old), day=day, by=keeper)
    # A Monday of a week in which the rule does not come.
    day = date(2027, 1, 4)
    asked = opening(schedule, every_n_weeks=2, end_time=time(13))
    made = change_from_day(rule_id=old.id, version=version_of(old), day=day, opening=asked, by=keeper, today=TODAY)
    old.refresh_from_db()
    assert (old.last_day, made.first_day, made.last_day) == (date(2027, 1, 3), day, None)
    assert made.anchor_week == old.anchor_week == MONDAY
    assert next_days(old, since=TODAY) == [MONDAY, date(2026, 12, 28)]
    assert next_days(made, since=TODAY, count=2) == [date(2027, 1, 25), date(2027, 2, 8)]
    assert (days_off_of(old), days_off_of(made)) == ([date(2026, 12, 14)], [date(2027, 1, 11)])


@pytest.mark.parametrize(("day", "said"), [(MONDAY, "ne commence pas avant"), (date(2027, 1, 4), "finie avant")])
def test_from_a_day_outside_the_rule_is_refused(
    rule: Rule, schedule: Schedule, keeper: Actor, day: date, said: str
) -> None:
    Rule.objects.update(last_day=date(2026, 12, 20))
    with pytest.raises(Refused, match=said):
        change_from_day(
            rule_id=rule.id, version=version_of(rule), day=day, opening=opening(schedule), by=keeper, today=TODAY
        )
    assert Rule.objects.count() == 1


def test_offers_to_communities_go_on(rule: Rule, schedule: Schedule, keeper: Actor) -> None:
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    RuleOffer(rule=rule, audience=Audience.CPTS, community=community).save()
    made = change_from_day(
        rule_id=rule.id,
        version=version_of(rule),
        day=NEXT,
        opening=opening(schedule, capacity=2),
        by=keeper,
        today=TODAY,
    )
    assert rows_of(made) == rows_of(rule) == {("CPTS", None, True, None, 0), ("PUBLIC", None, True, None, 0)}


def test_the_days_of_a_stranger_s_rule_do_not_exist(rule: Rule, schedule: Schedule) -> None:
    asked = opening(schedule)
    for by in (NOBODY, factories.practice_actor(factories.practitioner()), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            leave_out_day(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=by)
        with pytest.raises(NotAllowed):
            put_day_back(rule_id=rule.id, version=version_of(rule), day=MONDAY, by=by)
        for change in (change_only_this_day, change_from_day):
            with pytest.raises(NotAllowed):
                change(rule_id=rule.id, version=version_of(rule), day=MONDAY, opening=asked, by=by, today=TODAY)
