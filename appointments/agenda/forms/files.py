"""Which file vanishes in which, or which merge is undone."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from appointments.models import PatientMerge
from appointments.text_fields import Line, no_markup, some_letter
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


class MergeForm(forms.Form):
    """`kept` and `absorbed`, one of which is the visit's own file (`file_id`), with the versions that were read; or `merge`, one
    of `merges`, to be undone.
    """

    kept = forms.UUIDField(required=False, error_messages={"invalid": _UNKNOWN})
    absorbed = forms.UUIDField(required=False, error_messages={"invalid": _UNKNOWN})
    kept_version = VersionField()
    absorbed_version = VersionField()
    merge = forms.IntegerField(required=False, error_messages={"invalid": "Cette réunion n’existe pas."})

    def __init__(self, *args: Any, file_id: uuid.UUID, merges: Sequence[PatientMerge], **options: Any) -> None:
        super().__init__(*args, **options)
        self.file_id, self.merges = file_id, {one.pk for one in merges}

    def clean(self) -> None:
        data = self.cleaned_data
        if self.errors:
            return
        if data["merge"] is not None:
            if data["merge"] not in self.merges:
                raise forms.ValidationError("Cette réunion n’est plus à défaire.")
        elif self.file_id not in (data["kept"], data["absorbed"]) or None in (data["kept"], data["absorbed"]):
            raise forms.ValidationError(_UNKNOWN)
