"""What of an account counts: what modifies it is understood, each name is written once, and it is in force."""

from typing import Any

import pytest

from tests.interop.fhir.samples import body, identifier, regulator
from tests.interop.fhir.test_regulator import read, refused

EXTENSION = [{"url": "https://elsewhere.example/negation", "valueBoolean": True}]


@pytest.mark.parametrize(
    ("sent", "expression"),
    [
        (regulator(implicitRules="https://elsewhere.example/rules"), "Practitioner.implicitRules"),
        (regulator(_implicitRules={"extension": EXTENSION}), "Practitioner._implicitRules"),
        (regulator(modifierExtension=EXTENSION), "Practitioner.modifierExtension"),
        (
            regulator(qualification=[{"code": {"text": "x"}, "modifierExtension": EXTENSION}]),
            "Practitioner.qualification[0].modifierExtension",
        ),
        (regulator(identifier=[identifier(use="deprecated")]), "Practitioner.identifier[0].use"),
        (regulator(name=[{"family": "Loridon", "given": ["S"], "use": "former"}]), "Practitioner.name[0].use"),
        (regulator(telecom=[{"system": "email", "value": "a@b.fr", "use": "x"}]), "Practitioner.telecom[0].use"),
    ],
)
def test_what_modifies_the_resource_without_our_understanding_it_is_refused_by_name(
    sent: dict[str, Any], expression: str
) -> None:
    (issue,) = refused(body(sent), 422).issues
    assert issue.expression == (expression,)
    assert expression in issue.diagnostics


@pytest.mark.parametrize(
    "sent",
    [
        b'{"active": false, "active": true}',
        body(regulator()).replace(b'"active": true', b'"active": false, "active": true'),
        body(regulator()).replace(b'"active": true', b'"active": true, "active": true'),
        body(regulator()).replace(b'"active": true', b'"active": false, "\\u0061ctive": true'),
    ],
)
def test_a_name_written_twice_is_refused_with_400_by_name(sent: bytes) -> None:
    (issue,) = refused(sent, 400).issues
    assert issue.expression == ("Practitioner.active",)
    assert "active" in issue.diagnostics


FORMER: list[dict[str, Any]] = [
    {"use": "old"},
    {"period": {"end": "2026-11-24"}},
    {"period": {"start": "2026-11-26T00:00:00+01:00"}},
]


@pytest.mark.parametrize("former", FORMER)
def test_names_and_addresses_that_are_not_in_force_are_not_there(former: dict[str, Any]) -> None:
    record = read(
        body(
            regulator(
                name=[
                    {"family": "Avant", "given": ["Sébastien"]} | {"use": "official"} | former,
                    {"family": "Loridon", "given": ["Sébastien"]},
                ],
                telecom=[
                    {"system": "email", "value": "avant@test.com"} | former,
                    {"system": "email", "value": "maintenant@test.com"},
                ],
            )
        )
    )
    assert (record.family, record.email) == ("Loridon", "maintenant@test.com")


@pytest.mark.parametrize("former", FORMER)
@pytest.mark.parametrize(
    ("kind", "element", "expression"),
    [
        ("identifier", identifier(), "Practitioner.identifier[0]"),
        ("name", {"family": "Loridon", "given": ["Sébastien"]}, "Practitioner.name"),
        ("telecom", {"system": "email", "value": "a@test.com"}, "Practitioner.telecom"),
    ],
)
def test_an_account_whose_only_one_is_not_in_force_is_refused(
    kind: str, element: dict[str, Any], expression: str, former: dict[str, Any]
) -> None:
    (issue,) = refused(body(regulator(**{kind: [element | former]})), 422).issues
    assert issue.expression == (expression,)


def test_a_maiden_name_is_not_the_one_in_use() -> None:
    names = [
        {"family": "Naissance", "given": ["Zoé"], "use": "maiden"},
        {"family": "Usage", "given": ["Zoé"], "use": "usual"},
    ]
    assert read(body(regulator(name=names))).family == "Usage"


@pytest.mark.parametrize("kind", ["identifier", "name", "telecom"])
def test_a_period_that_is_no_date_is_told_with_its_element(kind: str) -> None:
    sent = regulator()
    sent[kind][0]["period"] = {"end": 20260101}
    (issue,) = refused(body(sent), 422).issues
    assert issue.expression == (f"Practitioner.{kind}[0].period",)


def test_the_sign_of_the_kelvin_is_no_letter_of_an_address() -> None:
    sent = regulator(telecom=[{"system": "email", "value": "\u212aatia@test.com"}])
    (issue,) = refused(body(sent), 422).issues
    assert issue.expression == ("Practitioner.telecom[0].value",)
