"""What an agenda page shows, and its address: of whom, in which view, around which day, at which place alone."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.enums import AgendaView
from appointments.days import FIRST_DAY, LAST_DAY

_DAY = timedelta(days=1)
_ANY_DAY = date(2000, 1, 1)
_ANY, _ANY_END = str(_ANY_DAY), "2000-01-07"
_NAMES = {AgendaView.DAY: "agenda-day", AgendaView.WEEK: "agenda-week", AgendaView.MONTH: "agenda-month"}
_TOGETHER = {AgendaView.DAY: "agenda-days", AgendaView.MONTH: "agenda-months"}


@dataclass(frozen=True, slots=True)
class Shown:
    """`ids`: the practitioners, one at least; a week is one practitioner's, the first, and keeps the others for the way back to a
    day of them all. `place`: a schedule of the only one.
    """

    view: AgendaView
    ids: tuple[uuid.UUID, ...]
    day: date
    place: uuid.UUID | None = None

    @property
    def address(self) -> str:
        return (
            _pattern(self.view, self.ids, self.place)
            .replace(_ANY, str(self.day))
            .replace(_ANY_END, str(min(LAST_DAY, self.day + 6 * _DAY)))
        )

    def on(self, day: date) -> str:
        return replace(self, day=day).address

    def as_(self, view: AgendaView) -> str:
        return replace(self, view=view).address

    def of(self, *ids: uuid.UUID) -> str:
        """Of others: what is shown of a place is one's own."""
        return replace(self, ids=ids, place=self.place if ids == self.ids else None).address

    def first(self, one: uuid.UUID) -> str:
        """The week of another of them, or the same of somebody else alone."""
        if self.view != AgendaView.WEEK or one not in self.ids:
            return self.of(one)
        return self.of(one, *(other for other in self.ids if other != one))

    def at(self, place: uuid.UUID | None) -> str:
        return replace(self, place=place).address

    @property
    def previous(self) -> str:
        """Blank at the first of the agenda's years."""
        return self._moved(-1)

    @property
    def next(self) -> str:
        return self._moved(1)

    def _moved(self, way: int) -> str:
        if self.view == AgendaView.MONTH:
            other = (self.day.replace(day=1) - _DAY) if way < 0 else self.day.replace(day=28) + 4 * _DAY
        else:
            other = self.day + way * (_DAY if self.view == AgendaView.DAY else 7 * _DAY)
        return self.on(other) if FIRST_DAY <= other <= LAST_DAY else ""


@lru_cache(maxsize=512)
def _pattern(view: AgendaView, ids: tuple[uuid.UUID, ...], place: uuid.UUID | None) -> str:
    """The address of a day that stands for any: a page has dozens, and to reverse each takes longer than to draw them."""
    if view == AgendaView.LIST:
        return _with(reverse("agenda-list"), {"avec": ids, "du": [_ANY], "au": [_ANY_END]})
    if len(ids) > 1 and view in _TOGETHER:
        return _with(reverse(_TOGETHER[view], args=[_ANY_DAY]), {"avec": ids})
    kept = {"avec": ids if len(ids) > 1 else [], "lieu": [place] if place else []}
    return _with(reverse(_NAMES[view], args=[ids[0], _ANY_DAY]), kept)


def _with(path: str, asked: dict[str, Any]) -> str:
    query = urlencode(asked, doseq=True)
    return f"{path}?{query}" if query else path
