"""The practice's page that corrects a booked patient, and what other pages tell of it."""

from typing import Any

import pytest
from django.test import Client

from appointments.models import Appointment, Patient, PatientEvent, Schedule
from tests import factories
from tests.appointments.call.reading import get, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    given = factories.patient(
        family_name="Jasmin-Démo", given_name="Kumquat", phone="+33639980001", email="faux@exemple.test", sex="female"
    )
    return factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "14:00"), patient=given, by=factories.regulator_actor()
    )


def address(appointment: Appointment) -> str:
    return f"/rendez-vous/{appointment.id}/patient/"


def filled_in(client: Client, appointment: Appointment, **changed: str) -> dict[str, str]:
    """What the page's form sends when nothing but this is changed."""
    form = client.get(address(appointment)).context["form"]
    sent = {bound.html_name: "" if bound.value() is None else str(bound.value()) for bound in form}
    return sent | changed


def test_it_shows_what_is_known_and_a_correction_leads_back(
    practitioner_client: Client, appointment: Appointment
) -> None:
    body = filled_in(practitioner_client, appointment, family_name="Jasmin", contact_email="juste@exemple.test")
    assert body["phone"] == "06\u00a039\u00a098\u00a000\u00a001"
    response = practitioner_client.post(address(appointment), body, follow=True)
    assert response.redirect_chain == [(f"/rendez-vous/{appointment.id}/", 303)]
    page = text_of(response.content.decode())
    assert "Patient corrigé. Ce qu’il doit savoir repart à sa nouvelle adresse." in page
    assert "JASMIN Kumquat" in page
    assert "Donné à la réservation Nom de famille : Jasmin-Démo" in page
    assert "nom de famille (avant : Jasmin-Démo)" in page
    assert "e-mail pour ce rendez-vous (avant : faux@exemple.test)" in page


def test_sent_as_it_was_nothing_changes(practitioner_client: Client, appointment: Appointment) -> None:
    Patient.objects.update(birth_date="1950-01-01", birth_date_precision="age")
    response = practitioner_client.post(address(appointment), filled_in(practitioner_client, appointment), follow=True)
    assert "Rien n’a changé" in response.content.decode()
    assert not PatientEvent.objects.exists()


def test_a_former_birth_date_is_told_as_far_as_it_was_known(
    practitioner_client: Client, appointment: Appointment
) -> None:
    Patient.objects.update(birth_date="1950-01-01", birth_date_precision="year")
    body = filled_in(practitioner_client, appointment, birth_date="14021950")
    page = practitioner_client.post(address(appointment), body, follow=True).content.decode()
    assert "date de naissance (avant : 1950)" in text_of(page)
    assert "née le 14 février 1950" in text_of(page)
    assert "Date de naissance : 1950" in text_of(page)


def test_what_is_wrong_is_said_and_what_was_typed_stays(practitioner_client: Client, appointment: Appointment) -> None:
    body = filled_in(practitioner_client, appointment, phone="06 12", contact_email="faux@", family_name="Tapé")
    response = practitioner_client.post(address(appointment), body)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="Tapé"' in page
    assert "3 informations" not in page
    assert "Ce numéro" in page
    assert "Cette adresse n’est pas complète" in page


def test_on_an_older_version_both_are_told_and_it_can_be_sent_again(
    practitioner_client: Client, appointment: Appointment
) -> None:
    body = filled_in(practitioner_client, appointment, family_name="Le mien")
    practitioner_client.post(address(appointment), filled_in(practitioner_client, appointment, family_name="Le leur"))
    response = practitioner_client.post(address(appointment), body)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Nom de famille : Le leur" in text_of(page)
    # Nobody changed it: the browser only sends its spaces otherwise than they are read.
    assert "Téléphone : " not in text_of(page)
    assert 'value="Le mien"' in page
    form = response.context["form"]
    again = body | {name: str(form[name].value()) for name in ("version", "patient_version")}
    assert practitioner_client.post(address(appointment), again).status_code == 303
    appointment.refresh_from_db()
    assert appointment.patient.family_name == "Le mien"


def test_other_visits_to_come_are_named_and_corrected_when_asked(
    practitioner_client: Client, appointment: Appointment, schedule: Schedule
) -> None:
    other = factories.appointment(schedule_=schedule, start=at("2026-12-03", "09:30"), patient=appointment.patient)
    assert "Jeudi 3 décembre 2026 à 9 h 30" in text_of(get(practitioner_client, address(appointment)))
    body = filled_in(practitioner_client, appointment, phone="06 39 98 00 02", email="juste@exemple.test", others="on")
    practitioner_client.post(address(appointment), body)
    other.refresh_from_db()
    assert (other.contact_phone, other.contact_email) == ("+33639980002", "juste@exemple.test")


def test_it_does_not_exist_for_others(
    client: Client, regulator_client: Client, appointment: Appointment, sign_in: Any
) -> None:
    assert client.get(address(appointment)).status_code == 302
    assert regulator_client.get(address(appointment)).status_code == 404
    stranger = sign_in(factories.delegation(factories.practitioner()))
    assert stranger.get(address(appointment)).status_code == 404


def test_an_erased_patient_is_not_offered_for_correction(practitioner_client: Client, appointment: Appointment) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("family_name", "given_name", "sex", "phone", "email"), "")
    Patient.objects.update(
        erased_at=at("2026-11-25", "08:00"), birth_date=None, birth_date_precision="unknown", **nothing
    )
    assert practitioner_client.get(address(appointment)).status_code == 302
    assert "Corriger le patient" not in get(practitioner_client, f"/rendez-vous/{appointment.id}/")
