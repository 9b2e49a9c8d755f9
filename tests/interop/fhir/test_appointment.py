import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from interop.fhir import systems
from interop.fhir.appointment import appointment_resource
from tests.interop.fhir.samples import APPOINTMENT, DEFINITIONS


@pytest.mark.skipif(not DEFINITIONS.exists(), reason=f"the official package is not there: {DEFINITIONS}")
@pytest.mark.parametrize(("number", "status"), [(1, "booked"), (2, "cancelled")])
def test_the_guides_examples_are_what_we_would_send(number: int, status: str) -> None:
    example = json.loads((DEFINITIONS / "example" / f"Appointment-{number}.json").read_bytes())
    # What the SAS gave it, and an offset that Paris never has in September.
    del example["id"]
    sent = appointment_resource(
        replace(
            APPOINTMENT,
            identifier_system="urn:oid:1.1.111.1.11.1.1.1",
            status=status,
            start=datetime(2022, 9, 4, 14, 0, tzinfo=timezone(timedelta(hours=1))),
            end=datetime(2022, 9, 4, 14, 15, tzinfo=timezone(timedelta(hours=1))),
        )
    )
    assert sent.pop("created")
    for bound in ("start", "end"):
        assert datetime.fromisoformat(sent[bound]) == datetime.fromisoformat(example[bound])
        sent[bound] = example[bound]
    assert sent == example


def test_instants_are_in_the_offset_of_the_place() -> None:
    sent = appointment_resource(APPOINTMENT)
    assert (sent["start"], sent["end"]) == ("2026-11-25T14:00:00+01:00", "2026-11-25T14:15:00+01:00")
    assert sent["created"] == "2026-11-25T10:40:12+01:00"
    overseas = appointment_resource(replace(APPOINTMENT, time_zone="America/Guadeloupe"))
    assert overseas["start"] == "2026-11-25T09:00:00-04:00"


@pytest.mark.parametrize(
    ("system", "code"), [(systems.PRACTITIONER_NATIONAL, "IDNPS"), (systems.SAS_TECHNICAL, "INTRN")]
)
def test_the_regulator_is_told_by_the_identifier_the_sas_gave(system: str, code: str) -> None:
    sent = appointment_resource(replace(APPOINTMENT, regulator_system=system, regulator_value="x/y"))
    (extension,) = sent["extension"]
    assert extension["valueReference"]["identifier"] == {
        "type": {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": code}]},
        "system": system,
        "value": "x/y",
    }


@pytest.mark.parametrize("status", ["booked", "fulfilled", "noshow", "cancelled"])
def test_every_status_of_the_specification_is_sent(status: str) -> None:
    assert appointment_resource(replace(APPOINTMENT, status=status))["status"] == status


def test_a_practitioner_who_still_has_to_agree() -> None:
    sent = appointment_resource(replace(APPOINTMENT, participant_status="needs-action"))
    assert sent["participant"][0]["status"] == "needs-action"


@pytest.mark.parametrize(
    "change",
    [{"status": "arrived"}, {"participant_status": "declined"}, {"regulator_system": systems.STRUCTURE_NATIONAL}],
)
def test_a_code_of_our_own_is_never_sent(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        appointment_resource(replace(APPOINTMENT, **change))


def test_nothing_else_leaves() -> None:
    assert appointment_resource(APPOINTMENT).keys() == {
        "resourceType",
        "meta",
        "extension",
        "identifier",
        "status",
        "start",
        "end",
        "created",
        "participant",
    }
    assert APPOINTMENT.start.tzinfo is UTC
