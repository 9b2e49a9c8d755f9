"""A rule keeps everything that was asked for; its offers carry the delays of their audience."""

from datetime import date, time
from typing import Any

import pytest

from accounts.enums import OrganizationKind
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.exceptions import Refused
from appointments.models import Rule, RuleOffer, Schedule
from appointments.openings.selectors import offered_reasons
from appointments.openings.services.rules import change_rule, create_rule
from appointments.openings.values import Shown
from tests import factories
from tests.appointments.openings.asked import TODAY, opening, rows_of, version_of

pytestmark = pytest.mark.django_db


def test_every_column_is_written(schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, every_n_weeks=3, capacity=4, on_holidays=True, start_time=time(22), end_time=time(2))
    rule = create_rule(opening=asked, by=keeper, today=TODAY)
    rule.refresh_from_db()
    assert (rule.every_n_weeks, rule.capacity, rule.on_holidays) == (3, 4, True)
    assert (rule.start_time, rule.end_time, rule.anchor_week) == (time(22), time(2), date(2026, 11, 23))


def test_each_audience_has_its_delays_on_its_reasons_rows_too(schedule: Schedule, keeper: Actor) -> None:
    short = factories.reason(schedule, label="Court", minutes=10)
    long = factories.reason(schedule, label="Long", minutes=30)
    factories.reason(schedule, label="Fermé", minutes=10)
    shown = (Shown(Audience.PUBLIC, 14 * 1440, 120), Shown(Audience.SNP))
    asked = opening(schedule, audiences=shown, reason_ids=(short.id, long.id))
    rule = create_rule(opening=asked, by=keeper, today=TODAY)
    assert rows_of(rule) == {
        ("PUBLIC", None, True, 20160, 120),
        ("PUBLIC", "Long", True, 20160, 120),
        ("PUBLIC", "Fermé", False, 20160, 120),
        ("SNP", None, True, None, 0),
        ("SNP", "Long", True, None, 0),
        ("SNP", "Fermé", False, None, 0),
    }
    assert set(offered_reasons(rule)) == {short.id, long.id}


def test_offers_to_communities_stay_when_a_rule_is_changed(schedule: Schedule, keeper: Actor) -> None:
    rule = create_rule(opening=opening(schedule), by=keeper, today=TODAY)
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    RuleOffer(rule=rule, audience=Audience.CPTS, community=community, shown_until_minutes=30).save()
    asked = opening(schedule, audiences=(Shown(Audience.SNP),))
    change_rule(rule_id=rule.id, version=version_of(rule), opening=asked, by=keeper, today=TODAY)
    assert rows_of(rule) == {("CPTS", None, True, None, 30), ("SNP", None, True, None, 0)}


