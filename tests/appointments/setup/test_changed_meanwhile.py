"""A form opened on a row that changed, or went, before it was sent: nothing typed is lost, nothing overwritten unseen."""

from datetime import time
from typing import Any

import pytest
from django.test import Client

from appointments.models import Reason, Rule, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db
DAY = "jour/2026-11-30/"
SCOPES = ["regle", "jour", "suite"]


@pytest.fixture
def rule(schedule: Schedule) -> Rule:
    """Mondays."""
    return factories.rule(schedule=schedule, weekdays=[1], audiences=[])


def address(rule: Rule, rest: str = "") -> str:
    return f"/agenda/{rule.schedule.practitioner_id}/horaires/regle/{rule.id}/{rest}"


def typed(rule: Rule, **fields: Any) -> dict[str, Any]:
    return {
        "version": rule.version, "weekdays": ["1"], "start_time": "14 h", "end_time": "17 h", "step_minutes": "15",
        "every_n_weeks": "1", "consultation_types": ["AMB"], "appointment_type": "ROUTINE", "schedule": str(rule.schedule_id),
        "first_day": "2026-11-30",
    } | fields  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES)
def test_a_rule_that_changed_is_told_beside_what_was_typed(practitioner_client: Client, rule: Rule, scope: str) -> None:
    begins = rule.first_day.isoformat()
    stale = typed(rule, step_minutes="20", jour="2026-11-30", porte=scope, first_day=begins)
    practitioner_client.post(address(rule), typed(rule, end_time="18 h", on_holidays="on", first_day=begins))
    response = practitioner_client.post(address(rule), stale)
    assert response.status_code == 409
    page, content = text_of(response), response.content.decode()
    assert "La règle a changé entre-temps" in page
    for both in ("À 18 h 00 17 h 00", "Créneau (minutes) 15 20", "Ouvert aussi les jours fériés oui non"):
        assert both in page
    # Alike, or not to be typed here.
    assert "De 14 h 00 14 h 00" not in page
    assert 'name="step_minutes" value="20"' in content
    assert Rule.objects.get().step_minutes == 15
    # Sent again as the page has it, it is meant.
    fresh = Rule.objects.get()
    assert f'name="version" value="{fresh.version}"' in content
    meant = {
        "version": fresh.version,
        "garder-end_time": "present",
        "garder-on_holidays": "present",
        "garder-step_minutes": "saisie",
    }
    assert practitioner_client.post(address(rule), stale | meant).status_code == 303
    # What was chosen of what is recorded stays.
    assert Rule.objects.filter(step_minutes=20, end_time=time(18), on_holidays=True).exists()


def test_a_day_on_which_the_rule_does_not_open_any_more_loses_nothing(practitioner_client: Client, rule: Rule) -> None:
    stale = typed(rule, step_minutes="20", jour="2026-11-30", porte="jour")
    practitioner_client.post(address(rule), typed(rule, weekdays=["2"]))
    stale["weekdays"] = ["2"]
    for sent, status in ((stale, 409), (stale | {"version": Rule.objects.get().version}, 422)):
        response = practitioner_client.post(address(rule), sent)
        assert response.status_code == status
        assert 'name="step_minutes" value="20"' in response.content.decode()
    assert "La règle n’ouvre pas ce jour-là" in text_of(response)
    assert Rule.objects.count() == 1


def test_a_form_without_version_changes_nothing(practitioner_client: Client, rule: Rule) -> None:
    for version in ("", "9" * 30):
        assert practitioner_client.post(address(rule), typed(rule, version=version)).status_code == 409
    assert Rule.objects.get().start_time == rule.start_time


