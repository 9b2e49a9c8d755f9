"""A patient whom no message reached is told to the practice at once: above the agenda, on the block, on the page of the visit."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Practitioner, User
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.enums import MessageState
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
TITLE = "Un patient à prévenir : aucun message ne lui est arrivé"
MARK = "patient à prévenir,"
NOTICE = "Prévenez-le"
STATES = sorted(set(MessageState) - {MessageState.TO_CALL, MessageState.TOLD})


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    """On Thursday of next week."""
    patient = factories.patient(
        given_name="Kiwano", family_name="Jasmin-Démo", email="kiwano@exemple.test", phone="+33639980045"
    )
    return factories.appointment(schedule_=schedule, start=at("2026-12-03", "14:00"), patient=patient)


def agenda(client: Client, practitioner: Practitioner, day: str = "2026-11-25") -> str:
    return text_of(client.get(f"/agenda/{practitioner.id}/semaine/{day}/"))


def page(client: Client, appointment: Appointment) -> str:
    return text_of(client.get(f"/rendez-vous/{appointment.id}/"))


def test_it_is_told_whatever_week_is_shown_and_marked_in_its_own(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    factories.to_call(appointment)
    this_week = agenda(practitioner_client, practitioner)
    assert TITLE in this_week
    assert "Jeu. 3 déc. à 14 h 00, JASMIN-DÉMO Kiwano" in this_week
    assert MARK not in this_week
    assert MARK in agenda(practitioner_client, practitioner, "2026-12-03")


def test_what_left_or_still_may_is_not_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    for state in STATES:
        PatientMessage.objects.update(state=state, sent_at=NOW)
        shown = agenda(practitioner_client, practitioner, "2026-12-03")
        assert TITLE not in shown, state
        assert MARK not in shown, state
        assert NOTICE not in page(practitioner_client, appointment), state


def test_the_page_says_what_came_of_it_and_how_to_tell_them(
    practitioner_client: Client, appointment: Appointment
) -> None:
    factories.to_call(appointment, cause="Ne veut pas recevoir de message.")
    told = page(practitioner_client, appointment)
    assert "Patient à prévenir (confirmation)" in told
    assert "À prévenir de vive voix : ne veut pas recevoir de message." in told
    assert "Prévenez-le au 06 39 98 00 45" in told
    assert "E-mail au patient (confirmation) : refusé par un serveur de messagerie" in told


def test_one_that_has_not_left_yet_says_when_it_is_tried_again(
    practitioner_client: Client, appointment: Appointment
) -> None:
    assert "E-mail au patient (confirmation) : en cours d’envoi" in page(practitioner_client, appointment)
    # Kept until the end of the quiet hours.
    PatientMessage.objects.update(next_attempt_at=at("2026-11-26", "08:00"))
    assert "E-mail au patient (confirmation) : partira demain à 8 h 00" in page(practitioner_client, appointment)
    PatientMessage.objects.update(cause="ConnectionRefusedError", attempts=3, next_attempt_at=at("2026-11-25", "10:52"))
    assert "pas encore parti, nouvel essai à 10 h 52" in page(practitioner_client, appointment)


def test_the_last_word_counts(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    """A confirmation that was refused, then a cancellation: who was to be told of the first is to be told of the last."""
    factories.to_call(appointment)
    by = factories.practice_actor(practitioner)
    cancel_appointment(appointment_id=appointment.id, version=1, by=by, now=NOW)
    assert TITLE not in agenda(practitioner_client, practitioner)
    factories.to_call(appointment, kind="cancellation")
    assert TITLE in agenda(practitioner_client, practitioner)
    assert "Patient à prévenir (annulation)" in page(practitioner_client, appointment)


def test_what_has_begun_is_no_longer_to_be_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    factories.to_call(appointment)
    Appointment.objects.update(start=at("2026-11-25", "10:30"), end=at("2026-11-25", "10:45"))
    assert TITLE not in agenda(practitioner_client, practitioner)
    assert NOTICE not in page(practitioner_client, appointment)


def test_who_does_not_see_the_visit_is_told_nothing(
    sign_in: Callable[[User], Client], practitioner: Practitioner, appointment: Appointment
) -> None:
    """A secretary of another place of the same practitioner."""
    user = factories.user()
    factories.delegate(user, factories.schedule(practitioner=practitioner))
    factories.to_call(appointment)
    shown = agenda(sign_in(user), practitioner, "2026-12-03")
    assert TITLE not in shown
    assert "Kiwano" not in shown


def test_once_somebody_told_them_it_is_put_away_with_who_and_when(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    call = factories.to_call(appointment)
    assert "J’ai prévenu" in page(practitioner_client, appointment)
    practitioner_client.post(f"/rendez-vous/{appointment.id}/prevenu/", {"version": 1, "acte": "prevenu"})
    call.refresh_from_db()
    assert (call.state, call.told_by, call.answered_at) == (MessageState.TOLD, practitioner.user.get_full_name(), NOW)
    told = page(practitioner_client, appointment)
    assert f"prévenu de vive voix par {practitioner.user.get_full_name()} à 10 h 40" in told
    assert NOTICE not in told
    assert TITLE not in agenda(practitioner_client, practitioner)


def test_who_sees_to_it_is_said_to_the_others_one_at_a_time(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    call = factories.to_call(appointment)
    address = f"/rendez-vous/{appointment.id}/prevenu/"
    practitioner_client.post(address, {"version": 1, "acte": "charge"})
    call.refresh_from_db()
    assert (call.state, call.owner_side) == (MessageState.TO_CALL, "practice")
    assert f"{call.owner_name} s’en charge" in page(practitioner_client, appointment)
    assert f"JASMIN-DÉMO Kiwano ({call.owner_name} s’en charge)" in agenda(practitioner_client, practitioner)
    # The practice took it by itself: there is no regulation to give it to.
    assert practitioner_client.post(address, {"version": 1, "acte": "passer"}).status_code == 404


def test_who_was_told_of_the_visit_as_it_was_is_not_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    """Moved by a colleague meanwhile, and that did not reach them either."""
    by = factories.practice_actor(practitioner)
    start = at("2026-12-03", "15:00")
    move_appointment(appointment_id=appointment.id, version=1, start=start, by=by, now=NOW, despite=True)
    call = factories.to_call(appointment)
    answer = practitioner_client.post(f"/rendez-vous/{appointment.id}/prevenu/", {"version": 1})
    assert answer.status_code == 409
    call.refresh_from_db()
    assert call.state == MessageState.TO_CALL
