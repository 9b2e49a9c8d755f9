"""Going on whatever stands in the way, once one has read it."""

from django import forms


class DespiteForm(forms.Form):
    """`despite` names what was asked when one was warned (`asked`): with another moment typed since, what stands there is told
    first. What somebody else put at the same moment since is not told again.
    """

    despite = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    @property
    def asked(self) -> str:
        """What of a valid form decides what stands in its way."""
        raise NotImplementedError

    @property
    def goes_on(self) -> bool:
        return bool(self.cleaned_data["despite"] == self.asked)
