"""Tabs of one browser on their way through the SAS: each lands where it was sent, whatever becomes of the others."""

from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import Regulator, SignIn
from accounts.rights import REGULATOR_KEY
from accounts.sas_sign_in import pending
from accounts.sas_sign_in.backend import SasBackend
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, leave, person

pytestmark = pytest.mark.django_db
FIRST, SECOND = "/praticien/1/?creneau=a", "/praticien/2/?creneau=b"


def in_flight(browser: Client) -> Client:
    """A request that has left with the cookies of this moment."""
    tab = Client()
    tab.cookies = deepcopy(browser.cookies)
    return tab


def asked_again(provider: FakeProvider, response: Any) -> str:
    location = str(response["Location"])
    assert (response.status_code, location.startswith(f"{provider.base}/auth?")) == (302, True)
    return location


def open_cookies(browser: Client) -> list[str]:
    return [name for name, cookie in browser.cookies.items() if name.startswith(pending.COOKIE) and cookie.value]


@pytest.mark.parametrize("later", [0, 1])
def test_two_links_opened_at_once_each_land_on_their_own_slot(
    client: Client, provider: FakeProvider, regulator: Regulator, later: int
) -> None:
    """Both leave before either is answered, and both come back so; the browser hears the answers in any order."""
    tabs = [in_flight(client), in_flight(client)]
    left = [tab.get("/sas/connexion/", {"next": at}) for tab, at in zip(tabs, [FIRST, SECOND], strict=True)]
    for answer in (left[1 - later], left[later]):
        client.cookies.update(answer.cookies)
    ways = [provider.approve(answer["Location"], person(regulator)) for answer in left]
    tabs = [in_flight(client), in_flight(client)]
    landed = [tab.get("/sas/retour/", way) for tab, way in zip(tabs, ways, strict=True)]
    for answer in (landed[1 - later], landed[later]):
        client.cookies.update(answer.cookies)
    assert [answer["Location"] for answer in landed] == [FIRST, SECOND]
    assert client.get("/orientations/").status_code == 200
    assert open_cookies(client) == []


