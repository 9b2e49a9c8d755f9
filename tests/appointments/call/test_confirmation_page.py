"""The page read to the caller."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Practitioner, Regulator, User
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.booking.services.moving import move_appointment
from appointments.enums import Channel, ConsultationType, MessageState, Status
from appointments.models import Appointment, MessageSettings, Patient, PatientMessage, Reason, Schedule
from interop.enums import DeliveryState
from interop.models import Delivery
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, hidden_fields_of, text_of
from tests.appointments.call.requests import TEN, filled_in, key_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(regulator: Regulator) -> Actor:
    return Actor(user=regulator.user, regulator=regulator)


@pytest.fixture
def appointment(schedule: Schedule, regulator_client: Client) -> Appointment:
    """Booked through the page, with an e-mail address."""
    schedule.location.__class__.objects.update(name="Maison de santé des Lilas", line="1 rue de l’Exemple")
    reason = schedule.organization.reasons.get(label="Toux")
    body = filled_in(key_of(schedule), email="kumquat@exemple.test", reason=str(reason.id), note="<b>Entorse</b>")
    assert regulator_client.post("/rendez-vous/nouveau/", body).status_code == 303
    return Appointment.objects.with_context().get()


def address(appointment: Appointment) -> str:
    return f"/rendez-vous/{appointment.id}/confirmation/"


def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client, appointment: Appointment) -> None:
    response = client.get(address(appointment))
    assert response.status_code == 302
    assert response["Location"] == f"/connexion/?next={address(appointment)}"


def test_shared_posts_keep_no_copy_of_it(appointment: Appointment, regulator_client: Client) -> None:
    assert "no-store" in regulator_client.get(address(appointment))["Cache-Control"]


def test_another_regulator_does_not_see_it(
    appointment: Appointment, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    get(sign_in_regulator(factories.regulator()), address(appointment), 404)


def test_another_practice_does_not_see_it(appointment: Appointment, practitioner_client: Client) -> None:
    get(practitioner_client, address(appointment), 404)


def test_the_practice_concerned_sees_it(appointment: Appointment, sign_in: Callable[[User], Client]) -> None:
    secretary = factories.delegation(appointment.practitioner)
    page = get(sign_in(secretary), address(appointment))
    assert f'href="/rendez-vous/{appointment.id}/"' in page
    assert "Voir toutes mes orientations" not in page


def test_a_sentence_to_say_to_the_caller(appointment: Appointment, regulator_client: Client) -> None:
    page = text_of(get(regulator_client, address(appointment)))
    assert (
        "« Vous avez rendez-vous aujourd’hui à 10 h 00 , dans 2 h , avec le docteur Tournesol , Maison de santé des Lilas, "
        "1 rue de l’Exemple à Villefictive . Apportez : carte Vitale, ordonnances en cours. En cas d’empêchement, appelez "
        "le 01 99 00 12 34 . "
        "Si votre état change, rappelez le 15. »"
    ) in page


def test_what_to_bring_is_what_the_practice_and_the_reason_say(
    appointment: Appointment, regulator_client: Client
) -> None:
    MessageSettings.objects.create(organization=appointment.organization, to_bring="Le carnet de santé")
    Reason.objects.update(instructions="Venir à jeun")
    assert "Apportez : le carnet de santé. Venir à jeun. En cas" in text_of(get(regulator_client, address(appointment)))


def test_an_sms_is_asked_for_until_its_receipt_comes(appointment: Appointment, regulator_client: Client) -> None:
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    PatientMessage.objects.update(channel=Channel.SMS, state=MessageState.SENT, sent_at=NOW)
    assert "delay:3s" in get(regulator_client, address(appointment))
    PatientMessage.objects.update(state=MessageState.RECEIVED, answered_at=NOW)
    assert "hx-get" not in get(regulator_client, address(appointment))


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (ConsultationType.VR, "en téléconsultation avec le docteur Tournesol"),
        (ConsultationType.HH, "le docteur Tournesol vient à votre domicile , 8 place Imaginaire. Préparez"),
    ],
)
def test_the_sentence_says_where(
    appointment: Appointment, regulator_client: Client, mode: ConsultationType, said: str
) -> None:
    Appointment.objects.update(consultation_type=mode)
    Patient.objects.update(address="8 place Imaginaire")
    page = text_of(get(regulator_client, address(appointment)))
    assert said in page
    assert "En cas d’empêchement, appelez le 01 99 00 12 34" in page


@pytest.mark.parametrize(
    ("title", "said"),
    [("Pr", "avec le professeur Tournesol"), ("Mme", "avec Mme Alba Tournesol"), ("", "avec Alba Tour")],
)
def test_titles_are_spoken_in_full(appointment: Appointment, regulator_client: Client, title: str, said: str) -> None:
    Practitioner.objects.update(title=title)
    assert said in text_of(get(regulator_client, address(appointment)))


def test_the_facts_are_all_there_and_escaped(appointment: Appointment, regulator_client: Client) -> None:
    page = get(regulator_client, address(appointment))
    assert "&lt;b&gt;Entorse&lt;/b&gt;" in page
    for fact in (
        "Kumquat Jasmin-Démo, née le 14 février 1991, 35 ans", "06 39 98 12 34", "kumquat@exemple.test", "Toux",
        "Mercredi 25 novembre 2026, de 10 h 00 à 10 h 15", "Dr Alba Tournesol", "01 99 00 12 34",
        f"Référence {appointment.id.hex[:4].upper()}-{appointment.id.hex[4:6].upper()}",
    ):  # fmt: skip
        assert fact in text_of(page)


def test_what_was_sent_to_whom(appointment: Appointment, regulator_client: Client) -> None:
    page = get(regulator_client, address(appointment))
    assert "Rendez-vous pris Aujourd’hui à 8 h 00, visible dans l’agenda du cabinet" in text_of(page)
    assert "Transmission au SAS en cours" in text_of(page)
    assert "E-mail au patient (confirmation) En cours d’envoi" in text_of(page)
    assert "hx-get" in page  # asks again until it is known
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    PatientMessage.objects.update(state=MessageState.SENT, sent_at=NOW)
    page = get(regulator_client, address(appointment))
    assert "Transmis au SAS Aujourd’hui à 8 h 00, sans donnée du patient" in text_of(page)
    assert "E-mail au patient (confirmation) Envoyé à 8 h 00, sans accusé de réception" in text_of(page)
    assert "hx-get" not in page


@pytest.mark.parametrize(("minutes", "asks"), [(0, "delay:3s"), (2, "delay:20s"), (11, "")])
def test_what_takes_long_is_asked_for_seldom_then_no_more(
    appointment: Appointment, regulator_client: Client, minutes: int, asks: str
) -> None:
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        page = get(regulator_client, address(appointment))
    assert "Transmission au SAS en cours" in text_of(page)
    assert asks in page if asks else "hx-get" not in page


def test_what_did_not_arrive(appointment: Appointment, regulator_client: Client) -> None:
    soon = NOW + timedelta(minutes=5)
    Delivery.objects.update(state=DeliveryState.RETRYING, next_attempt_at=soon)
    PatientMessage.objects.update(next_attempt_at=soon, cause="SMTPServerDisconnected")
    page = text_of(get(regulator_client, address(appointment)))
    assert "SAS : nouvel essai prévu À 8 h 05" in page
    assert "Pas encore parti, nouvel essai à 8 h 05" in page
    Delivery.objects.update(state=DeliveryState.BLOCKED)
    PatientMessage.objects.update(state=MessageState.ABANDONED)
    page = text_of(get(regulator_client, address(appointment)))
    assert "Non transmis au SAS" in page
    assert "Pas parti à temps" in page


def test_without_address_the_patient_is_to_be_told(schedule: Schedule, regulator_client: Client, actor: Actor) -> None:
    made = factories.appointment(schedule_=schedule, by=actor, start=TEN, contact_phone="")
    assert "Ni téléphone ni e-mail : dites-lui le rendez-vous" in text_of(get(regulator_client, address(made)))


def test_the_practices_own_bookings_are_no_business_of_the_sas(
    practitioner: Practitioner, practitioner_client: Client
) -> None:
    made = factories.appointment(schedule_=factories.schedule(practitioner=practitioner), start=TEN)
    assert "SAS" not in text_of(get(practitioner_client, address(made)).partition("<main")[2])


def test_the_regulator_cancels_without_script(appointment: Appointment, regulator_client: Client) -> None:
    page = get(regulator_client, address(appointment))
    assert f'action="/rendez-vous/{appointment.id}/annuler/"' in page
    version = hidden_fields_of(page)["version"]
    response = regulator_client.post(f"/rendez-vous/{appointment.id}/annuler/", {"version": version}, follow=True)
    page = response.content.decode()
    assert Appointment.objects.get().status == Status.CANCELLED
    assert "<title>Rendez-vous annulé" in page
    assert "« Votre rendez-vous d’aujourd’hui à 10 h 00 avec le docteur Tournesol est annulé ." in text_of(page)
    assert "E-mail au patient (annulation)" in text_of(page)
    assert f'href="/praticien/{appointment.practitioner_id}/"' in page


def test_it_is_cancelled_until_it_begins_only(schedule: Schedule, regulator_client: Client, actor: Actor) -> None:
    begun = factories.appointment(schedule_=schedule, by=actor, start=at("2026-11-25", "07:45"))
    page = get(regulator_client, address(begun))
    assert "/annuler/" not in page
    assert "seul le cabinet peut encore le changer" in text_of(page)


def test_a_change_by_the_practice_is_said(appointment: Appointment, regulator_client: Client) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    move_appointment(appointment_id=appointment.id, version=1, start=at("2026-11-25", "11:00"), by=practice, now=NOW)
    page = text_of(get(regulator_client, address(appointment)))
    assert "Le cabinet a changé ce rendez-vous." in page
    assert "aujourd’hui à 11 h 00" in page
    cancel_appointment(appointment_id=appointment.id, version=2, by=practice, now=NOW)
    assert "Le cabinet a changé ce rendez-vous." in text_of(get(regulator_client, address(appointment)))


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.NOSHOW])
def test_a_closed_appointment_has_nothing_to_say(
    appointment: Appointment, regulator_client: Client, status: Status
) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    set_status(appointment_id=appointment.id, version=1, status=status, by=practice, now=TEN + timedelta(minutes=1))
    page = get(regulator_client, address(appointment))
    assert f"Rendez-vous {status.label.lower()}" in page
    assert "À dire au patient" not in page
    assert "Annuler le rendez-vous" not in page


@pytest.mark.parametrize("changes", [0, 5])
def test_the_number_of_queries_does_not_grow(
    appointment: Appointment,
    regulator_client: Client,
    changes: int,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    for number in range(changes):
        start = TEN + timedelta(minutes=15 * (number + 1))
        move_appointment(appointment_id=appointment.id, version=number + 1, start=start, by=practice, now=NOW)
    # session, user with regulator; what was typed for it; appointment, events, message, deliveries, own corrections; the bar,
    # what to bring
    with django_assert_num_queries(10):
        regulator_client.get(address(appointment))
