"""What is said once of a time that is emptied; what becomes of each visit is `Answers`."""

from collections.abc import Collection
from typing import Any

from django import forms

from appointments.setup.services.emptying import Part
from appointments.setup.services.placing import Strategy
from appointments.text_fields import Line, no_markup

TELL, CALL = "message", "appel"


class EmptyingForm(forms.Form):
    """`parts` and `strategies`: those that there are, what is chosen beforehand first. `…_montre`: what was chosen when the list
    was drawn; a list drawn for something else is read again before anything is done.
    """

    cle = forms.UUIDField(widget=forms.HiddenInput, required=False)
    raison = Line(label="Raison, vue par l’équipe", max_length=100, required=False, checks=(no_markup,))
    duree = forms.ChoiceField(label="Durée", required=False)
    duree_montre = forms.CharField(widget=forms.HiddenInput, required=False)
    proposition = forms.ChoiceField(label="Proposition", required=False)
    proposition_montre = forms.CharField(widget=forms.HiddenInput, required=False)
    prevenir = forms.ChoiceField(
        label="Prévenir les patients",
        choices=[(TELL, "Par message, sinon par téléphone"), (CALL, "Par téléphone, tous")],
        required=False,
    )

    def __init__(self, data: Any, *, parts: Collection[Part], strategies: Collection[Strategy]) -> None:
        super().__init__(data)
        self.parts, self.strategies = list(parts), list(strategies)
        self.fields["duree"].choices = [(one.value, one.value) for one in self.parts]  # type: ignore[attr-defined]
        self.fields["proposition"].choices = [(one.value, one.value) for one in self.strategies]  # type: ignore[attr-defined]

    @property
    def part(self) -> Part:
        return Part(self._said("duree") or self.parts[0])

    @property
    def strategy(self) -> Strategy:
        return Strategy(self._said("proposition") or self.strategies[0])

    @property
    def strategy_shown(self) -> str:
        return self._said("proposition_montre")

    @property
    def tells(self) -> bool:
        return self._said("prevenir") != CALL

    @property
    def is_of_the_list(self) -> bool:
        """Whether what is sent was chosen on a list drawn for it."""
        return (self._said("duree_montre"), self.strategy_shown) == (self.part, self.strategy)

    def _said(self, name: str) -> str:
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")
