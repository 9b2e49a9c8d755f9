"""The pure rules of group 5, on answers written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.recette.judging.accounts import (
    Refusal,
    account_id,
    creation_race,
    location_problems,
    names_element,
    outcome_problems,
    refusal_problems,
    same_account,
    update_race,
)
from conformance.recette.judging.breaches import BREACHES
from sandbox.sas.exchange import Exchange
from sandbox.sas.provisioning import build_practitioner
from sandbox.sas.vocabulary import NATIONAL_PERSON, SAS_TECHNICAL, Identifier
from tests.conformance.recette.account_book import broken_rules

BASE = "https://editeur.example/fhir"


def answer(status: int | None, *, location: str = "", body: Any = None) -> Exchange:
    headers = {"location": location} if location else {}
    return Exchange("PUT", f"{BASE}/Practitioner", {}, "", status, headers, json.dumps(body), 3, "")


def outcome(*issues: dict[str, Any]) -> Refusal:
    return Refusal(
        "POST", answer(422, body={"resourceType": "OperationOutcome", "issue": list(issues)}), ("name.given",)
    )


GOOD = {"severity": "error", "code": "required", "diagnostics": "Le prénom manque."}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(422, None), (400, True), (201, False), (302, False), (403, False), (404, False), (500, False), (None, False)],
)
def test_a_refusal_is_right_tolerated_or_wrong(status: int | None, expected: bool | None) -> None:
    found = refusal_problems(status, "", (422,), (400,), "POST")
    assert [problem.warning for problem in found] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("issues", "count"),
    [
        ([GOOD], 0),
        ([GOOD, {**GOOD, "severity": "information"}], 0),
        ([{**GOOD, "diagnostics": "", "details": {"text": "Le prénom manque."}}], 0),
        ([], 1),
        ([{**GOOD, "severity": "warning"}], 1),
        ([GOOD, {**GOOD, "severity": "grave"}], 1),
        ([{**GOOD, "code": "manquant"}], 1),
        ([{"severity": "error", "code": "required"}], 1),
        ([{}], 3),
    ],
)
def test_an_outcome_has_a_severity_a_code_and_words(issues: list[dict[str, Any]], count: int) -> None:
    assert len(outcome_problems(outcome(*issues))) == count


@pytest.mark.parametrize(
    "body", [None, "texte", [], {"resourceType": "Practitioner"}, {"resourceType": "OperationOutcome", "issue": "x"}]
)
def test_what_is_no_outcome_is_told_once(body: Any) -> None:
    assert len(outcome_problems(Refusal("POST", answer(422, body=body)))) == 1


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("Practitioner.name[0].given", True),
        ("Practitioner.name.given[0]", True),
        ("Practitioner.name", True),
        ("name.given", True),
        ("Practitioner.name.first().given", True),
        ("/f:Practitioner/f:name/f:given", True),
        ("Practitioner", False),
        ("Practitioner.name.family", False),
        ("Practitioner.names", False),
        ("", False),
    ],
)  # fmt: skip
def test_an_element_is_named_by_itself_a_parent_or_a_child(place: str, named: bool) -> None:
    for key in ("expression", "location"):
        assert names_element(outcome({**GOOD, key: [place]})) is named


def test_no_element_to_name_is_nothing_to_ask() -> None:
    assert names_element(Refusal("POST", answer(400)))


@pytest.mark.parametrize(
    ("location", "verdicts"),
    [
        (f"{BASE}/Practitioner/42", []),
        (f"{BASE}/Practitioner/42/_history/1", []),
        ("/fhir/Practitioner/a-b.c", []),
        ("http://10.0.0.3:8080/fhir/Practitioner/42", [True]),
        ("", [False]),
        (f"{BASE}/Practitioner/", [False]),
        (f"{BASE}/Practitioner?identifier=4", [False]),
        (f"{BASE}/Patient/42", [False]),
        ("https://editeur.example/autre/Practitioner/42", [False]),
    ],
)
def test_a_location_is_the_accounts_address(location: str, verdicts: list[bool]) -> None:
    assert [found.warning for found in location_problems(answer(201, location=location), BASE)] == verdicts


def test_accounts_are_compared_by_their_id_whatever_the_version() -> None:
    first, second = (answer(200, location=f"{BASE}/Practitioner/42{tail}") for tail in ("", "/_history/7"))
    other = answer(200, location=f"{BASE}/Practitioner/43")
    assert account_id(second) == "42"
    assert same_account(first, second, answer(200))
    assert not same_account(first, other)


@pytest.mark.parametrize(
    ("statuses", "count"),
    [
        ([201, 409, 409], 0),
        ([422, 201], 0),
        ([201, 201], 1),
        ([409, 409], 1),
        ([201, 500], 1),
        ([201, None], 1),
        ([500], 2),
    ],
)
def test_one_of_several_creations_passes(statuses: list[int | None], count: int) -> None:
    assert len(creation_race([answer(status) for status in statuses])) == count


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ([(201, "1"), (200, "1")], 0),
        ([(201, "1"), (409, "")], 0),
        ([(201, "1"), (201, "1")], 1),
        ([(201, "1"), (200, "2")], 1),
        ([(201, "1"), (500, "")], 1),
        ([(409, ""), (409, "")], 1),
    ],
)
def test_several_updates_make_one_account(answers: list[tuple[int, str]], count: int) -> None:
    given = [answer(status, location=f"{BASE}/Practitioner/{id_}" if id_ else "") for status, id_ in answers]
    assert len(update_race(given)) == count


@pytest.mark.parametrize("system", [NATIONAL_PERSON, SAS_TECHNICAL])
def test_each_breach_breaks_one_rule_and_leaves_the_original_whole(system: str) -> None:
    whole = build_practitioner(identifier=Identifier(system, "7"), family="Nom", given="Prénom", email="a@b.example")
    for breach in BREACHES:
        broken = breach.applied(whole)
        assert list(broken_rules(whole)) == [], breach.title
        assert len(list(broken_rules(broken))) == 1, breach.title
