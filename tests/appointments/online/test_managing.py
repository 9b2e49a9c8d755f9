"""The link of a visit: signed, opened by a birth date, worth nothing after the visit; it never books again."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import icalendar
import pytest
import time_machine
from django.core import mail
from django.test import Client

from appointments.booking.manage_link import manage_link, read_token, token_of
from appointments.enums import Channel, EventKind, MessageKind, Origin, Status
from appointments.messages.letters import Said, render
from appointments.messages.reach import settings_of
from appointments.messages.services.sending import due_messages, send_message
from appointments.models import Appointment, LinkTries, MessageText, Reason, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.online.acts import booked
from tests.appointments.online.test_booking import words
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(here: Schedule, reason: Reason) -> Appointment:
    """In two days, taken online."""
    booked(Client(), here, "2026-11-27", "09:00")
    return Appointment.objects.get()


@pytest.fixture
def address(visit: Appointment) -> str:
    return f"/r/{token_of(visit.pk)}/"


@pytest.fixture
def browser(address: str) -> Client:
    """Where the link is open."""
    made = Client()
    assert made.post(address, {"birth": "14/02/1991"})["Location"] == address
    return made


@pytest.fixture
def late() -> Iterator[None]:
    """Two hours before it begins."""
    with time_machine.travel(at("2026-11-27", "07:00"), tick=False):
        yield


def moved(browser: Client, address: str, here: Schedule, day: str, hour: str, version: int = 1) -> Any:
    key = SlotKey(here.pk, at(day, hour), 15)
    return browser.post(f"{address}deplacer/", {"creneau": str(key), "version": str(version)})


def test_it_is_in_the_confirmation_and_names_nobody(visit: Appointment, address: str, now: Any) -> None:
    for message in due_messages(now=now):
        send_message(message_id=message, now=now)
    [body] = [one.body for one in mail.outbox if one.subject == "Votre rendez-vous est confirmé"]
    assert manage_link(visit).endswith(address)
    assert manage_link(visit) in body
    # Who has no mail moves theirs too.
    said = Said(visit, MessageKind.CONFIRMATION, link=manage_link(visit))
    written = render(said, Channel.SMS, settings=settings_of(visit.organization_id), text=MessageText(), now=now)
    assert manage_link(visit) in written.text


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: "A" + text[1:], lambda text: text + "A", lambda text: "x"]
)
def test_a_link_that_was_touched_leads_nowhere(visit: Appointment, change: Any) -> None:
    text = change(token_of(visit.pk))
    assert read_token(text) is None
    assert Client().get(f"/r/{text}/").status_code == 404


def test_it_is_closed_on_a_shared_computer(address: str, browser: Client) -> None:
    assert browser.post(address, {"fermer": "1"})["Location"] == address
    assert "Date de naissance" in words(browser.get(address))


def test_it_asks_for_the_birth_date_and_shows_little(visit: Appointment, address: str, browser: Client) -> None:
    assert "Tournesol" not in words(Client().get(address))
    for page in ("deplacer/", "rendez-vous.ics"):
        assert Client().get(address + page)["Location"] == address
    text = words(browser.get(address))
    assert "Rendez-vous de K. J." in text
    assert "Jasmin" not in text
    assert "Toux" not in text
    assert "Consultation " not in text


def test_five_wrong_dates_shut_it_for_an_hour_the_right_one_too(visit: Appointment, address: str) -> None:
    told = [words(Client().post(address, {"birth": f"1{number}/03/1980"})) for number in range(5)]
    assert "n’est pas la date" in told[0]
    assert "Trop d’essais" in told[4]
    assert Client().post(address, {"birth": "14/02/1991"}).status_code == 422
    with time_machine.travel(at("2026-11-25", "11:41"), tick=False):
        assert Client().post(address, {"birth": "14/02/1991"}).status_code == 303
    assert not LinkTries.objects.exists()


def test_what_is_no_birth_date_costs_no_try(visit: Appointment, address: str) -> None:
    for typed in ("", "hier", "1991", "34 ans", "14/02/2999", "<b>"):
        answer = Client().post(address, {"birth": typed})
        assert answer.status_code == 422, typed
        # An age opens nothing: it is not proposed.
        assert ", ou 34" not in words(answer), typed
        assert not LinkTries.objects.exists(), typed


def test_a_visit_without_a_whole_birth_date_is_not_opened(here: Schedule, reason: Reason) -> None:
    patient = factories.file(here.organization, birth_date=date(1991, 1, 1), birth_date_precision="year")
    visit = factories.appointment(schedule_=here, start=at("2026-11-27", "10:00"), patient=patient)
    assert manage_link(visit) == ""
    answer = Client().get(f"/r/{token_of(visit.pk)}/")
    assert "appelez le cabinet" in words(answer)


def test_it_is_moved_to_another_public_hour_and_its_own_is_free_again(
    visit: Appointment, here: Schedule, address: str, browser: Client
) -> None:
    assert moved(browser, address, here, "2026-11-28", "09:30")["Location"] == f"{address}?fait=deplace"
    visit.refresh_from_db()
    assert (visit.start, visit.version, visit.status) == (at("2026-11-28", "09:30"), 2, Status.BOOKED)
    event = visit.events.latest("sequence")
    assert (event.kind, event.actor_kind) == (EventKind.MOVED, "patient")
    assert moved(browser, address, here, "2026-11-27", "09:00", version=2).status_code == 303
    assert Appointment.objects.count() == 1


def test_an_hour_that_is_taken_or_not_public_leaves_it_where_it_is(
    visit: Appointment, here: Schedule, address: str, browser: Client
) -> None:
    factories.appointment(schedule_=here, start=at("2026-11-28", "09:30"))
    for day, hour in (("2026-11-28", "09:30"), ("2026-11-28", "18:00")):
        answer = moved(browser, address, here, day, hour)
        assert answer.status_code == 409
        assert "Votre heure reste à vous" in words(answer)
    visit.refresh_from_db()
    assert visit.start == at("2026-11-27", "09:00")


def test_it_is_cancelled_once_and_reopening_the_link_books_nothing(
    visit: Appointment, address: str, browser: Client
) -> None:
    assert browser.post(f"{address}annuler/", {"version": "1"}).status_code == 303
    assert browser.post(f"{address}annuler/", {"version": "2"}).status_code == 409
    text = words(browser.get(address))
    assert "est annulé" in text
    visit.refresh_from_db()
    assert visit.is_cancelled
    assert Appointment.objects.count() == 1
    assert browser.get(f"{address}deplacer/")["Location"] == address


def test_what_the_practice_changed_meanwhile_is_told(
    visit: Appointment, here: Schedule, address: str, browser: Client
) -> None:
    Appointment.objects.filter(pk=visit.pk).update(version=2)
    answer = browser.post(f"{address}annuler/", {"version": "1"})
    assert answer.status_code == 409
    assert "a changé entre-temps" in words(answer)
    visit.refresh_from_db()
    assert visit.is_booked


@pytest.mark.usefixtures("late")
def test_past_the_cut_off_one_calls_or_says_how_late(visit: Appointment, here: Schedule, address: str) -> None:
    browser = Client()
    browser.post(address, {"birth": "14/02/1991"})
    text = words(browser.get(address))
    assert "Il commence dans moins de 12 h" in text
    assert browser.post(f"{address}annuler/", {"version": "1"}).status_code == 409
    assert moved(browser, address, here, "2026-11-28", "09:30").status_code == 303  # to the page that says to call
    visit.refresh_from_db()
    assert (visit.is_booked, visit.start) == (True, at("2026-11-27", "09:00"))
    assert browser.post(f"{address}retard/", {"retard": "10", "version": "1"}).status_code == 303
    visit.refresh_from_db()
    assert visit.late_minutes == 10
    assert visit.events.latest("sequence").kind == EventKind.LATE
    for typed in ("7", "x", "-5", "٥"):
        assert browser.post(f"{address}retard/", {"retard": typed, "version": "2"}).status_code == 409


@pytest.mark.usefixtures("late")
def test_the_practice_reads_that_they_are_late(
    visit: Appointment, address: str, practice: Client, here: Schedule
) -> None:
    browser = Client()
    browser.post(address, {"birth": "14/02/1991"})
    browser.post(f"{address}retard/", {"retard": "15", "version": "1"})
    agenda = words(practice.get(f"/agenda/{here.practitioner_id}/jour/2026-11-27/"))
    assert "retard de 15 min" in agenda
    history = words(practice.get(f"/rendez-vous/{visit.pk}/"))
    assert "Retard annoncé par le patient" in history
    assert "le patient" in history


@pytest.fixture
def practice(alba: Any, sign_in: Any) -> Client:
    made: Client = sign_in(alba.user)
    return made


def test_the_practice_s_own_cut_off_counts(visit: Appointment, here: Schedule, address: str, browser: Client) -> None:
    type(here.organization).objects.filter(pk=here.organization_id).update(online_cutoff_hours=72)
    assert browser.post(f"{address}annuler/", {"version": "1"}).status_code == 409


def test_its_calendar_file_is_read_by_others(visit: Appointment, address: str, browser: Client) -> None:
    answer = browser.get(f"{address}rendez-vous.ics")
    [event] = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["DTSTART"].dt == visit.start
    assert "Jasmin" not in answer.content.decode()


def test_after_the_visit_it_leads_nowhere(visit: Appointment, address: str, browser: Client) -> None:
    with time_machine.travel(at("2026-11-27", "09:16"), tick=False):
        assert browser.get(address).status_code == 404


def test_whoever_booked_it_it_is_in_the_patient_s_hands(here: Schedule, reason: Reason) -> None:
    patient = factories.file(here.organization, birth_date=date(1980, 3, 4))
    visit = factories.appointment(schedule_=here, start=at("2026-11-27", "10:00"), patient=patient, reason=reason)
    browser, address = Client(), f"/r/{token_of(visit.pk)}/"
    browser.post(address, {"birth": "04/03/1980"})
    assert moved(browser, address, here, "2026-11-28", "09:45").status_code == 303
    visit.refresh_from_db()
    assert (visit.start, visit.origin) == (at("2026-11-28", "09:45"), Origin.PRACTICE)
