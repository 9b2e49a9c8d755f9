"""25 October 2026 in Paris: 2:00 to 3:00 comes twice, and each says which one it is."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import Practitioner
from appointments.messages.services.sending import send_message
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.agenda.pages import blocks_of
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import PATIENT, filled_in, key_of, landing, send
from tests.factories import at

pytestmark = pytest.mark.django_db
NIGHT = date(2026, 10, 25)
NOW = at("2026-10-24", "20:00")
SUMMER, WINTER = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
IN_SUMMER, IN_WINTER = "2 h 30 (heure d’été)", "2 h 30 (heure d’hiver)"


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def practitioner(db: None) -> Practitioner:
    return factories.practitioner(user=factories.user())


@pytest.fixture
def schedule(practitioner: Practitioner) -> Schedule:
    """That night from 1 to 4 by half-hours: four real hours."""
    return factories.rule(
        schedule=factories.schedule(practitioner=practitioner),
        first_day=NIGHT,
        last_day=NIGHT,
        start_time=time(1),
        end_time=time(4),
        step_minutes=30,
    ).schedule


def hours(text: str, *wanted: str) -> list[int]:
    return [text.count(one) for one in wanted]


def test_both_are_shown_where_the_sas_link_lands(regulator_client: Client, schedule: Schedule) -> None:
    # In the half-day; the soonest are said once more beside it.
    page = text_of(get(regulator_client, landing(schedule)).partition('id="demi-journee"')[2])
    assert hours(page, "2 h 00 (heure d’été)", IN_SUMMER, "2 h 00 (heure d’hiver)", IN_WINTER) == [1, 1, 1, 1]
    assert hours(page, "1 h 30 (", "3 h 00 (") == [0, 0]


def test_both_are_shown_in_the_agenda(practitioner_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=SUMMER, minutes=30)
    day = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/jour/2026-10-25/")
    found = [block.text for block in blocks_of(day, "2026-10-25")]
    assert len([one for one in found if IN_SUMMER in one and "Créneau libre" not in one]) == 1
    assert len([one for one in found if one.startswith(f"Créneau libre, {IN_WINTER}")]) == 1


@pytest.mark.parametrize(("start", "said"), [(SUMMER, IN_SUMMER), (WINTER, IN_WINTER)])
def test_form_confirmation_and_mail_say_which(
    regulator_client: Client, schedule: Schedule, start: datetime, said: str
) -> None:
    key = key_of(schedule, start, 30)
    assert said in text_of(get(regulator_client, f"/rendez-vous/nouveau/?creneau={key}"))
    response = regulator_client.post("/rendez-vous/nouveau/", filled_in(key, email="kumquat@exemple.test"))
    assert f"à {said}" in text_of(get(regulator_client, response.url))
    send_message(message_id=PatientMessage.objects.get().pk, now=NOW)
    assert f"dimanche 25 octobre 2026 à {said}" in text_of(mail.outbox[0].body)


def test_the_others_proposed_say_which(regulator_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=SUMMER, minutes=30)
    page = text_of(send(regulator_client, filled_in(key_of(schedule, SUMMER, 30))).content.decode())
    assert f"{IN_SUMMER} n’est plus libre" in page
    assert "2 h 00 (heure d’hiver)" in page


class TestTyped:
    """An hour typed that comes twice: the first is chosen, the other is offered, and nothing is taken silently."""

    def ask(self, client: Client, schedule: Schedule, **fields: str) -> Any:
        usual = {"schedule": str(schedule.id), "request_id": str(uuid.uuid4()), "minutes": "30"}
        address = f"/agenda/{schedule.practitioner_id}/rendez-vous/nouveau/"
        return client.post(address, PATIENT | usual | {"day": "2026-10-25", "hour": "2h30"} | fields)

    def test_it_is_asked_which(self, practitioner_client: Client, schedule: Schedule) -> None:
        response = self.ask(practitioner_client, schedule)
        page = response.content.decode()
        assert response.status_code == 422
        assert f"Cette heure existe deux fois ce jour-là : {IN_SUMMER} est choisie. Confirmez." in text_of(page)
        assert 'name="fold" value="0" checked' in page
        assert 'name="fold" value="1">' in page
        assert IN_WINTER in text_of(page)
        assert not Appointment.objects.exists()

    @pytest.mark.parametrize(("fold", "start"), [("0", SUMMER), ("1", WINTER)])
    def test_the_one_said_is_booked(
        self, practitioner_client: Client, schedule: Schedule, fold: str, start: datetime
    ) -> None:
        assert self.ask(practitioner_client, schedule, fold=fold).status_code == 303
        assert Appointment.objects.get().start == start

    def test_it_stays_chosen_through_what_stands_there(self, practitioner_client: Client, schedule: Schedule) -> None:
        factories.appointment(schedule_=schedule, start=WINTER, minutes=30)
        response = self.ask(practitioner_client, schedule, fold="1")
        assert response.status_code == 409
        page = response.content.decode()
        assert f"de {IN_WINTER} à 3 h 00" in text_of(page)
        assert 'name="fold" value="1" checked' in page

    def test_any_other_hour_is_not_asked(self, practitioner_client: Client, schedule: Schedule) -> None:
        assert self.ask(practitioner_client, schedule, hour="1h30", fold="1").status_code == 303
        assert Appointment.objects.get().start == at("2026-10-25", "01:30")

    def test_now_is_one_of_them(self, practitioner_client: Client, schedule: Schedule) -> None:
        with time_machine.travel(WINTER + timedelta(minutes=3), tick=False):
            page = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/rendez-vous/nouveau/").content.decode()
        assert 'name="hour" value="2\u202fh\u202f30"' in page
        assert 'name="fold" value="1" checked' in page

    def test_a_move_asks_too(self, practitioner_client: Client, schedule: Schedule) -> None:
        one = factories.appointment(schedule_=schedule, start=at("2026-10-25", "01:00"), minutes=30)
        address, body = f"/rendez-vous/{one.id}/deplacer/", {"version": "1", "day": "2026-10-25", "hour": "2h30"}
        response = practitioner_client.post(address, body)
        assert response.status_code == 422
        assert 'name="fold" value="0" checked' in response.content.decode()
        response = practitioner_client.post(address, body | {"fold": "1"})
        one.refresh_from_db()
        assert one.start == WINTER
        page = text_of(get(practitioner_client, response.url))
        assert f"Rendez-vous déplacé : dimanche 25 octobre à {IN_WINTER}." in page
        assert f"{IN_WINTER} – 3 h 00" in page
