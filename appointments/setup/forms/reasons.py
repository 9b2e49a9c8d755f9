"""What the practice types to describe a reason, and where it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.french import NBSP
from appointments.enums import ConsultationType, ReasonColour
from appointments.models import Reason, ReasonAt, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.services.reasons import Done, Wording
from appointments.setup.forms.fields import count_field
from appointments.setup.forms.versions import VersionedForm
from appointments.text_fields import Line, Paragraph, no_markup

_LASTS = "Un motif dure de 5 minutes à 4 heures."


@dataclass(frozen=True, slots=True)
class AtOne:
    """The fields of one agenda."""

    schedule: Schedule
    done: forms.BoundField
    minutes: forms.BoundField
    buffer: forms.BoundField


class ReasonForm(VersionedForm):
    """`schedules` are the agendas of the reason's organization that the person manages, with their names (`agenda_names`).

    `wording()` gives the value for the services.
    """

    label = Line(label="Libellé", max_length=100, missing="Nommez le motif.", checks=(no_markup,))
    minutes = count_field(
        "Durée (minutes)", least=SHORTEST, most=LONGEST, said=_LASTS, help_text="Ce qui est déjà pris garde la sienne."
    )
    sign = Line(
        label="Signe",
        max_length=4,
        required=False,
        help_text="4 caractères au plus, à côté de la couleur.",
        checks=(no_markup,),
    )
    colour = forms.ChoiceField(
        label="Couleur",
        choices=ReasonColour.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une couleur.", "invalid_choice": "Cette couleur n’existe pas."},
    )
    consultation_types = forms.TypedMultipleChoiceField(
        label="Modes",
        choices=ConsultationType.choices,
        coerce=ConsultationType,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un mode de consultation."},
    )
    instructions = Paragraph(
        label="Consignes avant la venue", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    active = forms.BooleanField(label="Proposé", required=False)

    def __init__(
        self, *args: Any, schedules: Sequence[tuple[Schedule, str]], reason: Reason | None = None, **options: Any
    ) -> None:
        self.schedules = [one for one, _ in schedules]
        super().__init__(*args, **{"initial": self._new() if reason is None else self.values_of(reason)} | options)
        if reason is None:
            del self.fields["active"]
        for one, name in schedules:
            at = one.id.hex
            self.fields[f"done_{at}"] = forms.BooleanField(label=name, required=False)
            self.fields[f"minutes_{at}"] = count_field(
                f"{name}, durée ici (minutes)", least=SHORTEST, most=LONGEST, said=_LASTS, required=False
            )
            self.fields[f"buffer_{at}"] = count_field(
                f"{name}, temps après (minutes)", least=0, most=LONGEST, said="De 0 minute à 4 heures.", required=False
            )

    def values_of(self, row: Reason) -> dict[str, Any]:
        done = {at.schedule_id: at for at in row.done_at.all()}
        values = {name: getattr(row, name) for name in _COLUMNS}
        for one in self.schedules:
            values |= _at(one, done.get(one.id, ReasonAt(active=False)))
        return values

    def _new(self) -> dict[str, Any]:
        values = {"minutes": 15, "consultation_types": [ConsultationType.AMB.value], "colour": ReasonColour.SLATE}
        for one in self.schedules:
            values |= _at(one, ReasonAt())
        return values

    @property
    def places(self) -> list[AtOne]:
        return [AtOne(one, *(self[f"{name}_{one.id.hex}"] for name in _THERE)) for one in self.schedules]

    def clean(self) -> None:
        known = {f"{name}_{one.id.hex}" for name in _THERE for one in self.schedules}
        if any(name.startswith(tuple(f"{one}_" for one in _THERE)) and name not in known for name in self.data):
            self.add_error(None, f"Un des lieux n’est plus le vôtre{NBSP}: relisez les autres, puis enregistrez.")

    def wording(self) -> Wording:
        data = self.cleaned_data
        return Wording(
            label=data["label"],
            minutes=data["minutes"],
            consultation_types=tuple(data["consultation_types"]),
            colour=ReasonColour(data["colour"]),
            sign=data["sign"],
            instructions=data["instructions"],
            active=data.get("active", True),
            done=tuple(
                Done(one.id, data[f"done_{at}"], data[f"minutes_{at}"], data[f"buffer_{at}"] or 0)
                for one, at in ((one, one.id.hex) for one in self.schedules)
                # What the page did not have stays as it is.
                if f"minutes_{at}" in self.data
            ),
        )


def _at(schedule: Schedule, done: ReasonAt) -> dict[str, Any]:
    at = schedule.id.hex
    return {f"done_{at}": done.active, f"minutes_{at}": done.minutes, f"buffer_{at}": done.buffer_after}


# The fields of each agenda, by its id: places come, go and change their order between the page and its answer.
_THERE = ("done", "minutes", "buffer")
_COLUMNS = (
    "version", "label", "minutes", "sign", "colour", "consultation_types", "instructions", "active",
)  # fmt: skip
