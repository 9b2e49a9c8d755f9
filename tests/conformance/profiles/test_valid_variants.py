"""What a careful editor may send and a hasty validator refuses."""

from __future__ import annotations

from pathlib import Path

from conformance.profiles import Definitions, Severity

from .mutations import Mutation, example, mutated, plus, removed, to

SLOT = "Slot-ExampleSlotPSIndiv1"
SCHEDULE = "Schedule-ExampleSchedule1"
PRACTITIONER = "Practitioner-ExamplePractitioner2"
ROLE = "PractitionerRole-ExamplePractitionerRoleAgregateur4"
BUNDLE = "Bundle-ExampleBundlePSIndiv"
REGULATOR = "Practitioner-ExamplePractitionerRegul2"
APPOINTMENT = "Appointment-1"
SAS = "http://sas.fr/fhir/StructureDefinition/"
ANS = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/"
TECHNICAL_ID = {
    "type": {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "INTRN"}]},
    "system": "urn:oid:1.2.250.1.213.3.6",
    "value": "7f6f1a52-5c1f-4d4e-9c6d-2b8d2f0c9a11",
}
NO_SECOND_NAME = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "not-applicable",
}
OUTCOME_ENTRY = {
    "search": {"mode": "outcome"},
    "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]},
}

VALID: list[tuple[str, str, Mutation]] = [
    (SLOT, "start", to("2021-11-05T08:00:00Z")),
    (SLOT, "start", to("2021-11-05T09:00:00.123456789-04:00")),
    (SLOT, "end", to("2021-12-31T23:59:60+14:00")),
    (SLOT, "_start", to({"id": "debut"})),
    (SLOT, "comment", removed),
    (SLOT, "appointmentType", removed),
    (SLOT, "specialty", to([{"text": "Médecine générale"}])),
    (SLOT, "serviceType", removed),
    (SLOT, "serviceType[0].coding[0].display", to("ambulatoire")),
    (SLOT, "meta.security", plus({"system": "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/"
                                            "TRE-R314-TypeCreneau", "code": "SNP"})),
    (SLOT, "meta.lastUpdated", to("2021-11-05T08:00:00.000+01:00")),
    (SLOT, "overbooked", to(False)),
    (SLOT, "extension", to([{"url": "https://editeur.example/extension", "valueString": "x"}])),
    (SLOT, "schedule.reference", to("https://editeur.example/fhir/Schedule/1")),
    (SLOT, "schedule.reference", to("urn:uuid:7f6f1a52-5c1f-4d4e-9c6d-2b8d2f0c9a11")),
    (SLOT, "meta.profile", to([ANS + "FrSlotAgregateur"])),
    (SLOT, "meta.profile", to([SAS + "FrSlotAgregateur|1.1.0"])),
    (SLOT, "meta.profile", plus("https://editeur.example/StructureDefinition/creneau")),
    (SLOT, "meta.profile", removed),
    (SCHEDULE, "actor[0].type", to("Practitioner")),
    (SCHEDULE, "actor[0].display", to("Dr Thomas")),
    (SCHEDULE, "active", to(True)),
    (SCHEDULE, "planningHorizon", to({"start": "2021-11", "end": "2021-11-05"})),
    (PRACTITIONER, "telecom", to([{"system": "phone", "value": "+33561855977", "use": "work", "rank": 1}])),
    (PRACTITIONER, "name[0].given", plus("Marie")),
    (PRACTITIONER, "name[0]", to({"given": ["Jules", None], "_given": [None, {"extension": [NO_SECOND_NAME]}]})),
    (PRACTITIONER, "name[0].prefix", to(["DR"])),
    (PRACTITIONER, "gender", to("male")),
    (PRACTITIONER, "birthDate", to("1970-02")),
    (ROLE, "telecom", removed),
    (ROLE, "telecom[0].value", to("+262262123456")),
    (ROLE, "specialty", to([{"text": "Médecine générale"}])),
    (ROLE, "organization.identifier.type", removed),
    (ROLE, "organization", removed),
    (ROLE, "contained[0].address.district", to("Agenais")),
    (ROLE, "contained[0].telecom", to([{"system": "phone", "value": "+33561855977"}])),
    (BUNDLE, "entry", removed),
    (BUNDLE, "entry[0].search", to({"mode": "match"})),
    (BUNDLE, "entry[1].search", to({"mode": "include", "score": 0.5})),
    (BUNDLE, "entry[0].resource.meta.profile", removed),
    (BUNDLE, "entry", plus(OUTCOME_ENTRY)),
    (BUNDLE, "id", removed),
    (BUNDLE, "timestamp", to("2021-11-05T08:00:00Z")),
    (BUNDLE, "meta.profile", to([ANS + "BundleAgregateur"])),
    (REGULATOR, "identifier", to([TECHNICAL_ID])),
    (REGULATOR, "identifier", plus(TECHNICAL_ID)),
    (REGULATOR, "meta.profile", to([SAS + "FrPractitionerRegul"])),
    (REGULATOR, "meta.source", to("urn:oid:1.2.250.1.213.3.6")),
    (REGULATOR, "active", to(False)),
    (APPOINTMENT, "status", to("fulfilled")),
    (APPOINTMENT, "status", to("noshow")),
    (APPOINTMENT, "status", to("cancelled")),
    (APPOINTMENT, "created", to("2022-09-01T09:12:00+02:00")),
    (APPOINTMENT, "created", to("2022-09-01")),
    (APPOINTMENT, "identifier[0].system", to("https://agenda.example/rendez-vous")),
    (APPOINTMENT, "participant", plus({"type": [{"text": "autre"}], "status": "accepted"})),
    (APPOINTMENT, "participant[0].actor.display", to("Dr Foret")),
    (APPOINTMENT, "minutesDuration", to(15)),
    (APPOINTMENT, "extension[0].valueReference.type", to("Practitioner")),
]  # fmt: skip

