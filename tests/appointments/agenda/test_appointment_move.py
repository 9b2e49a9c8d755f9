"""Another time, same practitioner."""

import re
from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from appointments.enums import EventKind, MessageState, Status
from appointments.models import Appointment, PatientMessage, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.access.sending import forms_of
from tests.appointments.agenda.pages import despite_of, posted_despite, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(16))
    return factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:00"))


def post(client: Client, appointment: Appointment, **data: Any) -> Any:
    return client.post(f"/rendez-vous/{appointment.id}/deplacer/", {"version": appointment.version} | data)


def post_despite(client: Client, appointment: Appointment, **data: Any) -> Any:
    fields = {"version": appointment.version} | data
    return posted_despite(client, f"/rendez-vous/{appointment.id}/deplacer/", fields)


def starts(appointment: Appointment) -> Any:
    appointment.refresh_from_db()
    assert appointment.end - appointment.start == timedelta(minutes=15)
    return appointment.start


def test_the_nearest_free_slots_are_offered(practitioner_client: Client, appointment: Appointment) -> None:
    content = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    offered = [SlotKey.parse(part.split('"')[0]).start for part in content.split('name="slot" value="')[1:-1]]
    assert offered == [at("2026-11-25", clock) for clock in ("14:15", "14:30", "14:45", "15:00", "15:15", "15:30")]


def test_its_own_time_is_free_to_it_and_it_is_offered_where_it_fits_as_long_as_it_is(
    practitioner_client: Client, schedule: Schedule
) -> None:
    """14:15–14:45 may go to 14:00 and 14:30, which it overlaps itself; 14:45 would go on past 15:00, where another is."""
    day = date(2026, 11, 25)
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15, 15), first_day=day, last_day=day)
    long = factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:15"), minutes=30)
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "15:00"))
    page = practitioner_client.get(f"/rendez-vous/{long.id}/").content.decode()
    assert re.findall(r'name="slot" value="[0-9a-f]+-(\d{8}T\d{4}Z-\d+)"', page) == [
        "20261125T1300Z-30",
        "20261125T1330Z-30",
    ]


def test_a_free_slot_is_taken(practitioner_client: Client, appointment: Appointment) -> None:
    key = SlotKey(appointment.schedule_id, at("2026-11-26", "14:30"), 15)
    response = post(practitioner_client, appointment, slot=str(key), day="2026-11-25")
    assert response.url == f"/rendez-vous/{appointment.id}/"
    assert starts(appointment) == at("2026-11-26", "14:30")
    assert appointment.events.latest("sequence").kind == EventKind.MOVED
    page = text_of(practitioner_client.get(response.url))
    assert "Rendez-vous déplacé : jeudi 26 novembre à 14 h 30. Patient à prévenir de vive voix :" in page


def test_how_the_patient_hears_of_it_is_said_and_can_be_kept_from_leaving(
    practitioner_client: Client, appointment: Appointment
) -> None:
    Appointment.objects.update(contact_email="jasmin@exemple.test")
    page = practitioner_client.get(post(practitioner_client, appointment, day="2026-11-26", hour="14h30").url)
    assert "E-mail au patient dans 15 s." in text_of(page)
    [form] = [one for one in forms_of(page.content.decode(), "/") if one.action.endswith("/prevenu/")]
    answer = practitioner_client.post(form.action, dict(form.fields) | {"acte": "sans"})
    said = text_of(practitioner_client.get(answer.url))
    assert "C’est noté : le patient n’est pas prévenu." in said
    assert "pas envoyé, le cabinet a choisi de ne pas prévenir" in said
    assert starts(appointment) == at("2026-11-26", "14:30")
    assert not PatientMessage.objects.filter(
        appointment=appointment, state=MessageState.PLANNED, event__kind=EventKind.MOVED
    ).exists()
    # Once there is nothing left to keep, that is said.
    assert practitioner_client.post(form.action, dict(form.fields) | {"acte": "sans"}).status_code == 422


