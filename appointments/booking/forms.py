"""The booking form: the patient as given over the phone, and what they come for.

Only the shape is judged here; whether the slot is still free is the service's business.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from accounts.french import listed, quoted
from appointments.booking.services.booking import Visit
from appointments.enums import ConsultationType
from appointments.models import Appointment, Reason
from appointments.patients.forms import PatientForm, read_typed_phone
from appointments.slots.values import ReasonDone
from appointments.text_fields import Line, Paragraph, no_markup

# One read with its slot, or one of the agenda's when the slot is gone.
OfferedReason = Reason | ReasonDone


class BookingForm(PatientForm):
    """`modes` and `reasons` are those one may choose: what the slot offers, or all there are when it is no longer free."""

    PATIENT = "patient"
    who_calls = forms.ChoiceField(
        label="Qui appelle\u202f?",
        required=False,
        choices=[(PATIENT, "Le patient"), ("autre", "Un proche"), ("pro", "Un soignant")],
        initial=PATIENT,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Dites qui appelle."},
    )
    caller = Line(
        label="Lien avec le patient, et son nom",
        required=False,
        max_length=100,
        help_text="Mère, voisin, infirmière… puis le nom s’il le donne.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "liens"}),
        checks=(no_markup,),
    )
    caller_phone = Line(
        label="Son numéro",
        required=False,
        max_length=40,
        help_text="Affiché par votre téléphone\u00a0: recopiez-le.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"}),
    )
    request_id = forms.Field(required=False, widget=forms.HiddenInput)
    consultation_type = forms.ChoiceField(
        label="Type de consultation",
        choices=ConsultationType.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le type de consultation."},
    )
    reason = forms.ChoiceField(label="Motif", required=False)
    note = Paragraph(
        label="Message pour le praticien",
        required=False,
        max_length=1000,
        help_text="Lu par le cabinet seulement. Jamais transmis au SAS.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    # As the caller tells it; the rest of the identity comes last.
    field_order: tuple[str, ...] = (
        "request_id", "who_calls", "caller", "caller_phone", "family_name", "given_name", "birth_date", "phone", "sex",
        "no_given_name", "no_phone",
        "consultation_type", "reason", "email", "note", "birth_name", "birth_place", "nir", "address",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        modes: Sequence[ConsultationType],
        reasons: Iterable[OfferedReason],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("request_id", uuid.uuid4())
        self._offer(modes, reasons)
        if not self.is_bound:
            # The caller is already talking. (Of a refused form it is the first field that is wrong.)
            self.fields["reason" if self.reason_first else "family_name"].widget.attrs["autofocus"] = True

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
    def must_choose_mode(self) -> bool:
        return len(self.modes) > 1 or bool(self["consultation_type"].errors)

    @property
    def single_mode(self) -> str:
        """The only consultation type there is to choose, else blank."""
        return str(self.modes[0]) if len(self.modes) == 1 else ""

    @property
    def reason_first(self) -> bool:
        """The reason says how long the visit is."""
        return len({reason.minutes for reason in self.reasons}) > 1

    @property
    def may_be_at_home(self) -> bool:
        return ConsultationType.HH in self.modes

    @property
    def at_home_only(self) -> bool:
        return self.single_mode == ConsultationType.HH

    def clean_request_id(self) -> uuid.UUID:
        """A form without a usable name gets a new one: it can only fail to be recognised when sent twice."""
        try:
            return uuid.UUID(self.cleaned_data["request_id"] or "")
        except ValueError:
            return uuid.uuid4()

    def clean_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["phone"], self.zone, whose=str(self.fields["caller"].label))

    def clean_caller_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["caller_phone"], self.zone, whose=str(self.fields["caller"].label))

    @property
    def is_reached_otherwise(self) -> bool:
        return bool(self.cleaned_data.get("caller_phone"))

    def clean(self) -> None:
        if self.cleaned_data.get("who_calls") == self.PATIENT:
            # Not asked then.
            self.cleaned_data |= {"caller": "", "caller_phone": ""}
            self.errors.pop("caller", None)
            self.errors.pop("caller_phone", None)
        elif self.cleaned_data.get("who_calls") and not self.cleaned_data.get("caller") and "caller" not in self.errors:
            self.add_error("caller", "Dites le lien de qui appelle avec le patient.")
        super().clean()
        at_home = self.cleaned_data.get("consultation_type") == ConsultationType.HH
        if at_home and not self.cleaned_data.get("address") and "address" not in self.errors:
            self.add_error("address", "Indiquez l’adresse du patient\u00a0: la consultation est à domicile.")

    def visit(self) -> Visit:
        """What is asked for, for the services."""
        return Visit(
            patient=self.patient(),
            consultation_type=ConsultationType(self.cleaned_data["consultation_type"]),
            reason_id=uuid.UUID(self.cleaned_data["reason"]) if self.cleaned_data["reason"] else None,
            request_id=self.cleaned_data["request_id"],
            caller=self.cleaned_data["caller"],
            caller_phone=self.cleaned_data["caller_phone"],
            note=self.cleaned_data["note"],
        )

    def is_patient_of(self, appointment: Appointment) -> bool:
        """False when the form had booked before and was then filled in anew: the first booking stands, the second is nobody's."""
        booked = appointment.given_as or appointment.patient
        same = all(getattr(booked, name) == value for name, value in self.patient().as_fields().items())
        return same and appointment.note == self.cleaned_data["note"]

    def reason_label(self) -> str:
        """Of the reason chosen, as far as it was understood; blank when none was."""
        chosen = self.cleaned_data.get("reason", "")
        return next((reason.label for reason in self.reasons if str(reason.id) == chosen), "")

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker
        return field
