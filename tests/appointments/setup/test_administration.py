"""The administration of places and openings; appointments and facts are only looked at, and without patient data."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from appointments.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    Calendar,
    Closure,
    Location,
    PatientMessage,
    Reason,
    ReasonAt,
    Rule,
    Schedule,
)
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
EDITED = [Organization, Location, Calendar, Schedule, Reason, Absence, Closure]
# Rules are written on the practice's own pages, where what they touch is told.
READ = [Rule, Appointment, AppointmentEvent, PatientMessage]
DAY = date(2026, 12, 1)


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
        Calendar: schedule.calendar,
        Schedule: schedule,
        Reason: reason,
        Rule: factories.rule(schedule=schedule, reasons=[reason]),
        Absence: factories.absence(practitioner=schedule.practitioner),
        Closure: Closure.objects.create(location=schedule.location, first_day=DAY, last_day=DAY),
        Appointment: appointment,
        AppointmentEvent: event,
        PatientMessage: event.messages.get(),
    }


def page(model: Any, action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


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
def test_rules_appointments_and_facts_are_only_read(client: Client, rows: dict[type, Any], model: Any) -> None:
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
    patient = rows[Appointment].patient
    shown = client.get(page(model, "change", rows[model].pk)).content.decode()
    shown += client.get(page(model, "changelist")).content.decode()
    for secret in (patient.phone, patient.email, patient.given_name, patient.family_name):
        assert secret not in shown


def test_a_schedule_keeps_its_line_of_time_and_place(client: Client, rows: dict[type, Any]) -> None:
    schedule = rows[Schedule]
    other = factories.schedule()
    data = {"calendar": str(other.calendar_id), "location": str(other.location_id)}
    assert client.post(page(Schedule, "change", schedule.pk), data).status_code == 302
    fresh = Schedule.objects.get(pk=schedule.pk)
    assert (fresh.calendar, fresh.location, fresh.active) == (schedule.calendar, schedule.location, False)


def test_an_agenda_is_added_with_what_follows_from_its_place(client: Client) -> None:
    practitioner, location = factories.practitioner(), factories.location()
    assert client.post(page(Calendar, "add"), {"practitioner": str(practitioner.id)}).status_code == 302
    calendar = Calendar.objects.get(practitioner=practitioner)
    data = {"calendar": str(calendar.id), "location": str(location.id), "active": "on", "siret": "99900000000018"}
    assert client.post(page(Schedule, "add"), data).status_code == 302
    made = Schedule.objects.get()
    assert (made.organization, made.calendar_kind, made.siret) == (location.organization, "practitioner", data["siret"])
    # A second one at the same place, or a second line of time, is said to be one too many.
    for model, given in ((Schedule, data), (Calendar, {"practitioner": str(practitioner.id)})):
        assert client.post(page(model, "add"), given).status_code == 200
        assert model.objects.count() == 1


def test_a_line_of_time_made_here_is_somebody_s(client: Client) -> None:
    assert client.post(page(Calendar, "add"), {"practitioner": ""}).status_code == 200
    assert not Calendar.objects.exists()


def test_a_place_keeps_its_organization(client: Client, rows: dict[type, Any]) -> None:
    place = rows[Location]
    data = {
        "organization": str(factories.organization().id), "name": "Autre nom", "line": "2 rue de l’Exemple",
        "postal_code": "99000", "city": "Villefictive", "time_zone": "Europe/Paris", "holidays": "metropole",
    }  # fmt: skip
    assert client.post(page(Location, "change", place.pk), data).status_code == 302
    fresh = Location.objects.get(pk=place.pk)
    assert (fresh.organization, fresh.name, fresh.holidays) == (place.organization, "Autre nom", "metropole")


def test_a_schedule_with_appointments_is_not_deleted(client: Client, rows: dict[type, Any]) -> None:
    client.post(page(Schedule, "delete", rows[Schedule].pk), {"post": "yes"})
    assert Schedule.objects.filter(pk=rows[Schedule].pk).exists()


def _reason(schedule: Schedule, **fields: Any) -> dict[str, Any]:
    """A reason of the schedule's organization, done there."""
    ordinary = {
        "organization": str(schedule.organization_id),
        "label": "Vaccin",
        "minutes": "15",
        "consultation_types": "AMB,VR",
        "position": "0",
        "active": "on",
        "done_at-TOTAL_FORMS": "1",
        "done_at-INITIAL_FORMS": "0",
        "done_at-0-schedule": str(schedule.id),
        "done_at-0-buffer_after": "5",
        "done_at-0-active": "on",
    }
    return ordinary | fields


