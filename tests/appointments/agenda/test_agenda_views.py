"""Several practitioners side by side, the month, the list, where one was, and a day that is typed."""

import re
from collections.abc import Callable
from datetime import date, time
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.enums import Level
from accounts.models import AgendaGroup, Practitioner, User
from appointments.enums import Origin, Status
from appointments.models import Closure, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WEDNESDAY, THURSDAY = "2026-11-25", "2026-11-26"


@pytest.fixture
def colleague(schedule: Schedule, secretary: User) -> Schedule:
    """Dr Noé Réglisse, of the same organization; the secretary keeps that agenda too."""
    other = factories.practitioner(given_name="Noé", family_name="Réglisse", user=factories.user())
    made = factories.colleague(schedule, practitioner=other)
    factories.delegation(other, secretary)
    return made


def together(*schedules: Schedule) -> str:
    return "?" + "&".join(f"avec={one.practitioner_id}" for one in schedules)


def columns(response: Any) -> list[str]:
    """The words of each column, in order."""
    return [words(part.partition("</section>")[0]) for part in response.content.decode().split("<section data-pr")[1:]]


# --- Side by side ----------------------------------------------------------------------------------------------------
def test_a_day_of_several_has_a_column_each_in_the_order_of_names(
    secretary_client: Client, schedule: Schedule, colleague: Schedule
) -> None:
    for one, clock in ((schedule, "09:00"), (colleague, "10:00")):
        factories.appointment(
            schedule_=one, start=at(THURSDAY, clock), patient=factories.patient(family_name=f"Dupré-{clock[:2]}")
        )
    page = secretary_client.get(f"/agenda/jour/{THURSDAY}/{together(schedule, colleague)}")
    first, second = columns(page)
    assert ("DUPRÉ-10" in first, "DUPRÉ-09" in first) == (True, False)
    assert ("DUPRÉ-09" in second, "DUPRÉ-10" in second) == (True, False)
    assert "cols-2" in page.content.decode()
    assert "2 praticiens" in text_of(page)
    # A column leads to the week of its practitioner, and keys to the neighbouring days of all.
    assert f"/agenda/{colleague.practitioner_id}/semaine/{THURSDAY}/" in page.content.decode()
    assert f"/agenda/jour/{WEDNESDAY}/{together(colleague, schedule).replace('&', '&amp;')}" in page.content.decode()


def test_the_week_of_one_of_several_leads_back_to_the_day_of_them_all(
    secretary_client: Client, schedule: Schedule, colleague: Schedule
) -> None:
    beside = together(colleague, schedule)
    week = secretary_client.get(f"/agenda/{colleague.practitioner_id}/semaine/{THURSDAY}/{beside}")
    assert "Dr Noé Réglisse" in text_of(week)
    page = unescape(week.content.decode())
    assert f'href="/agenda/jour/{THURSDAY}/{beside}"' in page
    assert f'href="/agenda/{schedule.practitioner_id}/semaine/{THURSDAY}/{together(schedule, colleague)}"' in page
    # It is where one was, next time.
    assert secretary_client.get("/agenda/").url == f"/agenda/{colleague.practitioner_id}/semaine/{THURSDAY}/{beside}"
    # Whoever is not theirs to look at is nobody's neighbour.
    stranger = factories.schedule()
    alone = secretary_client.get(f"/agenda/{schedule.practitioner_id}/semaine/{THURSDAY}/{together(stranger)}")
    assert f'href="/agenda/{schedule.practitioner_id}/jour/{THURSDAY}/"' in alone.content.decode()


def test_what_is_begun_from_several_is_of_each_of_them(
    secretary_client: Client, schedule: Schedule, colleague: Schedule
) -> None:
    """An hour is looked for with all who are shown, and the day of each is printed."""
    page = secretary_client.get(f"/agenda/jour/{THURSDAY}/{together(schedule, colleague)}").content.decode()
    [whose] = re.findall(r'data-whose="([^"]*)"', page)
    for one in (schedule, colleague):
        assert f"&amp;qui={one.practitioner_id}" in whose
        assert reverse("print-day", args=[one.practitioner_id, date.fromisoformat(THURSDAY)]) in page


def test_who_is_not_theirs_to_look_at_stands_in_no_column(
    secretary_client: Client, schedule: Schedule, colleague: Schedule
) -> None:
    stranger = factories.schedule()
    assert len(columns(secretary_client.get(f"/agenda/jour/{THURSDAY}/{together(schedule, stranger, colleague)}"))) == 2
    assert secretary_client.get(f"/agenda/jour/{THURSDAY}/{together(stranger)}").status_code == 404
    for query in ("", "?avec=abc", "?avec=%00"):
        assert secretary_client.get(f"/agenda/jour/{THURSDAY}/{query}").status_code == 404


