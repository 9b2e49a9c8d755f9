"""Opening, changing and closing weekly hours."""

import re
from datetime import date, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Practitioner
from accounts.rights import NOBODY
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Reason, ReasonAt, Rule, Schedule
from appointments.openings.selectors import offered_reasons
from appointments.openings.services.rules import change_rule, create_rule, delete_rule
from appointments.openings.values import Opening
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.appointments.openings.asked import version_of
from tests.factories import at
from tests.undoing import undone

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)


@pytest.fixture
def typed(schedule: Schedule) -> dict[str, Any]:
    """A form filled in well."""
    return {
        "weekdays": ["2", "4"],
        "start_time": "14 h 00",
        "end_time": "17h",
        "step_minutes": "15",
        "audiences": ["SNP", "PRO"],
        "consultation_types": ["AMB", "VR"],
        "appointment_type": "ROUTINE",
        "schedule": str(schedule.id),
        "first_day": "2026-12-01",
        "last_day": "",
        "new_reason": "",
    }


def post(client: Client, schedule: Schedule, data: dict[str, Any], rule: Rule | None = None) -> Any:
    rest = f"{rule.id}/" if rule else ""
    data = {"version": version_of(rule)} | data if rule else data
    return client.post(f"/agenda/{schedule.practitioner_id}/horaires/regle/{rest}", data)


def test_types_start_unticked(practitioner_client: Client, schedule: Schedule) -> None:
    content = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/horaires/regle/").content.decode()
    types = content[content.index('name="audiences"') : content.index('name="consultation_types"')]
    assert "checked" not in types


