"""Each element of the tables of the specification, removed or falsified: refused, and for the right reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.profiles import Definitions, Severity

from .mutations import Mutation, example, listed, mutated, plus, removed, renamed, to, twice, unlisted

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
    (SLOT, "meta.security", unlisted, "json.array"),
    (SLOT, "meta.security", to([]), "json.empty"),
    (SOS_SLOT, "meta.security[0].code", to("PRO"), "binding"),
    (SLOT, "serviceType[0].coding[0].code", to("CABINET"), "binding"),
    (SLOT, "serviceType[0].coding[0].code", removed, "binding"),
    (SLOT, "serviceType[0].coding", plus({"system": "http://example.org/autre", "code": "X"}), "pattern"),
    (SLOT, "serviceType[0].coding[0].code", to(" AMB"), "type.format"),
    (SLOT, "serviceType", unlisted, "json.array"),
    (SLOT, "serviceType[2].text", to(""), "type.format"),
    (SLOT, "serviceType[2]", to({}), "json.empty"),
    (SLOT, "specialty", to("SM54"), "json.array"),
    (SLOT, "specialty[0].coding[0].code", to(54), "type.format"),
    (SLOT, "specialty[0]", to("SM54"), "json.type"),
    (SLOT, "appointmentType", listed, "json.array"),
    (SLOT, "appointmentType", to(None), "json.null"),
    (SOS_SLOT, "appointmentType.coding[0].code", to("CHECKUP"), "binding"),
    (SLOT, "schedule", removed, "cardinality.min"),
    (SLOT, "schedule.reference", to("Practitioner/ExamplePractitioner2"), "reference.type"),
    (SLOT, "schedule.reference", to("ExampleSchedule1"), "reference.format"),
    (SLOT, "schedule.reference", to("#ExampleSchedule1"), "reference.aggregation"),
    (SLOT, "schedule", to({"type": "Location", "display": "agenda"}), "reference.type"),
    (SLOT, "status", removed, "cardinality.min"),
    (SLOT, "status", to("busy"), "fixed"),
    (SLOT, "status", to("libre"), "binding"),
    (CPTS_SLOT, "status", to("busy"), "pattern"),
    (SLOT, "start", removed, "cardinality.min"),
    (SLOT, "start", to("2021-11-05T09:00:00.000"), "type.format"),
    (SLOT, "start", to("2021-11-05"), "type.format"),
    (SLOT, "start", to("2021-02-30T09:00:00.000+01:00"), "type.format"),
    (SLOT, "start", to("2021-11-05 09:00:00.000+01:00"), "type.format"),
    (SLOT, "start", to(1636102800), "type.format"),
    (SLOT, "end", removed, "cardinality.min"),
    (SLOT, "end", to("2021-11-05T24:00:00.000+01:00"), "type.format"),
    (SLOT, "end", to("2021-11-05T09:30+01:00"), "type.format"),
    (SLOT, "comment", to(["https://exemple.com/rdv/com/"]), "json.array"),
    (SLOT, "comment", to("   "), "type.format"),
    (SLOT, "comment", renamed("url"), "element.unknown"),
    (CPTS_SLOT, "serviceType[1].extension", removed, "cardinality.min"),
    (CPTS_SLOT, "serviceType[1].extension[0].url", to("http://example.org/autre"), "slice.min"),
    (CPTS_SLOT, "serviceType[1].extension[0].valueReference.reference", to("Slot/1"), "reference.type"),
    (CPTS_SLOT, "serviceType[1].extension[0].valueReference", renamed("valueString"), "type.choice"),
    # Schedule
    (SCHEDULE, "actor", removed, "cardinality.min"),
    (SCHEDULE, "actor", to([]), "json.empty"),
    (SCHEDULE, "actor[0]", to({}), "json.empty"),
    (SCHEDULE, "actor[0].reference", to("Slot/ExampleSlotPSIndiv1"), "reference.type"),
    (SCHEDULE, "actor[0].reference", to("Practitioner ExamplePractitioner2"), "reference.format"),
    (SCHEDULE, "actor[0].reference", to("#ExamplePractitioner2"), "reference.aggregation"),
    (SCHEDULE, "serviceType", to([{"text": "Consultation"}]), "cardinality.max"),
    # Practitioner
    (PRACTITIONER, "identifier", removed, "cardinality.min"),
    (PRACTITIONER, "identifier[0].type", removed, "cardinality.min"),
    (PRACTITIONER, "identifier[0].type.coding[0].code", to("INTRN"), "pattern"),
    (PRACTITIONER, "identifier[0].type.coding[0].system", to("http://terminology.hl7.org/x"), "pattern"),
    (PRACTITIONER, "identifier[0].type.coding", twice, "cardinality.max"),
    (PRACTITIONER, "identifier[0].system", removed, "cardinality.min"),
    (PRACTITIONER, "identifier[0].system", to("urn:oid:1.2.250.1.71.4.2.2"), "pattern"),
    (PRACTITIONER, "identifier[0].system", to("urn:oid:1.2.250.01.71"), "type.format"),
    (PRACTITIONER, "identifier[0].value", removed, "cardinality.min"),
    (PRACTITIONER, "identifier[0].value", to(810100050075), "type.format"),
    (PRACTITIONER, "identifier[0].value", to(" "), "type.format"),
    (PRACTITIONER, "identifier[0].use", to("national"), "binding"),
    (PRACTITIONER, "name", unlisted, "json.array"),
    (PRACTITIONER, "name[0].family", listed, "json.array"),
    (PRACTITIONER, "name[0].family", to(""), "type.format"),
    (PRACTITIONER, "name[0].given", unlisted, "json.array"),
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
    (ROLE, "practitioner", listed, "json.array"),
    (ROLE, "organization.identifier.type", to(coded(FR_0203, "IDNPS")), "pattern"),
    (ROLE, "organization.identifier.type.coding[0].code", removed, "pattern"),
    (ROLE, "organization.identifier.system", to(NATIONAL), "pattern"),
    (ROLE, "organization.identifier.value", to(1810004421), "type.format"),
    (ROLE, "organization.identifier", listed, "json.array"),
    (ROLE, "location", removed, "cardinality.min"),
    (ROLE, "location", twice, "cardinality.max"),
    (ROLE, "location[0].reference", to("#ailleurs"), "invariant.ref-1"),
    (ROLE, "location[0].reference", to("Location/ExampleLocation3"), "reference.aggregation"),
    (ROLE, "location[0]", to({"display": "cabinet"}), "reference.aggregation"),
    (ROLE, "telecom[0].system", to("tel"), "binding"),
    (ROLE, "telecom[0].system", removed, "invariant.cpt-2"),
    (ROLE, "telecom[0].value", to(33658913859), "type.format"),
    (ROLE, "telecom", unlisted, "json.array"),
    (ROLE, "specialty", to([]), "json.empty"),
    (ROLE, "specialty", to(coded("https://mos.esante.gouv.fr/NOS/TRE_R38", "SM54")), "json.array"),
    # Location, contained in the PractitionerRole
    (ROLE, f"{PLACE}.identifier", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.identifier[0].type", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.identifier[0].system", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.identifier[0].system", to("editeur"), "type.format"),
    (ROLE, f"{PLACE}.identifier[0].value", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.address", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.address", listed, "json.array"),
    (ROLE, f"{PLACE}.address.line", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.address.line", twice, "cardinality.max"),
    (ROLE, f"{PLACE}.address.line", unlisted, "json.array"),
    (ROLE, f"{PLACE}.address.city", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.address.city", to(""), "type.format"),
    (ROLE, f"{PLACE}.address.postalCode", removed, "cardinality.min"),
    (ROLE, f"{PLACE}.address.postalCode", to(47000), "type.format"),
    (ROLE, f"{PLACE}.address.codePostal", to("47000"), "element.unknown"),
    (ROLE, f"{PLACE}.meta.lastUpdated", to("2021-11-05T09:00:00Z"), "invariant.dom-4"),
    (ROLE, f"{PLACE}.meta.profile", removed, "reference.profile"),
    (ROLE, f"{PLACE}.resourceType", to("Organization"), "reference.type"),
    # Bundle
    (BUNDLE, "type", removed, "cardinality.min"),
    (BUNDLE, "type", to("collection"), "pattern"),
    (BUNDLE, "type", to("recherche"), "binding"),
    (BUNDLE, "total", to(-1), "type.format"),
    (BUNDLE, "total", to("4"), "type.format"),
    (BUNDLE, "total", to(True), "type.format"),
    (BUNDLE, "link", unlisted, "json.array"),
    (BUNDLE, "link[0].relation", removed, "cardinality.min"),
    (BUNDLE, "link[0].url", removed, "cardinality.min"),
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
    (BUNDLE, "entry[0].resource.status", to("busy"), "fixed"),
    (BUNDLE, "entry[0].resource.schedule.reference", to("PractitionerRole/x"), "reference.type"),
    (BUNDLE, "entry[1].resource.actor", removed, "reference.profile"),
    (BUNDLE, "entry[3].resource.contained[0].address.city", removed, "cardinality.min"),
    (BUNDLE, "meta.profile", unlisted, "json.array"),
    (CPTS_BUNDLE, "total", removed, "cardinality.min"),
    (CPTS_BUNDLE, "link", removed, "cardinality.min"),
    (CPTS_BUNDLE, "link", twice, "cardinality.max"),
    (CPTS_BUNDLE, "entry[0].fullUrl", removed, "cardinality.min"),
    (CPTS_BUNDLE, "entry[0]", removed, "slice.min"),
    (CPTS_BUNDLE, "entry[4].resource.providedBy", removed, "cardinality.min"),
    (CPTS_BUNDLE, "entry[5].resource.identifier[0].value", to("3950047225"), "invariant.FINESS-invariant"),
    (SOS_BUNDLE, "entry[2].resource.name", removed, "cardinality.min"),
    (SOS_BUNDLE, "entry[2].resource.address.postalCode", to("35 700"), "max-length"),
    (SOS_BUNDLE, "entry[3].resource.identifier[0].value", to("1334173748"), "invariant.SIRET-invariant"),
    (SOS_BUNDLE, "entry[1].resource.actor[0].reference", removed, "cardinality.min"),
    # PractitionerRegul: the eight rules
    (REGULATOR, "identifier", removed, "cardinality.min"),
    (REGULATOR, "identifier", twice, "slice.max"),
    (REGULATOR, "identifier[0].value", removed, "cardinality.min"),
    (REGULATOR, "identifier[0].value", to(""), "type.format"),
    (REGULATOR, "identifier[0].system", removed, "cardinality.min"),
    (REGULATOR, "identifier[0].system", to(TECHNICAL), "pattern"),
    (REGULATOR, "identifier[0].type", removed, "cardinality.min"),
    (REGULATOR, "identifier[0].type.coding[0].code", to("INTRN"), "pattern"),
    (REGULATOR, "active", removed, "cardinality.min"),
    (REGULATOR, "active", to("true"), "type.format"),
    (REGULATOR, "active", to(1), "type.format"),
    (REGULATOR, "active", to(None), "json.null"),
    (REGULATOR, "name[0].family", removed, "cardinality.min"),
    (REGULATOR, "name[0].family", to(" \t"), "type.format"),
    (REGULATOR, "name[0].given", removed, "cardinality.min"),
    (REGULATOR, "name[0].given", plus("Marie"), "cardinality.max"),
    (REGULATOR, "name[0].given", to([""]), "type.format"),
    (REGULATOR, "name[0].given", to([None]), "json.null"),
    (REGULATOR, "telecom[0].system", to("phone"), "pattern"),
    (REGULATOR, "telecom[0].system", removed, "cardinality.min"),
    (REGULATOR, "telecom[0].value", removed, "cardinality.min"),
    (REGULATOR, "telecom[0].value", to(["jules.marius@test.com"]), "json.array"),
    (REGULATOR, "meta.source", to("https://exemple.com"), "pattern"),
    (REGULATOR, "meta.source", to(""), "type.format"),
    # Appointment: the thirteen elements, then `created` and what FHIR adds
    (APPOINTMENT, "identifier", removed, "cardinality.min"),
    (APPOINTMENT, "identifier", twice, "cardinality.max"),
    (APPOINTMENT, "identifier", unlisted, "json.array"),
    (APPOINTMENT, "identifier[0].value", removed, "cardinality.min"),
    (APPOINTMENT, "identifier[0].system", removed, "cardinality.min"),
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
    (APPOINTMENT, "status", removed, "cardinality.min"),
    (APPOINTMENT, "status", to("honored"), "binding"),
    (APPOINTMENT, "status", to("no-show"), "binding"),
    (APPOINTMENT, "start", removed, "cardinality.min"),
    (APPOINTMENT, "start", to("2022-09-04T14:00:00"), "type.format"),
    (APPOINTMENT, "end", removed, "cardinality.min"),
    (APPOINTMENT, "end", to("04/09/2022 14:15"), "type.format"),
    (APPOINTMENT, "participant", removed, "cardinality.min"),
    (APPOINTMENT, ACTOR, removed, "invariant.app-1"),
    (APPOINTMENT, ACTOR, to({}), "json.empty"),
    (APPOINTMENT, f"{ACTOR}.identifier.value", removed, "cardinality.min"),
    (APPOINTMENT, f"{ACTOR}.identifier.system", removed, "cardinality.min"),
    (APPOINTMENT, f"{ACTOR}.identifier.system", to(TECHNICAL), "pattern"),
    (APPOINTMENT, f"{ACTOR}.identifier.type", removed, "cardinality.min"),
    (APPOINTMENT, f"{ACTOR}.identifier.type.coding", twice, "cardinality.max"),
    (APPOINTMENT, f"{ACTOR}.identifier.type.coding[0].code", to("INTRN"), "pattern"),
    (APPOINTMENT, f"{ACTOR}.identifier.type.coding[0].system", removed, "pattern"),
    (APPOINTMENT, f"{ACTOR}.reference", to("Organization/1"), "reference.type"),
    (APPOINTMENT, "participant[0].status", removed, "cardinality.min"),
    (APPOINTMENT, "participant[0].status", to("declined"), "pattern"),
    (APPOINTMENT, "participant[0].status", to("ok"), "binding"),
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


def _name(case: tuple[str, str, Mutation, str]) -> str:
    source, path, mutation, _ = case
    change = getattr(mutation, "__name__", "") if mutation in {removed, twice, listed, unlisted} else "falsified"
    return f"{source.partition('-')[0]}-{path}-{change}"


@pytest.mark.parametrize("case", BROKEN, ids=_name)
def test_a_broken_copy_is_refused_by_the_rule_that_it_breaks(
    case: tuple[str, str, Mutation, str], folder: Path, definitions: Definitions
) -> None:
    source, path, mutation, rule = case
    resource = mutated(example(folder, source), path, mutation)
    errors = [finding for finding in definitions.check(resource) if finding.severity is Severity.ERROR]
    named = [finding.path for finding in errors if finding.rule == rule]
    assert named, errors
    # A rule that ties two places together may be told at the other one; a wrong type renames the root itself.
    tied = rule.startswith(("invariant.", "reference.")) or path == "resourceType"
    assert tied or any(_is_near(where, source, path) for where in named)


def test_the_table_breaks_every_resource_of_the_specification_at_least_sixty_times_over() -> None:
    assert len(BROKEN) >= 60
    assert {source for source, *_ in BROKEN} >= {SLOT, SCHEDULE, PRACTITIONER, ROLE, BUNDLE, REGULATOR, APPOINTMENT}
