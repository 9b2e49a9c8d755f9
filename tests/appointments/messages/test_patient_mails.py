"""What patients read. Others may read it too: no reason, no specialty, nothing they told."""

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import Practitioner
from appointments.booking.manage_link import manage_link
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.enums import ConsultationType
from appointments.messages.services.planning import SETTLES
from appointments.messages.services.sending import send_message
from appointments.models import Appointment, Location, PatientMessage, Reason, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    Location.objects.update(name="Maison d’Églantine & Cie", line="1 rue de l’Exemple", postal_code="99000")
    Practitioner.objects.update(family_name="D’Épine-Noire")
    schedule = Schedule.objects.with_place().get()
    patient = factories.patient(
        family_name="Jasmin-Démo", given_name="Kumquat", email="kumquat@exemple.test", phone="+33639981234",
        nir="269054958815780", address="8 place Imaginaire",
    )  # fmt: skip
    return book_appointment(
        key=SlotKey(schedule.id, TEN, 15),
        visit=factories.visit(
            patient=patient,
            reason_id=Reason.objects.get(label="Toux").id,
            request_id=schedule.id,
            note="Entorse de la cheville",
        ),
        by=factories.regulator_actor(),
        now=NOW,
    )


def sent() -> EmailMessage:
    """The last message planned, sent."""
    assert send_message(message_id=PatientMessage.objects.latest("pk").pk, now=NOW + SETTLES)
    return mail.outbox[-1]


def plain(message: EmailMessage) -> str:
    return str(message.body).replace("\u202f", " ").replace("\xa0", " ")


def test_a_confirmation_says_when_where_who_and_how_to_cancel(appointment: Appointment) -> None:
    message = sent()
    assert message.subject == "Votre rendez-vous est confirmé"
    assert message.to == ["kumquat@exemple.test"]
    assert plain(message) == (
        "Bonjour,\n\n"
        "Votre rendez-vous est confirmé.\n\n"
        "Quand : mercredi 25 novembre 2026 à 10 h 00\n"
        "Avec : Dr Alba D’Épine-Noire\n"
        "Où : Maison d’Églantine & Cie, 1 rue de l’Exemple, 99000 Villefictive\n"
        "À apporter : Carte Vitale, ordonnances en cours.\n\n"
        "Pour l’annuler ou le déplacer, appelez le cabinet : 01 99 00 12 34.\n"
        "Vous pouvez aussi le faire vous-même (la date de naissance du patient est demandée) :\n"
        f"{manage_link(appointment)}\n\n"
        "Si votre état change, appelez le 15.\n\n"
        "Ce message part automatiquement : les réponses ne sont pas lues.\n"
    )


@pytest.mark.parametrize("change", ["none", "moved", "reassigned", "cancelled"])
def test_no_message_tells_what_is_private(appointment: Appointment, change: str) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    other = factories.colleague(appointment.schedule)
    both = factories.practice_actor(appointment.practitioner, other.practitioner)
    common = {"appointment_id": appointment.id, "version": 1, "now": NOW}
    if change == "moved":
        move_appointment(start=at("2026-11-26", "16:00"), by=practice, despite=True, **common)
    elif change == "reassigned":
        reassign_appointment(schedule_id=other.id, by=both, despite=True, **common)
    elif change == "cancelled":
        cancel_appointment(by=practice, **common)
    text = str(sent().body)
    for secret in (
        "Toux", "cheville", "Médecine", "générale", "spécial", "269054", "Jasmin", "Kumquat", "0639", "Imaginaire", "SAS",
    ):  # fmt: skip
        assert secret not in text.replace("kumquat@exemple.test", "")
    assert "&#x27;" not in text


def test_a_change_says_what_holds_now(appointment: Appointment) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    start = at("2026-11-26", "16:00")
    move_appointment(appointment_id=appointment.id, version=1, start=start, by=practice, now=NOW, despite=True)
    message = sent()
    assert message.subject == "Votre rendez-vous a changé"
    assert "Voici ce qui vaut maintenant :\n\nQuand : jeudi 26 novembre 2026 à 16 h 00" in plain(message)
    assert "Au lieu de : mercredi 25 novembre 2026 à 10 h 00\n" in plain(message)


def test_a_cancellation_says_which_and_how_to_take_another(appointment: Appointment) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    cancel_appointment(appointment_id=appointment.id, version=1, by=practice, now=NOW)
    message = sent()
    assert message.subject == "Votre rendez-vous est annulé"
    assert "C’était :\n\nQuand : mercredi 25 novembre 2026 à 10 h 00" in plain(message)
    assert "Pour en prendre un autre, appelez le cabinet : 01 99 00 12 34." in plain(message)


@pytest.mark.parametrize(
    ("mode", "where"),
    [(ConsultationType.VR, "Où : en téléconsultation\n"), (ConsultationType.HH, "Où : à votre domicile\n")],
)
def test_it_says_where_it_takes_place(appointment: Appointment, mode: ConsultationType, where: str) -> None:
    Appointment.objects.update(consultation_type=mode)
    assert where in plain(sent())


def test_the_practitioners_phone_where_the_place_has_none(appointment: Appointment) -> None:
    Location.objects.update(phone="")
    Practitioner.objects.update(phone="+33639980000")
    assert "appelez le cabinet : 06 39 98 00 00." in plain(sent())


def test_no_phone_at_all(appointment: Appointment) -> None:
    Location.objects.update(phone="")
    assert "Pour l’annuler ou le déplacer, adressez-vous au cabinet.\n" in plain(sent())


@pytest.mark.parametrize(
    ("phone", "reach"),
    [
        ("+33199001234", "appelez le cabinet : 01 99 00 12 34, ou répondez à ce message."),
        ("", "répondez à ce message."),
    ],
)
def test_who_answers_reaches_the_practice_where_it_gave_an_address(
    appointment: Appointment, phone: str, reach: str
) -> None:
    Location.objects.update(phone=phone, email="cabinet@exemple.test")
    message = sent()
    assert message.reply_to == ["cabinet@exemple.test"]
    assert f"Pour l’annuler ou le déplacer, {reach}\n" in plain(message)
    assert "ne sont pas lues" not in plain(message)
    assert "votre réponse parvient au cabinet" in plain(message)


def test_without_one_nobody_is_told_to_answer(appointment: Appointment) -> None:
    message = sent()
    assert message.reply_to == []
    assert "répondez" not in plain(message)


def test_hours_are_those_of_the_place(appointment: Appointment) -> None:
    Location.objects.update(time_zone="Indian/Reunion")
    assert "à 13 h 00" in plain(sent())


def test_a_cancellation_names_who_replaces(appointment: Appointment) -> None:
    place = factories.location(
        organization=appointment.organization, name="Cabinet de la Glycine", phone="+33199001234"
    )
    colleague = factories.practitioner(given_name="Noé", family_name="Réglisse")
    there = factories.schedule(practitioner=colleague, location=place)
    day = TEN.date()
    factories.absence(
        practitioner=appointment.practitioner, first_day=day, last_day=day, replacement=there, label="Congrès"
    )
    cancel_appointment(
        appointment_id=appointment.id,
        version=appointment.version,
        by=factories.practice_actor(appointment.practitioner),
        now=NOW,
    )
    said = "Pendant son absence, vous pouvez vous adresser à : Dr Noé Réglisse, Cabinet de la Glycine, 01 99 00 12 34."
    body = plain(sent())
    assert said in body
    assert "Congrès" not in body
