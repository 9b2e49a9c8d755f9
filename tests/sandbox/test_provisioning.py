"""The platform tells the product about regulators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.demo import DemoSender, demo_regulators
from sandbox.sas.platform import Platform
from sandbox.sas.profile_check import Definitions
from sandbox.sas.provisioning import SPOILINGS, build_practitioner, spoiled
from sandbox.sas.regulators import Account, AccountConflictError, Regulator
from sandbox.sas.vocabulary import NATIONAL_PERSON, PROFILE_REGULATOR, SAS_TECHNICAL, Identifier
from tests.sandbox.conftest import Browser
from tests.sandbox.stub_product import StubProduct

TANAISIE = Account("Régulatrice-Démo", "Tanaisie", "tanaisie@regulation.example", "SAMU 99 fictif")
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "invariant",
            "expression": ["Practitioner.telecom[0].value"],
            "diagnostics": "L’adresse n’est pas valide.",
        }
    ],
}


@pytest.fixture
def platform(make_platform: Callable[..., Platform], product: StubProduct) -> Platform:
    return make_platform(product_url=product.url)


def create(platform: Platform, account: Account = TANAISIE, **options: bool) -> Regulator:
    return platform.regulators.create(account, password="secret", spoilings=[], **options)


def searched(path: str) -> str:
    return parse_qs(urlsplit(path).query)["identifier"][0]


def test_a_new_regulator_is_posted_as_the_profile_wants(platform: Platform, product: StubProduct) -> None:
    product.answer(201, Location="/fhir/Practitioner/1")
    regulator = create(platform)
    (asked,) = product.asked
    assert (asked.method, asked.path) == ("POST", "/fhir/Practitioner")
    assert asked.headers["Content-Type"].startswith("application/fhir+json")
    body = asked.json()
    assert body["meta"]["source"] == SAS_TECHNICAL
    assert body["identifier"][0]["system"] == SAS_TECHNICAL
    assert body["identifier"][0]["type"]["coding"][0]["code"] == "INTRN"
    assert body["identifier"][0]["value"] == regulator.id
    assert body["active"] is True
    assert (regulator.delivery, regulator.held) == ("sent", regulator.identifier)


def test_what_is_sent_passes_the_official_profile(guide: Path) -> None:
    definitions = Definitions.load(guide)
    for identifier in (Identifier(NATIONAL_PERSON, "3456780581/11242343"), Identifier(SAS_TECHNICAL, "a-uuid")):
        practitioner = build_practitioner(identifier=identifier, family="Démo", given="Tanaisie", email="t@x.example")
        findings = definitions.check(practitioner, PROFILE_REGULATOR)
        assert [finding for finding in findings if finding.severity == "error"] == []


def test_a_change_of_identifier_searches_the_old_one_and_carries_the_new(
    platform: Platform, product: StubProduct
) -> None:
    regulator = create(platform)
    national = Account("Régulatrice-Démo", "Tanaisie", "t2@regulation.example", national="3456780581/11242343")
    platform.regulators.change(regulator.id, national, spoilings=[])
    asked = product.asked[-1]
    assert asked.method == "PUT"
    assert searched(asked.path) == f"{SAS_TECHNICAL}|{regulator.id}"
    assert asked.json()["identifier"][0]["value"] == "3456780581/11242343"
    assert asked.json()["identifier"][0]["type"]["coding"][0]["code"] == "IDNPS"
    assert asked.json()["telecom"][0]["value"] == "t2@regulation.example"
    # And back, under the identifier that the product now holds.
    platform.regulators.change(regulator.id, TANAISIE, spoilings=[])
    assert searched(product.asked[-1].path) == f"{NATIONAL_PERSON}|3456780581/11242343"
    assert product.asked[-1].json()["identifier"][0]["value"] == regulator.id


def test_a_refused_change_leaves_the_identifier_that_the_product_holds(
    platform: Platform, product: StubProduct
) -> None:
    regulator = create(platform)
    product.answer(422, OUTCOME)
    refused = platform.regulators.change(
        regulator.id, Account("D", "T", "t@x.example", national="99/1"), spoilings=["email-mal-ecrit"]
    )
    assert (refused.delivery, refused.held) == ("refused", regulator.identifier)
    assert platform.regulators.exchanges()[0].exchange.issues()[0].where == "Practitioner.telecom[0].value"
    product.answer(200)
    platform.regulators.deliver(regulator.id)
    assert searched(product.asked[-1].path) == f"{SAS_TECHNICAL}|{regulator.id}"


def test_withdrawing_and_restoring_are_updates_of_active(platform: Platform, product: StubProduct) -> None:
    regulator = create(platform)
    for active in (False, True):
        platform.regulators.set_entitlement(regulator.id, active=active)
        assert (product.asked[-1].method, product.asked[-1].json()["active"]) == ("PUT", active)


def test_what_a_withdrawn_account_had_may_be_taken_by_another(platform: Platform) -> None:
    national = Account("Démo", "Souci", "souci@regulation.example", national="3456780581/11242343")
    first = create(platform, national)
    with pytest.raises(AccountConflictError):
        create(platform, national)
    platform.regulators.set_entitlement(first.id, active=False)
    second = create(platform, national)
    assert platform.regulators.find_by_identifier(second.identifier) == second
    with pytest.raises(AccountConflictError) as caught:
        platform.regulators.set_entitlement(first.id, active=True)
    assert caught.value.field == "email"


def test_a_silent_product_is_recorded_and_the_account_kept(make_platform: Callable[..., Platform]) -> None:
    platform = make_platform(product_url="http://127.0.0.1:9")
    regulator = create(platform)
    assert (regulator.delivery, regulator.held) == ("unreachable", None)
    assert "n’a pas abouti" in platform.regulators.exchanges()[0].exchange.failure


def test_an_account_may_be_sent_twice_or_not_at_all(platform: Platform, product: StubProduct) -> None:
    create(platform, twice=True)
    assert [asked.method for asked in product.asked] == ["POST", "POST"]
    held = create(platform, Account("D", "Lupin", "lupin@x.example"), send=False)
    assert (held.delivery, len(product.asked)) == ("held", 2)


@pytest.mark.parametrize("name", SPOILINGS)
def test_each_spoiling_breaks_a_copy_and_nothing_else(name: str) -> None:
    right = build_practitioner(identifier=Identifier(SAS_TECHNICAL, "u"), family="F", given="G", email="e@x.example")
    before = str(right)
    assert spoiled(right, [name]) != right
    assert str(right) == before
    assert spoiled(right, list(SPOILINGS)) != spoiled(right, [name])


def test_the_demonstration_regulators_are_sent_once_the_product_answers(
    platform: Platform, product: StubProduct
) -> None:
    product.answer(503)
    product.then(201)
    product.then(409)
    product.then(200)
    sender = DemoSender(platform.regulators, retry_seconds=0.01)
    sender.add_missing()
    sender.run()
    assert [asked.method for asked in product.asked] == ["POST", "POST", "POST", "PUT"]
    assert {regulator.delivery for regulator in platform.regulators.all()} == {"sent"}
    sender.add_missing()
    sender.run()
    assert len(product.asked) == 4
    first = demo_regulators()[0]
    assert platform.regulators.authenticate(first.account.email.upper(), first.password) is not None


def test_a_refused_demonstration_regulator_is_left_for_a_person_to_read(
    platform: Platform, product: StubProduct
) -> None:
    product.answer(403, OUTCOME)
    sender = DemoSender(platform.regulators, retry_seconds=0.01)
    sender.add_missing()
    sender.run()
    assert {regulator.delivery for regulator in platform.regulators.all()} == {"refused"}


FORM = {"nom": "Sauge-Démo", "prenom": "Tilleul", "email": "tilleul@x.example", "motdepasse": "s", "sorte": "technique"}


def test_the_page_creates_changes_withdraws_and_shows_the_exchange(
    platform: Platform, product: StubProduct, open_browser: Callable[[Platform], Browser]
) -> None:
    browser = open_browser(platform)
    product.answer(201, Location="/fhir/Practitioner/107")
    made = browser.post("/regulateurs/creer", FORM, form="/regulateurs")
    assert made.status_code == 303
    (regulator,) = platform.regulators.all()
    page = browser.get(made.location.partition("#")[0]).text
    assert "Changer Tilleul Sauge-Démo" in page
    assert "POST http" in page
    assert "Location: /fhir/Practitioner/107" in page
    product.answer(422, OUTCOME)
    path = f"/regulateurs/{regulator.id}"
    changed = FORM | {"nom": "Sauge", "sorte": "national", "national": "99/1"}
    assert browser.post(f"{path}/changer", changed, form="/regulateurs").status_code == 303
    page = browser.get("/regulateurs").text
    assert "Practitioner.telecom[0].value" in page
    assert "L’adresse n’est pas valide." in page
    product.answer(200)
    for action, data in (("renvoyer", {}), ("droit", {"actif": "0"}), ("droit", {"actif": "1"})):
        assert browser.post(f"{path}/{action}", data, form="/regulateurs").status_code == 303
    assert [asked.method for asked in product.asked] == ["POST", "PUT", "PUT", "PUT", "PUT"]
    assert browser.post("/regulateurs/tout-renvoyer", form="/regulateurs").status_code == 303
    assert browser.post(f"/regulateurs/{SAS_TECHNICAL}/droit", form="/regulateurs").status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"nom": " "}, "Indiquez le nom."),
        ({"email": ""}, "Indiquez l’e-mail"),
        ({"motdepasse": ""}, "Indiquez un mot de passe."),
        ({"sorte": "national"}, "Indiquez l’identifiant national"),
    ],
)
def test_the_page_says_what_is_missing_and_sends_nothing(
    platform: Platform,
    product: StubProduct,
    open_browser: Callable[[Platform], Browser],
    changes: dict[str, str],
    sentence: str,
) -> None:
    answer = open_browser(platform).post("/regulateurs/creer", FORM | changes, form="/regulateurs")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert product.asked == []
