"""References: where they lead, inside a resource (contained) or a Bundle, and what their target may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .datatypes import is_absolute

# https://hl7.org/fhir/R4/resourcelist.html
_NAMES = (
    "Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic "
    "Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry "
    "ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication "
    "CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage "
    "CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric "
    "DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis "
    "Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence "
    "EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group "
    "GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation "
    "ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure "
    "MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge "
    "MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization "
    "MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient "
    "MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged "
    "MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader "
    "MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition "
    "OperationOutcome Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation "
    "Person PlanDefinition Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse "
    "RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject "
    "RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen "
    "SpecimenDefinition StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid "
    "SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial "
    "SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript "
    "ValueSet VerificationResult VisionPrescription"
)
RESOURCE_TYPES = frozenset(_NAMES.split())
ANY_RESOURCE = frozenset({"Resource", "DomainResource"})
_RESTFUL = re.compile(r"((?P<base>.*)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?")


@dataclass(slots=True)
class Scope:
    """Where a resource stands.

    path: of the resource, from the root of the check. container: the resource that holds it when it is contained,
    else itself. entries: of the Bundle around it, by fullUrl. full_url: its own, "" outside a Bundle.
    """

    resource: dict[str, Any]
    path: str
    container: dict[str, Any]
    full_url: str = ""
    entries: dict[str, Scope] = field(default_factory=dict)
    in_bundle: bool = False

    def contained(self) -> Iterator[Scope]:
        held = self.container.get("contained")
        container_path = self.path.rpartition(".contained[")[0] if self.is_contained else self.path
        for index, resource in enumerate(held if isinstance(held, list) else ()):
            if isinstance(resource, dict):
                path = f"{container_path}.contained[{index}]"
                yield Scope(resource, path, self.container, self.full_url, self.entries, self.in_bundle)

    @property
    def is_contained(self) -> bool:
        return self.container is not self.resource

    def resolve(self, reference: Any) -> Scope | None:
        """The resource that a Reference leads to, by the rules of https://hl7.org/fhir/R4/bundle.html#references."""
        url = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(url, str):
            return None
        if url.startswith("#"):
            return next((found for found in self.contained() if found.resource.get("id") == url[1:]), None)
        url = url.partition("/_history/")[0]
        if is_absolute(url):
            return self.entries.get(url)
        own = _RESTFUL.fullmatch(self.full_url)
        base = own["base"] if own else None
        return self.entries.get(f"{base}/{url}") if base else None


def index_bundle(bundle: dict[str, Any], path: str) -> list[Scope]:
    """The resources of a Bundle in its order; each knows the others by fullUrl (the first one, when two share it)."""
    entries: dict[str, Scope] = {}
    scopes = []
    rows = bundle.get("entry")
    for position, entry in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
            continue
        resource, url = entry["resource"], entry.get("fullUrl")
        full_url = url if isinstance(url, str) else ""
        scope = Scope(resource, f"{path}.entry[{position}].resource", resource, full_url, entries, True)
        scopes.append(scope)
        if full_url:
            entries.setdefault(full_url, scope)
    return scopes


def is_well_formed(url: str) -> bool:
    """`#id`, `Type/id` or an absolute URI: what Reference.reference may hold."""
    if url.startswith("#") or is_absolute(url):
        return True
    match = _RESTFUL.fullmatch(url)
    return match is not None and match["base"] is None and match["type"] in RESOURCE_TYPES


def told_type(reference: dict[str, Any]) -> str:
    """The type of target that a Reference itself tells, by its URL or its `type`; "" when it doesn't."""
    url = reference.get("reference")
    match = _RESTFUL.fullmatch(url) if isinstance(url, str) else None
    if match and match["type"] in RESOURCE_TYPES:
        return match["type"]
    told = str(reference.get("type", "")).rpartition("/")[2]
    return told if told in RESOURCE_TYPES else ""


def guess_type(canonical: str) -> str:
    """The resource type of a profile that is not at hand, by its name (`FrPatient` → Patient); "" when unclear."""
    name = canonical.partition("|")[0].rpartition("/")[2]
    candidate = name.removeprefix("Fr") if name.startswith("Fr") else name
    return candidate if candidate in RESOURCE_TYPES | ANY_RESOURCE else ""
