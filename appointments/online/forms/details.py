"""Who comes, and where the code goes: as patients type it of themselves, or of somebody close."""

import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.french import NBSP, fold
from appointments.enums import ConsultationType, Sex
from appointments.messages.codes import can_reach
from appointments.online.services.booking import Given
from appointments.patients.forms import Email, PatientForm, phone_as_typed, read_typed_phone
from appointments.patients.identity import BirthDate, parse_birth_day
from appointments.patients.values import PatientDetails
from appointments.slots.values import ReasonDone
from appointments.text_fields import Line, no_markup, some_letter

ME, OTHER = "moi", "autre"
SMS, EMAIL = "sms", "email"
_RELATIONS = ["Parent", "Enfant", "Conjoint ou conjointe", "Représentant légal", "Autre"]
# What is typed to see what happens.
_NOBODY = {
    "test",
    "tests",
    "essai",
    "toto",
    "tata",
    "titi",
    "xxx",
    "aaa",
    "zzz",
    "abc",
    "azerty",
    "qwerty",
    "nom",
    "prenom",
}
_ON_THE_CARD = f"comme sur la carte Vitale{NBSP}; sinon, appelez le cabinet."


def latin(value: str) -> None:
    """A practice has to read it, and to find it in its files."""
    if any(one.isalpha() and "LATIN" not in unicodedata.name(one, "") for one in value):
        raise ValidationError(f"Ce nom n’est pas en lettres latines. Écrivez-le {_ON_THE_CARD}")


def _name(label: str, missing: str, autocomplete: str) -> Line:
    field = Line(label=label, max_length=100, missing=missing, checks=(no_markup, some_letter, latin))
    field.widget.attrs["autocomplete"] = autocomplete
    return field


