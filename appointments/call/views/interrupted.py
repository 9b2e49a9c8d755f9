"""A booking form sent when its session was over."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from appointments.booking.forms import BookingForm
from appointments.call.views.slots import read_key
from appointments.models import Schedule
from appointments.pages.interrupted import interrupted


def interrupted_booking(request: HttpRequest) -> HttpResponse:
    """A form that names no slot has nothing worth keeping: its sender goes to sign in."""
    key = read_key(request.POST.get("creneau", ""), timezone.now())
    schedule = Schedule.objects.with_place().filter(pk=key.schedule_id).first() if key is not None else None
    if schedule is None:
        return redirect_to_login(reverse("book"))
    return interrupted(
        request,
        address=f"{reverse('book')}?creneau={key}",
        names=["creneau", *BookingForm.base_fields],
        after=f"{reverse('practitioner-slots', args=[schedule.practitioner_id])}?creneau={key}",
        through_sas=True,
    )