@pytest.mark.parametrize("scope", SCOPES)
def test_a_rule_that_went_can_be_made_anew_from_what_was_typed(
    practitioner_client: Client, rule: Rule, scope: str
) -> None:
    data = typed(rule, end_time="17 h 30", jour="2026-11-30", porte=scope)
    Rule.objects.all().delete()
    response = practitioner_client.post(address(rule), data)
    assert response.status_code == 409
    content = response.content.decode()
    assert "a été supprimée entre-temps" in text_of(response)
    assert 'value="17 h 30"' in content
    assert 'value="2026-11-30"' in content
    page = "ponctuelle/" if scope == "jour" else "regle/"
    new = f"/agenda/{rule.schedule.practitioner_id}/horaires/{page}"
    assert f'action="{new}"' in content
    assert practitioner_client.post(new, data | {"porte": "", "jour": ""}).status_code == 303
    assert Rule.objects.get().is_one_off == (scope == "jour")


def test_what_is_another_s_never_was_here(practitioner_client: Client, schedule: Schedule) -> None:
    foreign = factories.rule()
    for rest in ("", "supprimer/"):
        page = f"/agenda/{schedule.practitioner_id}/horaires/regle/{foreign.id}/{rest}"
        assert practitioner_client.post(page, typed(foreign)).status_code == 404
    assert Rule.objects.get() == foreign


def test_a_rule_that_changed_is_not_deleted_unseen(practitioner_client: Client, rule: Rule) -> None:
    practitioner_client.post(address(rule), typed(rule))
    response = practitioner_client.post(address(rule, "supprimer/"), {"version": rule.version})
    assert response.status_code == 409
    assert "La règle a changé entre-temps" in text_of(response)
    assert "14 h 00 – 17 h 00" in text_of(response)
    again = {"version": Rule.objects.get().version}
    for said in ("Règle supprimée.", "C’était déjà supprimé."):
        page = text_of(practitioner_client.post(address(rule, "supprimer/"), again, follow=True))
        assert said in page.replace("'", "’")
    assert not Rule.objects.exists()


def test_a_day_of_a_rule_that_went_is_told_so(practitioner_client: Client, rule: Rule) -> None:
    Rule.objects.all().delete()
    page = text_of(practitioner_client.post(address(rule, DAY), {"acte": "retirer"}, follow=True))
    assert "Cette règle a été supprimée entre-temps." in page


def test_a_reason_that_changed_is_told_beside_what_was_typed(practitioner_client: Client, schedule: Schedule) -> None:
    reason = factories.reason(schedule, label="Vaccin")
    page = f"/cabinet/{schedule.organization_id}/motifs/{reason.id}/"
    at = schedule.id.hex
    ours = {"version": "0", "label": "Vaccin", "minutes": "15", "consultation_types": ["AMB", "HH", "VR"], "colour": "tone-8",
            "active": "on", f"done_{at}": "on", f"minutes_{at}": "", f"buffer_{at}": "0"}  # fmt: skip
    assert practitioner_client.post(page, ours | {f"minutes_{at}": "20", "colour": "tone-2"}).status_code == 303
    response = practitioner_client.post(page, ours | {"label": "Vaccin grippe"})
    assert response.status_code == 409
    told = text_of(response)
    assert "Le motif a changé entre-temps" in told
    assert "Libellé Vaccin Vaccin grippe Couleur Bleu" in told
    assert f"{schedule.location.name}, durée ici (minutes) 20 vide" in told
    assert 'value="Vaccin grippe"' in response.content.decode()
    assert practitioner_client.post(page, ours | {"version": "1", "label": "Vaccin grippe"}).status_code == 303
    assert [row.label for row in Reason.objects.all()] == ["Vaccin grippe"]


def test_where_a_reason_is_done_counts_as_its_own(practitioner_client: Client, schedule: Schedule) -> None:
    """Done here since, by a rule that added it: the page of the reason knows it as not done here."""
    reason = factories.reason(organization=schedule.organization, label="Vaccin")
    rule = factories.rule(schedule=schedule)
    practitioner_client.post(address(rule), typed(rule, new_reason="vaccin"))
    reason.refresh_from_db()
    assert reason.version == 1
