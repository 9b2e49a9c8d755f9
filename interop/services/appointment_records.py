"""From an event's snapshot to the Appointment the SAS gets. No patient data: the snapshot holds none."""

from datetime import datetime
from typing import Any

from django.conf import settings

from appointments.models import Appointment
from interop.fhir.appointment import appointment_resource
from interop.fhir.values import AppointmentRecord
from interop.models import Delivery


def appointment_resource_of(delivery: Delivery) -> dict[str, Any]:
    """Everything as it was at the event, except the regulator's identifier: the one the SAS knows now."""
    appointment = delivery.appointment
    snapshot = delivery.event.snapshot
    system, value = regulator_identifier(appointment) or (delivery.regulator_system, delivery.regulator_value)
    return appointment_resource(
        AppointmentRecord(
            identifier_system=settings.APPOINTMENT_IDENTIFIER_SYSTEM,
            identifier_value=str(appointment.id),
            regulator_system=system,
            regulator_value=value,
            practitioner_national_value=snapshot["practitioner"],
            status=snapshot["status"],
            start=datetime.fromisoformat(snapshot["start"]),
            end=datetime.fromisoformat(snapshot["end"]),
            created=datetime.fromisoformat(snapshot["created"]),
            time_zone=appointment.schedule.location.time_zone,
        )
    )


def regulator_identifier(appointment: Appointment) -> tuple[str, str] | None:
    """(system, value) the SAS knows the booking regulator by; None when it was given to another account since."""
    regulator = appointment.by_regulator
    identifier = regulator.current_identifier if regulator is not None else None
    return (identifier.system, identifier.value) if identifier is not None else None
