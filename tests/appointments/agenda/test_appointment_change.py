"""« Modifier »: everything of a booked visit in one form; what was done, undone from its page."""

from typing import Any

import pytest
from django.test import Client

from appointments.enums import EventKind, Status
from appointments.models import Appointment, PatientMessage, ReasonAt, Schedule
from tests import factories
from tests.appointments.agenda.pages import despite_of, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(schedule: Schedule) -> Appointment:
    factories.rule(schedule=schedule)
    patient = factories.patient(email="kiwano@exemple.test")
    return factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"), patient=patient)


def typed(visit: Appointment, **other: Any) -> dict[str, Any]:
    """The form as the page opens it, but for this."""
    visit.refresh_from_db()
    as_it_is = {
        "version": visit.version, "schedule": str(visit.schedule_id), "day": "2026-11-26", "hour": "9 h 00", "minutes": "15",
        "reason": "", "consultation_type": "AMB", "visit_address": "", "note": "",
    }  # fmt: skip
    return as_it_is | other


def post(client: Client, visit: Appointment, **other: Any) -> Any:
    return client.post(f"/rendez-vous/{visit.id}/modifier/", typed(visit, **other))


def test_everything_changes_at_once_and_the_history_says_what(practitioner_client: Client, visit: Appointment) -> None:
    reason = factories.reason(visit.schedule, label="Vaccin", minutes=30)
    page = practitioner_client.get(f"/rendez-vous/{visit.id}/modifier/")
    assert "Vaccin (30 min)" in text_of(page)
    done = post(
        practitioner_client,
        visit,
        day="2026-11-27",
        hour="10h",
        reason=str(reason.id),
        consultation_type="VR",
        note="Béquilles",
    )
    assert done.status_code == 303
    visit.refresh_from_db()
    assert (visit.start, visit.minutes, visit.reason, visit.note) == (
        at("2026-11-27", "10:00"),
        15,
        reason,
        "Béquilles",
    )
    said = text_of(practitioner_client.get(done.url))
    assert "La durée reste de 15 min ; ce motif en prend 30 min." in said
    assert "Déplacé du jeudi 26 novembre à 9 h 00 au vendredi 27 novembre à 10 h 00" in said
    assert "Motif (avant : non précisé), Consultation (avant : au cabinet), Message pour le praticien" in said


def test_what_is_in_the_way_is_named_and_going_on_is_a_button_of_its_own(
    practitioner_client: Client, visit: Appointment
) -> None:
    other = factories.patient(given_name="Inès", family_name="Capucine")
    factories.appointment(schedule_=visit.schedule, start=at("2026-11-26", "09:20"), patient=other)
    warned = post(practitioner_client, visit, minutes="30", note="Gardée")
    assert "CAPUCINE Inès" in text_of(warned)
    assert "Gardée" in warned.content.decode()
    assert post(practitioner_client, visit, minutes="30", despite=despite_of(warned)).status_code == 303
    visit.refresh_from_db()
    assert visit.overbooked


def test_the_second_of_two_keeps_what_was_typed(practitioner_client: Client, visit: Appointment) -> None:
    late = typed(visit, minutes="25", note="Avec sa fille")
    post(practitioner_client, visit, minutes="20")
    refused = practitioner_client.post(f"/rendez-vous/{visit.id}/modifier/", late)
    assert refused.status_code == 409
    page = text_of(refused)
    assert "a changé entre-temps" in page
    assert "Durée en minutes : 20" in page
    assert 'value="25"' in refused.content.decode()
    assert "Avec sa fille" in refused.content.decode()
    again = practitioner_client.post(f"/rendez-vous/{visit.id}/modifier/", late | {"version": late["version"] + 1})
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"minutes": "3"}, "Un rendez-vous dure de"),
        ({"consultation_type": "HH"}, "Indiquez où va le praticien"),
        ({"day": "2026-11-24"}, "Ce jour est passé"),
        ({"reason": "0" * 32}, "Ce motif n’est pas proposé"),
        ({}, "tout était déjà ainsi"),
    ],
)
def test_what_can_t_be_is_told_at_its_field(
    practitioner_client: Client, visit: Appointment, other: dict[str, str], said: str
) -> None:
    refused = post(practitioner_client, visit, **other)
    assert refused.status_code == 422
    assert said in text_of(refused)


def test_a_colleague_takes_it_at_another_hour(secretary_client: Client, secretary: Any, visit: Appointment) -> None:
    colleague = factories.rule(schedule=factories.colleague(visit.schedule)).schedule
    factories.delegation(colleague.practitioner, secretary)
    reason = factories.reason(visit.schedule)
    Appointment.objects.filter(pk=visit.pk).update(reason=reason)
    ReasonAt.objects.create(schedule=colleague, reason=reason)
    done = post(secretary_client, visit, schedule=str(colleague.id), hour="10h", reason=str(reason.id), untold="on")
    assert done.status_code == 303
    visit.refresh_from_db()
    assert (visit.schedule, visit.start, visit.reason) == (colleague, at("2026-11-26", "10:00"), reason)
    assert not PatientMessage.objects.filter(event__kind=EventKind.REASSIGNED).exists()


def test_the_last_change_is_undone_from_the_page(practitioner_client: Client, visit: Appointment) -> None:
    post(practitioner_client, visit, hour="11h")
    address = f"/rendez-vous/{visit.id}/"
    assert "Défaire le dernier changement" in text_of(practitioner_client.get(address))
    visit.refresh_from_db()
    done = practitioner_client.post(f"{address}defaire/", {"version": visit.version})
    assert done.url == address
    assert "C’est défait : jeudi 26 novembre à 9 h 00" in text_of(practitioner_client.get(address))


def test_a_cancellation_tells_who_asked_and_is_taken_back(practitioner_client: Client, visit: Appointment) -> None:
    address = f"/rendez-vous/{visit.id}/"
    asked = {"version": visit.version, "cancelled_for": "patient", "because": "Guéri", "untold": "on"}
    practitioner_client.post(f"{address}annuler/", asked)
    page = text_of(practitioner_client.get(address))
    assert "À la demande du patient : Guéri" in page
    assert "Rendez-vous annulé : à la demande du patient" in page
    assert not PatientMessage.objects.filter(event__kind=EventKind.CANCELLED).exists()
    factories.appointment(schedule_=visit.schedule, start=visit.start)
    visit.refresh_from_db()
    warned = practitioner_client.post(f"{address}defaire/", {"version": visit.version})
    despite = despite_of(warned)
    practitioner_client.post(f"{address}defaire/", {"version": visit.version, "despite": despite})
    visit.refresh_from_db()
    assert (visit.status, visit.overbooked) == (Status.BOOKED, True)
