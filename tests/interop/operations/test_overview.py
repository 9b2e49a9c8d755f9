"""The operators' first page: all is well, or what to do, by the same conditions as the mails."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from interop.models import Delivery, InboundCall, SasCircuit
from interop.services.circuit import FAILURES_TO_OPEN
from sas_agenda.operations import conditions, overview
from sas_agenda.operations.enums import Part
from tests import factories
from tests.interop.deliveries import booked, deliver
from tests.interop.operations.conftest import text_of
from tests.interop.sas_stub import Reply, SasStub, outcome
from tests.operations.conftest import silent_for
from tests.operations.test_alerts import certificate

pytestmark = pytest.mark.django_db
PAGE = reverse("operations")
# Session, user, rights (2); frame (2); conditions (5); oldest, counts, attempts, last clear one; calls (2); sign-ins (2);
# heartbeats; messages.
BUDGET = 21


@pytest.fixture(autouse=True)
def _lively(db: None) -> None:
    for part in Part:
        silent_for(part, timedelta(0))


def test_all_is_well(operator: Client, sas: SasStub) -> None:
    deliver(booked())
    # A busy machine may need a second or two between the sign of life and the page.
    text = re.sub(r"il y a \d s", "il y a 0 s", text_of(operator.get(PAGE)))
    for said in (
        "Tout va bien.", "Transmises en 24 h 1", "En attente 0", "Bloquées 0", "Ouverte",
        "Exécutant des envois au SAS vu il y a 0 s", "Exécutant des tâches courantes vu il y a 0 s",
        "En vie", "Environnement Locale", sas.url, "201, créé", "La plateforme n’a encore rien demandé.",
    ):  # fmt: skip
        assert said in text
    assert "attention" not in text


def test_what_is_blocked_leads_to_the_blocked_ones(operator: Client, sas: SasStub) -> None:
    sas.reply(Reply(422))
    deliver(booked(patient=factories.patient(family_name="Zzyzx")))
    answer = operator.get(PAGE)
    text = text_of(answer)
    for said in ("Un point demande votre attention", "Livraisons bloquées : 1", "1 bloquée", "422, contenu refusé"):
        assert said in text
    assert f'href="{reverse("operations-deliveries")}?etat=bloquees&amp;periode=tout"' in answer.content.decode()
    assert "Tout va bien" not in text
    assert "Zzyzx" not in answer.content.decode()


def test_a_suspended_link_is_told_without_alarm(operator: Client, sas: SasStub) -> None:
    now = timezone.now()
    SasCircuit.objects.create(
        server=sas.url, opened_at=now, probe_at=now + timedelta(minutes=4, seconds=30), last_failure_at=now
    )
    answer = operator.get(PAGE)
    for said in ("Le SAS ne répond pas depuis aujourd’hui", "Suspendue", "Prochain essai dans 4 min"):
        assert said in text_of(answer)
    assert "card--danger" not in answer.content.decode()
    booked()
    Delivery.objects.update(created_at=now - timedelta(hours=1))
    assert "Un point demande votre attention" in text_of(operator.get(PAGE)), "that they wait is no second point"
    Delivery.objects.update(state="blocked")
    text = text_of(operator.get(PAGE))
    assert "2 points demandent votre attention" in text
    assert text.index("Livraisons bloquées") < text.index("Le SAS ne répond pas")


def test_who_is_not_let_in_is_told_at_once_and_an_outage_waits(operator: Client, sas: SasStub) -> None:
    for reply, expected in [(Reply(503), []), (Reply(403, outcome("Habilitation")), ["link-barred"])]:
        SasCircuit.objects.all().delete()
        sas.reply(*(reply for _ in range(FAILURES_TO_OPEN)))
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked())
        assert [one.key for one in conditions.raised(timezone.now())] == expected
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=1))
    text = text_of(operator.get(PAGE))
    for said in ("Un point demande votre attention", "Le SAS ne nous laisse pas entrer", "HTTP 403", "Habilitation"):
        assert said in text
    assert "Le SAS ne répond pas" not in text


def test_without_an_address_nothing_is_well(operator: Client) -> None:
    assert "Aucune adresse du SAS n’est donnée" in text_of(operator.get(PAGE))


def test_an_environment_that_the_address_contradicts_is_told(operator: Client, settings: Any) -> None:
    settings.SAS_FHIR_URL = "https://sas-agregateur.production.santefr.esante.gouv.fr/fhir/v1"
    settings.SAS_ENVIRONMENT = "production"
    assert "Tout va bien." in text_of(operator.get(PAGE))
    settings.SAS_ENVIRONMENT = "recette"
    text = text_of(operator.get(PAGE))
    assert "L’adresse du SAS est celle de l’environnement Production, et non Recette" in text


def test_an_old_delivery_says_since_when(operator: Client, sas: SasStub) -> None:
    booked()
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=2, minutes=5))
    text = text_of(operator.get(PAGE))
    assert "La plus ancienne attend depuis 2 h 05" in text
    assert "depuis 125 minutes" in text


def test_a_silent_worker_of_the_sas_says_what_waits(operator: Client, sas: SasStub) -> None:
    silent_for(Part.WORKER_SAS, timedelta(minutes=5))
    text = text_of(operator.get(PAGE))
    assert "Exécutant des envois au SAS muet depuis 5 min" in text
    assert "les envois au SAS attendent" in text


def test_every_condition_has_its_place_in_the_order() -> None:
    assert set(conditions.GROUPS) <= set(overview._ORDER)


def test_silent_processes(operator: Client, sas: SasStub) -> None:
    silent_for(Part.WORKER, timedelta(minutes=5))
    assert "Exécutant des tâches courantes muet depuis 5 min" in text_of(operator.get(PAGE))
    silent_for(Part.BEAT, timedelta(minutes=6))
    text = text_of(operator.get(PAGE))
    assert "Horloge des tâches muet depuis 6 min" in text
    assert "Exécutant des tâches courantes inconnu sans l’horloge" in text
    assert "Silence" in text


@pytest.mark.parametrize(
    ("left", "said", "badge"),
    [
        (timedelta(days=340, hours=1), "340 jours", "Valables"),
        (timedelta(days=12, hours=1), "12 jours", "À renouveler"),
        (timedelta(days=1, hours=1), "1 jour", "À renouveler"),
        (-timedelta(hours=1), "expiré", "À renouveler"),
        (None, "illisible", "À renouveler"),
    ],
)
def test_certificates(
    operator: Client, settings: Any, tmp_path: Path, left: timedelta | None, said: str, badge: str
) -> None:
    file = tmp_path / "client.pem"
    settings.SAS_CLIENT_CERT = str(file)
    if left is not None:
        file.write_bytes(certificate(timezone.now() + left))
    text = text_of(operator.get(PAGE))
    assert f"Certificat client présenté au SAS (SAS_CLIENT_CERT) {said}" in text
    assert badge in text


def test_refused_calls_are_counted(operator: Client) -> None:
    for result, status in [("created", 201), ("refused", 422)]:
        InboundCall.objects.create(
            at=timezone.now(), method="POST", route="/fhir/Practitioner", result=result, status_code=status,
            identifier="…2343", fault="required" if result == "refused" else "", duration_ms=4,
        )  # fmt: skip
    text = text_of(operator.get(PAGE))
    assert "1 refusé" in text
    assert "Comptes, en 24 h 2" in text
    assert "Compte …2343 : refusé, élément manquant" in text


def test_it_says_when_nobody_is_written_to(operator: Client, settings: Any) -> None:
    settings.OPERATORS_EMAILS = []
    assert "Alertes sans destinataire" in text_of(operator.get(PAGE))
    settings.OPERATORS_EMAILS = ["astreinte@agenda.example"]
    page = operator.get(PAGE)
    assert "Alertes par courriel" in text_of(page)
    assert "astreinte@" not in page.content.decode()


def test_it_asks_for_its_own_news(operator: Client) -> None:
    assert f'hx-get="{PAGE}"' in operator.get(PAGE).content.decode()


def test_staff_begin_there(operator: Client) -> None:
    assert operator.get(reverse("home")).url == PAGE  # type: ignore[attr-defined]


def test_it_costs_the_same_for_many(operator: Client, sas: SasStub) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            operator.get(PAGE)
        return len(queries)

    deliver(booked())
    few = cost()
    for number in range(6):
        if number % 3 == 0:
            sas.reply(Reply(422))
        deliver(booked())
        InboundCall.objects.create(
            at=timezone.now(), method="POST", route="/", result="created", status_code=201, duration_ms=4
        )
    assert cost() == few <= BUDGET
