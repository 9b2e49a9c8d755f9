"""What hands type of a patient, turned into values, each refusal a French sentence. Only the shape is judged here."""

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.phones import read_phone, written
from accounts.zones import region_of
from appointments.enums import NoGivenName, NoPhone, Sex
from appointments.models import Patient
from appointments.patients.identity import BirthDate, Precision, parse_birth_date, parse_nir
from appointments.patients.selectors import birth_of
from appointments.patients.values import PatientDetails
from appointments.text_fields import Line, no_markup, some_letter
from appointments.version_field import VersionField

Value = TypeVar("Value")


class Email(forms.EmailField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "off"}),
            error_messages={
                "invalid": "Cette adresse n’est pas complète\u00a0: écrivez-la comme nom@exemple.fr.",
                "max_length": "Cette adresse est trop longue\u00a0: vérifiez-la.",
                "null_characters_not_allowed": "Cette adresse contient un caractère invisible\u00a0: retapez-la.",
            },
            **options,
        )


# Who it is; the rest says how they are reached.
IDENTITY = ("family_name", "given_name", "no_given_name", "birth_date", "sex", "birth_name", "birth_place", "nir")


class PatientForm(forms.Form):
    """A patient as given over the phone or the counter: what is missing is said to be.

    A phone is read as people dial it at a place of this `zone`, and « today » is its day.
    """

    family_name = Line(
        label="Nom de famille",
        max_length=100,
        missing="Indiquez le nom de famille.",
        checks=(no_markup, some_letter),
    )
    given_name = Line(label="Prénom", max_length=100, required=False, checks=(no_markup, some_letter))
    no_given_name = forms.ChoiceField(
        label="Sans prénom",
        required=False,
        choices=[("", "Non"), *NoGivenName.choices],
        error_messages={"invalid_choice": "Choisissez pourquoi le prénom manque."},
    )
    birth_date = Line(
        label="Date de naissance",
        max_length=40,
        missing="Indiquez la date de naissance, l’année ou l’âge\u00a0; sinon écrivez «\u00a0inconnue\u00a0».",
        help_text="Exemple\u00a0: 03/07/1984, 1984, 34\u00a0ans ou inconnue",
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-birth-date": ""}),
    )
    phone = Line(
        label="Téléphone",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"}),
    )
    no_phone = forms.ChoiceField(
        label="Sans téléphone",
        required=False,
        choices=[("", "Non"), *NoPhone.choices],
        error_messages={"invalid_choice": "Choisissez pourquoi le téléphone manque."},
    )
    caller = Line(
        label="À qui est ce numéro",
        required=False,
        max_length=100,
        help_text="S’il n’est pas au patient\u00a0: sa fille, un voisin…",
        checks=(no_markup,),
    )
    sex = forms.ChoiceField(
        label="Sexe",
        choices=Sex.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sexe.", "invalid_choice": "Choisissez le sexe."},
    )
    email = Email(label="E-mail", help_text="Pour recevoir la confirmation.")
    birth_name = Line(label="Nom de naissance", required=False, max_length=100, checks=(no_markup, some_letter))
    birth_place = Line(label="Commune de naissance", required=False, max_length=100, checks=(no_markup,))
    nir = Line(
        label="Numéro de sécurité sociale",
        required=False,
        max_length=40,
        help_text="13 chiffres suffisent\u00a0: la clé est calculée.",
    )
    address = Line(label="Adresse", required=False, max_length=300, checks=(no_markup,))

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone

    @property
    def has_details(self) -> bool:
        """Something of the folded part was typed or is to correct: show it open."""
        return self._shows("birth_name", "birth_place", "nir", "address")

    @property
    def lacks_something(self) -> bool:
        """A given name or a phone is said to be missing, or misses without a word: show where that is said."""
        misses = any(self[name].errors and not self[name].value() for name in ("given_name", "phone"))
        return misses or self._shows("no_given_name", "no_phone")

    def _shows(self, *names: str) -> bool:
        return any(self[name].errors or self[name].value() for name in names if name in self.fields)

    @property
    def wrong_labels(self) -> list[str]:
        """Names of the fields to correct, for people."""
        return [str(self.fields[name].label) for name in self.errors if name in self.fields]

    def clean_birth_date(self) -> BirthDate:
        today = timezone.localdate(timezone=self.zone)
        return _read(lambda text: parse_birth_date(text, today=today), self.cleaned_data["birth_date"])

    def clean_phone(self) -> str:
        return read_typed_phone(self.cleaned_data["phone"], self.zone)

    def clean_nir(self) -> str:
        """A wrong key is asked again, and blocks nothing: who reads it out on the phone may have no better."""
        text = self.cleaned_data["nir"]
        return _read(lambda text: parse_nir(text, any_key=True), text) if text else ""

    def clean(self) -> None:
        self._said_or_missing(
            "given_name", "no_given_name", "Indiquez le prénom, ou dites qu’il n’y en a pas.",
            "Un prénom est saisi\u00a0: effacez-le, ou remettez «\u00a0Non\u00a0».",
        )  # fmt: skip
        self._said_or_missing(
            "phone", "no_phone", "Indiquez un téléphone où joindre le patient, ou dites qu’il n’y en a pas.",
            "Un téléphone est saisi\u00a0: effacez-le, ou remettez «\u00a0Non\u00a0».",
        )  # fmt: skip

    def patient(self) -> PatientDetails:
        data = self.cleaned_data
        birth: BirthDate = data["birth_date"]
        plain = {
            name: data[name] for name in PatientDetails.__slots__ if name not in {"birth_date", "birth_date_precision"}
        }
        return PatientDetails(birth_date=birth.born, birth_date_precision=str(birth.precision), **plain)

    @property
    def is_reached_otherwise(self) -> bool:
        """Without a phone of the patient's own."""
        return False

    def _said_or_missing(self, name: str, why: str, missing: str, both: str) -> None:
        if name in self.errors or why in self.errors or name not in self.fields:
            return
        said, reason = self.cleaned_data.get(name), self.cleaned_data.get(why)
        if not said and not reason and not (name == "phone" and self.is_reached_otherwise):
            self.add_error(name, missing)
        elif said and reason:
            self.add_error(why, both)


