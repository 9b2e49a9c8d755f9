"""What the practice corrects of a booked patient: the file, and how they are reached for this visit."""

from collections.abc import Sequence
from typing import Any

from django import forms

from appointments.agenda.forms.changes import ChangeForm
from appointments.booking.services.corrections import Contacts, Version
from appointments.enums import ConsultationType, Wish
from appointments.models import Appointment
from appointments.patients.forms import CorrectionForm, Email, as_typed, phone_as_typed, read_typed_phone
from appointments.text_fields import Line, no_markup


class FileForm(ChangeForm, CorrectionForm):
    """`appointment` is loaded with its patient and place; `others`: the other visits that can be corrected with it."""

    contact_phone = Line(
        label="Téléphone pour ce rendez-vous",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"}),
    )
    contact_email = Email(label="E-mail pour ce rendez-vous", help_text="Le message repart à la nouvelle adresse.")
    wish = forms.ChoiceField(
        label="Messages", required=False, choices=[("", "Comme le cabinet les envoie"), *Wish.choices]
    )
    visit_address = Line(label="Adresse de la visite", required=False, max_length=300, checks=(no_markup,))
    others = forms.BooleanField(label="Corriger aussi ses autres rendez-vous à venir", required=False)

    def __init__(self, *args: Any, appointment: Appointment, others: Sequence[Appointment], **options: Any) -> None:
        zone = appointment.schedule.location.zone
        initial = as_typed(appointment.patient, zone) | {
            "version": appointment.version,
            "contact_phone": phone_as_typed(appointment.contact_phone, zone),
            "contact_email": appointment.contact_email,
            "wish": appointment.patient.wish,
            "caller": appointment.caller,
            "visit_address": appointment.visit_address,
            "others": True,
        }
        super().__init__(*args, patient=appointment.patient, zone=zone, initial=initial, **options)
        self.booked, self.other_visits = appointment, others
        if not others:
            del self.fields["others"]
        if appointment.consultation_type != ConsultationType.HH:
            del self.fields["visit_address"]

    def clean_contact_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["contact_phone"], self.zone)

    def clean_visit_address(self) -> str:
        address: str = self.cleaned_data["visit_address"]
        if not address:
            raise forms.ValidationError("Indiquez où va le praticien\u00a0: la consultation est à domicile.")
        return address

    def versions(self) -> Version:
        return Version(self.cleaned_data["version"], self.cleaned_data["patient_version"])

    def contacts(self) -> Contacts:
        data = self.cleaned_data
        return Contacts(
            data["contact_phone"],
            data["contact_email"],
            data["caller"],
            data.get("visit_address", self.booked.visit_address),
        )
