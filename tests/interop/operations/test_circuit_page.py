"""How the link with the SAS is doing, in words, and « Essayer maintenant »."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from interop.models import SasCircuit
from interop.services.circuit import FAILURES_TO_OPEN, is_refusing
from tests.interop.deliveries import booked, deliver
from tests.interop.operations.conftest import text_of
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db
PAGE = reverse("operations-circuit")
BUDGET = 9


def broken(sas: SasStub, times: int) -> None:
    sas.reply(*(Reply(503) for _ in range(times)))
    for _ in range(times):
        deliver(booked())


def test_nothing_ever_sent(operator: Client) -> None:
    text = text_of(operator.get(PAGE))
    for said in ("La liaison fonctionne.", "Rien n’attend", "rien n’est envoyé", "Aucun essai pour l’instant"):
        assert said in text


def test_some_failures(operator: Client, sas: SasStub) -> None:
    broken(sas, 2)
    text = text_of(operator.get(PAGE))
    assert "2 échecs de suite." in text
    assert "Essayer maintenant" not in text


def test_suspended(operator: Client, sas: SasStub) -> None:
    broken(sas, FAILURES_TO_OPEN)
    booked()
    text = text_of(operator.get(PAGE))
    for said in ("Appels suspendus depuis aujourd’hui", "HTTP 503", "Livraisons en attente 6", sas.url):
        assert said in text

    SasCircuit.objects.update(probe_at=timezone.now() + timedelta(minutes=9))
    answer = operator.post(reverse("operations-probe"), follow=True)
    assert "Un essai part vers le SAS : sa réponse s’affichera ici" in text_of(answer)
    assert "delay:5s" in answer.content.decode()
    assert not is_refusing(now=timezone.now())


def test_who_is_not_let_in_is_told_what_to_cure(operator: Client, sas: SasStub) -> None:
    sas.reply(*(Reply(495, outcome("Certificat révoqué")) for _ in range(FAILURES_TO_OPEN)))
    for _ in range(FAILURES_TO_OPEN):
        deliver(booked())
    text = text_of(operator.get(PAGE))
    assert "Le SAS ne nous laisse pas entrer." in text
    assert "Certificat révoqué" in text
    assert "sans rien faire" not in text


def test_trying_what_works_is_told(operator: Client) -> None:
    answer = operator.post(reverse("operations-probe"), follow=True)
    assert "il n’y a rien à essayer" in text_of(answer)


def test_back_again(operator: Client, sas: SasStub) -> None:
    broken(sas, FAILURES_TO_OPEN)
    SasCircuit.objects.update(probe_at=timezone.now())
    deliver(booked())
    text = text_of(operator.get(PAGE))
    assert "La liaison fonctionne." in text
    assert "Dernier retour du SAS Aujourd’hui" in text


def test_it_costs_the_same_for_many(operator: Client, sas: SasStub, django_assert_max_num_queries: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            operator.get(PAGE)
        return len(queries)

    deliver(booked())
    few = cost()
    for _ in range(15):
        deliver(booked())
    assert cost() == few <= BUDGET
