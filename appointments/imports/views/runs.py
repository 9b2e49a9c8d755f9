"""« Import »: the file, its columns, what would become of its lines, how far it is, what came of it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Organization
from accounts.single import single
from appointments.enums import ImportPast, ImportState
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.imports.forms import ColumnsForm, FileForm
from appointments.imports.selectors import (
    agendas_for,
    aside_words,
    faults_of,
    file_words,
    kept_rows,
    made_words,
    overlapping_rows,
    percent,
    preview_of,
    progress_words,
    runs_for,
    samples_of,
    shown_counts,
)
from appointments.imports.services import runs
from appointments.imports.upload import was_too_large
from appointments.models import ImportRun
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page
from appointments.version_field import VersionField

_SHOWN_RUNS, _PAGE = 20, 50


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def imports(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """The imports there were, and the form of a new one. For who manages one of the organization's agendas, or itself."""
    actor = actor_of(request)
    organization = get_object_or_404(Organization, pk=organization_id)
    kept = agendas_for(actor, organization)
    if not kept and organization.pk not in actor.managed:
        raise Http404
    agendas = [one for one in kept if one.active]
    if request.method != "POST":
        return _list(request, organization, FileForm(agendas=agendas))
    form = FileForm(request.POST, request.FILES, agendas=agendas, too_large=was_too_large(request))
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = runs.bring_file(
                schedule_id=uuid.UUID(form.cleaned_data["schedule"]),
                name=file.name,
                content=file.read(),
                by=actor,
                now=timezone.now(),
            )
            return redirect("import", run.pk)
        except NotAllowed:
            form.add_error(
                "schedule", "Cet agenda vient d’être fermé, ou vous ne le réglez plus\u00a0: choisissez-en un autre."
            )
        except Refused as refusal:
            form.add_error(refusal.element or None, str(refusal))
    return _list(request, organization, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def import_run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """One import as it stands; POST says its columns. With htmx, how far it is."""
    run = _run(request, run_id)
    if request.method == "POST":
        return _match(request, run)
    if "HX-Request" in request.headers:
        if not run.is_in_hand:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "imports/progress.html", _progress(run))
    return _page(request, run)


@practice_act
def import_act(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Start it, undo it, give it up."""
    run, now, act = _run(request, run_id), timezone.now(), request.POST.get("acte")
    asked: dict[str, Any] = {"run_id": run.pk, "by": actor_of(request)}
    asked["version"] = VersionField().clean(request.POST.get("version"))
    try:
        if act == "lancer":
            runs.start(now=now, **asked)
        elif act == "annuler":
            runs.undo(now=now, **asked)
        elif act == "abandonner":
            runs.give_up(**asked)
            messages.success(request, "Import abandonné\u00a0: rien n’a été écrit, et le fichier est effacé.")
            return redirect("imports", run.organization_id)
        else:
            return redirect("import", run.pk)
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("import", run.pk)


def _match(request: HttpRequest, run: ImportRun) -> HttpResponse:
    form = ColumnsForm(request.POST, run=run, samples=samples_of(run) if run.content is not None else ())
    if not form.is_valid():
        return _page(request, run, form, status=422)
    data = form.cleaned_data
    try:
        runs.match_columns(
            run_id=run.pk,
            version=data["version"],
            matching=form.matching(),
            default_minutes=data["default_minutes"],
            past=ImportPast(data["past"]),
            given_name_first=data["name_order"] == "prenom",
            by=actor_of(request),
        )
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile as refusal:
        form.add_error(None, str(refusal))
        run = _run(request, run.pk)
        form.compare_with(run)
        return _page(request, run, form, status=409)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, run, form, status=422)
    return redirect("import", run.pk)


def _list(request: HttpRequest, organization: Organization, form: FileForm, status: int = 200) -> HttpResponse:
    found = list(runs_for(actor_of(request), organization)[:_SHOWN_RUNS])
    context = {"nav": "practice", "organization": organization, "form": form, "runs": found}
    return render(request, "imports/imports.html", context, status=status)


def _page(request: HttpRequest, run: ImportRun, form: ColumnsForm | None = None, status: int = 200) -> HttpResponse:
    """Four queries besides the run's own, whatever its size."""
    now = timezone.now()
    may_match = run.state in {ImportState.READ, ImportState.CHECKED}
    if form is None and may_match:
        form = ColumnsForm(run=run, samples=samples_of(run))
    context: dict[str, Any] = {
        "nav": "practice",
        "organization": run.schedule.organization,
        "run": run,
        "zone": run.schedule.location.zone,
        "form": form,
        "is_open": run.state in {ImportState.READ, ImportState.CHECKING, ImportState.CHECKED},
        "file_words": file_words(run) if run.columns else "",
        "faults": faults_of(run) if not run.is_in_hand else [],
        "preview": preview_of(run) if not run.is_in_hand else [],
        "aside": aside_words(run),
        "shown": shown_counts(run),
        "made": made_words(run.counts.get("made", {})),
        "undone": made_words(run.counts.get("undone", {})),
        "may_undo": run.may_be_undone(now),
        "now": now,
        **_progress(run),
    }
    if run.state == ImportState.DONE:
        context["overlaps"] = Paginator(overlapping_rows(run), _PAGE).get_page(request.GET.get("page"))
    elif run.state == ImportState.UNDONE:
        context["kept"] = Paginator(kept_rows(run), _PAGE).get_page(request.GET.get("page"))
    return render(request, "imports/import.html", context, status=status)


def _progress(run: ImportRun) -> dict[str, Any]:
    return {
        "run": run,
        "percent": percent(run),
        "progress": progress_words(run),
        "address": reverse("import", args=[run.pk]),
    }


def _run(request: HttpRequest, run_id: uuid.UUID) -> ImportRun:
    """One into an agenda that the person manages. Raises Http404."""
    rows = ImportRun.objects.kept_by(actor_of(request)).select_related(
        "schedule__calendar__practitioner", "schedule__location", "schedule__organization"
    )
    if "HX-Request" in request.headers and request.method != "POST":
        rows = rows.defer("content", "preview", "faults", "columns")
    found = single(rows.filter(pk=run_id))
    if found is None:
        raise Http404
    return found
