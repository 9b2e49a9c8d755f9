"""What hands type of a patient, turned into values, each refusal a French sentence. Only the shape is judged here."""

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.phones import read_phone
from appointments.enums import Sex
from appointments.patients.identity import parse_birth_date, parse_nir
from appointments.patients.values import PatientDetails

Value = TypeVar("Value")

# Marks that turn the text around them: a name could be made to read as another.
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def no_invisible_character(value: str) -> None:
    for character in value:
        control = unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t"
        # U+FFFD stands for bytes that were no text.
        if control or character == "\ufffd" or unicodedata.bidirectional(character) in _TURNING:
            raise ValidationError("Ce texte contient un caractère invisible\u00a0: effacez-le et retapez-le.")


def no_markup(value: str) -> None:
    if "<" in value or ">" in value:
        raise ValidationError("Les signes < et > ne sont pas acceptés ici\u00a0: retirez-les.")


def some_letter(value: str) -> None:
    if not any(character.isalpha() for character in value):
        raise ValidationError("Un nom contient au moins une lettre\u00a0: vérifiez-le.")


class Line(forms.CharField):
    """One line of text: blanks collapsed, letters composed, no control character, at most `max_length`."""

    collapse = True

    def __init__(self, *, missing: str = "", checks: tuple[Callable[[str], None], ...] = (), **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
        super().__init__(error_messages={"required": missing}, **options)
        # Replaces Django's own, whose sentences are not in this house's words.
        self.validators = [no_invisible_character, self._short_enough, *checks]

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", str(super().to_python(value) or ""))
        return " ".join(text.split()) if self.collapse else text.replace("\r\n", "\n")

    def _short_enough(self, value: str) -> None:
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(
                f"Ce texte a {len(value)}\u00a0caractères\u00a0: raccourcissez-le à {self.max_length} au plus."
            )


class Paragraph(Line):
    """Several lines; signs like < are a physician's own here (« SpO2 < 92 % »)."""

    collapse = False


class PatientForm(forms.Form):
    """A patient as given over the phone or the counter. A phone is read as people of `region` dial it (`accounts.phones`)."""

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
    caller = Line(
        label="Qui appelle",
        required=False,
        max_length=100,
        help_text="Si ce téléphone n’est pas celui du patient\u00a0: sa fille, un voisin…",
        checks=(no_markup,),
    )
    sex = forms.ChoiceField(
        label="Sexe",
        choices=Sex.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sexe.", "invalid_choice": "Choisissez le sexe."},
    )
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
    birth_name = Line(label="Nom de naissance", required=False, max_length=100, checks=(no_markup, some_letter))
    birth_place = Line(label="Commune de naissance", required=False, max_length=100, checks=(no_markup,))
    nir = Line(
        label="Numéro de sécurité sociale",
        required=False,
        max_length=40,
        help_text="13 chiffres et la clé à 2 chiffres.",
    )
    address = Line(label="Adresse", required=False, max_length=300, checks=(no_markup,))

    def __init__(self, *args: Any, region: str = "FR", **options: Any) -> None:
        super().__init__(*args, **options)
        self.region = region

    @property
    def has_details(self) -> bool:
        """Something of the folded part was typed or is to correct: show it open."""
        return any(self[name].errors or self[name].value() for name in ("birth_name", "birth_place", "nir", "address"))

    @property
    def wrong_labels(self) -> list[str]:
        """Names of the fields to correct, for people."""
        return [str(self.fields[name].label) for name in self.errors if name in self.fields]

    def clean_birth_date(self) -> date:
        today = timezone.localdate()
        return _read(lambda text: parse_birth_date(text, today=today), self.cleaned_data["birth_date"])

    def clean_phone(self) -> str:
        return _read(lambda text: read_phone(text, self.region), self.cleaned_data["phone"])

    def clean_nir(self) -> str:
        text = self.cleaned_data["nir"]
        return _read(parse_nir, text) if text else ""

    def patient(self) -> PatientDetails:
        data = self.cleaned_data
        return PatientDetails(**{name: data[name] for name in PatientDetails.__slots__})


def _read(parse: Callable[[str], Value], text: str) -> Value:
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
