"""« Retard »: told to those who are still to come that day, in two acts from the agenda; and « Demander de rappeler »."""

import uuid
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import counted
from accounts.models import Practitioner
from accounts.zones import are_several
from appointments.enums import Status
from appointments.exceptions import NotAllowed, Refused
from appointments.grid import day_bounds
from appointments.messages.services.by_hand import LATENESS, ask_to_call_back, tell_late
from appointments.models import Appointment, Schedule
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_act, practice_page, side_of


class LateForm(forms.Form):
    minutes = forms.TypedChoiceField(
        label="Retard", coerce=int, initial=30, choices=[(one, f"environ {one} min") for one in LATENESS]
    )
    visits = forms.ModelMultipleChoiceField(
        queryset=Appointment.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins un patient.",
            "invalid_choice": "Un de ces rendez-vous a changé\u00a0: relisez la liste.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def late(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Those who come today at the practitioner's places, where the person books; all are ticked at first."""
    side = side_of(request, practitioner_id, Level.BOOK)
    visits, now = _coming(side), timezone.now()
    form = LateForm(request.POST if request.method == "POST" else None)
    form.fields["visits"].queryset = visits  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        chosen = [one.pk for one in form.cleaned_data["visits"]]
        planned, unreached = tell_late(
            appointment_ids=chosen, minutes=form.cleaned_data["minutes"], by=actor_of(request), now=now
        )
        left = f", {counted(unreached, 'patient')} à appeler\u00a0: aucun message ne les atteint" if unreached else ""
        messages.success(request, f"{counted(planned, 'message')} envoyé{'s' if planned > 1 else ''}{left}.")
        return redirect("agenda-day", practitioner_id, now.astimezone(_zone(side)).date())
    ticked = set(request.POST.getlist("visits")) if request.method == "POST" else None
    context = {
        **side.context("agenda"),
        "form": form,
        "visits": [(one, ticked is None or str(one.pk) in ticked) for one in visits],
        "zone": _zone(side),
        "several_clocks": are_several(one.schedule.location.zone for one in visits),
        "day": now.astimezone(_zone(side)).date(),
        "others": _others(request),
    }
    return render(request, "practice/late.html", context, status=422 if form.errors else 200)


@practice_act
def call_back(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Ask the patient of this visit to call the practice."""
    try:
        ask_to_call_back(appointment_id=appointment_id, by=actor_of(request), now=timezone.now())
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Le patient va recevoir un message\u00a0: il rappellera le cabinet.")
    return redirect("appointment", appointment_id)


def _zone(side: Side) -> ZoneInfo:
    return side.agendas.at_least(Level.BOOK)[0].location.zone


def _others(request: HttpRequest) -> list[Practitioner]:
    """All for whom one may say it: the agenda may show several."""
    rows = Schedule.objects.open().kept_by(actor_of(request), Level.BOOK).order_by()
    return list(Practitioner.objects.filter(pk__in=rows.values("calendar__practitioner")))


def _coming(side: Side) -> QuerySet[Appointment]:
    now, schedules = timezone.now(), side.agendas.at_least(Level.BOOK)
    _, closing = day_bounds(now.astimezone(_zone(side)).date(), _zone(side))
    rows = Appointment.objects.filter(schedule__in=schedules, status=Status.BOOKED, start__gt=now, start__lt=closing)
    return rows.select_related("patient", "schedule__location").order_by("start", "pk")