# The specification wants these; the profiles don't. They are other checks' business: here they must pass, so that
# a refusal by this package always points to a rule of the profile.
HOUSE_RULES: list[tuple[str, str, Mutation]] = [
    (SLOT, "meta.security", removed),
    (SLOT, "serviceType[0].coding[0].system", to("http://example.org/autre")),
    (SLOT, "appointmentType.coding[0].code", to("CHECKUP")),
    (SLOT, "end", to("2021-11-05T08:00:00.000+00:00")),
    (PRACTITIONER, "name", removed),
    (ROLE, "practitioner", removed),
    (ROLE, "organization.identifier", to({"value": "810004421"})),
    (ROLE, "telecom[0].value", to("0658913859")),
    (ROLE, "contained[0].address.postalCode", to("47 000")),
    (BUNDLE, "total", to(12)),
    (BUNDLE, "link", removed),
    (BUNDLE, "entry[0].fullUrl", removed),
    (REGULATOR, "telecom", removed),
    (REGULATOR, "name", removed),
    (REGULATOR, "telecom[0].value", to("pas une adresse")),
    (REGULATOR, "identifier[0].system", to("urn:oid:1.2.250.1.71.4.2.2")),
    (APPOINTMENT, "participant[0].actor", to({"display": "Dr Foret"})),
]


def _refused(folder: Path, definitions: Definitions, cases: list[tuple[str, str, Mutation]]) -> list[str]:
    copies = ((source, path, mutated(example(folder, source), path, mutation)) for source, path, mutation in cases)
    return [
        f"{source} {path}: {finding}"
        for source, path, copy in copies
        for finding in definitions.check(copy)
        if finding.severity is Severity.ERROR
    ]


def test_valid_variants_are_accepted(folder: Path, definitions: Definitions) -> None:
    assert _refused(folder, definitions, VALID) == []


def test_rules_that_no_profile_holds_are_left_to_the_other_checks(folder: Path, definitions: Definitions) -> None:
    assert _refused(folder, definitions, HOUSE_RULES) == []
