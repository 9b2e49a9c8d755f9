"""What every page of the openings shares: the desk they are changed at, the page around a form."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.days import LAST_DAY, DayConverter
from appointments.models import Absence, Closure, Location, Rule, Schedule
from appointments.openings.values import Opening
from appointments.pages.practice import Side, side_of
from appointments.places.rights import closable
from appointments.places.selectors import grid_zone
from appointments.setup.selectors import (
    Coming,
    coming_periods,
    places_of,
    rule_lines,
    rules_of,
    strip_of,
    week_of,
)
from appointments.setup.services.changes import Extent, change_setup, of_openings
from appointments.setup.services.fates import NOTHING_ASKED, Answers
from appointments.setup.views.touched import answers_of, told_of

Result = TypeVar("Result")
# The week shown, in the address of a form.
_WEEK = "semaine"


@dataclass(frozen=True)
class Desk:
    """`schedules`: the practitioner's places that the person sees. `asked`: a day of the week that they browsed to. `answers`:
    what they sent of the visits that a change touches.
    """

    side: Side
    schedules: list[Schedule]
    zone: ZoneInfo
    now: datetime
    asked: date | None = None
    answers: Answers = NOTHING_ASKED

    @property
    def actor(self) -> Actor:
        return self.side.agendas.actor

    @property
    def managed(self) -> list[Schedule]:
        """The places whose rules and reasons they may change."""
        return self.side.agendas.at_least(Level.MANAGE)

    @property
    def booked(self) -> list[Schedule]:
        """The places where they may note an absence."""
        return self.side.agendas.at_least(Level.BOOK)

    @property
    def books_everywhere(self) -> bool:
        return self.side.is_own or self.side.agendas.everywhere(Level.BOOK)

    @cached_property
    def closable(self) -> list[Location]:
        """The places that they may close."""
        return closable(self.actor, [one.location for one in self.schedules])

    @property
    def several_clocks(self) -> bool:
        """Hours are told beside those of another place's clock."""
        return are_several(one.location.zone for one in self.schedules)

    @property
    def practitioner_id(self) -> uuid.UUID:
        return self.side.practitioner.id

    def change(self, act: Callable[[], Result], *, read: str, extent: Extent | None = None) -> Result:
        """What a service of the set-up does, through the one door. Without `extent`: of the practitioner's rules and absences."""
        whole = extent or of_openings(self.practitioner_id)
        return change_setup(act, whole, by=self.actor, now=self.now, read=read, answers=self.answers)

    def extent_of(self, opening: Opening) -> Extent:
        """A rule may make a reason of its organization, or take one up again."""
        here = next((one for one in self.managed if one.id == opening.schedule_id), None)
        adds = here.organization_id if here is not None and opening.new_reason else None
        return of_openings(self.practitioner_id, reasons_of=adds)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def today_at(self, schedule_id: uuid.UUID) -> date:
        """The day it is at the place of this agenda."""
        zone = next((one.location.zone for one in self.schedules if one.id == schedule_id), self.zone)
        return self.now.astimezone(zone).date()

    @property
    def monday(self) -> date:
        """Of this week."""
        return _monday_of(self.today)

    @property
    def week(self) -> date | None:
        """The Monday of the week browsed to, which forms opened from it lead back to; None: this one. What is past can't be
        booked, and is the agenda's.
        """
        monday = _monday_of(self.asked) if self.asked is not None else self.monday
        return monday if monday > self.monday else None

    @property
    def back(self) -> str:
        """The address of the openings."""
        if self.week is None:
            return reverse("openings", args=[self.practitioner_id])
        return reverse("openings-week", args=[self.practitioner_id, self.week])

    @property
    def kept_week(self) -> str:
        """What is added to the addresses of forms, so that the week is not forgotten."""
        return f"?{_WEEK}={self.week}" if self.week is not None else ""

    def address(self, name: str, *arguments: object) -> str:
        """Of a form."""
        return reverse(name, args=[self.practitioner_id, *arguments]) + self.kept_week

    def context(self) -> dict[str, Any]:
        return {
            **self.side.context("openings"),
            "several_clocks": self.several_clocks,
            "week": self.week,
            "back": self.back,
            "kept_week": self.kept_week,
        }


def desk_of(
    request: HttpRequest, practitioner_id: uuid.UUID, need: Level = Level.SEE, *, day: date | None = None
) -> Desk:
    """`day`: of the week asked for, where the address says it.

    Raises Http404 when the person may not at least this at one of the practitioner's places.
    """
    side = side_of(request, practitioner_id, need)
    asked = day or _day_in(request.GET.get(_WEEK, ""))
    return Desk(side, side.seen, grid_zone(side.seen), timezone.now(), asked, answers_of(request.POST))


def _day_in(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        # Not a day of ours: as without.
        return None


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def openings_page(
    request: HttpRequest,
    desk: Desk,
    *,
    crumb: str = "",
    status: int = 200,
    rule: Rule | None = None,
    absence: Absence | None = None,
    closure: Closure | None = None,
    day: date | None = None,
    **context: Any,
) -> HttpResponse:
    """The openings of the desk's week, with one of `rule_form`, `absence_form`, `closure_form` beside them when it is given; then
    one does not go to other weeks, which would lose what is typed.
    """
    rules = rules_of(desk.schedules)
    absences, closures = coming_periods(
        desk.practitioner_id, desk.schedules, now=desk.now, zone=desk.zone, actor=desk.actor
    )
    # A rule that begins later is previewed where it begins.
    monday = _monday_of(day or max(desk.week or desk.today, rule.first_day if rule is not None else desk.today))
    counts = week_of(desk.schedules, monday=monday, zone=desk.zone, now=desk.now)
    lines, one_off = rule_lines(rules, counts, now=desk.now)
    forms_shown = {name: context.get(name) for name in ("rule_form", "absence_form", "closure_form")}
    everything: dict[str, Any] = {
        **desk.context(),
        "schedules": desk.schedules,
        "places": places_of(desk.managed, kept_by=rule),
        "managed": {one.id for one in desk.managed},
        "may_close": desk.closable,
        "zone": desk.zone,
        "today": desk.today,
        "monday": monday,
        "is_this_week": monday == desk.monday,
        "browses": not any(forms_shown.values()),
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7) if monday + timedelta(days=7) <= LAST_DAY else None,
        "strip": strip_of(rules, [*absences, *closures], desk.schedules, monday=monday),
        "lines": lines,
        "one_off": one_off,
        "week_places": counts.places,
        "changeable": _changeable(desk, absences),
        "absences": absences,
        "closures": closures,
        "crumb": crumb,
        "form": next((one for one in forms_shown.values() if one is not None), None),
        "rule": rule,
        "absence": absence,
        "closure": closure,
        "day": day,
        "form_address": "",
        "touched": told_of(next((one.warned for one in forms_shown.values() if one is not None), None), desk.actor),
        **context,
        **forms_shown,
    }
    return render(request, "practice/openings.html", everything, status=status)


def _changeable(desk: Desk, absences: Sequence[Coming]) -> set[uuid.UUID]:
    """The absences that the person may change; those they read may be more. No query: `AbsenceQuerySet.kept_by` of what is
    loaded.
    """
    booked = {one.id for one in desk.booked}
    rows = [one.row for one in absences if isinstance(one.row, Absence)]
    return {row.id for row in rows if (desk.books_everywhere if row.schedule_id is None else row.schedule_id in booked)}