@pytest.mark.parametrize(("visit", "folded"), [(None, "has-fold fold-0 gone-8h"), ("03:10", "has-fold fold-0 gone-3h")])
def test_the_night_of_who_is_on_call_is_folded_up_to_the_first_visit(
    secretary_client: Client, schedule: Schedule, colleague: Schedule, visit: str | None, folded: str
) -> None:
    factories.rule(schedule=schedule, start_time=time(0), end_time=time(0), step_minutes=30)
    factories.rule(schedule=colleague)
    if visit:
        factories.appointment(schedule_=schedule, start=at(THURSDAY, visit))
    address = f"/agenda/jour/{THURSDAY}/{together(schedule, colleague)}"
    page = secretary_client.get(address)
    assert folded in page.content.decode()
    told = "0 h – 3 h, 6 créneaux libres" if visit else "0 h – 8 h, 16 créneaux libres"
    assert told in text_of(page)
    # So is the evening: the grid ends with the day of those beside them.
    assert ("20 h – 24 h, 8 créneaux libres" in text_of(page), "to-20" in page.content.decode()) == (True, True)
    assert "has-fold" not in secretary_client.get(f"{address}&replier=non").content.decode()


def test_no_more_than_eight_stand_side_by_side(secretary_client: Client, secretary: User, schedule: Schedule) -> None:
    others = [factories.colleague(schedule) for _ in range(9)]
    for one in others:
        factories.delegation(one.practitioner, secretary)
    assert len(columns(secretary_client.get(f"/agenda/jour/{THURSDAY}/{together(*others)}"))) == 8


def test_of_who_shows_no_more_than_when_they_are_busy_the_column_says_no_more(
    sign_in: SignIn, schedule: Schedule, colleague: Schedule
) -> None:
    person = factories.user()
    factories.delegate(person, schedule)
    factories.delegate(person, colleague, Level.BUSY)
    factories.rule(schedule=colleague)
    one = factories.appointment(schedule_=colleague, start=at(THURSDAY, "09:00"))
    page = sign_in(person).get(f"/agenda/jour/{THURSDAY}/{together(schedule, colleague)}")
    busy, _ = columns(page)
    assert "Occupé de 9 h 00 à 9 h 15" in busy
    assert "Libre de 9 h 15 à 12 h 00" in busy
    assert str(one.pk) not in page.content.decode()
    assert one.patient.family_name.upper() not in text_of(page)


def test_a_place_alone_still_says_when_one_is_elsewhere(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    other = factories.schedule(practitioner=practitioner, location=factories.location(name="Maison des Lilas"))
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(11))
    factories.rule(schedule=other, weekdays=[4], start_time=time(10, 30), end_time=time(13))
    visit = factories.appointment(schedule_=other, start=at(THURSDAY, "14:00"), minutes=30)
    page = practitioner_client.get(f"/agenda/{practitioner.id}/jour/{THURSDAY}/?lieu={schedule.id}")
    (column,) = columns(page)
    # Its own hours come before those of the other place.
    assert "Occupé ailleurs, Maison des Lilas, de 11 h 00 à 13 h 00" in column
    assert "Occupé ailleurs, Maison des Lilas, de 14 h 00 à 14 h 30" in column
    assert "Fermé de 13 h 00 à 14 h 00" in column
    assert str(visit.pk) not in page.content.decode()


# --- Groups ----------------------------------------------------------------------------------------------------------
def test_a_group_is_kept_renamed_and_deleted_by_who_made_it(
    secretary_client: Client, secretary: User, sign_in: SignIn, schedule: Schedule, colleague: Schedule
) -> None:
    ids = [str(colleague.practitioner_id), str(schedule.practitioner_id)]
    groups = reverse("agenda-groups")
    form = secretary_client.get(f"{groups}{together(schedule, colleague)}").content.decode()
    assert form.count(" checked") == 2
    answer = secretary_client.post(groups, {"name": "Lilas", "avec": ids})
    assert answer["Location"] == f"/agenda/jour/{WEDNESDAY}/{together(colleague, schedule)}"
    assert "Lilas (2)" in text_of(secretary_client.get(answer["Location"]))
    for data, told in (
        ({"name": "Lilas", "avec": ids}, "Un de vos groupes a déjà ce nom."),
        ({"name": "Seul", "avec": ids[:1]}, "Cochez de 2 à 8 praticiens."),
        ({"name": "", "avec": ids}, "obligatoire"),
        ({"name": "Autre", "avec": [str(factories.practitioner().id), *ids]}, "n’est plus proposé"),
    ):
        refused = secretary_client.post(groups, data)
        assert refused.status_code == 422
        assert told in text_of(refused)
    secretary_client.post(groups, {"name": "Garde", "avec": ids})
    kept, guard = AgendaGroup.objects.filter(user=secretary)
    page = reverse("agenda-group", args=[guard.pk])
    secretary_client.post(page, {"name": "Garde du samedi", "avec": ids, "position": "0"})
    assert [one.name for one in AgendaGroup.objects.filter(user=secretary)] == ["Garde du samedi", "Lilas"]
    stranger = sign_in(factories.delegation(schedule.practitioner))
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"delete": "1"}).status_code == 404
    secretary_client.post(page, {"delete": "1"})
    assert [one.position for one in AgendaGroup.objects.filter(user=secretary)] == [0]
    assert kept.name == "Lilas"


