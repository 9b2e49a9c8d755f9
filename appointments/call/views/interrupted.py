"""A booking form sent when its session was over: nothing is lost, and nothing is booked before somebody has signed in.

The fields come back hidden in the page itself: neither an address nor the server keeps them.
"""

from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from appointments.booking.forms import BookingForm
from appointments.call.views.slots import read_key
from appointments.models import Schedule
from appointments.pages.access import actor_of


def interrupted_booking(request: HttpRequest) -> HttpResponse:
    """401, or 403 for whoever has signed in since the form was drawn: the way back in, and a button that sends it again.

    A form that names no slot has nothing worth keeping: its sender goes to sign in.
    """
    key = read_key(request.POST.get("creneau", ""), timezone.now())
    schedule = Schedule.objects.filter(pk=key.schedule_id).first() if key is not None else None
    if schedule is None:
        return redirect_to_login(reverse("book"))
    landing = f"{reverse('practitioner-slots', args=[schedule.practitioner_id])}?creneau={key}"
    names = ["creneau", *BookingForm.base_fields]
    context = {
        "fields": [(name, request.POST[name]) for name in names if name in request.POST],
        "key": key,
        "sas_sign_in": f"{reverse('sas-sign-in')}?{urlencode({'next': landing})}",
        "sign_in": f"{reverse('sign-in')}?{urlencode({'next': landing})}",
    }
    status = 401 if actor_of(request).is_anonymous else 403
    response = render(request, "booking/interrupted.html", context, status=status)
    add_never_cache_headers(response)
    return response
