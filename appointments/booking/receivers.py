"""Who signs out leaves nothing of the patient they were booking for."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from accounts.models import User
from appointments.booking.services.drafts import erase_draft


@receiver(user_logged_out, dispatch_uid="appointments.booking.receivers.forget_what_was_typed")
def forget_what_was_typed(*, user: User | None, **_: Any) -> None:
    if user is not None:
        erase_draft(user=user)
