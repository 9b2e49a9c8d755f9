"""A day and a week on paper, and a period in a file."""

import csv
import html
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Level
from accounts.models import Practitioner, User
from appointments.enums import ConsultationType, Status
from appointments.models import Schedule
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 26)


def words(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split()).replace(" ,", ",")


def day(client: Client, practitioner: Practitioner, query: str = "") -> str:
    return words(client.get(reverse("print-day", args=[practitioner.id, DAY]) + query))


@pytest.fixture
def infant(schedule: Schedule) -> None:
    patient = factories.patient(
        family_name="Mûre", given_name="Narcisse", sex="male", birth_date=date(2026, 10, 25), phone="+33639983110"
    )
    factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "11:15"), patient=patient, caller="Père", note="38,6 depuis ce matin",
        reason=factories.reason(schedule, label="Fièvre"), by=factories.regulator_actor(), minutes=30,
    )  # fmt: skip


def test_a_line_says_who_when_what_and_how(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, infant: None
) -> None:
    older = factories.patient(family_name="Olive", sex="male", birth_date=date(1950, 1, 1), birth_date_precision="year")
    factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "15:30"), patient=older, status=Status.FULFILLED,
        consultation_type=ConsultationType.VR,
    )  # fmt: skip
    factories.appointment(
        schedule_=schedule, start=at("2026-11-26", "16:00"), status=Status.CANCELLED,
        patient=factories.patient(family_name="Annulation"),
    )  # fmt: skip
    factories.absence(
        practitioner=practitioner, label="Formation", start=at("2026-11-26", "12:00"), end=at("2026-11-26", "14:00")
    )
    text = day(practitioner_client, practitioner)

    assert "Jeudi 26 novembre 2026" in text
    assert "2 rendez-vous 11 h 15 – 15 h 45" in text
    assert "11 h 15 11 h 45 MÛRE Narcisse né le 25/10/2026, 4 semaines 06 39 98 31 10, Père Fièvre (SAS)" in text
    assert "38,6 depuis ce matin" in text
    assert re.search(r"OLIVE \S+ né en 1950, environ 76 ans", text), text
    assert "Téléconsultation Honoré" in text
    assert "12 h 00 Absence : Formation, 12 h 00 – 14 h 00" in text
    assert "ANNULATION" not in text
    assert "mercredi 25 novembre 2026 à 10 h 40, heure de Paris" in text
    assert "à détruire après usage" in text


def test_what_is_printed_is_chosen_in_the_address(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, infant: None
) -> None:
    factories.rule(schedule=schedule)
    assert "Libre" not in day(practitioner_client, practitioner)
    bare = day(practitioner_client, practitioner, "?options=1&libres=on")
    assert "9 h 00 Libre, 15 min" in bare
    assert "06 39 98" not in bare
    assert "depuis ce matin" not in bare


def test_a_week_is_a_column_a_day_with_or_without_names(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, infant: None
) -> None:
    address = reverse("print-week", args=[practitioner.id, DAY])
    text = words(practitioner_client.get(address))
    assert "Semaine du 23 – 27 novembre 2026" in text
    assert "jeu. 26 nov. 11 h 15 MÛRE Narcisse Fièvre" in text.replace("Jeu.", "jeu.")
    discreet = words(practitioner_client.get(address + "?options=1"))
    assert "11 h 15 N. M." in discreet
    assert "Fièvre" not in discreet


def test_who_sees_one_of_two_organizations_prints_and_exports_that_one(
    sign_in: Any, practitioner: Practitioner, schedule: Schedule, infant: None
) -> None:
    there = factories.schedule(practitioner=practitioner)
    secret = factories.patient(family_name="Secrète")
    factories.appointment(schedule_=there, start=at("2026-11-26", "17:00"), patient=secret)
    helper: User = factories.user()
    factories.delegate(helper, schedule, Level.SEE)
    client = sign_in(helper)
    text = day(client, practitioner)
    assert "MÛRE" in text
    assert "SECRÈTE" not in text
    assert "17 h 00 Occupé, 17 h 00 – 17 h 15" in text
    assert [row["Nom"] for row in exported(client, practitioner)] == ["Mûre"]


def exported(client: Client, practitioner: Practitioner, first: date = DAY, last: date = DAY) -> list[dict[str, str]]:
    answer: Any = client.get(reverse("export-file", args=[practitioner.id]) + f"?du={first}&au={last}")
    text = b"".join(answer).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_a_period_is_exported_with_its_two_days_and_no_formula(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, infant: None
) -> None:
    for day_, clock in (("2026-11-25", "23:45"), ("2026-11-27", "23:45"), ("2026-11-28", "00:00")):
        factories.appointment(
            schedule_=schedule, start=at(day_, clock), note="=1+1", patient=factories.patient(family_name="@SUM")
        )
    first, second = exported(practitioner_client, practitioner, DAY, DAY + timedelta(days=1))
    assert (first["Date"], first["Début"], first["Fin"], first["À l’heure de"]) == (
        "26/11/2026",
        "11:15",
        "11:45",
        "Paris",
    )
    assert (first["Nom"], first["Naissance"], first["Téléphone"]) == ("Mûre", "25/10/2026", "06 39 98 31 10")
    assert (first["Motif"], first["Statut"], first["Pris par"]) == ("Fièvre", "Confirmé", "Régulation du SAS")
    assert (second["Nom"], second["Note"]) == ("'@SUM", "'=1+1")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("du=2026-11-20&au=2026-11-10", "avant la première"),
        ("du=2025-01-01&au=2026-11-10", "trop longue"),
        ("du=1998-01-01&au=1998-01-02", "de 2000 à 2099"),
        ("", "Indiquez une date"),
    ],
)
def test_a_period_that_makes_no_sense_is_told(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, query: str, told: str
) -> None:
    answer = practitioner_client.get(reverse("export-file", args=[practitioner.id]) + f"?{query}")
    assert answer.status_code == 422
    assert told in answer.content.decode()


@pytest.mark.parametrize("count", [1, 6])
def test_paper_and_files_keep_their_budgets(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, count: int
) -> None:
    factories.rule(schedule=schedule)
    for number in range(count):
        start = at("2026-11-26", "08:00") + timedelta(minutes=15 * number)
        factories.appointment(schedule_=schedule, start=start, reason=factories.reason(schedule))
    # Session, user, rights; practitioners, places; rules, reasons and time that is not free; appointments; patients to be told.
    costs = {"print-day": 8, "print-week": 7}
    for name, cost in costs.items():
        with CaptureQueriesContext(connection) as queries:
            assert practitioner_client.get(reverse(name, args=[practitioner.id, DAY])).status_code == 200
        assert len(queries) == cost, name
    with CaptureQueriesContext(connection) as queries:
        assert len(exported(practitioner_client, practitioner)) == count
    assert len(queries) == 6
