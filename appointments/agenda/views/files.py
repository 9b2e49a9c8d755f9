"""Two files of one person become one, and two again for thirty days."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import counted
from appointments.agenda.forms.files import MergeForm, NameForm
from appointments.agenda.selectors.likely import likely_files, named_files
from appointments.agenda.selectors.patient import merges_of
from appointments.agenda.views.patient import find_visit
from appointments.booking.services.merging import merge_files, undo_merge
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page, side_of
from appointments.patients.selectors import differences

_OF_OTHERS = (
    "Un de ces dossiers a des rendez-vous dans un agenda où vous n’en prenez pas\u00a0: demandez à qui les gère tous."
)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def patient_files(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """The file of a visit beside those that may be of the same person."""
    found = find_visit(request, appointment_id)
    if request.method != "POST":
        return _page(request, found)
    if not request.POST.keys() & {"kept", "absorbed", "merge"}:
        return _page(request, found, 200 if NameForm(request.POST).is_valid() else 422)
    form = MergeForm(request.POST, file_id=found.patient_id, merges=merges_of(found, now=timezone.now()))
    if not form.is_valid():
        return _page(request, found, 422, str(next(iter(form.errors.values()))[0]))
    try:
        told = _done(request, form)
    except NotAllowed:
        return _page(request, found, 409, _OF_OTHERS)
    except ChangedMeanwhile:
        return _page(
            request, found, 409, "Un des dossiers a changé entre-temps\u00a0: relisez-les avant de recommencer."
        )
    except Refused as refusal:
        return _page(request, found, 422, str(refusal))
    messages.success(request, told)
    return redirect("patient-files", found.id)


def _done(request: HttpRequest, form: MergeForm) -> str:
    """What was done, in words. Raises as the services do."""
    by, now, data = actor_of(request), timezone.now(), form.cleaned_data
    if data["merge"] is None:
        versions = (data["kept_version"], data["absorbed_version"])
        merge = merge_files(kept_id=data["kept"], absorbed_id=data["absorbed"], versions=versions, by=by, now=now)
        moved = counted(len(merge.moved), "rendez-vous y passe", "rendez-vous y passent")
        return f"Un seul dossier à présent\u00a0: {moved}."
    since = undo_merge(merge_id=data["merge"], by=by, now=now).since
    stay = f" {counted(len(since), 'rendez-vous pris depuis reste ici', 'rendez-vous pris depuis restent ici')}."
    return "Deux dossiers de nouveau." + (stay if since else "")


def _page(request: HttpRequest, found: Appointment, status: int = 200, refused: str = "") -> HttpResponse:
    # As it is now: what was asked may have been done by somebody else.
    found = find_visit(request, found.id)
    actor, name = actor_of(request), NameForm(request.POST if "name" in request.POST else None)
    likely = likely_files(found, actor=actor)
    sought = named_files(found, name.cleaned_data["name"], actor=actor) if name.is_valid() else []
    files = likely + [one for one in sought if one.patient not in [each.patient for each in likely]]
    zone = found.schedule.location.zone
    context = {
        **side_of(request, found.practitioner_id, Level.BOOK).context("agenda"),
        "appointment": found,
        "patient": found.patient,
        "zone": zone,
        "day": found.start.astimezone(zone).date(),
        "files": [(one, differences(found.patient, one.patient)) for one in files],
        "name_form": name,
        "sought": sought,
        "merges": merges_of(found, now=timezone.now()),
        "refused": refused,
    }
    return render(request, "practice/patient_files.html", context, status=status)
