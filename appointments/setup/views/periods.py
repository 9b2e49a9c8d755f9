"""The pages of absences and closures, whose list, form and question are the same: noted, changed, deleted."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.enums import Level
from accounts.french import NBSP, between_hours, comes_twice, listed, long_date, sentence
from accounts.zones import there
from appointments.exceptions import AlreadyNoted
from appointments.models import Absence, Closure
from appointments.openings.selectors import period_interval, series_of
from appointments.openings.values import Repeat
from appointments.setup.forms.periods import PeriodForm
from appointments.setup.selectors import coming_periods, zone_of
from appointments.setup.services.changes import Extent
from appointments.setup.views.desk import Desk, changeable, desk_of
from appointments.setup.views.sent import as_it_is, deleted, saved, status_of, tell_went, went, would_touch
from appointments.setup.views.touched import told_of


class Pages:
    """Those of one kind. `word` is what it is called in addresses and sentences; `noted` what follows from one, `freed` what does
    when it goes, `…_many` of several.
    """

    kind: ClassVar[type[Absence | Closure]]
    word: ClassVar[str]
    need: ClassVar[Level] = Level.SEE
    noted: ClassVar[str]
    noted_many: ClassVar[str]
    freed: ClassVar[str]
    freed_many: ClassVar[str]

    def check(self, desk: Desk) -> None:
        """Raises Http404 when the person has nothing to do with any."""

    def row(self, desk: Desk, row_id: uuid.UUID) -> Any:
        """One that the person may change. Raises Http404."""
        raise NotImplementedError

    def form(self, desk: Desk, data: Any, row: Any) -> Any:
        raise NotImplementedError

    def as_new(self, form: PeriodForm, data: Any) -> None:
        """What was typed for one that is gone becomes a new one: with what its form does not have."""

    def create(self, form: Any, desk: Desk, **asked: Any) -> partial[list[Any]]:
        raise NotImplementedError

    def change(self, form: Any, row: Any, **asked: Any) -> partial[Any]:
        raise NotImplementedError

    def delete(self, row: Any, **asked: Any) -> partial[int]:
        raise NotImplementedError

    def place_of(self, row: Any, form: Any = None) -> Any:
        """Of one that is only ever at one place: which."""

    def extent(self, desk: Desk, place: Any) -> Extent | None:
        """None: of the practitioner's own rules and absences."""
        raise NotImplementedError

    def coverage(self, desk: Desk, form: Any) -> str:
        """How far whoever replaces covers it, in words."""
        return ""

    def series(self, desk: Desk, found: Any) -> int:
        """How many of its series the person may change."""
        return series_of(found).count()

    def to_empty(self, desk: Desk, found: Any) -> list[tuple[date, int]]:
        """The days on which visits still stand meanwhile, with how many."""
        return []

    def open(self, request: HttpRequest, practitioner_id: uuid.UUID, row_id: uuid.UUID | None = None) -> HttpResponse:
        """The form: a new one without `row_id`."""
        desk = desk_of(request, practitioner_id, self.need)
        self.check(desk)
        if row_id is None:
            return self._form_page(request, desk, None)
        try:
            return self._form_page(request, desk, self.row(desk, row_id))
        except Http404:
            if not went(request, self.kind, row_id):
                raise
        form = self.form(desk, request.POST.copy(), None)
        self.as_new(form, form.data)
        tell_went(form, self.word)
        return self._page(request, desk, form, None, 409)

    def ask_delete(self, request: HttpRequest, practitioner_id: uuid.UUID, row_id: uuid.UUID) -> HttpResponse:
        desk = desk_of(request, practitioner_id, self.need)

        def delete(version: int | None, read: str) -> str:
            found = self.row(desk, row_id)
            act = self.delete(found, version=version, by=desk.actor)
            whole = partial(act, whole_series="serie" in request.POST)
            count = desk.change(whole, read=read, extent=self.extent(desk, self.place_of(found)))
            if count > 1:
                return f"{count} {self.word}s supprimées{NBSP}: {self.freed_many}, selon les règles."
            return f"{sentence(self.word)} supprimée{NBSP}: {self.freed}, selon les règles."

        refused = deleted(request, desk.coming, self.kind, row_id, delete)
        if isinstance(refused, HttpResponse):
            return refused
        found = self.row(desk, row_id)
        context = {**desk.context(), **self._of_row(desk, found), **refused.context(desk.actor)}
        return render(request, "practice/period_delete.html", context, status=refused.status)

    def _act(self, desk: Desk, form: Any, found: Any) -> partial[Any]:
        asked: dict[str, Any] = {"by": desk.actor, "now": desk.now}
        if found is None:
            return self.create(form, desk=desk, repeat=form.repeat(), **asked)
        return self.change(form, found, version=form.cleaned_data["version"], **asked)

    def _effect(self, request: HttpRequest, desk: Desk, form: Any, found: Any) -> HttpResponse:
        """What it would touch, as far as it is typed. Nothing is saved."""
        context: dict[str, Any] = {"problem": form.first_error, "touched": None, "none": True}
        if form.is_valid():
            extent = self.extent(desk, self.place_of(found, form))
            context |= would_touch(desk, self._act(desk, form, found), extent)
            context["coverage"] = self.coverage(desk, form)
        return render(request, "practice/period_effect.html", context)

    def _form_page(self, request: HttpRequest, desk: Desk, found: Any) -> HttpResponse:
        form = self.form(desk, request.POST if request.method == "POST" else None, found)

        def save() -> HttpResponse:
            extent = self.extent(desk, self.place_of(found, form))
            try:
                done = desk.change(self._act(desk, form, found), read=form.read, extent=extent)
            except AlreadyNoted as told:
                messages.info(request, str(told))
                return redirect(desk.coming)
            made = done if found is None else [done]
            if found is None:
                tell_clock_changes(request, desk, made, form.repeat())
            if len(made) > 1:
                messages.success(request, f"{len(made)} {self.word}s enregistrées{NBSP}: {self.noted_many}")
            else:
                messages.success(request, f"{sentence(self.word)} enregistrée{NBSP}: {self.noted}")
            return redirect(desk.coming)

        if request.method == "POST" and "apercu" in request.GET:
            return self._effect(request, desk, form, found)
        if request.method == "POST" and (answer := saved(form, save)):
            return answer
        if found is not None:
            found = as_it_is(form, found, partial(self.row, desk))
        return self._page(request, desk, form, found, status_of(request, form))

    def _page(self, request: HttpRequest, desk: Desk, form: PeriodForm, found: Any, status: int) -> HttpResponse:
        address = desk.address(f"{self.kind_name}-new") if found is None else desk.address(self.kind_name, found.id)
        context = {
            **desk.context(),
            **(self._of_row(desk, found) if found is not None else {"row": None, "series_count": 0, "to_empty": []}),
            "kind": self.kind_name,
            "word": self.word,
            "form": form,
            "none": False,
            "form_address": address,
            "touched": told_of(form.warned, desk.actor),
        }
        return render(request, "practice/period.html", context, status=status)

    @property
    def kind_name(self) -> str:
        """As addresses are named."""
        return self.kind._meta.model_name or ""

    def _of_row(self, desk: Desk, found: Any) -> dict[str, Any]:
        return {
            "kind": self.kind_name,
            "word": self.word,
            "row": found,
            "zone": zone_of(found, desk.zone),
            "series_count": self.series(desk, found),
            "to_empty": self.to_empty(desk, found),
        }


