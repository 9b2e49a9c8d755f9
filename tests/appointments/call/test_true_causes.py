"""What changed while a booking form was open is said as it is: 409, nothing lost, others proposed."""

import re
from collections.abc import Callable
from datetime import date, time

import pytest
import time_machine
from django.test import Client

from appointments.booking.services.holds import take_hold
from appointments.models import Appointment, Closure, Hold, Location, Rule, RuleOffer, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import hidden_fields_of, nearest_of, text_of
from tests.appointments.call.requests import TEN, filled_in, key_of, send
from tests.factories import at

pytestmark = pytest.mark.django_db
BOOK = "/rendez-vous/nouveau/"
DAY = date(2026, 11, 25)


def _booked(schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=TEN)


def _held(schedule: Schedule) -> None:
    take_hold(key=SlotKey(schedule.id, TEN, 15), by=factories.regulator_actor(), now=NOW)


def _cut_anew(schedule: Schedule) -> None:
    Rule.objects.update(step_minutes=20)


def _hours_changed(schedule: Schedule) -> None:
    Rule.objects.update(start_time=time(10, 30))


def _withdrawn(schedule: Schedule) -> None:
    RuleOffer.objects.all().delete()


def _away(schedule: Schedule) -> None:
    factories.absence(
        practitioner=schedule.practitioner, start=at("2026-11-25", "09:30"), end=at("2026-11-25", "10:30")
    )


def _shut(schedule: Schedule) -> None:
    Closure.objects.create(location=schedule.location, first_day=DAY, last_day=DAY, label="Travaux")


def _day_off(schedule: Schedule) -> None:
    Rule.objects.get().days_off.create(day=DAY)


def _closed(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(active=False)


def _elsewhere(schedule: Schedule) -> None:
    factories.appointment(schedule_=factories.schedule(practitioner=schedule.practitioner), start=TEN)


def _with_buffer(schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:45"), buffer_after=10)


def heading_of(page: str) -> str:
    found = re.search(r'<h1 id="titre"[^>]*>(.*?)</h1>', page)
    assert found is not None
    return text_of(found[1])


def open_form(client: Client, key: str) -> None:
    """And speak for longer than it is kept."""
    assert client.get(f"{BOOK}?creneau={key}").status_code == 200
    Hold.objects.all().delete()


CAUSES = [
    (_booked, "Ce créneau vient d’être pris"),
    (_held, "Ce créneau est retenu par quelqu’un qui est en train de le réserver"),
    (_cut_anew, "Ce créneau n’est plus proposé : le cabinet a changé ses horaires"),
    (_hours_changed, "Ce créneau n’est plus proposé : le cabinet a changé ses horaires"),
    (_withdrawn, "Ce créneau n’est plus proposé : le cabinet a changé ses horaires"),
    (_away, "Ce créneau n’est plus proposé : le praticien est absent à ce moment"),
    (_shut, "Ce créneau n’est plus proposé : le lieu est fermé à ce moment"),
    (_day_off, "Ce créneau n’est plus proposé : le cabinet ne reçoit pas ce jour-là"),
    (_closed, "Ce créneau n’est plus proposé : cet agenda est fermé"),
    (_elsewhere, "Ce créneau vient d’être pris : le praticien est dans un autre lieu à ce moment"),
    (_with_buffer, "Ce créneau n’est plus proposé : il touche le temps gardé libre autour d’un autre rendez-vous"),
]


TO_BE_CORRECTED, WELL_FILLED_IN = "06 39 98 12 3", "06 39 98 12 34"


@pytest.mark.parametrize(("happens", "said"), CAUSES)
def test_the_true_cause_is_said(
    regulator_client: Client, schedule: Schedule, happens: Callable[[Schedule], None], said: str
) -> None:
    open_form(regulator_client, key_of(schedule))
    happens(schedule)
    for phone in (TO_BE_CORRECTED, WELL_FILLED_IN):
        response = send(regulator_client, filled_in(key_of(schedule), phone=phone))
        page = response.content.decode()
        assert response.status_code == 409, phone
        assert heading_of(page) == said, phone
        assert "vient d’être pris" in said or "vient d’être pris" not in page
        assert "Kumquat Jasmin-Démo" in page
        if nearest_of(page):
            assert hidden_fields_of(page)["family_name"] == "Jasmin-Démo"
        assert not Appointment.objects.filter(patient__family_name="Jasmin-Démo").exists()


@pytest.mark.parametrize("happens", [_cut_anew, _hours_changed, _withdrawn, _day_off])
def test_what_is_kept_stays_as_it_was_offered(
    regulator_client: Client, schedule: Schedule, happens: Callable[[Schedule], None]
) -> None:
    assert regulator_client.get(f"{BOOK}?creneau={key_of(schedule)}").status_code == 200
    happens(schedule)
    assert send(regulator_client, filled_in(key_of(schedule), phone=TO_BE_CORRECTED)).status_code == 422
    assert send(regulator_client, filled_in(key_of(schedule))).status_code == 303


def test_a_holiday_of_the_place(regulator_client: Client, schedule: Schedule) -> None:
    christmas = key_of(schedule, at("2026-12-25", "10:00"))
    Location.objects.update(holidays="none")
    open_form(regulator_client, christmas)
    Location.objects.update(holidays="metropole")
    response = send(regulator_client, filled_in(christmas))
    assert response.status_code == 409
    assert heading_of(response.content.decode()) == "Ce créneau n’est plus proposé : c’est un jour férié"


def test_a_notice_that_passed(regulator_client: Client, schedule: Schedule) -> None:
    RuleOffer.objects.update(shown_until_minutes=60)
    open_form(regulator_client, key_of(schedule))
    with time_machine.travel(at("2026-11-25", "09:01"), tick=False):
        response = send(regulator_client, filled_in(key_of(schedule)))
    assert response.status_code == 409
    said = "Ce créneau n’est plus proposé : il est trop tard pour le réserver"
    assert heading_of(response.content.decode()) == said


def test_a_closed_place_s_others_are_proposed_with_what_was_typed(regulator_client: Client, schedule: Schedule) -> None:
    elsewhere = factories.rule(
        schedule=factories.schedule(practitioner=schedule.practitioner), start_time=time(12), end_time=time(12, 30)
    ).schedule
    _closed(schedule)
    page = send(regulator_client, filled_in(key_of(schedule))).content.decode()
    assert nearest_of(page)[:2] == ["12h00", "12h15"]
    noon = key_of(elsewhere, at("2026-11-25", "12:00"))
    assert send(regulator_client, hidden_fields_of(page) | {"creneau": noon}).status_code == 303
    assert Appointment.objects.get().schedule == elsewhere


def test_of_an_agenda_that_is_no_more_what_was_typed_can_still_be_read(
    regulator_client: Client, schedule: Schedule
) -> None:
    body = filled_in(key_of(schedule))
    schedule.delete()
    response = send(regulator_client, body)
    page = response.content.decode()
    assert (response.status_code, heading_of(page)) == (409, "Ce créneau n’est plus proposé")
    assert "Kumquat Jasmin-Démo" in page


def test_a_form_sent_twice_still_gives_its_appointment_when_the_agenda_closed_in_between(
    regulator_client: Client, schedule: Schedule
) -> None:
    body = filled_in(key_of(schedule))
    first = send(regulator_client, body)
    _closed(schedule)
    assert send(regulator_client, body).url == first.url