class DetailsForm(PatientForm):
    """`reasons` and `modes`: what the hour is for, where that was not said before; the only one there is, else."""

    # As they stand on the page: faults are told in this order.
    field_order = [
        "reason", "mode", "for_whom", "booker", "relation", "given_name", "family_name", "birth_date", "phone", "address",
        "note", "by", "email",
    ]  # fmt: skip
    # Not asked of patients.
    no_given_name = no_phone = sex = birth_name = birth_place = nir = caller = None  # type: ignore[assignment]

    for_whom = forms.ChoiceField(
        label="Le rendez-vous est pour",
        choices=[(ME, "Moi"), (OTHER, "Un proche")],
        widget=forms.RadioSelect,
        initial=ME,
    )
    booker = _name("Votre nom", "Indiquez votre nom.", "name")
    relation = forms.ChoiceField(label="Votre lien", choices=[(one, one) for one in _RELATIONS], required=False)
    given_name = _name("Prénom", "Indiquez le prénom.", "given-name")
    family_name = _name("Nom", "Indiquez le nom.", "family-name")
    birth_date = Line(
        label="Date de naissance",
        max_length=40,
        missing="Indiquez la date de naissance.",
        help_text="Exemple\u00a0: 03/07/1984",
        widget=forms.TextInput(attrs={"autocomplete": "bday", "inputmode": "numeric"}),
    )
    phone = Line(
        label="Téléphone mobile",
        max_length=40,
        missing="Indiquez un téléphone où vous joindre.",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    by = forms.ChoiceField(
        label="Recevoir le code de confirmation",
        choices=[(SMS, "Par SMS"), (EMAIL, "Par e-mail")],
        widget=forms.RadioSelect,
        initial=SMS,
    )
    email = Email(label="E-mail", help_text="Le code et la confirmation y arrivent.")
    note = Line(
        label="Message pour le cabinet",
        required=False,
        max_length=300,
        help_text="Pas d’urgence ici\u00a0: appelez le 15.",
        checks=(no_markup,),
    )
    reason = forms.ChoiceField(
        label="Motif", required=False, error_messages={"invalid_choice": "Choisissez un motif de cette heure."}
    )
    mode = forms.ChoiceField(
        label="Comment\u00a0?", widget=forms.RadioSelect, error_messages={"required": "Choisissez comment."}
    )

    def __init__(
        self,
        *args: Any,
        reasons: Sequence[ReasonDone],
        modes: Sequence[ConsultationType],
        with_sms: bool,
        initial: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.reasons, self.modes, self.with_sms = reasons, modes, with_sms
        fixed = {"mode": str(modes[0])} if len(modes) == 1 else {}
        if len(reasons) == 1:
            fixed["reason"] = str(reasons[0].id)
        super().__init__(*args, initial=(initial or {}) | fixed, **options)
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["reason"].choices = [(str(one.id), one.label) for one in reasons]  # type: ignore[attr-defined]
        self.fields["mode"].choices = [(str(one), one.label) for one in modes]  # type: ignore[attr-defined]
        self.fields["booker"].required = self._said("for_whom", ME) == OTHER
        if not with_sms:
            self.initial["by"] = EMAIL
            self.fields["by"].choices = [(EMAIL, "Par e-mail")]  # type: ignore[attr-defined]
        if ConsultationType.HH not in modes:
            del self.fields["address"]

    def _said(self, name: str, default: str) -> str:
        return str(self.data.get(name, self.initial.get(name, default)))

    @property
    def asks_reason(self) -> bool:
        return len(self.reasons) > 1

    @property
    def asks_mode(self) -> bool:
        return len(self.modes) > 1

    @property
    def may_be_at_home(self) -> bool:
        return "address" in self.fields

    def clean_birth_date(self) -> BirthDate:
        try:
            return parse_birth_day(self.cleaned_data["birth_date"], today=timezone.localdate(timezone=self.zone))
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["phone"], self.zone, whose=str(self.fields["note"].label))

    def clean(self) -> None:
        data = self.cleaned_data
        names = {fold(data.get(name) or "") for name in ("family_name", "given_name")}
        if names and names <= _NOBODY:
            self.add_error("family_name", f"Ces noms ne sont pas ceux d’une personne. Écrivez-les {_ON_THE_CARD}")
        if data.get("by") == EMAIL and not data.get("email") and "email" not in self.errors:
            self.add_error("email", "Indiquez l’adresse où recevoir le code.")
        if data.get("by") == SMS and data.get("phone") and not can_reach(data["phone"]):
            self.add_error("phone", "Ce numéro ne reçoit pas de SMS\u00a0: donnez un mobile, ou choisissez l’e-mail.")
        if data.get("mode") == ConsultationType.HH and not data.get("address") and "address" not in self.errors:
            self.add_error("address", "Indiquez l’adresse\u00a0: la consultation est à domicile.")

    def given(self) -> Given:
        data = self.cleaned_data
        birth: BirthDate = data["birth_date"]
        by_email = data["by"] == EMAIL
        patient = PatientDetails(
            family_name=data["family_name"],
            given_name=data["given_name"],
            birth_date=birth.born,
            birth_date_precision=str(birth.precision),
            sex=Sex.UNKNOWN,
            phone=data["phone"],
            # One that nobody has proved is written to by nobody.
            email=data["email"] if by_email else "",
            address=data.get("address", ""),
        )
        other = data["for_whom"] == OTHER
        return Given(
            patient=patient,
            contact=data["email"] if by_email else data["phone"],
            mode=ConsultationType(data["mode"]),
            reason=uuid.UUID(data["reason"]) if data["reason"] else None,
            caller=f"{data['booker']} ({data['relation'].lower()})"[:100] if other else "",
            note=data["note"],
        )


def as_typed(given: Given, zone: Any) -> dict[str, Any]:
    """As a form would read it again."""
    patient = given.patient
    booker, _, relation = given.caller.partition(" (")
    return {
        "for_whom": OTHER if given.caller else ME,
        "booker": booker,
        "relation": next((one for one in _RELATIONS if one.lower() == relation.rstrip(")")), _RELATIONS[0]),
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": f"{patient.birth_date:%d/%m/%Y}" if patient.birth_date else "",
        "phone": phone_as_typed(patient.phone, zone),
        "by": EMAIL if "@" in given.contact else SMS,
        "email": patient.email,
        "address": patient.address,
        "note": given.note,
        "reason": str(given.reason or ""),
        "mode": str(given.mode),
    }


class CodeForm(forms.Form):
    """Six digits, with blanks wherever people put them."""

    code = forms.CharField(
        label="Code à 6 chiffres",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Tapez le code reçu.", "max_length": "Le code a 6 chiffres."},
    )

    def clean_code(self) -> str:
        digits = "".join(self.cleaned_data["code"].split())
        if not (len(digits) == 6 and digits.isascii() and digits.isdecimal()):
            raise ValidationError("Le code a 6 chiffres\u00a0: retapez-le.")
        return digits
