"""Finding a practitioner and an hour, without an account: what is public, and nothing else."""

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Practitioner
from appointments.booking.services.holds import take_hold
from appointments.enums import Audience
from appointments.models import Location, OnlineBooking, Reason, RuleOffer, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
FIND = "/rendez-vous-en-ligne/"
# HTML of a page, before it is compressed: with the sheets (45 kB, compressed 10) a phone has its first hour for less than 60 kB.
MOST_BYTES = 30_000


def page(address: str, **query: str) -> str:
    answer = Client().get(address, query)
    assert answer.status_code == 200
    assert not answer.cookies
    return answer.content.decode()


def names(text: str) -> list[str]:
    return re.findall(r'<h2><a href="[^"]+">([^<]+)</a>', text)


def hours_of(practitioner: Practitioner, **query: str) -> list[str]:
    text = page(reverse("online-hours", args=[practitioner.pk]), **query)
    return re.findall(r'name="creneau" value="[0-9a-f]{32}-([0-9TZ]+-\d+)"', text)


SPELLED = [
    ("tournesol", ""), ("Dr Alba TOURNESOL", ""), ("médecine générale", "villefictive"), ("generaliste", "99000"),
    ("medecin", "99"), ("glycine", ""), ("Tournsol", ""), ("médcine generale", "Vilefictive"),
    ("medecin villefictive", ""), ("Tournesol Vilefictive", ""), ("generaliste 99000", ""),
]  # fmt: skip


def test_somebody_is_found_however_it_is_spelled(reason: Reason) -> None:
    for what, where in SPELLED:
        assert names(page(FIND, quoi=what, ou=where)) == ["Dr Alba Tournesol"], (what, where)


def test_a_town_is_found_by_its_short_name(reason: Reason, here: Schedule) -> None:
    for written in ("Saint-Denis", "St Denis"):
        Location.objects.filter(pk=here.location_id).update(city=written)
        assert names(page(FIND, quoi="medecin", ou="st denis")) == ["Dr Alba Tournesol"]
        assert names(page(FIND, ou="saint denis")) == ["Dr Alba Tournesol"]


@pytest.mark.parametrize(("what", "where"), [("dermatologue", ""), ("tournesol", "Ailleurs-sur-Mer"), ("<b>", "'")])
def test_who_is_not_there_is_told_in_words(reason: Reason, what: str, where: str) -> None:
    text = page(FIND, quoi=what, ou=where)
    assert names(text) == []
    assert "Vérifiez l’orthographe" in text


def test_the_soonest_free_comes_first(reason: Reason, here: Schedule) -> None:
    other = factories.colleague(here, practitioner=factories.practitioner(family_name="Abeille", given_name="Zoé"))
    factories.rule(schedule=other, first_day=at("2026-12-03", "00:00").date())
    never = factories.colleague(here, practitioner=factories.practitioner(family_name="Aaron", given_name="Noël"))
    factories.rule(schedule=never, first_day=at("2030-01-01", "00:00").date())
    text = page(FIND, quoi="médecine générale")
    assert names(text) == ["Dr Alba Tournesol", "Dr Zoé Abeille", "Dr Noël Aaron"]
    assert "Aucune heure libre dans les trois mois" in text


def _unpublished(here: Schedule) -> None:
    Schedule.objects.filter(pk=here.pk).update(published=False)


def _closed(here: Schedule) -> None:
    Schedule.objects.filter(pk=here.pk).update(active=False)


def _off_by_agenda(here: Schedule) -> None:
    Schedule.objects.filter(pk=here.pk).update(online_booking=False)


def _off_by_practice(here: Schedule) -> None:
    type(here.organization).objects.filter(pk=here.organization_id).update(online_booking=False)


def _not_public(here: Schedule) -> None:
    RuleOffer.objects.filter(schedule=here).update(audience=Audience.PRO)


@pytest.mark.parametrize("hide", [_unpublished, _closed, _off_by_agenda, _off_by_practice, _not_public])
def test_of_who_is_not_booked_online_nothing_is_told(
    reason: Reason, here: Schedule, alba: Practitioner, hide: Any
) -> None:
    RuleOffer.objects.filter(schedule=here, audience=Audience.SNP).delete()
    hide(here)
    assert names(page(FIND, quoi="tournesol")) == []
    for name in ("online-practitioner", "online-hours"):
        assert Client().get(reverse(name, args=[alba.pk])).status_code == 404


def test_the_page_of_a_practitioner_says_where_how_and_what_for(reason: Reason, alba: Practitioner) -> None:
    text = page(reverse("online-practitioner", args=[alba.pk]))
    for said in ("Cabinet de la Glycine", "Porte B", "01 99 00 12 34".replace(" ", "\xa0"), "Consultation",
                 "Prenez vos ordonnances.", "Nouveaux patients acceptés", "Aujourd’hui"):  # fmt: skip
        assert said in text
    assert 'href="tel:15"' in text
    assert 'href="sms:114"' in text


def test_hours_are_those_shown_to_the_public_with_their_notice_and_horizon(
    reason: Reason, here: Schedule, alba: Practitioner
) -> None:
    public = RuleOffer.objects.filter(schedule=here, audience=Audience.PUBLIC)
    assert hours_of(alba)[0] == "20261125T0945Z-15"
    # Not less than a day before, not more than three days before.
    public.update(shown_until_minutes=24 * 60, shown_from_minutes=3 * 24 * 60)
    found = hours_of(alba)
    assert (found[0], found[-1]) == ("20261126T0945Z-15", "20261128T0930Z-15")
    factories.appointment(schedule_=here, start=at("2026-11-26", "10:45"))
    assert hours_of(alba)[0] == "20261126T1000Z-15"


