"""Ordinary sign-in with e-mail and password, and sign-out."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.rights import REGULATOR_KEY
from accounts.throttle import client_address, client_username
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.user(email="camille@cabinet.test")


def post(client: Client, **fields: str) -> Any:
    return client.post("/connexion/", {"username": "camille@cabinet.test", "password": factories.PASSWORD} | fields)


def test_the_right_password_signs_in_and_leads_to_the_page_asked_for(client: Client, user: User) -> None:
    response = post(client, next="/agenda/")
    assert (response.status_code, response["Location"]) == (303, "/agenda/")
    assert get_user(client) == user  # type: ignore[arg-type]
    assert REGULATOR_KEY not in client.session


def test_the_address_is_read_without_capitals_nor_blanks(client: Client, user: User) -> None:
    assert post(client, username=" Camille@Cabinet.TEST ").status_code == 303


@pytest.mark.parametrize("address", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(client: Client, user: User, address: str) -> None:
    assert post(client, next=address)["Location"] == "/"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "faux"},
        {"username": "personne@cabinet.test"},
        {"username": "camille@cabinet.test", "password": "\0"},
    ],
)
def test_wrong_and_unknown_get_the_same_words(client: Client, user: User, fields: dict[str, str]) -> None:
    response = post(client, **fields)
    assert response.status_code == 422
    if "\0" not in fields.get("password", ""):
        assert "L’adresse e-mail ou le mot de passe ne convient pas." in response.content.decode()
    assert factories.PASSWORD not in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"username": ""}, "Saisissez votre adresse e-mail."),
        ({"username": "camille"}, "Cette adresse n’est pas complète"),
        ({"password": ""}, "Saisissez votre mot de passe."),
        ({"username": "a" * 300 + "@b.test"}, "254"),
    ],
)
def test_a_form_that_is_not_complete_says_what_to_do(
    client: Client, user: User, fields: dict[str, str], sentence: str
) -> None:
    response = post(client, **fields)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_closed_account_does_not_sign_in(client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert post(client).status_code == 422


def test_passwords_tried_are_kept_nowhere(client: Client, user: User) -> None:
    post(client, password="faux mais secret")
    attempt = AccessAttempt.objects.get()
    assert "faux mais secret" not in "".join(str(value) for value in vars(attempt).values())


def test_a_closed_door_does_not_keep_regulators_out(client: Client, provider: FakeProvider) -> None:
    regulator = factories.regulator()
    answers = [post(client, username=regulator.email, password="faux") for _ in range(6)]
    assert answers[-1].status_code == 429
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session


@pytest.mark.parametrize(
    ("local", "forwarded", "peer", "expected"),
    [
        (False, "6.6.6.6, 203.0.113.9", "", "203.0.113.9"),
        (False, "", "", None),
        (False, "garbage", "", None),
        (False, "2001:db8::1", "", "2001:db8::"),
        (False, "2001:db8:0:1:2:3:4:5", "", "2001:db8:0:1::"),
        (False, "::ffff:203.0.113.9", "", "203.0.113.9"),
        (True, "6.6.6.6", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_the_clients_address_is_the_one_our_proxy_saw(
    rf: RequestFactory, settings: Any, local: bool, forwarded: str, peer: str, expected: str | None
) -> None:
    settings.LOCAL = local
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR=peer)) == expected


def test_a_try_counts_for_the_address_without_its_capitals_wherever_it_was_typed(rf: RequestFactory) -> None:
    """The administration has a sign-in page of its own."""
    request = rf.post("/admin/login/", {"username": "Camille@Cabinet.TEST"})
    assert client_username(request, None) == "camille@cabinet.test"
    assert client_username(request, {"username": " Camille@cabinet.test"}) == "camille@cabinet.test"
    assert client_username(rf.post("/"), {"username": None}) is None


def test_who_is_signed_in_does_not_see_the_form_again(client: Client, user: User) -> None:
    post(client)
    assert client.get("/connexion/")["Location"] == "/"


@pytest.mark.parametrize(
    "address", ["/connexion/", "/connexion/?next=/connexion/", "/connexion/?next=/agenda/", "/connexion/#x"]
)
def test_the_door_never_leads_to_itself(client: Client, user: User, address: str) -> None:
    assert post(client, next=address)["Location"] == "/"
    response = client.get("/connexion/", {"next": address})
    assert (response.status_code, response["Location"]) == (302, "/")


# Sign-out


def test_signing_out_ends_the_session_and_says_so(client: Client, user: User) -> None:
    post(client)
    response = client.post("/deconnexion/", follow=True)
    assert get_user(client).is_anonymous  # type: ignore[arg-type]
    assert "Vous êtes déconnecté." in response.content.decode()


def test_a_link_does_not_sign_out(client: Client, user: User) -> None:
    post(client)
    assert client.get("/deconnexion/").status_code == 405
    assert get_user(client) == user  # type: ignore[arg-type]


def test_a_regulator_signs_out_here_and_stays_at_the_platform(client: Client, provider: FakeProvider) -> None:
    come_through_sas(client, provider, person(factories.regulator()))
    response = client.post("/deconnexion/", follow=True)
    assert "La plateforme SAS reste ouverte" in response.content.decode()
    assert REGULATOR_KEY not in client.session
    assert "oidc_id_token" not in client.session


def test_a_setting_signs_out_at_the_provider_too(client: Client, provider: FakeProvider, settings: Any) -> None:
    settings.SAS_OIDC_SIGN_OUT_AT_PROVIDER = settings.OIDC_STORE_ID_TOKEN = True
    come_through_sas(client, provider, person(factories.regulator()))
    response = client.post("/deconnexion/")
    assert response["Location"].startswith(f"{provider.base}/logout?id_token_hint=")
    assert "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fconnexion%2F" in response["Location"]
    assert REGULATOR_KEY not in client.session


def test_a_provider_that_is_down_keeps_nobody_signed_in(client: Client, provider: FakeProvider, settings: Any) -> None:
    settings.SAS_OIDC_SIGN_OUT_AT_PROVIDER = settings.OIDC_STORE_ID_TOKEN = True
    come_through_sas(client, provider, person(factories.regulator()))
    provider.stop()
    cache.clear()
    assert client.post("/deconnexion/")["Location"] == "/connexion/"
    assert REGULATOR_KEY not in client.session
