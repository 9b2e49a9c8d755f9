"""Who calls, and what is understood of what they say: the patient or another, an age, a number without its key."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import filled_in, form_page, key_of, send

pytestmark = pytest.mark.django_db
MOTHER = {"who_calls": "autre", "caller": "Mère, Myrtille", "caller_phone": "06 39 98 55 10"}


def test_it_is_asked_first_and_the_patient_is_meant_unless_said(regulator_client: Client, schedule: Schedule) -> None:
    page = get(regulator_client, form_page(key_of(schedule)))
    assert page.index("Qui appelle") < page.index("Nom de famille")
    assert 'value="patient" id="id_who_calls_0" checked' in page


def test_another_one_is_kept_with_their_own_number(regulator_client: Client, schedule: Schedule) -> None:
    send(regulator_client, filled_in(key_of(schedule), **MOTHER))
    visit = Appointment.objects.get()
    assert (visit.caller, visit.caller_phone, visit.contact_phone) == ("Mère, Myrtille", "+33639985510", "+33639981234")
    assert "Qui appelle Mère, Myrtille, 06 39 98 55 10" in text_of(
        get(regulator_client, f"/rendez-vous/{visit.id}/confirmation/")
    )


def test_the_practice_reads_who_called(
    sign_in: Callable[[User], Client], regulator_client: Client, schedule: Schedule
) -> None:
    send(regulator_client, filled_in(key_of(schedule), **MOTHER))
    user = factories.user()
    schedule.practitioner.user = user
    schedule.practitioner.save()
    page = text_of(get(sign_in(user), f"/rendez-vous/{Appointment.objects.get().id}/"))
    assert "Qui a appelé Mère, Myrtille, 06 39 98 55 10" in page


def test_without_a_phone_of_their_own_the_patient_is_reached_through_who_calls(
    regulator_client: Client, schedule: Schedule
) -> None:
    send(regulator_client, filled_in(key_of(schedule), **MOTHER, phone=""))
    visit = Appointment.objects.get()
    assert (visit.patient.phone, visit.contact_phone, visit.whose_phone) == ("", "+33639985510", "Mère, Myrtille")
    page = text_of(get(regulator_client, f"/rendez-vous/{visit.id}/confirmation/"))
    assert "« Le rendez-vous est aujourd’hui à 10 h 00" in page
    assert "Si son état change, rappelez le 15. »" in page


def test_the_patient_who_calls_leaves_nothing_of_another(regulator_client: Client, schedule: Schedule) -> None:
    send(regulator_client, filled_in(key_of(schedule), **MOTHER | {"who_calls": "patient", "caller_phone": "12"}))
    visit = Appointment.objects.get()
    assert (visit.caller, visit.caller_phone) == ("", "")


MISSING = [
    ({"who_calls": "autre", "caller": ""}, "Dites le lien de qui appelle avec le patient."),
    ({"who_calls": "pro", "caller": "Infirmière", "caller_phone": "06 39"}, "Ce numéro"),
    ({"phone": "06 39 98 12 34 (fille)"}, "écrivez « fille » dans « Lien avec le patient, et son nom »"),
    ({"who_calls": "patient", "phone": ""}, "Indiquez un téléphone où joindre le patient"),
]


def test_what_is_missing_is_said(regulator_client: Client, schedule: Schedule) -> None:
    for typed, said in MISSING:
        answer = send(regulator_client, filled_in(key_of(schedule), **typed))
        assert answer.status_code == 422, typed
        assert said in text_of(answer.content.decode()), typed


def test_the_same_patient_elsewhere_has_the_same_caller(regulator_client: Client, schedule: Schedule) -> None:
    send(regulator_client, filled_in(key_of(schedule), **MOTHER))
    regulator_client.post(f"/rendez-vous/{Appointment.objects.get().id}/meme-patient/")
    page = get(regulator_client, form_page(key_of(factories.rule().schedule)))
    assert 'value="autre" id="id_who_calls_1" checked' in page
    assert 'value="06\u202f39\u202f98\u202f55\u202f10"' in page or 'value="06 39 98 55 10"' in page.replace("\xa0", " ")


def test_an_age_and_a_key_are_said_back(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule), birth_date="14021991", nir="2 69 05 49 588 157")
    answer = regulator_client.post("/rendez-vous/nouveau/saisies/", body, headers={"HX-Request": "true"})
    assert answer.headers["HX-Trigger"] == "regain"
    page = get(regulator_client, form_page(key_of(schedule)))
    for shown in (answer.content.decode(), page):
        assert ">35 ans</output>" in shown.replace("\xa0", " ")
        assert ">clé 80</output>" in shown.replace("\xa0", " ")
    send(regulator_client, body)
    assert Appointment.objects.get().patient.nir == "269054958815780"


def test_a_key_read_out_wrong_is_asked_again_and_blocks_nothing(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule), nir="2 69 05 49 588 157 81")
    said = regulator_client.post("/rendez-vous/nouveau/saisies/", body).content.decode()
    assert ">clé 80\u202f?</output>" in said
    page = get(regulator_client, send(regulator_client, body)["Location"])
    assert "La clé du numéro de sécurité sociale ne correspond pas" in text_of(page)
    assert Appointment.objects.get().patient.nir == "269054958815781"


@pytest.mark.parametrize(
    ("typed", "said"), [("35 ans", "vers 1991"), ("1950", "environ 76 ans"), ("23/11/2026", "2 jours"), ("demain", "")]
)
def test_what_was_understood(regulator_client: Client, schedule: Schedule, typed: str, said: str) -> None:
    answer = regulator_client.post("/rendez-vous/nouveau/saisies/", filled_in(key_of(schedule), birth_date=typed))
    assert f">{said}</output>" in answer.content.decode().replace("\xa0", " ")


def test_the_reason_comes_first_where_it_says_how_long(regulator_client: Client, schedule: Schedule) -> None:
    page = get(regulator_client, form_page(key_of(schedule)))
    assert page.index("Nom de famille") < page.index(">Motif")
    several = factories.rule().schedule
    for label, minutes in (("Vaccin", 10), ("Toux", 15)):
        factories.reason(several, label=label, minutes=minutes)
    page = get(regulator_client, form_page(key_of(several)))
    assert page.index(">Motif") < page.index("Nom de famille")
    assert page.count('name="reason"') == 1
    assert re.search(r'name="reason"[^>]* autofocus', page)
