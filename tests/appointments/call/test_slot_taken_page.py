"""Somebody was faster: the page says so, and one click books another with the details kept."""

from datetime import time

import pytest
from django.test import Client

from appointments.enums import ConsultationType, Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.reading import hidden_fields_of, nearest_of, text_of
from tests.appointments.call.requests import TEN, filled_in, key_of, send
from tests.factories import at

pytestmark = pytest.mark.django_db
BOOK = "/rendez-vous/nouveau/"
QUARTER_PAST = at("2026-11-25", "10:15")


def take(client: Client, schedule: Schedule, **fields: str) -> str:
    """The page after somebody else got 10:00."""
    factories.appointment(schedule_=schedule, start=TEN)
    response = send(client, filled_in(key_of(schedule), **fields))
    assert response.status_code == 409
    return response.content.decode()


def test_it_says_so_and_shows_the_three_nearest(regulator_client: Client, schedule: Schedule) -> None:
    page = take(regulator_client, schedule)
    assert "Ce créneau vient d’être pris" in page
    assert "Aujourd’hui à 10 h 00 n’est plus libre. Rien n’a été enregistré pour votre patient." in text_of(page)
    # Later first, then nearer: who is on the phone can wait rather than hurry.
    assert nearest_of(page) == ["10h15", "10h30", "10h45"]
    assert page.count('type="radio"') == 3
    assert page.count(" checked") == 1
    assert page.index(" checked") < page.index(key_of(schedule, at("2026-11-25", "10:30")))


def test_what_was_typed_is_listed_and_goes_along(regulator_client: Client, schedule: Schedule) -> None:
    reason = schedule.organization.reasons.get(label="Toux")
    note = "Entorse.\nSpO2 < 92 %"
    page = take(regulator_client, schedule, reason=str(reason.id), note=note, email="kumquat@exemple.test")
    for told in ("Kumquat Jasmin-Démo, née le 14 février 1991", "06 39 98 12 34", "kumquat@exemple.test", "Toux"):
        assert told in text_of(page)
    kept = hidden_fields_of(page)
    assert (kept["birth_date"], kept["phone"], kept["note"]) == ("14 février 1991", "06 39 98 12 34", note)
    response = send(regulator_client, kept | {"creneau": key_of(schedule, QUARTER_PAST)})
    assert response.status_code == 303
    booked = Appointment.objects.get(start=QUARTER_PAST)
    assert (booked.patient.family_name, booked.reason, booked.note) == ("Jasmin-Démo", reason, note)


def test_the_second_choice_may_be_gone_too(regulator_client: Client, schedule: Schedule) -> None:
    kept = hidden_fields_of(take(regulator_client, schedule))
    factories.appointment(schedule_=schedule, start=QUARTER_PAST)
    response = send(regulator_client, kept | {"creneau": key_of(schedule, QUARTER_PAST)})
    assert response.status_code == 409
    assert nearest_of(response.content.decode()) == ["10h30", "10h45", "11h00"]


def test_errors_are_kept_for_the_next_slot(regulator_client: Client, schedule: Schedule) -> None:
    page = take(regulator_client, schedule, phone="06 39 98 12 3")
    assert "À corriger Téléphone" in text_of(page)
    response = send(regulator_client, hidden_fields_of(page) | {"creneau": key_of(schedule, QUARTER_PAST)})
    assert response.status_code == 422
    assert "Ce numéro a 9 chiffres" in response.content.decode()


def test_another_type_of_consultation_is_never_swapped_silently(regulator_client: Client) -> None:
    schedule = factories.rule(end_time=time(10, 15), consultation_types=[ConsultationType.VR]).schedule
    factories.rule(schedule=schedule, start_time=time(10, 15), consultation_types=[ConsultationType.AMB])
    kept = hidden_fields_of(take(regulator_client, schedule, consultation_type="VR"))
    response = send(regulator_client, kept | {"creneau": key_of(schedule, QUARTER_PAST)})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Ce créneau est proposé « Au cabinet » : voyez avec le patient, puis confirmez." in text_of(page)
    assert not Appointment.objects.filter(start=QUARTER_PAST).exists()
    # The only type there is comes chosen: confirming once more is enough.
    assert 'value="AMB" id="id_consultation_type_0" checked' in page
    confirmed = kept | {"creneau": key_of(schedule, QUARTER_PAST), "consultation_type": "AMB"}
    assert send(regulator_client, confirmed).status_code == 303


def test_a_reason_the_new_slot_does_not_offer_is_asked_again(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(12), end_time=time(13))
    reason = schedule.organization.reasons.get(label="Toux")
    noon = at("2026-11-25", "12:00")
    body = filled_in(key_of(schedule, noon), reason=str(reason.id))
    response = send(regulator_client, body)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Ce motif n’est pas proposé sur ce créneau" in page
    assert send(regulator_client, body | {"reason": ""}).status_code == 303


def test_the_same_place_goes_before_another_which_is_named(regulator_client: Client, schedule: Schedule) -> None:
    elsewhere = factories.rule(
        schedule=factories.schedule(practitioner=schedule.practitioner), start_time=time(12), end_time=time(13)
    ).schedule
    for start in ("09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "11:00", "11:15", "11:30", "11:45"):
        factories.appointment(schedule_=schedule, start=at("2026-11-25", start))
    response = send(regulator_client, filled_in(key_of(schedule, at("2026-11-25", "11:45"))))
    page = response.content.decode()
    assert nearest_of(page) == ["10h45", "10h30", "12h00"]
    assert text_of(page).count(elsewhere.location.name) == 1


def test_nothing_else_free_still_keeps_the_details_in_sight(regulator_client: Client, schedule: Schedule) -> None:
    factories.absence(
        practitioner=schedule.practitioner, start=at("2026-11-25", "07:00"), end=at("2026-12-25", "07:00")
    )
    response = send(regulator_client, filled_in(key_of(schedule)))
    page = response.content.decode()
    assert response.status_code == 409
    assert "n’a plus de créneau libre" in text_of(page)
    assert "Kumquat Jasmin-Démo" in page
    assert schedule.location.phone in page


def test_a_cancelled_appointment_does_not_take_the_slot(regulator_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, start=TEN, status=Status.CANCELLED)
    assert send(regulator_client, filled_in(key_of(schedule))).status_code == 303
