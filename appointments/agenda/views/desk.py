"""Where a new appointment is taken, for whom and when, as the address or the form so far says it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.enums import Level
from accounts.french import clock
from appointments.agenda.forms.booking import FreeBookingForm, Shown
from appointments.agenda.forms.naming import named_in
from appointments.agenda.selectors.choices import missed_by
from appointments.agenda.selectors.moments import place_open_at, usual_minutes
from appointments.agenda.selectors.patients import find_file
from appointments.agenda.views.choosing import choosing
from appointments.days import DayConverter
from appointments.messages.selectors import confirmation_to
from appointments.models import Patient, Schedule
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, side_of
from appointments.patients.forms import IDENTITY, as_typed
from appointments.places.selectors import schedule_of
from appointments.setup.clock import parse_clock
from appointments.slots.reader import reasons_done
from appointments.slots.slot_key import SlotKey
from appointments.waiting.selectors import Asked, asked_at

# Of a file of another structure: who somebody says they are, and how they are reached. What a practice noted stays there.
_BORROWED = (
    "family_name",
    "given_name",
    "no_given_name",
    "birth_date",
    "sex",
    "birth_name",
    "phone",
    "no_phone",
    "email",
)
# What is sent on the way: whom it is for is looked for, chosen or made first; or one form gives way to another.
ON_THE_WAY = {"search", "choose", "another", "create", "whole", "repeat"}
_NOT_KEPT = ON_THE_WAY | {"csrfmiddlewaretoken", "despite", "instead", "words", "file"}

_INSTANT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one books (`schedules`), and for whom, when it is somebody known (`file`). `known_by`: the file of another structure,
    of which the words are taken for a new one here.
    """

    request: HttpRequest
    side: Side
    schedules: list[Schedule]
    file: Patient | None
    known_by: Patient | None
    now: datetime
    kind: type[FreeBookingForm]
    template: str

    @property
    def over_agenda(self) -> bool:
        """In the panel the place is settled with the moment."""
        return bool(self.request.htmx)  # type: ignore[attr-defined]

    def form(self, data: Any = None, **options: Any) -> Any:
        reasons = reasons_done([one.id for one in self.schedules])
        return self.kind(data, schedules=self.schedules, reasons=reasons, now=self.now, file=self.file, **options)

    def begun(self) -> Any:
        """As the address asks for it, or as it was typed so far."""
        if self.request.method != "POST":
            return self.form(initial=_asked(self.request, self.schedules) | self._borrowed())
        return self.form(initial=self._typed())

    def sent(self) -> Any:
        return self.form(_at_the_hour_chosen(self.request, self.schedules))

    def _typed(self) -> dict[str, Any]:
        """How a known patient is reached comes from their file."""
        post = self.request.POST
        kept = {name: value for name, value in post.items() if name not in _NOT_KEPT}
        if post.keys() & {"choose", "another"}:
            reached = {*IDENTITY, "phone", "no_phone", "email", "address"}
            kept = {name: value for name, value in kept.items() if name not in reached}
        elif self.file is None and not kept.get("family_name") and "search" not in post:
            kept |= named_in(post.get("words", ""), today=timezone.localdate(self.now))
        if kept.get("schedule") not in {str(one.id) for one in self.schedules}:
            kept.pop("schedule", None)
        kept.pop("day", None)
        day = _day(post.get("day", ""))
        return kept | self._borrowed() | ({"day": day} if day is not None else {})

    def _borrowed(self) -> dict[str, str]:
        if self.known_by is None or not self.schedules:
            return {}
        said = as_typed(self.known_by, self.schedules[0].location.zone)
        return {name: said[name] for name in _BORROWED}

    def page(self, form: FreeBookingForm, *, status: int = 200, unnamed: bool = False, **more: Any) -> HttpResponse:
        """`unnamed`: sent without saying whom it is for."""
        request = self.request
        day = (form.cleaned_data if form.is_bound else form.initial).get("day") or timezone.localdate(
            timezone=form.zone
        )
        if self.over_agenda and form.shown is not None:
            form.keep_to(form.shown.schedule)
        asks = self.file is None and (unnamed or self.known_by is not None or _is_new(request))
        context = {
            **self.side.context("agenda"),
            "form": form,
            "day": day,
            "shown": form.shown,
            "proposed": _proposed(form.shown, self.now),
            "words": request.POST.get("words", ""),
            "unnamed": unnamed,
            "asks_identity": asks,
            "blank": form.first_blank() if asks and not form.is_bound else "",
            "known_by": self.known_by,
            "missed": missed_by([self.file], actor=actor_of(request)).get(self.file.pk, 0) if self.file else 0,
            **more,
        }
        if self.file is not None:
            context["confirmed"], context["is_confirmed"] = confirmation_to(self.file, self.file.organization_id)
        if "search" in request.POST:
            context |= choosing(request, self.side)
        return render(request, self.template, context, status=status)

    @property
    def is_shut(self) -> bool:
        return not self.schedules and self.request.method != "POST"

    def shut(self) -> HttpResponse:
        """Nothing is open here: said instead of the form."""
        return render(self.request, self.template, self.side.context("agenda") | {"form": None})


