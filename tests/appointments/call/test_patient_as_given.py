"""The regulator who booked reads the patient as they gave them, and nothing that the practice knows or has changed since."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import Actor
from appointments.messages.services.sending import send_message
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import TEN, filled_in, key_of

pytestmark = pytest.mark.django_db
# What the practice has: no word of it is also the regulator's.
KNOWN = {
    "family_name": "Zzyzx", "given_name": "Qwfpg", "phone": "+33639980000", "email": "zzyzx@exemple.test",
    "birth_name": "Wombat", "birth_place": "Uqbar", "address": "1 rue Tlön", "sex": "male",
}  # fmt: skip
SECRETS = (
    "Zzyzx",
    "Qwfpg",
    "Q. Z.",
    "39 98 00 00",
    "639980000",
    "zzyzx@",
    "Wombat",
    "Uqbar",
    "Tlön",
    "Chez Zzyzx",
    "né le",
)


@pytest.fixture
def booked(schedule: Schedule, regulator: Regulator) -> Appointment:
    """Joined by the practice to a file of its own, and reached elsewhere."""
    given = factories.patient(
        family_name="Jasmin-Démo", given_name="Kumquat", phone="+33639981234", email="kumquat@exemple.test", sex="female",
        address="8 place Imaginaire",
    )  # fmt: skip
    made = factories.appointment(
        schedule_=schedule, start=TEN, patient=given, by=Actor(user=regulator.user, regulator=regulator)
    )
    Appointment.objects.filter(pk=made.pk).update(
        patient=factories.file(schedule.organization, **KNOWN),
        contact_phone=KNOWN["phone"],
        contact_email=KNOWN["email"],
        visit_address="Chez Zzyzx",
    )
    return made


def pages(booked: Appointment) -> list[str]:
    return [f"/rendez-vous/{booked.id}/confirmation/", "/orientations/", "/orientations/?periode=passees"]


@pytest.mark.parametrize("consultation_type", ["AMB", "HH"])
def test_no_page_shows_what_the_practice_knows(
    regulator_client: Client, booked: Appointment, consultation_type: str
) -> None:
    Appointment.objects.update(consultation_type=consultation_type)
    shown = "".join(get(regulator_client, address) for address in pages(booked))
    assert [secret for secret in SECRETS if secret in shown or secret in text_of(shown)] == []
    for given in ("Kumquat Jasmin-Démo", "06 39 98 12 34", "kumquat@exemple.test", "née le", "K. J."):
        assert given in text_of(shown)
    assert ("8 place Imaginaire" in text_of(shown)) == (consultation_type == "HH")


def test_the_practice_reads_its_own(sign_in: Callable[[User], Client], booked: Appointment) -> None:
    secretary = sign_in(factories.delegation(booked.schedule.practitioner))
    for address, name in (
        (f"/rendez-vous/{booked.id}/", "ZZYZX Qwfpg"),
        (f"/rendez-vous/{booked.id}/confirmation/", "Qwfpg Zzyzx"),
    ):
        page = text_of(get(secretary, address))
        assert name in page
        assert "06 39 98 00 00" in page
    page = text_of(get(secretary, f"/rendez-vous/{booked.id}/"))
    # And beside it what was given otherwise.
    assert "Donné à la réservation Nom de famille : Jasmin-Démo" in page


def test_whoever_books_again_with_the_same_form_compares_with_what_they_gave(
    regulator_client: Client, schedule: Schedule
) -> None:
    body = filled_in(key_of(schedule))
    regulator_client.post("/rendez-vous/nouveau/", body)
    Appointment.objects.update(patient=factories.file(schedule.organization, **KNOWN))
    again = regulator_client.post("/rendez-vous/nouveau/", body, follow=True).content.decode()
    assert "Ce formulaire avait déjà servi" not in again


def test_messages_go_to_the_visit_s_own_address(schedule: Schedule) -> None:
    file = factories.file(schedule.organization, email="fichier@exemple.test")
    factories.appointment(schedule_=schedule, start=TEN, patient=file, contact_email="visite@exemple.test")
    assert send_message(message_id=PatientMessage.objects.get().pk, now=NOW)
    assert [message.to for message in mail.outbox] == [["visite@exemple.test"]]
