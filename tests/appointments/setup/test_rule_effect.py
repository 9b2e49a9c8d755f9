"""While a rule is typed: how much could be booked with it, and which visits would stand outside. Nothing is written."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from appointments.enums import Audience
from appointments.models import Absence, Appointment, Rule, Schedule, SetupChange
from tests import factories
from tests.appointments.agenda.pages import words
from tests.factories import at

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-30"


@pytest.fixture
def rule(schedule: Schedule) -> Rule:
    """Mondays and Wednesdays, 12 places each."""
    return factories.rule(schedule=schedule, weekdays=[1, 3], audiences=[Audience.SNP])


@pytest.fixture
def visit(rule: Rule) -> Appointment:
    return factories.appointment(schedule_=rule.schedule, start=at(MONDAY, "11:15"))


Ask = Callable[..., str]


@pytest.fixture
def ask(practitioner_client: Client, rule: Rule) -> Ask:
    def asked(*, new: bool = False, **fields: Any) -> str:
        typed = {
            "version": rule.version, "weekdays": ["1", "3"], "start_time": "9h", "end_time": "12h", "step_minutes": "15",
            "audiences": ["SNP"], "consultation_types": ["AMB"], "appointment_type": "ROUTINE",
            "schedule": str(rule.schedule_id), "first_day": rule.first_day.isoformat(),
        } | fields  # fmt: skip
        page = f"/agenda/{rule.schedule.practitioner_id}/horaires/regle/{'' if new else f'{rule.id}/'}"
        answer = practitioner_client.post(f"{page}?semaine={MONDAY}&apercu=1", typed)
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


EFFECTS: list[tuple[dict[str, Any], str]] = [
    ({"end_time": "11h"}, "23 → 16 créneaux libres la semaine du lundi 30 novembre"),
    ({"jour": MONDAY, "porte": "jour", "end_time": "11h"}, "11 → 8 créneaux libres le lundi 30 novembre"),
    ({"jour": "2026-12-02", "porte": "suite", "end_time": "11h"}, "23 → 19 créneaux libres la semaine"),
    ({"step_minutes": "30"}, "23 → 11 créneaux libres"),
    ({"weekdays": ["1", "3", "5"], "new": True}, "23 → 35 créneaux libres"),
    ({"start_time": ""}, "Pas encore possible. De : Indiquez l’heure de début."),
]


def test_it_says_what_could_be_booked(ask: Ask, visit: Appointment) -> None:
    for fields, said in EFFECTS:
        assert said in words(ask(**fields)), fields


def test_visits_that_would_stand_outside_are_named_and_saving_goes_on_for_them(
    practitioner_client: Client, rule: Rule, visit: Appointment, ask: Ask
) -> None:
    page = ask(end_time="11h")
    assert "Un rendez-vous à venir est touché. Sans autre choix : reste à son heure, hors des horaires." in words(page)
    assert visit.patient.listed_name in words(page)
    rule.refresh_from_db()
    assert (rule.end_time, SetupChange.objects.exists()) == (time(12), False)
    # What was read is what is asked when it is saved: it is not asked twice.
    [seal] = re.findall(r'name="touched" value="([^"]+)"', page)
    typed = {
        "version": rule.version, "weekdays": ["1", "3"], "start_time": "9h", "end_time": "11h", "step_minutes": "15",
        "audiences": ["SNP"], "consultation_types": ["AMB"], "appointment_type": "ROUTINE",
        "schedule": str(rule.schedule_id), "first_day": rule.first_day.isoformat(), "touched": seal,
    }  # fmt: skip
    address = f"/agenda/{rule.schedule.practitioner_id}/horaires/regle/{rule.id}/"
    moved = {f"sort-{visit.id}": f"move:{int(at(MONDAY, '10:00').timestamp())}", f"sort-montre-{visit.id}": "keep"}
    assert practitioner_client.post(address, typed | moved).status_code == 303
    visit.refresh_from_db()
    assert visit.start == at(MONDAY, "10:00")


def test_an_absence_being_typed_names_whom_it_touches(practitioner_client: Client, visit: Appointment) -> None:
    page = f"/agenda/{visit.practitioner_id}/horaires/absence/?apercu=1"
    typed = {"first_day": MONDAY, "label": "Congrès"}
    assert visit.patient.listed_name in words(practitioner_client.post(page, typed).content.decode())
    assert "Aucun." in words(practitioner_client.post(page, typed | {"first_day": "2026-12-01"}).content.decode())
    unsaid = practitioner_client.post(page, typed | {"weekdays": ["1"]}).content.decode()
    assert "Revient jusqu’au : Indiquez jusqu’à quand elle revient" in words(unsaid)
    assert not Absence.objects.exists()


def test_how_far_who_replaces_covers_an_absence_is_said(
    practitioner_client: Client, rule: Rule, schedule: Schedule
) -> None:
    """Mondays and Wednesdays; the colleague receives on Wednesdays, and is away on the second. A night that ends on the first
    Monday is of that day.
    """
    factories.reason(schedule, label="Petite chirurgie")
    sunday = date(2026, 11, 29)
    factories.rule(
        schedule=schedule, weekdays=[7], start_time=time(22), end_time=time(1), first_day=sunday, last_day=sunday
    )
    colleague = factories.colleague(schedule)
    factories.rule(schedule=colleague, weekdays=[3])
    factories.absence(practitioner=colleague.practitioner, first_day=date(2026, 12, 9), last_day=date(2026, 12, 9))
    page = f"/agenda/{schedule.practitioner_id}/horaires/absence/?apercu=1"
    typed = {"first_day": MONDAY, "last_day": "2026-12-11", "replacement": str(colleague.id)}
    said = words(practitioner_client.post(page, typed).content.decode())
    name = colleague.practitioner.name
    assert f"{name} reçoit 1 des 4 jours où {schedule.practitioner.name} recevrait." in said
    assert "Motifs qui n’y sont pas faits : Petite chirurgie." in said


def test_two_lengths_at_one_hour_are_said_before_it_is_so(ask: Ask, rule: Rule) -> None:
    said = words(ask(new=True, weekdays=["3"], step_minutes="20"))
    assert "Le SAS verra deux fois 9 h 00 le mercredi (15 min et 20 min)" in said
    assert "24 → 24 créneaux libres" in said


def test_who_sees_what_reason_by_reason_stays_when_hours_change(
    practitioner_client: Client, schedule: Schedule
) -> None:
    """What « Qui voit quoi » says of one reason is no business of the rule's form."""
    reason = factories.reason(schedule, minutes=15)
    rule = factories.rule(schedule=schedule, weekdays=[1], audiences=[Audience.SNP, Audience.PUBLIC], reasons=[reason])
    offer = rule.offers.create(
        schedule=schedule, organization=schedule.organization, audience=Audience.SNP, reason=reason,
        shown_until_minutes=120,
    )  # fmt: skip
    for fields, scope in ((date(2026, 11, 30), "suite"), (None, "regle")):
        rule = Rule.objects.latest("first_day")
        typed = {
            "version": rule.version, "weekdays": ["1"], "start_time": "9h", "end_time": "11h", "step_minutes": "15",
            "audiences": ["PUBLIC", "SNP"], "consultation_types": ["AMB"], "appointment_type": "ROUTINE",
            "schedule": str(schedule.id), "first_day": rule.first_day.isoformat(), "porte": scope,
            "jour": fields.isoformat() if fields else "", "reasons": [str(reason.id)], "label": scope,
        }  # fmt: skip
        page = f"/agenda/{schedule.practitioner_id}/horaires/regle/{rule.id}/"
        assert practitioner_client.post(page, typed).status_code == 303
        [kept] = Rule.objects.get(label=scope).offers.filter(reason=reason)
        assert (kept.audience, kept.open, kept.shown_until_minutes) == (offer.audience, True, 120)
