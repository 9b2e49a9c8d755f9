"""What these pages say of themselves: accessibility, data, who answers for them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from appointments.messages.codes import MINUTES
from appointments.online.register import MET, NOT_ASKED, OPEN, REGISTER, criteria


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    every = criteria()
    asked = [one for one in every if one.state != NOT_ASKED]
    met = [one for one in asked if one.state == MET]
    context = _who() | {
        "criteria": every,
        "open": [one for one in asked if one.state == OPEN],
        "asked": len(asked),
        "met": len(met),
        "share": len(met) * 100 // len(asked),
    }
    return render(request, "online/accessibility.html", context)


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    context = _who() | {"register": REGISTER, "days": settings.RETENTION_PATIENT_DAYS, "minutes": MINUTES}
    return render(request, "online/data.html", context)


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    return render(request, "online/legal.html", _who())


def _who() -> dict[str, Any]:
    return {
        "editor": settings.EDITOR_NAME,
        "editor_contact": settings.EDITOR_CONTACT,
        "host": settings.HOST_NAME,
        "data_contact": settings.DATA_CONTACT or settings.EDITOR_CONTACT,
    }
