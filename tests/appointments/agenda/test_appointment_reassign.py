"""Given to another practitioner, at the same time."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Profession
from accounts.models import User
from appointments.booking.services.holds import take_hold
from appointments.enums import EventKind, Status
from appointments.models import Appointment, Closure, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.agenda.pages import despite_of, posted_despite, text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(secretary: User, schedule: Schedule) -> Schedule:
    """Of a second practitioner of the organization whose agenda the secretary keeps."""
    second = factories.practitioner(given_name="Noé", family_name="Réglisse")
    factories.delegation(second, secretary)
    return factories.colleague(schedule, practitioner=second)


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    return factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:00"))


def post(client: Client, appointment: Appointment, schedule: Any, **data: Any) -> Any:
    fields = {"version": appointment.version, "schedule": str(getattr(schedule, "id", schedule))} | data
    return client.post(f"/rendez-vous/{appointment.id}/confier/", fields)


def holder(appointment: Appointment) -> Any:
    appointment.refresh_from_db()
    return appointment.schedule_id


def test_an_appointment_is_given_away(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    factories.rule(schedule=other, start_time=time(14), end_time=time(15))
    response = post(secretary_client, appointment, other)
    assert response.url == f"/rendez-vous/{appointment.id}/"
    assert holder(appointment) == other.id
    assert appointment.practitioner == other.practitioner
    assert appointment.events.latest("sequence").kind == EventKind.REASSIGNED
    page = text_of(secretary_client.get(response.url))
    assert f"Rendez-vous confié au Dr Noé Réglisse, {other.location}." in page


def options(client: Client, appointment: Appointment) -> list[tuple[str, str]]:
    """Of whom it may be given to: the value, and what one reads."""
    page = client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    select = page[page.index('<select name="schedule"') :].partition("</select>")[0]
    return [
        (value, words(label)) for value, label in re.findall(r'<option value="([^"]*)"[^>]*>(.*?)</option>', select)
    ]


def test_nobody_is_chosen_beforehand(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    nobody, somebody = options(secretary_client, appointment)
    assert nobody == ("", "Choisissez un praticien")
    assert somebody[0] == str(other.id)
    assert (
        f'value="{other.id}" selected' not in secretary_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    )
    response = post(secretary_client, appointment, "")
    assert response.status_code == 422
    assert "Choisissez un praticien." in text_of(response)
    assert holder(appointment) == appointment.schedule_id


def test_who_is_free_and_open_comes_first_and_what_each_does_is_said(
    secretary_client: Client, secretary: User, schedule: Schedule, appointment: Appointment
) -> None:
    def colleague(family_name: str, *, here: bool = False, opens: bool = True, **fields: Any) -> Schedule:
        one = factories.practitioner(given_name="Noé", family_name=family_name, **fields)
        factories.delegation(one, secretary)
        place = schedule.location if here else factories.location(organization=schedule.organization)
        made = factories.schedule(practitioner=one, location=place)
        if opens:
            factories.rule(schedule=made, start_time=time(14), end_time=time(15))
        return made

    away = colleague("Absinthe", here=True)
    factories.absence(practitioner=away.practitioner, start=at("2026-11-25", "08:00"))
    factories.appointment(schedule_=colleague("Bleuet", here=True), start=appointment.start)
    colleague("Cerfeuil", here=True, opens=False)
    colleague("Dahlia", specialty_codes=["SM54"])
    colleague("Estragon", here=True, specialty_codes=[], profession=Profession.MIDWIFE)
    told = [label for _, label in options(secretary_client, appointment)[1:]]
    assert [label.split(" ")[2].rstrip(",") for label in told] == [
        "Estragon",
        "Dahlia",
        "Cerfeuil",
        "Bleuet",
        "Absinthe",
    ]
    assert told[0].startswith("Dr Noé Estragon, Sage-femme")
    assert told[1].startswith("Dr Noé Dahlia, Médecine générale")
    assert told[2].startswith("Dr Noé Cerfeuil (hors de ses horaires)")


def test_who_is_outside_their_hours_is_asked_about_first(
    secretary_client: Client, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    warned = post(secretary_client, appointment, other)
    assert "C’est en dehors des horaires d’ouverture." in text_of(warned)
    assert "Confier quand même" in text_of(warned)
    assert holder(appointment) == schedule.id
    fields = {"version": appointment.version, "schedule": str(other.id), "despite": despite_of(warned)}
    assert secretary_client.post(f"/rendez-vous/{appointment.id}/confier/", fields).status_code == 303
    assert holder(appointment) == other.id
    assert not appointment.overbooked


def test_only_agendas_one_keeps_are_offered(
    secretary_client: Client, practitioner_client: Client, appointment: Appointment, other: Schedule
) -> None:
    stranger = factories.colleague(appointment.schedule)
    page = secretary_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    assert str(other.id) in page
    assert str(stranger.id) not in page
    assert "Confier" not in text_of(practitioner_client.get(f"/rendez-vous/{appointment.id}/"))


def test_a_closed_agenda_is_not_offered(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    Schedule.objects.filter(pk=other.pk).update(active=False)
    assert post(secretary_client, appointment, other).status_code == 422
    assert holder(appointment) == appointment.schedule_id


UNKNOWN = ["", "abc", "\x00", "00000000-0000-0000-0000-000000000000"]


def test_an_unknown_agenda_is_refused(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    for wanted in UNKNOWN:
        response = post(secretary_client, appointment, wanted)
        assert response.status_code == 422, wanted
        assert "Rien n’a été changé" in text_of(response), wanted


def test_another_practice_s_agenda_is_refused(
    secretary_client: Client, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    for stranger in (factories.schedule(), factories.colleague(schedule)):
        assert post(secretary_client, appointment, stranger).status_code == 422
    assert holder(appointment) == schedule.id


def test_another_organization_s_agenda_is_neither_offered_nor_taken(
    secretary_client: Client, secretary: User, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    """Though the secretary keeps it: there the appointment is taken anew."""
    elsewhere = factories.schedule(practitioner=other.practitioner)
    page = secretary_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    assert str(other.id) in page
    assert str(elsewhere.id) not in page
    response = post(secretary_client, appointment, elsewhere)
    assert response.status_code == 422
    assert "Cet agenda n’est pas proposé" in text_of(response)
    assert holder(appointment) == schedule.id


def test_who_stands_there_is_named(
    secretary_client: Client, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    patient = factories.patient(given_name="Inès", family_name="Capucine")
    factories.appointment(schedule_=other, start=at("2026-11-25", "13:45"), minutes=30, patient=patient)
    page = secretary_client.get(f"/rendez-vous/{appointment.id}/")
    assert "Dr Noé Réglisse (occupé)" in text_of(page)
    response = post(secretary_client, appointment, other)
    assert response.status_code == 409
    assert "Dr Noé Réglisse a déjà un rendez-vous" in text_of(response)
    assert "de 13 h 45 à 14 h 15 : CAPUCINE Inès" in text_of(response)
    assert holder(appointment) == schedule.id


def test_who_is_away_is_said_so_and_refused(
    secretary_client: Client, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    factories.absence(practitioner=other.practitioner, start=at("2026-11-25", "08:00"))
    assert "Dr Noé Réglisse (absent)" in text_of(secretary_client.get(f"/rendez-vous/{appointment.id}/"))
    response = post(secretary_client, appointment, other)
    assert response.status_code == 409
    assert "Une absence est notée à ce moment" in text_of(response)
    assert holder(appointment) == schedule.id


def test_what_else_stands_there_is_said(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    def told() -> str:
        [label] = re.findall(r"Dr Noé Réglisse[^,]*", text_of(secretary_client.get(f"/rendez-vous/{appointment.id}/")))
        return str(label)

    rule = factories.rule(schedule=other, start_time=time(14), end_time=time(15), capacity=2)
    one = factories.appointment(schedule_=other, start=appointment.start)
    assert told() == "Dr Noé Réglisse"
    rule.capacity = 1
    rule.save()
    assert told() == "Dr Noé Réglisse (occupé)"
    set_aside = {"status": Status.CANCELLED}
    Appointment.objects.filter(pk=one.pk).update(**set_aside)
    key = SlotKey(other.id, appointment.start, 15)
    held = take_hold(key=key, by=factories.regulator_actor(), now=appointment.start - timedelta(hours=1))
    assert told() == "Dr Noé Réglisse (occupé)"
    held.delete()
    assert told() == "Dr Noé Réglisse"
    day = appointment.start.date()
    Closure.objects.create(location=other.location, first_day=day, last_day=day)
    assert told() == "Dr Noé Réglisse (fermé)"


def test_a_past_appointment_stays_where_it_was(secretary_client: Client, schedule: Schedule, other: Schedule) -> None:
    past = factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:00"))
    assert "Confier" not in text_of(secretary_client.get(f"/rendez-vous/{past.id}/"))
    assert post(secretary_client, past, other).status_code == 422
    assert holder(past) == schedule.id


def test_an_old_page_gives_nothing(
    secretary_client: Client, schedule: Schedule, appointment: Appointment, other: Schedule
) -> None:
    response = post(secretary_client, appointment, other, version=0)
    assert response.status_code == 409
    assert "a changé entre-temps" in text_of(response)
    assert holder(appointment) == schedule.id


def test_going_on_gives_it_to_who_is_busy(secretary_client: Client, appointment: Appointment, other: Schedule) -> None:
    factories.appointment(schedule_=other, start=appointment.start)
    fields = {"version": appointment.version, "schedule": str(other.id)}
    address = f"/rendez-vous/{appointment.id}/confier/"
    assert posted_despite(secretary_client, address, fields).status_code == 303
    assert holder(appointment) == other.id
    assert appointment.overbooked