def periods_page(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """What is coming: absences, and closures of the places."""
    desk = desk_of(request, practitioner_id)
    absences, closures = coming_periods(
        desk.practitioner_id, desk.schedules, now=desk.now, zone=desk.zone, actor=desk.actor
    )
    context = {
        **desk.context(),
        "schedules": desk.schedules,
        "absences": absences,
        "closures": closures,
        "changeable": changeable(desk, [one.row for one in absences if isinstance(one.row, Absence)]),
        "may_close": desk.closable,
        "today": desk.today,
    }
    return render(request, "practice/periods.html", context)


def tell_clock_changes(
    request: HttpRequest, desk: Desk, rows: Sequence[Absence | Closure], repeat: Repeat | None
) -> None:
    """Of a series by the hour: the days on which a clock change makes its hours other ones, or leaves none."""
    if repeat is None or rows[0].is_whole_days:
        return
    zone = zone_of(rows[0], desk.zone)
    by_day: dict[date, list[datetime]] = {}
    for when in (period_interval(row, zone) for row in rows):
        by_day[when.start.astimezone(zone).date()] = [at.astimezone(zone) for at in (when.start, when.end)]
    first = min(by_day)
    usual = [at.time() for at in by_day[first]]
    said: list[str] = []
    for day in repeat.days(first):
        hours = by_day.get(day)
        if hours is None:
            said.append(f"rien le {long_date(day)}, où ces heures n’existent pas")
        elif [at.time() for at in hours] != usual or any(map(comes_twice, hours)):
            said.append(between_hours(*hours))
    if said:
        messages.info(request, f"Changement d’heure{NBSP}: {listed(said)}{there(zone)}.")
