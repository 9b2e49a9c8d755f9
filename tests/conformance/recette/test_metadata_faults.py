"""Group 2 on a faulty statement, one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.recette.groups.metadata import METADATA
from conformance.recette.judging.capabilities import declared_interactions, missing_interactions
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from tests.conformance.recette.conftest import explained, named
from tests.conformance.recette.editor import Editor

RunOn = Callable[..., Report]


def _resources(statement: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = statement["rest"][0]["resource"]
    return found


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], set[str]]] = {
    "another resource": (lambda s: s.update(resourceType="Parameters"), {"META-01"}),
    "another version of FHIR": (lambda s: s.update(fhirVersion="5.0.0"), {"META-03"}),
    "no date": (lambda s: s.pop("date"), {"META-04"}),
    "no JSON": (lambda s: s.update(format=["xml"]), {"META-04"}),
    "no Slot": (lambda s: _resources(s).pop(0), {"META-05"}),
    "no Practitioner": (lambda s: _resources(s).pop(1), {"META-05"}),
    "no creation": (lambda s: _resources(s)[1]["interaction"].pop(0), {"META-05"}),
    "no conditional update": (lambda s: _resources(s)[1].pop("conditionalUpdate"), {"META-05"}),
    "resources that are none": (lambda s: s["rest"][0].update(resource="Slot"), {"META-05"}),
}


def test_a_correct_statement_passes(run_on: RunOn) -> None:
    report = run_on(METADATA)
    assert named(report, Verdict.PASSED) == {check.identifier for check in METADATA.checks}, explained(report)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported_by_its_check(editor: Editor, run_on: RunOn, name: str) -> None:
    editor.spoil_metadata, wanted = FAULTS[name]
    report = run_on(METADATA)
    assert named(report, Verdict.FAILED, Verdict.WARNING) == wanted, explained(report)


def test_no_statement_at_all_fails_one_check_and_skips_the_others(editor: Editor, run_on: RunOn) -> None:
    editor.answer = lambda path, query: (404, "text/html", b"<h1>Not found</h1>")
    report = run_on(METADATA)
    assert named(report, Verdict.FAILED) == {"META-01"}
    assert named(report, Verdict.SKIPPED) == {"META-02", "META-03", "META-04", "META-05"}


def test_plain_json_is_reported(editor: Editor, run_on: RunOn) -> None:
    editor.flaws = {"plain json"}
    assert named(run_on(METADATA), Verdict.FAILED) == {"META-02"}


def test_schedules_are_only_asked_of_whoever_declares_associations() -> None:
    statement = {"rest": [{"resource": [{"type": "Slot", "interaction": [{"code": "search-type"}]}]}]}
    declared = declared_interactions(statement)
    assert not any("Schedule" in problem.sentence for problem in missing_interactions(declared))
    assert any("Schedule" in problem.sentence for problem in missing_interactions(declared, sos=True))
