"""Where the SAS's link lands."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client

from accounts.enums import OrganizationKind
from accounts.models import Practitioner, Regulator, User
from accounts.rights import Actor
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import RuleOffer, Schedule
from tests import factories
from tests.appointments.call.reading import get, hours_of, nearest_of, text_of
from tests.appointments.call.requests import TEN, form_page, key_of, landing
from tests.factories import at

pytestmark = pytest.mark.django_db
QUARTER_PAST = at("2026-11-25", "10:15")

REUNION = factories.ZoneInfo("Indian/Reunion")


def test_an_anonymous_visitor_is_sent_to_sign_in_and_back(client: Client, schedule: Schedule) -> None:
    address = landing(schedule, key_of(schedule))
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"] == f"/connexion/?next={quote(address)}"


def test_another_practice_does_not_see_it(practitioner_client: Client, schedule: Schedule) -> None:
    get(practitioner_client, landing(schedule), 404)


def test_an_unknown_practitioner_is_not_found(regulator_client: Client) -> None:
    get(regulator_client, "/praticien/00000000-0000-4000-8000-000000000000/", 404)
    get(regulator_client, "/praticien/nimporte/", 404)


def test_it_only_reads(regulator_client: Client, schedule: Schedule) -> None:
    assert regulator_client.post(landing(schedule)).status_code == 405


def test_the_slot_chosen_on_the_platform_comes_first(regulator_client: Client, schedule: Schedule) -> None:
    page = get(regulator_client, landing(schedule, key_of(schedule)))
    assert "Aujourd’hui à 10 h 00" in text_of(page)
    assert "Mercredi 25 novembre 2026 · 15 min" in text_of(page)
    hero = re.search(r'<a class="btn btn--primary[^>]*>', page)
    assert hero is not None
    assert f"/rendez-vous/nouveau/?creneau={key_of(schedule)}" in hero[0]
    assert "data-focus" in hero[0]
    assert 'class="chip chip--mine"' in page
    assert "dans 2 h" in text_of(page)


def halves_of(page: str) -> dict[str, list[str]]:
    """Of each day of the table, how many are free at night, in the morning, in the afternoon, in the evening."""
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    return {
        text_of(day): re.findall(r'class="half[^"]*"[^>]*>(?:<span aria-hidden="true">)?([\d–]+)', cells)
        for day, cells in rows
    }


def test_half_days_are_counted_and_one_is_open(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(17, 30), end_time=time(18, 30), weekdays=[3])
    page = get(regulator_client, landing(schedule))
    assert halves_of(page) == {
        "Auj. 25 nov.": ["–", "12", "2", "2"],
        "Demain 26 nov.": ["–", "12", "–", "–"],
        "Après-d. 27 nov.": ["–", "12", "–", "–"],
    }
    assert "Du sam. 28 nov. au mar. 1er déc. 48 créneaux" in text_of(page)
    assert "Ce matin mercredi 25 novembre · 12 créneaux" in text_of(page)
    assert len(hours_of(page)) == 12
    evening = get(regulator_client, landing(schedule, demi="2026-11-25-soir"))
    assert hours_of(evening) == ["18h00", "18h15"]
    # The days after have their turn, and the first ones stay one link away.
    later = get(regulator_client, landing(schedule, demi="2026-11-30"))
    assert list(halves_of(later)) == ["Sam. 28 nov.", "Dim. 29 nov.", "Lun. 30 nov.", "Mar. 1er déc."]
    assert "Du mer. 25 nov. au ven. 27 nov. 40 créneaux" in text_of(later)
    assert "Au matin lundi 30 novembre" in text_of(later)


@pytest.mark.parametrize("wrong", ["2026-11-25-hier", "2026-13-45-soir", "2027-01-01-matin", "\x00", "é" * 3000])
def test_an_unknown_half_day_shows_the_first(regulator_client: Client, schedule: Schedule, wrong: str) -> None:
    assert "Ce matin mercredi 25 novembre" in text_of(get(regulator_client, landing(schedule, demi=wrong)))


@pytest.mark.parametrize(
    ("typed", "focused", "said"),
    [
        ("10", "10h00", ""),
        ("10 h 50", "11h00", ""),
        ("1107", "11h15", ""),
        ("17", "9h00", "Plus rien après cette heure ce jour-là : voici le suivant."),
        ("26", "", "Cette heure n’existe pas"),
        ("midi", "", "Cette heure n’est pas lisible"),
    ],
)
def test_a_typed_hour_leads_to_the_first_slot_after_it(
    regulator_client: Client, schedule: Schedule, typed: str, focused: str, said: str
) -> None:
    page = get(regulator_client, landing(schedule, demi="2026-11-26-matin", apres=typed))
    found = re.search(r'data-slot\s+href="[^"]*"\s*data-focus\s*>([^<\n]+)', page)
    assert (found[1].replace("\u202f", "") if found else "") == focused
    assert said in text_of(page)
    assert ("vendredi 27 novembre · 12" in text_of(page)) == (typed == "17")


def test_a_typed_hour_that_is_over_today_is_tomorrow_s(regulator_client: Client, schedule: Schedule) -> None:
    with time_machine.travel(at("2026-11-25", "11:10"), tick=False):
        over = get(regulator_client, landing(schedule, demi="2026-11-25-matin", apres="10"))
        now = get(regulator_client, landing(schedule, demi="2026-11-25-matin", apres="11"))
    assert "Cette heure est passée aujourd’hui : voici la suivante." in text_of(over)
    assert "jeudi 26 novembre · 12" in text_of(over)
    assert "mercredi 25 novembre" in text_of(now)


def test_what_one_booked_oneself_was_taken_by_nobody(
    regulator_client: Client, regulator: Regulator, schedule: Schedule
) -> None:
    patient = factories.patient(given_name="Kumquat", family_name="Jasmin-Démo")
    actor = Actor(user=regulator.user, regulator=regulator)
    made = factories.appointment(schedule_=schedule, by=actor, start=TEN, patient=patient)
    # Back from the confirmation: the form of that hour leads here.
    answer = regulator_client.get(form_page(key_of(schedule)), follow=True)
    page = answer.content.decode()
    assert "Vous avez pris ce créneau" in page
    assert "pour K. J." in text_of(page)
    assert f'href="/rendez-vous/{made.id}/confirmation/" data-focus' in page
    assert "vient d’être pris" not in page
    factories.appointment(schedule_=schedule, by=factories.regulator_actor(), start=QUARTER_PAST)
    assert "vient d’être pris" in get(regulator_client, landing(schedule, key_of(schedule, QUARTER_PAST)))


def test_it_opens_around_a_slot_that_is_gone(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15), weekdays=[3])
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:15"))
    gone = get(regulator_client, landing(schedule, key_of(schedule, at("2026-11-25", "14:15"))))
    assert "Cet après-midi mercredi 25 novembre · 3" in text_of(gone)
    evening = get(regulator_client, landing(schedule, key_of(schedule, at("2026-11-25", "20:00"))))
    assert "Au matin jeudi 26 novembre" in text_of(evening)


def test_hours_already_past_are_not_shown(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(7), end_time=time(8, 30), weekdays=[3])
    assert hours_of(get(regulator_client, landing(schedule)))[:2] == ["8h00", "8h15"]


def test_each_place_of_the_practitioner_is_shown(regulator_client: Client, schedule: Schedule) -> None:
    other = factories.schedule(practitioner=schedule.practitioner, location=factories.location(phone="+33199004321"))
    factories.rule(schedule=other, start_time=time(14), end_time=time(15))
    factories.rule(schedule=other, start_time=time(8), end_time=time(8, 30))
    page = get(regulator_client, landing(schedule))
    for location in (schedule.location, other.location):
        assert location.full_address in page
        assert location.phone in page
    assert set(hours_of(page)) > {"8h00", "8h15", "9h00", "11h45"}
    assert page.count('class="place"') == 2


def test_two_that_begin_together_are_told_apart(regulator_client: Client) -> None:
    schedule = factories.schedule()
    short = [factories.reason(schedule) for _ in range(2)]
    long = factories.reason(schedule, label="Suture", minutes=30)
    factories.rule(schedule=schedule, start_time=time(11), end_time=time(11, 30), step_minutes=30, reasons=[long])
    factories.rule(schedule=schedule, start_time=time(11), end_time=time(11, 15), reasons=short)
    page = text_of(get(regulator_client, landing(schedule)))
    assert "La plupart : Au cabinet PUBLIC SNP 15 min" in page
    assert "11 h 00 30 min Suture" in page
    # Of both the sooner list has one.
    assert "11 h 00 dans 3 h 11 h 00 demain" in page
    gone = text_of(get(regulator_client, landing(schedule, key_of(schedule, TEN))))
    assert "11 h 00 aujourd’hui · 15 min" in gone
    assert "11 h 00 aujourd’hui · 30 min Cabinet PUBLIC SNP Suture" in gone


def test_who_publishes_nothing_is_unknown_to_regulators(regulator_client: Client) -> None:
    schedule = factories.schedule()
    get(regulator_client, landing(schedule), 404)
    factories.rule(schedule=schedule, audiences=[])
    get(regulator_client, landing(schedule), 404)
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    RuleOffer(rule=schedule.rules.get(), audience=Audience.CPTS, community=community).save()
    get(regulator_client, landing(schedule), 404)
    factories.rule(schedule=schedule)
    get(regulator_client, landing(schedule))
    Schedule.objects.update(active=False)
    get(regulator_client, landing(schedule), 404)


def test_who_can_t_be_called_or_recognised_is_unknown_to_regulators(regulator_client: Client) -> None:
    unnumbered = factories.organization(finess="", siret="", rpps_rank="", adeli_rank="")
    for lacking in ({"phone": ""}, {"organization": unnumbered}):
        schedule = factories.rule(schedule=factories.schedule(location=factories.location(**lacking))).schedule
        Practitioner.objects.update(phone="")
        get(regulator_client, landing(schedule), 404)


def test_a_holiday_has_nothing_to_show(regulator_client: Client, schedule: Schedule, now: datetime) -> None:
    factories.absence(practitioner=schedule.practitioner, start=now, end=now + timedelta(days=30))
    assert "Aucun créneau libre" in text_of(get(regulator_client, landing(schedule)))


def test_hours_are_those_of_the_place(regulator_client: Client) -> None:
    schedule = factories.rule(
        schedule=factories.schedule(location=factories.location(time_zone="Indian/Reunion")),
        start_time=time(11), end_time=time(12),
    ).schedule  # fmt: skip
    # 8:00 in Paris is 11:00 in Réunion.
    assert hours_of(get(regulator_client, landing(schedule)))[0] == "11h00"
    page = get(regulator_client, landing(schedule, key_of(schedule, at("2026-11-25", "11:30", REUNION))))
    assert "Aujourd’hui à 11 h 30" in text_of(page)


def test_only_published_slots_are_shown_to_regulators(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15), audiences=[])
    page = get(regulator_client, landing(schedule, key_of(schedule, at("2026-11-25", "14:00"))))
    assert "14h00" not in hours_of(page)
    assert "Ce créneau n’est plus libre" in page


def test_a_regulator_reads_a_walk_in_hour_and_does_not_book_it(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(
        schedule=schedule, start_time=time(14), end_time=time(14, 15), appointment_type=AppointmentType.WALKIN
    )
    walk_in = key_of(schedule, at("2026-11-25", "14:00"))
    page = get(regulator_client, landing(schedule, demi="2026-11-25-apres-midi"))
    assert hours_of(page) == ["14h00"]
    assert "Tous : Au cabinet PUBLIC SNP 15 min Sans rendez-vous : le patient se présente" in text_of(page)
    assert walk_in not in page
    # Not as the hour chosen either, nor in the form.
    assert f"/rendez-vous/nouveau/?creneau={walk_in}" not in get(regulator_client, landing(schedule, walk_in))
    response = regulator_client.get(form_page(walk_in))
    assert response["Location"] == landing(schedule, walk_in)


def test_a_walk_in_hour_is_not_offered_instead_of_a_slot_that_is_gone(
    regulator_client: Client, schedule: Schedule
) -> None:
    factories.rule(
        schedule=schedule, start_time=time(14), end_time=time(14, 15), appointment_type=AppointmentType.WALKIN
    )
    page = get(regulator_client, landing(schedule, key_of(schedule, at("2026-11-25", "14:05"))))
    assert "Ce créneau n’est plus libre" in page
    assert nearest_of(page)[:3] == ["11h45", "11h30", "11h15"]


def test_the_practice_sees_all_of_its_own(
    practitioner: Practitioner, secretary: User, sign_in: Callable[[User], Client]
) -> None:
    schedule = factories.rule(schedule=factories.schedule(practitioner=practitioner), audiences=[]).schedule
    for person in (practitioner.user, secretary):
        assert person is not None
        page = get(sign_in(person), landing(schedule, key_of(schedule)))
        assert "Interne" in page
        assert "Réserver 10 h 00" in text_of(page)


GONE: list[tuple[Callable[[Schedule], str], str]] = [
    (lambda schedule: key_of(schedule, at("2026-11-25", "07:45")), "Aujourd’hui à 7 h 45 : l’heure est passée"),
    (lambda schedule: key_of(schedule, at("2026-11-20", "10:00")), "Vendredi 20 novembre à 10 h 00 : l’heure est"),
    (lambda schedule: key_of(schedule, TEN, 20), "Aujourd’hui à 10 h 00. Ce créneau n’est plus proposé"),
    (
        lambda schedule: key_of(schedule, at("2026-11-25", "22:00")),
        "22 h 00. Ce créneau n’est plus proposé : le cabinet a",
    ),
    (lambda schedule: key_of(factories.schedule()), "ne désigne aucun créneau"),
    (lambda schedule: "nimporte", "ne désigne aucun créneau"),
    (lambda schedule: "a\x00b", "ne désigne aucun créneau"),
    (lambda schedule: "é" * 3000, "ne désigne aucun créneau"),
    (lambda schedule: f"{schedule.id.hex}-99991231T2359Z-9999", "ne désigne aucun créneau"),
    (lambda schedule: f"{schedule.id.hex}-00010101T0000Z-15", "ne désigne aucun créneau"),
    (lambda schedule: f"{schedule.id.hex}-20261325T0900Z-15", "ne désigne aucun créneau"),
]


def test_a_slot_that_is_not_to_be_had_gives_the_three_nearest(regulator_client: Client, schedule: Schedule) -> None:
    for change, sentence in GONE:
        page = get(regulator_client, landing(schedule, change(schedule)))
        assert "Ce créneau n’est plus libre" in page, sentence
        assert sentence in text_of(page), sentence
        nearest = page.partition('id="autres"')[0]
        assert nearest.count("data-slot") == 3, sentence


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("booked", "Ce créneau vient d’être pris."),
        ("absent", "Ce créneau n’est plus proposé : le praticien est absent à ce moment."),
        ("closed", "Ce créneau n’est plus proposé : cet agenda est fermé."),
    ],
)
def test_why_a_slot_is_not_to_be_had_is_told(
    regulator_client: Client, schedule: Schedule, how: str, sentence: str
) -> None:
    if how == "booked":
        factories.appointment(schedule_=schedule, start=TEN)
    elif how == "absent":
        factories.absence(practitioner=schedule.practitioner, start=TEN, end=TEN + timedelta(hours=1))
    else:
        factories.rule(schedule=factories.schedule(practitioner=schedule.practitioner))
        Schedule.objects.filter(pk=schedule.pk).update(active=False)
    page = text_of(get(regulator_client, landing(schedule, key_of(schedule))))
    assert f"Aujourd’hui à 10 h 00. {sentence}" in page


def test_the_nearest_of_a_slot_just_taken_are_around_it_those_after_first(
    regulator_client: Client, schedule: Schedule
) -> None:
    factories.appointment(schedule_=schedule, start=TEN)
    page = get(regulator_client, landing(schedule, key_of(schedule)))
    assert nearest_of(page)[:3] == ["10h15", "9h45", "9h30"]


def test_what_the_platform_glued_after_the_key_is_left_out(regulator_client: Client, schedule: Schedule) -> None:
    page = get(regulator_client, f"/praticien/{schedule.practitioner_id}/?creneau={key_of(schedule)}?x=y")
    assert "Aujourd’hui à 10 h 00" in text_of(page)


def test_filters_are_links_that_keep_the_slot_and_say_how_many(regulator_client: Client, schedule: Schedule) -> None:
    factories.rule(
        schedule=schedule, start_time=time(14), end_time=time(15),
        consultation_types=[ConsultationType.VR], audiences=[Audience.PRO],
    )  # fmt: skip
    other = factories.schedule(practitioner=schedule.practitioner)
    factories.rule(schedule=other, start_time=time(16), end_time=time(16, 30))
    key = key_of(schedule)
    page = get(regulator_client, landing(schedule, key))
    links = dict(re.findall(r'class="seg__item" href="([^"]*)".*?class="seg__n">(\d+)<', page, re.DOTALL))
    assert links == {
        f"?creneau={key}": "126", f"?creneau={key}&amp;mode=AMB": "98", f"?creneau={key}&amp;mode=VR": "28",
        f"?creneau={key}&amp;lieu={schedule.id}": "112", f"?creneau={key}&amp;lieu={other.id}": "14",
    }  # fmt: skip
    filtered = get(regulator_client, landing(schedule, key, mode="VR"))
    assert set(hours_of(filtered)) == {"14h00", "14h15", "14h30", "14h45"}
    assert "Aujourd’hui à 10 h 00" in text_of(filtered)
    assert f'href="?creneau={key}&amp;mode=VR&amp;lieu={other.id}"' in filtered
    nothing = get(regulator_client, landing(schedule, key, mode="VR", lieu=str(other.id)))
    assert "Aucun autre créneau libre de cette sorte" in text_of(nothing)


@pytest.mark.parametrize("wrong", ["<script>", "\x00", "XX"])
def test_an_unknown_filter_shows_everything(regulator_client: Client, schedule: Schedule, wrong: str) -> None:
    page = get(regulator_client, landing(schedule, mode=wrong, lieu=wrong))
    assert len(hours_of(page)) == 12
    assert "<script>" not in page.partition("<body")[2]


def test_a_single_mode_or_place_is_no_choice(regulator_client: Client, schedule: Schedule) -> None:
    assert "Mode de consultation" not in get(regulator_client, landing(schedule))


def test_the_practitioner_is_presented(regulator_client: Client, schedule: Schedule) -> None:
    Practitioner.objects.update(practical_information="Accès de plain-pied.\n<b>Carte Vitale</b>", phone="+33639981234")
    page = get(regulator_client, landing(schedule))
    assert "Médecine générale" in page
    assert "01 99 00 12 34" in text_of(page)
    assert "06 39 98 12 34" in text_of(page)
    assert "Accès de plain-pied.<br>&lt;b&gt;Carte Vitale" in page


@pytest.mark.parametrize("places", [1, 5])
def test_the_number_of_queries_does_not_grow(
    regulator_client: Client, schedule: Schedule, places: int, django_assert_num_queries: Callable[[int], object]
) -> None:
    for number in range(places - 1):
        other = factories.schedule(practitioner=schedule.practitioner)
        factories.rule(schedule=other, start_time=time(14 + number), end_time=time(15 + number))
    factories.appointment(schedule_=schedule, start=TEN + timedelta(days=1))
    regulator_client.get("/orientations/")  # the terms are remembered in the session from now on
    # session, user with regulator; schedules; what is open and taken; who replaces; the bar
    with django_assert_num_queries(6):
        regulator_client.head(landing(schedule, key_of(schedule)))
    # Keeping it: a transaction, lines of time, who still may, holds, what is open and taken under the lock, the hold anew.
    with django_assert_num_queries(14):
        regulator_client.get(landing(schedule, key_of(schedule)))
    # Another half-day is chosen without all that.
    with django_assert_num_queries(4):
        regulator_client.get(landing(schedule, key_of(schedule)), headers={"HX-Request": "true", "HX-Target": "choix"})


def test_overseas_the_desks_clock_is_said_beside_the_places(regulator_client: Client) -> None:
    there = factories.schedule(location=factories.location(time_zone="America/Cayenne"))
    factories.rule(schedule=there, start_time=time(8), end_time=time(22))
    for hour, said in (("15:00", "Soit 15 h 00 à Paris, votre heure"), ("23:30", "Soit 23 h 30 à Paris, votre heure")):
        key = key_of(there, at("2026-11-25", hour))
        page = text_of(get(regulator_client, landing(there, key)))
        assert said in page
        # Under each hour of the place.
        assert re.search(r"\d h 00 \d+ h 00 Paris", page)
        assert said in text_of(get(regulator_client, f"/rendez-vous/nouveau/?creneau={key}"))
    key = key_of(there, at("2026-11-26", "01:30"))
    assert "Soit le lendemain à 1 h 30 à Paris, votre heure" in text_of(get(regulator_client, landing(there, key)))


def test_today_there_that_is_tomorrow_here_says_so(sign_in_regulator: Callable[[Regulator], Client]) -> None:
    east = factories.schedule(location=factories.location(time_zone="Indian/Reunion"))
    factories.rule(schedule=east, start_time=time(8), end_time=time(22))
    with time_machine.travel(at("2026-11-25", "22:00"), tick=False):
        client = sign_in_regulator(factories.regulator())
        page = text_of(get(client, landing(east, key_of(east, at("2026-11-26", "06:00")))))
    assert "Aujourd’hui à 9 h 00, heure de La Réunion" in page
    assert "Soit demain à 6 h 00 à Paris, votre heure" in page


def test_where_clocks_agree_one_is_said(regulator_client: Client, schedule: Schedule) -> None:
    assert "votre heure" not in text_of(get(regulator_client, landing(schedule, key_of(schedule))))
