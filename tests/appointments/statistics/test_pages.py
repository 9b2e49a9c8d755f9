"""« Activité »: its period, its files, its drawing, and the report for paper."""

import csv
import html
import io
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.french import NBSP
from accounts.models import ManagersKeptOut, Practitioner
from accounts.templatetags.ui import SHEETS
from appointments.models import Schedule
from appointments.statistics.amounts import Amount
from appointments.statistics.drawing import chart
from appointments.statistics.forms import PeriodForm
from appointments.statistics.hiding import Hidden
from tests import factories
from tests.appointments.paper.test_one_page import CSS, PORTRAIT, printed
from tests.appointments.statistics.test_figures import visits
from tests.conftest import SignIn
from tests.factories import at

pytestmark = pytest.mark.django_db


def page(client: Client, schedule: Schedule, name: str = "statistics", **asked: str) -> Any:
    return client.get(reverse(name, args=[schedule.organization_id]), asked)


def rows(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content if response.streaming else [response.content]).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))


@pytest.fixture
def busy(schedule: Schedule) -> Schedule:
    factories.rule(schedule=schedule, first_day=date(2026, 9, 1))
    visits(
        schedule,
        12,
        at("2026-10-05", "09:00"),
        status="fulfilled",
        reason=factories.reason(schedule, label="=SOMME(A1)"),
    )
    visits(schedule, 3, at("2026-11-05", "09:00"), status="noshow")
    visits(schedule, 8, at("2026-11-06", "09:00"), status="fulfilled")
    return schedule


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, date(2025, 12, 1), date(2026, 11, 25)),
        ({"du": "1/3"}, date(2027, 3, 1), date(2027, 3, 1)),
        ({"au": "30/6/2026"}, date(2025, 7, 1), date(2026, 6, 30)),
        ({"du": "hier", "au": "demain"}, date(2026, 11, 24), date(2026, 11, 26)),
    ],
)
def test_days_are_typed_as_elsewhere(asked: dict[str, str], first: date, last: date) -> None:
    form = PeriodForm(asked, today=date(2026, 11, 25), agendas=[])
    assert form.is_valid()
    assert (form.cleaned_data["du"], form.cleaned_data["au"]) == (first, last)


NO_PERIOD = [
    ({"du": "bientôt"}, "n’est pas un jour"),
    ({"du": "2/11/2026", "au": "1/11/2026"}, "La fin vient avant le début."),
    ({"du": "1/1/2024", "au": "1/1/2026"}, "Deux ans au plus"),
    ({"agenda": "00000000-0000-0000-0000-000000000000"}, "Sélectionnez un choix valide"),
]


def test_what_is_no_period_is_said_beside_what_was_typed(practitioner_client: Client, busy: Schedule) -> None:
    for asked, said in NO_PERIOD:
        answer = page(practitioner_client, busy, **asked)
        shown = html.unescape(answer.content.decode())
        assert answer.status_code == 422, asked
        assert said in shown, asked
        assert all(f'value="{value}"' in shown for name, value in asked.items() if name != "agenda"), asked
        assert page(practitioner_client, busy, "statistics-file", **asked).status_code == 422, asked


def test_an_agenda_of_another_is_neither_counted_nor_proposed(sign_in: SignIn, busy: Schedule) -> None:
    other = factories.colleague(busy)
    visits(other, 30, at("2026-10-05", "09:00"), status="fulfilled")
    helper = factories.user()
    factories.delegate(helper, busy, Level.MANAGE)
    factories.delegate(helper, other, Level.BOOK)
    shown = page(sign_in(helper), busy).content.decode()
    assert str(other.practitioner) not in shown
    assert "sur 23 dont" in shown
    assert page(sign_in(helper), busy, agenda=str(other.pk)).status_code == 422


def test_one_agenda_alone(sign_in: SignIn, busy: Schedule) -> None:
    other = factories.colleague(busy)
    visits(other, 30, at("2026-10-05", "09:00"), status="fulfilled")
    head = factories.member(busy.organization, factories.user(), Role.MANAGER).user
    for asked, count in (({}, 53), ({"agenda": str(busy.pk)}, 23), ({"agenda": str(other.pk)}, 30)):
        assert f"sur {count} dont" in page(sign_in(head), busy, **asked).content.decode()


def test_what_is_not_told_stands_in_no_sentence(practitioner_client: Client, busy: Schedule) -> None:
    text = page(practitioner_client, busy).content.decode()
    assert "dont l’heure est dans la période" in text
    assert "rendez-vous, pour" not in text


