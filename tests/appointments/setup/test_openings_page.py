"""The page of a practitioner's openings: the strip, the rules, the absences, and who may see them."""

import uuid
from collections.abc import Callable
from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Practitioner, User
from appointments.enums import Audience, ConsultationType
from appointments.models import Absence, Closure, Rule, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
PAGES = ["", "regle/", "ponctuelle/", "absence/", "fermeture/", "motifs/"]


def address(practitioner: Practitioner, rest: str = "") -> str:
    return f"/agenda/{practitioner.id}/horaires/{rest}"


@pytest.fixture
def rule(schedule: Schedule) -> Rule:
    return factories.rule(
        schedule=schedule,
        weekdays=[1, 2, 3, 4, 5],
        start_time=time(14),
        end_time=time(17),
        audiences=[Audience.SNP],
        consultation_types=[ConsultationType.AMB, ConsultationType.VR],
        last_day=date(2026, 12, 19),
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_signs_in_first(client: Client, practitioner: Practitioner, page: str) -> None:
    wanted = address(practitioner, page)
    assert client.get(wanted).url == f"{reverse('sign-in')}?next={wanted}"


@pytest.mark.parametrize("page", PAGES)
def test_a_regulator_sees_nothing(regulator_client: Client, schedule: Schedule, page: str) -> None:
    assert regulator_client.get(address(schedule.practitioner, page)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_another_practice_sees_nothing(sign_in: Callable[[User], Client], schedule: Schedule, page: str) -> None:
    other = factories.practitioner(user=factories.user())
    assert other.user is not None
    assert sign_in(other.user).get(address(schedule.practitioner, page)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_secretary_sees_those_they_keep(secretary_client: Client, schedule: Schedule, page: str) -> None:
    assert secretary_client.get(address(schedule.practitioner, page)).status_code == 200
    assert secretary_client.get(address(factories.schedule().practitioner, page)).status_code == 404


def test_rules_are_listed_in_words(practitioner_client: Client, rule: Rule) -> None:
    page = text_of(practitioner_client.get(address(rule.schedule.practitioner)))
    assert "Du lundi au vendredi, 14 h 00 – 17 h 00 SNP" in page
    assert "15 min · 36 places libres cette semaine · Au cabinet · Téléconsultation · Cabinet de la Glycine" in page
    assert "Jusqu’au samedi 19 décembre 2026" in page
    # When it began is told as long as it has not.
    assert "À partir du" not in page
    Rule.objects.update(first_day=date(2026, 12, 1))
    page = text_of(practitioner_client.get(address(rule.schedule.practitioner)))
    assert "À partir du mardi 1er décembre 2026, jusqu’au samedi 19 décembre 2026" in page


def test_the_strip_shows_a_band_per_day(practitioner_client: Client, rule: Rule) -> None:
    content = practitioner_client.get(address(rule.schedule.practitioner)).content.decode()
    assert content.count('<a class="band"') == 5
    assert content.count('<li class="at-14h for-3h">') == 5


def test_a_rule_that_is_over_is_told_and_not_drawn(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, last_day=date(2026, 11, 1))
    response = practitioner_client.get(address(schedule.practitioner))
    assert "Terminée" in text_of(response)
    assert "0 place libre cette semaine" in text_of(response)
    assert b'<a class="band"' not in response.content


def test_coming_absences_tell_what_they_cover(practitioner_client: Client, schedule: Schedule) -> None:
    practitioner = schedule.practitioner
    factories.absence(
        practitioner=practitioner, first_day=date(2026, 12, 21), last_day=date(2027, 1, 1), label="Congés"
    )
    factories.absence(
        practitioner=practitioner, start=at("2026-12-01", "08:00"), end=at("2026-12-01", "12:00"), label="Formation"
    )
    factories.absence(
        practitioner=practitioner, start=at("2026-11-01", "08:00"), end=at("2026-11-02", "12:00"), label="Passée"
    )
    held = factories.appointment(schedule_=schedule, start=at("2026-12-22", "09:00"))
    response = practitioner_client.get(address(practitioner))
    page = text_of(response)
    assert "Formation le mardi 1er décembre 2026 de 8 h 00 à 12 h 00" in page
    assert "Congés du lundi 21 décembre 2026 au vendredi 1er janvier 2027 1 rendez-vous à déplacer" in page
    assert "Passée" not in page
    assert f'href="/rendez-vous/{held.id}/"' in response.content.decode()


def test_nothing_yet_says_what_to_do(practitioner_client: Client, schedule: Schedule) -> None:
    page = text_of(practitioner_client.get(address(schedule.practitioner)))
    assert "Aucune règle : aucun créneau n’est proposé." in page
    assert "Aucune absence à venir." in page


def test_without_a_place_no_rule_can_be_added(practitioner_client: Client, practitioner: Practitioner) -> None:
    assert "n’a pas encore de lieu ouvert" in text_of(practitioner_client.get(address(practitioner)))
    assert practitioner_client.get(address(practitioner, "regle/")).url == address(practitioner)


@pytest.mark.parametrize("kind", ["regle", "absence"])
@pytest.mark.parametrize("rest", ["", "supprimer/"])
def test_unknown_rows_do_not_exist(practitioner_client: Client, schedule: Schedule, kind: str, rest: str) -> None:
    practitioner = schedule.practitioner
    assert practitioner_client.get(address(practitioner, f"{kind}/{uuid.uuid4()}/{rest}")).status_code == 404
    assert practitioner_client.post(address(practitioner, f"{kind}/{uuid.uuid4()}/{rest}")).status_code == 404
    assert practitioner_client.get(address(practitioner, f"{kind}/1/{rest}")).status_code == 404


@pytest.mark.parametrize("rest", ["", "supprimer/"])
def test_another_practitioner_s_rows_do_not_exist_here(
    practitioner_client: Client, schedule: Schedule, rest: str
) -> None:
    rule, absence = factories.rule(), factories.absence()
    for page in (f"regle/{rule.id}/{rest}", f"absence/{absence.id}/{rest}"):
        assert practitioner_client.get(address(schedule.practitioner, page)).status_code == 404
        assert practitioner_client.post(address(schedule.practitioner, page)).status_code == 404
    assert Rule.objects.filter(pk=rule.pk).exists()
    assert Absence.objects.filter(pk=absence.pk).exists()


def test_the_strip_shows_closures_and_holidays(practitioner_client: Client, rule: Rule) -> None:
    place = rule.schedule.location
    place.holidays = "metropole"
    place.save()
    Rule.objects.update(first_day=date(2026, 11, 30), last_day=None)
    day = date(2026, 11, 26)
    Closure.objects.create(location=place, first_day=day, last_day=day, label="Travaux")
    strip = practitioner_client.get(address(rule.schedule.practitioner)).content.decode()
    assert (
        '<li class="is-zone at-8h for-10h">\n                  <div class="absence"><span class="visually-hidden">Travaux'
        in strip
    )
    # A rule that begins in the week of Christmas is previewed there.
    later = factories.rule(schedule=rule.schedule, weekdays=[1], first_day=date(2026, 12, 21))
    page = text_of(practitioner_client.get(address(rule.schedule.practitioner, f"regle/{later.id}/")))
    assert "vendredi 25 décembre ven. Noël" in page


def test_a_closure_of_one_place_hides_no_other_in_the_strip(practitioner_client: Client, rule: Rule) -> None:
    other = factories.schedule(practitioner=rule.schedule.practitioner)
    day = date(2026, 11, 26)
    Closure.objects.create(location=other.location, first_day=day, last_day=day)
    strip = practitioner_client.get(address(rule.schedule.practitioner)).content.decode()
    assert '<li class="is-zone is-zone--part at-8h for-10h">' in strip
    assert f"Fermeture, {other.location}" in strip
