"""What a regulator looks for among what they booked, and what they correct of what they gave."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlencode

from django import forms

from appointments.enums import ConsultationType, Status
from appointments.models import Appointment, Patient
from appointments.patients.forms import CorrectionForm, as_typed, phone_as_typed, read_typed_phone
from appointments.text_fields import Line


class Period(StrEnum):
    """Which of a regulator's visits are listed; blank: those to come."""

    COMING = ""
    PAST = "passees"
    UNCLOSED = "non-closes"
    TO_TELL = "a-prevenir"


class ReferralsForm(forms.Form):
    """All but the words may be in an address; there, what is none of the choices is no choice."""

    words = Line(
        label="Trouver",
        required=False,
        max_length=100,
        help_text="Référence, initiales ou nom, jour, fin du téléphone\u00a0: D4F7, KJ, 25/11, 12\u00a034",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false", "data-key": "/"}),
    )
    statut = forms.ChoiceField(label="Statut", required=False, choices=[("", "Tous"), *Status.choices[1:]])
    sas = forms.ChoiceField(
        label="SAS",
        required=False,
        choices=[("", "Tous"), ("transmis", "Transmis"), ("attente", "Pas encore transmis")],
    )
    averti = forms.ChoiceField(
        label="Patient averti", required=False, choices=[("", "Tous"), ("oui", "Averti"), ("non", "Pas encore averti")]
    )
    periode = forms.ChoiceField(
        required=False, choices=[(one.value, one.name) for one in Period], widget=forms.HiddenInput
    )

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> Self:
        form = cls({"words": sent.get("words", "")} | {name: sent.get(name, "") for name in _IN_ADDRESS})
        for name in _IN_ADDRESS:
            if name in form.errors:
                form.data[name] = ""  # type: ignore[index]
        form.full_clean()
        return form

    @property
    def looked_for(self) -> str:
        return str(self.cleaned_data.get("words", ""))

    @property
    def period(self) -> Period:
        return Period(self.chosen("periode"))

    def chosen(self, name: str) -> str:
        return str(self.cleaned_data.get(name, ""))

    @property
    def query(self) -> str:
        """?periode=passees&sas=attente; blank for the first list."""
        return "?" + urlencode(self._said(_IN_ADDRESS)) if self._said(_IN_ADDRESS) else ""

    @property
    def kept(self) -> str:
        """To be added to an address: &periode=passees&sas=attente."""
        return "".join(f"&{name}={value}" for name, value in self._said(_IN_ADDRESS).items())

    @property
    def narrowing(self) -> str:
        """The same, but for the period: what another one keeps."""
        return "".join(f"&{name}={value}" for name, value in self._said(_IN_ADDRESS[1:]).items())

    def _said(self, names: tuple[str, ...]) -> dict[str, str]:
        return {name: self.chosen(name) for name in names if self.chosen(name)}


_IN_ADDRESS = ("periode", "statut", "sas", "averti")


class GivenForm(CorrectionForm):
    """`given`: the patient as they gave them, for `appointment`, loaded with its place.

    A contact that the practice changed since is neither shown nor asked.
    """

    caller_phone = Line(
        label="Téléphone de qui appelle",
        required=False,
        max_length=40,
        help_text="S’il n’est pas celui du patient.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"}),
    )

    def __init__(self, *args: Any, appointment: Appointment, given: Patient, **options: Any) -> None:
        zone = appointment.schedule.location.zone
        initial = as_typed(given, zone) | {
            "caller": appointment.caller,
            "caller_phone": phone_as_typed(appointment.caller_phone, zone),
        }
        super().__init__(*args, patient=given, zone=zone, initial=initial, **options)
        self.booked = appointment
        if "caller" in appointment.contacts_by_practice:
            del self.fields["caller"], self.fields["caller_phone"]

    def clean_caller_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["caller_phone"], self.zone)

    @property
    def at_home_only(self) -> bool:
        return self.booked.consultation_type == ConsultationType.HH

    def clean(self) -> None:
        super().clean()
        if self.at_home_only and not self.cleaned_data.get("address") and "address" not in self.errors:
            self.add_error("address", "Indiquez l’adresse du patient\u00a0: la consultation est à domicile.")

    @property
    def is_reached_otherwise(self) -> bool:
        return bool(self.callers_phone())

    @property
    def caller_asked(self) -> bool:
        return "caller" in self.fields

    def whose_phone(self) -> str:
        caller: str = self.cleaned_data.get("caller", "")
        return caller

    def callers_phone(self) -> str:
        """As the practice has it where it is not asked."""
        asked: str = self.cleaned_data.get("caller_phone", "" if self.caller_asked else self.booked.caller_phone)
        return asked
