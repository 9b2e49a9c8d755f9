"""A rule keeps everything that was asked for; its offers carry the delays of their audience."""

from datetime import date, time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import OrganizationKind
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.exceptions import Refused
from appointments.models import Rule, RuleOffer, Schedule
from appointments.openings.selectors import next_days, offered_reasons
from appointments.openings.services.reasons import change_reason
from appointments.openings.services.rules import change_rule, create_rule
from appointments.openings.values import Shown
from tests import factories
from tests.appointments.openings.asked import MONDAY, TODAY, opening, rows_of, version_of
from tests.appointments.openings.test_reasons import wording
from tests.undoing import undone

pytestmark = pytest.mark.django_db


def test_every_column_is_written(schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, every_n_weeks=3, capacity=4, on_holidays=True, start_time=time(22), end_time=time(2))
    rule = create_rule(opening=asked, by=keeper, today=TODAY)
    rule.refresh_from_db()
    assert (rule.every_n_weeks, rule.capacity, rule.on_holidays) == (3, 4, True)
    # Made on a Wednesday: its first Monday is of the next week.
    assert (rule.start_time, rule.end_time, rule.anchor_week) == (time(22), time(2), MONDAY)


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
        ({"first_day": date(2026, 11, 2), "last_day": date(2026, 11, 24)}, "last_day", "serait déjà finie"),
        ({"first_day": date(2026, 11, 2), "last_day": date(2026, 11, 29)}, "last_day", "n’ouvrirait plus"),
        (
            {"weekdays": (2,), "first_day": date(2026, 11, 24), "last_day": date(2026, 11, 24)},
            "last_day",
            "Ce jour est passé",
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


def test_a_rule_keeps_its_weeks_and_is_refused_where_none_is_left(schedule: Schedule, keeper: Actor) -> None:
    rule = create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=TODAY)
    asked = opening(schedule, every_n_weeks=2, first_day=date(2026, 12, 1), last_day=date(2026, 12, 13))
    with pytest.raises(Refused, match=r"pas de lundi des semaines où elle revient \(toutes les 2\)"):
        change_rule(rule_id=rule.id, version=version_of(rule), opening=asked, by=keeper, today=TODAY)


def test_a_rule_is_counted_from_the_week_of_its_first_day(schedule: Schedule, keeper: Actor) -> None:
    """Wednesday and Monday, made on a Thursday: Monday comes first, in the next week."""
    thursday = date(2026, 11, 26)
    asked = opening(schedule, weekdays=(1, 3), every_n_weeks=2)
    rule = create_rule(opening=asked, by=keeper, today=thursday)
    assert next_days(rule, since=thursday, count=3) == [MONDAY, date(2026, 12, 2), date(2026, 12, 14)]


def test_a_rule_of_public_holidays_alone_is_refused(schedule: Schedule, keeper: Actor) -> None:
    schedule.location.holidays = "metropole"
    schedule.location.save()
    christmas = {"weekdays": (5,), "first_day": date(2026, 12, 25), "last_day": date(2026, 12, 25)}
    week = christmas | {"first_day": date(2026, 12, 24)}
    for asked, said in ((christmas, "ce jour est férié"), (week, "ne tombe que sur des jours fériés")):
        with pytest.raises(Refused, match=said) as refused:
            create_rule(opening=opening(schedule, **asked), by=keeper, today=TODAY)
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


DIFFERENCES: list[dict[str, Any]] = [
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
]


def test_a_rule_that_differs_in_one_thing_is_another(schedule: Schedule, keeper: Actor) -> None:
    for other in DIFFERENCES:
        with undone():
            create_rule(opening=opening(schedule), by=keeper, today=TODAY)
            create_rule(opening=opening(schedule, **other), by=keeper, today=TODAY)
            assert Rule.objects.count() == 2, other


def test_rules_of_alternate_weeks_are_not_identical(schedule: Schedule, keeper: Actor) -> None:
    create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=TODAY)
    next_week = date(2026, 12, 2)
    create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=next_week)
    with pytest.raises(Refused, match="existe déjà"):
        create_rule(opening=opening(schedule, every_n_weeks=2), by=keeper, today=date(2026, 12, 9))


def test_a_reason_added_in_a_rule_is_in_no_other(schedule: Schedule, keeper: Actor) -> None:
    known = factories.reason(schedule, label="Connu")
    shown, inside = (
        create_rule(opening=opening(schedule, audiences=who, reason_ids=(known.id,)), by=keeper, today=TODAY)
        for who in ((Shown(Audience.PUBLIC, None, 60), Shown(Audience.SNP)), ())
    )
    elsewhere = factories.rule(schedule=factories.colleague(schedule))
    adding = create_rule(opening=opening(schedule, weekdays=(2,), new_reason="Ajouté"), by=keeper, today=TODAY)
    assert [offered_reasons(rule) for rule in (shown, inside)] == [[known.id]] * 2
    assert known.id not in offered_reasons(adding)
    assert len(offered_reasons(adding)) == 1
    assert {row for row in rows_of(shown) if row[1]} == {
        ("PUBLIC", "Ajouté", False, None, 60), ("SNP", "Ajouté", False, None, 0)
    }  # fmt: skip
    assert {row for row in rows_of(elsewhere) if row[1]} == set()
    # Ticked there in its turn, it is there.
    asked = opening(schedule, audiences=(), reason_ids=(known.id, *offered_reasons(adding)))
    change_rule(rule_id=inside.id, version=version_of(inside), opening=asked, by=keeper, today=TODAY)
    assert len(offered_reasons(inside)) == 2


def test_a_reason_added_in_a_rule_asks_as_much_of_one_as_of_20(schedule: Schedule, keeper: Actor) -> None:
    counts = []
    for number in (1, 19):
        for _ in range(number):
            factories.rule(schedule=schedule)
        asked = opening(schedule, new_reason=f"Motif ajouté {number}", capacity=number)
        with CaptureQueriesContext(connection) as captured:
            create_rule(opening=asked, by=keeper, today=TODAY)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("minutes", [10, 30])
def test_a_rule_for_the_practice_alone_keeps_its_reasons(schedule: Schedule, keeper: Actor, minutes: int) -> None:
    """Longer than a step or not; and nobody else is shown anything by it."""
    ticked, unticked = (factories.reason(schedule, minutes=minutes) for _ in range(2))
    rule = create_rule(opening=opening(schedule, audiences=(), reason_ids=(ticked.id,)), by=keeper, today=TODAY)
    assert (rule.audiences, offered_reasons(rule)) == ([], [ticked.id])
    # However long they get.
    for reason in (ticked, unticked):
        asked = wording(label=reason.label, minutes=40 - minutes)
        change_reason(reason_id=reason.id, version=version_of(reason), wording=asked, by=keeper)
    assert offered_reasons(Rule.objects.get()) == [ticked.id]
