"""What every view of the agenda has around it: the toolbar, the month at the side, and where one was."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.enums import AgendaView, Level, TextSize
from accounts.models import MOST_TOGETHER, AgendaGroup, AgendaHabits
from accounts.rights import Actor
from accounts.selectors.habits import habits_of
from accounts.services.habits import note_place
from appointments.agenda.forms.going import GoForm
from appointments.agenda.selectors.around import Around, around_of
from appointments.agenda.shown import Shown
from appointments.agenda.small_month import month_lines
from appointments.days import FIRST_DAY, LAST_DAY
from appointments.models import Schedule
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, sides_of

_DAY = timedelta(days=1)
# Their keys; a letter alone is an act on a visit.
_KEYS = {AgendaView.DAY: "Maj+J", AgendaView.WEEK: "Maj+S", AgendaView.MONTH: "Maj+M", AgendaView.LIST: "Maj+L"}
_STEPS = {
    AgendaView.DAY: ("Jour précédent", "Jour suivant"),
    AgendaView.WEEK: ("Semaine précédente", "Semaine suivante"),
    AgendaView.MONTH: ("Mois précédent", "Mois suivant"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """`current`: it is this page."""

    name: str
    address: str
    current: bool = False
    key: str = ""


@dataclass(frozen=True)
class Frame:
    """One opening of an agenda page."""

    request: HttpRequest
    sides: Sequence[Side]
    shown: Shown
    today: date

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @property
    def habits(self) -> AgendaHabits:
        return habits_of(self.actor)

    @property
    def seen(self) -> list[Schedule]:
        return [schedule for side in self.sides for schedule in side.seen]

    @cached_property
    def around(self) -> Around:
        return around_of(self.seen, actor=self.actor, now=timezone.now())

    def gone(self) -> tuple[GoForm, HttpResponse | None]:
        """Where the typed date leads, if it is one; the page says why else."""
        form = GoForm(self.request.GET, today=self.today)
        if form.is_bound and form.is_valid():
            return form, redirect(self.shown.on(form.cleaned_data["aller"]))
        return form, None

    def remember(self) -> None:
        if self.request.method == "GET":
            shown = self.shown
            note_place(actor=self.actor, view=shown.view, practitioners=shown.ids, day=shown.day, today=self.today)

    def context(self, form: GoForm, *, title: str) -> dict[str, Any]:
        """One query, `around`. The page has been remembered."""
        self.remember()
        shown, day = self.shown, self.shown.day
        groups = self.around.groups
        first = self.sides[0]
        before, after = day.replace(day=1) - _DAY, day.replace(day=28) + 4 * _DAY
        return {
            **first.context("agenda"),
            **({"closed": []} if len(self.sides) > 1 else {}),
            "may_book": any(side.may(Level.BOOK) for side in self.sides),
            "booking_for": next((side.practitioner for side in self.sides if side.may(Level.BOOK)), first.practitioner),
            "bookable": [side.practitioner for side in self.sides if side.may(Level.BOOK)],
            "printable": [side.practitioner for side in self.sides if side.may(Level.SEE)],
            "practitioners": [side.practitioner for side in self.sides],
            "shown": shown,
            "day": day,
            "today": self.today,
            "view": shown.view.value,
            "title": title,
            "place": shown.place,
            "go": form,
            "to_today": shown.on(self.today),
            "steps": _STEPS.get(shown.view),
            "views": [Link(str(one.label), shown.as_(one), one == shown.view, _KEYS[one]) for one in AgendaView],
            "groups": self._groups(groups),
            "whose": self._whose(groups),
            "others": [Link(str(one), shown.first(one.id), self._is_alone(one.id)) for one in first.colleagues],
            "most_together": MOST_TOGETHER,
            "habits": self.habits,
            "sizes": TextSize.choices,
            "month": month_lines(
                day,
                address=shown.on,
                today=self.today,
                week=shown.view == AgendaView.WEEK,
                marked=shown.view == AgendaView.DAY,
            ),
            "places": self._places(),
            "queue": self.around.queue,
            "around": self.around,
            "previous_month": shown.on(before) if before >= FIRST_DAY else "",
            "next_month": shown.on(after) if after <= LAST_DAY else "",
        }

    def _is_alone(self, one: uuid.UUID) -> bool:
        return [one] == [side.practitioner.id for side in self.sides]

    def _places(self) -> list[Link]:
        """Of one practitioner at several, those that can be shown alone."""
        if len(self.sides) > 1 or len(self.seen) < 2 or self.shown.view == AgendaView.LIST:
            return []
        shown = self.shown
        alone = [Link(one.location.name, shown.at(one.id), shown.place == one.id) for one in self.seen]
        return [Link("Tous les lieux", shown.at(None), shown.place is None), *alone]

    def _groups(self, groups: Sequence[AgendaGroup]) -> list[Link]:
        """Of each who is still theirs to look at; who is alone there is in the list of practitioners anyway."""
        kept = {one.id for one in self.sides[0].colleagues}
        found = []
        for group in groups:
            ids = self._ordered(group, kept)
            if len(ids) > 1:
                shown = self.shown.of(*ids) if self.shown.view != AgendaView.WEEK else _together(ids, self.shown.day)
                found.append(Link(f"{group.name} ({len(ids)})", shown, ids == self.shown.ids and len(self.sides) > 1))
        return found

    def _ordered(self, group: AgendaGroup, kept: set[uuid.UUID]) -> tuple[uuid.UUID, ...]:
        """In the order of names, as they are shown."""
        return tuple(one.id for one in self.sides[0].colleagues if one.id in group.practitioners and one.id in kept)

    def _whose(self, groups: Sequence[AgendaGroup]) -> str:
        if len(self.sides) == 1:
            return str(self.sides[0].practitioner)
        kept = {one.id for one in self.sides[0].colleagues}
        name = next((one.name for one in groups if self._ordered(one, kept) == self.shown.ids), "")
        return f"{name} ({len(self.sides)})" if name else f"{len(self.sides)} praticiens"


def _together(ids: tuple[uuid.UUID, ...], day: date) -> str:
    return Shown(AgendaView.DAY, ids, day).address


def asked_ids(request: HttpRequest) -> list[uuid.UUID]:
    """The practitioners that `?avec=` names, each once. Raises Http404: what is no key is no address."""
    try:
        return list(dict.fromkeys(uuid.UUID(one) for one in request.GET.getlist("avec")))
    except ValueError:
        raise Http404 from None


def sides_asked(request: HttpRequest) -> list[Side]:
    """Of those named whom this person may look at, eight at most. Raises Http404 when there is nobody."""
    sides = sides_of(request, asked_ids(request))
    if not sides:
        raise Http404
    return sides[:MOST_TOGETHER]
