"""Copies of the guide's examples with one thing broken: refused, and for the right reason at the right place.

What can be read in the definitions is broken by chance, each rule once in every run; what slices, references, invariants
and the values themselves ask is written here.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from conformance.profiles import Definitions, Severity

from .breaking import Breaking, Guide
from .mutations import Mutation, example, mutated, plus, removed, renamed, to, twice, unlisted

SLOT = "Slot-ExampleSlotPSIndiv1"
SOS_SLOT = "Slot-ExampleSlotSOS1"
CPTS_SLOT = "Slot-ExampleSlotCPTS1"
SCHEDULE = "Schedule-ExampleSchedule1"
PRACTITIONER = "Practitioner-ExamplePractitioner2"
ROLE = "PractitionerRole-ExamplePractitionerRoleAgregateur4"
BUNDLE = "Bundle-ExampleBundlePSIndiv"
SOS_BUNDLE = "Bundle-ExampleBundleAgregateurSOS"
CPTS_BUNDLE = "Bundle-ExampleBundleCPTS"
REGULATOR = "Practitioner-ExamplePractitionerRegul2"
APPOINTMENT = "Appointment-1"
FR_0203 = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
TECHNICAL = "urn:oid:1.2.250.1.213.3.6"

OPERATOR = "extension[0].valueReference"
ACTOR = "participant[0].actor"
# The place of the Location: contained in its PractitionerRole.
PLACE = "contained[0]"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


# (example, path, mutation, rule that refuses it)
BROKEN: list[tuple[str, str, Mutation, str]] = [
    # Slot
    (SLOT, "meta.security[0].code", to("PRIVE"), "binding"),
    (SLOT, "meta.security[0].code", removed, "binding"),
    (SLOT, "meta.security[0].system", to("https://mos.esante.gouv.fr/NOS/TRE_R38"), "binding"),
    (SLOT, "meta.security[0].system", to("TypeCreneau"), "type.format"),
    (SLOT, "meta.security", to([]), "json.empty"),
    (SOS_SLOT, "meta.security[0].code", to("PRO"), "binding"),
    (SLOT, "serviceType[0].coding[0].code", to("CABINET"), "binding"),
    (SLOT, "serviceType[0].coding[0].code", removed, "binding"),
    (SLOT, "serviceType[0].coding", plus({"system": "http://example.org/autre", "code": "X"}), "pattern"),
    (SLOT, "serviceType[0].coding[0].code", to(" AMB"), "type.format"),
    (SLOT, "serviceType[2].text", to(""), "type.format"),
    (SLOT, "serviceType[2]", to({}), "json.empty"),
    (SLOT, "specialty[0].coding[0].code", to(54), "type.format"),
    (SOS_SLOT, "appointmentType.coding[0].code", to("CHECKUP"), "binding"),
    (SLOT, "schedule.reference", to("Practitioner/ExamplePractitioner2"), "reference.type"),
    (SLOT, "schedule.reference", to("ExampleSchedule1"), "reference.format"),
    (SLOT, "schedule.reference", to("#ExampleSchedule1"), "reference.aggregation"),
    (SLOT, "start", to("2021-11-05T09:00:00.000"), "type.format"),
    (SLOT, "start", to("2021-11-05"), "type.format"),
    (SLOT, "start", to("2021-02-30T09:00:00.000+01:00"), "type.format"),
    (SLOT, "start", to("2021-11-05 09:00:00.000+01:00"), "type.format"),
    (SLOT, "end", to("2021-11-05T24:00:00.000+01:00"), "type.format"),
    (SLOT, "end", to("2021-11-05T09:30+01:00"), "type.format"),
    (SLOT, "comment", renamed("url"), "element.unknown"),
    (CPTS_SLOT, "serviceType[1].extension", removed, "cardinality.min"),
    (CPTS_SLOT, "serviceType[1].extension[0].url", to("http://example.org/autre"), "slice.min"),
    (CPTS_SLOT, "serviceType[1].extension[0].valueReference.reference", to("Slot/1"), "reference.type"),
    (CPTS_SLOT, "serviceType[1].extension[0].valueReference", renamed("valueString"), "type.choice"),
    # Schedule
    (SCHEDULE, "actor", to([]), "json.empty"),
    (SCHEDULE, "actor[0].reference", to("Slot/ExampleSlotPSIndiv1"), "reference.type"),
    (SCHEDULE, "actor[0].reference", to("Practitioner ExamplePractitioner2"), "reference.format"),
    (SCHEDULE, "actor[0].reference", to("#ExamplePractitioner2"), "reference.aggregation"),
    (SCHEDULE, "serviceType", to([{"text": "Consultation"}]), "cardinality.max"),
    # Practitioner
    (PRACTITIONER, "identifier[0].type.coding[0].code", to("INTRN"), "pattern"),
    (PRACTITIONER, "identifier[0].type.coding[0].system", to("http://terminology.hl7.org/x"), "pattern"),
    (PRACTITIONER, "identifier[0].system", to("urn:oid:1.2.250.01.71"), "type.format"),
    (PRACTITIONER, "identifier[0].use", to("national"), "binding"),
    (PRACTITIONER, "telecom", to([{"system": "telephone", "value": "+33561855977"}]), "binding"),
    (PRACTITIONER, "telecom", to([{"system": "phone"}]), "cardinality.min"),
    (PRACTITIONER, "telecom", to([{"value": "+33561855977"}]), "invariant.cpt-2"),
    (PRACTITIONER, "resourceType", to("Patient"), "resource.type"),
    # PractitionerRole
    (ROLE, "contained", removed, "cardinality.min"),
    (ROLE, "contained[0].id", removed, "invariant.ref-1"),
    (ROLE, "contained", plus({"resourceType": "Location", "id": "autre"}), "invariant.dom-3"),
    (ROLE, "practitioner.reference", to("Organization/1"), "reference.type"),
    (ROLE, "practitioner.reference", to("#ExampleLocation3"), "reference.aggregation"),
    (ROLE, "organization.identifier.type.coding[0].code", removed, "pattern"),
    (ROLE, "location[0].reference", to("#ailleurs"), "invariant.ref-1"),
    (ROLE, "location[0].reference", to("Location/ExampleLocation3"), "reference.aggregation"),
    (ROLE, "location[0]", to({"display": "cabinet"}), "reference.aggregation"),
    (ROLE, "telecom[0].system", to("tel"), "binding"),
    (ROLE, "telecom[0].system", removed, "invariant.cpt-2"),
    (ROLE, "telecom[0].value", to(33658913859), "type.format"),
    (ROLE, "specialty", to([]), "json.empty"),
    (ROLE, "specialty", to(coded("https://mos.esante.gouv.fr/NOS/TRE_R38", "SM54")), "json.array"),
    # Location, contained in the PractitionerRole
    (ROLE, f"{PLACE}.identifier[0].system", to("editeur"), "type.format"),
    (ROLE, f"{PLACE}.address.codePostal", to("47000"), "element.unknown"),
    (ROLE, f"{PLACE}.meta.lastUpdated", to("2021-11-05T09:00:00Z"), "invariant.dom-4"),
    (ROLE, f"{PLACE}.meta.profile", removed, "reference.profile"),
    (ROLE, f"{PLACE}.resourceType", to("Organization"), "reference.type"),
    # Bundle
    (BUNDLE, "total", to(-1), "type.format"),
    (BUNDLE, "total", to("4"), "type.format"),
    (BUNDLE, "link[0].url", to("https://exemple.com/Slot?status=free &start"), "type.format"),
    (BUNDLE, "entry", to([]), "json.empty"),
    (BUNDLE, "entry[1].fullUrl", to("https://exemple.com/ans-sas/Slot/ExampleSlotPSIndiv1"), "invariant.bdl-7"),
    (BUNDLE, "entry[1].fullUrl", to("Schedule/ExampleSchedule1"), "type.format"),
    (BUNDLE, "entry[0].fullUrl", to("https://exemple.com/Slot/1/_history/2"), "invariant.bdl-8"),
    (BUNDLE, "entry[0].search", to({"mode": "found"}), "binding"),
    (BUNDLE, "entry[0].search", to("match"), "json.type"),
    (BUNDLE, "entry[0].request", to({"method": "GET", "url": "Slot"}), "invariant.bdl-3"),
    (BUNDLE, "entry[0].response", to({"status": "200"}), "invariant.bdl-4"),
    (BUNDLE, "entry[0].resource", removed, "invariant.bdl-5"),
    (BUNDLE, "entry[0].resource.resourceType", removed, "resource.type"),
    (BUNDLE, "entry[0].resource.resourceType", to("Creneau"), "resource.type"),
    (BUNDLE, "entry[0].resource.schedule.reference", to("PractitionerRole/x"), "reference.type"),
    (BUNDLE, "entry[1].resource.actor", removed, "reference.profile"),
    (BUNDLE, "meta.profile", unlisted, "json.array"),
    (CPTS_BUNDLE, "entry[0].fullUrl", removed, "cardinality.min"),
    (CPTS_BUNDLE, "entry[0]", removed, "slice.min"),
    (CPTS_BUNDLE, "entry[5].resource.identifier[0].value", to("3950047225"), "invariant.FINESS-invariant"),
    (SOS_BUNDLE, "entry[3].resource.identifier[0].value", to("1334173748"), "invariant.SIRET-invariant"),
    # PractitionerRegul: the eight rules
    (REGULATOR, "identifier", twice, "slice.max"),
    (REGULATOR, "identifier[0].system", to(TECHNICAL), "pattern"),
    (REGULATOR, "identifier[0].type.coding[0].code", to("INTRN"), "pattern"),
    (REGULATOR, "name[0].family", to(" \t"), "type.format"),
    (REGULATOR, "name[0].given", to([""]), "type.format"),
    (REGULATOR, "name[0].given", to([None]), "json.null"),
    (REGULATOR, "meta.source", to("https://exemple.com"), "pattern"),
    (REGULATOR, "meta.source", to(""), "type.format"),
    # Appointment: the thirteen elements, then `created` and what FHIR adds
    (APPOINTMENT, "identifier[0].system", to("urn:uuid:xyz"), "type.format"),
    (APPOINTMENT, "extension", removed, "slice.min"),
    (APPOINTMENT, "extension", twice, "slice.max"),
    (APPOINTMENT, "extension[0].url", to("http://example.org/operateur"), "slice.min"),
    (APPOINTMENT, "extension[0].url", removed, "cardinality.min"),
    (APPOINTMENT, OPERATOR, removed, "invariant.ext-1"),
    (APPOINTMENT, OPERATOR, renamed("valueString"), "type.choice"),
    (APPOINTMENT, "extension[0].extension", to([{"url": "u:x", "valueCode": "x"}]), "cardinality.max"),
    (APPOINTMENT, f"{OPERATOR}.identifier", removed, "cardinality.min"),
    (APPOINTMENT, f"{OPERATOR}.identifier.value", removed, "cardinality.min"),
    (APPOINTMENT, f"{OPERATOR}.identifier.system", removed, "cardinality.min"),
    (APPOINTMENT, f"{OPERATOR}.identifier.type", removed, "cardinality.min"),
    (APPOINTMENT, f"{OPERATOR}.identifier.type.coding", twice, "cardinality.max"),
    (APPOINTMENT, f"{OPERATOR}.identifier.type.coding[0].code", removed, "cardinality.min"),
    (APPOINTMENT, f"{OPERATOR}.identifier.type.coding[0].system", to("http://example.org/cs"), "pattern"),
    (APPOINTMENT, f"{OPERATOR}.reference", to("Slot/1"), "reference.type"),
    (APPOINTMENT, "start", to("2022-09-04T14:00:00"), "type.format"),
    (APPOINTMENT, "end", to("04/09/2022 14:15"), "type.format"),
    (APPOINTMENT, ACTOR, removed, "invariant.app-1"),
    (APPOINTMENT, f"{ACTOR}.identifier.type.coding[0].code", to("INTRN"), "pattern"),
    (APPOINTMENT, f"{ACTOR}.identifier.type.coding[0].system", removed, "pattern"),
    (APPOINTMENT, f"{ACTOR}.reference", to("Organization/1"), "reference.type"),
    (APPOINTMENT, "participant[0].required", to("oui"), "binding"),
    (APPOINTMENT, "created", to("04/09/2022"), "type.format"),
    (APPOINTMENT, "created", to("2022-09-04T14:00:00"), "type.format"),
    (APPOINTMENT, "cancelationReason", to({"text": "empêchement"}), "invariant.app-4"),
    (APPOINTMENT, "requestedPeriod", to([{"start": "2022-09-05", "end": "2022-09-04"}]), "invariant.per-1"),
    (APPOINTMENT, "minutesDuration", to(0), "type.format"),
    (APPOINTMENT, "patient", to({"reference": "Patient/1"}), "element.unknown"),
    (
        APPOINTMENT,
        "modifierExtension",
        to([{"url": "http://example.org/m", "valueBoolean": True}]),
        "extension.modifier",
    ),
]


def _is_near(where: str, source: str, path: str) -> bool:
    """Whether a finding's path is the changed place, something in it or beside it, or what holds it."""
    changed = f"{source.partition('-')[0]}.{path}"
    return changed.startswith(where) or where.startswith(changed.rpartition(".")[0])


