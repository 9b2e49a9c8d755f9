"""The booking form in its page: who may, what is refused, what a booking leaves."""

import itertools
import threading
import uuid
from collections.abc import Callable
from datetime import time
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Practitioner, Regulator, User
from appointments.enums import ConsultationType, Origin
from appointments.models import Appointment, PatientMessage, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.call.reading import get, hidden_fields_of, text_of
from tests.appointments.call.requests import TEN, filled_in, form_page, key_of, send
from tests.factories import at

pytestmark = pytest.mark.django_db
BOOK = "/rendez-vous/nouveau/"


def test_an_anonymous_visitor_is_sent_to_sign_in_and_back(client: Client, schedule: Schedule) -> None:
    address = form_page(key_of(schedule))
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"] == f"/connexion/?next={quote(address)}"


def test_another_practice_gets_nothing(practitioner_client: Client, schedule: Schedule) -> None:
    key = key_of(schedule)
    assert practitioner_client.get(form_page(key)).status_code == 404
    assert send(practitioner_client, filled_in(key)).status_code == 404
    assert not Appointment.objects.exists()


def test_the_form_shows_the_slot_and_waits_for_the_name(regulator_client: Client, schedule: Schedule) -> None:
    page = get(regulator_client, form_page(key_of(schedule)))
    assert "Aujourd’hui à 10 h 00" in text_of(page)
    assert 'name="family_name"' in page
    assert "autofocus" in page
    hidden = hidden_fields_of(page)
    assert hidden["creneau"] == key_of(schedule)
    assert hidden["consultation_type"] == "AMB"
    assert uuid.UUID(hidden["request_id"]).version == 4
    assert 'autocomplete="off"' in page
    assert f'href="/praticien/{schedule.practitioner_id}/?creneau={key_of(schedule)}"' in page


def test_asking_for_the_headers_books_nothing(regulator_client: Client, schedule: Schedule) -> None:
    assert regulator_client.head(form_page(key_of(schedule))).status_code == 200
    assert regulator_client.put(form_page(key_of(schedule))).status_code == 405


def test_each_form_has_a_name_of_its_own(regulator_client: Client, schedule: Schedule) -> None:
    address = form_page(key_of(schedule))
    first, second = (hidden_fields_of(get(regulator_client, address))["request_id"] for _ in range(2))
    assert first != second


def test_a_slot_no_longer_free_leads_back_to_the_others(regulator_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=TEN)
    response = regulator_client.get(form_page(key_of(schedule)))
    assert response.status_code == 302
    assert response["Location"] == f"/praticien/{schedule.practitioner_id}/?creneau={key_of(schedule)}"


@pytest.mark.parametrize("key", ["", "nimporte", "a\x00", "é", f"{7:032x}-99991231T2359Z-15"])
def test_an_address_without_slot_says_so(regulator_client: Client, key: str) -> None:
    assert "ne désigne aucun créneau" in get(regulator_client, f"{BOOK}?creneau={quote(key)}", 404)
    assert send(regulator_client, filled_in(key)).status_code == 404


def test_an_unknown_schedule_is_not_found(regulator_client: Client) -> None:
    key = str(SlotKey(uuid.uuid4(), TEN, 15))
    assert regulator_client.get(form_page(key)).status_code == 404


def test_a_regulator_books(regulator_client: Client, regulator: Regulator, schedule: Schedule) -> None:
    reason = schedule.organization.reasons.get(label="Toux")
    body = filled_in(key_of(schedule), reason=str(reason.id), email="kumquat@exemple.test", note="SpO2 < 92 %")
    response = send(regulator_client, body)
    appointment = Appointment.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/rendez-vous/{appointment.id}/confirmation/"
    assert (appointment.start, appointment.minutes, appointment.schedule) == (TEN, 15, schedule)
    assert appointment.by_regulator == regulator
    assert appointment.origin == Origin.REGULATOR
    assert appointment.reason == reason
    assert (appointment.patient.family_name, appointment.contact_phone) == ("Jasmin-Démo", "+33639981234")
    assert appointment.note == "SpO2 < 92 %"
    assert PatientMessage.objects.get().kind == "confirmation"


