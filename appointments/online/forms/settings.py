"""What a manager says of online booking."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import URLValidator

from accounts.models import Organization
from accounts.models.organization import LONGEST_CUTOFF
from appointments.models import Schedule
from appointments.online.services.settings import Online
from appointments.setup.forms.versions import VersionedForm

_GONE = "Un des agendas n’est plus de ce cabinet\u00a0: relisez les autres."
_ADDRESS = "Ce lien n’est pas lisible\u00a0: écrivez-le comme https://visio.example/salle."
_HOURS = f"Écrivez un nombre d’heures, de 0 à {LONGEST_CUTOFF}."


def _agendas(label: str) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label,
        coerce=uuid.UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _GONE},
    )


class OnlineForm(VersionedForm):
    """`agendas`: those that the person manages there, with the names by which they are told apart."""

    booking = forms.BooleanField(label="Les patients prennent rendez-vous en ligne", required=False)
    cutoff = forms.IntegerField(
        label="Déplacer ou annuler en ligne, jusqu’à",
        min_value=0,
        max_value=LONGEST_CUTOFF,
        help_text="Heures avant le rendez-vous. Ensuite, le patient appelle.",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _HOURS),
    )
    online = _agendas("Réservés en ligne")
    new_patients = _agendas("Nouveaux patients acceptés en ligne")

    def __init__(
        self, *args: Any, organization: Organization, agendas: Sequence[tuple[Schedule, str]], **options: Any
    ) -> None:
        self.agendas = [one for one, _ in agendas]
        super().__init__(*args, **{"initial": self.values_of(organization)} | options)
        for name in ("online", "new_patients"):
            self.fields[name].choices = [(str(one.pk), label) for one, label in agendas]  # type: ignore[attr-defined]
        for one, label in agendas:
            self.fields[_video(one)] = forms.URLField(
                label=label,
                required=False,
                max_length=200,
                assume_scheme="https",
                validators=[URLValidator(schemes=["https"], message=_ADDRESS)],
                error_messages={"invalid": _ADDRESS},
            )

    @property
    def video_links(self) -> list[forms.BoundField]:
        return [self[_video(one)] for one in self.agendas]

    def values_of(self, row: Any) -> Mapping[str, Any]:
        return {
            "version": row.version,
            "booking": row.online_booking,
            "cutoff": row.online_cutoff_hours,
            "online": [str(one.pk) for one in self.agendas if one.online_booking],
            "new_patients": [str(one.pk) for one in self.agendas if one.new_patients],
            **{_video(one): one.video_link for one in self.agendas},
        }

    def asked(self) -> Online:
        data = self.cleaned_data
        links = {one.pk: data[_video(one)] for one in self.agendas}
        return Online(data["booking"], data["cutoff"], set(data["online"]), set(data["new_patients"]), links)


def _video(schedule: Schedule) -> str:
    return f"video_{schedule.pk.hex}"
