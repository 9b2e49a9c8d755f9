"""What people say of an import: the file and its agenda, which column is what; and the address of another calendar."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.french import quoted
from appointments.enums import ImportPast
from appointments.imports.services.runs import TOO_LARGE
from appointments.imports.values import LABELS, Part
from appointments.models import ImportRun, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.text_fields import Line, no_markup
from appointments.version_field import VersionField


class FileForm(forms.Form):
    """`agendas`: those that the person manages. `too_large`: the file was dropped on its way."""

    schedule = forms.ChoiceField(
        label="Agenda",
        error_messages={
            "required": "Choisissez l’agenda.",
            "invalid_choice": "Cet agenda n’est pas ouvert, ou vous ne le réglez pas\u00a0: choisissez-en un autre.",
        },
    )
    file = forms.FileField(
        label="Fichier",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.ics,text/csv,text/calendar"}),
        error_messages={
            "required": "Choisissez le fichier.",
            "empty": "Ce fichier est vide.",
            "missing": "Choisissez le fichier.",
            "max_length": "Le nom de ce fichier est trop long\u00a0: raccourcissez-le.",
            "invalid": "Choisissez le fichier.",
        },
    )

    def __init__(self, *args: Any, agendas: Sequence[Schedule], too_large: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.agendas = agendas
        choices = [(str(one.pk), f"{one.calendar.practitioner or one.organization}, {one.location}") for one in agendas]
        self.fields["schedule"].choices = choices if len(choices) == 1 else [("", "Choisir…"), *choices]  # type: ignore[attr-defined]
        if too_large:
            self.fields["file"].error_messages["required"] = TOO_LARGE


class ColumnsForm(forms.Form):
    """Of each column, by its number, what it is. `samples`: the first lines' cells."""

    version = VersionField()
    default_minutes = forms.IntegerField(
        label="Durée, si le fichier ne la dit pas",
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text="En minutes.",
        error_messages={
            "required": "Indiquez une durée en minutes.",
            "invalid": "Indiquez une durée en minutes, comme 15.",
            "min_value": f"Un rendez-vous dure au moins {SHORTEST}\u00a0minutes.",
            "max_value": f"Un rendez-vous dure au plus {LONGEST // 60}\u00a0heures.",
        },
    )
    past = forms.ChoiceField(
        label="Rendez-vous passés",
        choices=ImportPast.choices,
        error_messages={"required": "Choisissez.", "invalid_choice": "Choisissez l’une des deux réponses."},
    )
    name_order = forms.ChoiceField(
        label="Nom et prénom ensemble",
        choices=[("nom", "Le nom vient d’abord"), ("prenom", "Le prénom vient d’abord")],
        help_text="Un nom en capitales est reconnu sans cela.",
        error_messages={"required": "Choisissez.", "invalid_choice": "Choisissez l’une des deux réponses."},
    )
    has_aged = False
    present: list[tuple[str, str]] = []

    def __init__(self, data: Any = None, *, run: ImportRun, samples: Sequence[Sequence[str]] = ()) -> None:
        self.run, self.samples = run, samples
        super().__init__(data, initial=_initial(run))
        choices = [("", "Ne pas reprendre"), *((str(part), label) for part, label in LABELS.items())]
        for number, column in enumerate(run.columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column or f"Colonne {number + 1}",
                choices=choices,
                required=False,
                error_messages={"invalid_choice": "Choisissez dans la liste."},
            )

    @property
    def columns(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each with its first cells, those that differ."""
        found = []
        for number in range(len(self.run.columns)):
            cells = [line[number].strip()[:60] for line in self.samples if number < len(line)]
            found.append((self[f"column-{number}"], list(dict.fromkeys(cell for cell in cells if cell))))
        return found

    def clean(self) -> None:
        seen: dict[str, str] = {}
        for number in range(len(self.run.columns)):
            name = f"column-{number}"
            part = self.cleaned_data.get(name)
            if part and part in seen:
                self.add_error(name, f"C’est déjà la colonne {quoted(seen[part])}\u00a0: choisissez l’une des deux.")
            elif part:
                seen[part] = str(self.fields[name].label)

    def matching(self) -> dict[Part, int]:
        chosen = {number: self.cleaned_data[f"column-{number}"] for number in range(len(self.run.columns))}
        return {Part(part): number for number, part in chosen.items() if part}

    def compare_with(self, run: ImportRun) -> None:
        """As it is now; sent again, what was typed is meant to take its place."""
        self.has_aged = True
        initial = _initial(run)
        for name, field in self.fields.items():
            if name != "version" and field.has_changed(initial.get(name, ""), self[name].data):
                choices = dict(getattr(field, "choices", ()))
                self.present.append((str(field.label), str(choices.get(initial.get(name, ""), initial.get(name, "")))))
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(run.version)  # type: ignore[index]


def _initial(run: ImportRun) -> dict[str, Any]:
    return {
        "version": run.version,
        "default_minutes": run.default_minutes,
        "past": run.past,
        "name_order": "prenom" if run.given_name_first else "nom",
        **{f"column-{number}": part for number, part in run.matching.items()},
    }


class OtherCalendarForm(forms.Form):
    name = Line(
        label="Nom",
        max_length=60,
        missing="Donnez-lui un nom, comme «\u00a0Hôpital\u00a0».",
        checks=(no_markup,),
        help_text="Pour le reconnaître dans cette liste.",
    )
    address = Line(
        label="Adresse iCalendar",
        max_length=2000,
        missing="Collez l’adresse de l’agenda.",
        help_text="Elle commence par https:// et finit le plus souvent par .ics.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
