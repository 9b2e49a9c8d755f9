"""The history of corrections: names of fields for ever, what they held before for as long as the patient is kept."""

from collections.abc import Mapping
from datetime import date, datetime

from accounts.rights import Actor, acted_by
from appointments.models import Appointment, Patient, PatientEvent, PatientFormerValue

_BIRTH = {"birth_date", "birth_date_precision"}


def former_values(row: Patient | Appointment, fields: Mapping[str, object]) -> dict[str, str]:
    """Of the fields that would change, what they hold, as text. A birth date says nothing without its precision."""
    changing = {name for name, value in fields.items() if getattr(row, name) != value}
    if changing & _BIRTH:
        changing |= _BIRTH
    return {name: _text(getattr(row, name)) for name in fields if name in changing}


def record_correction(
    *, patient: Patient, before: Mapping[str, str], by: Actor, at: datetime, appointment: Appointment | None = None
) -> None:
    """`before`: of each field that changed. `appointment`: whose own contacts they are."""
    event = PatientEvent.objects.create(
        patient=patient, appointment=appointment, fields=list(before), at=at, **acted_by(by), by_name=by.name
    )
    PatientFormerValue.objects.bulk_create(
        PatientFormerValue(event=event, field=name, value=value) for name, value in before.items()
    )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")
