"""The first free hours across practitioners."""

import re
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from accounts.models import User
from appointments.models import Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db
ADDRESS = "/agenda/creneaux/"


@pytest.fixture
def opened(schedule: Schedule) -> Schedule:
    """From 9 to 10 every day."""
    return factories.rule(schedule=schedule, end_time=time(10)).schedule


@pytest.fixture
def colleague(opened: Schedule) -> Schedule:
    """In the afternoon, and in the evening of Fridays; with a reason of half an hour."""
    other = factories.colleague(opened)
    factories.rule(schedule=other, start_time=time(14), end_time=time(15))
    factories.rule(schedule=other, weekdays=[5], start_time=time(19), end_time=time(20), step_minutes=30)
    factories.reason(other, label="Chirurgie", minutes=30)
    return other


@pytest.fixture
def client(sign_in: Callable[[User], Client], opened: Schedule, colleague: Schedule) -> Client:
    helper = factories.delegate(factories.user(), opened, Level.BOOK).user
    factories.delegate(helper, colleague, Level.BOOK)
    return sign_in(helper)


def found(client: Client, **asked: Any) -> str:
    return text_of(client.get(ADDRESS, asked)).split("Les premiers libres")[1]


def test_from_now_on_of_all_in_whose_agendas_one_books(client: Client, colleague: Schedule) -> None:
    said = found(client)
    assert said.strip().startswith("Mercredi 25 novembre 2026 14 h 00 15 min")
    assert said.index("14 h 45") < said.index("Jeudi 26 novembre 2026 9 h 00")
    assert said.count("15 min") == 12


def test_whose_hours_they_are_is_said_where_it_is_one_person_s(client: Client, colleague: Schedule) -> None:
    assert "Avec qui, quels jours" in text_of(client.get(ADDRESS))
    one = client.get(ADDRESS, {"qui": str(colleague.practitioner_id)})
    assert f"Avec {colleague.practitioner}, quels jours" in text_of(one)


ASKED: list[tuple[dict[str, Any], str]] = [
    ({"des": "jeudi"}, "Jeudi 26 novembre 2026 9 h 00"),
    ({"des": "dans 2 semaines"}, "Mercredi 9 décembre 2026 9 h 00"),
    ({"des": "hier"}, "Mercredi 25 novembre 2026 14 h 00"),
    ({"moments": ["soir"]}, "Vendredi 27 novembre 2026 19 h 00"),
    ({"moments": ["matin", "soir"], "jours": ["5"]}, "Vendredi 27 novembre 2026 9 h 00"),
    ({"jours": ["6", "7"]}, "Samedi 28 novembre 2026 9 h 00"),
    ({"des": "jeudi 14h30"}, "14 h 30 exactement, Dr"),
]


def test_from_a_day_in_words_at_some_times_of_the_day_and_of_the_week(client: Client) -> None:
    for asked, first in ASKED:
        assert found(client, **asked).strip().startswith(first), asked


def test_an_hour_that_is_free_is_offered_once(client: Client, opened: Schedule, colleague: Schedule) -> None:
    said = found(client, des="jeudi 9h15")
    assert f"9 h 15 exactement, {colleague.practitioner}" in said
    assert f"exactement, {opened.practitioner}" not in said


def test_a_reason_is_looked_for_where_it_is_done_for_its_length(client: Client, colleague: Schedule) -> None:
    reason = colleague.organization.reasons.get(label="Chirurgie")
    factories.appointment(schedule_=colleague, start=at("2026-11-25", "14:15"))
    said = found(client, motif=str(reason.pk))
    # 14:30, what is left of the first day; and nothing of who does not do it.
    assert said.strip().startswith("Mercredi 25 novembre 2026 14 h 30 30 min")
    assert " 9 h 00" not in said


