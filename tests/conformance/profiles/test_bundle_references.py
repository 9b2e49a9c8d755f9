"""References inside a Bundle and into contained resources; profiles given to entries by the Bundle itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.profiles import Definitions, DefinitionsError, Severity

from .mutations import example
from .small_guide import errors

BUNDLE = "Bundle-ExampleBundlePSIndiv"
CPTS_BUNDLE = "Bundle-ExampleBundleCPTS"
SLOT_PROFILE = "http://sas.fr/fhir/StructureDefinition/FrSlotAgregateur"


def test_an_entry_that_declares_no_profile_is_still_held_to_the_one_of_its_slice(
    folder: Path, definitions: Definitions
) -> None:
    bundle = example(folder, BUNDLE)
    slot = bundle["entry"][0]["resource"]
    del slot["meta"]["profile"]
    slot["status"] = "busy"
    assert ("fixed", "Bundle.entry[0].resource.status") in errors(definitions.check(bundle))


def test_an_entry_is_held_to_both_the_profile_it_declares_and_the_one_of_its_slice(
    folder: Path, definitions: Definitions
) -> None:
    bundle = example(folder, BUNDLE)
    security = bundle["entry"][0]["resource"]["meta"]["security"]
    security[0]["code"] = "CPTS"
    assert errors(definitions.check(bundle)) == []
    bundle["entry"][0]["resource"]["meta"]["profile"] = [
        "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-slot-aggregator"
    ]
    found = definitions.check(bundle)
    assert {finding.profile for finding in found if finding.rule == "binding"} == {
        "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-slot-aggregator"
    }


def test_a_reference_is_resolved_by_full_url_so_that_its_real_target_counts(
    folder: Path, definitions: Definitions
) -> None:
    bundle = example(folder, BUNDLE)
    bundle["entry"][0]["resource"]["schedule"]["reference"] = "urn:uuid:7f6f1a52-5c1f-4d4e-9c6d-2b8d2f0c9a11"
    bundle["entry"][2]["fullUrl"] = "urn:uuid:7f6f1a52-5c1f-4d4e-9c6d-2b8d2f0c9a11"
    assert ("reference.type", "Bundle.entry[0].resource.schedule") in errors(definitions.check(bundle))


def test_a_broken_target_is_told_at_the_reference_and_at_its_own_place(folder: Path, definitions: Definitions) -> None:
    bundle = example(folder, BUNDLE)
    del bundle["entry"][1]["resource"]["actor"]
    assert set(errors(definitions.check(bundle))) == {
        ("reference.profile", "Bundle.entry[0].resource.schedule"),
        ("cardinality.min", "Bundle.entry[1].resource.actor"),
    }


def test_a_target_outside_the_bundle_is_said_not_checked(folder: Path, definitions: Definitions) -> None:
    bundle = example(folder, BUNDLE)
    del bundle["entry"][1]
    findings = definitions.check(bundle)
    assert errors(findings) == []
    unresolved = [finding.path for finding in findings if finding.rule == "reference.unresolved"]
    assert unresolved == ["Bundle.entry[0].resource.schedule"]


def test_an_entry_that_meets_no_profile_of_its_type_is_pointed_out(folder: Path, definitions: Definitions) -> None:
    bundle = example(folder, CPTS_BUNDLE)
    stray = {"resourceType": "Organization", "id": "autre", "name": "Sans identifiant"}
    bundle["entry"].append({"fullUrl": "https://exemple.com/Organization/autre", "resource": stray})
    findings = definitions.check(bundle)
    assert errors(findings) == []
    warnings = [(finding.rule, finding.path) for finding in findings if finding.severity is Severity.WARNING]
    assert warnings == [("slice.unmatched", "Bundle.entry[6]")]


def test_references_in_a_circle_end(folder: Path, definitions: Definitions) -> None:
    role = example(folder, "PractitionerRole-ExamplePractitionerRoleAgregateur4")
    role["contained"][0]["partOf"] = {"reference": "#ExampleLocation3"}
    assert errors(definitions.check(role)) == []


def test_a_resource_of_no_known_profile_is_checked_against_its_base(folder: Path, definitions: Definitions) -> None:
    slot = example(folder, "Slot-ExampleSlotPSIndiv1")
    slot["meta"]["profile"] = ["https://example.org/inconnu"]
    slot["status"] = "busy"
    findings = definitions.check(slot)
    assert [finding.rule for finding in findings] == ["profile.unknown"]
    slot["status"], slot["creneau"] = "nonsense", 1
    assert set(errors(definitions.check(slot))) == {("binding", "Slot.status"), ("element.unknown", "Slot.creneau")}


def test_a_type_that_no_profile_is_about_is_checked_for_its_form_only(definitions: Definitions) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
    assert [finding.rule for finding in definitions.check(outcome)] == ["resource.unknown"]
    outcome["issue"] = []
    assert errors(definitions.check(outcome)) == [("json.empty", "OperationOutcome.issue")]


def test_a_given_profile_takes_the_place_of_the_declared_one(folder: Path, definitions: Definitions) -> None:
    slot = example(folder, "Slot-ExampleSlotCPTS1")
    assert errors(definitions.check(slot, SLOT_PROFILE)) == []
    practitioner = example(folder, "Practitioner-ExamplePractitioner2")
    assert errors(definitions.check(practitioner, SLOT_PROFILE)) == [("resource.type", "Practitioner")]


def test_a_given_profile_that_is_not_at_hand_is_the_callers_mistake(definitions: Definitions) -> None:
    with pytest.raises(DefinitionsError, match="Profil absent"):
        definitions.check({"resourceType": "Slot"}, "https://example.org/inconnu")


@pytest.mark.parametrize("resource", [None, [], "Slot", 3, {}, {"resourceType": 3}, {"resourceType": "Creneau"}])
def test_what_is_no_resource_is_refused(resource: object, definitions: Definitions) -> None:
    assert errors(definitions.check(resource))
