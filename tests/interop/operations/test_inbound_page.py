"""The calls of the SAS about accounts, as operators see them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from interop.models import InboundCall
from tests.interop.operations.conftest import text_of
from tests.interop.practitioners import account, post, put

pytestmark = pytest.mark.django_db
LIST = reverse("operations-inbound")
VALUE = "3456780581/11242343"
BUDGET = 8


def test_results_by_tab(operator: Client, platform: Client) -> None:
    post(platform, account(VALUE, email="zoe@regulation.test", family="Zzyzx"))
    put(platform, account(VALUE, email="zoe@regulation.test", family="Zzyzx"), VALUE)
    put(platform, account(VALUE, email="zoe@regulation.test", family="Zzyzx", active=False), VALUE)
    post(platform, b"{")

    answer = operator.get(LIST)
    text = text_of(answer)
    for said in ("Tous 4", "Créés 1", "Mis à jour 0", "Retirés 1", "Sans effet 1", "Refusés 1", "Contenu illisible"):
        assert said in text
    assert "…2343" in text
    assert "11242343" not in text
    assert "Zzyzx" not in text
    refused = operator.get(f"{LIST}?resultat=refuses").context["page"].object_list
    assert [one.status_code for one in refused] == [400]


def test_filters(operator: Client, platform: Client) -> None:
    post(platform, account(VALUE))
    post(platform, account("autre-9999"))

    assert len(operator.get(f"{LIST}?identifiant=2343").context["page"]) == 1
    whole = operator.get(f"{LIST}?resultat=crees&identifiant={VALUE}")
    assert whole["Location"] == f"{LIST}?resultat=crees&identifiant=2343"
    assert len(operator.get(whole["Location"]).context["page"]) == 1
    assert len(operator.get(f"{LIST}?periode=tout&identifiant=zzzz").context["page"]) == 0
    assert operator.get(f"{LIST}?identifiant=%00&page=x&periode=y").status_code == 200


def test_the_panel_leads_to_the_account_and_its_other_calls(operator: Client, platform: Client) -> None:
    post(platform, account(VALUE, email="zoe@regulation.test"))
    put(platform, account(VALUE, email="zoe@regulation.test", family="Autre"), VALUE)
    call = InboundCall.objects.first()
    assert call is not None

    answer = operator.get(reverse("operations-inbound-call", args=[call.pk]))
    text = text_of(answer)
    for said in ("Zoé Autre", "PUT /fhir/Practitioner", "Le même compte", "local, sans TLS mutuel"):
        assert said in text
    assert reverse("admin:accounts_regulator_change", args=[call.regulator_id]) in answer.content.decode()


def test_the_panel_of_a_refusal_says_why(operator: Client, platform: Client) -> None:
    post(platform, account(VALUE) | {"name": []})
    call = InboundCall.objects.get()

    text = text_of(operator.get(reverse("operations-inbound-call", args=[call.pk])))
    assert "Élément manquant" in text
    assert "Practitioner.name" in text


def test_it_costs_the_same_for_many(operator: Client, platform: Client) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            operator.get(address)
        return len(queries)

    post(platform, account(VALUE))
    panel = reverse("operations-inbound-call", args=[InboundCall.objects.get().pk])
    few: Any = cost(LIST), cost(panel)
    for number in range(6):
        post(platform, account(f"A/{number}"))
    assert (cost(LIST), cost(panel)) == few
    assert max(few) <= BUDGET + 2
