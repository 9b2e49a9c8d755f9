"""What the frame of a regulator's pages needs."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.rights import NOBODY
from appointments.messages.selectors import count_untold_referrals
from appointments.models import Appointment


def page(request: HttpRequest) -> dict[str, Any]:
    """`untold`: how many patients this regulator has to tell something; read where a page says it, in one query."""
    actor = getattr(request, "actor", NOBODY)

    def count() -> int:
        if not actor.is_regulator:
            return 0
        return count_untold_referrals(Appointment.objects.visible_to(actor), now=timezone.now())

    return {"untold": SimpleLazyObject(count)}