@pytest.mark.parametrize(
    ("asked", "element", "said"),
    [
        ({"last_day": date(2026, 11, 24)}, "last_day", "ne peut pas précéder"),
        ({"step_minutes": 200}, "step_minutes", "ne tient pas dans ces heures"),
        ({"start_time": time(22), "end_time": time(2), "step_minutes": 241}, "step_minutes", "240"),
        ({"audiences": (Shown(Audience.PRO, 60, 60),)}, "until_PRO", "Professionnels (par le SAS)"),
        ({"last_day": date(2026, 11, 29)}, "last_day", "il n’y a pas de lundi"),
        (
            {"every_n_weeks": 2, "last_day": date(2026, 12, 6)},
            "last_day",
            "pas de lundi des semaines où elle revient (toutes les 2)",
        ),
        ({"every_n_weeks": 9}, "every_n_weeks", "8"),
        ({"capacity": 0}, "capacity", "1"),
        ({"weekdays": ()}, "weekdays", ""),
    ],
)
def test_a_rule_that_can_t_be_is_refused_with_its_element(
    schedule: Schedule, keeper: Actor, asked: dict[str, Any], element: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        create_rule(opening=opening(schedule, **asked), by=keeper, today=TODAY)
    assert refused.value.element == element
    assert said in str(refused.value)
    assert not Rule.objects.exists()


def test_a_rule_of_public_holidays_alone_is_refused(schedule: Schedule, keeper: Actor) -> None:
    schedule.location.holidays = "metropole"
    schedule.location.save()
    christmas = {"weekdays": (5,), "first_day": date(2026, 12, 25), "last_day": date(2026, 12, 25)}
    with pytest.raises(Refused, match="jours fériés") as refused:
        create_rule(opening=opening(schedule, **christmas), by=keeper, today=TODAY)
    assert refused.value.element == "on_holidays"
    assert create_rule(opening=opening(schedule, **christmas, on_holidays=True), by=keeper, today=TODAY)


def test_a_rule_that_keeps_no_day_is_refused(schedule: Schedule, keeper: Actor) -> None:
    rule = create_rule(opening=opening(schedule), by=keeper, today=TODAY)
    rule.days_off.create(day=date(2026, 11, 30))
    asked = opening(schedule, last_day=date(2026, 12, 6))
    with pytest.raises(Refused, match="tous ses jours sont retirés"):
        change_rule(rule_id=rule.id, version=version_of(rule), opening=asked, by=keeper, today=TODAY)


@pytest.mark.parametrize(
    ("day", "start", "end", "step", "fits"),
    [
        # 28 March 2027: from 2 to 3 does not exist, from 1 to 4 lasts two hours. 31 October: from 2 to 3 lasts two hours.
        (date(2027, 3, 28), time(2), time(3), 60, False),
        (date(2027, 3, 28), time(1), time(4), 120, True),
        (date(2027, 3, 28), time(1), time(4), 125, False),
        (date(2027, 3, 27), time(22), time(4), 240, True),
        (date(2027, 10, 31), time(2), time(3), 60, True),
    ],
)
def test_a_visit_fits_by_real_minutes_on_the_nights_of_a_clock_change(
    schedule: Schedule, keeper: Actor, day: date, start: time, end: time, step: int, fits: bool
) -> None:
    asked = opening(
        schedule,
        weekdays=(day.isoweekday(),),
        first_day=day,
        last_day=day,
        start_time=start,
        end_time=end,
        step_minutes=step,
    )
    if fits:
        assert create_rule(opening=asked, by=keeper, today=TODAY)
    else:
        with pytest.raises(Refused, match="l’heure change ce jour-là"):
            create_rule(opening=asked, by=keeper, today=TODAY)


@pytest.mark.parametrize("asked", [{"capacity": 2}, {"start_time": time(9), "end_time": time(9, 20)}])
@pytest.mark.parametrize("by_name", [False, True])
def test_a_reason_too_long_is_refused_by_its_name(
    schedule: Schedule, keeper: Actor, asked: dict[str, Any], by_name: bool
) -> None:
    reason = factories.reason(schedule, label="Petite chirurgie", minutes=30)
    chosen = {"new_reason": "petite  CHIRURGIE"} if by_name else {"reason_ids": (reason.id,)}
    with pytest.raises(Refused, match="Petite chirurgie dure 30") as refused:
        create_rule(opening=opening(schedule, **asked, **chosen), by=keeper, today=TODAY)
    assert refused.value.element == ("new_reason" if by_name else "reasons")
    assert not Rule.objects.exists()


def test_a_rule_identical_to_another_is_refused(schedule: Schedule, keeper: Actor) -> None:
    first = create_rule(opening=opening(schedule), by=keeper, today=TODAY)
    with pytest.raises(Refused, match="existe déjà"):
        create_rule(opening=opening(schedule), by=keeper, today=TODAY)
    # Made another day, it would open nothing more from now on.
    with pytest.raises(Refused, match="existe déjà"):
        create_rule(opening=opening(schedule), by=keeper, today=date(2026, 11, 27))
    assert list(Rule.objects.all()) == [first]
    change_rule(rule_id=first.id, version=version_of(first), opening=opening(schedule), by=keeper, today=TODAY)


@pytest.mark.parametrize(
    "other",
    [
        {"weekdays": (2,)},
        {"end_time": time(12, 15)},
        {"step_minutes": 20},
        {"capacity": 2},
        {"on_holidays": True},
        {"first_day": date(2026, 12, 7)},
        {"last_day": date(2027, 1, 30)},
        {"audiences": ()},
        {"audiences": (Shown(Audience.PUBLIC, None, 60),)},
        {"every_n_weeks": 2},
    ],
)
def test_a_rule_that_differs_in_one_thing_is_another(schedule: Schedule, keeper: Actor, other: dict[str, Any]) -> None:
    create_rule(opening=opening(schedule), by=keeper, today=TODAY)
    create_rule(opening=opening(schedule, **other), by=keeper, today=TODAY)
    assert Rule.objects.count() == 2


def test_rules_of_alternate_weeks_are_not_identical(schedule: Schedule, keeper: Actor) -> None:
    create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=TODAY)
    next_week = date(2026, 12, 2)
    create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=next_week)
    with pytest.raises(Refused, match="existe déjà"):
        create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=date(2026, 12, 9))
