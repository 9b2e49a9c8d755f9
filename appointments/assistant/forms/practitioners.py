"""What a manager types of who receives in their practice."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.enums import Profession, specialty_choices
from accounts.identifiers import ADELI, RPPS, read_practitioner_number
from accounts.models import Practitioner
from accounts.phones import written
from accounts.selectors.directory import Listed
from accounts.zones import PARIS
from appointments.assistant.forms.fields import PhoneForm, text_line
from appointments.assistant.selectors import doubts_of
from appointments.models import Location
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.services.practitioners import Person
from appointments.text_fields import Line, Paragraph, no_markup, some_letter

_RPPS_LENGTH = 11


class WhoForm(VersionedForm):
    """Step 2: beside who it is, what they are here. `places`: the organization's. `may_be_oneself`: the person's account is no
    practitioner's so far.
    """

    locations = forms.TypedMultipleChoiceField(
        label="Reçoit à",
        coerce=uuid.UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins un lieu.",
            "invalid_choice": "Un des lieux n’est plus du cabinet\u00a0: relisez les autres.",
        },
    )
    is_oneself = forms.BooleanField(label="C’est moi", required=False)
    email = forms.EmailField(
        label="Son adresse e-mail",
        required=False,
        max_length=254,
        help_text="Une invitation y part\u00a0: son agenda s’ouvrira avec son propre mot de passe.",
        error_messages={"invalid": "Cette adresse n’est pas lisible\u00a0: écrivez-la comme prenom.nom@exemple.fr."},
    )

    def __init__(self, *args: Any, places: Sequence[Location], may_be_oneself: bool, **options: Any) -> None:
        one_place = [str(places[0].pk)] if len(places) == 1 else []
        super().__init__(*args, **{"initial": {"locations": one_place}} | options)
        self.fields["locations"].choices = [(str(one.pk), one.name) for one in places]  # type: ignore[attr-defined]
        self.asks_place = len(places) > 1
        if not may_be_oneself:
            del self.fields["is_oneself"]

    def clean(self) -> None:
        if self.cleaned_data.get("is_oneself") and self.cleaned_data.get("email"):
            self.add_error("email", "C’est vous\u00a0: vous avez déjà un compte, laissez cette adresse vide.")


class FoundForm(WhoForm):
    """Somebody of the directory, by their number."""

    found = forms.ChoiceField(
        label="Praticien",
        error_messages={
            "required": "Choisissez un praticien dans la liste.",
            "invalid_choice": "Ce praticien n’est plus dans l’annuaire\u00a0: cherchez-le de nouveau.",
        },
    )

    def __init__(self, *args: Any, listed: Sequence[Listed], **options: Any) -> None:
        super().__init__(*args, **options)
        self.listed = {one.number: one for one in listed}
        self.fields["found"].choices = [(one.number, one.name) for one in listed]  # type: ignore[attr-defined]
        if len(listed) == 1:
            self.initial["found"] = listed[0].number

    @property
    def has_somebody(self) -> bool:
        """Somebody of the list is chosen."""
        return bool(self.data.get("found"))

    def person(self) -> Person:
        one = self.listed[self.cleaned_data["found"]]
        return Person(
            family_name=one.one.family_name[:100],
            given_name=one.one.given_name[:100],
            rpps=one.rpps,
            adeli=one.adeli,
            profession=one.profession,
            title=one.title,
            specialty_codes=tuple(one.specialty_codes),
        )


class PersonForm(PhoneForm):
    """Who somebody is, typed."""

    number = text_line("Numéro RPPS ou ADELI", 40, missing="Indiquez le numéro RPPS, ou ADELI à défaut.")
    title = forms.ChoiceField(label="Civilité", required=False, choices=[("", "Aucune"), ("Dr", "Dr"), ("Pr", "Pr")])
    family_name = Line(
        label="Nom d’exercice", max_length=100, missing="Indiquez le nom d’exercice.", checks=(no_markup, some_letter)
    )
    given_name = Line(label="Prénom", max_length=100, missing="Indiquez le prénom.", checks=(no_markup, some_letter))
    profession = forms.ChoiceField(label="Profession", choices=Profession.choices)
    specialty = forms.ChoiceField(
        label="Spécialité",
        required=False,
        error_messages={"invalid_choice": "Cette spécialité n’existe pas\u00a0: choisissez-la dans la liste."},
    )

    def __init__(self, *args: Any, practitioner: Practitioner | None = None, **options: Any) -> None:
        self.practitioner = practitioner
        if practitioner is not None:
            options["initial"] = {**self.values_of(practitioner), **options.get("initial", {})}
        super().__init__(*args, **options)
        self.fields["specialty"].choices = [("", "Aucune"), *specialty_choices()]  # type: ignore[attr-defined]
        self.fields["number"].widget.attrs["inputmode"] = "numeric"

    def values_of(self, row: Practitioner) -> dict[str, Any]:
        names = ("version", "title", "family_name", "given_name", "profession")
        return {name: getattr(row, name) for name in names} | {
            "number": row.rpps or row.adeli,
            "specialty": next(iter(row.specialty_codes), ""),
        }

    def clean_number(self) -> str:
        found = read_practitioner_number(self.cleaned_data["number"])
        if found is None:
            raise forms.ValidationError("Un RPPS compte 11 chiffres, un numéro ADELI 9\u00a0: relisez-le.")
        return found[1]

    def person(self) -> Person:
        data, known = self.cleaned_data, self.practitioner
        is_rpps = len(data["number"]) == _RPPS_LENGTH
        # Somebody may have both numbers: the one that is not on the page is kept.
        rpps = data["number"] if is_rpps else known.rpps if known is not None else None
        adeli = known.adeli if is_rpps and known is not None else None if is_rpps else data["number"]
        others = known.specialty_codes[1:] if known is not None else []
        chosen = [data["specialty"]] if data["specialty"] else []
        return Person(
            family_name=data["family_name"],
            given_name=data["given_name"],
            rpps=rpps,
            adeli=adeli,
            profession=Profession(data["profession"]),
            title=data["title"],
            specialty_codes=tuple(dict.fromkeys(chosen + others)),
            phone=data.get("phone", ""),
            practical_information=data.get("practical_information", ""),
        )

    @property
    def warnings(self) -> list[str]:
        number = self.cleaned_data["number"]
        return doubts_of((RPPS if len(number) == _RPPS_LENGTH else ADELI, number))


class TypedForm(WhoForm, PersonForm):
    """Somebody whom the directory does not have."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update(title="Dr", profession=Profession.PHYSICIAN)

    @property
    def has_somebody(self) -> bool:
        """Something was typed of who it is."""
        return any(self.data.get(name, "").strip() for name in ("number", "family_name", "given_name", "email"))


class PractitionerForm(PersonForm):
    """One who receives here."""

    phone = text_line("Téléphone", 30, required=False, help_text="Vide\u00a0: celui du lieu, ou du cabinet.")
    practical_information = Paragraph(
        label="À savoir",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Lu par le régulateur\u00a0: accès, paiement, documents à apporter.",
    )

    def values_of(self, row: Practitioner) -> dict[str, Any]:
        phone = written(row.phone) if row.phone else ""
        return super().values_of(row) | {"phone": phone, "practical_information": row.practical_information}

    def clean(self) -> None:
        self.cleaned_data["phone"] = self.read_phone("phone", PARIS)
