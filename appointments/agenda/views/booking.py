"""A new appointment, whenever the practice wants it: a page, and over the agenda a panel. One form for both."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from accounts.enums import Level
from accounts.french import clock, day_month, hour
from accounts.zones import there
from appointments.agenda.forms.booking import FreeBookingForm
from appointments.agenda.forms.naming import named_in
from appointments.agenda.selectors.choices import missed_by
from appointments.agenda.selectors.conflict import Conflict, conflict_of
from appointments.agenda.selectors.moments import place_open_at, usual_minutes
from appointments.agenda.selectors.patients import find_file
from appointments.agenda.views.choosing import choosing
from appointments.booking.services.booking import book_freely
from appointments.booking.services.obstacles import InTheWay
from appointments.days import DayConverter
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Patient, Schedule
from appointments.pages.access import actor_of
from appointments.pages.interrupted import NOT_BOOKED
from appointments.pages.practice import Side, practice_page, side_of
from appointments.patients.forms import IDENTITY
from appointments.setup.clock import parse_clock
from appointments.slots.reader import reasons_done
from appointments.slots.slot_key import SlotKey

OF_ANOTHER = "Ce patient est connu d’une autre structure que celle de cet agenda\u00a0: son dossier n’y sert pas."
_NOT_KEPT = {"csrfmiddlewaretoken", "despite", "instead", "words", "file"}
# What is sent on the way: whom it is for is looked for, chosen or made first; or the panel gives way to the page.
_ON_THE_WAY = {"search", "choose", "another", "create", "whole"}


@require_http_methods(["GET", "HEAD", "POST"])
@partial(practice_page, undone=NOT_BOOKED)
def new_appointment(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    side, now = side_of(request, practitioner_id, Level.BOOK), timezone.now()
    schedules = [one for one in side.agendas.at_least(Level.BOOK) if one.active]
    if not schedules and request.method != "POST":
        return render(request, _template(request), side.context("agenda") | {"form": None})
    file = _known_file(request)
    if file is not None and (here := [one for one in schedules if one.organization_id == file.organization_id]):
        schedules = here
    elif file is not None:
        messages.warning(request, OF_ANOTHER)
        file = None
    desk = _Desk(request, side, schedules, file, now)
    if request.method != "POST":
        return desk.page(desk.form(initial=_asked(request, schedules)))
    if request.POST.keys() & _ON_THE_WAY:
        return desk.page(desk.form(initial=desk.typed()))
    if file is None and _is_panel(request) and "family_name" not in request.POST:
        # Sent before it is said whom it is for.
        return desk.page(desk.form(initial=desk.typed()), status=422, unnamed=True)
    return desk.book()


@require_safe
@practice_page
def book_slot(request: HttpRequest) -> HttpResponse:
    """The same, in the slot that `?creneau=` names."""
    schedule = _slot(request)[1]
    if schedule is None or schedule.practitioner_id is None:
        raise Http404
    return new_appointment(request, schedule.practitioner_id)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one books (`schedules`), and for whom, when it is somebody known (`file`)."""

    request: HttpRequest
    side: Side
    schedules: list[Schedule]
    file: Patient | None
    now: datetime

    def form(self, data: Any = None, **options: Any) -> FreeBookingForm:
        reasons = reasons_done([one.id for one in self.schedules])
        return FreeBookingForm(data, schedules=self.schedules, reasons=reasons, now=self.now, file=self.file, **options)

    def book(self) -> HttpResponse:
        form = self.form(_at_the_hour_chosen(self.request, self.schedules))
        if not form.is_valid():
            return self.page(form, status=422)
        data, by = form.cleaned_data, actor_of(self.request)
        try:
            appointment = book_freely(
                schedule_id=data["schedule"].id,
                start=data["start"],
                minutes=data["minutes"],
                visit=form.visit(),
                by=by,
                now=self.now,
                despite=form.goes_on,
            )
        except InTheWay as warning:
            found = conflict_of(
                warning, data["schedule"], start=data["start"], minutes=data["minutes"], actor=by, now=self.now
            )
            return self.page(form, status=409, conflict=found, going_on=form.going_on(warning))
        except NotAllowed:
            raise Http404 from None
        except Refused as refusal:
            form.add_error(refusal.element or None, str(refusal))
            return self.page(form, status=409 if isinstance(refusal, SlotTaken) else 422)
        return self.booked(appointment, form)

    def booked(self, appointment: Appointment, form: FreeBookingForm) -> HttpResponse:
        data = form.cleaned_data
        asked = form.is_patient_of(appointment) and _is_asked_for(appointment, data["schedule"], data["start"])
        zone = data["schedule"].location.zone
        local = appointment.start.astimezone(zone)
        said = (
            f"Rendez-vous pris\u00a0: {day_month(local)} à {hour(local)}{there(zone)}."
            if asked
            else "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris."
        )
        if _is_panel(self.request):
            # The agenda stays: its script draws it anew, and goes to the block.
            told = {"visit": reverse("appointment", args=[appointment.id]), "said": said}
            return trigger_client_event(HttpResponse(status=204), "visit-booked", told)
        messages.add_message(self.request, messages.SUCCESS if asked else messages.WARNING, said)
        return redirect("appointment", appointment.id)

    def typed(self) -> dict[str, Any]:
        """What was typed so far, to be shown again; how a known patient is reached comes from their file."""
        post = self.request.POST
        kept = {name: value for name, value in post.items() if name not in _NOT_KEPT | _ON_THE_WAY}
        if post.keys() & {"choose", "another"}:
            reached = {*IDENTITY, "phone", "no_phone", "email", "address"}
            kept = {name: value for name, value in kept.items() if name not in reached}
        elif self.file is None and not kept.get("family_name") and "search" not in post:
            kept |= named_in(post.get("words", ""), today=timezone.localdate(self.now))
        if kept.get("schedule") not in {str(one.id) for one in self.schedules}:
            kept.pop("schedule", None)
        kept.pop("day", None)
        day = _day(post.get("day", ""))
        return kept | ({"day": day} if day is not None else {})

    def page(
        self,
        form: FreeBookingForm,
        *,
        status: int = 200,
        conflict: Conflict | None = None,
        going_on: str = "",
        unnamed: bool = False,
    ) -> HttpResponse:
        """`unnamed`: sent without saying whom it is for."""
        request = self.request
        day = (form.cleaned_data if form.is_bound else form.initial).get("day") or timezone.localdate(
            timezone=form.zone
        )
        context = {
            **self.side.context("agenda"),
            "form": form,
            "day": day,
            "shown": form.shown,
            "conflict": conflict,
            "going_on": going_on,
            "words": request.POST.get("words", ""),
            "unnamed": unnamed,
            "asks_identity": self.file is None and (unnamed or _is_new(request)),
            "missed": missed_by([self.file], actor=actor_of(request)).get(self.file.pk, 0) if self.file else 0,
        }
        if "search" in request.POST:
            context |= choosing(request, self.side)
        return render(request, _template(request), context, status=status)


def _is_panel(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def _template(request: HttpRequest) -> str:
    return "practice/booking_panel.html" if _is_panel(request) else "practice/new_appointment.html"


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
    key, schedule = _slot(request)
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
        return found
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


def _slot(request: HttpRequest) -> tuple[SlotKey | None, Schedule | None]:
    """What `?creneau=` names, and the agenda, whether it is still free or not."""
    try:
        key = SlotKey.parse(request.GET.get("creneau", ""))
    except ValueError:
        return None, None
    return key, Schedule.objects.with_place().filter(pk=key.schedule_id).first()


def _day(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        return None


def _is_asked_for(appointment: Appointment, schedule: Schedule, start: datetime) -> bool:
    return (appointment.schedule_id, appointment.start) == (schedule.id, start)
