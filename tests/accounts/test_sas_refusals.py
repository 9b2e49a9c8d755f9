"""Tokens that must not open a session, answers that are not the provider's, providers that fail: a clear page, never a 500."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from axes.models import AccessAttempt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from accounts.models import Regulator, SignIn
from accounts.rights import REGULATOR_KEY
from tests.accounts.provider import Claims, FakeProvider, come_through_sas, leave, person

pytestmark = pytest.mark.django_db
DISCOVERY = "/realms/sas/.well-known/openid-configuration"


def assert_refused(client: Client, response: Any, status: int = 403) -> None:
    assert response.status_code == status
    page = response.content.decode()
    assert "Réessayer" in page
    assert "Traceback" not in page
    assert "no-store" in response["Cache-Control"]
    assert REGULATOR_KEY not in client.session
    assert "_auth_user_id" not in client.session


NOW = time.time
BAD_CLAIMS: dict[str, Callable[[], Claims]] = {
    "of another issuer": lambda: {"iss": "https://autre.example/realms/sas"},
    "without issuer": lambda: {"iss": None},
    "for another client": lambda: {"aud": "autre-logiciel", "azp": "autre-logiciel"},
    "for several clients without saying which asked": lambda: {"aud": ["sas-agenda", "autre"], "azp": None},
    "asked for by another client": lambda: {"aud": ["sas-agenda", "autre"], "azp": "autre"},
    "with a strange audience": lambda: {"aud": {"a": 1}},
    "without audience": lambda: {"aud": None},
    "expired": lambda: {"exp": NOW() - 60, "iat": NOW() - 120},
    "that never expires": lambda: {"exp": None},
    "issued in the future": lambda: {"iat": NOW() + 600, "exp": NOW() + 900},
    "issued long ago": lambda: {"iat": NOW() - 3600},
    "without date": lambda: {"iat": None},
    "with a strange date": lambda: {"iat": "hier"},
    "not valid yet": lambda: {"nbf": NOW() + 600},
    "of another sign-in (nonce)": lambda: {"nonce": "autre"},
    "without nonce": lambda: {"nonce": None},
    "with a strange nonce": lambda: {"nonce": {"a": 1}},
    "without sub": lambda: {"sub": None},
    "with an empty sub": lambda: {"sub": ""},
    "whose sub is a number": lambda: {"sub": 12},
}


@pytest.mark.parametrize("case", BAD_CLAIMS)
def test_no_session_opens_with_a_token(client: Client, provider: FakeProvider, regulator: Regulator, case: str) -> None:
    provider.claims = BAD_CLAIMS[case]()
    assert_refused(client, come_through_sas(client, provider, person(regulator)))
    assert [one.outcome for one in SignIn.objects.all()] == ["not_verified"]


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_with_the_public_key_as_a_password(provider: FakeProvider, claims: Claims) -> str:
    pem = provider.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = f"{part({'alg': 'HS256', 'kid': provider.kid})}.{part(claims)}"
    mac = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


BAD_TOKENS: dict[str, Callable[[FakeProvider, Claims], str]] = {
    "signed by another key": lambda provider, claims: jwt.encode(
        claims, provider.other_key, algorithm="RS256", headers={"kid": provider.kid}
    ),
    "signed by the key for encryption": lambda provider, claims: jwt.encode(
        claims, provider.other_key, algorithm="RS256", headers={"kid": "enc"}
    ),
    "signed by a key nobody knows": lambda provider, claims: jwt.encode(
        claims, provider.other_key, algorithm="RS256", headers={"kid": "inconnue"}
    ),
    "signed in another way": lambda provider, claims: jwt.encode(
        claims, provider.key, algorithm="RS512", headers={"kid": provider.kid}
    ),
    "unsigned": lambda provider, claims: jwt.encode(claims, None, algorithm="none", headers={"kid": provider.kid}),
    "HS256 keyed with the public key": signed_with_the_public_key_as_a_password,
    "HS256 keyed with the client's secret": lambda provider, claims: jwt.encode(
        claims, "secret de test, assez long pour HS256", algorithm="HS256", headers={"kid": provider.kid}
    ),
    "changed after signature": lambda provider, claims: ".".join(
        [
            provider.sign_well(claims).split(".")[0],
            part(claims | {"sub": "x"}),
            provider.sign_well(claims).split(".")[2],
        ]
    ),
    "that is no token": lambda provider, claims: "n’importe quoi",
    "that is empty": lambda provider, claims: "",
    "with a strange header": lambda provider, claims: f"{part(['alg'])}.{part(claims)}.x",
    "with a strange kid": lambda provider, claims: f"{part({'alg': 'RS256', 'kid': 3})}.{part(claims)}.x",
    "that is a list": lambda provider, claims: jwt.api_jws.encode(
        b"[1]", provider.key, algorithm="RS256", headers={"kid": provider.kid}
    ),
}


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_no_session_opens_with_an_id_token(
    client: Client, provider: FakeProvider, regulator: Regulator, case: str
) -> None:
    provider.sign = lambda claims: BAD_TOKENS[case](provider, claims)
    assert_refused(client, come_through_sas(client, provider, person(regulator)))


def test_a_token_without_kid_is_good_only_when_one_key_signs(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    provider.sign = lambda claims: jwt.encode(claims, provider.key, algorithm="RS256")
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session


def test_an_answer_serves_once(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    answer = provider.approve(leave(client), person(regulator))
    assert client.get("/sas/retour/", answer).status_code == 302
    client.post("/deconnexion/")
    assert_refused(client, client.get("/sas/retour/", answer))


def test_an_answer_without_a_code_serves_once_too(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    answer = provider.approve(leave(client), person(regulator))
    assert_refused(client, client.get("/sas/retour/", answer | {"code": ""}))
    assert_refused(client, client.get("/sas/retour/", answer))


FOREIGN = ["", "?state=zzz&code=1", "?error=access_denied", "?error=access_denied&state=zzz", "?code=1", "?state=zzz"]


@pytest.mark.parametrize("query", FOREIGN)
def test_a_link_that_answers_nothing_of_this_browsers_signs_nobody_out(
    practitioner_client: Client, regulator_client: Client, provider: FakeProvider, query: str
) -> None:
    for browser in (practitioner_client, regulator_client):
        before = (browser.session.session_key, dict(browser.session))
        response = browser.get(f"/sas/retour/{query}")
        assert response.status_code == 403
        assert "Réessayer" in response.content.decode()
        assert "sas_agenda_session" not in response.cookies
        assert (browser.session.session_key, dict(browser.session)) == before


def test_answers_that_fail_never_close_the_way_back_from_the_sas(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    for code in ("", "faux") * 12:
        answer = provider.approve(leave(client), person(regulator))
        client.get("/sas/retour/", answer | {"code": code})
        assert REGULATOR_KEY not in client.session
    assert not AccessAttempt.objects.exists()
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session


def test_another_browser_cannot_use_the_answer(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    answer = provider.approve(leave(client), person(regulator))
    thief = Client()
    leave(thief)
    assert_refused(thief, thief.get("/sas/retour/", answer))


def test_the_answer_of_another_issuer_is_refused(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    answer = provider.approve(leave(client), person(regulator)) | {"iss": "https://autre.example"}
    assert_refused(client, client.get("/sas/retour/", answer))
    assert "/token" not in provider.asked


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=x",
        "?state=x",
        "?code=x&state=y",
        "?code=x&state=y&state=z&code=",
        "?error=access_denied",
        "?error=%00&state=%00",
    ],
)
def test_an_answer_to_nothing_is_refused(client: Client, provider: FakeProvider, query: str) -> None:
    assert_refused(client, client.get(f"/sas/retour/{query}"))


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        ("access_denied", 403, "La connexion a été abandonnée"),
        ("temporarily_unavailable", 503, "La plateforme SAS ne répond pas"),
        ("invalid_scope", 403, "n’a pas pu être vérifiée"),
    ],
)
def test_an_error_of_the_provider_is_told_and_leads_back_to_the_same_page(
    client: Client, provider: FakeProvider, error: str, status: int, sentence: str
) -> None:
    state = provider.approve(leave(client, "/praticien/x/"), {})["state"]
    response = client.get("/sas/retour/", {"error": error, "state": state})
    assert_refused(client, response, status)
    assert sentence in response.content.decode()
    assert "/sas/connexion/?next=%2Fpraticien%2Fx%2F" in response.content.decode()


def test_a_forged_link_of_refusal_tells_the_visitor_nothing_of_ours(client: Client, provider: FakeProvider) -> None:
    response = client.get(
        "/sas/retour/", {"error": "<script>alert(1)</script>", "error_description": "Appelez le 0800"}
    )
    assert "<script>alert" not in response.content.decode()
    assert "0800" not in response.content.decode()


# A provider that fails


def test_without_a_provider_the_page_says_so(client: Client, settings: Any) -> None:
    settings.SAS_OIDC_ISSUER = ""
    assert_refused(client, client.get("/sas/connexion/", {"next": "/praticien/x/"}), 503)


def test_a_provider_that_is_down_is_told_at_once(client: Client, provider: FakeProvider) -> None:
    provider.stop()
    assert_refused(client, client.get("/sas/connexion/"), 503)


BAD_DISCOVERIES: dict[str, Callable[[FakeProvider], tuple[int, str | bytes]]] = {
    "an error": lambda provider: (500, "{}"),
    "a redirect": lambda provider: (302, ""),
    "no JSON": lambda provider: (200, "<html>"),
    "no text": lambda provider: (200, b"\xff\xfe\x00"),
    "a list": lambda provider: (200, "[]"),
    "another issuer": lambda provider: (200, json.dumps(provider.discovery() | {"issuer": "https://autre.example"})),
    "no endpoint": lambda provider: (200, json.dumps({"issuer": provider.issuer})),
    "an endpoint that is no address": lambda provider: (
        200,
        json.dumps(provider.discovery() | {"token_endpoint": "file:///etc/passwd"}),
    ),
    "an endpoint that is no text": lambda provider: (200, json.dumps(provider.discovery() | {"jwks_uri": 3})),
}


@pytest.mark.parametrize("case", BAD_DISCOVERIES)
def test_a_provider_whose_discovery_is(client: Client, provider: FakeProvider, case: str) -> None:
    provider.answers[DISCOVERY] = lambda: BAD_DISCOVERIES[case](provider)
    assert_refused(client, client.get("/sas/connexion/"), 503)
    del provider.answers[DISCOVERY]
    assert client.get("/sas/connexion/").status_code == 302, "a failure is not remembered"


def test_plain_http_is_refused_outside_of_a_local_installation(
    client: Client, provider: FakeProvider, settings: Any
) -> None:
    settings.LOCAL = False
    assert_refused(client, client.get("/sas/connexion/"), 503)


BAD_ANSWERS: dict[str, tuple[str, int, str | bytes, int]] = {
    "token endpoint in error": ("/token", 500, "{}", 503),
    "token endpoint that refuses": ("/token", 400, '{"error":"unauthorized_client"}', 403),
    "token endpoint without JSON": ("/token", 200, "<html>", 503),
    "token endpoint with a list": ("/token", 200, "[]", 403),
    "token endpoint without tokens": ("/token", 200, "{}", 403),
    "token endpoint with strange tokens": ("/token", 200, '{"id_token": 3, "access_token": null}', 403),
    "keys in error": ("/certs", 500, "{}", 503),
    "keys without JSON": ("/certs", 200, "<html>", 503),
    "no keys": ("/certs", 200, "{}", 403),
    "strange keys": ("/certs", 200, '{"keys": [3, {"kty": "RSA", "kid": "first"}]}', 403),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_a_provider_with(client: Client, provider: FakeProvider, regulator: Regulator, case: str) -> None:
    path, status, body, expected = BAD_ANSWERS[case]
    provider.answers[path] = lambda: (status, body)
    assert_refused(client, come_through_sas(client, provider, person(regulator)), expected)


@pytest.mark.parametrize("path", ["/token", "/certs"])
def test_a_provider_that_is_too_slow_is_not_waited_for(
    client: Client, provider: FakeProvider, regulator: Regulator, settings: Any, path: str
) -> None:
    settings.SAS_OIDC_TIMEOUT = settings.OIDC_TIMEOUT = 0.1

    def late() -> tuple[int, str]:
        time.sleep(0.5)
        return 200, "{}"

    provider.answers[path] = late
    assert_refused(client, come_through_sas(client, provider, person(regulator)), 503)


def test_a_password_sign_in_never_ends_up_at_the_provider(client: Client, provider: FakeProvider) -> None:
    client.post("/connexion/?code=x&state=y", {"username": "a@b.test", "password": "faux"})
    assert provider.asked == []
