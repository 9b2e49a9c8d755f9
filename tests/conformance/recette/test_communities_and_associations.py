"""Group 4 on a correct editor and on faulty ones; skipped until the environment declares it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.recette.groups.cpts import CPTS
from conformance.recette.groups.sos import SOS
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from tests.conformance.recette.conftest import explained, named, result_of
from tests.conformance.recette.editor import SIRET, Editor
from tests.conformance.recette.editor_data import Resource
from tests.conformance.recette.test_slot_faults import Spoil, drop, each, each_entry, first, of, put

RunOn = Callable[..., Report]
DECLARED: dict[str, Any] = {
    "cpts__practitioners": ["810002909371"],
    "cpts__structures": ["1950047225"],
    "sos__associations": [SIRET],
}


def _only_communities(bundle: Resource) -> None:
    """A slot for communities alone, which a plain search shows all the same."""
    for slot in of(bundle, "Slot"):
        entries = slot["meta"]["security"]
        if any(entry["code"] == "CPTS" for entry in entries):
            slot["meta"]["security"] = [entry for entry in entries if entry["code"] == "CPTS"]


def _without_604(slot: Resource) -> None:
    slot["serviceType"] = [item for item in slot["serviceType"] if "extension" not in item]


def _without_extension(slot: Resource) -> None:
    for item in slot["serviceType"]:
        item.pop("extension", None)


def _nobodys(slot: Resource) -> None:
    slot["meta"]["security"] = slot["meta"]["security"][:2]


def _shows_communities_always(bundle: Resource) -> None:
    for slot in of(bundle, "Slot"):
        if len(slot["meta"]["security"]) == 2:
            slot["meta"]["security"].append(dict(slot["meta"]["security"][0], code="CPTS"))


COMMUNITY_FAULTS: dict[str, tuple[Spoil, set[str], set[str]]] = {
    "no slot says CPTS": (each("Slot", _nobodys), {"CPTS-05", "CPTS-06"}, set()),
    "no community is named": (each("Slot", _without_604), {"CPTS-06"}, set()),
    "no extension": (each("Slot", _without_extension), {"CPTS-06"}, set()),
    "a service of nobody": (each("HealthcareService", drop("providedBy")), {"CPTS-07"}, set()),
    "a community without name": (each("Organization", drop("name")), {"CPTS-08"}, set()),
    "a community without phone": (each("Organization", drop("telecom")), {"CPTS-08"}, set()),
    "a FINESS without prefix": (each("Organization", put("identifier", 0, "value", value="950047225")), {"CPTS-08"}, set()),
    "the profiles of plain slots": (each("Organization", drop("meta")), {"CPTS-03"}, set()),
    "a busy slot": (first("Slot", put("status", value="busy")), {"CPTS-09"}, set()),
    "a plain search shows communities": (_shows_communities_always, {"CPTS-10"}, set()),
    "a plain search shows slots of communities alone": (_only_communities, {"CPTS-10"}, set()),
}  # fmt: skip

ASSOCIATION_FAULTS: dict[str, tuple[Spoil, set[str], set[str]]] = {
    "a wrong total": (lambda bundle: bundle.update(total=99), {"SOS-05"}, {"SOS-12"}),
    "no search.mode": (each_entry(drop("search")), {"SOS-05"}, set()),
    "slots that match": (each_entry(put("search", "mode", value="match")), {"SOS-05"}, set()),
    "a Schedule of nowhere": (each("Schedule", drop("actor")), {"SOS-06"}, set()),
    "a place of nobody": (each("Location", drop("managingOrganization")), {"SOS-06"}, set()),
    "a place without hours": (each("Location", drop("hoursOfOperation")), {"SOS-07"}, set()),
    "a place without phone": (each("Location", drop("telecom")), {"SOS-07"}, set()),
    "another association": (
        each("Organization", put("identifier", 0, "value", value="399999999900099")), {"SOS-08"}, set(),
    ),
    "a SIRET without prefix": (each("Organization", put("identifier", 0, "value", value=SIRET[1:])), {"SOS-08"}, set()),
    "slots for professionals": (first("Slot", put("meta", "security", 0, "code", value="PRO")), {"SOS-09"}, set()),
    "no page": (first("Slot", drop("comment")), {"SOS-11"}, set()),
    "plain profiles": (each("Schedule", drop("meta")), {"SOS-03"}, set()),
}  # fmt: skip


def test_both_are_skipped_until_they_are_declared(editor: Editor, run_on: RunOn) -> None:
    report = run_on(CPTS, SOS)
    assert {result.verdict for result in report.results()} == {Verdict.SKIPPED}
    assert "[cpts]" in result_of(report, "CPTS-01").reason
    assert "[sos]" in result_of(report, "SOS-01").reason
    assert editor.requests == []


def test_a_correct_editor_passes_both(run_on: RunOn) -> None:
    report = run_on(CPTS, SOS, **DECLARED)
    assert named(report, Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED) == set(), explained(report)


@pytest.mark.parametrize("name", COMMUNITY_FAULTS)
def test_a_fault_of_communities_is_reported_by_its_check(editor: Editor, run_on: RunOn, name: str) -> None:
    editor.spoil, wanted, related = COMMUNITY_FAULTS[name]
    report = run_on(CPTS, **DECLARED)
    assert wanted <= named(report, Verdict.FAILED, Verdict.WARNING) <= wanted | related | {"CPTS-04"}, explained(report)


@pytest.mark.parametrize("name", ASSOCIATION_FAULTS)
def test_a_fault_of_associations_is_reported_by_its_check(editor: Editor, run_on: RunOn, name: str) -> None:
    editor.spoil, wanted, related = ASSOCIATION_FAULTS[name]
    report = run_on(SOS, **DECLARED)
    assert wanted <= named(report, Verdict.FAILED, Verdict.WARNING) <= wanted | related | {"SOS-04"}, explained(report)
