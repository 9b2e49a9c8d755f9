"""Two files of one person become one, and two again for thirty days; or they are told apart, for good."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import counted
from appointments.agenda.forms.files import NameForm, PairForm
from appointments.agenda.selectors.likely import likely_files, named_files
from appointments.agenda.selectors.patient import merges_of
from appointments.agenda.selectors.patients import find_file
from appointments.agenda.selectors.side_by_side import pair_with, pairs_of, wanted_of
from appointments.booking.services.merging import UNDONE_FOR, merge_files, tell_apart, undo_merge
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Patient
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page

_OF_OTHERS = (
    "Un de ces dossiers a des rendez-vous dans un agenda où vous n’en prenez pas\u00a0: demandez à qui les gère tous."
)
_CHANGED = "Un des dossiers a changé entre-temps\u00a0: relisez-les avant de recommencer."


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def patient_files(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    """A file beside those that may be of the same person."""
    patient = find_file(patient_id, actor=actor_of(request), level=Level.BOOK)
    if patient is None:
        raise Http404
    if request.method != "POST":
        return _page(request, patient)
    if "name" in request.POST and not request.POST.keys() & {"act", "merge"}:
        return _page(request, patient, 200 if NameForm(request.POST).is_valid() else 422)
    form = PairForm(request.POST, merges=merges_of(patient))
    if not form.is_valid():
        return _page(request, patient, 422, str(next(iter(form.errors.values()))[0]))
    try:
        told, stays = _done(request, patient, form)
    except NotAllowed:
        return _page(request, patient, 409, _OF_OTHERS)
    except ChangedMeanwhile:
        return _page(request, patient, 409, _CHANGED)
    except Refused as refusal:
        return _page(request, patient, 422, str(refusal))
    messages.success(request, told)
    return redirect("patient-file", stays)


def _done(request: HttpRequest, patient: Patient, form: PairForm) -> tuple[str, uuid.UUID]:
    """What was done, in words, and whose page goes on. Raises as the services do."""
    by, now, data = actor_of(request), timezone.now(), form.cleaned_data
    if data["merge"] is not None:
        undone = undo_merge(merge_id=data["merge"], by=by, now=now)
        told = [counted(len(undone.since), "rendez-vous pris depuis reste", "rendez-vous pris depuis restent")]
        return "Deux dossiers de nouveau." + (f" {told[0]} ici." if undone.since else ""), undone.merge.kept_id
    pair = pair_with(patient, form.there_id(), actor=by)
    if pair is None:
        raise NotAllowed
    if data["act"] == "two":
        tell_apart(files=[patient.pk, pair.there.patient.pk], by=by, now=now)
        return "Deux personnes\u00a0: cela ne sera plus demandé.", patient.pk
    versions = {patient.pk: data["version"], pair.there.patient.pk: data["there_version"]}
    kept, absorbed = pair.kept.patient.pk, pair.absorbed.patient.pk
    merge = merge_files(
        kept_id=kept,
        absorbed_id=absorbed,
        versions=(versions[kept], versions[absorbed]),
        wanted=wanted_of(pair, form.chosen()),
        by=by,
        now=now,
    )
    moved = counted(len(merge.moved), "rendez-vous y passe", "rendez-vous y passent")
    return (
        f"Un seul dossier à présent\u00a0: {moved}. Cela se défait pendant {UNDONE_FOR.days}\u00a0jours.",
        merge.kept_id,
    )


def _page(request: HttpRequest, patient: Patient, status: int = 200, refused: str = "") -> HttpResponse:
    # As it is now: what was asked may have been done by somebody else.
    actor, name = actor_of(request), NameForm(request.POST if "name" in request.POST else None)
    patient = find_file(patient.pk, actor=actor, level=Level.BOOK) or patient
    likely = likely_files(patient, actor=actor)
    sought = named_files(patient, name.cleaned_data["name"], actor=actor) if name.is_valid() else []
    files = likely + [one for one in sought if one.patient not in [each.patient for each in likely]]
    context = {
        "nav": "patients",
        "patient": patient,
        "pairs": pairs_of(patient, files, actor=actor),
        "name_form": name,
        "sought": sought,
        "refused": refused,
    }
    return render(request, "practice/patient_files.html", context, status=status)
