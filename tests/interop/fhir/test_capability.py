from datetime import date
from typing import Any

from interop.fhir.capability import capability_statement


def statement() -> dict[str, Any]:
    return capability_statement(
        base_url="https://agenda.example/fhir/", software_version="0.1.0", published_on=date(2026, 11, 25)
    )


def test_it_lists_exactly_what_is_served() -> None:
    (rest,) = statement()["rest"]
    served = {
        resource["type"]: [interaction["code"] for interaction in resource["interaction"]]
        for resource in rest["resource"]
    }
    assert served == {"Slot": ["search-type"], "Practitioner": ["create", "update"]}
    slot, practitioner = rest["resource"]
    assert [parameter["name"] for parameter in slot["searchParam"]] == [
        "start",
        "status",
        "schedule.actor:Practitioner.identifier",
    ]
    assert slot["searchInclude"] == ["Slot:schedule", "Schedule:actor"]
    assert practitioner["conditionalUpdate"] is True
    assert practitioner["updateCreate"] is True
    # A generic client takes `update` for a PUT by id.
    assert "PUT Practitioner?identifier=" in practitioner["interaction"][1]["documentation"]


def test_it_is_the_statement_of_this_instance() -> None:
    told = statement()
    assert told["implementation"]["url"] == "https://agenda.example/fhir"
    assert told["software"]["version"] == "0.1.0"
    assert told["date"] == "2026-11-25"
    assert told["fhirVersion"] == "4.0.1"
