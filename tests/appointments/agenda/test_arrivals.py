"""« Arrivé » is the practice's own: noted, undone, kept, and no business of the SAS."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.enums import Level
from accounts.models import Practitioner
from appointments.enums import EventKind, Status
from appointments.models import Appointment, Schedule
from interop.models import Delivery
from tests import factories
from tests.appointments.agenda.pages import Item, blocks_of, posted_despite, text_of
from tests.conftest import SignIn
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    """In twenty minutes, sent by the regulation."""
    return factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:00"), by=factories.regulator_actor())


def post(client: Client, appointment: Appointment, arrived: str, **data: Any) -> Any:
    appointment.refresh_from_db()
    fields = {"version": appointment.version, "arrived": arrived} | data
    return client.post(f"/rendez-vous/{appointment.id}/arrivee/", fields)


def test_an_arrival_is_noted_undone_and_told_to_the_practice_alone(
    secretary_client: Client, appointment: Appointment
) -> None:
    assert post(secretary_client, appointment, "1").status_code == 303
    appointment.refresh_from_db()
    assert (appointment.arrived_at, appointment.status) == (at("2026-11-25", "10:40"), Status.BOOKED)
    page = text_of(secretary_client.get(f"/rendez-vous/{appointment.id}/"))
    assert "Effacer l’arrivée de 10 h 40" in page
    assert "Arrivée notée aujourd’hui à 10 h 40" in page.replace("Aujourd’hui", "aujourd’hui")
    assert post(secretary_client, appointment, "0").status_code == 303
    appointment.refresh_from_db()
    assert appointment.arrived_at is None
    kinds = list(appointment.events.order_by("sequence").values_list("kind", flat=True))
    assert kinds == [EventKind.BOOKED, EventKind.ARRIVED, EventKind.ARRIVAL_UNDONE]
    assert list(Delivery.objects.values_list("event__kind", flat=True)) == [EventKind.BOOKED]
    assert not any(event.messages.exists() for event in appointment.events.exclude(kind=EventKind.BOOKED))


def test_it_is_kept_when_the_visit_is_honoured_and_the_sas_is_told_that(
    secretary_client: Client, appointment: Appointment
) -> None:
    post(secretary_client, appointment, "1")
    secretary_client.post(f"/rendez-vous/{appointment.id}/statut/", {"version": 2, "status": "fulfilled"})
    appointment.refresh_from_db()
    assert (appointment.status, appointment.arrived_at) == (Status.FULFILLED, at("2026-11-25", "10:40"))
    assert list(Delivery.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 3]
    answer = post(secretary_client, appointment, "0")
    assert answer.status_code == 422
    assert "Ce rendez-vous est honoré" in text_of(answer)


@pytest.mark.parametrize(("day", "kept"), [("2026-11-25", True), ("2026-11-26", False)])
def test_who_is_moved_to_another_day_is_not_there_any_more(
    secretary_client: Client, appointment: Appointment, day: str, kept: bool
) -> None:
    post(secretary_client, appointment, "1")
    typed = {"version": 2, "slot": "", "day": day, "hour": "12h"}
    assert posted_despite(secretary_client, f"/rendez-vous/{appointment.id}/deplacer/", typed).status_code == 303
    appointment.refresh_from_db()
    assert (appointment.arrived_at is not None) == kept


def test_an_arrival_is_of_its_day(secretary_client: Client, schedule: Schedule) -> None:
    for day, clock, may in (
        ("2026-11-25", "17:00", True),
        ("2026-11-25", "08:00", True),
        ("2026-11-26", "09:00", False),
        ("2026-11-24", "09:00", False),
    ):
        one = factories.appointment(schedule_=schedule, start=at(day, clock))
        offered = "Noter l’arrivée" in text_of(secretary_client.get(f"/rendez-vous/{one.id}/"))
        answer = post(secretary_client, one, "1")
        assert (offered, answer.status_code) == ((True, 303) if may else (False, 422)), (day, clock)


@pytest.mark.parametrize("arrived", ["", "oui", "\x00"])
def test_what_says_neither_is_refused(secretary_client: Client, appointment: Appointment, arrived: str) -> None:
    assert post(secretary_client, appointment, arrived).status_code == 422


def test_an_older_page_notes_nothing(secretary_client: Client, appointment: Appointment) -> None:
    assert post(secretary_client, appointment, "1", version=0).status_code == 409


def test_the_agenda_says_who_is_there_and_for_how_long(
    secretary_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    post(secretary_client, appointment, "1")
    for clock, state in (("10:48", "8 min"), ("11:01", "21 min")):
        with time_machine.travel(at("2026-11-25", clock), tick=False):
            block = block_of(secretary_client, practitioner, appointment)
        assert "appt--in" in block.html
        assert ("appt__state--late" in block.html) == (state == "21 min")
        assert f"en salle d’attente depuis {state}" in block.text
        assert 'data-version="2"' in block.html
    # What was left open yesterday: nobody waits there any more.
    earlier = {name: getattr(appointment, name) - timedelta(days=1) for name in ("start", "end")}
    Appointment.objects.filter(pk=appointment.pk).update(**earlier)
    block = block_of(secretary_client, practitioner, appointment)
    assert "appt--in" not in block.html
    assert "confirmé" in block.text


def block_of(client: Client, practitioner: Practitioner, appointment: Appointment) -> Item:
    appointment.refresh_from_db()
    day = f"{appointment.start:%Y-%m-%d}"
    page = client.get(f"/agenda/{practitioner.id}/jour/{day}/")
    [block] = [one for one in blocks_of(page, day) if str(appointment.id) in one.html]
    return block


@pytest.mark.parametrize(("level", "may"), [(Level.SEE, False), (Level.BOOK, True)])
def test_the_keys_are_for_who_books(
    sign_in: SignIn, schedule: Schedule, appointment: Appointment, level: Level, may: bool
) -> None:
    helper = factories.user()
    factories.delegate(helper, schedule, level)
    page = sign_in(helper).get(f"/agenda/{schedule.practitioner_id}/jour/2026-11-25/")
    assert ("data-version" in page.content.decode()) == may


def test_an_act_done_in_the_agenda_leads_back_to_it(
    secretary_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    page = f"/agenda/{practitioner.id}/jour/2026-11-25/"
    assert post(secretary_client, appointment, "1", next=page).url == page
    assert post(secretary_client, appointment, "0", next="//ailleurs.example").url == f"/rendez-vous/{appointment.id}/"
