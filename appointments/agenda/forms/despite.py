"""What forms of a visit share: going on whatever stands in the way, once one has read it; whether the patient is told."""

from django import forms

from appointments.booking.services.obstacles import InTheWay


class DespiteForm(forms.Form):
    """`despite` names what was asked when one was warned (`asked`) and what stood there: what is another moment, or came there
    since, is told first.
    """

    despite = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    @property
    def asked(self) -> str:
        """What of a valid form decides what stands in its way."""
        raise NotImplementedError

    @property
    def goes_on(self) -> str:
        """The seal of what was read; none where something else was asked then."""
        asked, _, seal = self.cleaned_data["despite"].rpartition(" ")
        return seal if asked == self.asked else ""

    def going_on(self, there: InTheWay) -> str:
        """The value with which the form goes on for these obstacles."""
        return f"{self.asked} {there.seal}"


class TellForm(forms.Form):
    """Whether the patient hears of it from us; nothing said: they do."""

    untold = forms.BooleanField(label="Ne pas prévenir le patient", required=False)

    @property
    def tell(self) -> bool:
        return not self.cleaned_data["untold"]