def test_each_table_is_a_file_as_it_is_shown(practitioner_client: Client, busy: Schedule) -> None:
    period = {"du": "1/10/2026", "au": "30/11/2026"}
    found = rows(page(practitioner_client, busy, "statistics-file", tableau="mois", **period))
    assert found == [
        ["Mois", "Créneaux ouverts", "Heures ouvertes (heures)", "Occupation (%)", "Rendez-vous", "Honorés", "Non honorés",
         "Annulés", "Délai médian (heures)", "Sous 48 heures (%)"],
        ["Octobre 2026", "372", "93,0", "3,2", "12", "12", "0", "0", "72,0", "0,0"],
        ["Novembre 2026", "360", "90,0", "3,1", "11", "masqué", "< 5", "0", "72,0", "0,0"],
        ["Toute la période", "732", "183,0", "3,1", "23", "masqué", "< 5", "0", "72,0", "0,0"],
    ]  # fmt: skip


def test_no_cell_of_a_file_is_a_formula(practitioner_client: Client, busy: Schedule) -> None:
    assert ["'=SOMME(A1)", "12"] in rows(page(practitioner_client, busy, "statistics-file", tableau="motifs"))
    assert ["Motifs", "'=SOMME(A1)", "Rendez-vous", "12"] in [
        [one[0], one[1], *one[2:]] for one in rows(page(practitioner_client, busy, "statistics-file"))
    ]
    assert page(practitioner_client, busy, "statistics-file", tableau="autre").status_code == 404


def test_no_address_and_no_file_holds_anything_of_a_patient(practitioner_client: Client, busy: Schedule) -> None:
    [one] = visits(
        busy, 1, at("2026-11-07", "09:00"), note="Note-secrète",
        patient=factories.patient(family_name="Pivoine", given_name="Zénobie", email="zenobie@secret.example"),
    )  # fmt: skip
    for name in ("statistics", "statistics-file", "sas-report", "sas-report-file"):
        answer = page(practitioner_client, busy, name)
        text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()
        assert not re.search(rf"Pivoine|PIVOINE|Zénobie|secret|{one.contact_phone[3:]}|{one.patient_id}", text)


def test_the_report_is_of_the_month_before_and_of_no_month_but_the_last_two_years(
    practitioner_client: Client, busy: Schedule
) -> None:
    assert "octobre 2026" in page(practitioner_client, busy, "sas-report").content.decode()
    assert "Mois en cours" in page(practitioner_client, busy, "sas-report", mois="2026-11").content.decode()
    for month in ("2024-11", "2026-12", "2026-13", "x"):
        assert page(practitioner_client, busy, "sas-report", mois=month).status_code == 404


def test_a_manager_who_is_kept_out_of_all_agendas_finds_no_figures(sign_in: SignIn, busy: Schedule) -> None:
    head = factories.member(busy.organization, factories.user(), Role.MANAGER).user
    ManagersKeptOut.objects.create(organization=busy.organization, practitioner=busy.practitioner, since=timezone.now())
    answer = page(sign_in(head), busy)
    assert "Vous ne gérez aucun agenda" in answer.content.decode()
    assert [len(rows(page(sign_in(head), busy, name))) > 0 for name in ("statistics-file", "sas-report-file")]


def test_a_bar_is_as_high_as_its_number_and_what_is_not_told_has_none() -> None:
    months = [date(2026, 10, 1), date(2026, 11, 1)]
    first, second = [Amount(40), Amount(20)], [Amount(10), Amount(3, hidden=Hidden.FEW)]
    drawn = chart(months, first, second, words=("Ouverts", "Pris"))
    assert [bar.height for bar in drawn.bars] == [160, 40, 80, 0]
    assert [bar.words for bar in drawn.bars] == ["40", "10", "20", f"<{NBSP}5"]
    assert [words for _, words in drawn.levels] == ["0", "10", "20", "30", "40"]
    assert [words for _, words in drawn.names] == ["oct.", "nov."]
    assert f"pris{NBSP}: <{NBSP}5" in drawn.said


@pytest.mark.browser
def test_the_report_of_twelve_practitioners_is_one_page(
    sign_in: SignIn, busy: Schedule, practitioner: Practitioner
) -> None:
    for number in range(11):
        whose = factories.practitioner(given_name="Marie-Églantine", family_name=f"Bergamote-Réglisse {number}")
        visits(
            factories.colleague(busy, practitioner=whose), 3, at("2026-10-05", "09:00"), by=factories.regulator_actor()
        )
    head = factories.member(busy.organization, factories.user(), Role.MANAGER).user
    text = page(sign_in(head), busy, "sas-report").content.decode()
    own = "".join((CSS / f"{name}.css").read_text() for name in SHEETS["statistics"])
    assert printed({"report": text.replace("</head>", f"<style>{own}</style></head>")}) == {"report": [PORTRAIT]}
