"""The week of a practitioner's openings: bands, what shuts it, what is taken and free; the table of rules; days apart."""

import re
import uuid
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.enums import Level
from accounts.models import Practitioner
from appointments.enums import Audience, ConsultationType
from appointments.models import Absence, Closure, Rule, RuleDayOff, Schedule
from tests import factories
from tests.appointments.agenda.pages import Item, text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db


def address(practitioner: Practitioner, rest: str = "") -> str:
    return f"/agenda/{practitioner.id}/horaires/{rest}"


def drawn(response: Any) -> dict[str, list[Item]]:
    """The items of each day."""
    found = {}
    for day, section in re.findall(r'data-day="([\d-]+)"(.*?)</section>', response.content.decode(), re.DOTALL):
        items = re.findall(r'<li class="([^"]*)"[^>]*>(.*?)</li>', section, re.DOTALL)
        found[day] = [Item(css, words(inner), inner) for css, inner in items]
    return found


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


def test_rules_are_listed_in_words(practitioner_client: Client, rule: Rule) -> None:
    page = text_of(practitioner_client.get(address(rule.schedule.practitioner)))
    assert "36 créneaux libres, 0 rendez-vous pris." in page
    line = "Du lundi au vendredi Cabinet de la Glycine du lundi au vendredi 14 h 00 – 17 h 00 · 15 min"
    assert f"{line} Au cabinet · Téléconsultation Chaque semaine jusqu’au 19 décembre 2026 SNP 36" in page
    # When it began is told as long as it has not.
    assert "à partir du" not in page
    Rule.objects.update(first_day=date(2026, 12, 1), label="Après-midi")
    page = text_of(practitioner_client.get(address(rule.schedule.practitioner)))
    assert "Après-midi Cabinet de la Glycine du lundi" in page
    assert "à partir du 1er décembre 2026, jusqu’au 19 décembre 2026" in page


def test_a_band_each_day_leads_to_that_day_of_the_rule(practitioner_client: Client, rule: Rule) -> None:
    days = drawn(practitioner_client.get(address(rule.schedule.practitioner)))
    assert [item.css for items in days.values() for item in items] == ["at-14h for-3h"] * 5
    [band] = days["2026-11-26"]
    assert band.text == "jeudi, 14 h 00 – 17 h 00 SNP"
    assert f'href="{address(rule.schedule.practitioner)}?regle={rule.id}&amp;jour=2026-11-26"' in band.html


def test_what_is_taken_is_drawn_and_counted(practitioner_client: Client, rule: Rule) -> None:
    factories.appointment(schedule_=rule.schedule, start=at("2026-11-26", "14:15"))
    factories.appointment(schedule_=rule.schedule, start=at("2026-11-26", "15:00"), status="cancelled")
    response = practitioner_client.get(address(rule.schedule.practitioner))
    assert "is-taken at-14h at-15m for-15m" in [item.css for item in drawn(response)["2026-11-26"]]
    assert "jeudi 26 novembre jeu. 26 11 libres, 1 pris" in text_of(response)


def test_a_rule_that_is_over_is_told_and_not_drawn(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, last_day=date(2026, 11, 1))
    response = practitioner_client.get(address(schedule.practitioner))
    assert "Terminée" in text_of(response)
    assert not any(drawn(response).values())


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
    response = practitioner_client.get(address(practitioner, "absences/"))
    page = text_of(response)
    assert "Formation le mardi 1er décembre 2026 de 8 h 00 à 12 h 00" in page
    assert "Congés du lundi 21 décembre 2026 au vendredi 1er janvier 2027 1 rendez-vous à déplacer" in page
    assert "Passée" not in page
    assert f'href="/rendez-vous/{held.id}/"' in response.content.decode()


def test_nothing_yet_says_what_to_do(practitioner_client: Client, schedule: Schedule) -> None:
    page = text_of(practitioner_client.get(address(schedule.practitioner)))
    assert "Aucune règle : aucun créneau n’est proposé." in page
    assert "Aucune absence à venir." in text_of(practitioner_client.get(address(schedule.practitioner, "absences/")))


def test_without_a_place_no_rule_can_be_added(practitioner_client: Client, practitioner: Practitioner) -> None:
    assert "n’a pas encore de lieu ouvert" in text_of(practitioner_client.get(address(practitioner)))
    for form in ("regle/", "?regle=nouvelle"):
        assert practitioner_client.get(address(practitioner, form)).url == address(practitioner)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (("2026-11-28", "23:59"), "23 – 29 novembre 2026 0 créneau libre"),
        (("2026-11-29", "00:00"), "30 novembre – 6 décembre 2026 60 créneaux libres"),
    ],
)
def test_from_sunday_on_it_is_the_week_to_come(
    sign_in: Callable[[Any], Client], rule: Rule, moment: tuple[str, str], said: str
) -> None:
    with time_machine.travel(at(*moment), tick=False):
        client = sign_in(rule.schedule.practitioner.user)
        assert said in text_of(client.get(address(rule.schedule.practitioner)))


