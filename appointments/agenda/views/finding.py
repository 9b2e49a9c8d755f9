"""« Trouver un créneau »: the first free hours across practitioners. A page, and a panel over the agenda."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Level
from accounts.french import fold
from accounts.zones import are_several
from appointments.agenda.forms.finder import FinderForm
from appointments.agenda.selectors.finder import Wish, first_free
from appointments.agenda.selectors.patients import find_file
from appointments.models import Patient, Schedule
from appointments.openings.recurrence import instant
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.selectors import grid_zone
from appointments.slots.reader import reasons_done
from appointments.slots.values import ReasonDone


@require_safe
@practice_page
def slot_finder(request: HttpRequest) -> HttpResponse:
    now, actor = timezone.now(), actor_of(request)
    file = _file(request)
    rows = Schedule.objects.with_place().open().kept_by(actor, Level.BOOK)
    if file is not None:
        rows = rows.filter(organization=file.organization_id)
    schedules = list(rows.order_by("calendar__practitioner", "location"))
    done = reasons_done([one.id for one in schedules])
    reasons = _by_label(one for each in done.values() for one in each)
    people = {str(one.practitioner_id): str(one.practitioner) for one in schedules if one.practitioner_id}
    local = now.astimezone(grid_zone(schedules))
    form = FinderForm(request.GET, practitioners=list(people.items()), reasons=reasons, now=local)
    context: dict[str, Any] = {"nav": "agenda", "form": form, "file": file, "people": people}
    if form.is_valid():
        data = form.cleaned_data
        asked = [one for one in schedules if not data["qui"] or str(one.practitioner_id) in data["qui"]]
        wish = Wish(
            since=_since(data["des"], form.hour, asked or schedules, now),
            reasons=_done_at(asked, done, reasons.get(data["motif"])),
            halves=frozenset(data["moments"]),
            weekdays=frozenset(map(int, data["jours"])),
        )
        free = first_free(asked, wish, now=now)
        at_once = {one.schedule.practitioner for _, slots in free for one in slots if one.start == wish.since}
        context |= {
            "found": [(day, [(slot, _more(file, wish, [slot.schedule])) for slot in slots]) for day, slots in free],
            # With whom that very hour is free it is among those found.
            "at_once": at_once if form.hour else set(),
            "day": data["des"],
            "hour": form.hour,
            "whom": [
                (one, _more(file, wish, [its for its in asked if its.practitioner_id == one.id]))
                for one in dict.fromkeys(one.practitioner for one in asked if one.practitioner is not None)
            ],
            "several_places": len({one.location_id for one in asked}) > 1,
            "several_clocks": are_several(one.location.zone for one in asked),
            "sent": "chercher" in request.GET,
        }
    panel = bool(request.htmx)  # type: ignore[attr-defined]
    if panel and "chercher" not in request.GET:
        form.fields["des"].widget.attrs["data-focus"] = "all"
    return render(request, f"practice/slot_finder{'_panel' if panel else ''}.html", context)


def _file(request: HttpRequest) -> Patient | None:
    """For whom one looks, where the address names them."""
    try:
        return find_file(uuid.UUID(request.GET.get("dossier", "")), actor=actor_of(request))
    except ValueError:
        return None


def _since(day: date, hour: time | None, schedules: list[Schedule], now: datetime) -> datetime:
    return max(instant(day, hour or time(0), grid_zone(schedules)), now)


def _by_label(reasons: Iterable[ReasonDone]) -> dict[str, ReasonDone]:
    """One for each label: structures word theirs apart, and who calls means the same by it."""
    first: dict[str, ReasonDone] = {}
    for one in reasons:
        first.setdefault(fold(one.label), one)
    return {str(one.id): one for one in first.values()}


def _done_at(
    schedules: list[Schedule], done: dict[uuid.UUID, list[ReasonDone]], wanted: ReasonDone | None
) -> dict[uuid.UUID, ReasonDone] | None:
    if wanted is None:
        return None
    label = fold(wanted.label)
    return {one.id: reason for one in schedules for reason in done.get(one.id, ()) if fold(reason.label) == label}


def _more(file: Patient | None, wish: Wish, schedules: Iterable[Schedule]) -> str:
    """What the address of a form says of whom it is for, and of what, as it is done at the first of these agendas where it is."""
    reason = next((wish.reasons[one.id].id for one in schedules if wish.reasons and one.id in wish.reasons), None)
    given = ("dossier", file and file.pk), ("motif", reason)
    return "".join(f"&{name}={value}" for name, value in given if value)
