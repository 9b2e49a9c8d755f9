"""The page of one appointment as it is now, and what an act that was refused shows on it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level
from accounts.french import hour
from accounts.own_address import own_address
from accounts.single import single
from accounts.zones import apart, are_several
from appointments.agenda.forms.changes import CancelForm, MoveForm, ReassignForm
from appointments.agenda.selectors.appointment_page import (
    HistoryLine,
    Taker,
    history_of,
    neighbours_of,
    slots_to_move_to,
    takers_of,
    untold_by,
)
from appointments.agenda.selectors.choices import missed_by
from appointments.agenda.selectors.likely import likely_files
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.booking.services.changes import may_arrive, may_be_honoured
from appointments.booking.services.joining import first_file
from appointments.booking.services.moving import is_undoable
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import CancelledFor, EventKind, MessageKind
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused, SlotTaken
from appointments.messages.reach import why_unreachable
from appointments.messages.saying import UNTOLD, confirmation
from appointments.messages.selectors import latest_messages, telling_of
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import side_of
from appointments.patients.selectors import given_otherwise


@dataclass(frozen=True, slots=True)
class Again:
    """The button that sends the form of this id on, for what one has read stands in the way."""

    form_id: str
    going_on: str
    words: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change that was refused: the forms as typed, and why."""

    status: int = 200
    problem: str = ""
    obstacles: tuple[str, ...] = ()
    again: Again | None = None
    move: MoveForm | None = None
    reassign: ReassignForm | None = None
    cancel: CancelForm | None = None


def find_appointment(request: HttpRequest, appointment_id: uuid.UUID, level: Level = Level.BOOK) -> Appointment:
    """Raises Http404 where the person may not at least this."""
    actor = actor_of(request)
    rows = Appointment.objects.visible_to(actor, level).with_context().with_patient(actor)
    found = single(rows.filter(pk=appointment_id))
    if found is None:
        raise Http404
    return found


def say_done(request: HttpRequest, visit: Appointment, words: str) -> None:
    """What was done to it, how its patient hears of it, and while it waits a button that keeps that from leaving."""
    told = telling_of(visit, now=timezone.now())
    tags = f"{visit.id} {visit.version}" if told.stoppable else ""
    messages.success(request, f"{words} {told.line}".strip(), extra_tags=tags)