def test_a_reason_is_added_where_it_is_done(client: Client, schedule: Schedule) -> None:
    assert client.post(page(Reason, "add"), _reason(schedule)).status_code == 302
    done = ReasonAt.objects.get()
    assert (done.reason.label, done.schedule, done.organization) == ("Vaccin", schedule, schedule.organization)
    assert (done.lasts, done.buffer_after) == (15, 5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"minutes": "4"}, "supérieure ou égale à 5"),
        ({"label": "  VACCÏN "}, "Ce motif existe déjà."),
        ({"consultation_types": ""}, "obligatoire"),
        ({"done_at-0-minutes": "241"}, "inférieure ou égale à 240"),
    ],
)
def test_an_impossible_reason_is_refused(client: Client, schedule: Schedule, wrong: dict[str, str], said: str) -> None:
    factories.reason(organization=schedule.organization, label="Vaccin")
    typed = _reason(schedule, label="Autre") | wrong
    response = client.post(page(Reason, "add"), typed)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert Reason.objects.count() == 1


def test_a_reason_is_done_in_its_own_organization_only(client: Client, schedule: Schedule) -> None:
    foreign = factories.schedule()
    response = client.post(page(Reason, "add"), _reason(schedule) | {"done_at-0-schedule": str(foreign.id)})
    assert response.status_code == 200
    assert "n’est pas de la structure de ce motif" in response.content.decode()
    assert not Reason.objects.exists()


DAYS = {"first_day": "2026-12-01", "last_day": "2026-12-02"}
HOURS = {"start": "2026-12-01T08:00", "end": "2026-12-01T12:00"}


@pytest.mark.parametrize("model", [Absence, Closure])
@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        (DAYS, True),
        (HOURS, True),
        ({}, False),
        (DAYS | HOURS, False),
        ({"first_day": "2026-12-01"}, False),
        ({"start": "2026-12-01T08:00"}, False),
        ({"first_day": "2026-12-02", "last_day": "2026-12-01"}, False),
        ({"start": "2026-12-01T12:00", "end": "2026-12-01T12:00"}, False),
    ],
)
def test_a_period_has_one_of_two_forms(
    client: Client, schedule: Schedule, model: Any, typed: dict[str, str], accepted: bool
) -> None:
    whose = {"calendar": str(schedule.calendar_id), "location": str(schedule.location_id)}
    response = client.post(page(model, "add"), typed | whose)
    assert response.status_code == (302 if accepted else 200)
    assert model.objects.count() == accepted
    if accepted:
        assert model.objects.get().is_whole_days == (typed == DAYS)


def test_an_absence_is_from_an_agenda_of_its_own_line_of_time(client: Client, schedule: Schedule) -> None:
    foreign = {"calendar": str(schedule.calendar_id), "schedule": str(factories.schedule().id)}
    response = client.post(page(Absence, "add"), DAYS | foreign)
    assert response.status_code == 200
    assert "n’est pas de cette ligne de temps" in response.content.decode()
    assert not Absence.objects.exists()


def test_an_organization_needs_no_number(client: Client) -> None:
    """Where each doctor is an enterprise of their own, their agendas have one."""
    data = {"name": "Sans numéro", "kind": "practice", "locations-TOTAL_FORMS": "0", "locations-INITIAL_FORMS": "0"}
    assert client.post(page(Organization, "add"), data).status_code == 302
    assert not Organization.objects.get(name="Sans numéro").has_structure_identifier
    wrong = client.post(page(Organization, "add"), data | {"name": "Faux numéro", "finess": "12"})
    assert "9 chiffres" in wrong.content.decode()
    assert not Organization.objects.filter(name="Faux numéro").exists()


def test_a_practitioner_is_no_administrator(practitioner_client: Client) -> None:
    assert practitioner_client.get("/admin/").status_code == 302
    assert practitioner_client.get(page(Appointment, "changelist")).status_code == 302
