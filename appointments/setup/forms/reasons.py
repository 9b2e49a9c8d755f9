"""What the practice types to describe a reason, and where it is done."""

from collections.abc import Sequence
from typing import Any

from django import forms

from appointments.enums import ConsultationType, ReasonColour
from appointments.models import Reason, ReasonAt, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.services.reasons import Done, Wording
from appointments.setup.forms.fields import count_field
from appointments.setup.forms.versions import VersionedForm
from appointments.text_fields import Line, Paragraph, no_markup

_LASTS = "Un motif dure de 5 minutes à 4 heures."


class ReasonForm(VersionedForm):
    """`schedules` are the practitioner's agendas in the reason's organization. `wording()` gives the value for the services."""

    label = Line(label="Libellé", max_length=100, missing="Nommez le motif.", checks=(no_markup,))
    minutes = count_field("Durée (minutes)", least=SHORTEST, most=LONGEST, said=_LASTS)
    consultation_types = forms.TypedMultipleChoiceField(
        label="Modes",
        choices=ConsultationType.choices,
        coerce=ConsultationType,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un mode de consultation."},
    )
    colour = forms.ChoiceField(label="Couleur", choices=[("", "Aucune"), *ReasonColour.choices], required=False)
    sign = Line(label="Signe", max_length=4, required=False, help_text="4 caractères au plus.", checks=(no_markup,))
    position = count_field(
        "Rang dans la liste", least=0, most=999, said="Le rang est un nombre de 0 à 999.", required=False
    )
    instructions = Paragraph(
        label="Consignes", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    active = forms.BooleanField(label="Proposé", required=False)

    def __init__(
        self,
        *args: Any,
        schedules: Sequence[Schedule],
        reason: Reason | None = None,
        **options: Any,
    ) -> None:
        self.schedules = schedules
        super().__init__(*args, **{"initial": self._new() if reason is None else self.values_of(reason)} | options)
        for count, one in enumerate(schedules):
            place = one.location.name
            self.fields[f"done_{count}"] = forms.BooleanField(label=f"Proposé à {place}", required=False)
            self.fields[f"minutes_{count}"] = count_field(
                f"{place}, durée ici (minutes)", least=SHORTEST, most=LONGEST, said=_LASTS, required=False
            )
            self.fields[f"buffer_{count}"] = count_field(
                f"{place}, temps après (minutes)", least=0, most=LONGEST, said="De 0 minute à 4 heures.", required=False
            )

    def values_of(self, row: Reason) -> dict[str, Any]:
        done = {at.schedule_id: at for at in row.done_at.all()}
        values = {name: getattr(row, name) for name in _COLUMNS}
        for count, one in enumerate(self.schedules):
            values |= _at(count, done.get(one.id, ReasonAt(active=False)))
        return values

    def _new(self) -> dict[str, Any]:
        values = {"minutes": 15, "consultation_types": ConsultationType.values, "position": 0, "active": True}
        for count in range(len(self.schedules)):
            values |= _at(count, ReasonAt())
        return values

    @property
    def places(self) -> list[list[forms.BoundField]]:
        """The fields of each agenda."""
        names = ("done", "minutes", "buffer")
        return [[self[f"{name}_{count}"] for name in names] for count in range(len(self.schedules))]

    def wording(self) -> Wording:
        data = self.cleaned_data
        return Wording(
            label=data["label"],
            minutes=data["minutes"],
            consultation_types=tuple(data["consultation_types"]),
            colour=data["colour"],
            sign=data["sign"],
            position=data["position"] or 0,
            instructions=data["instructions"],
            active=data["active"],
            done=tuple(
                Done(one.id, data[f"done_{count}"], data[f"minutes_{count}"], data[f"buffer_{count}"] or 0)
                for count, one in enumerate(self.schedules)
            ),
        )


def _at(count: int, done: ReasonAt) -> dict[str, Any]:
    return {f"done_{count}": done.active, f"minutes_{count}": done.minutes, f"buffer_{count}": done.buffer_after}


_COLUMNS = (
    "version", "label", "minutes", "consultation_types", "colour", "sign", "position", "instructions", "active",
)  # fmt: skip
