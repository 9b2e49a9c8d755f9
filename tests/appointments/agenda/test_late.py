"""« Retard », in two acts, and « Demander de rappeler »: told to who is still to come, once, and who can't be reached is said."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Practitioner
from appointments.enums import MessageKind, MessageState
from appointments.messages.services.sending import send_message
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visits(schedule: Schedule) -> list[Appointment]:
    """Over, to come with an e-mail, to come with neither, tomorrow."""
    email = factories.patient(family_name="Jasmin", given_name="Kiwano", email="kiwano@exemple.test")
    nothing = factories.patient(phone="", no_phone="none")
    made = [
        factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:00")),
        factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:20"), patient=email),
        factories.appointment(schedule_=schedule, start=at("2026-11-25", "15:00"), patient=nothing),
        factories.appointment(schedule_=schedule, start=at("2026-11-26", "11:20")),
    ]
    PatientMessage.objects.all().delete()
    return made


def test_who_is_still_to_come_is_told_how_late_once(
    practitioner_client: Client, practitioner: Practitioner, visits: list[Appointment]
) -> None:
    address = f"/agenda/{practitioner.id}/retard/"
    page = text_of(practitioner_client.get(address))
    assert "11 h 20, JASMIN Kiwano" in page
    assert "(ni mobile ni e-mail)" in page
    assert "9 h 00" not in page
    chosen: dict[str, Any] = {"minutes": 30, "visits": [str(one.pk) for one in visits[1:3]]}
    for _ in range(2):
        answer = practitioner_client.post(address, chosen, follow=True)
    assert "1 patient à appeler : aucun message ne les atteint" in text_of(answer)
    [message] = PatientMessage.objects.filter(kind=MessageKind.LATE)
    assert send_message(message_id=message.pk, now=NOW)
    body = str(mail.outbox[-1].body).replace("\u202f", " ")
    assert "a environ 30 min de retard. Votre rendez-vous de 11 h 20 sera vers 11 h 50." in body
    assert practitioner_client.post(address, {"minutes": 30}).status_code == 422
    assert practitioner_client.post(address, chosen | {"visits": [str(visits[3].pk)]}).status_code == 422


def test_who_books_for_several_says_whose_it_is(practitioner_client: Client, schedule: Schedule) -> None:
    other = factories.colleague(schedule)
    assert schedule.practitioner is not None
    assert schedule.practitioner.user is not None
    factories.delegate(schedule.practitioner.user, other)
    page = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/retard/").content.decode()
    assert f"/agenda/{other.practitioner_id}/retard/" in page


def test_a_patient_is_asked_to_call_back_once_a_day(practitioner_client: Client, visits: list[Appointment]) -> None:
    for _ in range(2):
        practitioner_client.post(f"/rendez-vous/{visits[1].pk}/rappeler/")
    [message] = PatientMessage.objects.filter(kind=MessageKind.CALL_BACK)
    Appointment.objects.filter(pk=visits[1].pk).update(
        start=visits[1].start + timedelta(hours=4), end=visits[1].end + timedelta(hours=4)
    )
    # The hour it speaks of is no longer its own.
    assert not send_message(message_id=message.pk, now=NOW)
    message.refresh_from_db()
    assert message.state == MessageState.REPLACED
    answer = practitioner_client.post(f"/rendez-vous/{visits[2].pk}/rappeler/", follow=True)
    assert "Pas d’e-mail ni de mobile. Appelez le patient." in text_of(answer)
