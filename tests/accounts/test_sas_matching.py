"""Which account the SAS's person is: by the technical identifier, else by e-mail, and nobody when they disagree."""

import logging
import unicodedata
from typing import Any

import pytest
from django.test import Client

from accounts.enums import IdentifierSystem
from accounts.models import Regulator, SignIn, User
from accounts.rights import REGULATOR_KEY
from accounts.services.regulators import change_regulator
from accounts.services.sign_ins import pin_subject
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, person

pytestmark = pytest.mark.django_db
UNKNOWN_SUB = "7b1c0f0e-0000-4000-8000-000000000000"


def withdraw(regulator: Regulator) -> None:
    identifier = regulator.current_identifier
    assert identifier is not None
    identity = factories.identity(system=identifier.system, value=identifier.value, email=regulator.email, active=False)
    change_regulator(system=identifier.system, value=identifier.value, identity=identity)


def assert_refused(client: Client, response: Any, sentence: str) -> None:
    assert response.status_code == 403
    assert sentence in response.content.decode()
    assert "Réessayer" in response.content.decode()
    assert REGULATOR_KEY not in client.session
    assert "_auth_user_id" not in client.session


def test_the_technical_identifier_is_enough_when_the_email_changed_at_the_sas(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    come_through_sas(client, provider, person(regulator, email="nouvelle@regulation.test"))
    assert client.session[REGULATOR_KEY] == str(regulator.id)


def test_a_former_technical_identifier_still_finds_its_account(client: Client, provider: FakeProvider) -> None:
    regulator = factories.regulator()
    technical = regulator.current_identifier
    assert technical is not None
    national = factories.identity(system=IdentifierSystem.NATIONAL, value="810002909371", email="autre@regulation.test")
    change_regulator(system=technical.system, value=technical.value, identity=national)
    come_through_sas(client, provider, {"sub": technical.value, "email": "", "idp_connect": "mdp"})
    assert client.session[REGULATOR_KEY] == str(regulator.id)


@pytest.fixture
def known_by_email() -> Regulator:
    """By a national identifier: the SAS has not told us what it calls them."""
    return factories.regulator(system=IdentifierSystem.NATIONAL, value="810002909371")


def test_the_email_is_compared_without_capitals(
    client: Client, provider: FakeProvider, known_by_email: Regulator
) -> None:
    regulator = known_by_email
    come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB, email=regulator.email.upper()))
    assert client.session[REGULATOR_KEY] == str(regulator.id)


def test_the_technical_identifier_is_compared_without_capitals(client: Client, provider: FakeProvider) -> None:
    regulator = factories.regulator(value=UNKNOWN_SUB.upper())
    come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB, email="autre@regulation.test"))
    assert client.session[REGULATOR_KEY] == str(regulator.id)


def test_the_domain_of_the_email_is_compared_however_it_is_composed(client: Client, provider: FakeProvider) -> None:
    regulator = factories.regulator(system=IdentifierSystem.NATIONAL, value="810002909371", email="zoe@régulation.test")
    decomposed = unicodedata.normalize("NFD", "ZOE@RÉGULATION.test")
    come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB, email=decomposed))
    assert client.session[REGULATOR_KEY] == str(regulator.id)


