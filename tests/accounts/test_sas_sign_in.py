"""A regulator arrives from the SAS: the session that opens."""

import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from accounts.models import Regulator, SignIn
from accounts.rights import EPOCH_KEY, REGULATOR_KEY
from accounts.services.regulators import change_regulator
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, leave, person

pytestmark = pytest.mark.django_db
UNKNOWN_SUB = "un-identifiant-que-nous-ignorons"


def test_the_browser_is_sent_to_the_provider_with_state_nonce_and_pkce(client: Client, provider: FakeProvider) -> None:
    location = urlsplit(leave(client))
    assert f"{location.scheme}://{location.netloc}{location.path}" == f"{provider.base}/auth"
    asked = {name: values[0] for name, values in parse_qs(location.query).items()}
    assert asked["response_type"] == "code"
    assert "openid" in asked["scope"].split()
    assert asked["client_id"] == "sas-agenda"
    assert asked["redirect_uri"] == "http://testserver/sas/retour/"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32


def test_a_good_token_opens_a_regulators_session_and_leads_to_the_page_first_asked_for(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    response = come_through_sas(client, provider, person(regulator), "/praticien/x/?creneau=a%26b")
    assert response.status_code == 302
    assert response["Location"] == "/praticien/x/?creneau=a%26b"
    assert client.session[REGULATOR_KEY] == str(regulator.id)
    assert client.session[EPOCH_KEY] == regulator.session_epoch
    assert get_user(client) == regulator.user  # type: ignore[arg-type]


def test_the_arrival_is_recorded_with_the_way_of_signing_in_at_the_sas(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    come_through_sas(client, provider, person(regulator, idp_connect="psc"))
    fact = SignIn.objects.get()
    assert (fact.regulator, fact.idp_connect, fact.idp_connect_known, fact.outcome) == (
        regulator,
        "psc",
        True,
        "opened",
    )


def test_the_session_ends_at_a_fixed_time_however_busy(
    client: Client, provider: FakeProvider, regulator: Regulator, settings: Any
) -> None:
    settings.SAS_SESSION_AGE = timedelta(minutes=40)
    come_through_sas(client, provider, person(regulator))
    left = client.session.get_expiry_date() - timezone.now()
    assert timedelta(minutes=39) < left <= timedelta(minutes=40)


def test_the_key_of_the_session_changes_at_sign_in(
    practitioner_client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    before = practitioner_client.session.session_key
    come_through_sas(practitioner_client, provider, person(regulator))
    assert practitioner_client.session.session_key != before


def test_the_session_of_a_practitioner_on_this_post_is_replaced(
    practitioner_client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    session = practitioner_client.session
    session["left_by_the_practitioner"] = "x"
    session.save()
    come_through_sas(practitioner_client, provider, person(regulator))
    assert get_user(practitioner_client) == regulator.user  # type: ignore[arg-type]
    assert "left_by_the_practitioner" not in practitioner_client.session


def test_the_same_persons_password_session_is_replaced(provider: FakeProvider, sign_in: Any) -> None:
    user = factories.user()
    factories.practitioner(user=user)
    client = sign_in(user)
    session = client.session
    session["left_by_the_practitioner"] = "x"
    session.save()
    come_through_sas(client, provider, person(factories.regulator(email=user.email)))
    assert get_user(client) == user
    assert "left_by_the_practitioner" not in client.session


def test_another_regulators_session_is_replaced(
    regulator_client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    other = factories.regulator()
    come_through_sas(regulator_client, provider, person(other))
    assert regulator_client.session[REGULATOR_KEY] == str(other.id)
    assert "terms" not in regulator_client.session


def test_a_second_tab_of_the_same_regulator_keeps_the_session_and_the_forms_of_the_first_valid(
    provider: FakeProvider, regulator: Regulator
) -> None:
    client = Client(enforce_csrf_checks=True)
    come_through_sas(client, provider, person(regulator))
    client.get("/conditions/")
    token = client.cookies["sas_agenda_csrf"].value
    before = client.session.session_key
    come_through_sas(client, provider, person(regulator))
    assert client.session.session_key == before
    assert client.cookies["sas_agenda_csrf"].value == token


@pytest.mark.parametrize(
    "address",
    [
        "https://ailleurs.example/",
        "//ailleurs.example/",
        "/\\ailleurs.example/",
        "javascript:alert(1)",
        "/" + "x" * 3000,
        "",
    ],
)
def test_a_page_that_is_not_ours_is_never_where_it_leads(
    client: Client, provider: FakeProvider, regulator: Regulator, address: str
) -> None:
    assert come_through_sas(client, provider, person(regulator), address)["Location"] == "/"


def test_the_page_asked_for_loses_its_origin(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    response = come_through_sas(client, provider, person(regulator), "/praticien/x/?creneau=1&origin=sas")
    assert response["Location"] == "/praticien/x/?creneau=1"


def test_a_token_for_several_clients_that_names_us_is_good(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    provider.claims = {"aud": ["account", "sas-agenda"], "azp": "sas-agenda"}
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session


@pytest.mark.parametrize("kid", ["second", "first", None], ids=["another name", "the same name", "no name"])
def test_a_rotated_key_is_found_at_once(
    client: Client, provider: FakeProvider, regulator: Regulator, rsa_keys: Any, kid: str | None
) -> None:
    come_through_sas(client, provider, person(regulator))
    provider.key, provider.kid = rsa_keys[1], kid or "first"
    if kid is None:
        provider.sign = lambda claims: jwt.encode(claims, provider.key, algorithm="RS256")
    other = Client()
    come_through_sas(other, provider, person(regulator))
    assert REGULATOR_KEY in other.session
    assert provider.asked.count("/certs") == 2


def test_bad_signatures_do_not_make_us_read_the_keys_at_their_pace(
    provider: FakeProvider, regulator: Regulator, rsa_keys: Any
) -> None:
    come_through_sas(Client(), provider, person(regulator))
    for kid in ("first", "inconnue", "autre", "first"):
        headers = {"kid": kid}
        provider.sign = lambda claims, headers=headers: jwt.encode(
            claims, rsa_keys[1], algorithm="RS256", headers=headers
        )
        browser = Client()
        assert come_through_sas(browser, provider, person(regulator)).status_code == 403
    assert provider.asked.count("/certs") == 2


def test_discovery_and_keys_are_read_once_for_many_sign_ins(provider: FakeProvider, regulator: Regulator) -> None:
    for _ in range(3):
        come_through_sas(Client(), provider, person(regulator))
    assert provider.asked.count("/realms/sas/.well-known/openid-configuration") == 1
    assert provider.asked.count("/certs") == 1


USERINFO: dict[str, tuple[int, str]] = {
    "in error": (500, "{}"),
    "that refuses": (401, ""),
    "that is nowhere": (404, "<html>"),
    "without JSON": (200, "<html>"),
    "with a list": (200, "[]"),
    "without sub": (200, '{"email": "autre@regulation.test"}'),
    "of another person": (200, '{"sub": "autre", "email": "autre@regulation.test"}'),
    "signed by nobody": (200, "e30.e30.x"),
}


@pytest.mark.parametrize("case", USERINFO)
@pytest.mark.parametrize("missing", ["nothing", "idp_connect", "email"])
def test_a_userinfo_takes_nothing_from_an_id_token_that_says_who_they_are(
    client: Client, provider: FakeProvider, regulator: Regulator, case: str, missing: str
) -> None:
    provider.answers["/userinfo"] = lambda: USERINFO[case]
    provider.claims = {missing: None}
    come_through_sas(client, provider, person(regulator))
    assert client.session[REGULATOR_KEY] == str(regulator.id)
    assert ("/userinfo" in provider.asked) == (missing != "nothing")


@pytest.mark.parametrize("case", USERINFO)
def test_who_they_are_is_not_known_without_the_userinfo_that_was_needed(
    client: Client, provider: FakeProvider, case: str
) -> None:
    regulator = factories.regulator(system="urn:oid:1.2.250.1.71.4.2.1", value="3456780581/11242343")
    provider.answers["/userinfo"] = lambda: USERINFO[case]
    provider.claims = {"email": None}
    response = come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB))
    assert response.status_code in {403, 503}
    assert "n’est pas encore synchronisé" not in response.content.decode()
    assert SignIn.objects.get().outcome in {"unavailable", "not_verified"}


def test_a_slow_userinfo_is_not_waited_for(
    client: Client, provider: FakeProvider, regulator: Regulator, settings: Any
) -> None:
    settings.SAS_OIDC_TIMEOUT = settings.OIDC_TIMEOUT = 0.1
    provider.claims = {"idp_connect": None}
    provider.answers["/userinfo"] = lambda: (time.sleep(0.5), (200, "{}"))[1]
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session


def test_a_provider_without_userinfo_is_enough(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    document = {name: value for name, value in provider.discovery().items() if name != "userinfo_endpoint"}
    provider.answers["/realms/sas/.well-known/openid-configuration"] = lambda: (200, json.dumps(document))
    come_through_sas(client, provider, person(regulator))
    assert REGULATOR_KEY in client.session
    assert "/userinfo" not in provider.asked


@pytest.mark.parametrize("signed", [False, True])
def test_the_email_may_be_in_userinfo_only(client: Client, provider: FakeProvider, signed: bool) -> None:
    regulator = factories.regulator(system="urn:oid:1.2.250.1.71.4.2.1", value="3456780581/11242343")
    provider.claims = {"email": None}
    if signed:
        provider.answers["/userinfo"] = lambda: (
            200,
            provider.sign_well(
                {"iss": provider.issuer, "aud": "sas-agenda", "sub": UNKNOWN_SUB, "email": regulator.email}
            ),
        )
        provider.types["/userinfo"] = "application/jwt"
    come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB))
    assert client.session[REGULATOR_KEY] == str(regulator.id)


def test_the_session_ends_with_the_withdrawal(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    come_through_sas(client, provider, person(regulator))
    identifier = regulator.current_identifier
    assert identifier is not None
    withdrawn = factories.identity(value=identifier.value, email=regulator.email, active=False)
    change_regulator(system=identifier.system, value=identifier.value, identity=withdrawn)
    response = client.get("/orientations/")
    assert response.status_code == 403
    assert "Votre accès a été retiré" in response.content.decode()
    assert REGULATOR_KEY not in client.session
    assert client.get("/orientations/")["Location"].startswith("/connexion/")
