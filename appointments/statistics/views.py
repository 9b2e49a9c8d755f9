"""« Activité », of « Cabinet »: a period in figures, and the month's report of what was given to the SAS, for paper."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Level
from accounts.french import between_days, month_year
from accounts.models import Organization
from accounts.spreadsheets import lines
from appointments.models import Schedule
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.selectors import grid_zone
from appointments.setup.reason_lists import agenda_names
from appointments.statistics.amounts import Table
from appointments.statistics.drawing import Chart, chart
from appointments.statistics.figures import Figures, figures_of
from appointments.statistics.forms import MonthForm, PeriodForm, back
from appointments.statistics.report import sas_report


@dataclass(frozen=True, slots=True)
class _Asked:
    """An organization, and its agendas that the person manages."""

    organization: Organization
    agendas: Sequence[tuple[Schedule, str]]
    now: datetime

    @property
    def schedules(self) -> list[Schedule]:
        return [one for one, _ in self.agendas]

    @property
    def today(self) -> date:
        return self.now.astimezone(grid_zone(self.schedules)).date()


def _asked(request: HttpRequest, organization_id: uuid.UUID) -> _Asked:
    """Raises Http404 for who manages neither the organization nor one of its agendas. Two queries."""
    actor = actor_of(request)
    rows = Schedule.objects.with_place().kept_by(actor, Level.MANAGE).filter(organization=organization_id)
    found = list(rows)
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None or not (found or organization_id in actor.managed):
        raise Http404
    return _Asked(organization, agenda_names(found), timezone.now())


@require_safe
@practice_page
def statistics(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Five queries beside those of every page."""
    asked = _asked(request, organization_id)
    form = PeriodForm(request.GET.dict(), today=asked.today, agendas=asked.agendas)
    if not form.is_valid():
        return _page(request, asked, form, None)
    return _page(request, asked, form, _figures(asked, form))


@require_safe
@practice_page
def statistics_file(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """One table (`?tableau=`), or all of them below each other."""
    asked = _asked(request, organization_id)
    form = PeriodForm(request.GET.dict(), today=asked.today, agendas=asked.agendas)
    if not form.is_valid():
        return _page(request, asked, form, None)
    figures = _figures(asked, form)
    name = f"{figures.first}-{figures.last}"
    if key := request.GET.get("tableau"):
        table = next((one for one in figures.tables if one.key == key), None)
        if table is None:
            raise Http404
        return _file(f"activite-{key}-{name}", table.headings, table.rows)
    rows = [
        [table.title, line.label, column.in_file, amount.plain]
        for table in figures.tables
        for line in table.lines
        for column, amount in zip(table.columns, line.amounts, strict=True)
    ]
    return _file(f"activite-{name}", ["Tableau", "Ligne", "Mesure", "Valeur"], rows)


@require_safe
@practice_page
def sas(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Four queries beside those of every page."""
    asked, form, month = _month(request, organization_id)
    report = sas_report(asked.schedules, month=month, now=asked.now)
    context = {
        "organization": asked.organization,
        "form": form,
        "report": report,
        "month": month,
        "title": f"Activité pour le SAS, {month_year(month)}",
        "printed_on": asked.today,
        "is_over": report.last < asked.today,
    }
    return render(request, "statistics/sas.html", context)


@require_safe
@practice_page
def sas_file(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    asked, _, month = _month(request, organization_id)
    table = sas_report(asked.schedules, month=month, now=asked.now).table
    return _file(f"activite-sas-{month:%Y-%m}", table.headings, table.rows)


def _month(request: HttpRequest, organization_id: uuid.UUID) -> tuple[_Asked, MonthForm, date]:
    asked = _asked(request, organization_id)
    form = MonthForm(request.GET.get("mois", ""), today=asked.today)
    month = form.month
    if month is None:
        raise Http404
    return asked, form, month


def _figures(asked: _Asked, form: PeriodForm) -> Figures:
    data = form.cleaned_data
    return figures_of(form.chosen, first=data["du"], last=data["au"], now=asked.now)


def _page(request: HttpRequest, asked: _Asked, form: PeriodForm, figures: Figures | None) -> HttpResponse:
    context: dict[str, Any] = {
        "organization": asked.organization,
        "form": form,
        "figures": figures,
        "agendas": asked.agendas,
        "nav": "practice",
        "presets": _presets(asked.today, request.GET.get("agenda", "")),
        "closed": [name for one, name in asked.agendas if not one.active],
    }
    if figures is not None:
        # As they are read, whatever way they were typed.
        form.data = {**request.GET.dict(), "du": f"{figures.first:%d/%m/%Y}", "au": f"{figures.last:%d/%m/%Y}"}
        context |= {
            "said": between_days(figures.first, figures.last),
            "query": urlencode({name: form.data.get(name, "") for name in ("du", "au", "agenda")}),
            **_drawn(figures),
        }
    return render(request, "statistics/activity.html", context, status=200 if figures is not None else 422)


def _drawn(figures: Figures) -> dict[str, Any]:
    """Of one month alone there is nothing to compare."""
    several = len(figures.months) > 1
    return {
        "sas_chart": _chart(figures, figures.sas_by_month) if several else None,
        "chart": _chart(figures, figures.visits_by_month) if several else None,
    }


def _chart(figures: Figures, table: Table) -> Chart:
    """Its first column beside its last one."""
    first, second = ([line.amounts[place] for line in table.lines if not line.is_total] for place in (0, -1))
    words = table.columns[0].title, table.columns[-1].title
    return chart(figures.months, first, second, words=words)


def _presets(today: date, agenda: str) -> list[tuple[str, str]]:
    """(words, query) of the periods that are asked for most."""
    month = today.replace(day=1)
    year = today.replace(month=1, day=1)
    periods = [
        ("Ce mois-ci", month, today),
        ("Le mois dernier", back(today, 1), month - timedelta(days=1)),
        ("12 mois", back(today, 11), today),
        ("Cette année", year, today),
        ("L’année dernière", year.replace(year=today.year - 1), year - timedelta(days=1)),
    ]
    return [
        (words, urlencode({"du": f"{first:%d/%m/%Y}", "au": f"{last:%d/%m/%Y}", "agenda": agenda}))
        for words, first, last in periods
    ]


def _file(name: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    response = HttpResponse(lines(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
