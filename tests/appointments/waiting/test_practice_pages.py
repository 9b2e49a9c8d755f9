"""The practice sees who waits and what is proposed, adds and takes off; a regulator adds."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner
from appointments.enums import WaitingState
from appointments.models import Reason, Schedule, WaitingEntry
from appointments.waiting.services.offering import look
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.waiting.acts import cancel, waits
from tests.factories import at

pytestmark = pytest.mark.django_db
TEN = at("2026-11-26", "10:00")
TYPED = {
    "family_name": "Kumquat", "given_name": "Iris", "birth_date": "14/02/1991", "phone": "", "email": "iris@exemple.test",
    "weekdays": ["4"], "part": "morning", "notice_hours": "4", "until": "2026-12-09", "mode": "AMB", "reason": "",
}  # fmt: skip


@pytest.fixture
def desk(client: Client, alba: Practitioner) -> Client:
    client.force_login(factories.delegation(alba))
    return client


def add(browser: Client, here: Schedule, query: str = "", **typed: Any) -> Any:
    address = f"/liste-d-attente/{here.practitioner.pk}/ajouter/{query}"
    return browser.post(address, TYPED | {"schedules": [str(here.pk)]} | typed)


def test_the_practice_adds_somebody_and_takes_them_off(desk: Client, here: Schedule, reason: Reason) -> None:
    assert add(desk, here, reason=str(reason.pk)).status_code == 303
    entry = WaitingEntry.objects.get()
    assert (entry.weekdays, entry.part, entry.reason, entry.actor_kind) == ([4], "morning", reason, "user")
    page = desk.get("/liste-d-attente/").content.decode()
    assert "KUMQUAT Iris" in page
    assert "iris@exemple.test" in page
    answer = desk.post(f"/liste-d-attente/{entry.pk}/retirer/", follow=True)
    assert "Personne n’attend de place." in answer.content.decode()
    entry.refresh_from_db()
    assert (entry.state, entry.details) == (WaitingState.REMOVED, None)


def test_who_waits_already_is_said_and_nothing_typed_is_lost(desk: Client, here: Schedule, reason: Reason) -> None:
    add(desk, here)
    answer = add(desk, here)
    assert answer.status_code == 422
    assert "Déjà sur la liste d’attente depuis le mercredi 25 novembre 2026" in answer.content.decode()
    assert 'value="Kumquat"' in answer.content.decode()


def test_who_no_message_reaches_is_not_added(desk: Client, here: Schedule, reason: Reason) -> None:
    answer = add(desk, here, email="")
    assert answer.status_code == 422
    assert "indiquez un mobile, ou une adresse e-mail" in answer.content.decode()


def test_a_list_is_one_practice_s_and_so_is_the_reason(desk: Client, here: Schedule, reason: Reason) -> None:
    there = factories.schedule(practitioner=here.practitioner)
    other = factories.reason(there)
    for typed, said in (
        ({"schedules": [str(here.pk), str(there.pk)]}, "Une liste d’attente est celle d’un seul cabinet"),
        ({"reason": str(other.pk)}, "Ce motif ne se fait pas dans cet agenda"),
    ):
        answer = add(desk, here, **typed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not WaitingEntry.objects.exists()


def test_a_known_patient_waits_as_their_file(desk: Client, full: Schedule, reason: Reason) -> None:
    file = factories.file(full.organization, email="dossier@exemple.test")
    factories.appointment(schedule_=full, start=at("2026-12-10", "10:00"), patient=file)
    query = f"?dossier={file.pk}"
    page = desk.get(f"/liste-d-attente/{full.practitioner.pk}/ajouter/{query}").content.decode()
    assert file.listed_name in page
    assert add(desk, full, query, email="dossier@exemple.test").status_code == 303
    assert WaitingEntry.objects.get().file == file


def test_the_agenda_says_who_waits_and_to_whom_an_hour_is_proposed(
    desk: Client, full: Schedule, reason: Reason
) -> None:
    waits(full, reason, patient=factories.patient(family_name="Kumquat", given_name="Iris", email="iris@exemple.test"))
    cancel(full, TEN)
    look(schedule_id=full.pk, now=NOW)
    page = desk.get(f"/agenda/{full.practitioner.pk}/semaine/2026-11-26/").content.decode()
    said = page.replace("\u202f", " ").replace("\u00a0", " ")
    assert "proposé à KUMQUAT Iris jusqu’à 11 h 10" in said
    assert re.search(r"Liste d’attente<span\s+class=\"side__count\">1<", page)
    listed = desk.get("/liste-d-attente/").content.decode().replace("\u202f", " ")
    assert "proposée jusqu’à 11 h 10" in listed
    for hour, asked in (("09:55", 1), ("10:00", 1), ("10:15", 0)):
        form = desk.get(
            f"/agenda/{full.practitioner.pk}/rendez-vous/nouveau/?jour=2026-11-26&heure={hour}"
        ).content.decode()
        assert form.count("Cette heure est proposée à KUMQUAT Iris") == asked, hour


def test_others_see_and_take_off_nobody(desk: Client, here: Schedule, reason: Reason, client: Client) -> None:
    entry = waits(here, reason)
    stranger = factories.delegation(factories.schedule().practitioner)
    client.force_login(stranger)
    assert entry.contact["email"] not in client.get("/liste-d-attente/").content.decode()
    assert client.post(f"/liste-d-attente/{entry.pk}/retirer/").status_code == 404
    assert add(client, here).status_code == 404


def test_a_regulator_with_nothing_free_adds_the_caller(
    here: Schedule, reason: Reason, regulator_client: Client
) -> None:
    factories.absence(practitioner=here.practitioner, start=NOW, end=NOW + timedelta(days=30))
    browser = regulator_client
    link = f"/praticien/{here.practitioner.pk}/liste-d-attente/"
    assert link in browser.get(f"/praticien/{here.practitioner.pk}/").content.decode()
    answer = browser.post(link, TYPED | {"schedules": [str(here.pk)]})
    assert answer.status_code == 303
    assert WaitingEntry.objects.get().actor_kind == "regulator"


def test_the_list_asks_a_constant_number_of_questions(
    desk: Client, here: Schedule, reason: Reason, django_assert_num_queries: Any
) -> None:
    for count in (1, 25):
        for number in range(count):
            waits(here, reason, now=NOW + timedelta(seconds=number))
        desk.get("/liste-d-attente/")
        with django_assert_num_queries(9):
            desk.get("/liste-d-attente/")
