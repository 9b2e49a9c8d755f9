"""Required bindings: is a code in its value set?

Known value sets are those of the definitions folder that list their codes, plus the few tables below. About any other
(fr.core, NOS) membership can't be decided: the walker says so as information.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HL7 = "http://hl7.org/fhir/ValueSet/"
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_SLOT_TYPE = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"

# https://hl7.org/fhir/R4/terminologies-valuesets.html: bound to elements of type `code`, so no system is told.
_R4_CODES: dict[str, str] = {
    "address-type": "postal physical both",
    "address-use": "home work temp old billing",
    "administrative-gender": "male female other unknown",
    "appointmentstatus": "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in "
    "waitlist",
    "bundle-type": "document message transaction transaction-response batch batch-response history searchset "
    "collection",
    "contact-point-system": "phone fax email pager url sms other",
    "contact-point-use": "home work temp old mobile",
    "days-of-week": "mon tue wed thu fri sat sun",
    "http-verb": "GET HEAD POST PUT DELETE PATCH",
    "identifier-use": "usual official temp secondary old",
    "location-mode": "instance kind",
    "location-status": "active suspended inactive",
    "name-use": "usual official temp nickname anonymous old maiden",
    "narrative-status": "generated extensions additional empty",
    "participantrequired": "required optional information-only",
    "participationstatus": "accepted declined tentative needs-action",
    "quantity-comparator": "< <= >= >",
    "search-entry-mode": "match include outcome",
    "slotstatus": "busy free busy-unavailable busy-tentative entered-in-error",
}
# Value sets of other packages that the profiles bind as required and whose few codes are published.
_CODED: dict[str, tuple[str, str]] = {
    # HL7 terminology: everything under _ActEncounterCode.
    "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode": (
        _ACT_CODE,
        "_ActEncounterCode AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR",
    ),
    # NOS, version 20240726120000.
    "https://mos.esante.gouv.fr/NOS/JDV_J165-TypeCreneau-SAS/FHIR/JDV-J165-TypeCreneau-SAS": (
        _SLOT_TYPE,
        "PUBLIC PRO SNP CPTS",
    ),
}


@dataclass(frozen=True, slots=True)
class ValueSet:
    """codes: (system, code) pairs; the system is "" in sets that only serve elements of type `code`."""

    url: str
    codes: frozenset[tuple[str, str]]

    def has_code(self, code: str) -> bool:
        return any(known == code for _, known in self.codes)

    def has_coding(self, coding: Any) -> bool:
        return isinstance(coding, dict) and (str(coding.get("system")), str(coding.get("code"))) in self.codes

    def listing(self) -> str:
        """The codes in a person's order, for a message."""
        return ", ".join(sorted({code for _, code in self.codes}))


def well_known() -> dict[str, ValueSet]:
    """The tables of this module, by canonical URL."""
    sets = {_HL7 + name: [("", code) for code in codes.split()] for name, codes in _R4_CODES.items()}
    sets |= {url: [(system, code) for code in codes.split()] for url, (system, codes) in _CODED.items()}
    return {url: ValueSet(url, frozenset(pairs)) for url, pairs in sets.items()}


def parse_value_set(resource: Mapping[str, Any]) -> ValueSet | None:
    """The codes of a ValueSet that lists them; None when it is defined by a filter, a whole system or another set."""
    url = str(resource.get("url", ""))
    compose = resource.get("compose", {})
    includes = compose.get("include", [])
    if not includes or compose.get("exclude") or any(not _lists_its_codes(entry) for entry in includes):
        return None
    pairs = {(entry.get("system", ""), concept["code"]) for entry in includes for concept in entry["concept"]}
    return ValueSet(url, frozenset(pairs))


def _lists_its_codes(include: Mapping[str, Any]) -> bool:
    return bool(include.get("concept")) and "filter" not in include and "valueSet" not in include


def is_member(value_set: ValueSet, type_code: str, value: Any) -> bool:
    """Whether a code, Coding or CodeableConcept (one of its codings is enough) is in the set."""
    if type_code == "CodeableConcept":
        codings = value.get("coding") if isinstance(value, dict) else None
        return isinstance(codings, list) and any(value_set.has_coding(coding) for coding in codings)
    if type_code == "Coding":
        return value_set.has_coding(value)
    return isinstance(value, str) and value_set.has_code(value)


def shown(type_code: str, value: Any) -> str:
    """The codes of a bound value, to be quoted in a message: codes and systems are no personal data."""
    if type_code == "CodeableConcept" and isinstance(value, dict):
        codings = value.get("coding")
        return ", ".join(shown("Coding", coding) for coding in codings) if isinstance(codings, list) else "sans code"
    if type_code == "Coding" and isinstance(value, dict):
        return f"{value.get('system', 'sans système')}|{value.get('code', 'sans code')}"
    return value if isinstance(value, str) else "sans code"
