"""The regulator who booked corrects what they gave, until the visit begins."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.french import listed
from accounts.single import single
from appointments.booking.services.corrections import Corrected, correct_as_given
from appointments.call.forms import GivenForm
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient
from appointments.pages.access import actor_of, signed_in

_KEPT = {"phone": "le téléphone", "email": "l’e-mail", "address": "l’adresse de la visite"}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def correct_given(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found, given = find_given(request, appointment_id)
    if request.method != "POST":
        if not found.is_booked or found.start <= timezone.now() or given.erased_at is not None:
            return redirect("appointment-confirmation", found.id)
        return _page(request, GivenForm(appointment=found, given=given))
    form = GivenForm(request.POST, appointment=found, given=given)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        done = correct_as_given(
            appointment_id=found.id,
            version=form.cleaned_data["patient_version"],
            details=form.patient(),
            caller=form.whose_phone(),
            caller_phone=form.callers_phone(),
            by=actor_of(request),
            now=timezone.now(),
        )
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile as refusal:
        fresh, given = find_given(request, appointment_id)
        data = request.POST.copy()
        data["patient_version"] = str(given.version)
        again = GivenForm(data, appointment=fresh, given=given)
        return _page(request, again, status=409, problem=(str(refusal), again.differences()))
    except Refused as refusal:
        return _page(request, form, status=422, problem=(str(refusal), []))
    _tell(request, done)
    return redirect("appointment-confirmation", found.id)


def find_given(request: HttpRequest, appointment_id: uuid.UUID) -> tuple[Appointment, Patient]:
    """What this regulator booked, and the patient as they gave them. Raises Http404."""
    actor = actor_of(request)
    if not actor.is_regulator:
        raise Http404
    rows = Appointment.objects.visible_to(actor).with_context().with_patient(actor)
    found = single(rows.filter(pk=appointment_id))
    if found is None or found.given_as is None:
        raise Http404
    return found, found.given_as


def _page(
    request: HttpRequest,
    form: GivenForm,
    *,
    status: int = 200,
    problem: tuple[str, list[tuple[str, str]]] | None = None,
) -> HttpResponse:
    found = form.booked
    context = {
        "appointment": found,
        "practitioner": found.practitioner,
        "zone": found.schedule.location.zone,
        "form": form,
        "problem": problem,
    }
    return render(request, "booking/correction.html", context, status=status)


def _tell(request: HttpRequest, done: Corrected) -> None:
    if done.kept:
        kept = listed([_KEPT[name] for name in done.kept], "et")
        messages.warning(
            request, f"Patient corrigé. Le cabinet a changé {kept} de ce rendez-vous\u00a0: il garde ce qu’il a noté."
        )
    elif "contact_email" in done.changed:
        messages.success(request, "Patient corrigé. Ce qu’il doit savoir repart à sa nouvelle adresse.")
    else:
        messages.success(
            request, "Patient corrigé." if done.changed else "Rien n’a changé\u00a0: tout était déjà ainsi."
        )
