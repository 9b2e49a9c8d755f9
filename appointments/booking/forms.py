"""The booking form: the patient as given over the phone, and what they come for.

Only the shape is judged here; whether the slot is still free is the service's business.
"""

import unicodedata
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.french import listed, quoted
from accounts.phones import read_phone
from appointments.booking.services.booking import Patient, Visit
from appointments.enums import ConsultationType, Sex
from appointments.models import Appointment, Reason
from appointments.patients import identity
from appointments.patients.identity import Precision, parse_birth_date, parse_nir
from appointments.slots.values import ReasonDone

Value = TypeVar("Value")
# One read with its slot, or one of the agenda's when the slot is gone.
OfferedReason = Reason | ReasonDone


def _validator(rule: Callable[[str], None]) -> Callable[[str], None]:
    def validate(value: str) -> None:
        _read(rule, value)

    return validate


no_invisible_character = _validator(identity.refuse_invisible)
no_markup = _validator(identity.refuse_markup)
some_letter = _validator(identity.need_letter)


class Line(forms.CharField):
    """One line of text: blanks collapsed, letters composed, no control character, at most `max_length`."""

    collapse = True

    def __init__(self, *, missing: str = "", checks: tuple[Callable[[str], None], ...] = (), **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
        super().__init__(error_messages={"required": missing}, **options)
        # Replaces Django's own, whose sentences are not in this house's words.
        self.validators = [no_invisible_character, self._short_enough, *checks]

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        return identity.one_line(text) if self.collapse else unicodedata.normalize("NFC", text).replace("\r\n", "\n")

    def _short_enough(self, value: str) -> None:
        limit = self.max_length
        if limit is not None:
            _read(lambda text: identity.refuse_longer(text, limit), value)


class Paragraph(Line):
    """Several lines; signs like < are a physician's own here (« SpO2 < 92 % »)."""

    collapse = False


class BookingForm(forms.Form):
    """`modes` and `reasons` are those one may choose: what the slot offers, or all there are when it is no longer free.

    A phone is read as people of `region` dial it (`accounts.phones`).
    """

    request_id = forms.Field(required=False, widget=forms.HiddenInput)
    family_name = Line(
        label="Nom de famille",
        max_length=100,
        missing="Indiquez le nom de famille.",
        checks=(no_markup, some_letter),
    )
    given_name = Line(label="Prénom", max_length=100, missing="Indiquez le prénom.", checks=(no_markup, some_letter))
    birth_date = Line(
        label="Date de naissance",
        max_length=40,
        missing="Indiquez la date de naissance.",
        help_text="Exemple\u00a0: 03/07/1984",
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-birth-date": ""}),
    )
    phone = Line(
        label="Téléphone",
        max_length=40,
        missing="Indiquez un téléphone où joindre le patient.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"}),
    )
    sex = forms.ChoiceField(
        label="Sexe",
        choices=Sex.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sexe.", "invalid_choice": "Choisissez le sexe."},
    )
    consultation_type = forms.ChoiceField(
        label="Type de consultation",
        choices=ConsultationType.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le type de consultation."},
    )
    reason = forms.ChoiceField(label="Motif", required=False)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        help_text="Pour recevoir la confirmation.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "invalid": "Cette adresse n’est pas complète\u00a0: écrivez-la comme nom@exemple.fr.",
            "max_length": "Cette adresse est trop longue\u00a0: vérifiez-la.",
            "null_characters_not_allowed": "Cette adresse contient un caractère invisible\u00a0: retapez-la.",
        },
    )
    note = Paragraph(
        label="Message pour le praticien",
        required=False,
        max_length=1000,
        help_text="Lu par le cabinet seulement. Jamais transmis au SAS.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    birth_name = Line(label="Nom de naissance", required=False, max_length=100, checks=(no_markup, some_letter))
    birth_place = Line(label="Commune de naissance", required=False, max_length=100, checks=(no_markup,))
    nir = Line(
        label="Numéro de sécurité sociale",
        required=False,
        max_length=40,
        help_text="13 chiffres et la clé à 2 chiffres.",
    )
    address = Line(label="Adresse", required=False, max_length=300, checks=(no_markup,))

    def __init__(
        self,
        *args: Any,
        modes: Sequence[ConsultationType],
        reasons: Iterable[OfferedReason],
        region: str = "FR",
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("request_id", uuid.uuid4())
        if not self.is_bound:
            # The caller is already talking. (A refused form has its summary of errors focused instead.)
            self.fields["family_name"].widget.attrs["autofocus"] = True
        self.region = region
        self._offer(modes, reasons)

    def offer(self, modes: Sequence[ConsultationType], reasons: Iterable[OfferedReason]) -> None:
        """Judge what was typed by what the slot offers, as it turned out."""
        self._offer(modes, reasons)
        self.full_clean()

    def _offer(self, modes: Sequence[ConsultationType], reasons: Iterable[OfferedReason]) -> None:
        self.modes, self.reasons = modes, list(reasons)
        offered = listed([quoted(str(mode.label)) for mode in modes], "ou")
        mode_field, reason_field = self._choices("consultation_type"), self._choices("reason")
        mode_field.choices = [(mode.value, mode.label) for mode in modes]
        mode_field.error_messages["invalid_choice"] = (
            f"Ce créneau est proposé {offered}\u00a0: voyez avec le patient, puis confirmez."
        )
        reason_field.choices = [("", "Non précisé"), *((str(reason.id), reason.label) for reason in self.reasons)]
        reason_field.error_messages["invalid_choice"] = (
            "Ce motif n’est pas proposé sur ce créneau\u00a0: choisissez-en un autre."
        )

    @property
    def has_details(self) -> bool:
        """Something of the folded part was typed or is to correct: show it open."""
        return any(self[name].errors or self[name].value() for name in ("birth_name", "birth_place", "nir", "address"))

    @property
    def must_choose_mode(self) -> bool:
        return len(self.modes) > 1 or bool(self["consultation_type"].errors)

    @property
    def single_mode(self) -> str:
        """The only consultation type there is to choose, else blank."""
        return str(self.modes[0]) if len(self.modes) == 1 else ""

    @property
    def at_home_only(self) -> bool:
        return self.single_mode == ConsultationType.HH

    @property
    def wrong_labels(self) -> list[str]:
        """Names of the fields to correct, for people."""
        return [str(self.fields[name].label) for name in self.errors if name in self.fields]

    def clean_request_id(self) -> uuid.UUID:
        """A form without a usable name gets a new one: it can only fail to be recognised when sent twice."""
        try:
            return uuid.UUID(self.cleaned_data["request_id"] or "")
        except ValueError:
            return uuid.uuid4()

    def clean_birth_date(self) -> date:
        today = timezone.localdate()
        birth = _read(lambda text: parse_birth_date(text, today=today), self.cleaned_data["birth_date"])
        if birth.born is None or birth.precision is not Precision.DAY:
            raise ValidationError("Indiquez le jour, le mois et l’année de naissance, comme 03/07/1984.")
        return birth.born

    def clean_phone(self) -> str:
        return _read(lambda text: read_phone(text, self.region), self.cleaned_data["phone"])

    def clean_nir(self) -> str:
        text = self.cleaned_data["nir"]
        return _read(parse_nir, text) if text else ""

    def clean(self) -> None:
        at_home = self.cleaned_data.get("consultation_type") == ConsultationType.HH
        if at_home and not self.cleaned_data.get("address") and "address" not in self.errors:
            self.add_error("address", "Indiquez l’adresse du patient\u00a0: la consultation est à domicile.")

    def patient(self) -> Patient:
        data = self.cleaned_data
        return Patient(**{name: data[name] for name in Patient.__slots__})

    def visit(self) -> Visit:
        """What is asked for, for the services."""
        return Visit(
            patient=self.patient(),
            consultation_type=ConsultationType(self.cleaned_data["consultation_type"]),
            reason_id=uuid.UUID(self.cleaned_data["reason"]) if self.cleaned_data["reason"] else None,
            request_id=self.cleaned_data["request_id"],
        )

    def is_patient_of(self, appointment: Appointment) -> bool:
        """False when the form had booked before and was then filled in anew: the first booking stands, the second is nobody's."""
        return all(getattr(appointment, name) == value for name, value in self.patient().as_fields().items())

    def reason_label(self) -> str:
        """Of the reason chosen, as far as it was understood; blank when none was."""
        chosen = self.cleaned_data.get("reason", "")
        return next((reason.label for reason in self.reasons if str(reason.id) == chosen), "")

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker
        return field


def _read(parse: Callable[[str], Value], text: str) -> Value:
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
