"""One day of a rule, from its page."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from appointments.enums import SetupVerb
from appointments.models import Rule, RuleDayOff, Schedule, SetupChange
from tests import factories
from tests.appointments.agenda.pages import text_of, words

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


def of_day(rule: Rule, scope: str, **fields: Any) -> dict[str, Any]:
    """As `typed`, for a Monday, with what can't be changed on it as the form has it."""
    return typed(rule, jour="2026-11-30", porte=scope, first_day=rule.first_day.isoformat()) | fields


def test_the_rule_leads_to_its_next_days_and_to_any_other(practitioner_client: Client, rule: Rule) -> None:
    content = practitioner_client.get(address(rule)).content.decode()
    week = f"/agenda/{rule.schedule.practitioner_id}/horaires/"
    for day in ("2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"):
        assert f'href="{week}?regle={rule.id}&amp;jour={day}"' in content
    page = practitioner_client.get(week, {"regle": rule.id, "jour": "2027-01-04"})
    assert "Le lundi 4 janvier seulement" in text_of(page)
    assert "4 – 10 janvier 2027" in text_of(page)
    for wrong, said in (("2027-01-05", "n’ouvre pas le mardi 5 janvier"), ("demain", "pas lisible")):
        back = practitioner_client.get(week, {"regle": rule.id, "jour": wrong})
        assert said in text_of(back)
        assert 'name="porte"' not in back.content.decode()


def test_a_day_is_left_out_and_put_back(practitioner_client: Client, rule: Rule) -> None:
    day = address(rule, "jour/2026-11-30/")
    assert "Ne pas ouvrir ce jour-là" in text_of(practitioner_client.get(day))
    back = practitioner_client.post(day, acted(rule, "retirer"), follow=True)
    assert "La règle ne s’applique pas le lundi 30 novembre." in text_of(back)
    assert "Lundi 30 novembre 2026, « Lundi » n’ouvre pas" in text_of(back)
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
    form = practitioner_client.get(address(rule), {"jour": "2026-11-30"})
    assert "Le lundi 30 novembre seulement" in text_of(form)
    assert 'value="jour" checked' in form.content.decode()
    assert 'value="9\u202fh\u202f00"' in form.content.decode()
    wrong = practitioner_client.post(address(rule), of_day(rule, "jour", step_minutes="200"))
    assert wrong.status_code == 422
    # What is of the rule is not changed for a day, and not passed over either.
    for name, value in (("weekdays", ["2"]), ("first_day", "2030-01-07"), ("last_day", "2030-01-07")):
        refused = practitioner_client.post(address(rule), of_day(rule, "jour", **{name: value}))
        assert "Cela ne change pas pour un seul jour" in text_of(refused)
    practitioner_client.post(address(rule), of_day(rule, "jour"))
    made = Rule.objects.exclude(pk=rule.pk).get()
    assert (made.first_day, made.last_day, made.start_time) == (date(2026, 11, 30), date(2026, 11, 30), time(14))
    assert RuleDayOff.objects.get().rule == rule
    day = practitioner_client.get(address(rule, "jour/2026-11-30/"))
    assert "Une ouverture la remplace : 14 h 00 – 17 h 00" in text_of(day)
    assert "Elle sera supprimée" in text_of(day)
    assert "Remettre la règle" in text_of(practitioner_client.get(address(made)))
    back = practitioner_client.post(address(rule, "jour/2026-11-30/"), acted(rule, "remettre"), follow=True)
    assert "L’ouverture qui la remplaçait est supprimée" in text_of(back)
    assert Rule.objects.get() == rule


def test_from_this_day_on(practitioner_client: Client, rule: Rule) -> None:
    assert practitioner_client.post(address(rule), of_day(rule, "suite")).status_code == 303
    made = Rule.objects.exclude(pk=rule.pk).get()
    rule.refresh_from_db()
    assert (rule.last_day, made.first_day, made.last_day) == (date(2026, 11, 29), date(2026, 11, 30), None)
    assert made.anchor_week == rule.anchor_week
    # One change, and one line of the history.
    [fact] = SetupChange.objects.all()
    assert (fact.verb, words(fact.name)) == (SetupVerb.CHANGED, "Lundi, 9 h 00 – 12 h 00, Cabinet de la Glycine")
    begins, hours = fact.said[:2]
    assert begins == ["à partir du", "", "30 novembre 2026"]
    assert [words(one) for one in hours] == ["heures", "9 h 00 – 12 h 00", "14 h 00 – 17 h 00"]


def test_a_change_of_a_day_that_does_not_say_which_is_none(practitioner_client: Client, rule: Rule) -> None:
    for scope in ("jour", "suite"):
        assert practitioner_client.post(address(rule), of_day(rule, scope, jour="")).status_code == 404
    assert Rule.objects.get() == rule


def test_hours_that_were_drawn_fill_in_the_form(practitioner_client: Client, rule: Rule) -> None:
    week = f"/agenda/{rule.schedule.practitioner_id}/horaires/"
    asked = {"regle": "nouvelle", "jour": "2026-12-02", "de": "14:15", "a": "24:00"}
    content = practitioner_client.get(week, asked).content.decode()
    for value in ("14\u202fh\u202f15", "24\u202fh\u202f00"):
        assert f'value="{value}"' in content
    assert 'name="weekdays" value="3" id="id_weekdays_2" checked' in content
    drawn = {"jour": "2026-12-02", "weekdays": ["3"], "first_day": "2026-12-02", "version": ""}
    for scope in ("jour", "suite"):
        data = typed(rule, **drawn, porte=scope)
        assert practitioner_client.post(f"{week}regle/", data).status_code == 303
    once, weekly = Rule.objects.exclude(pk=rule.pk).order_by("last_day")
    assert (once.first_day, once.last_day) == (date(2026, 12, 2), date(2026, 12, 2))
    assert (weekly.first_day, weekly.last_day, weekly.weekdays) == (date(2026, 12, 2), None, [3])
    # The edge of a band that was pulled: what it was is told beside it.
    pulled = practitioner_client.get(week, {"regle": rule.id, "jour": "2026-11-30", "de": "9:00", "a": "11:00"})
    assert 'value="11\u202fh\u202f00"' in pulled.content.decode()
    assert 'data-was="12\u202fh\u202f00"' in pulled.content.decode()


def test_a_day_that_is_not_the_rule_s_does_not_exist(practitioner_client: Client, rule: Rule) -> None:
    assert practitioner_client.get(address(rule, "jour/2026-12-01/")).status_code == 404


def test_another_practitioner_s_rule_does_not_exist_here(practitioner_client: Client, schedule: Schedule) -> None:
    foreign, week = factories.rule(), f"/agenda/{schedule.practitioner_id}/horaires/"
    for page in (f"regle/{foreign.id}/jour/2026-11-30/", f"?regle={foreign.id}", "?regle=1"):
        assert practitioner_client.get(week + page).status_code == 404