def test_a_rule_is_written_as_typed(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    reason, _unticked = factories.reason(schedule), factories.reason(schedule)
    response = post(practitioner_client, schedule, typed | {"reasons": [str(reason.id)]})
    assert response.url == f"/agenda/{schedule.practitioner_id}/horaires/"
    rule = Rule.objects.get()
    assert (rule.weekdays, rule.start_time, rule.end_time) == ([2, 4], time(14), time(17))
    assert (rule.step_minutes, rule.audiences) == (15, [Audience.PRO, Audience.SNP])
    assert rule.consultation_types == [ConsultationType.AMB, ConsultationType.VR]
    assert (rule.appointment_type, rule.first_day, rule.last_day) == (AppointmentType.ROUTINE, date(2026, 12, 1), None)
    assert offered_reasons(rule) == [reason.id]
    assert "Règle enregistrée." in text_of(practitioner_client.get(response.url))


def test_a_rule_may_end_at_midnight_and_show_to_nobody(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    post(practitioner_client, schedule, typed | {"end_time": "24 h 00", "audiences": [], "appointment_type": "WALKIN"})
    rule = Rule.objects.get()
    assert (rule.end_time, rule.audiences, rule.appointment_type) == (time(0), [], "WALKIN")
    form = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/horaires/regle/{rule.id}/").content.decode()
    assert 'value="24\u202fh\u202f00"' in form


def test_a_new_reason_is_made_once(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    post(practitioner_client, schedule, typed | {"new_reason": "  Petite   chirurgie "})
    reason = Reason.objects.get(label="Petite chirurgie", organization=schedule.organization)
    Reason.objects.update(active=False)
    later = typed | {"new_reason": "petite chirurgie", "weekdays": ["1"]}
    post(practitioner_client, schedule, later)
    reason.refresh_from_db()
    assert reason.active
    assert Reason.objects.count() == 1
    assert [offered_reasons(rule) for rule in Rule.objects.all()] == [[reason.id], [reason.id]]


def test_a_reason_put_away_is_taken_up_under_the_locks_of_all_who_do_it(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    """The reason is the organization's: a colleague's line of time changes too, and is locked in order with one's own."""
    reason, colleague = factories.reason(schedule, label="Vaccin", active=False), factories.colleague(schedule)
    ReasonAt.objects.create(schedule=colleague, reason=reason)
    rule = factories.rule(schedule=schedule)
    both = [one.calendar_id.hex for one in (schedule, colleague)]
    with CaptureQueriesContext(connection) as queries:
        assert post(practitioner_client, schedule, typed | {"new_reason": "VACCIN"}, rule).status_code == 303
    reason.refresh_from_db()
    assert reason.active
    locks = [one["sql"] for one in queries if "FOR NO KEY UPDATE" in one["sql"] and "_calendar" in one["sql"]]
    assert all(calendar in lock for lock in locks for calendar in both)
    assert locks


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"weekdays": []}, "Choisissez au moins un jour."),
    ({"weekdays": ["8"]}, "8 n’en fait pas partie"),
    ({"start_time": ""}, "Indiquez l’heure de début."),
    ({"end_time": ""}, "Indiquez l’heure de fin."),
    ({"start_time": "midi"}, "Cette heure n’est pas lisible"),
    ({"start_time": "24 h 00"}, "Cette heure n’existe pas"),
    ({"end_time": "14 h 10"}, "Un créneau de cette durée ne tient pas dans ces heures."),
    ({"step_minutes": "4"}, "Un créneau dure de 5 minutes à 4 heures."),
    ({"step_minutes": "241"}, "Un créneau dure de 5 minutes à 4 heures."),
    ({"step_minutes": "un quart"}, "Indiquez la durée en minutes, par exemple 15."),
    ({"step_minutes": "9" * 400}, "Un créneau dure de 5 minutes à 4 heures."),
    ({"audiences": ["CPTS"]}, "CPTS n’en fait pas partie"),
    ({"consultation_types": []}, "Choisissez au moins un mode de consultation."),
    ({"appointment_type": ""}, "Choisissez sur rendez-vous ou sans."),
    ({"schedule": ""}, "Choisissez un lieu."),
    ({"schedule": "x"}, "Ce lieu n’est pas proposé"),
    ({"first_day": "2026-02-30"}, "Cette date n’est pas lisible"),
    ({"last_day": "9999-12-31"}, "Cette date est trop loin"),
    ({"last_day": "2026-11-30"}, "Le dernier jour ne peut pas précéder le premier."),
    ({"reasons": ["00000000-0000-0000-0000-000000000000"]}, "Un des motifs cochés n’est plus proposé"),
    ({"reasons": ["x"]}, "Un des motifs cochés n’est plus proposé"),
    ({"new_reason": "x" * 101}, "raccourcissez-le à 100 au plus"),
    *(({"new_reason": f"Va{mark}ccin"}, "caractère invisible") for mark in ("\x00", "\x1b", "\u202e", "\u200f")),
    ({"new_reason": "<b>Vaccin</b>"}, "Les signes < et > ne sont pas acceptés"),
]


def test_a_rule_that_can_t_be_is_explained_and_not_written(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    for wrong, said in IMPOSSIBLE:
        response = post(practitioner_client, schedule, typed | {"new_reason": "Écrit à moitié"} | wrong)
        assert response.status_code == 422, wrong
        assert said.replace("’", "'") in text_of(response).replace("’", "'"), wrong
        assert not Rule.objects.exists(), wrong
        assert not Reason.objects.exists(), wrong


def test_what_was_typed_is_kept(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    content = post(practitioner_client, schedule, typed | {"end_time": "midi"}).content.decode()
    assert 'value="midi"' in content
    assert 'value="2" id="id_weekdays_1" checked' in content or 'value="2" checked' in content
    assert 'aria-invalid="true"' in content


def test_another_practitioner_s_place_is_not_offered(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    response = post(practitioner_client, schedule, typed | {"schedule": str(factories.schedule().id)})
    assert response.status_code == 422
    assert not Rule.objects.exists()


def test_a_closed_place_is_offered_no_more(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, typed: dict[str, Any]
) -> None:
    closed = factories.schedule(practitioner=practitioner, active=False)
    assert post(practitioner_client, schedule, typed | {"schedule": str(closed.id)}).status_code == 422
    # Nor is what was typed lost with the last one.
    Schedule.objects.update(active=False)
    response = post(practitioner_client, schedule, typed)
    assert (response.status_code, "Ce lieu n’est pas proposé" in text_of(response)) == (422, True)


def test_a_rule_is_changed(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    rule = factories.rule(schedule=schedule, reasons=[factories.reason(schedule)])
    page = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/horaires/regle/{rule.id}/")
    assert '<tr class="is-current">' in page.content.decode()
    assert 'value="9\u202fh\u202f00"' in page.content.decode()
    post(practitioner_client, schedule, typed, rule)
    rule.refresh_from_db()
    assert (rule.weekdays, rule.start_time) == ([2, 4], time(14))
    assert offered_reasons(rule) == []


def test_appointments_already_taken_stay(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    rule = factories.rule(schedule=schedule)
    one = factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"))
    post(practitioner_client, schedule, typed, rule)
    practitioner_client.post(
        f"/agenda/{schedule.practitioner_id}/horaires/regle/{rule.id}/supprimer/", {"version": version_of(rule)}
    )
    one.refresh_from_db()
    assert one.is_booked


OTHERS: list[tuple[dict[str, Any], bool]] = [
    ({"weekdays": [4], "start_time": time(16), "end_time": time(18)}, True),
    ({"weekdays": [4], "start_time": time(17), "end_time": time(18)}, False),
    ({"weekdays": [3], "start_time": time(16), "end_time": time(18)}, False),
    ({"weekdays": [4], "start_time": time(16), "end_time": time(0)}, True),
    ({"weekdays": [4], "start_time": time(16), "end_time": time(18), "last_day": date(2026, 11, 30)}, False),
    # From Tuesday 1 December to Wednesday 2: no Thursday in common.
    ({"weekdays": [4], "start_time": time(16), "end_time": time(18), "last_day": date(2026, 12, 2)}, False),
    ({"weekdays": [4], "start_time": time(16), "end_time": time(18), "last_day": date(2026, 12, 3)}, True),
]


def test_an_overlap_with_another_rule_is_told(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    for fields, clashes in OTHERS:
        with undone():
            factories.rule(schedule=schedule, **fields)
            response = post(practitioner_client, schedule, typed)
            assert ("Elle chevauche une autre règle" in text_of(practitioner_client.get(response.url))) == clashes, (
                fields
            )


def test_an_overlap_at_another_place_is_told_too(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, typed: dict[str, Any]
) -> None:
    other = factories.schedule(practitioner=practitioner, location=factories.location(name="Maison des Lilas"))
    factories.rule(schedule=other, start_time=time(14), end_time=time(15))
    response = post(practitioner_client, schedule, typed)
    assert "14 h 00 – 15 h 00, Maison des Lilas" in text_of(practitioner_client.get(response.url))


def test_deleting_is_asked_first(practitioner_client: Client, schedule: Schedule) -> None:
    rule = factories.rule(schedule=schedule)
    address = f"/agenda/{schedule.practitioner_id}/horaires/regle/{rule.id}/supprimer/"
    assert "Supprimer cette règle ?" in text_of(practitioner_client.get(address))
    assert Rule.objects.filter(pk=rule.pk).exists()
    assert (
        practitioner_client.post(address, {"version": rule.version}).url
        == f"/agenda/{schedule.practitioner_id}/horaires/"
    )
    assert not Rule.objects.filter(pk=rule.pk).exists()


def _opening(schedule: Schedule, **fields: Any) -> Opening:
    values: dict[str, Any] = {
        "schedule_id": schedule.id,
        "weekdays": (1,),
        "start_time": time(9),
        "end_time": time(12),
        "step_minutes": 15,
        "audiences": (),
        "consultation_types": (ConsultationType.AMB,),
        "appointment_type": AppointmentType.ROUTINE,
    }
    return Opening(**values | fields)


def test_the_service_lets_nobody_else_open_hours(schedule: Schedule) -> None:
    stranger = factories.practice_actor(factories.practitioner())
    rule = factories.rule(schedule=schedule)
    for actor in (NOBODY, stranger, factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            create_rule(opening=_opening(schedule), by=actor, today=TODAY)
        with pytest.raises(NotAllowed):
            change_rule(rule_id=rule.id, version=version_of(rule), opening=_opening(schedule), by=actor, today=TODAY)
        with pytest.raises(NotAllowed):
            delete_rule(rule_id=rule.id, version=version_of(rule), by=actor)
    assert Rule.objects.get() == rule


def test_a_rule_begins_today_unless_it_says_otherwise(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    post(practitioner_client, schedule, typed | {"first_day": ""})
    rule = Rule.objects.get()
    assert (rule.first_day, rule.anchor_week) == (TODAY, date(2026, 11, 23))
    # Changed later, it stays counted from the same week.
    post(practitioner_client, schedule, typed | {"first_day": "2026-12-10"}, rule)
    rule.refresh_from_db()
    assert (rule.first_day, rule.anchor_week) == (date(2026, 12, 10), date(2026, 11, 23))


def test_a_rule_goes_to_another_place_of_its_practitioner(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, typed: dict[str, Any]
) -> None:
    """In another organization even: reasons of the former place are left behind."""
    rule = factories.rule(schedule=schedule, reasons=[factories.reason(schedule)])
    factories.reason(schedule)
    other = factories.schedule(practitioner=practitioner)
    there = factories.reason(other)
    typed |= {"schedule": str(other.id), "reasons": [str(there.id)]}
    assert post(practitioner_client, schedule, typed, rule).status_code == 303
    rule = Rule.objects.get()
    assert (rule.schedule, rule.organization, rule.audiences) == (other, other.organization, ["PRO", "SNP"])
    assert offered_reasons(rule) == [there.id]


def test_the_service_keeps_a_rule_with_its_practitioner(schedule: Schedule) -> None:
    rule, other = factories.rule(schedule=schedule), factories.schedule()
    both = factories.practice_actor(schedule.practitioner, other.practitioner)
    with pytest.raises(Refused, match="reste à son praticien"):
        change_rule(rule_id=rule.id, version=version_of(rule), opening=_opening(other), by=both, today=TODAY)
    rule.refresh_from_db()
    assert rule.schedule == schedule


@pytest.mark.parametrize(
    "fields",
    [
        {"weekdays": ()},
        {"weekdays": (8,)},
        {"step_minutes": 4},
        {"step_minutes": 241},
        {"consultation_types": ()},
        {"first_day": date(2026, 2, 2), "last_day": date(2026, 2, 1)},
    ],
)
def test_the_service_refuses_what_the_database_would(schedule: Schedule, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        create_rule(
            opening=_opening(schedule, **fields), by=factories.practice_actor(schedule.practitioner), today=TODAY
        )
    assert not Rule.objects.exists()


def test_the_service_refuses_another_practitioner_s_reason(schedule: Schedule) -> None:
    opening = _opening(schedule, reason_ids=(factories.reason().id,), new_reason="Écrit à moitié")
    with pytest.raises(Refused, match="motifs"):
        create_rule(opening=opening, by=factories.practice_actor(schedule.practitioner), today=TODAY)
    assert not Reason.objects.filter(organization=schedule.organization).exists()


def test_reasons_of_two_organizations_say_whose_they_are(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    other = factories.schedule(practitioner=practitioner)
    for one in (schedule, other):
        factories.reason(one, label="Fièvre")
    page = text_of(practitioner_client.get(f"/agenda/{practitioner.id}/horaires/regle/"))
    for one in (schedule, other):
        assert f"Fièvre – {one.organization.name}" in page


def test_reasons_say_their_place_where_they_are_not_done_at_all(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    other = factories.schedule(
        practitioner=practitioner, location=factories.location(organization=schedule.organization, name="Annexe")
    )
    ReasonAt.objects.create(schedule=other, reason=factories.reason(schedule, label="Fièvre", position=1))
    factories.reason(other, label="Bilan", position=2)
    content = practitioner_client.get(f"/agenda/{practitioner.id}/horaires/regle/").content.decode()
    assert re.findall(r"<span>((?:Fièvre|Bilan)[^<]*)</span>", content) == ["Fièvre", "Bilan – Annexe"]
