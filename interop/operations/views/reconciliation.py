"""For a period: what we hold, what the SAS acknowledged, where they differ; and the same as a file.

The file is for spreadsheets in French (`accounts.spreadsheets`): local hours that they take for dates (an instant with its offset
is text to them), and texts where they would guess a number or a date.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.identifiers import read_practitioner_number
from accounts.spreadsheets import lines
from accounts.zones import are_several, name_of
from interop.operations.access import frame, operator_page
from interop.operations.reconciliation import LONGEST, Line, booked_between

SHOWN = 100
_HEADINGS = [
    "Référence", "Identifiant", "Réservé le (heure de Paris)", "Début", "Fin", "À l’heure de", "Statut", "Praticien",
    "Identifiant national", "Acquitté le (heure de Paris)", "Début acquitté", "Fin acquittée", "Statut acquitté",
    "Identifiant national acquitté", "Écarts", "En attente", "Cause",
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
    context = frame("reconciliation") | {"form": form, "held": 0, "agreed": 0, "differing": 0, "lines": []}
    context |= {"presets": _presets(timezone.localdate()), "several_clocks": False}
    if form.is_valid():
        lines: list[Line] = []
        for line in booked_between(form.cleaned_data["du"], form.cleaned_data["au"]):
            context["held"] += 1
            if not line.differences:
                context["agreed"] += 1
            elif len(lines) < SHOWN:
                lines.append(line)
        context |= {
            "lines": lines,
            "differing": context["held"] - context["agreed"],
            "several_clocks": are_several(line.zone for line in lines),
        }
    return render(request, "operations/reconciliation.html", context, status=200 if form.is_valid() else 422)


@require_safe
@operator_page
def reconciliation_file(request: HttpRequest) -> HttpResponseBase:
    """Every appointment of the period. No patient data."""
    form = _form(request)
    if not form.is_valid():
        return HttpResponse("Période illisible.", status=422, content_type="text/plain; charset=utf-8")
    first, last = form.cleaned_data["du"], form.cleaned_data["au"]
    rows = (_cells(line) for line in booked_between(first, last))
    response = StreamingHttpResponse(lines(_HEADINGS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rapprochement-{first}-{last}.csv"'
    return response


def _presets(today: date) -> list[tuple[str, date, date]]:
    """Label, first and last day."""
    yesterday, month = today - timedelta(days=1), today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    return [
        ("Aujourd’hui", today, today),
        ("Hier", yesterday, yesterday),
        ("7\u00a0derniers jours", today - timedelta(days=6), today),
        ("Ce mois-ci", month, today),
        ("Le mois dernier", last_month, month - timedelta(days=1)),
    ]


def _form(request: HttpRequest) -> PeriodForm:
    today = timezone.localdate()
    return PeriodForm(request.GET if "du" in request.GET else {"du": today - timedelta(days=6), "au": today})


def _cells(line: Line) -> list[str]:
    told = line.told or {"start": "", "end": "", "status": "", "practitioner": ""}
    return [
        f"Réf. {line.reference}",
        line.id,
        _local(line.booked_at),
        _local(line.start, line.zone),
        _local(line.end, line.zone),
        name_of(line.zone),
        line.status,
        line.practitioner_name,
        _national(line.practitioner),
        _local(line.told_at) if line.told_at else "",
        _local(datetime.fromisoformat(told["start"]), line.zone) if told["start"] else "",
        _local(datetime.fromisoformat(told["end"]), line.zone) if told["end"] else "",
        told["status"],
        _national(told["practitioner"]),
        ", ".join(line.differences),
        line.owed_label,
        line.owed_cause,
    ]


def _local(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """At the clock of a place, else at the operators'."""
    return timezone.localtime(moment, zone).strftime("%d/%m/%Y %H:%M:%S")


def _national(value: str) -> str:
    """« RPPS 10100050075 »: bare, a spreadsheet rounds it to 8,1E+11 or drops ADELI's zero."""
    found = read_practitioner_number(value)
    return f"{found[0].name} {found[1]}" if found else value
