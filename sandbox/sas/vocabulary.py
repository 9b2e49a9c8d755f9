"""Systems, codes and profiles of the exchanges with the SAS (ANS guide ans.fhir.fr.sas 1.1, national OIDs)."""

from __future__ import annotations

from dataclasses import dataclass

NATIONAL_PERSON = "urn:oid:1.2.250.1.71.4.2.1"
SAS_TECHNICAL = "urn:oid:1.2.250.1.213.3.6"
IDENTIFIER_TYPES = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
TYPE_OF_SYSTEM = {NATIONAL_PERSON: "IDNPS", SAS_TECHNICAL: "INTRN"}

PROFILE_REGULATOR = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"
PROFILE_APPOINTMENT = "http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS"
PROFILE_SLOT_BUNDLE = "http://sas.fr/fhir/StructureDefinition/BundleAgregateur"
OPERATOR_EXTENSION = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"

SLOT_TYPES = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
CONSULTATION_TYPES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SPECIALTIES = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"

FHIR_JSON = "application/fhir+json"
# The platform's own spelling of the media type in its searches.
SEARCH_ACCEPT = "application/json+fhir"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier: a system (an OID in URN form, or a URL) and a value."""

    system: str
    value: str

    @property
    def token(self) -> str:
        """The FHIR search form, `system|value`."""
        return f"{self.system}|{self.value}"

    @classmethod
    def parse(cls, token: str) -> Identifier | None:
        """Read `system|value`; None when either side is missing."""
        system, _, value = token.partition("|")
        return cls(system.strip(), value.strip()) if system.strip() and value.strip() else None

    def as_fhir(self) -> dict[str, object]:
        """The FHIR Identifier, with the type code that goes with a person's system."""
        code = TYPE_OF_SYSTEM.get(self.system)
        typed: dict[str, object] = {"type": {"coding": [{"system": IDENTIFIER_TYPES, "code": code}]}} if code else {}
        return {**typed, "system": self.system, "value": self.value}


def practitioner_identifier(typed: str) -> Identifier:
    """A practitioner's identifier as a human types it: a bare RPPS (11 digits) or ADELI (9) gets its prefix."""
    value = "".join(typed.split()).upper()
    if len(value) == 11 and value.isdigit():
        value = f"8{value}"
    elif len(value) == 9 and value.isalnum():
        value = f"0{value}"
    return Identifier(NATIONAL_PERSON, value)