def test_what_a_tab_asks_while_another_comes_back_is_still_answered(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    come_through_sas(client, provider, person(regulator))
    first = in_flight(client)
    come_through_sas(client, provider, person(regulator))
    assert first.get("/orientations/").status_code == 200


def test_a_session_that_another_tab_ended_meanwhile_is_opened_anew(
    regulator_client: Client, provider: FakeProvider, regulator: Regulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = provider.approve(leave(regulator_client, FIRST), person(regulator))
    get_token = SasBackend.get_token

    def signed_out_meanwhile(backend: SasBackend, payload: dict[str, Any]) -> dict[str, Any]:
        in_flight(regulator_client).session.flush()
        return get_token(backend, payload)

    monkeypatch.setattr(SasBackend, "get_token", signed_out_meanwhile)
    assert regulator_client.get("/sas/retour/", way)["Location"] == FIRST
    assert regulator_client.session[REGULATOR_KEY] == str(regulator.id)


@pytest.mark.parametrize("query", [{}, {"error": "server_error"}])
def test_back_or_reload_on_the_answer_shows_the_page(
    client: Client, provider: FakeProvider, regulator: Regulator, query: dict[str, str]
) -> None:
    way = provider.approve(leave(client, FIRST), person(regulator))
    client.get("/sas/retour/", way)
    for _ in range(2):
        assert client.get("/sas/retour/", way | query)["Location"] == FIRST
    assert provider.asked.count("/token") == 1


def test_a_departure_opens_one_session_whatever_cookies_come_back(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    asked = leave(client, FIRST)
    before = in_flight(client)
    assert client.get("/sas/retour/", provider.approve(asked, person(regulator)))["Location"] == FIRST
    # The same state, a new code, the cookies as they were: nobody comes in by it a second time.
    again = before.get("/sas/retour/", provider.approve(asked, person(regulator)))
    assert again.status_code == 403
    assert before.get("/orientations/").status_code == 302
    assert client.get("/orientations/").status_code == 200


FAILURES = ["access_denied", "server_error", "temporarily_unavailable", "invalid_scope", "n’importe quoi"]


@pytest.mark.parametrize("error", FAILURES)
def test_an_error_in_one_tab_ends_that_sign_in_and_no_session(
    practitioner_client: Client, regulator_client: Client, provider: FakeProvider, error: str
) -> None:
    for browser in (practitioner_client, regulator_client):
        failing, other = leave(browser, FIRST), leave(browser, SECOND)
        before = dict(browser.session)
        response = browser.get("/sas/retour/", provider.approve(failing, {}) | {"error": error, "code": ""})
        assert "Réessayer" in response.content.decode()
        assert dict(browser.session) == before
        assert len(open_cookies(browser)) == 1
        assert browser.get("/sas/retour/", provider.approve(other, {}) | {"code": ""}).status_code == 403


def test_a_bad_token_ends_no_session(regulator_client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    provider.claims = {"nonce": "autre"}
    assert come_through_sas(regulator_client, provider, person(regulator)).status_code == 403
    assert regulator_client.session[REGULATOR_KEY] == str(regulator.id)


ASK_AGAIN = {
    "login_required": {},
    "interaction_required": {},
    "consent_required": {},
    "account_selection_required": {},
    "temporarily_unavailable": {"error_description": "authentication_expired"},
}


@pytest.mark.parametrize("error", ASK_AGAIN)
def test_an_error_that_means_ask_again_is_asked_again_once(
    client: Client, provider: FakeProvider, regulator: Regulator, error: str
) -> None:
    said = {"error": error, "code": ""} | ASK_AGAIN[error]
    again = asked_again(provider, client.get("/sas/retour/", provider.approve(leave(client, FIRST), {}) | said))
    assert not SignIn.objects.exists()
    refused = client.get("/sas/retour/", provider.approve(again, {}) | said)
    assert refused.status_code == 403
    assert "/sas/connexion/?next=%2Fpraticien%2F1%2F%3Fcreneau%3Da" in refused.content.decode()
    assert client.get("/sas/retour/", provider.approve(leave(client, FIRST), person(regulator)))["Location"] == FIRST


def test_a_code_that_was_used_by_a_reload_is_asked_again(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    """The answer with the session was lost: its cookies never came."""
    way = provider.approve(leave(client, FIRST), person(regulator))
    in_flight(client).get("/sas/retour/", way)
    again = asked_again(provider, client.get("/sas/retour/", way))
    assert client.get("/sas/retour/", provider.approve(again, person(regulator)))["Location"] == FIRST


def test_who_left_the_providers_page_open_for_too_long_is_asked_again(
    client: Client, provider: FakeProvider, regulator: Regulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = provider.approve(leave(client, FIRST), person(regulator))
    monkeypatch.setattr(pending, "LASTS", -pending.LASTS)
    again = asked_again(provider, client.get("/sas/retour/", way))
    assert "/token" not in provider.asked
    refused = client.get("/sas/retour/", provider.approve(again, person(regulator)))
    assert refused.status_code == 403
    assert "%2Fpraticien%2F1%2F%3Fcreneau%3Da" in refused.content.decode()


def test_the_address_survives_in_a_browser_that_keeps_no_cookie(client: Client, provider: FakeProvider) -> None:
    way = provider.approve(leave(client, FIRST), {})
    page = Client().get("/sas/retour/", way)
    assert page.status_code == 403
    assert "/sas/connexion/?next=%2Fpraticien%2F1%2F%3Fcreneau%3Da" in page.content.decode()


def test_a_state_that_was_changed_leads_nowhere(client: Client, provider: FakeProvider) -> None:
    way = provider.approve(leave(client, FIRST), {})
    page = client.get("/sas/retour/", way | {"state": way["state"][:-1] + "x"})
    assert page.status_code == 403
    assert "next=" not in page.content.decode()


def test_sign_ins_given_up_do_not_fill_the_browser(client: Client, provider: FakeProvider) -> None:
    for _ in range(pending.MOST + 5):
        location = leave(client, FIRST)
    assert len(open_cookies(client)) == pending.MOST
    state = pending.read_state(parse_qs(urlsplit(location).query)["state"][0])
    assert state is not None
    assert pending.COOKIE + state.key in open_cookies(client)


def test_no_row_is_written_for_somebody_on_their_way(client: Client, provider: FakeProvider) -> None:
    leave(client, FIRST)
    assert "sas_agenda_session" not in client.cookies


def test_somebody_else_at_this_browser_takes_the_place_of_who_was_here(
    regulator_client: Client, provider: FakeProvider
) -> None:
    other = factories.regulator()
    come_through_sas(regulator_client, provider, person(other), SECOND)
    assert regulator_client.session[REGULATOR_KEY] == str(other.id)
