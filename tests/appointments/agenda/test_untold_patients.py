"""A message that did not reach its patient is told to the practice at once: above the agenda, on its block, on its page."""

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
TITLE = "Un patient à prévenir : son e-mail n’est pas arrivé"
MARK = "patient à prévenir,"
UNDELIVERED = [MessageState.REFUSED, MessageState.ABANDONED]


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


@pytest.mark.parametrize("state", UNDELIVERED)
def test_it_is_told_whatever_week_is_shown_and_marked_in_its_own(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment, state: MessageState
) -> None:
    PatientMessage.objects.update(state=state)
    this_week = agenda(practitioner_client, practitioner)
    assert TITLE in this_week
    assert "Jeu. 3 déc. à 14 h 00, Kiwano J." in this_week
    assert MARK not in this_week
    assert MARK in agenda(practitioner_client, practitioner, "2026-12-03")


@pytest.mark.parametrize("state", sorted(set(MessageState) - set(UNDELIVERED)))
def test_what_left_or_still_may_is_not_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment, state: MessageState
) -> None:
    PatientMessage.objects.update(state=state, sent_at=NOW)
    shown = agenda(practitioner_client, practitioner, "2026-12-03")
    assert TITLE not in shown
    assert MARK not in shown
    assert "n’a pas reçu notre e-mail" not in page(practitioner_client, appointment)


def test_the_page_says_what_came_of_it_and_how_to_tell_them(
    practitioner_client: Client, appointment: Appointment
) -> None:
    PatientMessage.objects.update(state=MessageState.REFUSED)
    told = page(practitioner_client, appointment)
    assert "Le patient n’a pas reçu notre e-mail (confirmation)" in told
    assert "Un serveur de messagerie le refuse pour kiwano@exemple.test" in told
    assert "Prévenez-le au 06 39 98 00 45" in told
    assert "refusé par un serveur de messagerie, prévenez-le par téléphone" in told

    PatientMessage.objects.update(state=MessageState.ABANDONED)
    assert "Il n’a pas pu partir à temps." in page(practitioner_client, appointment)


def test_one_that_has_not_left_yet_says_when_it_is_tried_again(
    practitioner_client: Client, appointment: Appointment
) -> None:
    assert "E-mail au patient : en cours d’envoi" in page(practitioner_client, appointment)
    PatientMessage.objects.update(cause="ConnectionRefusedError", attempts=3, next_attempt_at=at("2026-11-25", "10:52"))
    assert "pas encore parti, nouvel essai à 10 h 52" in page(practitioner_client, appointment)


def test_the_last_word_counts(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    """A confirmation that was refused, then a cancellation that left: the patient knows."""
    PatientMessage.objects.update(state=MessageState.REFUSED)
    by = factories.practice_actor(practitioner)
    cancel_appointment(appointment_id=appointment.id, version=1, by=by, now=NOW)
    last = PatientMessage.objects.latest("pk")
    for state, is_told in [(MessageState.SENT, False), (MessageState.REFUSED, True)]:
        PatientMessage.objects.filter(pk=last.pk).update(state=state, sent_at=NOW)
        assert (TITLE in agenda(practitioner_client, practitioner)) is is_told
        assert ("n’a pas reçu notre e-mail (annulation)" in page(practitioner_client, appointment)) is is_told


def test_what_has_begun_is_no_longer_to_be_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    PatientMessage.objects.update(state=MessageState.REFUSED)
    Appointment.objects.update(start=at("2026-11-25", "10:30"), end=at("2026-11-25", "10:45"))
    assert TITLE not in agenda(practitioner_client, practitioner)
    assert "n’a pas reçu notre e-mail" not in page(practitioner_client, appointment)


def test_who_does_not_see_the_visit_is_told_nothing(
    sign_in: Callable[[User], Client], practitioner: Practitioner, appointment: Appointment
) -> None:
    """A secretary of another place of the same practitioner."""
    user = factories.user()
    factories.delegate(user, factories.schedule(practitioner=practitioner))
    PatientMessage.objects.update(state=MessageState.REFUSED)
    shown = agenda(sign_in(user), practitioner, "2026-12-03")
    assert TITLE not in shown
    assert "Kiwano" not in shown


def test_once_told_otherwise_it_is_put_away(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    PatientMessage.objects.update(state=MessageState.REFUSED)
    assert "Patient prévenu" in page(practitioner_client, appointment)
    practitioner_client.post(f"/rendez-vous/{appointment.id}/prevenu/", {"version": 1})
    assert PatientMessage.objects.get().state == MessageState.TOLD
    told = page(practitioner_client, appointment)
    assert "pas arrivé, patient prévenu autrement" in told
    assert "n’a pas reçu notre e-mail" not in told
    assert TITLE not in agenda(practitioner_client, practitioner)


@pytest.mark.parametrize("state", sorted(set(MessageState) - set(UNDELIVERED)))
def test_what_may_still_leave_is_not_put_away(
    practitioner_client: Client, appointment: Appointment, state: MessageState
) -> None:
    PatientMessage.objects.update(state=state, sent_at=NOW)
    practitioner_client.post(f"/rendez-vous/{appointment.id}/prevenu/", {"version": 1})
    assert PatientMessage.objects.get().state == state


def test_who_was_told_of_the_visit_as_it_was_is_not_told(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    """Moved by a colleague meanwhile, and that message was refused too."""
    by = factories.practice_actor(practitioner)
    start = at("2026-12-03", "15:00")
    move_appointment(appointment_id=appointment.id, version=1, start=start, by=by, now=NOW, despite=True)
    PatientMessage.objects.update(state=MessageState.REFUSED)
    answer = practitioner_client.post(f"/rendez-vous/{appointment.id}/prevenu/", {"version": 1})
    assert answer.status_code == 409
    assert set(PatientMessage.objects.values_list("state", flat=True)) == {MessageState.REFUSED}