def test_a_reason_that_two_structures_word_alike_is_looked_for_at_both(
    sign_in: Callable[[User], Client], opened: Schedule
) -> None:
    away = factories.rule().schedule
    helper = factories.delegate(factories.user(), opened, Level.BOOK).user
    factories.delegate(helper, away, Level.BOOK)
    client = sign_in(helper)
    here, there = (factories.reason(one, label="Fièvre", minutes=15) for one in (opened, away))
    page = client.get(ADDRESS).content.decode()
    [key] = re.findall(r'<option value="([^"]+)">Fièvre', page)
    answer = client.get(ADDRESS, {"motif": key, "des": "jeudi"}).content.decode()
    assert f"&amp;motif={here.pk}" in answer
    assert f"&amp;motif={there.pk}" in answer


def test_another_hour_is_asked_for_with_whom_one_looked_for(client: Client, colleague: Schedule) -> None:
    page = client.get(ADDRESS, {"des": "auj"}, headers={"HX-Request": "true"}).content.decode()
    assert words(page).count("À une autre heure, Dr") == 2
    address = f"/agenda/{colleague.practitioner_id}/rendez-vous/nouveau/"
    link = next(one for one in page.split('"') if one.startswith(f"{address}?"))
    panel = client.get(link.replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'<input type="text" name="hour"(?! value)', panel)


def test_one_is_looked_for_among_them(client: Client, opened: Schedule) -> None:
    assert "14 h" not in found(client, qui=str(opened.practitioner_id))


def test_what_is_no_day_is_said(client: Client) -> None:
    page = client.get(ADDRESS, {"des": "quand il pleut"})
    assert "À partir de" in text_of(page)
    assert "Corrigez ce qui est cherché." in text_of(page)


def test_an_hour_leads_to_the_form_filled_in_for_the_patient(client: Client, opened: Schedule) -> None:
    reason = factories.reason(opened, label="Suivi", minutes=10)
    visit = factories.appointment(schedule_=opened, start=at("2026-10-05", "09:00"))
    asked = {"dossier": str(visit.patient_id), "motif": str(reason.pk)}
    page = client.get(ADDRESS, asked)
    assert f"Pour {visit.patient.listed_name}" in text_of(page)
    address = next(one for one in page.content.decode().split('"') if "creneau=" in one).replace("&amp;", "&")
    form = client.get(address).content.decode()
    assert f'name="file" value="{visit.patient_id}"' in form
    assert re.search(rf'<option value="{reason.pk}"[^>]* selected', form)
    # None of them suits.
    there = f"/liste-d-attente/{opened.practitioner_id}/ajouter/"
    address = next(one for one in page.content.decode().split('"') if one.startswith(there)).replace("&amp;", "&")
    form = client.get(address).content.decode()
    assert visit.patient.listed_name in form
    assert re.search(rf'<option value="{reason.pk}"[^>]* selected', form)


def test_the_panel_of_the_agenda_says_the_same(client: Client) -> None:
    page = client.get(ADDRESS, {"chercher": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().removeprefix("{#").startswith('<div class="pop"')
    assert "14 h 00 15 min" in words(page)
    assert page.count("data-focus") == 1


def test_who_books_nowhere_is_told(sign_in: Callable[[User], Client], opened: Schedule) -> None:
    client = sign_in(factories.delegate(factories.user(), opened, Level.SEE).user)
    assert "Aucun agenda ouvert" in text_of(client.get(ADDRESS))


@pytest.mark.parametrize("colleagues", [0, 5])
def test_its_number_of_queries_does_not_grow(
    client: Client, opened: Schedule, colleagues: int, sign_in: Any, django_assert_max_num_queries: Any
) -> None:
    helper = factories.user()
    for _ in range(colleagues):
        factories.delegate(helper, factories.rule(schedule=factories.colleague(opened)).schedule)
    factories.delegate(helper, opened)
    again = sign_in(helper)
    with django_assert_max_num_queries(12):
        again.get(ADDRESS, {"moments": "soir"})
