"""The administration of places and openings; appointments and facts are only looked at, and without patient data."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from appointments.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    Location,
    Organization,
    PatientMessage,
    Reason,
    Rule,
    Schedule,
)
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
EDITED = [Organization, Location, Schedule, Reason, Rule, Absence]
READ = [Appointment, AppointmentEvent, PatientMessage]


@pytest.fixture
def client(sign_in: Callable[[User], Client]) -> Client:
    return sign_in(factories.user(is_staff=True, is_superuser=True))


@pytest.fixture
def rows(schedule: Schedule) -> dict[type, Any]:
    reason = factories.reason(schedule)
    appointment = factories.appointment(
        schedule_=schedule,
        start=at("2026-11-26", "09:00"),
        patient=factories.patient(email="kiwano@exemple.test", given_name="Kiwano", family_name="Jasmin-Démo"),
    )
    event = appointment.events.get()
    return {
        Organization: schedule.location.organization,
        Location: schedule.location,
        Schedule: schedule,
        Reason: reason,
        Rule: factories.rule(schedule=schedule, reasons=[reason]),
        Absence: factories.absence(practitioner=schedule.practitioner),
        Appointment: appointment,
        AppointmentEvent: event,
        PatientMessage: event.message,
    }


def page(model: Any, action: str, *args: object) -> str:
    return reverse(f"admin:appointments_{model._meta.model_name}_{action}", args=args)


@pytest.mark.parametrize("model", [*EDITED, *READ])
def test_lists_searches_and_pages_open(client: Client, rows: dict[type, Any], model: Any) -> None:
    assert client.get(page(model, "changelist")).status_code == 200
    if admin.site.get_model_admin(model).search_fields:
        assert client.get(page(model, "changelist") + "?q=Tournesol").status_code == 200
    assert client.get(page(model, "change", rows[model].pk)).status_code == 200


@pytest.mark.parametrize("model", EDITED)
def test_what_the_practice_lives_in_is_added_here(client: Client, model: Any) -> None:
    assert client.get(page(model, "add")).status_code == 200


@pytest.mark.parametrize("model", READ)
def test_appointments_and_facts_are_only_read(client: Client, rows: dict[type, Any], model: Any) -> None:
    row = rows[model]
    assert client.get(page(model, "add")).status_code == 403
    assert client.post(page(model, "change", row.pk), {"status": "fulfilled"}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    mass = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    client.post(page(model, "changelist"), mass)
    assert model.objects.filter(pk=row.pk).exists()
    rows[Appointment].refresh_from_db()
    assert rows[Appointment].is_booked


@pytest.mark.parametrize("model", READ)
def test_no_patient_data_is_shown(client: Client, rows: dict[type, Any], model: Any) -> None:
    appointment = rows[Appointment]
    shown = client.get(page(model, "change", rows[model].pk)).content.decode()
    shown += client.get(page(model, "changelist")).content.decode()
    for secret in (appointment.phone, appointment.email, appointment.given_name, appointment.family_name):
        assert secret not in shown


def test_a_schedule_keeps_its_practitioner_and_place(client: Client, rows: dict[type, Any]) -> None:
    schedule = rows[Schedule]
    other = factories.schedule()
    data = {"practitioner": str(other.practitioner_id), "location": str(other.location_id)}
    assert client.post(page(Schedule, "change", schedule.pk), data).status_code == 302
    fresh = Schedule.objects.get(pk=schedule.pk)
    assert (fresh.practitioner, fresh.location, fresh.active) == (schedule.practitioner, schedule.location, False)


def test_a_schedule_with_appointments_is_not_deleted(client: Client, rows: dict[type, Any]) -> None:
    client.post(page(Schedule, "delete", rows[Schedule].pk), {"post": "yes"})
    assert Schedule.objects.filter(pk=rows[Schedule].pk).exists()


def _rule(schedule: Schedule, **fields: Any) -> dict[str, Any]:
    ordinary = {
        "schedule": str(schedule.id),
        "weekdays": ["1", "3"],
        "start_time": "09:00",
        "end_time": "12:00",
        "step_minutes": "15",
        "audiences": ["SNP"],
        "consultation_types": ["AMB"],
        "appointment_type": "ROUTINE",
    }
    return ordinary | fields


def test_a_rule_is_added(client: Client, schedule: Schedule) -> None:
    assert client.post(page(Rule, "add"), _rule(schedule)).status_code == 302
    rule = Rule.objects.get()
    assert (rule.weekdays, rule.audiences) == ([1, 3], ["SNP"])


@pytest.mark.parametrize(
    "wrong", [{"end_time": "08:00"}, {"weekdays": []}, {"step_minutes": "3"}, {"audiences": ["X"]}]
)
def test_an_impossible_rule_is_refused(client: Client, schedule: Schedule, wrong: dict[str, Any]) -> None:
    assert client.post(page(Rule, "add"), _rule(schedule, **wrong)).status_code == 200
    assert not Rule.objects.exists()


def test_a_rule_takes_only_its_practitioner_s_reasons(client: Client, schedule: Schedule) -> None:
    foreign = factories.reason()
    response = client.post(page(Rule, "add"), _rule(schedule, reasons=[str(foreign.id)]))
    assert response.status_code == 200
    assert "Un des motifs n’est pas de ce praticien" in response.content.decode()
    assert not Rule.objects.exists()


def test_an_organization_needs_an_identifier(client: Client) -> None:
    data = {"name": "Sans numéro", "locations-TOTAL_FORMS": "0", "locations-INITIAL_FORMS": "0"}
    response = client.post(page(Organization, "add"), data)
    assert "errornote" in response.content.decode()
    assert not Organization.objects.filter(name="Sans numéro").exists()


def test_a_practitioner_is_no_administrator(practitioner_client: Client) -> None:
    assert practitioner_client.get("/admin/").status_code == 302
    assert practitioner_client.get(page(Appointment, "changelist")).status_code == 302
