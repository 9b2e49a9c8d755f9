"""What a manager types of their practice, and of its places."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.enums import OrganizationKind
from accounts.french import sentence
from accounts.identifiers import FINESS, SIRET, NationalNumber
from accounts.models import Organization, Practitioner
from accounts.phones import written
from accounts.zones import hour_of
from appointments.assistant.forms.fields import PhoneForm, text_line
from appointments.assistant.selectors import doubts_of
from appointments.enums import HolidayCalendar
from appointments.models import Location
from appointments.places.regions import ZONES, region_of_postal_code
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.services.practice import Identity, Place
from appointments.text_fields import Line
from appointments.version_field import VersionField

_KINDS = [one for one in OrganizationKind.choices if one[0] != OrganizationKind.COMMUNITY]
_BY_CODE = "Selon le code postal"


class NumberField(Line):
    """A national number of one kind, typed with or without separators; bare in `cleaned_data`."""

    def __init__(self, kind: NationalNumber, **options: Any) -> None:
        self.kind = kind
        super().__init__(required=False, max_length=40, **options)
        self.widget.attrs |= {"inputmode": "numeric"}

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        bare = self.kind.bare(text)
        if bare is None:
            raise forms.ValidationError(self.kind.told)
        return bare


class PlaceFields(PhoneForm):
    """Where patients come. The holidays and the clock are those of the postal code, unless others are chosen."""

    line = text_line("Adresse", 200, missing="Indiquez le numéro et la rue.")
    postal_code = forms.RegexField(
        r"^\s*[0-9]{5}\s*$",
        label="Code postal",
        error_messages={"required": "Indiquez le code postal.", "invalid": "Le code postal compte 5 chiffres."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    city = text_line("Ville", 100, missing="Indiquez la ville.")
    holidays = forms.ChoiceField(
        label="Jours fériés",
        required=False,
        choices=[("", _BY_CODE), *HolidayCalendar.choices],
        help_text="Le lieu est fermé ces jours-là, sauf si un horaire dit le contraire.",
    )
    access_by_day = text_line("Accès de jour", 300, required=False, help_text="Étage, code, parking…")
    access_by_night = text_line("Accès de nuit", 300, required=False, help_text="Si l’entrée n’est pas la même.")

    def place(self, name: str, *, phone: str, email: str = "", time_zone: str = "") -> Place:
        data = self.cleaned_data
        region = region_of_postal_code(data["postal_code"])
        return Place(
            name=name,
            line=data["line"],
            postal_code=data["postal_code"].strip(),
            city=data["city"],
            time_zone=time_zone or region.time_zone,
            holidays=HolidayCalendar(data["holidays"]) if data["holidays"] else region.holidays,
            phone=phone,
            email=email,
            access_by_day=data["access_by_day"],
            access_by_night=data["access_by_night"],
        )

    @property
    def typed_zone(self) -> str:
        return region_of_postal_code(self.cleaned_data.get("postal_code", "")).time_zone


def place_values(location: Location) -> dict[str, Any]:
    names = ("line", "postal_code", "city", "holidays", "access_by_day", "access_by_night")
    return {name: getattr(location, name) for name in names}


class PracticeForm(PlaceFields):
    """Step 1. `location`: the only place of the organization, where it has one; `has_places`: it has several, each with a form of
    its own, and this one has no address.
    """

    kind = forms.ChoiceField(label="Nature", choices=_KINDS)
    name = text_line("Nom du cabinet", 200, missing="Nommez le cabinet.")
    finess = NumberField(FINESS, label="FINESS", help_text="9 chiffres, celui du site.")
    siret = NumberField(
        SIRET, label="SIRET", help_text="14 chiffres. L’un des deux suffit\u00a0: le SAS vous reconnaît par lui."
    )
    phone = text_line(
        "Téléphone",
        30,
        required=False,
        help_text="Les patients et le SAS y appellent. Il en faut un ici, ou à chaque lieu.",
    )
    place_version = VersionField()

    field_order = ("name", "kind", "finess", "siret", "phone", "line", "postal_code", "city", "holidays")

    def __init__(
        self, *args: Any, organization: Organization, location: Location | None, has_places: bool, **options: Any
    ) -> None:
        self.location = location
        initial = self.values_of(organization)
        super().__init__(*args, **{"initial": initial} | options)
        self.has_address = not has_places
        if has_places:
            for name in PlaceFields.base_fields.keys() - VersionedForm.base_fields.keys():
                del self.fields[name]
        self.fields["phone"].widget.attrs["type"] = "tel"

    def values_of(self, row: Organization) -> dict[str, Any]:
        own = {name: getattr(row, name) for name in ("version", "kind", "name", "finess", "siret")}
        values = own | {"phone": written(row.phone) if row.phone else ""}
        if self.location is not None:
            values |= place_values(self.location) | {"place_version": self.location.version}
        return values

    def clean(self) -> None:
        self.number = self.read_phone("phone", self.typed_zone)

    def compare_with(self, row: Any) -> None:
        super().compare_with(row)
        if self.location is not None:
            self.data["place_version"] = str(self.location.version)  # type: ignore[index]

    def identity(self) -> Identity:
        data = self.cleaned_data
        return Identity(
            name=data["name"],
            kind=OrganizationKind(data["kind"]),
            finess=data["finess"],
            siret=data["siret"],
            phone=self.number,
        )

    @property
    def warnings(self) -> list[str]:
        data = self.cleaned_data
        return doubts_of((FINESS, data["finess"]), (SIRET, data["siret"]))


class PlaceForm(PlaceFields):
    """Step 3. `people`: those of whom the person says whether they receive there."""

    name = text_line("Nom du lieu", 200, missing="Nommez le lieu.")
    time_zone = forms.ChoiceField(
        label="Heure",
        required=False,
        choices=[("", _BY_CODE), *((zone, sentence(hour_of(ZoneInfo(zone)))) for zone in ZONES)],
    )
    phone = text_line("Téléphone", 30, required=False, help_text="Vide\u00a0: celui du cabinet.")
    email = forms.EmailField(
        label="E-mail de ce lieu",
        required=False,
        max_length=254,
        help_text="Les patients le lisent, et leurs réponses à nos messages y arrivent.",
        error_messages={"invalid": "Cette adresse n’est pas lisible\u00a0: écrivez-la comme accueil@exemple.fr."},
    )
    receive = forms.TypedMultipleChoiceField(
        label="Qui y reçoit",
        coerce=uuid.UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Un des praticiens n’est plus de ce cabinet\u00a0: relisez les autres."},
    )

    field_order = ("name", "line", "postal_code", "city", "phone", "email", "holidays", "time_zone")

    def __init__(
        self,
        *args: Any,
        people: Sequence[Practitioner],
        location: Location | None = None,
        receiving: Collection[uuid.UUID] = (),
        initial: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.receiving = [str(one) for one in receiving]
        given = (initial or {}) if location is None else self.values_of(location)
        super().__init__(*args, **{"initial": given} | options)
        self.fields["receive"].choices = [(str(one.pk), str(one)) for one in people]  # type: ignore[attr-defined]
        if location is not None and location.time_zone not in ZONES:
            self.fields["time_zone"].choices += [(location.time_zone, location.time_zone)]  # type: ignore[attr-defined]
        self.among = {one.pk for one in people}

    def values_of(self, row: Location) -> dict[str, Any]:
        own = {name: getattr(row, name) for name in ("version", "name", "time_zone", "email")}
        phone = written(row.phone) if row.phone else ""
        return own | place_values(row) | {"phone": phone, "receive": self.receiving}

    def clean(self) -> None:
        self.number = self.read_phone("phone", self.cleaned_data.get("time_zone") or self.typed_zone)

    def asked(self) -> Place:
        data = self.cleaned_data
        return self.place(data["name"], phone=self.number, email=data["email"], time_zone=data["time_zone"])
