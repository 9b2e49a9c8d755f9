"""Who waits for an earlier hour, where the code goes, and when they could come."""

from appointments.online.forms.details import DetailsForm
from appointments.waiting.forms import WishForm


class WaitingForm(WishForm, DetailsForm):
    """A visit and a wish in one."""

    field_order = [*WishForm.base_fields, *DetailsForm.field_order]
