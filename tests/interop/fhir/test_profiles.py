"""Everything we emit passes the official profiles (the walker's errors and warnings; not what it could not check)."""

import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from conformance.profiles import Definitions, Severity
from interop.fhir import systems
from interop.fhir.appointment import appointment_resource
from interop.fhir.capability import capability_statement
from interop.fhir.outcome import operation_outcome
from interop.fhir.searchset import slot_searchset
from interop.fhir.values import Issue, SlotSearchResult
from tests.interop.fhir.samples import (
    APPOINTMENT,
    AT_SAINT_DENIS,
    BASE_URL,
    DEFINITIONS,
    RESULT,
    ROUTINE_OFFER,
    ROUTINE_SLOT,
    SELF_URL,
    WALKIN_OFFER,
    WALKIN_SLOT,
    regulator,
)

pytestmark = pytest.mark.skipif(not DEFINITIONS.exists(), reason=f"the official package is not there: {DEFINITIONS}")


@cache
def definitions() -> Definitions:
    return Definitions.load(DEFINITIONS)


def faults(resource: dict[str, Any]) -> list[str]:
    findings = definitions().check(resource)
    return [str(finding) for finding in findings if finding.severity is not Severity.INFORMATION]


def searchset(result: SlotSearchResult) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(slot_searchset(result, self_url=SELF_URL, base_url=BASE_URL))
    return answer


@pytest.mark.parametrize(
    "result",
    [
        RESULT,
        SlotSearchResult(),
        replace(
            RESULT,
            slots=(ROUTINE_SLOT._replace(offer=replace(ROUTINE_OFFER, slot_types=systems.SLOT_TYPES, reasons=())),),
        ),
        SlotSearchResult(
            slots=(WALKIN_SLOT._replace(offer=replace(WALKIN_OFFER, consultation_types=())),),
            schedules=(
                replace(AT_SAINT_DENIS, phone=None, practitioner=replace(AT_SAINT_DENIS.practitioner, phone=None)),
            ),
        ),
    ],
    ids=["two places", "nothing", "every type", "the least"],
)
def test_a_search_answer_passes_its_profiles(result: SlotSearchResult) -> None:
    assert faults(searchset(result)) == []


def test_each_published_resource_passes_its_profile_by_itself() -> None:
    resources = [entry["resource"] for entry in searchset(RESULT)["entry"]]
    assert {resource["resourceType"]: faults(resource) for resource in resources} == {
        "Slot": [],
        "Schedule": [],
        "Practitioner": [],
        "PractitionerRole": [],
    }


@pytest.mark.parametrize("status", systems.APPOINTMENT_STATUSES)
@pytest.mark.parametrize("system", systems.REGULATOR_TYPE_OF_SYSTEM)
def test_an_appointment_passes_its_profile(status: str, system: str) -> None:
    assert faults(appointment_resource(replace(APPOINTMENT, status=status, regulator_system=system))) == []


def test_the_account_our_tests_send_passes_its_profile() -> None:
    assert faults(regulator()) == []


def test_the_walker_does_look() -> None:
    broken = searchset(RESULT)
    del broken["entry"][0]["resource"]["schedule"]
    assert faults(broken)


def test_the_other_resources_have_the_shape_of_r4() -> None:
    from fhir.resources.R4B.capabilitystatement import CapabilityStatement
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    statement = capability_statement(base_url=BASE_URL, software_version="0.1.0", published_on=date(2026, 11, 25))
    CapabilityStatement.model_validate(statement)
    OperationOutcome.model_validate(operation_outcome([Issue("invalid", "Illisible.", ("Practitioner",), ("http.x",))]))
    assert faults(statement) == []
    assert faults(operation_outcome([Issue("invalid", "Illisible.")])) == []