def test_days_apart_are_listed_and_marked(practitioner_client: Client, schedule: Schedule) -> None:
    monday = factories.rule(schedule=schedule, weekdays=[1], label="Matins")
    day, other = date(2026, 11, 30), date(2026, 12, 7)
    only = factories.rule(schedule=schedule, weekdays=[1], first_day=day, last_day=day, end_time=time(11))
    RuleDayOff.objects.create(rule=monday, day=day, replacement=only)
    RuleDayOff.objects.create(rule=monday, day=other)
    response = practitioner_client.get(address(schedule.practitioner, f"semaine/{day}/"))
    assert "Lundi 30 novembre 2026, 9 h 00 – 11 h 00 PUBLIC SNP À la place de « Matins », 9 h 00 – 12 h 00" in text_of(
        response
    )
    assert "Lundi 7 décembre 2026, « Matins » n’ouvre pas" in text_of(response)
    [band] = drawn(response)["2026-11-30"]
    assert "slab--once" in band.html
    assert "#edit" in band.html


def test_two_rules_of_several_lengths_at_one_hour_are_told(practitioner_client: Client, schedule: Schedule) -> None:
    """The union of both is offered: the SAS is shown 9:00 twice."""
    for step in (15, 20):
        factories.rule(schedule=schedule, weekdays=[4], step_minutes=step, audiences=[Audience.SNP])
    said = "Le SAS verra deux fois 9 h 00 le jeudi (15 min et 20 min), et 2 autres heures"
    assert said in text_of(practitioner_client.get(address(schedule.practitioner)))
    # What the SAS is shown once is no matter.
    Rule.objects.filter(step_minutes=20).update(start_time=time(14), end_time=time(16))
    assert "Le SAS verra" not in text_of(practitioner_client.get(address(schedule.practitioner)))


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


def test_closures_lie_over_the_bands_and_holidays_under(practitioner_client: Client, rule: Rule) -> None:
    place = rule.schedule.location
    place.holidays = "metropole"
    place.save()
    Rule.objects.update(first_day=date(2026, 11, 30), last_day=None)
    day = date(2026, 11, 26)
    Closure.objects.create(location=place, first_day=day, last_day=day, label="Travaux")
    [shut] = drawn(practitioner_client.get(address(rule.schedule.practitioner)))["2026-11-26"]
    assert (shut.css, shut.text) == ("is-zone at-8h for-10h", "Travaux, fermeture de 8 h 00 à 18 h 00")
    # A rule that begins in the week of Christmas is seen there.
    later = factories.rule(schedule=rule.schedule, weekdays=[1], first_day=date(2026, 12, 21))
    response = practitioner_client.get(address(rule.schedule.practitioner, f"?regle={later.id}"))
    [feast] = drawn(response)["2026-12-25"]
    assert (feast.css, feast.text) == ("is-zone is-zone--part at-8h for-10h", "Noël")


def test_a_closure_of_one_place_hides_no_other(practitioner_client: Client, rule: Rule) -> None:
    other = factories.schedule(practitioner=rule.schedule.practitioner)
    day = date(2026, 11, 26)
    Closure.objects.create(location=other.location, first_day=day, last_day=day)
    shut, band = drawn(practitioner_client.get(address(rule.schedule.practitioner)))["2026-11-26"]
    assert (shut.css, band.css) == ("is-zone is-zone--part at-8h for-10h", "at-14h for-3h")
    assert f"Fermeture · {other.location}" in shut.text


def test_an_absence_that_one_does_not_read_is_time_that_is_taken(
    sign_in: Callable[[Any], Client], practitioner: Practitioner, rule: Rule
) -> None:
    """Everywhere, and they see one of two places."""
    factories.schedule(practitioner=practitioner)
    reader = factories.user()
    factories.delegate(reader, rule.schedule, Level.SEE)
    day = date(2026, 11, 26)
    factories.absence(practitioner=practitioner, first_day=day, last_day=day, label="Opération")
    response = sign_in(reader).get(address(practitioner))
    assert "Opération" not in text_of(response)
    assert drawn(response)["2026-11-26"][0].text == "Occupé"
