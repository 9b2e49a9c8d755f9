"""Reading a folder of definitions, and the corners of the walk that the guide's profiles don't reach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.profiles import Definitions, DefinitionsError

from .mutations import example
from .small_guide import PROFILE, URL, by, definitions, element, errors, profile


def written(folder: Path, *resources: dict[str, Any]) -> Path:
    for index, resource in enumerate(resources):
        (folder / f"{index}.json").write_text(json.dumps(resource), encoding="utf-8")
    return folder


def test_the_package_subfolder_of_an_unpacked_archive_is_found(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    written(package, profile(element("Basic.code", "code", high="1")))
    assert Definitions.load(tmp_path).profile_urls == (PROFILE,)


def test_a_folder_without_profiles_or_with_an_unreadable_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionsError, match="Aucun profil"):
        Definitions.load(tmp_path)
    written(tmp_path, {"resourceType": "StructureDefinition", "url": PROFILE})
    with pytest.raises(DefinitionsError, match=r"Définition illisible.*0\.json"):
        Definitions.load(tmp_path)


def test_a_value_set_defined_by_a_filter_is_not_known(tmp_path: Path) -> None:
    by_filter = {"system": "urn:oid:1", "filter": [{"property": "concept", "op": "is-a", "value": "x"}]}
    listed = {"system": "urn:oid:1", "concept": [{"code": "a"}]}
    written(
        tmp_path,
        profile(element("Basic.code", "code", high="1")),
        {"resourceType": "ValueSet", "url": f"{URL}filtre", "compose": {"include": [by_filter]}},
        {"resourceType": "ValueSet", "url": f"{URL}liste", "compose": {"include": [listed]}},
    )
    guide = Definitions.load(tmp_path)
    assert guide.value_set(f"{URL}filtre") is None
    known = guide.value_set(f"{URL}liste|1.0")
    assert known is not None
    assert known.has_coding({"system": "urn:oid:1", "code": "a"})


def test_the_two_bases_of_the_sas_name_the_same_profile(definitions: Definitions) -> None:
    for name in ("FrSlotAgregateur", "FrPractitionerRegul", "sas-cpts-slot-aggregator"):
        both = {
            definitions.canonical(f"http://sas.fr/fhir/StructureDefinition/{name}"),
            definitions.canonical(f"https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/{name}|1.1.0"),
        }
        assert len(both) == 1
        assert both <= set(definitions.profile_urls)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://hl7.org/fhir/StructureDefinition/Device", "Device"),
        ("http://interopsante.org/fhir/StructureDefinition/FrPractitionerRoleExercice", "PractitionerRole"),
        ("http://interopsante.org/fhir/StructureDefinition/FrPatient", "Patient"),
        ("http://sas.fr/fhir/StructureDefinition/FrLocationAgregateur", "Location"),
        ("http://example.org/StructureDefinition/inconnu", ""),
    ],
)
def test_the_type_of_a_profile_is_known_even_when_it_is_not_at_hand(
    url: str, kind: str, definitions: Definitions
) -> None:
    assert definitions.type_of(url) == kind


def test_an_element_that_repeats_the_structure_of_another_is_checked_like_it(
    folder: Path, definitions: Definitions
) -> None:
    bundle = example(folder, "Bundle-ExampleBundlePSIndiv")
    bundle["entry"][0]["link"] = [{"relation": "alternate"}]
    assert errors(definitions.check(bundle)) == [("cardinality.min", "Bundle.entry[0].link[0].url")]


def test_a_fixed_object_is_met_only_whole() -> None:
    fixed = {"coding": [{"system": "urn:oid:1.1", "code": "a"}]}
    guide = definitions(profile(element("Basic.code", "CodeableConcept", high="1", fixedCodeableConcept=fixed)))

    def rules(code: dict[str, Any]) -> list[str]:
        return [rule for rule, _ in errors(guide.check({"resourceType": "Basic", "code": code}, PROFILE))]

    assert rules(fixed) == []
    assert rules({**fixed, "text": "x"}) == ["fixed"]
    assert rules({"coding": [*fixed["coding"], {"code": "b"}]}) == ["fixed"]


def test_a_type_beyond_the_table_is_said_not_checked() -> None:
    guide = definitions(profile(element("Basic.timing", "Timing", high="1")))
    findings = guide.check({"resourceType": "Basic", "timing": {"event": ["2024"]}}, PROFILE)
    assert [finding.rule for finding in findings] == ["type.unknown"]


def test_an_entry_of_another_type_than_the_element_takes_is_refused() -> None:
    row = element("Bundle.entry", "BackboneElement")
    held = element("Bundle.entry.resource", high="1", type=[{"code": "Slot"}])
    guide = definitions(profile(row, held, type_="Bundle"))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Location"}}, {"resource": "Slot/1"}]}
    assert errors(guide.check(bundle, PROFILE)) == [
        ("resource.type", "Bundle.entry[0].resource"),
        ("json.type", "Bundle.entry[1].resource"),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"type": "Creneau", "display": "x"}, [("reference.type", "Basic.subject.type")]),
        ({"type": "Patient", "reference": "Slot/1"}, [("reference.type", "Basic.subject.type")]),
        ({"reference": "Slot/1"}, [("reference.aggregation", "Basic.subject")]),
    ],
)
def test_what_a_reference_tells_of_itself_must_hold(reference: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    aggregation = ["bundled"] if "type" not in reference else []
    kind = [{"code": "Reference", "aggregation": aggregation}]
    guide = definitions(profile(element("Basic.subject", high="1", type=kind)))
    assert errors(guide.check({"resourceType": "Basic", "subject": reference}, PROFILE)) == expected


def test_the_twin_of_a_primitive_is_an_object() -> None:
    guide = definitions(profile(element("Basic.code", "code", high="1")))
    resource = {"resourceType": "Basic", "code": "a", "_code": "b"}
    assert errors(guide.check(resource, PROFILE)) == [("json.type", "Basic.code")]


def test_slices_without_a_slicing_refuse_nothing_of_their_own() -> None:
    rows = [
        element("Basic.identifier", "Identifier"),
        element("Basic.identifier:un", "Identifier", low=1, high="1", base="*"),
    ]
    guide = definitions(profile(*rows))
    assert errors(guide.check({"resourceType": "Basic", "identifier": [{"value": "x"}]}, PROFILE)) == []


def test_an_extension_is_checked_by_its_own_definition_when_it_is_at_hand() -> None:
    extension = profile(
        element("Extension.url", "uri", 1, "1", fixedUri=f"{URL}un"),
        element("Extension.value[x]", "code|boolean", 1, "1"),
        type_="Extension",
        url=f"{URL}un",
    )
    guide = definitions(profile(element("Basic.extension", "Extension", **by(("value", "url")))), extension)

    def found(held: dict[str, Any]) -> list[tuple[str, str]]:
        return errors(guide.check({"resourceType": "Basic", "extension": [held]}, PROFILE))

    assert found({"url": f"{URL}un", "valueBoolean": False}) == []
    assert ("type.choice", "Basic.extension[0].valueString") in found({"url": f"{URL}un", "valueString": "x"})
    assert ("cardinality.max", "Basic.extension[0].value") in found(
        {"url": f"{URL}un", "valueBoolean": False, "valueCode": "x"}
    )