def _named(definitions: Definitions, resource: Any, rule: str) -> list[str]:
    """Where that rule is told to be broken."""
    findings = definitions.check(resource)
    return [one.path for one in findings if one.severity is Severity.ERROR and one.rule == rule]


@pytest.mark.parametrize("source", sorted({source for source, *_ in BROKEN}))
def test_a_broken_copy_is_refused_by_the_rule_that_it_breaks(
    source: str, folder: Path, definitions: Definitions
) -> None:
    accepted = []
    for path, mutation, rule in (case for of, *case in BROKEN if of == source):
        named = _named(definitions, mutated(example(folder, source), path, mutation), rule)
        # A rule that ties two places together may be told at the other one; a wrong type renames the root itself.
        tied = rule.startswith(("invariant.", "reference.")) or path == "resourceType"
        if not named or not (tied or any(_is_near(where, source, path) for where in named)):
            accepted.append((path, rule, named))
    assert accepted == []


# The form of the JSON does not depend on the profile: each way once for each name of element.
FORM = ("json.", "type.format", "element.unknown")


def test_each_rule_that_is_read_in_the_definitions_refuses_what_breaks_it(
    folder: Path, definitions: Definitions
) -> None:
    guide = Guide(folder)
    ways: dict[tuple[str, str], list[Breaking]] = defaultdict(list)
    for path in sorted((folder / "example").glob("*.json")):
        for breaking in guide.breakings(path.stem, example(folder, path.stem)):
            name = breaking.element.rpartition(".")[2] if breaking.rule.startswith(FORM) else breaking.element
            ways[name, breaking.how].append(breaking)
    tried = [random.choice(places) for places in ways.values()]
    accepted = [
        str(one)
        for one in tried
        if one.where not in _named(definitions, one.broken_copy(example(folder, one.source)), one.rule)
    ]
    assert accepted == []
    assert {one.rule for one in tried} == {
        "binding", "cardinality.max", "cardinality.min", "element.unknown", "fixed", "json.array", "json.empty", "json.null",
        "json.type", "max-length", "pattern", "reference.type", "type.format",
    }  # fmt: skip
    assert {one.element.partition(".")[0] for one in tried} >= {
        profile["name"] for profile in guide.profiles.values() if profile["type"] != "Extension"
    } - {"FrAppointmentSASSOS"}  # of which the guide has no example
