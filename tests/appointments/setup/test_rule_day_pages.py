"""One day of a rule, from its page."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from appointments.models import Rule, RuleDayOff, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(schedule: Schedule) -> Rule:
    """Mondays."""
    return factories.rule(schedule=schedule, weekdays=[1])


def address(rule: Rule, rest: str = "") -> str:
    return f"/agenda/{rule.schedule.practitioner_id}/horaires/regle/{rule.id}/{rest}"


def typed(rule: Rule, **fields: Any) -> dict[str, Any]:
    return {
        "version": rule.version,
        "weekdays": ["1"],
        "start_time": "14 h",
        "end_time": "17 h",
        "step_minutes": "15",
        "consultation_types": ["AMB"],
        "appointment_type": "ROUTINE",
        "schedule": str(rule.schedule_id),
    } | fields


def acted(rule: Rule, act: str) -> dict[str, Any]:
    return {"acte": act, "version": Rule.objects.get(pk=rule.pk).version}


def test_the_rule_leads_to_its_next_days_and_to_any_other(practitioner_client: Client, rule: Rule) -> None:
    content = practitioner_client.get(address(rule)).content.decode()
    for day in ("2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"):
        assert f'href="{address(rule, f"jour/{day}/")}"' in content
    picked = practitioner_client.get(address(rule, "jour/"), {"jour": "2027-01-04"})
    assert picked.url == address(rule, "jour/2027-01-04/")
    for wrong, said in (
        ("2027-01-05", "n’ouvre pas le mardi 5 janvier"),
        ("demain", "pas lisible"),
        ("", "obligatoire"),
    ):
        back = practitioner_client.get(address(rule, "jour/"), {"jour": wrong}, follow=True)
        assert said in text_of(back)


def test_a_day_is_left_out_and_put_back(practitioner_client: Client, rule: Rule) -> None:
    day = address(rule, "jour/2026-11-30/")
    assert "Pas ce jour-là" in text_of(practitioner_client.get(day))
    back = practitioner_client.post(day, acted(rule, "retirer"), follow=True)
    assert "La règle ne s’applique pas ces jours-là : lundi 30 novembre 2026" in text_of(back)
    assert [row.day for row in RuleDayOff.objects.all()] == [date(2026, 11, 30)]
    assert "La remettre ce jour-là" in text_of(practitioner_client.get(day))
    practitioner_client.post(day, acted(rule, "remettre"))
    assert not RuleDayOff.objects.exists()


def test_the_only_day_is_not_left_out(practitioner_client: Client, rule: Rule) -> None:
    Rule.objects.update(first_day=date(2026, 11, 30), last_day=date(2026, 12, 2))
    response = practitioner_client.post(address(rule, "jour/2026-11-30/"), acted(rule, "retirer"))
    assert response.status_code == 422
    assert "C’est le seul jour de cette règle" in text_of(response)


def test_only_this_day(practitioner_client: Client, rule: Rule) -> None:
    page = address(rule, "jour/2026-11-30/seulement/")
    form = practitioner_client.get(page)
    assert "Seulement ce jour : lundi 30 novembre 2026" in text_of(form)
    assert 'value="9\u202fh\u202f00"' in form.content.decode()
    wrong = practitioner_client.post(page, typed(rule, step_minutes="200"))
    assert wrong.status_code == 422
    # The day is the page's, whatever is posted.
    practitioner_client.post(page, typed(rule, first_day="2030-01-07"))
    made = Rule.objects.exclude(pk=rule.pk).get()
    assert (made.first_day, made.last_day, made.start_time) == (date(2026, 11, 30), date(2026, 11, 30), time(14))
    assert RuleDayOff.objects.get().rule == rule
    day = practitioner_client.get(address(rule, "jour/2026-11-30/"))
    assert "Une ouverture la remplace : 14 h 00 – 17 h 00" in text_of(day)
    assert "Elle sera supprimée" in text_of(day)
    assert page not in day.content.decode()
    back = practitioner_client.post(address(rule, "jour/2026-11-30/"), acted(rule, "remettre"), follow=True)
    assert "L’ouverture qui la remplaçait est supprimée" in text_of(back)
    assert Rule.objects.get() == rule


def test_from_this_day(practitioner_client: Client, rule: Rule) -> None:
    page = address(rule, "jour/2026-11-30/a-partir/")
    assert "À partir de ce jour : lundi 30 novembre 2026" in text_of(practitioner_client.get(page))
    practitioner_client.post(page, typed(rule))
    made = Rule.objects.exclude(pk=rule.pk).get()
    rule.refresh_from_db()
    assert (rule.last_day, made.first_day, made.last_day) == (date(2026, 11, 29), date(2026, 11, 30), None)
    assert made.anchor_week == rule.anchor_week


@pytest.mark.parametrize("rest", ["", "seulement/"])
def test_a_day_that_is_not_the_rule_s_does_not_exist(practitioner_client: Client, rule: Rule, rest: str) -> None:
    assert practitioner_client.get(address(rule, f"jour/2026-12-01/{rest}")).status_code == 404


@pytest.mark.parametrize(
    "rest", ["jour/?jour=2026-11-30", *(f"jour/2026-11-30/{page}" for page in ("", "seulement/", "a-partir/"))]
)
def test_another_practitioner_s_rule_does_not_exist_here(
    practitioner_client: Client, schedule: Schedule, rest: str
) -> None:
    foreign = factories.rule()
    page = f"/agenda/{schedule.practitioner_id}/horaires/regle/{foreign.id}/{rest}"
    assert practitioner_client.get(page).status_code == 404
