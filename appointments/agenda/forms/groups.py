"""Practitioners side by side, and the name one keeps them under."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import MOST_TOGETHER, AgendaGroup, Practitioner


class GroupForm(forms.Form):
    """`kept`: whom this person may look at; of a group there is, who is theirs no more stays out."""

    name = forms.CharField(label="Nom du groupe", max_length=60, strip=True)
    avec = forms.MultipleChoiceField(
        label="Praticiens",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": f"Cochez de 2 à {MOST_TOGETHER} praticiens.",
            "invalid_choice": "Un de ces praticiens n’est plus proposé.",
        },
    )
    position = forms.TypedChoiceField(label="Place dans le menu", coerce=int, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        kept: Sequence[Practitioner],
        group: AgendaGroup | None = None,
        count: int = 0,
        **initial: Any,
    ) -> None:
        known = {str(one.id) for one in kept}
        if group is not None:
            initial = {"name": group.name, "avec": map(str, group.practitioners), "position": group.position}
        chosen = [str(one) for one in initial.pop("avec", ()) if str(one) in known]
        super().__init__(data, initial=initial | {"avec": chosen})
        self.fields["avec"].choices = [(str(one.id), str(one)) for one in kept]  # type: ignore[attr-defined]
        if group is None or count < 2:
            del self.fields["position"]
        else:
            choices = [(rank, f"{rank + 1}{'er' if rank == 0 else 'e'}") for rank in range(count)]
            self.fields["position"].choices = choices  # type: ignore[attr-defined]

    def clean_avec(self) -> list[uuid.UUID]:
        found = [uuid.UUID(one) for one in self.cleaned_data["avec"]]
        if not 2 <= len(found) <= MOST_TOGETHER:
            raise forms.ValidationError(f"Cochez de 2 à {MOST_TOGETHER} praticiens.")
        return found