def test_no_personal_data_is_ever_in_an_address(regulator_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=TEN)
    taken = send(regulator_client, filled_in(key_of(schedule)))
    booked = send(regulator_client, filled_in(key_of(schedule, at("2026-11-25", "11:00"))))
    for text in (taken.content.decode().partition("<main")[2].split("href=")[1:], [booked["Location"]]):
        assert not any("Jasmin" in link.partition(">")[0] or "0639" in link.partition(">")[0] for link in text)


def test_the_practice_books_in_its_own_agenda(
    practitioner: Practitioner, secretary: User, secretary_client: Client
) -> None:
    schedule = factories.rule(schedule=factories.schedule(practitioner=practitioner), audiences=[]).schedule
    page = get(secretary_client, form_page(key_of(schedule)))
    assert f'href="/agenda/{practitioner.id}/jour/2026-11-25/"' in page
    send(secretary_client, filled_in(key_of(schedule)))
    appointment = Appointment.objects.get()
    assert appointment.origin == Origin.PRACTICE
    assert appointment.by_user == secretary


def test_a_refused_form_is_shown_again_with_all_that_was_typed(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule), phone="06 39 98 12 3", birth_place="Ajaccio")
    response = send(regulator_client, body)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in page
    assert '<a class="tel" href="#id_phone">' in page
    assert "Ce numéro a 9 chiffres : ajoutez celui qui manque." in text_of(page)
    for typed in ("Jasmin-Démo", "Kumquat", "14 février 1991", "06 39 98 12 3", "Ajaccio"):
        assert f'value="{typed}"' in page
    assert hidden_fields_of(page)["request_id"] == body["request_id"]
    assert '<details class="disclosure" open>' in page
    assert not Appointment.objects.exists()


def test_errors_of_radio_cards_are_reached_from_the_summary(regulator_client: Client, schedule: Schedule) -> None:
    page = send(regulator_client, filled_in(key_of(schedule), sex="")).content.decode()
    assert 'href="#id_sex"' in page
    assert '<fieldset class="w8" id="id_sex" tabindex="-1" aria-describedby="id_sex-erreur">' in page


def test_hostile_input_is_escaped(regulator_client: Client, schedule: Schedule) -> None:
    attack = '"><script>alert(1)</script>'
    for start in (TEN, at("2026-11-25", "08:07")):  # shown again in the form, and in the page of a slot not to be had
        body = filled_in(
            key_of(schedule, start), family_name=attack, note=attack, email=attack, phone=attack, birth_date=attack,
            reason=attack, sex=attack, consultation_type=attack, request_id=attack,
        )  # fmt: skip
        page = send(regulator_client, body).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


ODD = ["\x00", "😀", "é" * 20_000, "-1", "[]"]


def test_whatever_is_sent_is_answered(regulator_client: Client, schedule: Schedule) -> None:
    """In every field at once, and in each alone."""
    form = filled_in(key_of(schedule))
    fields = [*form, "note", "nir", "reason", "email"]
    bodies = [dict.fromkeys(fields, value[:1_000]) for value in ODD]
    bodies += [form | {field: value} for field, value in zip(fields, itertools.cycle(ODD), strict=False)]
    for body in bodies:
        with transaction.atomic():
            assert send(regulator_client, body).status_code in {303, 404, 422}, body
            transaction.set_rollback(True)


def test_bytes_that_are_no_text_are_refused(regulator_client: Client, schedule: Schedule) -> None:
    body = f"creneau={key_of(schedule)}&family_name=%FF%FE&given_name=%00".encode()
    response = regulator_client.post(BOOK, body, content_type="application/x-www-form-urlencoded", follow=True)
    assert response.status_code == 422
    assert "caractère invisible" in response.content.decode()