def test_a_time_between_the_slots_may_be_typed(practitioner_client: Client, appointment: Appointment) -> None:
    assert post(practitioner_client, appointment, day="2026-11-27", hour="14h40").status_code == 303
    assert starts(appointment) == at("2026-11-27", "14:40")


def test_outside_the_openings_it_is_asked(practitioner_client: Client, appointment: Appointment) -> None:
    response = post(practitioner_client, appointment, day="2026-11-27", hour="9h10")
    assert response.status_code == 409
    assert "C’est en dehors des horaires d’ouverture." in text_of(response)
    assert starts(appointment) == at("2026-11-25", "14:00")
    assert post_despite(practitioner_client, appointment, day="2026-11-27", hour="9h10").status_code == 303
    assert starts(appointment) == at("2026-11-27", "09:10")
    assert not appointment.overbooked


def test_a_missed_appointment_is_moved_to_come(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(18))
    past = factories.appointment(schedule_=schedule, start=at("2026-11-24", "09:00"))
    assert post(practitioner_client, past, day="2026-11-25", hour="17").status_code == 303
    assert starts(past) == at("2026-11-25", "17:00")


IMPOSSIBLE: list[tuple[dict[str, str], str]] = [
    ({}, "Choisissez un créneau libre ou indiquez une heure."),
    ({"day": "2026-11-26"}, "Choisissez un créneau libre ou indiquez une heure."),
    ({"hour": "9h"}, "Indiquez aussi le jour."),
    ({"day": "2026-11-26", "hour": "midi"}, "Cette heure n’est pas lisible"),
    ({"day": "2026-11-26", "hour": "25:00"}, "Cette heure n’existe pas"),
    ({"day": "demain", "hour": "9h"}, "Cette date n’est pas lisible"),
    ({"day": "2026-02-30", "hour": "9h"}, "Cette date n’est pas lisible"),
    ({"day": "2026-11-24", "hour": "9h"}, "Ce jour est passé"),
    ({"day": "9999-12-31", "hour": "23h59"}, "Ce jour est trop loin"),
    ({"day": "2026-11-25", "hour": "9h"}, "Ce moment est passé"),
    ({"day": "2026-11-25", "hour": "14h"}, "déjà à cette heure"),
    ({"day": "2027-03-28", "hour": "2h30"}, "on passe à l’heure d’été"),
    ({"slot": "n’importe quoi"}, "Ce créneau n’existe pas"),
    ({"slot": "0" * 32 + "-20261126T1300Z-15"}, "Ce créneau n’existe pas"),
    ({"slot": "\x00"}, "caractère nul"),
    ({"day": "2026-11-26", "hour": "x" * 10000}, "Cette heure n’est pas lisible"),
]


def test_what_can_t_be_is_refused_with_a_reason(practitioner_client: Client, appointment: Appointment) -> None:
    for data, said in IMPOSSIBLE:
        response = post(practitioner_client, appointment, **data)
        assert response.status_code == 422, data
        page = text_of(response)
        assert "Rien n’a été changé" in page, data
        assert said in page, data
        assert starts(appointment) == at("2026-11-25", "14:00"), data


def test_a_forged_slot_beyond_the_reach_does_not_exist(practitioner_client: Client, appointment: Appointment) -> None:
    for start in ("00010101T0000Z", "20281127T1300Z", "99980101T0800Z", "99991231T2359Z"):
        response = post(practitioner_client, appointment, slot=f"{appointment.schedule_id.hex}-{start}-15")
        assert response.status_code == 422, start
        assert "Ce créneau n’existe pas" in text_of(response), start
        assert starts(appointment) == at("2026-11-25", "14:00"), start


def test_a_slot_and_an_hour_are_one_too_many(practitioner_client: Client, appointment: Appointment) -> None:
    key = SlotKey(appointment.schedule_id, at("2026-11-26", "14:30"), 15)
    response = post(practitioner_client, appointment, slot=str(key), day="2026-11-26", hour="9h")
    assert response.status_code == 422
    page = text_of(response)
    assert "Choisissez « Un autre moment » pour cette heure, ou effacez-la." in page
    # The slot that was ticked can be left for a time of one's own.
    assert '<input type="radio" name="slot" value="">' in response.content.decode()


