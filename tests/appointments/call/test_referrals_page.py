"""« Mes orientations »: what this regulator booked, and how it stands."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.enums import ConsultationType, MessageState, Status
from appointments.models import Appointment, PatientMessage, Schedule
from interop.enums import DeliveryState
from interop.models import Delivery
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import TEN
from tests.factories import at

pytestmark = pytest.mark.django_db
PAGE = "/orientations/"


@pytest.fixture
def actor(regulator: Regulator) -> Actor:
    return Actor(user=regulator.user, regulator=regulator)


def booked(actor: Actor, schedule: Schedule, count: int) -> list[Appointment]:
    """`count` coming ones, a quarter of an hour apart, each with a message planned."""
    made = []
    for number in range(count):
        start = TEN + timedelta(minutes=15 * number)
        one = factories.appointment(
            schedule_=schedule, by=actor, start=start, patient=factories.patient(email="a@exemple.test")
        )
        made.append(one)
    return made


def rows_of(page: str) -> list[str]:
    return [text_of(row) for row in re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.S)]


def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"/connexion/?next={PAGE}"


def test_it_exists_for_regulators_only(practitioner_client: Client, secretary_client: Client) -> None:
    get(practitioner_client, PAGE, 404)
    get(secretary_client, PAGE, 404)


def test_a_practitioner_who_signed_in_the_ordinary_way_is_no_regulator(
    regulator: Regulator, sign_in: Callable[[User], Client]
) -> None:
    assert regulator.user is not None
    get(sign_in(regulator.user), PAGE, 404)


def test_nothing_yet(regulator_client: Client) -> None:
    assert "Aucune orientation à venir." in text_of(get(regulator_client, PAGE))
    assert "Aucune orientation passée." in text_of(get(regulator_client, f"{PAGE}?periode=passees"))


def test_only_ones_own(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    mine = booked(actor, schedule, 1)[0]
    factories.appointment(schedule_=factories.schedule(), by=factories.regulator_actor(), start=TEN)
    factories.appointment(schedule_=factories.schedule(), start=TEN)
    page = get(regulator_client, PAGE)
    assert len(rows_of(page)) == 1
    assert f"/rendez-vous/{mine.id}/confirmation/" in page


def test_a_row_says_when_who_and_how_it_stands(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    patient = factories.patient(given_name="Kumquat", family_name="Jasmin-Démo", email="kumquat@exemple.test")
    factories.appointment(schedule_=schedule, by=actor, start=TEN, patient=patient)
    page = get(regulator_client, PAGE)
    row = rows_of(page)[0]
    for part in ("Aujourd’hui, 10 h 00", "K. J.", "Dr Alba Tournesol", schedule.location.name, "Confirmé"):
        assert part in row
    assert "E-mail en cours" in row
    assert "En cours" in row
    assert "Jasmin" not in page
    assert "kumquat" not in page


def test_what_needs_a_call_is_seen(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    [made] = booked(actor, schedule, 1)
    factories.to_call(made, kind="cancellation")
    Delivery.objects.update(state=DeliveryState.BLOCKED)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Patient à prévenir" in row  # on a phone, under the status
    assert "À prévenir" in row
    assert "Non transmis" in row


def test_who_is_to_be_told_is_counted_and_taken_by_one_side_at_a_time(
    regulator_client: Client, actor: Actor, schedule: Schedule
) -> None:
    [made] = booked(actor, schedule, 1)
    call = factories.to_call(made, kind="cancellation")
    page = get(regulator_client, PAGE)
    assert "À prévenir 1" in text_of(page)
    assert f"tel:{made.contact_phone}" in page
    address, version = f"/rendez-vous/{made.id}/prevenu/", Appointment.objects.get(pk=made.pk).version
    regulator_client.post(address, {"version": version, "acte": "passer"})
    call.refresh_from_db()
    assert (call.state, call.owner_side) == (MessageState.TO_CALL, "practice")
    assert "À prévenir 1" not in text_of(get(regulator_client, PAGE))
    answer = regulator_client.post(address, {"version": version, "acte": "prevenu"})
    call.refresh_from_db()
    assert (call.state, call.told_by) == (MessageState.TOLD, actor.name)
    assert answer["Location"] == PAGE
    assert "Averti" in rows_of(get(regulator_client, PAGE))[0]
    stale = regulator_client.post(address, {"version": version + 1}, follow=True)
    assert "a changé entre-temps" in text_of(stale.content.decode())


def test_what_went_well_is_seen(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 1)
    PatientMessage.objects.update(state=MessageState.SENT, sent_at=NOW)
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "E-mail envoyé Transmis" in row


def test_without_address_the_patient_was_told_by_phone(
    regulator_client: Client, actor: Actor, schedule: Schedule
) -> None:
    factories.appointment(schedule_=schedule, by=actor, start=TEN, consultation_type=ConsultationType.VR)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Par téléphone" in row
    assert "Téléconsultation" in row


def test_the_last_message_counts(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    made = booked(actor, schedule, 1)[0]
    PatientMessage.objects.update(state=MessageState.SENT, sent_at=NOW)
    cancel_appointment(appointment_id=made.id, version=1, by=actor, now=NOW)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Annulé" in row
    assert "E-mail en cours" in row


def test_coming_and_past_ones_have_their_tabs(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    for start in ("2026-11-24", "2026-11-20", "2026-11-26", "2026-11-30"):
        status = Status.BOOKED if start > "2026-11-25" else Status.FULFILLED
        factories.appointment(schedule_=schedule, by=actor, start=at(start, "10:00"), status=status)
    coming, past = get(regulator_client, PAGE), get(regulator_client, f"{PAGE}?periode=passees")
    assert "À venir 2 Passées 2" in text_of(coming)
    assert rows_of(coming)[0].startswith("Demain, 10 h 00")
    assert rows_of(coming)[1].startswith("Lun. 30 nov., 10 h 00")
    assert rows_of(past)[0].startswith("Hier, 10 h 00")
    assert rows_of(past)[1].startswith("Ven. 20 nov., 10 h 00")


def test_pages_of_25(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 26)
    first = get(regulator_client, PAGE)
    assert len(rows_of(first)) == 25
    assert "1 à 25 sur 26" in text_of(first)
    assert "Précédentes" not in first
    assert '<a class="btn btn--sm" href="?page=2">' in first
    second = get(regulator_client, f"{PAGE}?page=2")
    assert len(rows_of(second)) == 1
    assert "26 à 26 sur 26" in text_of(second)


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc", "%00", "9" * 400])
def test_a_page_that_is_none_shows_the_nearest(
    regulator_client: Client, actor: Actor, schedule: Schedule, page: str
) -> None:
    booked(actor, schedule, 2)
    assert len(rows_of(get(regulator_client, f"{PAGE}?page={page}"))) == 2


@pytest.mark.parametrize("count", [1, 25])
def test_the_number_of_queries_does_not_grow(
    regulator_client: Client,
    actor: Actor,
    schedule: Schedule,
    count: int,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    booked(actor, schedule, count)
    regulator_client.get(PAGE)  # the terms are remembered in the session from now on
    # session, user with regulator; counts, appointments, messages, deliveries
    with django_assert_num_queries(7):
        regulator_client.get(PAGE)
