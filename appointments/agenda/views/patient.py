"""The practice corrects a booked patient: the file, and how they are reached for the visit."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.single import single
from appointments.agenda.forms.patient import FileForm
from appointments.agenda.selectors.patient import visits_that_repeat
from appointments.booking.services.corrections import correct_file
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.messages.services.wishes import set_wish
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page, side_of

Banner = tuple[str, list[tuple[str, str]]]


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def correct_patient(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found, now = find_visit(request, appointment_id), timezone.now()
    if request.method != "POST":
        if found.patient.erased_at is not None:
            return redirect("appointment", found.id)
        return _page(request, found, _form(request, found, now))
    form = _form(request, found, now, sent=True)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        with transaction.atomic():
            # First: what is told again is told the way they want.
            set_wish(appointment_id=found.id, wish=form.cleaned_data["wish"], by=actor_of(request))
            done = correct_file(
                appointment_id=found.id,
                version=form.versions(),
                details=form.patient(),
                contacts=form.contacts(),
                others_too=form.cleaned_data.get("others", False),
                by=actor_of(request),
                now=now,
            )
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile as refusal:
        fresh = find_visit(request, appointment_id)
        again = _form(request, fresh, now, sent=True, anew=True)
        return _page(request, fresh, again, status=409, problem=(str(refusal), again.differences()))
    except Refused as refusal:
        return _page(request, found, form, status=422, problem=(str(refusal), []))
    messages.success(request, _told(done.changed, is_told=found.events.exists()))
    return redirect("appointment", found.id)


def find_visit(request: HttpRequest, appointment_id: uuid.UUID) -> Appointment:
    actor = actor_of(request)
    rows = Appointment.objects.kept_by(actor, Level.BOOK).with_context().with_patient(actor)
    found = single(rows.filter(pk=appointment_id))
    if found is None:
        raise Http404
    return found


def _form(
    request: HttpRequest, found: Appointment, now: datetime, *, sent: bool = False, anew: bool = False
) -> FileForm:
    """`anew`: what was typed, to be sent again by whoever has read what it is now."""
    others = visits_that_repeat(found, actor=actor_of(request), now=now)
    data = request.POST.copy() if sent else None
    if data is not None and anew:
        data["version"], data["patient_version"] = str(found.version), str(found.patient.version)
    return FileForm(data, appointment=found, others=others)


def _page(
    request: HttpRequest, found: Appointment, form: FileForm, *, status: int = 200, problem: Banner | None = None
) -> HttpResponse:
    zone = found.schedule.location.zone
    context = {
        **side_of(request, found.practitioner_id, Level.BOOK).context("agenda"),
        "appointment": found,
        "zone": zone,
        "day": found.start.astimezone(zone).date(),
        "form": form,
        "problem": problem,
    }
    return render(request, "practice/patient.html", context, status=status)


def _told(changed: tuple[str, ...], *, is_told: bool) -> str:
    """`is_told`: something was ever told of the visit; of an imported one, nothing."""
    if not changed:
        return "Rien n’a changé\u00a0: tout était déjà ainsi."
    if "contact_email" in changed and is_told:
        return "Patient corrigé. Ce qu’il doit savoir repart à sa nouvelle adresse."
    return "Patient corrigé."
