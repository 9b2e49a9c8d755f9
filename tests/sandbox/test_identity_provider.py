"""The sign-in of the platform: OpenID Connect, authorization code with PKCE."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from sandbox.sas.keys import SigningKey
from sandbox.sas.platform import Platform
from sandbox.sas.regulators import Regulator
from tests.sandbox.conftest import BASE, PRODUCT, SECRET, Browser, Clock

REALM = "/realms/sas"
PATH = f"{REALM}/protocol/openid-connect"
RETURN = f"{PRODUCT}/sas/retour/"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SIGN_IN = {"facon": "mdp", "email": "tanaisie@regulation.example", "motdepasse": "mot de passe"}


def auth_path(**changes: str | None) -> str:
    parameters = {
        "client_id": "sas-agenda",
        "redirect_uri": RETURN,
        "response_type": "code",
        "scope": "openid email",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return f"{PATH}/auth?{urlencode({key: value for key, value in parameters.items() if value is not None})}"


def query_of(location: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}


def signed_in_code(browser: Browser, path: str | None = None) -> str:
    answer = browser.post(path or auth_path(), SIGN_IN)
    assert answer.status_code == 302, answer.text
    return query_of(answer.location)["code"]


def exchange(browser: Browser, code: str, **changes: str | None) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": RETURN,
        "client_id": "sas-agenda",
        "client_secret": SECRET,
        "code_verifier": VERIFIER,
    } | changes
    headers = {}
    if (basic := form.pop("basic", None)) is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode()}"
    data = {key: value for key, value in form.items() if value is not None}
    return browser.client.post(f"{PATH}/token", data=data, headers=headers, base_url=BASE)


@pytest.fixture(autouse=True)
def _someone(regulator: Regulator) -> None:
    """Every test has the regulator to sign in."""


def test_the_discovery_document_names_the_issuer_and_every_endpoint(browser: Browser) -> None:
    document = browser.get(f"{REALM}/.well-known/openid-configuration").get_json()
    assert document["issuer"] == f"{BASE}{REALM}"
    for name in ("authorization", "token", "userinfo", "end_session"):
        assert document[f"{name}_endpoint"].startswith(f"{BASE}{PATH}/")
    assert browser.get(urlsplit(document["jwks_uri"]).path).get_json()["keys"][0]["alg"] == "RS256"


def test_a_password_sign_in_gives_a_signed_token_that_says_who_and_how(
    browser: Browser, regulator: Regulator, clock: Clock
) -> None:
    answer = browser.post(auth_path(), SIGN_IN)
    assert answer.location.startswith(f"{RETURN}?")
    assert query_of(answer.location)["state"] == "the-state"

    tokens = exchange(browser, query_of(answer.location)["code"])
    assert tokens.status_code == 200, tokens.text
    assert tokens.headers["Cache-Control"] == "no-store"
    key = browser.get(f"{PATH}/certs").get_json()["keys"][0]
    token = tokens.get_json()["id_token"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    claims = jwt.decode(
        token, jwt.PyJWK(key).key, algorithms=["RS256"], audience="sas-agenda", issuer=f"{BASE}{REALM}",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert claims["sub"] == regulator.id
    assert claims["email"] == "tanaisie@regulation.example"
    assert claims["idp_connect"] == "mdp"
    assert claims["nonce"] == "the-nonce"
    assert claims["auth_time"] == int(clock().timestamp())
    assert claims["exp"] > claims["iat"]


def test_pro_sante_connect_is_told_in_idp_connect(browser: Browser, regulator: Regulator) -> None:
    page = browser.get(auth_path(kc_idp_hint="psc"))
    assert regulator.name in page.text
    answer = browser.post(auth_path(kc_idp_hint="psc"), {"facon": "psc", "regulateur": regulator.id})
    tokens = exchange(browser, query_of(answer.location)["code"]).get_json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["idp_connect"] == "psc"


def test_a_second_arrival_is_invisible_and_keeps_the_first_sign_in(browser: Browser, clock: Clock) -> None:
    signed_in_code(browser)
    first = int(clock().timestamp())
    clock.move(600)
    answer = browser.get(auth_path())
    assert answer.status_code == 302
    tokens = exchange(browser, query_of(answer.location)["code"]).get_json()
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["auth_time"] == first


def test_prompt_login_asks_again_and_prompt_none_never_does(browser: Browser) -> None:
    anonymous = browser.get(auth_path(prompt="none"))
    assert query_of(anonymous.location)["error"] == "login_required"
    signed_in_code(browser)
    assert browser.get(auth_path(prompt="none")).status_code == 302
    assert browser.get(auth_path(prompt="login")).status_code == 200


def test_a_wrong_password_says_so_and_opens_nothing(browser: Browser) -> None:
    answer = browser.post(auth_path(), SIGN_IN | {"motdepasse": "autre"})
    assert answer.status_code == 422
    assert "ne correspond à aucun compte" in answer.text
    assert browser.get(auth_path()).status_code == 200


@pytest.mark.parametrize(
    "uri", [f"{RETURN}x", RETURN.rstrip("/"), f"{RETURN}?a=b", "http://127.0.0.1:9999/sas/retour/", ""]
)
def test_a_return_address_that_is_not_registered_never_gets_the_browser_back(browser: Browser, uri: str) -> None:
    answer = browser.get(auth_path(redirect_uri=uri))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert browser.get(auth_path(client_id="another")).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_with_its_error_and_its_state(
    browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    answer = browser.get(auth_path(**changes))
    assert answer.status_code == 302
    assert answer.location.startswith(f"{RETURN}?")
    assert query_of(answer.location)["error"] == error
    assert query_of(answer.location)["state"] == "the-state"


@pytest.mark.parametrize("verifier", [None, "w" * 64, "v" * 42, "é" * 64])
def test_a_code_is_worth_nothing_without_its_verifier(browser: Browser, verifier: str | None) -> None:
    answer = exchange(browser, signed_in_code(browser), code_verifier=verifier)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")


def test_without_pkce_a_code_still_works_and_a_lone_verifier_is_refused(browser: Browser) -> None:
    bare = auth_path(code_challenge=None, code_challenge_method=None)
    assert exchange(browser, signed_in_code(browser, bare), code_verifier=None).status_code == 200
    again = query_of(browser.get(bare).location)["code"]
    assert exchange(browser, again).get_json()["error"] == "invalid_grant"


def test_a_code_works_once_and_its_second_use_takes_back_the_tokens(browser: Browser) -> None:
    code = signed_in_code(browser)
    access = exchange(browser, code).get_json()["access_token"]
    bearer = {"Authorization": f"Bearer {access}"}
    assert browser.get(f"{PATH}/userinfo", headers=bearer).status_code == 200
    assert exchange(browser, code).get_json()["error"] == "invalid_grant"
    assert browser.get(f"{PATH}/userinfo", headers=bearer).status_code == 401


def test_a_code_expires(browser: Browser, clock: Clock) -> None:
    code = signed_in_code(browser)
    clock.move(61)
    assert exchange(browser, code).get_json()["error"] == "invalid_grant"


def test_a_code_belongs_to_its_return_address(browser: Browser) -> None:
    answer = exchange(browser, signed_in_code(browser), redirect_uri=f"{RETURN}?x=1")
    assert answer.get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_id": "another"},
        {"client_secret": None, "basic": "sas-agenda:wrong"},
        {"client_secret": None, "basic": "no colon"},
    ],
)
def test_an_unknown_client_gets_no_token(browser: Browser, changes: dict[str, str | None]) -> None:
    answer = exchange(browser, signed_in_code(browser), **changes)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in answer.headers


def test_the_client_may_authenticate_by_basic_but_not_twice(browser: Browser) -> None:
    basic = f"sas-agenda:{SECRET}"
    assert (
        exchange(browser, signed_in_code(browser), client_id=None, client_secret=None, basic=basic).status_code == 200
    )
    code = query_of(browser.get(auth_path()).location)["code"]
    assert exchange(browser, code, basic=basic).get_json()["error"] == "invalid_request"


def test_userinfo_answers_a_good_token_only(browser: Browser, regulator: Regulator, clock: Clock) -> None:
    access = exchange(browser, signed_in_code(browser)).get_json()["access_token"]
    bearer = {"Authorization": f"Bearer {access}"}
    claims = browser.get(f"{PATH}/userinfo", headers=bearer).get_json()
    assert (claims["sub"], claims["idp_connect"]) == (regulator.id, "mdp")
    assert browser.get(f"{PATH}/userinfo", headers={"Authorization": "Bearer nothing"}).status_code == 401
    assert browser.get(f"{PATH}/userinfo").status_code == 401
    clock.move(301)
    assert browser.get(f"{PATH}/userinfo", headers=bearer).status_code == 401


def test_signing_out_with_the_token_ends_the_session_and_goes_back(browser: Browser) -> None:
    tokens = exchange(browser, signed_in_code(browser)).get_json()
    parameters = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": f"{PRODUCT}/connexion/",
        "state": "bye",
    }
    answer = browser.get(f"{PATH}/logout?{urlencode(parameters)}")
    assert (answer.status_code, answer.location) == (302, f"{PRODUCT}/connexion/?state=bye")
    assert browser.get(auth_path()).status_code == 200
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get(f"{PATH}/userinfo", headers=bearer).status_code == 401


def test_signing_out_without_the_token_asks_first(browser: Browser) -> None:
    signed_in_code(browser)
    path = f"{PATH}/logout?client_id=sas-agenda&post_logout_redirect_uri={PRODUCT}/connexion/"
    assert "Se déconnecter de la plateforme" in browser.get(path).text
    assert browser.get(auth_path()).status_code == 302
    assert browser.client.post(path, base_url=BASE).status_code == 200
    assert browser.post(path).location == f"{PRODUCT}/connexion/"
    assert browser.get(auth_path()).status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        {"post_logout_redirect_uri": f"{PRODUCT}/connexion/"},
        {"client_id": "sas-agenda", "post_logout_redirect_uri": f"{PRODUCT}/elsewhere/"},
        {"id_token_hint": "not a token", "post_logout_redirect_uri": f"{PRODUCT}/connexion/"},
    ],
)
def test_signing_out_towards_an_unknown_address_is_refused(browser: Browser, parameters: dict[str, str]) -> None:
    assert browser.get(f"{PATH}/logout?{urlencode(parameters)}").status_code == 400


def test_the_key_and_the_sessions_survive_a_restart(
    make_platform: Callable[..., Platform], open_browser: Callable[[Platform], Browser], tmp_path: Path
) -> None:
    first = make_platform(data=tmp_path / "data")
    kid = first.identity.key.kid
    assert make_platform(data=tmp_path / "data").identity.key.kid == kid
    assert SigningKey.generate().kid != kid
    assert (tmp_path / "data" / "identity-provider.pem").stat().st_mode & 0o777 == 0o600
