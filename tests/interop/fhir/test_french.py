"""The sentences we answer follow French typography: no-break spaces where French wants them, curly apostrophes."""

import json
import re
from datetime import date

import pytest

from interop.fhir.capability import capability_statement
from interop.fhir.conditions import parse_identifier_query, parse_preconditions
from interop.fhir.outcome import operation_outcome
from interop.fhir.regulator import parse_regulator
from interop.fhir.slot_search import parse_slot_search
from interop.fhir.values import FhirRefusal
from tests.interop.fhir.samples import BASE_URL, NOW, body, identifier, regulator

MISPRINT = re.compile(r" [:;!?»]|« |[a-zà-ÿ]'[a-zà-ÿ]")


def outcomes() -> list[FhirRefusal]:
    told: list[FhirRefusal] = []
    for query in ("", "start=x&start=eq2026-01-01&status=busy", "start=ge2026-02-30&start=le2026-01-01"):
        with pytest.raises(FhirRefusal) as refusal:
            parse_slot_search(query, now=NOW)
        told.append(refusal.value)
    for sent in (
        b"{",
        b"[]",
        b"{}",
        body({"resourceType": "Practitioner"}),
        body(
            regulator(identifier=[identifier(system="x", value="1" * 300)], telecom=[{"system": "email", "value": "x"}])
        ),
        body(regulator(surname="x", active="x")),
        body(regulator(identifier=[identifier()] * 2, meta={"source": "x"})),
        body(regulator(identifier=[identifier(use="old")], implicitRules="x", name=[{"family": "x", "use": "x"}])),
        body(regulator()).replace(b'"active"', b'"active": true, "active"'),
    ):
        with pytest.raises(FhirRefusal) as refusal:
            parse_regulator(sent, now=NOW)
        told.append(refusal.value)
    for query in ("", "identifier=", "identifier=a,b", "identifier=a&_id=1&identifier:not=b", "identifier=x|a"):
        with pytest.raises(FhirRefusal) as refusal:
            parse_identifier_query(query)
        told.append(refusal.value)
    for name, value in (("If-Match", "*"), ("If-Match", "x"), ("If-Unmodified-Since", "x"), ("If-None-Exist", "x")):
        with pytest.raises(FhirRefusal) as refusal:
            parse_preconditions({name: value}).check(None)
        told.append(refusal.value)
    return told


def test_diagnostics_are_well_printed() -> None:
    sentences = [issue["diagnostics"] for told in outcomes() for issue in operation_outcome(told.issues)["issue"]]
    assert len(sentences) > 20
    assert [sentence for sentence in sentences if MISPRINT.search(sentence)] == []


def test_the_capability_statement_is_well_printed() -> None:
    statement = capability_statement(base_url=BASE_URL, software_version="0.1.0", published_on=date(2026, 11, 25))
    assert MISPRINT.search(json.dumps(statement, ensure_ascii=False).replace('": ', '":')) is None