def test_another_moment_is_what_is_chosen_at_first(practitioner_client: Client, appointment: Appointment) -> None:
    content = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    assert '<input type="radio" name="slot" value="" checked>' in content
    assert post(practitioner_client, appointment, slot="", day="2026-11-27", hour="14h40").status_code == 303
    assert starts(appointment) == at("2026-11-27", "14:40")


def test_who_stands_there_is_named(practitioner_client: Client, appointment: Appointment) -> None:
    other = factories.patient(given_name="Inès", family_name="Capucine")
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "09:00"), minutes=30, patient=other)
    response = post(practitioner_client, appointment, day="2026-11-26", hour="9h20")
    assert response.status_code == 409
    assert "Dr Alba Tournesol a déjà un rendez-vous jeudi 26 novembre de 9 h 00 à 9 h 30 : CAPUCINE Inès" in text_of(
        response
    )
    assert 'value="9h20"' in response.content.decode()
    assert starts(appointment) == at("2026-11-25", "14:00")


def test_a_practitioner_who_is_away_gets_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    factories.absence(practitioner=appointment.practitioner, start=at("2026-11-26", "00:00"))
    response = post(practitioner_client, appointment, day="2026-11-26", hour="9h")
    assert response.status_code == 409
    assert "Une absence est notée à ce moment" in text_of(response)


def test_an_old_page_moves_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    post(practitioner_client, appointment, day="2026-11-26", hour="15h")
    response = post(practitioner_client, appointment, day="2026-11-27", hour="15h")
    assert response.status_code == 409
    assert "a changé entre-temps" in text_of(response)
    assert starts(appointment) == at("2026-11-26", "15:00")


def test_a_closed_appointment_is_not_moved(practitioner_client: Client, appointment: Appointment) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(status=Status.FULFILLED)
    response = post(practitioner_client, appointment, day="2026-11-26", hour="9h")
    assert response.status_code == 422
    assert "il ne peut plus être modifié" in text_of(response)


@pytest.mark.parametrize(("now", "day"), [("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")])
def test_a_move_across_a_clock_change_keeps_the_wall_clock(
    practitioner_client: Client, schedule: Schedule, now: str, day: str
) -> None:
    with time_machine.travel(at(now, "08:00"), tick=False):
        one = factories.appointment(schedule_=schedule, start=at(now, "14:00"))
        factories.rule(schedule=schedule, start_time=time(14), end_time=time(15))
        client = practitioner_client
        assert one.practitioner.user is not None
        client.force_login(one.practitioner.user, backend="accounts.backends.EmailBackend")
        assert post(client, one, day=day, hour="14h").status_code == 303
        assert starts(one) == at(day, "14:00")


def test_a_time_inside_its_own_may_be_typed(practitioner_client: Client, appointment: Appointment) -> None:
    assert post(practitioner_client, appointment, day="2026-11-25", hour="14h05").status_code == 303
    assert starts(appointment) == at("2026-11-25", "14:05")


def test_going_on_takes_it_beside_who_stands_there(practitioner_client: Client, appointment: Appointment) -> None:
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "14:00"), minutes=30)
    response = post_despite(practitioner_client, appointment, day="2026-11-26", hour="14h20")
    assert response.status_code == 303
    assert starts(appointment) == at("2026-11-26", "14:20")
    assert appointment.overbooked
    assert "En plus" in text_of(practitioner_client.get(response.url))


def test_going_on_sends_the_form_that_is_seen(practitioner_client: Client, appointment: Appointment) -> None:
    """Its fields stay to be changed; Enter in one of them asks again, since the form's first button is not « quand même »."""
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "14:00"), minutes=30)
    page = post(practitioner_client, appointment, day="2026-11-26", hour="14h20").content.decode()
    assert page.count('value="14h20"') == 1
    buttons = re.findall(r'<button[^>]* form="deplacer-form"[^>]*>', page)
    assert ["despite" in button for button in buttons] == [False, True]