# --- The month -------------------------------------------------------------------------------------------------------
def test_a_month_counts_what_stands_what_is_free_and_says_why_nobody_is_received(
    secretary_client: Client, practitioner: Practitioner, schedule: Schedule, colleague: Schedule
) -> None:
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(10))
    factories.appointment(schedule_=schedule, start=at(THURSDAY, "09:00"))
    factories.appointment(schedule_=schedule, start=at(THURSDAY, "15:00"), status=Status.CANCELLED)
    factories.absence(
        practitioner=practitioner, first_day=date(2026, 11, 30), last_day=date(2026, 11, 30), label="Congé"
    )
    Closure.objects.create(location=schedule.location, first_day=date(2026, 11, 28), last_day=date(2026, 11, 28))
    page = text_of(secretary_client.get(f"/agenda/{practitioner.id}/mois/{THURSDAY}/"))
    assert "jeudi 26 novembre 26 1 rendez-vous 3 libres" in page
    assert "lundi 30 novembre 30 Absence : Congé" in page
    assert "samedi 28 novembre 28 Fermeture" in page
    assert "Novembre 2026" in page
    factories.appointment(schedule_=colleague, start=at(THURSDAY, "09:00"))
    both = secretary_client.get(f"/agenda/mois/{THURSDAY}/{together(schedule, colleague)}")
    assert "jeudi 26 novembre 26 2 rendez-vous 3 libres" in text_of(both)
    assert "Absence : Congé (Dr Alba Tournesol)" in text_of(both)
    assert f"/agenda/jour/{THURSDAY}/" in both.content.decode()


def test_of_who_is_seen_busy_alone_a_month_tells_no_number(sign_in: SignIn, schedule: Schedule) -> None:
    person = factories.user()
    factories.delegate(person, schedule, Level.BUSY)
    factories.rule(schedule=schedule)
    factories.appointment(schedule_=schedule, start=at(THURSDAY, "09:00"))
    factories.absence(
        practitioner=schedule.practitioner, first_day=date(2026, 11, 30), last_day=date(2026, 11, 30), label="Secret"
    )
    page = text_of(sign_in(person).get(f"/agenda/{schedule.practitioner_id}/mois/{THURSDAY}/"))
    assert "jeudi 26 novembre 26 vendredi" in page
    assert "Secret" not in page
    assert "vous voyez quand il est occupé" in page


# --- The list --------------------------------------------------------------------------------------------------------
def test_a_list_is_narrowed_by_practitioner_status_reason_origin_and_period(
    secretary_client: Client, schedule: Schedule, colleague: Schedule
) -> None:
    reason = factories.reason(schedule, label="Vaccin")
    visits = {
        "a": factories.appointment(schedule_=schedule, start=at(THURSDAY, "09:00"), reason=reason),
        "b": factories.appointment(schedule_=colleague, start=at(WEDNESDAY, "08:00"), status=Status.FULFILLED),
        "c": factories.appointment(schedule_=schedule, start=at("2026-12-20", "09:00"), origin=Origin.PATIENT),
        "d": factories.appointment(schedule_=schedule, start=at(THURSDAY, "10:00"), status=Status.CANCELLED),
    }
    elsewhere = factories.appointment(start=at(THURSDAY, "09:00"))

    def found(query: str) -> str:
        page = secretary_client.get(f"/agenda/liste/?{query}").content.decode()
        assert str(elsewhere.pk) not in page
        return "".join(name for name, one in visits.items() if f"/rendez-vous/{one.pk}/" in page)

    assert found("") == "abd"
    assert found("du=25/11&au=31/12") == "abcd"
    assert found(f"avec={colleague.practitioner_id}") == "b"
    assert found("statut=cancelled") == "d"
    assert found(f"motif={reason.pk}") == "a"
    assert found("motif=aucun&statut=fulfilled") == "b"
    assert found("du=20 déc&origine=patient") == "c"
    for query, told in (
        ("du=bientôt", "n’est pas un jour"),
        ("du=3/12&au=1/12", "La fin vient avant le début."),
        ("du=2020-01-01&au=2026-01-01", "Un an au plus"),
        ("motif=abc", "Sélectionnez un choix valide"),
    ):
        refused = secretary_client.get(f"/agenda/liste/?{query}")
        assert refused.status_code == 422
        assert told in text_of(refused)
    assert secretary_client.get(f"/agenda/liste/?avec={elsewhere.practitioner_id}").status_code == 404