def test_a_slot_of_several_types_lets_choose(regulator_client: Client) -> None:
    schedule = factories.rule(consultation_types=[ConsultationType.AMB, ConsultationType.VR]).schedule
    page = get(regulator_client, form_page(key_of(schedule)))
    assert page.count('name="consultation_type"') == 2
    assert 'type="hidden" name="consultation_type"' not in page
    send(regulator_client, filled_in(key_of(schedule), consultation_type="VR"))
    assert Appointment.objects.get().consultation_type == ConsultationType.VR


def test_a_slot_at_home_asks_for_the_address(regulator_client: Client) -> None:
    schedule = factories.rule(consultation_types=[ConsultationType.HH]).schedule
    page = text_of(get(regulator_client, form_page(key_of(schedule))))
    assert page.index("Adresse") < page.index("Compléter l’identité")
    assert "Adresse (facultatif)" not in page
    body = filled_in(key_of(schedule), consultation_type="HH")
    assert send(regulator_client, body).status_code == 422
    assert send(regulator_client, body | {"address": "8 place Imaginaire"}).status_code == 303


def test_the_same_form_sent_twice_books_once(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule))
    first, second = (send(regulator_client, body) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1
    assert "avait déjà servi" not in get(regulator_client, second["Location"])


def test_a_form_that_served_does_not_pass_off_another_patient(regulator_client: Client, schedule: Schedule) -> None:
    """Back by the browser's arrow, another caller's details typed over: they are kept, and asked for once more."""
    body = filled_in(key_of(schedule))
    send(regulator_client, body)
    again = send(regulator_client, body | {"family_name": "Pissenlit-Démo"})
    page = again.content.decode()
    assert again.status_code == 409
    assert "Ce formulaire avait déjà pris un rendez-vous, pour un autre patient" in page
    assert "vient d’être pris" in page
    kept = hidden_fields_of(page)
    assert kept["family_name"] == "Pissenlit-Démo"
    next_one = kept | {"creneau": key_of(schedule, at("2026-11-26", "10:15"))}
    assert send(regulator_client, next_one).status_code == 303
    assert Appointment.objects.count() == 2


def test_somebody_elses_form_is_not_replayed(
    schedule: Schedule, regulator_client: Client, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    body = filled_in(key_of(schedule))
    send(regulator_client, body)
    other = sign_in_regulator(factories.regulator())
    assert send(other, body).status_code == 404


@pytest.mark.parametrize("offered", [1, 6])
def test_the_number_of_queries_does_not_grow(
    regulator_client: Client, schedule: Schedule, offered: int, django_assert_num_queries: Callable[[int], object]
) -> None:
    for hour in range(1, offered):
        factories.rule(schedule=schedule, start_time=time(12, hour), end_time=time(12, hour + 30))
        factories.reason(schedule, instructions="Venir à jeun.")
    factories.reason(schedule)
    regulator_client.get("/orientations/")  # the terms are remembered in the session from now on
    # session, user with regulator; schedule; what is typed, what is kept; what is open and taken; what the reasons ask; the bar
    with django_assert_num_queries(8):
        regulator_client.head(form_page(key_of(schedule)))
    # Keeping it: as the landing does.
    with django_assert_num_queries(16):
        page = get(regulator_client, form_page(key_of(schedule)))
    assert page.count(": venir à jeun.") == offered - 1


@pytest.mark.django_db(transaction=True)
def test_of_six_who_send_their_form_at_once_one_books(
    schedule: Schedule, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    clients = [sign_in_regulator(factories.regulator()) for _ in range(6)]
    barrier, answers = threading.Barrier(len(clients)), []

    def try_it(client: Client) -> None:
        try:
            barrier.wait()
            answers.append(send(client, filled_in(key_of(schedule))).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409, 409, 409, 409, 409]
    assert Appointment.objects.count() == 1