def test_another_moment_typed_meanwhile_is_asked_anew(practitioner_client: Client, appointment: Appointment) -> None:
    """Who read what stands at 14:20 has not read what stands at 15:00."""
    for hour in ("14:00", "15:00"):
        factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", hour), minutes=30)
    asked = despite_of(post(practitioner_client, appointment, day="2026-11-26", hour="14h20"))
    response = post(practitioner_client, appointment, day="2026-11-26", hour="15h10", despite=asked)
    assert response.status_code == 409
    assert "de 15 h 00 à 15 h 30" in text_of(response)
    assert starts(appointment) == at("2026-11-25", "14:00")


def test_a_slot_gone_meanwhile_becomes_a_moment_of_ones_own(
    practitioner_client: Client, appointment: Appointment
) -> None:
    key = SlotKey(appointment.schedule_id, at("2026-11-26", "14:30"), 15)
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "14:30"))
    response = post(practitioner_client, appointment, slot=str(key))
    assert response.status_code == 409
    page = response.content.decode()
    assert 'value="2026-11-26"' in page
    assert 'value="14\u202fh\u202f30"' in page
    assert '<input type="radio" name="slot" value="" checked>' in page


def test_going_on_with_an_old_page_moves_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "14:00"))
    asked = despite_of(post(practitioner_client, appointment, day="2026-11-26", hour="14h"))
    appointment.version = 0
    response = post(practitioner_client, appointment, day="2026-11-26", hour="14h", despite=asked)
    assert response.status_code == 409
    assert "a changé entre-temps" in text_of(response)


def test_beside_hours_of_another_clock_slots_say_whose_hours_they_are(
    practitioner_client: Client, appointment: Appointment
) -> None:
    address = f"/rendez-vous/{appointment.id}/"
    factories.rule(schedule=appointment.schedule)
    page = text_of(practitioner_client.get(address))
    assert "Créneaux libres les plus proches" in page
    assert "les plus proches, heure" not in page
    factories.schedule(practitioner=appointment.practitioner, location=factories.location(time_zone="Indian/Reunion"))
    page = text_of(practitioner_client.get(address))
    assert "Créneaux libres les plus proches, heure de Paris" in page
    assert "Un autre moment, heure de Paris" in page


def test_what_is_dropped_in_the_grid_is_one_change_and_comes_back_to_it(
    secretary_client: Client, secretary: User, appointment: Appointment
) -> None:
    """Another column, at the grid's clock, and another length; then the agenda it was done from."""
    elsewhere = factories.location(organization=appointment.organization, name="Annexe")
    other = factories.schedule(practitioner=factories.practitioner(), location=elsewhere)
    factories.schedule(
        practitioner=other.practitioner, location=factories.location(organization=appointment.organization)
    )
    factories.rule(schedule=other)
    factories.delegation(other.practitioner, secretary)
    back = f"/agenda/{other.practitioner_id}/jour/2026-11-26/"
    dropped = {
        "day": "2026-11-26", "hour": "4:00", "clock": "America/Guadeloupe", "minutes": "30", "next": back,
        "practitioner": str(other.practitioner_id),
    }  # fmt: skip
    assert post(secretary_client, appointment, **dropped).url == back
    appointment.refresh_from_db()
    # Of their agendas the one that is open then.
    assert (appointment.schedule, appointment.start, appointment.minutes) == (other, at("2026-11-26", "09:00"), 30)
    assert appointment.events.count() == 2


def test_a_length_alone_keeps_the_hour(practitioner_client: Client, appointment: Appointment) -> None:
    assert post(practitioner_client, appointment, minutes="45").status_code == 303
    appointment.refresh_from_db()
    assert (appointment.start, appointment.minutes) == (at("2026-11-25", "14:00"), 45)
    for wrong in (
        {"minutes": "241"},
        {"clock": "Europe/../Paris", "minutes": "30"},
        {"practitioner": str(uuid4()), "minutes": "30"},
    ):
        assert post(practitioner_client, appointment, **wrong).status_code == 422
