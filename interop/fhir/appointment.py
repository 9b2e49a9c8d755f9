"""The Appointment sent to the SAS (INT_R03), without anything about the patient."""

from typing import Any

from interop.fhir import systems
from interop.fhir.encoding import seconds
from interop.fhir.values import AppointmentRecord


def appointment_resource(record: AppointmentRecord) -> dict[str, Any]:
    """The resource, profile FrAppointmentSAS. Raises ValueError on a status or a regulator's system the spec ignores.

    It has no `id`: the SAS gives its own, and finds ours by `identifier`.
    """
    if record.status not in systems.APPOINTMENT_STATUSES:
        raise ValueError(f"unknown appointment status {record.status!r}")
    if record.participant_status not in systems.PARTICIPANT_STATUSES:
        raise ValueError(f"unknown participant status {record.participant_status!r}")
    if record.regulator_system not in systems.REGULATOR_TYPE_OF_SYSTEM:
        raise ValueError(f"unknown identifier system of a regulator {record.regulator_system!r}")
    operator_type = systems.REGULATOR_TYPE_OF_SYSTEM[record.regulator_system]
    practitioner = _identifier(systems.IDNPS, systems.PRACTITIONER_NATIONAL, record.practitioner_national_value)
    return {
        "resourceType": "Appointment",
        "meta": {"profile": [systems.APPOINTMENT_PROFILE]},
        "extension": [
            {
                "url": systems.APPOINTMENT_OPERATOR,
                "valueReference": {
                    "identifier": _identifier(operator_type, record.regulator_system, record.regulator_value)
                },
            }
        ],
        "identifier": [{"system": record.identifier_system, "value": record.identifier_value}],
        "status": record.status,
        "start": seconds(record.start, record.time_zone),
        "end": seconds(record.end, record.time_zone),
        "created": seconds(record.created, record.time_zone),
        "participant": [{"actor": {"identifier": practitioner}, "status": record.participant_status}],
    }


def _identifier(code: str, system: str, value: str) -> dict[str, Any]:
    return {"type": {"coding": [{"system": systems.V2_0203, "code": code}]}, "system": system, "value": value}
