"""Every identifier system, code system, canonical and code of the exchanges, in one place.

Source: `shared/spec/interop.md`, implementation guide *ans.fhir.fr.sas* 1.1.
"""

from typing import Final

FHIR_VERSION: Final = "4.0.1"
FHIR_JSON: Final = "application/fhir+json"

# --- Identifier systems ----------------------------------------------------------------------------------------------
PRACTITIONER_NATIONAL: Final = "urn:oid:1.2.250.1.71.4.2.1"  # IDNPS, of practitioners and of regulators
STRUCTURE_NATIONAL: Final = "urn:oid:1.2.250.1.71.4.2.2"  # IDNST
SAS_TECHNICAL: Final = "urn:oid:1.2.250.1.213.3.6"  # INTRN of regulators; also `meta.source` of what the SAS sends

# --- Identifier types ------------------------------------------------------------------------------------------------
V2_0203: Final = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
LOCATION_IDENTIFIER_TYPE: Final = "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type"
IDNPS: Final = "IDNPS"
IDNST: Final = "IDNST"
INTRN: Final = "INTRN"

# A regulator's identifier type follows from its system, both ways (rule 3 of INT_R02).
REGULATOR_TYPE_OF_SYSTEM: Final = {PRACTITIONER_NATIONAL: IDNPS, SAS_TECHNICAL: INTRN}

# --- Slot codes ------------------------------------------------------------------------------------------------------
SLOT_TYPE: Final = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
SLOT_TYPES: Final = ("PUBLIC", "PRO", "SNP")
CONSULTATION_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONSULTATION_TYPES: Final = ("AMB", "HH", "VR")
SPECIALTY: Final = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
APPOINTMENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0276"
ROUTINE: Final = "ROUTINE"
WALKIN: Final = "WALKIN"
APPOINTMENT_TYPES: Final = (ROUTINE, WALKIN)

# --- Appointment codes -----------------------------------------------------------------------------------------------
APPOINTMENT_STATUSES: Final = ("booked", "fulfilled", "noshow", "cancelled")
PARTICIPANT_STATUSES: Final = ("accepted", "needs-action")
APPOINTMENT_OPERATOR: Final = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"

# --- Profiles --------------------------------------------------------------------------------------------------------
_SAS: Final = "http://sas.fr/fhir/StructureDefinition/"
BUNDLE_PROFILE: Final = _SAS + "BundleAgregateur"
SLOT_PROFILE: Final = _SAS + "FrSlotAgregateur"
SCHEDULE_PROFILE: Final = _SAS + "FrScheduleAgregateur"
PRACTITIONER_PROFILE: Final = _SAS + "FrPractitionerAgregateur"
PRACTITIONER_ROLE_PROFILE: Final = _SAS + "FrPractitionerRoleExerciceAgregateur"
LOCATION_PROFILE: Final = _SAS + "FrLocationAgregateur"
APPOINTMENT_PROFILE: Final = _SAS + "FrAppointmentSAS"
REGULATOR_PROFILE: Final = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"

# --- Guide and search parameters -------------------------------------------------------------------------------------
IMPLEMENTATION_GUIDE: Final = "https://interop.esante.gouv.fr/ig/fhir/sas"
SLOT_START_PARAMETER: Final = IMPLEMENTATION_GUIDE + "/SearchParameter/slot-sp-start"
SLOT_STATUS_PARAMETER: Final = "http://hl7.org/fhir/SearchParameter/Slot-status"
PRACTITIONER_IDENTIFIER_PARAMETER: Final = "http://hl7.org/fhir/SearchParameter/Practitioner-identifier"
SLOT_PRACTITIONER_SEARCH: Final = "schedule.actor:Practitioner.identifier"