def go_back(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """To the page of ours that the act was done from (`next`), else the appointment's."""
    page = own_address(request.POST.get("next"))
    return redirect(page) if page else redirect("appointment", appointment.id)


def show_refusal(request: HttpRequest, appointment: Appointment, refusal: Refused, **typed: Any) -> HttpResponse:
    """The page as it is now, with the reason on top, and the forms as typed. Who lost access meanwhile gets a 404."""
    if isinstance(refusal, NotAllowed):
        raise Http404
    status = 409 if isinstance(refusal, SlotTaken | ChangedMeanwhile) else 422
    fresh = find_appointment(request, appointment.id)
    return show_page(request, fresh, Attempt(status, str(refusal), **typed))


def warn(
    request: HttpRequest,
    appointment: Appointment,
    warning: InTheWay,
    form_id: str,
    going_on: str,
    words: str,
    **typed: Any,
) -> HttpResponse:
    """The page as it is now, with what stands in the way on top, and a button that goes on all the same."""
    zone = appointment.schedule.location.zone
    sentences = tuple(obstacle_sentences(warning.obstacles, actor=actor_of(request), zone=zone))
    attempt = Attempt(409, "", sentences, Again(form_id, going_on, words), **typed)
    return show_page(request, find_appointment(request, appointment.id), attempt)


def show_page(request: HttpRequest, found: Appointment, attempt: Attempt | None = None) -> HttpResponse:
    attempt = attempt or Attempt()
    actor, now = actor_of(request), timezone.now()
    zone = found.schedule.location.zone
    today = now.astimezone(zone).date()
    before, after = neighbours_of(found, actor=actor)
    history = history_of(found)
    events = [line.event for line in history if line.event]
    may_change = actor.may(Level.BOOK, found.practitioner_id, found.organization_id)
    giveable = may_change and found.is_booked and found.start >= now
    takers = takers_of(found, actor=actor) if giveable else []
    start = max(found.start.astimezone(zone).date(), today)
    side = side_of(request, found.practitioner_id)
    context: dict[str, Any] = {
        **side.context("agenda"),
        "several_clocks": are_several(one.location.zone for one in side.seen),
        "appointment": found,
        "patient": found.patient,
        "location": found.schedule.location,
        "zone": zone,
        "day": found.start.astimezone(zone).date(),
        "today": today,
        "before": before,
        "after": after,
        "history": history,
        "given": given_otherwise(found),
        "unconfirmed": _unconfirmed(found, history) if found.is_booked and found.start > now else "",
        "likely": likely_files(found.patient, actor=actor) if may_change else [],
        "may_undo_join": may_change and first_file(found.id) not in {None, found.patient_id},
        "may_arrive": may_arrive(found, now),
        "may_fulfil": may_be_honoured(found, now),
        "has_begun": found.start <= now,
        "untold": untold_by(history) if found.start > now else None,
        "may_change": may_change,
        "slots": slots_to_move_to(found, now=now) if may_change and found.is_booked else [],
        "move": attempt.move or MoveForm(appointment=found, today=today, initial={"day": start}),
        "takers": takers,
        "reassign": attempt.reassign or ReassignForm(schedules=taker_labels(takers, found)),
        "cancel": attempt.cancel or CancelForm(initial={"cancelled_for": CancelledFor.PATIENT}),
        "may_undo": may_change and bool(events) and is_undoable(events[0], found),
        "problem": attempt.problem,
        "obstacles": attempt.obstacles,
        "again": attempt.again,
    }
    return render(request, "practice/appointment.html", context, status=attempt.status)


def show_panel(request: HttpRequest, found: Appointment) -> HttpResponse:
    """The same in short, beside its block."""
    actor, now = actor_of(request), timezone.now()
    zone = found.schedule.location.zone
    start, today = found.start.astimezone(zone), now.astimezone(zone).date()
    asked = {"jour": start.date(), "heure": f"{start:%Hh%M}", "lieu": found.schedule_id}
    another = reverse("new-appointment", args=[found.practitioner_id]) + f"?{urlencode(asked)}"
    context = {
        "appointment": found,
        "patient": found.patient,
        "zone": zone,
        "today": today,
        # Knowingly at the same hour.
        "beside": another if start.date() >= today else "",
        "may_change": actor.may(Level.BOOK, found.practitioner_id, found.organization_id),
        "may_arrive": may_arrive(found, now),
        "may_fulfil": may_be_honoured(found, now),
        "has_begun": found.start <= now,
        "missed": missed_by([found.patient], actor=actor).get(found.patient_id, 0),
        "told": latest_messages([found]).get(found.id),
        "cancel": CancelForm(initial={"cancelled_for": CancelledFor.PATIENT}, auto_id="volet_%s"),
    }
    return render(request, "practice/visit_panel.html", context)


def _unconfirmed(found: Appointment, history: Sequence[HistoryLine]) -> str:
    """That no confirmation left of a visit to come, and why; blank where one did. Two queries at most."""
    booked = next((one for one in history if one.event and one.event.kind == EventKind.BOOKED), None)
    if booked is None or booked.event is None or booked.messages:
        return ""
    if booked.event.snapshot.get("untold"):
        return UNTOLD
    return confirmation([], why_unreachable(found, MessageKind.CONFIRMATION))


def taker_labels(takers: list[Taker], found: Appointment) -> list[tuple[Any, str]]:
    return [(taker.schedule, _label(taker, found)) for taker in takers]


def _label(taker: Taker, found: Appointment) -> str:
    """What they do, and the hour it is there, where the clock is another."""
    state = f" ({taker.state})" if taker.state else ""
    zone = taker.schedule.location.zone
    named = apart(zone, found.schedule.location.zone)
    then = f", {hour(found.start.astimezone(zone))}{named}" if named else ""
    return f"{taker.schedule.practitioner}{state}, {taker.schedule.practitioner.discipline}, {taker.schedule.location}{then}"


def first_error(form: Any) -> str:
    return str(next(iter(form.errors.values()))[0])
