"""How somebody reads agendas: one button, or the whole menu."""

from typing import Any

from django import forms

from accounts.enums import TextSize


class LookForm(forms.Form):
    """`menu` is there when the boxes were: an unticked one says no. Without it only what was sent changes."""

    menu = forms.BooleanField(required=False)
    discreet = forms.BooleanField(required=False)
    text_size = forms.ChoiceField(choices=TextSize.choices, required=False)
    folded = forms.BooleanField(required=False)
    free = forms.BooleanField(required=False)
    cancelled = forms.BooleanField(required=False)

    def wanted(self) -> dict[str, Any]:
        """As `note_look` takes it."""
        data = self.cleaned_data
        found: dict[str, Any] = {}
        if data["text_size"]:
            found["size"] = TextSize(data["text_size"])
        if data["menu"]:
            found |= {
                "unfolded": not data["folded"],
                "hides_free": not data["free"],
                "hides_cancelled": not data["cancelled"],
            }
        if "discreet" in self.data or data["menu"]:
            found["discreet"] = data["discreet"]
        return found
