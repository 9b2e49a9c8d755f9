"""« Vu du SAS »: what is shown day by day, the cause of each start that is not, and the page where it can be changed."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Level, OrganizationKind
from accounts.models import Practitioner, User
from accounts.rights import acted_by
from appointments.enums import Audience
from appointments.models import Absence, Closure, CommunityMember, Hold, Rule, RuleDayOff, RuleOffer, Schedule
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)


def address(schedule: Schedule, query: str = "") -> str:
    return f"/agenda/{schedule.practitioner_id}/horaires/vu-du-sas/{query}"


def of(schedule: Schedule, hour: int, **fields: Any) -> Rule:
    """One hour of four slots, today only unless it says otherwise."""
    day = fields.pop("day", date(2026, 11, 25))
    return factories.rule(
        schedule=schedule, start_time=time(hour), end_time=time(hour + 1), **{"first_day": day, "last_day": day} | fields
    )  # fmt: skip


@pytest.fixture
def kept(schedule: Schedule) -> dict[str, str]:
    """A day and the next with a start hidden by each cause that is an agenda's; by its words the link that mends it."""
    horaires = f"/agenda/{schedule.practitioner_id}/horaires"
    of(schedule, 11)
    taken = factories.appointment(
        schedule_=schedule, start=at("2026-11-25", "11:00"), buffer_after=10,
        patient=factories.patient(given_name="Kiwi", family_name="Lime"),
    )  # fmt: skip
    Hold.objects.create(
        schedule=schedule, calendar=schedule.calendar, organization=schedule.organization,
        start=at("2026-11-25", "11:30"), end=at("2026-11-25", "11:45"), expires_at=at("2099-01-01", "10:45"),
        **acted_by(factories.regulator_actor()),
    )  # fmt: skip
    nobodys, pros = of(schedule, 12, audiences=[]), of(schedule, 13, audiences=[Audience.PRO])
    RuleOffer.objects.filter(rule=pros).update(audience=Audience.CPTS, community=_community(schedule))
    late, early = of(schedule, 14), of(schedule, 15)
    RuleOffer.objects.filter(rule=late).update(shown_until_minutes=600)
    RuleOffer.objects.filter(rule=early).update(shown_from_minutes=30)
    gone = of(schedule, 16, reasons=[factories.reason(schedule, label="Vaccin", minutes=30)])
    RuleOffer.objects.filter(rule=gone, reason=None).delete()
    schedule.reasons_at.update(active=False)
    away = Absence.objects.create(
        calendar=schedule.calendar, start=at("2026-11-26", "09:00"), end=at("2026-11-26", "10:00"), label="congé"
    )
    shut = Closure.objects.create(
        location=schedule.location, start=at("2026-11-26", "10:00"), end=at("2026-11-26", "11:00"), label="travaux"
    )
    tomorrow = date(2026, 11, 26)
    of(schedule, 9, day=tomorrow)
    of(schedule, 10, day=tomorrow)
    off = of(schedule, 11, day=tomorrow)
    RuleDayOff.objects.create(rule=off, day=tomorrow)
    matrix = f"{horaires}/qui-voit-quoi/#regle-"
    return {
        "Pris par LIME Kiwi": f"/rendez-vous/{taken.pk}/",
        "Temps gardé libre autour d’un rendez-vous": "",
        "Gardé pour un régulateur jusqu’à 10 h 45": "",
        "n’est ouverte à personne": f"{matrix}{nobodys.pk.hex}",
        "Réservé à la CPTS": f"{matrix}{pros.pk.hex}",
        "N’est plus montré 10 h avant": f"{matrix}{late.pk.hex}",
        "Ne s’ouvre que aujourd’hui à 14 h 30": f"{matrix}{early.pk.hex}",
        "Ouvert pour un motif qui n’est plus fait ici": reverse("practice-reasons", args=[schedule.organization_id]),
        "Absence : congé": f"{horaires}/absence/{away.pk}/",
        "Fermeture : travaux": f"{horaires}/fermeture/{shut.pk}/",
        "Ce jour est retiré de la règle": f"{horaires}/regle/{off.pk}/jour/2026-11-26/",
    }


def _community(schedule: Schedule) -> Any:
    made = factories.organization(kind=OrganizationKind.COMMUNITY, name="CPTS des Prés")
    CommunityMember.objects.create(organization=schedule.organization, community=made)
    return made


def test_every_start_that_is_not_shown_has_its_cause_and_the_link_that_mends_it(
    practitioner_client: Client, schedule: Schedule, kept: dict[str, str]
) -> None:
    answer = practitioner_client.get(address(schedule))
    words, page = text_of(answer), answer.content.decode()
    assert "Le SAS vous trouve : 1 créneau sur 36" in words
    for text, link in kept.items():
        assert text in words, text
        assert not link or f'href="{link}"' in page, link
    # The one that is free, and what the platform is answered.
    assert "11 h 45 Au cabinet PUBLIC SNP Montré" in words
    assert "200 Bundle (1 Slot" in words