# --- Where one was, and where one goes ---------------------------------------------------------------------------------
def test_one_comes_back_to_the_view_and_the_people_of_the_last_time_and_to_its_day_until_tomorrow(
    secretary_client: Client, secretary: User, schedule: Schedule, colleague: Schedule
) -> None:
    secretary_client.get(f"/agenda/jour/2026-12-03/{together(colleague, schedule)}")
    assert secretary_client.get("/")["Location"] == f"/agenda/jour/2026-12-03/{together(colleague, schedule)}"
    with time_machine.travel(at(THURSDAY, "08:00"), tick=False):
        secretary_client.force_login(secretary, backend="accounts.backends.EmailBackend")
        assert secretary_client.get("/")["Location"] == f"/agenda/jour/{THURSDAY}/{together(colleague, schedule)}"
        secretary.delegations.filter(practitioner=colleague.practitioner_id).delete()
        assert secretary_client.get("/")["Location"] == f"/agenda/{schedule.practitioner_id}/jour/{THURSDAY}/"


@pytest.mark.parametrize(
    ("view", "typed", "led"),
    [
        ("semaine/2026-11-25/", "3/12", "semaine/2026-12-03/"),
        ("jour/2026-11-25/", "dans 2 semaines", "jour/2026-12-09/"),
        ("mois/2026-11-25/", "janvier", "mois/2027-01-01/"),
    ],
)
def test_a_typed_day_leads_there_in_the_same_view(
    practitioner_client: Client, schedule: Schedule, view: str, typed: str, led: str
) -> None:
    base = f"/agenda/{schedule.practitioner_id}/"
    answer = practitioner_client.get(base + view, {"aller": typed, "lieu": ""})
    assert answer["Location"] == base + led


def test_what_is_no_day_is_said_where_it_was_typed(practitioner_client: Client, schedule: Schedule) -> None:
    page = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/semaine/{WEDNESDAY}/?aller=bientôt")
    assert page.status_code == 200
    assert "« bientôt » n’est pas un jour" in text_of(page)
    assert 'value="bientôt"' in page.content.decode()
    far = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/semaine/{WEDNESDAY}/?aller=3/12/2150")
    assert "L’agenda va de 2000 à 2099." in text_of(far)


def test_who_hides_free_slots_reads_visits_alone_and_larger(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[4])
    week = f"/agenda/{schedule.practitioner_id}/semaine/{THURSDAY}/"
    assert "Créneau libre, 9 h 00" in text_of(practitioner_client.get(week))
    practitioner_client.post("/agenda/affichage/", {"menu": "1", "text_size": "larger", "cancelled": "1", "next": week})
    page = practitioner_client.get(week)
    assert "Créneau libre, 9 h 00" not in text_of(page)
    assert "12 libres" in text_of(page)
    assert 'class="text-larger"' in page.content.decode()


def test_from_the_top_of_the_page_two_links_lead_to_today_and_to_now(
    practitioner_client: Client, schedule: Schedule
) -> None:
    for clock in ("08:00", "10:30", "11:00"):
        factories.appointment(schedule_=schedule, start=at(WEDNESDAY, clock), minutes=20)
    content = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/semaine/{WEDNESDAY}/").content.decode()
    # Tab, Tab, Enter, Tab: on the first visit of today.
    reached = re.findall(r'<(?:a|button|input|select|summary)\b[^>]*?(?:href="([^"]*)")?>', content)
    assert reached[:3] == ["#contenu", "#aujourdhui", "#maintenant"]
    today = content.partition('id="aujourdhui"')[2]
    assert "8 h 00" in words(today.partition("</a>")[0]).replace("\u202f", " ")
    block = content[: content.index('id="maintenant"')].rpartition("<li ")[2] + content.partition('id="maintenant"')[2]
    assert "10 h 30" in words("<li " + block.partition("</li>")[0]).replace("\u202f", " ")
    assert 'id="aujourdhui" tabindex="-1"' in content
    other = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/semaine/2026-12-02/").content.decode()
    assert 'href="#maintenant"' not in other
