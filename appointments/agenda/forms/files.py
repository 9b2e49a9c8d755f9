"""What the practice says of two files, and of one."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from appointments.models import PatientMerge
from appointments.text_fields import Line, Paragraph, no_markup, some_letter
from appointments.version_field import VersionField

_UNKNOWN = "Ce dossier n’est pas proposé\u00a0: choisissez-en un autre."


class NameForm(forms.Form):
    """Under which name to look for another file. Sent by POST: no patient is in an address."""

    name = Line(
        label="Chercher un dossier par son nom",
        max_length=100,
        missing="Indiquez un nom.",
        checks=(no_markup, some_letter),
    )


class PairForm(forms.Form):
    """The other file, with the versions that were read, and whether they are of one person (`act`); or `merge`, one of `merges`,
    to be undone. `chosen`: the fields of which the other's word was taken.
    """

    there = forms.UUIDField(required=False, error_messages={"invalid": _UNKNOWN})
    version = VersionField()
    there_version = VersionField()
    act = forms.ChoiceField(
        choices=[("one", ""), ("two", "")],
        required=False,
        error_messages={"invalid_choice": "Dites si c’est la même personne."},
    )
    merge = forms.IntegerField(required=False, error_messages={"invalid": "Cette réunion n’existe pas."})

    def __init__(self, *args: Any, merges: Sequence[PatientMerge], **options: Any) -> None:
        super().__init__(*args, **options)
        self.merges = {one.pk for one in merges}

    def clean(self) -> None:
        data = self.cleaned_data
        if self.errors:
            return
        if data["merge"] is not None:
            if data["merge"] not in self.merges:
                raise forms.ValidationError("Cette réunion n’est plus à défaire.")
        elif data["there"] is None or not data["act"]:
            raise forms.ValidationError(_UNKNOWN)

    def chosen(self) -> list[str]:
        return [
            name.removeprefix("garde-")
            for name in self.data
            if name.startswith("garde-") and self.data[name] == "there"
        ]

    def there_id(self) -> uuid.UUID:
        found: uuid.UUID = self.cleaned_data["there"]
        return found


class NoteForm(forms.Form):
    version = VersionField()
    note = Paragraph(label="Note, vue par l’équipe seulement", required=False, max_length=1000, checks=(no_markup,))


class IdentityForm(forms.Form):
    version = VersionField()