class CorrectionForm(PatientForm):
    """What is known of a patient, to be corrected. `initial` comes from `as_typed`."""

    patient_version = VersionField()

    def __init__(self, *args: Any, patient: Patient, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["patient_version"] = patient.version
        self.known = patient

    def differences(self) -> list[tuple[str, str]]:
        """Of what was typed otherwise, how it is now: label and value."""
        found = []
        for name in self.changed_data:
            bound, now = self[name], self.initial.get(name, "")
            # What writes a phone shows other spaces than what reads it.
            if not bound.is_hidden and isinstance(now, str) and _spaced(bound.data) != _spaced(now):
                words = dict(getattr(bound.field, "choices", ())).get(now, now)
                found.append((str(bound.label), str(words) if now else "vide"))
        return found

    def clean_birth_date(self) -> BirthDate:
        """Left as it was shown it stays what it is: an age, told today, would be another date."""
        known = birth_of(self.known)
        return known if self.cleaned_data["birth_date"] == _birth_as_typed(known) else super().clean_birth_date()


def _spaced(typed: object) -> str:
    return " ".join(str(typed or "").split())


def as_typed(patient: Patient, zone: ZoneInfo) -> dict[str, str]:
    """A patient as a form of this zone would read them again."""
    texts = {name: str(getattr(patient, name)) for name in PatientDetails.__slots__}
    birth_date = _birth_as_typed(birth_of(patient))
    return texts | {"birth_date": birth_date, "phone": phone_as_typed(patient.phone, zone)}


def phone_as_typed(e164: str, zone: ZoneInfo) -> str:
    """As its country writes it, where that is read as the same number."""
    text = written(e164) if e164 else ""
    try:
        return text if not text or read_phone(text, region_of(zone.key)) == e164 else e164
    except ValueError:
        return e164


def read_typed_phone(text: str, zone: ZoneInfo, **words: str) -> str:
    return _read(lambda text: read_phone(text, region_of(zone.key), **words), text) if text else ""


def _birth_as_typed(birth: BirthDate) -> str:
    if birth.born is None:
        return "inconnue"
    return f"{birth.born:%d/%m/%Y}" if birth.precision is Precision.DAY else birth.words


def _read(parse: Callable[[str], Value], text: str) -> Value:
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
