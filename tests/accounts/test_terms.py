"""The terms of use: before anything else, once for each version."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import Regulator, TermsAcceptance
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, person

pytestmark = pytest.mark.django_db
TARGET = "/orientations/?page=1"


@pytest.fixture
def newcomer(sign_in_regulator: Any) -> Client:
    return sign_in_regulator(factories.regulator(terms=None))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "address", ["/", TARGET, "/praticien/00000000-0000-0000-0000-000000000007/", "/rendez-vous/nouveau/", "/rien/"]
)
def test_nothing_else_is_seen_before_they_are_accepted(newcomer: Client, address: str) -> None:
    response = newcomer.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/conditions/?{urlencode({'suite': address})}")


def test_nothing_is_sent_before_they_are_accepted(newcomer: Client) -> None:
    """What keeps what is typed does (`tests.appointments.call.test_interrupted_page`)."""
    assert newcomer.post("/mot-de-passe/oublie/", {})["Location"] == "/conditions/"
    assert "Conditions d’utilisation" in newcomer.post("/rendez-vous/nouveau/?creneau=x", {}).content.decode()


def asked(page: str) -> dict[str, str]:
    """What the page's form sends."""
    return {"accept": "on", "suite": unescape(re.search(r'name="suite" value="([^"]*)"', page)[1])}  # type: ignore[index]


def test_accepting_leads_each_tab_to_the_page_it_asked_for_and_they_never_come_back(newcomer: Client) -> None:
    one, two = (newcomer.get(address, follow=True) for address in (TARGET, "/orientations/?page=2"))
    assert "première arrivée" in one.content.decode()
    response = newcomer.post("/conditions/", asked(one.content.decode()))
    assert (response.status_code, response["Location"]) == (303, TARGET)
    assert TermsAcceptance.objects.get().version == "2026-11"
    assert newcomer.get(TARGET).status_code == 200
    # The other one too, whether it sends its own or is loaded again.
    assert newcomer.post("/conditions/", asked(two.content.decode()))["Location"] == "/orientations/?page=2"
    assert newcomer.get(two.redirect_chain[0][0])["Location"] == "/orientations/?page=2"


def test_the_whole_first_arrival(client: Client, provider: FakeProvider) -> None:
    regulator = factories.regulator(terms=None)
    back = come_through_sas(client, provider, person(regulator), TARGET)
    page = client.get(back["Location"], follow=True)
    assert page.redirect_chain[0][0].startswith("/conditions/?")
    assert client.post("/conditions/", asked(page.content.decode()))["Location"] == TARGET


def test_the_box_must_be_ticked(newcomer: Client) -> None:
    response = newcomer.post("/conditions/", {})
    assert response.status_code == 422
    assert "Cochez la case pour accepter" in response.content.decode()
    assert not TermsAcceptance.objects.exists()


def test_a_second_click_changes_nothing(newcomer: Client) -> None:
    newcomer.post("/conditions/", {"accept": "on"})
    first = TermsAcceptance.objects.get()
    assert newcomer.post("/conditions/", {"accept": "on"})["Location"] == "/"
    assert TermsAcceptance.objects.get().accepted_at == first.accepted_at


def test_a_new_version_is_asked_again_even_within_a_session(regulator_client: Client, settings: Any) -> None:
    assert regulator_client.get("/orientations/").status_code == 200
    settings.TERMS_VERSION = "2027-01"
    assert regulator_client.get("/orientations/")["Location"].startswith("/conditions/?")


def test_refusing_is_signing_out(newcomer: Client) -> None:
    page = newcomer.get("/conditions/").content.decode()
    assert re.search(r'action="/deconnexion/".*?Refuser et se déconnecter', page, re.DOTALL)
    assert newcomer.post("/deconnexion/")["Location"] == "/connexion/"
    assert not TermsAcceptance.objects.exists()


def test_they_never_lead_out_of_our_pages(newcomer: Client) -> None:
    assert newcomer.post("/conditions/", {"accept": "on", "suite": "//ailleurs.example/"})["Location"] == "/"
    assert newcomer.get("/conditions/?suite=//ailleurs.example/").status_code == 200


def test_once_accepted_they_can_be_read_again(regulator_client: Client, regulator: Regulator) -> None:
    page = regulator_client.get("/conditions/").content.decode()
    assert "Vous les avez acceptées le" in page
    assert "Accepter et continuer" not in page


def test_anybody_reads_them_and_nobody_else_accepts(client: Client, practitioner_client: Client) -> None:
    for reader in (client, practitioner_client):
        assert "Accepter et continuer" not in reader.get("/conditions/").content.decode()
        assert reader.post("/conditions/", {"accept": "on"}).status_code == 200
    assert not TermsAcceptance.objects.exists()


def test_practices_are_not_asked(practitioner_client: Client) -> None:
    assert practitioner_client.get("/mot-de-passe/changer/").status_code == 200
