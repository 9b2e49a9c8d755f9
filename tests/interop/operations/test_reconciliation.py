"""What we hold against what the SAS acknowledged, without a patient."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appointments.enums import Status
from appointments.models import Appointment
from appointments.templatetags.patients import reference
from interop.models import Delivery
from interop.operations.reconciliation import booked_between
from tests import factories
from tests.interop.deliveries import booked, cancelled, deliver, marked, moved
from tests.interop.operations.conftest import SignIn, text_of
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db
PAGE = reverse("operations-reconciliation")
FILE = reverse("operations-reconciliation-file")
BUDGET = 7


def today() -> date:
    return timezone.localdate()


def lines() -> dict[str, Any]:
    return {line.id: line for line in booked_between(today(), today())}


def test_what_the_sas_acknowledged_agrees(sas: SasStub) -> None:
    appointment = booked()
    moved(appointment)
    deliver(appointment)
    factories.appointment()  # a practice's own: none of the SAS's business

    assert [line.differences for line in lines().values()] == [[]]


def test_differences_are_told_one_by_one(sas: SasStub) -> None:
    never, late, closed, both = booked(), booked(), booked(), booked()
    for appointment in (late, closed, both):
        deliver(appointment)
    moved(late)
    marked(closed, Status.NOSHOW)
    moved(both)
    cancelled(both)

    found = lines()
    assert found[str(never.id)].differences == ["jamais reçu par le SAS"]
    assert found[str(late.id)].differences == ["date"]
    assert found[str(closed.id)].differences == ["statut"]
    assert found[str(both.id)].differences == ["date", "statut"]
    assert found[str(never.id)].owed_label == "À envoyer"


def test_a_change_that_escaped_the_deliveries_is_found(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    appointment.at(factories.colleague(appointment.schedule))
    appointment.save()

    line = lines()[str(appointment.id)]
    assert (line.differences, line.owed_state) == (["praticien"], "")


def test_both_days_are_included_in_our_own_zone() -> None:
    appointment = booked()
    Appointment.objects.filter(pk=appointment.pk).update(created_at=factories.at("2026-11-20", "00:00"))
    day = date(2026, 11, 20)

    assert len(list(booked_between(day, day))) == 1
    assert not list(booked_between(day - timedelta(days=1), day - timedelta(days=1)))
    Appointment.objects.filter(pk=appointment.pk).update(created_at=factories.at("2026-11-20", "23:59"))
    assert len(list(booked_between(day, day))) == 1


def test_the_page_counts_and_lists_the_differences(operator: Client, sas: SasStub) -> None:
    agreed, refused = booked(), booked(patient=factories.patient(family_name="Zzyzx"))
    deliver(agreed)
    sas.reply(Reply(422))
    deliver(refused)

    answer = operator.get(PAGE)
    text = text_of(answer)

    assert "1 écart sur 2 rendez-vous." in text
    assert "1 est connu du SAS tel que nous le tenons" in text
    assert reference(refused) in text
    assert reference(agreed) not in text
    assert "Bloqué" in text
    assert "Zzyzx" not in answer.content.decode()


def test_nothing_and_no_difference(operator: Client, sas: SasStub) -> None:
    assert "Aucun rendez-vous n’a été réservé" in text_of(operator.get(PAGE))
    deliver(booked())
    assert "Aucun écart sur 1 rendez-vous." in text_of(operator.get(PAGE))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("du=2026-11-20&au=2026-11-10", "avant la première"),
        ("du=2026-01-01&au=2026-11-10", "trop longue"),
        ("du=x&au=2026-11-10", "Du"),
        ("du=2026-11-20", "Au"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(operator: Client, query: str, told: str) -> None:
    answer = operator.get(f"{PAGE}?{query}")
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert operator.get(f"{FILE}?{query}").status_code == 422


def test_the_file_holds_every_appointment_and_no_patient(operator: Client, sas: SasStub) -> None:
    person = factories.patient(family_name="Zzyzx", given_name="Qwfpg", email="zzyzx@exemple.test", nir="1" * 15)
    agreed, refused = booked(), booked(patient=person)
    deliver(agreed)
    sas.reply(Reply(422, outcome("=cmd()")))
    deliver(refused)
    Delivery.objects.filter(appointment=refused).update(cause="=HYPERLINK(1)")

    answer = operator.get(f"{FILE}?du={today()}&au={today()}")
    assert answer["Content-Type"].startswith("text/csv")
    assert f"rapprochement-{today()}-{today()}.csv" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    for secret in ("Zzyzx", "Qwfpg", "zzyzx@", "1" * 15, person.phone, str(person.birth_date)):
        assert secret not in text

    assert "\r\n" in text
    rows = {row["Identifiant"]: row for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")}
    assert rows[str(agreed.id)]["Écarts"] == ""
    assert rows[str(agreed.id)]["Statut acquitté"] == "booked"
    assert rows[str(refused.id)]["Écarts"] == "jamais reçu par le SAS"
    assert rows[str(refused.id)]["Cause"] == "'=HYPERLINK(1)"


def test_a_spreadsheet_guesses_nothing_wrong(operator: Client, sas: SasStub) -> None:
    """Neither « 2012-05 » a month, nor « 810100050075 » 8,1E+11, nor an instant with its offset a text in another zone."""
    person = factories.practitioner(title="Dr", given_name="Alba", family_name="Tournesol", rpps="10100050075")
    place = factories.location(time_zone="America/Guadeloupe")
    appointment = booked(schedule_=factories.schedule(practitioner=person, location=place))
    deliver(appointment)
    Appointment.objects.filter(pk=appointment.pk).update(created_at=factories.at("2026-11-20", "00:05"))

    answer = operator.get(f"{FILE}?du=2026-11-20&au=2026-11-20")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert row["Référence"] == f"Réf. {reference(appointment)}"
    assert row["Réservé le (heure de Paris)"] == "20/11/2026 00:05:00"
    start = timezone.localtime(appointment.start, place.zone).strftime("%d/%m/%Y %H:%M:%S")
    assert row["Début"] == row["Début acquitté"] == start
    assert row["À l’heure de"] == "Guadeloupe"
    assert row["Praticien"] == "Dr Alba Tournesol"
    assert row["Identifiant national"] == row["Identifiant national acquitté"] == "RPPS 10100050075"


@pytest.mark.parametrize("cause", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠a"])
def test_no_cell_is_a_formula(operator: Client, cause: str) -> None:
    Delivery.objects.filter(appointment=booked()).update(cause=cause)

    answer = operator.get(f"{FILE}?du={today()}&au={today()}")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";")
    assert row["Cause"] == f"'{cause}"


@pytest.mark.parametrize("day", ["2026-03-01", "2026-11-25", "2024-03-31"])
def test_usual_periods_are_one_click_away(sign_in: SignIn, day: str) -> None:
    with time_machine.travel(f"{day}T12:00:00+01:00", tick=False):
        # On that day: a session opened before it would be over.
        operator = sign_in(factories.user(is_staff=True))
        answer = operator.get(PAGE)
        for label, first, last in answer.context["presets"]:
            assert operator.get(f"{PAGE}?du={first}&au={last}").status_code == 200, label
            assert first <= last <= date.fromisoformat(day)
    assert "Le mois dernier" in text_of(answer)


def test_it_costs_the_same_for_many(operator: Client, sas: SasStub) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            operator.get(PAGE)
        return len(queries)

    booked()
    few = cost()
    for _ in range(6):
        booked()
    assert cost() == few <= BUDGET
