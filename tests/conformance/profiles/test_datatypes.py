"""The syntax of R4 primitives, and what the table of complex types holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from conformance.profiles.datatypes import DATATYPES, PRIMITIVES, children_of, primitive_problem

GOOD: list[tuple[str, Any]] = [
    ("boolean", False),
    ("canonical", "http://sas.fr/fhir/StructureDefinition/FrSlotAgregateur|1.1.0"),
    ("code", "needs-action"),
    ("code", "deux mots"),
    ("date", "2024"),
    ("date", "2024-02-29"),
    ("dateTime", "2024-02"),
    ("dateTime", "2024-02-29T12:00:00+01:00"),
    ("decimal", 0.5),
    ("decimal", Decimal("44.20")),
    ("id", "0f3a-20261125T1300Z-15"),
    ("instant", "2024-03-31T02:30:00.000+02:00"),
    ("instant", "2024-03-31T02:30:00Z"),
    ("integer", -3),
    ("markdown", "# Titre\n"),
    ("oid", "urn:oid:1.2.250.1.71.4.2.1"),
    ("positiveInt", 1),
    ("string", "L’été à Agen\n"),
    ("time", "08:00:00"),
    ("unsignedInt", 0),
    ("uri", "urn:oid:1.2.250.1.213.3.6"),
    ("uri", "relative/uri"),
    ("url", "https://exemple.com/rdv?a=b&c=d|e"),
    ("uuid", "urn:uuid:7f6f1a52-5c1f-4d4e-9c6d-2b8d2f0c9a11"),
    ("xhtml", '<div xmlns="http://www.w3.org/1999/xhtml">Texte</div>'),
]
BAD: list[tuple[str, Any]] = [
    ("boolean", "true"),
    ("boolean", 0),
    ("canonical", "deux mots"),
    ("code", "deux  blancs"),
    ("code", "fin "),
    ("code", ""),
    ("code", "AMB\n"),
    ("date", "2023-02-29"),
    ("date", "2024-2-9"),
    ("date", "2024-13"),
    ("date", "2024-01-01T00:00:00Z"),
    ("dateTime", "2024-02-29T12:00"),
    ("dateTime", "2024-02-29T12:00:00"),
    ("dateTime", "0000-01-01"),
    ("decimal", "0.5"),
    ("decimal", True),
    ("id", "avec espace"),
    ("id", "a" * 65),
    ("id", "souligné_"),
    ("instant", "2024-03-31T02:30:00"),
    ("instant", "2024-03-31"),
    ("instant", "2024-03-31T02:30:00+02"),
    ("instant", "2024-03-31T02:30:00+15:00"),
    ("instant", "2024-04-31T02:30:00Z"),
    ("instant", "2024-03-31T02:30:00Z\n"),
    ("instant", 1711845000),
    ("integer", 2**31),
    ("integer", 1.0),
    ("oid", "1.2.250"),
    ("positiveInt", 0),
    ("positiveInt", True),
    ("positiveInt", "1"),
    ("string", ""),
    ("string", "\u00a0 "),
    ("string", "a\x00b"),
    ("string", 12),
    ("string", ["a"]),
    ("time", "8:00"),
    ("unsignedInt", -1),
    ("uri", "avec espace"),
    ("uri", "urn:oid:1.02.3"),
    ("uri", "urn:uuid:123"),
    ("xhtml", "Texte"),
]


def test_a_well_formed_primitive_has_no_problem() -> None:
    assert [(code, value) for code, value in GOOD if primitive_problem(code, value)] == []


def test_a_malformed_primitive_is_told_what_it_should_be() -> None:
    assert [(code, value) for code, value in BAD if not primitive_problem(code, value)] == []


def test_every_type_that_the_table_uses_is_a_primitive_or_in_the_table() -> None:
    beyond = {"SampledData", "Timing", "ContactDetail", "Contributor", "DataRequirement", "Expression", "Dosage"}
    beyond |= {"ParameterDefinition", "RelatedArtifact", "TriggerDefinition", "UsageContext"}
    for name in DATATYPES:
        for child in (children_of(name) or {}).values():
            assert {entry.code for entry in child.types} <= PRIMITIVES | DATATYPES | beyond, (name, child.name)


def test_a_type_beyond_the_table_is_unknown_rather_than_empty() -> None:
    assert children_of("Timing") is None