def test_a_closed_reason_is_not_chosen_by_patients(reason: Reason, here: Schedule, alba: Practitioner) -> None:
    offer = RuleOffer.objects.get(schedule=here, audience=Audience.PUBLIC, reason=None)
    RuleOffer.objects.create(rule=offer.rule, audience=Audience.PUBLIC, reason=reason, open=False)
    assert "Consultation" not in page(reverse("online-practitioner", args=[alba.pk]))
    assert hours_of(alba, motif=str(reason.pk)) == []


def test_a_reason_gives_visits_as_long_as_it_is(reason: Reason, here: Schedule, alba: Practitioner) -> None:
    longer = factories.reason(here, label="Consultation longue", minutes=30)
    rule = here.rules.get()
    RuleOffer.objects.create(rule=rule, audience=Audience.PUBLIC, reason=longer)
    assert hours_of(alba, motif=str(longer.pk))[0] == "20261125T0945Z-30"
    assert "Consultation longue" in page(reverse("online-practitioner", args=[alba.pk]))


def test_what_two_practices_call_the_same_is_one_reason(reason: Reason, here: Schedule, alba: Practitioner) -> None:
    there = factories.schedule(practitioner=alba, location=factories.location(name="Maison des Lilas"))
    theirs = factories.reason(there, label="consultation", minutes=20)
    factories.rule(schedule=there, start_time=time(14), end_time=time(15), step_minutes=20, reasons=[theirs])
    text = page(reverse("online-practitioner", args=[alba.pk]))
    assert text.count('name="motif"') == 1
    assert re.search(r"15 ou\s+20\xa0min", text)
    [offered] = re.findall(r'name="motif" value="([^"]+)"', text)
    assert {one[9:11] for one in hours_of(alba, motif=offered)} == {"08", "09", "10", "13"}
    assert {one[9:11] for one in hours_of(alba, motif=offered, lieu=str(there.pk))} == {"13"}
    for place, hour, minutes in ((here, "11:00", 15), (there, "14:00", 20)):
        key = SlotKey(place.pk, at("2026-11-26", hour), minutes)
        answer = Client().post("/rendez-vous-en-ligne/choisir/", {"creneau": str(key), "motif": offered})
        assert answer.status_code == 303
    assert set(OnlineBooking.objects.values_list("reason", "schedule")) == {(reason.pk, here.pk), (theirs.pk, there.pk)}


def test_who_takes_no_new_patients_says_so(reason: Reason, here: Schedule, alba: Practitioner) -> None:
    Schedule.objects.filter(pk=here.pk).update(new_patients=False)
    text = page(reverse("online-hours", args=[alba.pk]), connu="non")
    assert "que des patients déjà suivis" in text
    assert 'name="creneau"' not in text
    assert hours_of(alba, connu="oui")


def test_a_week_without_hours_names_the_first_day_and_colleagues(
    reason: Reason, here: Schedule, alba: Practitioner
) -> None:
    factories.absence(practitioner=alba, start=at("2026-11-25", "00:00"), end=at("2026-12-14", "00:00"))
    other = factories.colleague(here, practitioner=factories.practitioner(family_name="Abeille", given_name="Zoé"))
    factories.rule(schedule=other)
    text = page(reverse("online-hours", args=[alba.pk]))
    assert "Aucun créneau avant le lundi 14 décembre" in text
    assert "Dr Zoé Abeille" in text
    assert hours_of(alba, des="2026-12-14")


@pytest.mark.parametrize(
    "query", [{"des": "9999-12-31"}, {"des": "hier", "motif": "x", "mode": "ZZ", "lieu": "1", "connu": "?"}]
)
def test_what_makes_no_sense_is_as_if_it_was_not_said(
    reason: Reason, alba: Practitioner, query: dict[str, str]
) -> None:
    page(reverse("online-hours", args=[alba.pk]), **query)
    page(reverse("online-practitioner", args=[alba.pk]), **query)


def test_an_overseas_place_says_whose_hour_it_is(alba: Practitioner) -> None:
    place = factories.location(name="Au soleil", time_zone="America/Guadeloupe", city="Basse-Fictive")
    factories.rule(schedule=factories.schedule(practitioner=alba, location=place))
    assert "heure de la Guadeloupe" in page(reverse("online-practitioner", args=[alba.pk]))
    assert "heure de la guadeloupe" in page(reverse("online-hours", args=[alba.pk])).lower()
    assert "heure de la Guadeloupe" in page(FIND, quoi="tournesol")


def test_as_many_queries_for_one_as_for_twenty_five(
    reason: Reason, here: Schedule, alba: Practitioner, django_assert_max_num_queries: Any
) -> None:
    budgets = {
        FIND: 2,
        reverse("online-practitioner", args=[alba.pk]): 3,
        reverse("online-hours", args=[alba.pk]): 2,
    }
    for count in (0, 24):
        for number in range(count):
            other = factories.colleague(here, practitioner=factories.practitioner(family_name=f"Muguet {number}"))
            factories.rule(schedule=other, reasons=[factories.reason(other)])
        for address, most in budgets.items():
            with django_assert_max_num_queries(most):
                text = page(address, quoi="médecine générale")
            assert len(text.encode()) < MOST_BYTES * (3 if count else 1)
    assert len(names(page(FIND, quoi="médecine générale"))) == 25


def test_no_hour_is_shown_that_somebody_holds(reason: Reason, here: Schedule, alba: Practitioner, now: Any) -> None:
    take_hold(key=SlotKey(here.pk, at("2026-11-25", "10:45"), 15), by=None, now=now, weak=True)
    assert hours_of(alba)[0] == "20261125T1000Z-15"
