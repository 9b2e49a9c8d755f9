"""What the regulator who booked corrects of what they gave."""

from typing import Any

from appointments.enums import ConsultationType
from appointments.models import Appointment, Patient
from appointments.patients.forms import CorrectionForm, as_typed


class GivenForm(CorrectionForm):
    """`given`: the patient as they gave them, for `appointment`, loaded with its place.

    A contact that the practice changed since is neither shown nor asked.
    """

    def __init__(self, *args: Any, appointment: Appointment, given: Patient, **options: Any) -> None:
        zone = appointment.schedule.location.zone
        initial = as_typed(given, zone) | {"caller": appointment.caller}
        super().__init__(*args, patient=given, zone=zone, initial=initial, **options)
        self.booked = appointment
        if "caller" in appointment.contacts_by_practice:
            del self.fields["caller"]

    @property
    def at_home_only(self) -> bool:
        return self.booked.consultation_type == ConsultationType.HH

    def clean(self) -> None:
        super().clean()
        if self.at_home_only and not self.cleaned_data.get("address") and "address" not in self.errors:
            self.add_error("address", "Indiquez l’adresse du patient\u00a0: la consultation est à domicile.")

    @property
    def caller_asked(self) -> bool:
        return "caller" in self.fields

    def whose_phone(self) -> str:
        caller: str = self.cleaned_data.get("caller", "")
        return caller
