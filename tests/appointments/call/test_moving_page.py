"""The regulator moves what they booked in one act: the same visit at another hour, or with another practitioner of the place."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.test import Client

from accounts.models import Regulator
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.holds import take_hold
from appointments.enums import Channel, EventKind, MessageState
from appointments.models import Appointment, Hold, Location, PatientMessage, Reason, RuleOffer, Schedule
from appointments.slots.slot_key import SlotKey
from interop.models import Delivery
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, hours_of, text_of
from tests.appointments.call.requests import TEN, key_of
from tests.factories import at

pytestmark = pytest.mark.django_db
ELEVEN = TEN + timedelta(hours=1)


@pytest.fixture
def actor(regulator: Regulator) -> Actor:
    return Actor(user=regulator.user, regulator=regulator)


@pytest.fixture
def booked(schedule: Schedule, actor: Actor) -> Appointment:
    patient = factories.patient(given_name="Kumquat", family_name="Jasmin-Démo", phone="", email="")
    return factories.appointment(
        schedule_=schedule,
        start=TEN,
        by=actor,
        patient=patient,
        reason=Reason.objects.filter(done_at__schedule=schedule).first(),
    )


@pytest.fixture
def colleague(schedule: Schedule) -> Schedule:
    made = factories.schedule(
        location=schedule.location, practitioner=factories.practitioner(given_name="Noé", family_name="Réglisse")
    )
    factories.rule(schedule=made, reasons=[])
    return made


def address(booked: Appointment) -> str:
    return f"/rendez-vous/{booked.id}/autre-creneau/"


def body(schedule: Schedule, **fields: str) -> dict[str, str]:
    return {"version": "1", "creneau": key_of(schedule, ELEVEN), **fields}


def test_it_moves_with_one_event_and_keeps_its_reference(
    regulator_client: Client, booked: Appointment, schedule: Schedule
) -> None:
    page = get(regulator_client, f"{address(booked)}?creneau={key_of(schedule, ELEVEN)}")
    assert "passe aujourd’hui à 11 h 00 , même praticien, même adresse" in text_of(page)
    assert Hold.objects.get().start == ELEVEN
    answer = regulator_client.post(address(booked), body(schedule))
    assert answer["Location"] == f"/rendez-vous/{booked.id}/confirmation/"
    moved = Appointment.objects.get()
    assert (moved.id, moved.start, moved.version, moved.reason_id) == (booked.id, ELEVEN, 2, booked.reason_id)
    assert [one.kind for one in moved.events.all()] == [EventKind.BOOKED, EventKind.MOVED]
    assert Delivery.objects.filter(appointment=moved).count() == 2
    assert not Hold.objects.exists()


def test_overseas_both_hours_are_said_at_the_desks_clock_too(regulator_client: Client, booked: Appointment) -> None:
    Location.objects.update(time_zone="Indian/Reunion")
    key = SlotKey(booked.schedule_id, NOW + timedelta(minutes=30), 15)
    page = text_of(get(regulator_client, f"{address(booked)}?creneau={key}"))
    assert "13 h 00, heure de La Réunion Soit 10 h 00 à Paris, votre heure" in page
    assert "11 h 30, heure de La Réunion Soit 8 h 30 à Paris, votre heure" in page
    assert "choisir" in page


def test_to_another_practitioner_of_the_place(
    regulator_client: Client, booked: Appointment, schedule: Schedule, colleague: Schedule
) -> None:
    assert "Dr Noé Réglisse" in get(regulator_client, address(booked))
    regulator_client.post(address(booked), body(colleague))
    moved = Appointment.objects.get()
    assert (moved.practitioner, moved.schedule) == (colleague.practitioner, colleague)
    # Not one of the reasons of that slot.
    assert moved.reason is None
    assert moved.events.last().kind == EventKind.REASSIGNED


def test_who_shows_regulators_nothing_is_not_named(
    regulator_client: Client, booked: Appointment, colleague: Schedule
) -> None:
    RuleOffer.objects.filter(schedule=colleague).delete()
    assert "Réglisse" not in get(regulator_client, address(booked))
    regulator_client.post(address(booked), body(colleague))
    assert Appointment.objects.get().version == 1


def test_it_opens_on_its_own_half_day(regulator_client: Client, booked: Appointment, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15), weekdays=[3])
    Appointment.objects.update(start=at("2026-11-25", "14:00"), end=at("2026-11-25", "14:15"))
    assert "Cet après-midi" in text_of(get(regulator_client, address(booked)))


def test_hours_are_those_of_its_own_way(regulator_client: Client, booked: Appointment, schedule: Schedule) -> None:
    assert len(hours_of(get(regulator_client, address(booked)))) > 1
    Appointment.objects.update(consultation_type="VR")
    assert hours_of(get(regulator_client, address(booked))) == []
    answer = regulator_client.post(address(booked), body(schedule), follow=True)
    assert "ne propose pas ce type de consultation. Le rendez-vous n’a pas bougé." in text_of(answer.content.decode())


def test_what_was_taken_meanwhile_says_so_and_it_stays(
    regulator_client: Client, booked: Appointment, schedule: Schedule
) -> None:
    factories.appointment(schedule_=schedule, start=ELEVEN)
    answer = regulator_client.post(address(booked), body(schedule), follow=True)
    assert "Le rendez-vous n’a pas bougé." in text_of(answer.content.decode())
    booked.refresh_from_db()
    assert (booked.start, booked.version) == (TEN, 1)


def test_what_another_keeps_is_not_to_be_had(regulator_client: Client, booked: Appointment, schedule: Schedule) -> None:
    take_hold(key=SlotKey(schedule.id, ELEVEN, 15), by=factories.regulator_actor(), now=NOW)
    regulator_client.post(address(booked), body(schedule))
    assert Appointment.objects.get().version == 1


def test_not_to_another_practice(regulator_client: Client, booked: Appointment) -> None:
    elsewhere = factories.schedule(practitioner=booked.practitioner)
    factories.rule(schedule=elsewhere)
    answer = regulator_client.post(address(booked), body(elsewhere), follow=True)
    assert "Un rendez-vous reste à son cabinet" in text_of(answer.content.decode())


@pytest.mark.parametrize("over", ["begun", "cancelled"])
def test_until_it_begins_and_while_it_stands(
    regulator_client: Client, booked: Appointment, schedule: Schedule, actor: Actor, over: str
) -> None:
    if over == "begun":
        Appointment.objects.update(start=NOW - timedelta(minutes=1))
    else:
        cancel_appointment(appointment_id=booked.id, version=1, by=actor, now=NOW)
    for answer in (regulator_client.get(address(booked)), regulator_client.post(address(booked), body(schedule))):
        assert answer["Location"] == f"/rendez-vous/{booked.id}/confirmation/"
    assert Appointment.objects.get().start < ELEVEN


def test_only_by_who_booked(booked: Appointment, schedule: Schedule, sign_in_regulator: Callable[..., Client]) -> None:
    other = sign_in_regulator(factories.regulator())
    assert other.get(address(booked)).status_code == other.post(address(booked), body(schedule)).status_code == 404


def test_an_older_page_changes_nothing(regulator_client: Client, booked: Appointment, schedule: Schedule) -> None:
    answer = regulator_client.post(address(booked), body(schedule, version="0"), follow=True)
    assert "Le rendez-vous n’a pas bougé." in text_of(answer.content.decode())


def test_a_patient_who_is_on_the_line_is_told_and_another_is_to_be(
    regulator_client: Client, booked: Appointment, schedule: Schedule, actor: Actor
) -> None:
    regulator_client.post(address(booked), body(schedule))
    assert PatientMessage.objects.get().state == MessageState.TO_CALL
    regulator_client.post(address(booked), {"version": "2", "creneau": key_of(schedule), "spoken": "on"})
    told = PatientMessage.objects.latest("pk")
    assert (told.state, told.channel, told.told_by) == (MessageState.TOLD, Channel.CALL, actor.name)
    assert not PatientMessage.objects.filter(state=MessageState.TO_CALL).exists()
    assert "Averti" in get(regulator_client, "/orientations/")


def test_one_message_tells_it_even_to_who_heard_it(
    regulator_client: Client, booked: Appointment, schedule: Schedule
) -> None:
    Appointment.objects.update(contact_email="kumquat@exemple.test")
    regulator_client.post(address(booked), body(schedule, spoken="on"))
    assert sorted(PatientMessage.objects.values_list("channel", "state")) == [
        (Channel.CALL, MessageState.TOLD), (Channel.EMAIL, MessageState.PLANNED)
    ]  # fmt: skip


@pytest.mark.parametrize("colleagues", [1, 5])
def test_the_number_of_queries_does_not_grow(
    regulator_client: Client,
    booked: Appointment,
    schedule: Schedule,
    colleagues: int,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    for _ in range(colleagues):
        factories.rule(schedule=factories.schedule(location=schedule.location))
    regulator_client.get("/orientations/")  # the terms are remembered in the session from now on
    # session, user with regulator; the visit; the agendas near, who shows any; what is open and taken; the bar
    with django_assert_num_queries(7):
        regulator_client.get(address(booked))
