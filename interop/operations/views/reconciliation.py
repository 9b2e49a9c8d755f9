"""For a period: what we hold, what the SAS acknowledged, where they differ; and the same as a file."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from interop.operations.access import frame, operator_page
from interop.operations.reconciliation import LONGEST, Line, booked_between

SHOWN = 100
_HEADINGS = [
    "Référence", "Identifiant", "Réservé le", "Début", "Fin", "Statut", "Praticien", "Acquitté le", "Début acquitté",
    "Fin acquittée", "Statut acquitté", "Praticien acquitté", "Écarts", "En attente", "Cause",
]  # fmt: skip


class PeriodForm(forms.Form):
    """Both days included."""

    du = forms.DateField(label="Du", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    au = forms.DateField(label="Au", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("du"), cleaned.get("au")
        if first and last and first > last:
            self.add_error("au", "Cette date est avant la première\u00a0: échangez-les.")
        elif first and last and (last - first).days >= LONGEST:
            self.add_error("au", f"La période est trop longue\u00a0: choisissez {LONGEST} jours au plus.")
        return cleaned


@require_safe
@operator_page
def reconciliation(request: HttpRequest) -> HttpResponse:
    form = _form(request)
    context = frame("deliveries") | {"form": form, "held": 0, "agreed": 0, "differing": 0, "lines": []}
    if form.is_valid():
        lines: list[Line] = []
        for line in booked_between(form.cleaned_data["du"], form.cleaned_data["au"]):
            context["held"] += 1
            if not line.differences:
                context["agreed"] += 1
            elif len(lines) < SHOWN:
                lines.append(line)
        context |= {"lines": lines, "differing": context["held"] - context["agreed"]}
    return render(request, "operations/reconciliation.html", context, status=200 if form.is_valid() else 422)


@require_safe
@operator_page
def reconciliation_file(request: HttpRequest) -> HttpResponseBase:
    """CSV as spreadsheets in French open it: semicolons, UTF-8 with its mark. No patient data."""
    form = _form(request)
    if not form.is_valid():
        return HttpResponse("Période illisible.", status=422, content_type="text/plain; charset=utf-8")
    first, last = form.cleaned_data["du"], form.cleaned_data["au"]
    response = StreamingHttpResponse(_rows(first, last), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rapprochement-{first}-{last}.csv"'
    return response


def _form(request: HttpRequest) -> PeriodForm:
    today = timezone.localdate()
    return PeriodForm(request.GET if "du" in request.GET else {"du": today - timedelta(days=6), "au": today})


class _Echo:
    def write(self, text: str) -> str:
        return text


def _rows(first: date, last: date) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow(_HEADINGS)
    for line in booked_between(first, last):
        yield writer.writerow([_safe(cell) for cell in _cells(line)])


def _cells(line: Line) -> list[str]:
    told = line.told or {"start": "", "end": "", "status": "", "practitioner": ""}
    return [
        line.reference,
        line.id,
        line.booked_at.isoformat(timespec="seconds"),
        line.start.isoformat(timespec="seconds"),
        line.end.isoformat(timespec="seconds"),
        line.status,
        line.practitioner,
        line.told_at.isoformat(timespec="seconds") if line.told_at else "",
        told["start"],
        told["end"],
        told["status"],
        told["practitioner"],
        ", ".join(line.differences),
        line.owed_label,
        line.owed_cause,
    ]


def _safe(cell: str) -> str:
    """The SAS's words may begin with what a spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
