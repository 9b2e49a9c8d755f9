"""The frozen values that cross the border: what a request says, what a search publishes, what an appointment is.

All datetimes are aware. Ids are strings fit for a FHIR `id` (letters, digits, `-` and `.`, at most 64).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from interop.fhir import systems

PARIS = "Europe/Paris"


# --- Refusals --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Issue:
    """One fault, as an OperationOutcome tells it.

    `code` is a FHIR issue-type; `diagnostics` a French sentence; `expression` FHIRPaths of the faulty elements of a
    body; `location` names faulty parts of the request itself, e.g. `http.start` for the parameter `start`.
    """

    code: str
    diagnostics: str
    expression: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    severity: str = "error"


class FhirRefusal(Exception):
    """A request that is refused: the HTTP status to answer, and why (at least one issue)."""

    def __init__(self, status: int, issues: Iterable[Issue]) -> None:
        self.status = status
        self.issues = tuple(issues)
        if not self.issues:
            raise ValueError("a refusal says why")
        super().__init__(f"{status}: " + " ".join(issue.diagnostics for issue in self.issues))


# --- Slot search (INT_R01) -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Includes:
    """Which referenced resources the request wants beside the slots (`_include`)."""

    schedule: bool = True
    practitioner: bool = True
    practitioner_role: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSearch:
    """Free slots wanted: those whose start lies in [start_from, start_to], **both included**, in UTC.

    `start_from` is never before the moment of the request. `practitioner_identifiers` holds 1 to 25 distinct values as
    sent (without their system), in order: give each to `identifiers.practitioner_search_values`.
    """

    start_from: datetime
    start_to: datetime
    practitioner_identifiers: tuple[str, ...]
    includes: Includes = Includes()

    @property
    def is_over(self) -> bool:
        """The whole window lies in the past: nothing can match, so nothing needs be looked up."""
        return self.start_to < self.start_from


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPractitioner:
    """`national_value` is prefixed; `phone` in E.164."""

    id: str
    national_value: str
    family_name: str
    given_names: tuple[str, ...]
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLocation:
    """One postal address, of exactly one `line`. Slots there are written in the offset of `time_zone`."""

    id: str
    identifier_system: str
    line: str
    city: str
    postal_code: str
    name: str = ""
    time_zone: str = PARIS


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSchedule:
    """One practitioner at one place. Becomes a Schedule and a PractitionerRole that share this id.

    `structure_identifier_value` is prefixed (`identifiers.structure_identifier_value`). `specialty_codes` are TRE_R38
    codes (`SM54`); `specialty_texts` say in words what has no code. `landing_url` leads to one of its slots when the slot's
    id is written behind it.
    """

    id: str
    practitioner: PublishedPractitioner
    location: PublishedLocation
    structure_identifier_value: str | None = None
    phone: str | None = None
    specialty_codes: tuple[str, ...] = ()
    specialty_texts: tuple[str, ...] = ()
    landing_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedOffer:
    """What slots are for; many share one. Those of a WALKIN are not booked: no address is sent for them."""

    slot_types: tuple[str, ...]
    consultation_types: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    appointment_type: str = systems.ROUTINE


class PublishedSlot(NamedTuple):
    """A free slot. `id` is the slot key; `start` and `end` are seconds since 1970: a search has thousands."""

    id: str
    schedule_id: str
    start: int
    end: int
    offer: PublishedOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSearchResult:
    """`schedules` holds at least those the slots belong to; others are not sent."""

    slots: tuple[PublishedSlot, ...] = ()
    schedules: tuple[PublishedSchedule, ...] = ()


# --- Regulators (INT_R02) --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class RegulatorRecord:
    """An account as the SAS wants it. `system` is the national or the technical OID; texts are stripped and full."""

    system: str
    value: str
    active: bool
    family: str
    given: tuple[str, ...]
    email: str

    @property
    def given_name(self) -> str:
        return " ".join(self.given)


# --- Appointments (INT_R03) ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRecord:
    """An appointment booked by a regulator, without anything about the patient.

    The regulator's identifier is the one the SAS gave; `practitioner_national_value` is prefixed; `created` is when it
    was booked.
    """

    identifier_system: str
    identifier_value: str
    regulator_system: str
    regulator_value: str
    practitioner_national_value: str
    status: str
    start: datetime
    end: datetime
    created: datetime
    participant_status: str = "accepted"
    time_zone: str = PARIS