def test_chips_count_each_cause_and_filter_by_it(
    practitioner_client: Client, schedule: Schedule, kept: dict[str, str]
) -> None:
    words = text_of(practitioner_client.get(address(schedule)))
    for chip in (
        "36 Tous",
        "1 Montrés",
        "4 Fermés à tous",
        "4 Pas ouverts au SAS",
        "1 Pris",
        "1 Gardés",
        "1 Battement",
    ):
        assert chip in words, chip
    only = text_of(practitioner_client.get(address(schedule, "?cause=pris")))
    assert "Pris par LIME Kiwi" in only
    assert "Absence : congé" not in only
    shown = text_of(practitioner_client.get(address(schedule, "?cause=montres")))
    assert "11 h 45" in shown
    assert "Caché" not in shown
    assert practitioner_client.get(address(schedule, "?cause=rien&jour=hier&moment=x&vue=y")).status_code == 200


def test_another_viewer_and_another_moment_see_something_else(practitioner_client: Client, schedule: Schedule) -> None:
    _community(schedule)
    rule = factories.rule(schedule=schedule, audiences=[Audience.SNP, Audience.PRO])
    RuleOffer.objects.filter(rule=rule, audience=Audience.SNP).update(shown_from_minutes=24 * 60)
    RuleOffer.objects.filter(rule=rule, audience=Audience.PRO).update(audience=Audience.PUBLIC, shown_from_minutes=30)
    said = {
        query: text_of(practitioner_client.get(address(schedule, query)))
        for query in ("", "?vue=patient", "?vue=pro", "?moment=demain", "?moment=lundi", "?jour=2026-12-01")
    }
    # Until tomorrow at 10:40; within half an hour.
    assert "Le SAS vous trouve : 12 créneaux sur 29" in said[""]
    assert "Un patient voit : 2 créneaux sur 29" in said["?vue=patient"]
    assert "Un professionnel voit : 2 créneaux" in said["?vue=pro"]
    assert "Comme si nous étions jeudi 26 novembre à 10 h 40" in said["?moment=demain"]
    assert "Comme si nous étions lundi 30 novembre à 8 h 00" in said["?moment=lundi"]
    assert "Le SAS ne vous trouve pas : 0 créneau sur 36" in said["?jour=2026-12-01"]
    assert "CPTS" in said[""]


def test_a_holiday_a_lack_and_an_empty_week_are_told(practitioner_client: Client, schedule: Schedule) -> None:
    assert "Aucune règle n’ouvre ces jours-là" in text_of(practitioner_client.get(address(schedule)))
    factories.rule(schedule=schedule)
    type(schedule.location).objects.update(holidays="metropole", phone="")
    words = text_of(practitioner_client.get(address(schedule, "?jour=2026-12-24")))
    assert "Noël" in words
    assert "Ni le lieu, ni le praticien, ni la structure n’a de téléphone" in words
    type(schedule.organization).objects.update(finess="")
    words = text_of(practitioner_client.get(address(schedule)))
    assert "Ni l’agenda ni la structure n’a de FINESS ou de SIRET" in words


def test_an_absence_that_somebody_may_not_read_is_time_that_is_taken(schedule: Schedule, sign_in: Any) -> None:
    factories.schedule(practitioner=schedule.practitioner)
    factories.rule(schedule=schedule)
    factories.absence(
        practitioner=schedule.practitioner, first_day=date(2026, 11, 26), last_day=date(2026, 11, 26), label="Secret"
    )
    helper = factories.user()
    factories.delegate(helper, schedule, Level.SEE)
    words = text_of(sign_in(helper).get(address(schedule)))
    assert "Occupé" in words
    assert "Secret" not in words
    assert "Absence" not in words.replace("Absences et fermetures", "")  # a tab


@pytest.mark.parametrize("count", [1, 12])
def test_it_costs_the_same_whatever_there_is(
    practitioner_client: Client, practitioner: Practitioner, secretary: User, count: int
) -> None:
    for number in range(count):
        schedule = factories.schedule(practitioner=practitioner)
        factories.rule(schedule=schedule, audiences=[Audience.PUBLIC], reasons=[factories.reason(schedule)])
        factories.appointment(schedule_=schedule, start=NOW + timedelta(hours=24 + number))
    with CaptureQueriesContext(connection) as queries:
        assert practitioner_client.get(address(schedule)).status_code == 200
    assert len(queries) == 12


def test_the_agenda_leads_there_from_a_day_on_which_nothing_is_free(
    practitioner_client: Client, schedule: Schedule
) -> None:
    factories.rule(schedule=schedule, end_time=time(9, 15))
    factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"))
    page = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/semaine/2026-11-25/").content.decode()
    assert page.count(f'href="{address(schedule, "?jour=2026-11-26")}"') == 1
    assert address(schedule, "?jour=2026-11-27") not in page
