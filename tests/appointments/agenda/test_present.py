"""What an open agenda asks for every few seconds: nearly nothing when nothing changed, and else what others have just done."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Level
from accounts.models import Practitioner, User
from appointments.booking.services.changes import cancel_appointment, note_arrival
from appointments.booking.services.moving import move_appointment
from appointments.models import Appointment, Schedule
from interop.enums import DeliveryState
from interop.models import Delivery
from tests import factories
from tests.appointments.agenda.pages import words
from tests.factories import at

pytestmark = pytest.mark.django_db
NOW = at("2026-11-25", "10:40")
# Session, user, rights; how far the lines of time have come.
UNCHANGED = 4
# Then: to be called, in the waiting room, to close.
CHANGED = UNCHANGED + 3


def shown_at(client: Client, practitioner: Practitioner) -> str:
    """As the page was drawn."""
    page = client.get(f"/agenda/{practitioner.id}/semaine/2026-11-25/").content.decode()
    [found] = re.findall(r'<div class="nowbar".*?data-shown-at="([^"]*)"', page, re.DOTALL)
    assert found.strip()
    return str(found.strip())


def ask(client: Client, shown: str, more: str = "") -> tuple[int, str, int]:
    """Status, words, queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"/agenda/present/?vu={shown}{more}")
    return answer.status_code, words(answer.content.decode()), len(queries)


def facts(client: Client, *visits: Appointment) -> str:
    query = "&".join(f"rdv={one.id}" for one in visits)
    return words(client.get(f"/agenda/present/faits/?{query}").content.decode())


def test_nothing_new_costs_one_read_and_leaves_the_session_as_it_was(
    secretary_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    shown = shown_at(secretary_client, practitioner)
    before = list(Session.objects.values_list("session_data", "expire_date"))
    assert ask(secretary_client, shown) == (204, "", UNCHANGED)
    assert list(Session.objects.values_list("session_data", "expire_date")) == before


@pytest.mark.parametrize("count", [1, 6])
def test_what_waits_is_told_at_the_same_cost_however_much_it_is(
    secretary_client: Client, practitioner: Practitioner, schedule: Schedule, count: int
) -> None:
    shown = shown_at(secretary_client, practitioner)
    for number in range(count):
        start = at("2026-11-25", "08:00") + timedelta(minutes=5 * number)
        one = factories.appointment(schedule_=schedule, start=start, minutes=5, by=factories.regulator_actor())
        Appointment.objects.filter(pk=one.pk).update(arrived_at=start)
    status, told, queries = ask(secretary_client, shown)
    assert (status, queries) == (200, CHANGED)
    assert f"{count} en salle, 2 h 40{' au plus' if count > 1 else ''} {count} à clore" in told
    # What the clock alone changes is asked for apart.
    now = shown_at(secretary_client, practitioner)
    assert ask(secretary_client, now)[0] == 204
    assert ask(secretary_client, now, "&barre=1")[0::2] == (200, CHANGED)


def test_each_fact_says_what_when_who_and_by_whom(
    secretary_client: Client, secretary: User, practitioner: Practitioner, schedule: Schedule
) -> None:
    by = factories.practice_actor(practitioner)
    person = {"family_name": "Mangue", "given_name": "Prune"}
    visits = [
        factories.appointment(
            schedule_=schedule, start=at("2026-11-25", hour), by=who, patient=factories.patient(**person)
        )
        for hour, who in [("11:20", factories.regulator_actor()), ("12:00", by)]
    ]
    told = facts(secretary_client, *visits)
    assert "Nouveau rendez-vous SAS à 11 h 20, MANGUE Prune" in told
    assert f"Nouveau rendez-vous à 12 h 00, MANGUE Prune, par {by.name}" in told
    one = visits[0]
    note_arrival(appointment_id=one.id, version=1, by=by, now=NOW)
    assert "Arrivée du rendez-vous à 11 h 20, MANGUE Prune, par" in facts(secretary_client, one)
    move_appointment(appointment_id=one.id, version=2, start=at("2026-11-26", "09:00"), by=by, now=NOW, despite=True)
    assert "Rendez-vous déplacé jeudi 26 novembre à 9 h 00, MANGUE Prune, par" in facts(secretary_client, one)
    cancel_appointment(appointment_id=one.id, version=3, by=by, now=NOW)
    secretary.discreet_agenda = True
    secretary.save()
    assert "Rendez-vous annulé jeudi 26 novembre à 9 h 00, Prune M., par" in facts(secretary_client, one)


def test_of_agendas_that_one_does_not_see_nothing_is_told(
    practitioner: Practitioner, schedule: Schedule, sign_in: Callable[[User], Client]
) -> None:
    visit = factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:20"))
    Appointment.objects.filter(pk=visit.pk).update(arrived_at=NOW)
    somebody = factories.user()
    factories.delegate(somebody, schedule, Level.BUSY)
    client = sign_in(somebody)
    # That time is taken one may see: the page is told that something changed, and no more.
    assert ask(client, f"{practitioner.id}:0")[:2] == (200, "")
    assert facts(client, visit) == ""
    elsewhere = factories.schedule()
    assert ask(client, f"{elsewhere.practitioner_id}:0")[0] == 404


@pytest.mark.parametrize("asked", ["", "x", f"{uuid.UUID(int=1)}", f"{uuid.UUID(int=1)}:x", "\x00:1"])
def test_what_no_page_asks_is_not_found(secretary_client: Client, asked: str) -> None:
    assert ask(secretary_client, asked)[0] == 404
    assert secretary_client.get(f"/agenda/present/faits/?rdv={asked}").status_code in {404, 200}


HOW_FAR = [
    (DeliveryState.PLANNED, "Transmission au SAS en cours", "load delay:3s"),
    (DeliveryState.RETRYING, "SAS : nouvel essai prévu", "load delay:30s"),
    (DeliveryState.SENT, "Transmis au SAS", ""),
    (DeliveryState.BLOCKED, "Non transmis au SAS", ""),
]


def test_how_far_the_sas_knows_a_visit_is_on_its_page_and_asked_until_it_does(
    secretary_client: Client, schedule: Schedule
) -> None:
    visit = factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:20"), by=factories.regulator_actor())
    for state, told, asks in HOW_FAR:
        Delivery.objects.update(state=state, sent_at=NOW if state == DeliveryState.SENT else None)
        page = secretary_client.get(f"/rendez-vous/{visit.id}/").content.decode()
        fragment = secretary_client.get(f"/rendez-vous/{visit.id}/sas/").content.decode()
        assert told in words(page), state
        assert told in words(fragment), state
        assert re.findall(r'hx-trigger="([^"]*)"', fragment) == ([asks] if asks else []), state


def test_of_what_the_sas_is_not_told_nothing_is_said(secretary_client: Client, schedule: Schedule) -> None:
    visit = factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:20"))
    Delivery.objects.all().delete()
    assert words(secretary_client.get(f"/rendez-vous/{visit.id}/sas/").content.decode()) == ""
