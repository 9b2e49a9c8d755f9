"""Operators' pages: staff only, and never through the SAS."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Regulator, User
from tests import factories
from tests.interop.operations.conftest import text_of

pytestmark = pytest.mark.django_db

ONE = uuid.UUID(int=1)
READ = [
    reverse("operations"),
    reverse("operations-deliveries"),
    reverse("operations-delivery", args=[ONE]),
    reverse("operations-reconciliation"),
    reverse("operations-reconciliation-file"),
    reverse("operations-circuit"),
    reverse("operations-inbound"),
    reverse("operations-inbound-call", args=[ONE]),
]
ASK_AND_ACT = reverse("operations-send-all-again")
ACT = [
    ASK_AND_ACT,
    reverse("operations-send-again", args=[ONE]),
    reverse("operations-probe"),
]


@pytest.mark.parametrize("address", READ)
def test_a_stranger_signs_in_and_comes_back(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('sign-in')}?next={address}"


@pytest.mark.parametrize("address", ACT)
def test_a_stranger_can_not_act(client: Client, address: str) -> None:
    answer = client.post(address)
    assert answer.status_code == 303
    assert answer["Location"].startswith(reverse("sign-in"))


def test_who_was_signed_out_meanwhile_learns_that_nothing_was_sent_and_comes_back_there(client: Client) -> None:
    here = reverse("operations-delivery", args=[ONE])
    answer = client.post(f"{here}renvoyer/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{reverse('sign-in')}?next={here}"
    assert "Votre session était terminée : rien n’a été envoyé." in text_of(answer)


@pytest.mark.parametrize("address", READ)
def test_a_page_that_asks_for_news_without_a_session_is_reloaded_whole(client: Client, address: str) -> None:
    """Else htmx would follow the redirect and swap the door's page, in which it finds nothing, for what was there."""
    answer = client.get(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


@pytest.mark.parametrize("address", READ + ACT)
def test_for_others_it_does_not_exist(
    practitioner_client: Client, regulator_client: Client, secretary_client: Client, address: str
) -> None:
    for client in (practitioner_client, regulator_client, secretary_client):
        answer = client.post(address) if address in ACT else client.get(address)
        assert answer.status_code == 404


def test_staff_through_the_sas_are_regulators_and_nothing_else(
    regulator: Regulator, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    User.objects.filter(pk=regulator.user_id).update(is_staff=True, is_superuser=True)

    assert sign_in_regulator(regulator).get(reverse("operations-deliveries")).status_code == 404


@pytest.mark.parametrize("address", READ)
def test_reading_takes_no_post(operator: Client, address: str) -> None:
    assert operator.post(address).status_code == 405


@pytest.mark.parametrize("address", ACT)
def test_acting_takes_no_get(operator: Client, address: str) -> None:
    answer = operator.get(address)
    assert answer.status_code == (200 if address == ASK_AND_ACT else 405)


@pytest.mark.parametrize("name", ["operations-delivery", "operations-inbound-call"])
def test_one_that_does_not_exist(operator: Client, name: str) -> None:
    assert operator.get(reverse(name, args=[ONE])).status_code == 404


@pytest.mark.parametrize(
    ("url", "declared", "shown"),
    [
        ("https://sas-agregateur.integration.santefr.esante.gouv.fr/fhir/v1", "", "Recette"),
        ("https://sas-agregateur.production.santefr.esante.gouv.fr/fhir/v1", "", "Production"),
        ("https://relais.exemple.test/fhir", "preproduction", "Pré-production"),
        ("http://127.0.0.1:8001/fhir/v1", "", "Locale"),
    ],
)
def test_the_environment_that_is_talked_to_has_its_name(
    operator: Client, settings: Any, url: str, declared: str, shown: str
) -> None:
    settings.SAS_FHIR_URL, settings.SAS_ENVIRONMENT = url, declared

    assert f"Environnement : {shown}" in text_of(operator.get(READ[0]))


def test_each_page_says_which_environment_it_talks_to(operator: Client, settings: Any) -> None:
    settings.SAS_ENVIRONMENT = "preproduction"
    for page in (READ[1], READ[3], READ[5], READ[6], ASK_AND_ACT):
        assert "Environnement : Pré-production" in text_of(operator.get(page)), page


def test_the_administration_and_the_agenda_lead_there(sign_in: Callable[[User], Client]) -> None:
    person = factories.user(is_staff=True)
    factories.schedule(practitioner=factories.practitioner(user=person))
    client = sign_in(person)
    link = f'href="{reverse("operations")}"'

    assert link in client.get(reverse("admin:index")).content.decode()
    assert link in client.get(reverse("agenda"), follow=True).content.decode()


def test_only_production_stands_out(operator: Client, settings: Any) -> None:
    settings.SAS_FHIR_URL, settings.SAS_ENVIRONMENT = "", "production"
    assert "badge--live" in operator.get(READ[1]).content.decode()
    settings.SAS_ENVIRONMENT = "recette"
    assert "badge--live" not in operator.get(READ[1]).content.decode()
