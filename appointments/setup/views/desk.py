"""What every page of the openings shares: the desk they are changed at."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.days import DayConverter
from appointments.models import Absence, Location, Schedule
from appointments.openings.values import Opening
from appointments.pages.practice import Side, side_of
from appointments.places.rights import closable
from appointments.places.selectors import grid_zone
from appointments.setup.services.changes import Extent, TouchesVisits, change_setup, of_openings
from appointments.setup.services.fates import NOTHING_ASKED, Answers
from appointments.setup.views.touched import answers_of

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

    def would(self, act: Callable[[], Any], *, extent: Extent | None = None) -> TouchesVisits | None:
        """What would be asked of the visits that this touches, if it were done now. Nothing of it is kept. Raises `Refused`."""
        with transaction.atomic():
            found = None
            try:
                with transaction.atomic():
                    self.change(act, read="", extent=extent)
            except TouchesVisits as told:
                found = told
            transaction.set_rollback(True)
        return found

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
        """Of the week that is not over: on Sundays the one to come."""
        return monday_of(self.today + timedelta(days=1))

    @property
    def week(self) -> date | None:
        """The Monday of the week browsed to, which forms opened from it lead back to; None: the first. What is past can't be
        booked, and is the agenda's.
        """
        monday = monday_of(self.asked) if self.asked is not None else self.monday
        return monday if monday > self.monday else None

    @property
    def back(self) -> str:
        """The address of the openings."""
        if self.week is None:
            return reverse("openings", args=[self.practitioner_id])
        return reverse("openings-week", args=[self.practitioner_id, self.week])

    @property
    def coming(self) -> str:
        """The address of the absences and closures to come."""
        return reverse("periods", args=[self.practitioner_id]) + self.kept_week

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
            "coming": self.coming,
            "kept_week": self.kept_week,
        }


def desk_of(
    request: HttpRequest, practitioner_id: uuid.UUID, need: Level = Level.SEE, *, day: date | None = None
) -> Desk:
    """`day`: of the week asked for, where the address says it.

    Raises Http404 when the person may not at least this at one of the practitioner's places.
    """
    side = side_of(request, practitioner_id, need)
    asked = day or day_in(request.GET.get(_WEEK, ""))
    return Desk(side, side.seen, grid_zone(side.seen), timezone.now(), asked, answers_of(request.POST))


def day_in(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        # Not a day of ours: as without.
        return None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def changeable(desk: Desk, rows: Iterable[Absence]) -> set[uuid.UUID]:
    """The absences that the person may change; those they read may be more. No query: `AbsenceQuerySet.kept_by` of what is
    loaded.
    """
    booked = {one.id for one in desk.booked}
    return {row.id for row in rows if (desk.books_everywhere if row.schedule_id is None else row.schedule_id in booked)}
