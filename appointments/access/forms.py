"""What a manager or a practitioner types to say who may do what."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.models import Delegation, Membership
from accounts.models.access import GRANTABLE
from accounts.services.access import last_day
from accounts.zones import beside
from appointments.access.selectors import AgendaAccess
from appointments.days import LAST_DAY
from appointments.openings.recurrence import instant
from appointments.version_field import VersionField


class SayForm(forms.Form):
    """`has_aged`: it was opened on an older version of what it changes."""

    has_aged = False


class ChangeForm(SayForm):
    """Of what there is already: a role, an access."""

    version = VersionField()

    def go_on_from(self, version: int) -> None:
        """The page shows this one: sent again, what was typed is meant to take its place."""
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(version)  # type: ignore[index]


class MemberForm(SayForm):
    email = forms.EmailField(
        label="Adresse e-mail",
        error_messages={
            "required": "Indiquez l’adresse e-mail.",
            "invalid": "Cette adresse n’est pas lisible\u00a0: écrivez-la comme prenom.nom@exemple.fr.",
        },
    )
    first_name = forms.CharField(label="Prénom", max_length=100, required=False)
    last_name = forms.CharField(label="Nom", max_length=100, required=False)
    role = forms.TypedChoiceField(
        label="Rôle",
        choices=Role.choices,
        coerce=Role,
        initial=Role.MEMBER,
        error_messages={"required": "Choisissez un rôle.", "invalid_choice": "Ce rôle n’existe pas."},
    )


class RoleForm(ChangeForm):
    role = forms.TypedChoiceField(
        label="Rôle", choices=Role.choices, coerce=Role, error_messages={"invalid_choice": "Ce rôle n’existe pas."}
    )


class AccessForm(SayForm):
    """`until` is the moment at which the last day ends at the clock of `zone`, that of the organization."""

    level = forms.TypedChoiceField(
        label="Peut",
        choices=[(one.value, one.label) for one in GRANTABLE],
        coerce=lambda value: Level(int(value)),
        error_messages={
            "required": "Choisissez ce que cette personne peut faire.",
            "invalid_choice": "Cet accès n’existe pas\u00a0: choisissez-en un autre.",
        },
    )
    until = forms.DateField(
        label="Jusqu’au",
        required=False,
        help_text="Ce jour compris. Vide\u00a0: sans fin.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026."},
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        if told := beside(zone):
            self.fields["until"].help_text = f"Ce jour compris, {told}. Vide\u00a0: sans fin."

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        if day > LAST_DAY:
            raise forms.ValidationError("Cette date est trop loin\u00a0: laissez-la vide pour un accès sans fin.")
        if day < timezone.localdate(timezone=self.zone):
            raise forms.ValidationError("Cette date est passée\u00a0: choisissez-en une à venir, ou retirez l’accès.")
        return instant(day + timedelta(days=1), time.min, self.zone)


class ChangeAccessForm(ChangeForm, AccessForm):
    def __init__(self, *args: Any, delegation: Delegation, **options: Any) -> None:
        ends = delegation.until
        initial = {
            "level": delegation.level,
            "until": last_day(ends) if ends is not None else None,
            "version": delegation.version,
        }
        super().__init__(*args, **{"initial": initial} | options)


class GrantForm(AccessForm):
    """`members`: to whom, `agendas`: where the person may say so."""

    user = forms.TypedChoiceField(
        label="Membre",
        coerce=int,
        error_messages={
            "required": "Choisissez un membre.",
            "invalid_choice": "Cette personne n’est pas membre de la structure\u00a0: ajoutez-la d’abord.",
        },
    )
    agenda = forms.ChoiceField(
        label="Agenda",
        error_messages={
            "required": "Choisissez un agenda.",
            "invalid_choice": "Cet agenda n’est pas proposé\u00a0: choisissez-en un autre.",
        },
    )
    field_order = ("user", "agenda", "level", "until")

    def __init__(
        self, *args: Any, members: Sequence[Membership], agendas: Sequence[AgendaAccess], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.agendas = {one.key: one for one in agendas}
        people = [(str(one.user_id), f"{one.user} ({one.user.email})") for one in members]
        self.fields["user"].choices = [("", "Choisir…"), *people]  # type: ignore[attr-defined]
        titles = [(one.key, one.title) for one in agendas]
        self.fields["agenda"].choices = [("", "Choisir…"), *titles]  # type: ignore[attr-defined]
        self.fields["level"].initial = Level.BOOK.value

    def agenda_chosen(self) -> AgendaAccess:
        return self.agendas[self.cleaned_data["agenda"]]
