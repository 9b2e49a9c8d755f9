"""The administration of places and openings; appointments and facts are only looked at, and without patient data."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from appointments.enums import Audience
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
from appointments.openings.services.rules import write_offers
from appointments.openings.values import Shown
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
EDITED = [Organization, Location, Calendar, Schedule]
# Openings are written on the practice's own pages, where what they touch is told.
READ = [Reason, Rule, Absence, Closure, Appointment, AppointmentEvent, PatientMessage]
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
def test_lists_searches_and_pages_open_and_show_no_patient(client: Client, rows: dict[type, Any], model: Any) -> None:
    pages = [page(model, "changelist"), page(model, "change", rows[model].pk)]
    if admin.site.get_model_admin(model).search_fields:
        pages.append(f"{pages[0]}?q=Tournesol")
    patient = rows[Appointment].patient
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        for secret in (patient.phone, patient.email, patient.given_name, patient.family_name):
            assert secret not in answer.content.decode(), address


@pytest.mark.parametrize("model", EDITED)
def test_what_the_practice_lives_in_is_added_here(client: Client, model: Any) -> None:
    assert client.get(page(model, "add")).status_code == 200


@pytest.mark.parametrize("model", READ)
def test_openings_appointments_and_facts_are_only_read(client: Client, rows: dict[type, Any], model: Any) -> None:
    row = rows[model]
    assert client.get(page(model, "add")).status_code == 403
    assert client.post(page(model, "change", row.pk), {"status": "fulfilled"}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    mass = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    client.post(page(model, "changelist"), mass)
    assert model.objects.filter(pk=row.pk).exists()
    rows[Appointment].refresh_from_db()
    assert rows[Appointment].is_booked


def test_a_schedule_keeps_its_line_of_time_and_place(client: Client, rows: dict[type, Any]) -> None:
    schedule = rows[Schedule]
    other = factories.schedule()
    data = {"calendar": str(other.calendar_id), "location": str(other.location_id)}
    Appointment.objects.update(status="cancelled")
    assert client.post(page(Schedule, "change", schedule.pk), data).status_code == 303
    fresh = Schedule.objects.get(pk=schedule.pk)
    assert (fresh.calendar, fresh.location, fresh.active) == (schedule.calendar, schedule.location, False)


def test_an_agenda_is_added_with_what_follows_from_its_place(client: Client) -> None:
    practitioner, location = factories.practitioner(), factories.location()
    assert client.post(page(Calendar, "add"), {"practitioner": str(practitioner.id)}).status_code == 303
    calendar = Calendar.objects.get(practitioner=practitioner)
    data = {"calendar": str(calendar.id), "location": str(location.id), "active": "on", "siret": "99900000000018"}
    assert client.post(page(Schedule, "add"), data).status_code == 303
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
    Appointment.objects.update(status="cancelled")
    assert client.post(page(Location, "change", place.pk), data).status_code == 303
    fresh = Location.objects.get(pk=place.pk)
    assert (fresh.organization, fresh.name, fresh.holidays) == (place.organization, "Autre nom", "metropole")


def test_a_schedule_with_appointments_is_not_deleted(client: Client, rows: dict[type, Any]) -> None:
    client.post(page(Schedule, "delete", rows[Schedule].pk), {"post": "yes"})
    assert Schedule.objects.filter(pk=rows[Schedule].pk).exists()


@pytest.mark.parametrize("model", [Absence, Closure])
def test_hours_are_told_at_the_clock_of_their_place(client: Client, model: Any) -> None:
    """A11: whoever administers may live by another clock."""
    schedule = factories.schedule(location=factories.location(time_zone="America/Guadeloupe"))
    hours = {"start": at("2026-12-01", "12:00"), "end": at("2026-12-01", "16:00")}
    if model is Absence:
        row = factories.absence(practitioner=schedule.practitioner, schedule=schedule, **hours)
    else:
        row = Closure.objects.create(location=schedule.location, **hours)
    for shown in (page(model, "changelist"), page(model, "change", row.pk)):
        told = client.get(shown).content.decode()
        assert "1er décembre 2026, 7\u202fh\u202f00, heure de la Guadeloupe" in told
        assert "1er décembre 2026, 11\u202fh\u202f00, heure de la Guadeloupe" in told


def test_a_page_asks_as_much_of_one_as_of_10(client: Client, schedule: Schedule) -> None:
    counts: list[dict[str, int]] = []
    for number in (1, 9):
        for _ in range(number):
            other = factories.colleague(schedule)
            made = factories.reason(schedule)
            ReasonAt.objects.create(schedule=other, reason=made)
            factories.absence(practitioner=other.practitioner, schedule=other)
        reason, rule = factories.reason(schedule), factories.rule(schedule=schedule)
        for one in Schedule.objects.exclude(pk=schedule.pk):
            ReasonAt.objects.create(schedule=one, reason=reason)
        write_offers(rule, [Shown(Audience.PUBLIC)], set())
        rows: list[Any] = [reason, rule, Absence.objects.first()]
        shown = {f"a {type(row).__name__}": page(type(row), "change", row.pk) for row in rows}
        shown |= {f"all {model.__name__}": page(model, "changelist") for model in (Reason, Rule, Absence, Schedule)}
        shown["a new schedule"] = page(Schedule, "add")
        counts.append({})
        for name, address in shown.items():
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts[-1][name] = len(captured)
    assert counts[0] == counts[1]


def test_an_organization_keeps_its_kind(client: Client) -> None:
    """Offers that name a community hold it by its kind."""
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    data = {"name": "CPTS des Tilleuls", "kind": "practice", "finess": community.finess,
            "locations-TOTAL_FORMS": "0", "locations-INITIAL_FORMS": "0"}  # fmt: skip
    assert client.post(page(Organization, "change", community.pk), data).status_code == 303
    community.refresh_from_db()
    assert (community.name, community.kind) == ("CPTS des Tilleuls", OrganizationKind.COMMUNITY)


def test_an_organization_needs_no_number(client: Client) -> None:
    """Where each doctor is an enterprise of their own, their agendas have one."""
    data = {"name": "Sans numéro", "kind": "practice", "locations-TOTAL_FORMS": "0", "locations-INITIAL_FORMS": "0"}
    assert client.post(page(Organization, "add"), data).status_code == 303
    assert not Organization.objects.get(name="Sans numéro").has_structure_identifier
    wrong = client.post(page(Organization, "add"), data | {"name": "Faux numéro", "finess": "12"})
    assert "9 chiffres" in wrong.content.decode()
    assert not Organization.objects.filter(name="Faux numéro").exists()


def test_a_practitioner_is_no_administrator(practitioner_client: Client) -> None:
    assert practitioner_client.get("/admin/").status_code == 302
    assert practitioner_client.get(page(Appointment, "changelist")).status_code == 302