@pytest.mark.parametrize(
    "address", ["\u212aatia@klinik.test", "katia@\u212alinik.test", "\uff4batia@klinik.test", "katia@klinik\uff0etest"]
)
def test_an_email_that_only_looks_like_an_accounts_is_refused_and_logged_without_naming_anybody(
    client: Client, provider: FakeProvider, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    factories.regulator(system=IdentifierSystem.NATIONAL, value="810002909371", email="katia@klinik.test")
    response = come_through_sas(client, provider, {"sub": UNKNOWN_SUB, "email": address, "idp_connect": "mdp"})
    assert_refused(client, response, "n’est pas encore synchronisé")
    assert "e-mail with compatibility characters" in caplog.text
    assert "atia" not in caplog.text


def test_the_email_of_an_account_whose_sub_is_known_opens_it_to_no_other(
    client: Client, provider: FakeProvider, regulator: Regulator, caplog: pytest.LogCaptureFixture
) -> None:
    response = come_through_sas(client, provider, person(regulator, sub=UNKNOWN_SUB))
    assert_refused(client, response, "ne concordent pas")
    assert SignIn.objects.get().outcome == "accounts_differ"
    assert "the account of this e-mail has another sub" in caplog.text
    assert regulator.email not in caplog.text


def test_who_first_came_by_email_comes_by_their_sub_from_then_on(
    provider: FakeProvider, known_by_email: Regulator
) -> None:
    regulator = known_by_email
    claims = person(regulator, sub="premier")
    first, renamed, other = Client(), Client(), Client()
    come_through_sas(first, provider, claims)
    assert first.session[REGULATOR_KEY] == str(regulator.id)
    come_through_sas(renamed, provider, claims | {"email": "nouvelle@regulation.test"})
    assert renamed.session[REGULATOR_KEY] == str(regulator.id)
    assert_refused(other, come_through_sas(other, provider, claims | {"sub": "second"}), "ne concordent pas")


def test_of_two_who_come_by_one_email_at_once_one_is_noted(known_by_email: Regulator) -> None:
    assert pin_subject(regulator=known_by_email, subject="premier")
    assert not pin_subject(regulator=known_by_email, subject="second")
    assert pin_subject(regulator=known_by_email, subject="premier")


@pytest.mark.parametrize("subject", ["x" * 256, "\0"])
def test_a_sub_that_cannot_be_noted_opens_nothing(
    client: Client, provider: FakeProvider, known_by_email: Regulator, subject: str
) -> None:
    response = come_through_sas(client, provider, person(known_by_email, sub=subject))
    assert_refused(client, response, "n’est pas encore synchronisé")


def test_a_national_identifier_is_never_taken_for_a_sub(client: Client, provider: FakeProvider) -> None:
    factories.regulator(system=IdentifierSystem.NATIONAL, value="810002909371")
    response = come_through_sas(
        client, provider, {"sub": "810002909371", "email": "x@regulation.test", "idp_connect": "mdp"}
    )
    assert_refused(client, response, "n’est pas encore synchronisé")


def test_sub_and_email_of_two_accounts_open_neither_and_say_so_in_the_log_without_naming_anybody(
    client: Client, provider: FakeProvider, regulator: Regulator, caplog: pytest.LogCaptureFixture
) -> None:
    other = factories.regulator()
    with caplog.at_level(logging.INFO):
        response = come_through_sas(client, provider, person(regulator, email=other.email))
    assert_refused(client, response, "ne concordent pas")
    assert SignIn.objects.get().outcome == "accounts_differ"
    assert "accounts_differ" in caplog.text
    for secret in (other.email, regulator.email, person(regulator)["sub"]):
        assert secret not in caplog.text


def test_an_unknown_person_gets_a_page_that_offers_to_try_again_and_no_account(
    client: Client, provider: FakeProvider, settings: Any
) -> None:
    settings.SAS_PLATFORM_URL = "https://plateforme.example/"
    claims = {"sub": UNKNOWN_SUB, "email": "inconnue@regulation.test", "idp_connect": "mdp"}
    response = come_through_sas(client, provider, claims, "/praticien/x/?creneau=1")
    assert_refused(client, response, "n’est pas encore synchronisé")
    page = response.content.decode()
    assert 'href="/sas/connexion/?next=%2Fpraticien%2Fx%2F%3Fcreneau%3D1"' in page
    assert 'href="https://plateforme.example/"' in page
    assert not User.objects.exists()
    fact = SignIn.objects.get()
    assert (fact.regulator, fact.subject, fact.outcome) == (None, UNKNOWN_SUB, "no_account")


def test_trying_again_works_once_the_account_has_arrived(client: Client, provider: FakeProvider) -> None:
    claims = {"sub": UNKNOWN_SUB, "email": "inconnue@regulation.test", "idp_connect": "mdp"}
    come_through_sas(client, provider, claims)
    regulator = factories.regulator(value=UNKNOWN_SUB)
    come_through_sas(client, provider, claims | {"email": regulator.email})
    assert client.session[REGULATOR_KEY] == str(regulator.id)


def assert_told_withdrawn(client: Client, response: Any) -> None:
    page = response.content.decode()
    assert response.status_code == 403
    assert "Votre accès a été retiré" in page
    assert "Réessayer" not in page.replace("Réessayer n’y changera", "")
    assert "_auth_user_id" not in client.session
    assert SignIn.objects.latest("id").outcome == "withdrawn"


def test_a_withdrawn_regulator_is_told_so(client: Client, provider: FakeProvider, regulator: Regulator) -> None:
    claims = person(regulator)
    withdraw(regulator)
    assert_told_withdrawn(client, come_through_sas(client, provider, claims))
    other = come_through_sas(client, provider, claims | {"sub": UNKNOWN_SUB})
    assert_refused(client, other, "n’est pas encore synchronisé")


def test_so_is_one_of_whom_the_email_alone_is_known(
    client: Client, provider: FakeProvider, known_by_email: Regulator
) -> None:
    claims = {"sub": UNKNOWN_SUB, "email": known_by_email.email, "idp_connect": "mdp"}
    withdraw(known_by_email)
    assert_told_withdrawn(client, come_through_sas(client, provider, claims))


def test_a_withdrawn_regulator_reads_whom_to_call_and_the_hour(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    schedule = factories.schedule(location=factories.location(phone="+33199005678"))
    claims = person(regulator)
    withdraw(regulator)
    key = f"{schedule.id.hex}-20271231T1300Z-15"
    for address, hour in (("", False), (f"?creneau={key}", True), ("?creneau=x", False)):
        response = come_through_sas(client, provider, claims, f"/praticien/{schedule.practitioner_id}/{address}")
        page = response.content.decode()
        assert "01 99 00 56 78" in page.replace("\u00a0", " ").replace("\u202f", " ")
        assert ("Dites le jour et l’heure" in page) is hour


def test_a_refusal_ends_the_session_that_was_open_here(
    regulator_client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    claims = {"sub": UNKNOWN_SUB, "email": "inconnue@regulation.test", "idp_connect": "mdp"}
    response = come_through_sas(regulator_client, provider, claims)
    assert_refused(regulator_client, response, "n’est pas encore synchronisé")
    assert regulator.name not in response.content.decode()


def test_the_email_freed_by_a_withdrawal_leads_to_the_account_that_took_it_and_the_withdrawn_person_nowhere(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    former = person(regulator)
    withdraw(regulator)
    heir = factories.regulator(email=regulator.email)
    assert_told_withdrawn(client, come_through_sas(client, provider, former))
    fact = SignIn.objects.get()
    assert (fact.regulator, fact.subject) == (None, former["sub"])
    come_through_sas(client, provider, person(heir))
    assert client.session[REGULATOR_KEY] == str(heir.id)


def test_a_practitioner_with_that_email_gets_no_regulators_session(client: Client, provider: FakeProvider) -> None:
    user = factories.user(email="docteur@cabinet.test")
    factories.practitioner(user=user)
    response = come_through_sas(client, provider, {"sub": UNKNOWN_SUB, "email": user.email, "idp_connect": "mdp"})
    assert_refused(client, response, "n’est pas encore synchronisé")


def test_a_user_closed_by_the_administrator_is_refused(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    User.objects.filter(pk=regulator.user_id).update(is_active=False)
    assert_refused(client, come_through_sas(client, provider, person(regulator)), "SAS Agenda n’a pas")


def test_an_unknown_way_of_signing_in_is_recorded_and_accepted_unless_the_setting_refuses_it(
    client: Client, provider: FakeProvider, regulator: Regulator, settings: Any
) -> None:
    come_through_sas(client, provider, person(regulator, idp_connect="nouveauté"))
    assert REGULATOR_KEY in client.session
    assert SignIn.objects.get().idp_connect_known is False

    settings.SAS_OIDC_REFUSE_UNKNOWN_IDP_CONNECT = True
    response = come_through_sas(client, provider, person(regulator, idp_connect="nouveauté"))
    assert_refused(client, response, "Ce mode de connexion n’est pas accepté")
    assert SignIn.objects.latest("id").outcome == "idp_refused"


@pytest.mark.parametrize("value", [None, 3, ["mdp"], {"a": 1}, "x" * 500, "\0"])
def test_a_strange_way_of_signing_in_is_unknown_and_breaks_nothing(
    client: Client, provider: FakeProvider, regulator: Regulator, value: Any
) -> None:
    come_through_sas(client, provider, person(regulator, idp_connect=value))
    assert REGULATOR_KEY in client.session
    assert SignIn.objects.get().idp_connect_known is False


@pytest.mark.parametrize("email", [3, ["a@b.test"], "", "\0@regulation.test", "x" * 5000])
def test_a_strange_email_matches_nobody_and_breaks_nothing(client: Client, provider: FakeProvider, email: Any) -> None:
    response = come_through_sas(client, provider, {"sub": "\0" + "y" * 400, "email": email, "idp_connect": "mdp"})
    assert_refused(client, response, "n’est pas encore synchronisé")