def desk_of(request: HttpRequest, practitioner_id: uuid.UUID, kind: type[FreeBookingForm], template: str) -> Desk:
    side = side_of(request, practitioner_id, Level.BOOK)
    schedules = [one for one in side.agendas.at_least(Level.BOOK) if one.active]
    file = _known_file(request) if schedules or request.method == "POST" else None
    known_by = None
    # Where it is to be is said first: whom it is for does not move it to another structure's place.
    place = place_said(request, schedules) if file is not None else None
    open_to = schedules if place is None else [place]
    if file is not None and any(one.organization_id == file.organization_id for one in open_to):
        schedules = [one for one in schedules if one.organization_id == file.organization_id]
    elif file is not None:
        file, known_by = None, file
    return Desk(request, side, schedules, file, known_by, timezone.now(), kind, template)


def place_said(request: HttpRequest, schedules: Sequence[Schedule]) -> Schedule | None:
    """The agenda that the form, or the address, names."""
    said = request.POST.get("schedule") or request.GET.get("lieu", "")
    if not said and "creneau" in request.GET:
        _, named = slot_of(request)
        said = str(named.id) if named is not None else ""
    return next((one for one in schedules if str(one.id) == said), None)


def _proposed(shown: Shown | None, now: datetime) -> Asked | None:
    """Who of the waiting list is asked about this hour: booking it is taking it from them, which is said before."""
    if shown is None:
        return None
    return asked_at(shown.schedule, shown.start, shown.end or shown.start + _INSTANT, now=now)


def _is_new(request: HttpRequest) -> bool:
    """Whether the panel is at somebody's identity, of whom there is no file."""
    post = request.POST
    return "create" in post or ("family_name" in post and not post.keys() & {"choose", "another"})


def _known_file(request: HttpRequest) -> Patient | None:
    """Whom it is for, when the practice knows them: chosen among those found, or named by the address."""
    if request.POST.keys() & {"another", "create"}:
        return None
    named = request.POST.get("choose") or request.POST.get("file") or request.GET.get("dossier", "")
    try:
        found = find_file(uuid.UUID(named), actor=actor_of(request)) if named else None
    except ValueError:
        found = None
    if named and found is None:
        raise Http404
    return found


def _asked(request: HttpRequest, schedules: Sequence[Schedule]) -> dict[str, Any]:
    """What the address says of the moment and the place; what it says wrongly is left out."""
    key, schedule = slot_of(request)
    reason = request.GET.get("motif", "")
    found: dict[str, Any] = {"reason": reason} if reason else {}
    if key is not None and schedule is not None and schedule in schedules:
        return found | _at(key, schedule)
    place = request.GET.get("lieu", "")
    if place in {str(one.id) for one in schedules}:
        found["schedule"] = place
    day = _day(request.GET.get("jour", ""))
    if day is None:
        return found
    found["day"] = day
    try:
        found["hour"] = parse_clock(request.GET.get("heure", ""))
    except ValueError:
        # Said to be said: the hour is asked for, instead of now.
        asked = {"hour": None, "minutes": usual_minutes(schedules[0])} if "heure" in request.GET and schedules else {}
        return asked | found
    chosen = next((one for one in schedules if str(one.id) == place), None)
    chosen = chosen or place_open_at(schedules, day, found["hour"])
    found["schedule"] = str(chosen.id)
    # A reason says its own.
    return found if reason else found | {"minutes": usual_minutes(chosen)}


def _at_the_hour_chosen(request: HttpRequest, schedules: Sequence[Schedule]) -> Any:
    """What was sent; at another free hour, where one was chosen instead of what is taken."""
    post = request.POST
    if post.get("despite") or "instead" not in post:
        return post
    try:
        key = SlotKey.parse(post["instead"])
    except ValueError:
        return post
    schedule = next((one for one in schedules if one.id == key.schedule_id), None)
    if schedule is None:
        return post
    moved = post.copy()
    for name, value in _at(key, schedule).items():
        moved[name] = clock(value) if isinstance(value, time) else str(value)
    return moved


def _at(key: SlotKey, schedule: Schedule) -> dict[str, Any]:
    local = key.start.astimezone(schedule.location.zone)
    return {
        "schedule": str(schedule.id),
        "day": local.date(),
        "hour": local.time(),
        "fold": str(local.fold),
        "minutes": key.minutes,
    }


def slot_of(request: HttpRequest) -> tuple[SlotKey | None, Schedule | None]:
    """What `?creneau=` names, and the agenda, whether it is still free or not."""
    try:
        key = SlotKey.parse(request.GET.get("creneau", ""))
    except ValueError:
        return None, None
    return key, schedule_of(key.schedule_id)


def _day(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        return None
