"""The link of a visit: opened by the birth date, it shows little, and changes it until the practice's cut-off."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.single import single
from appointments.booking.manage_link import births_of, read_token
from appointments.calendar_text import Event, calendar
from appointments.enums import ConsultationType
from appointments.exceptions import ChangedMeanwhile, Refused, SlotTaken
from appointments.messages.reach import settings_of
from appointments.models import Appointment
from appointments.online.forms.door import DoorForm
from appointments.online.selectors.calendar import calendar_of
from appointments.online.services.managing import (
    LATE,
    cancel_by_patient,
    cutoff_of,
    move_by_patient,
    problem_of_birth,
    say_late,
    wish_of,
)
from appointments.online.views.asked import asked, key_of
from appointments.slots.values import PATIENT

_NAME = "__Host-sas_agenda_rdv" if settings.SECURE else "sas_agenda_rdv"
_SALT = "appointments.online.opened"
# How long it stays open in a browser.
_OPEN_FOR = 30 * 60
_DONE = {"deplace": "C’est noté\u00a0: voici la nouvelle heure.", "retard": "Le cabinet est prévenu de votre retard."}
View = Callable[..., HttpResponse]


def remember_open(response: HttpResponse, appointment: Appointment) -> None:
    """In this browser, its link asks for nothing for a while."""
    response.set_signed_cookie(
        _NAME, str(appointment.pk), salt=_SALT, max_age=_OPEN_FOR, secure=settings.SECURE, httponly=True, samesite="Lax"
    )


def to_bring(appointment: Appointment) -> str:
    """To where one goes; as messages say it. One query there."""
    if appointment.consultation_type != ConsultationType.AMB:
        return ""
    return settings_of(appointment.organization_id).to_bring


def of_a_link(view: View) -> View:
    """The visit of the link, for as long as it is worth something. Others are told that there is nothing."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        named = read_token(token)
        rows = Appointment.objects.with_context().select_related("given_as", "patient")
        appointment = single(rows.filter(pk=named)) if named is not None else None
        if appointment is None or appointment.end <= timezone.now() or appointment.patient_erased_at is not None:
            return render(request, "online/link_over.html", status=404)
        return view(request, token, appointment)

    return never_cache(found)


def opened(view: View) -> View:
    """Once the birth date was typed; else the door, which leads back to the visit."""

    @wraps(view)
    def checked(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
        if not _is_open(request, appointment):
            return redirect("online-manage", token)
        return view(request, token, appointment)

    return of_a_link(checked)


@require_http_methods(["GET", "HEAD", "POST"])
@of_a_link
def manage(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        if _is_open(request, appointment):
            return _page(request, token, appointment, now, done=_DONE.get(request.GET.get("fait", ""), ""))
        return _door(request, appointment, DoorForm(zone=appointment.schedule.location.zone))
    if "fermer" in request.POST:
        response = redirect("online-manage", token)
        response.delete_cookie(_NAME, samesite="Lax")
        return response
    form = DoorForm(request.POST, zone=appointment.schedule.location.zone)
    if form.is_valid():
        problem = problem_of_birth(appointment, form.cleaned_data["birth"], now=now)
        if not problem:
            response = redirect("online-manage", token)
            remember_open(response, appointment)
            return response
        form.add_error("birth", problem)
    return _door(request, appointment, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@opened
def move(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    now = timezone.now()
    if not _may_change(appointment, now):
        return redirect("online-manage", token)
    if request.method != "POST":
        return _move_page(request, token, appointment, now)
    key = key_of(request.POST.get("creneau", ""), now)
    if key is None:
        return _move_page(request, token, appointment, now, problem="Choisissez une heure.", status=422)
    try:
        move_by_patient(appointment_id=appointment.pk, version=_version(request), key=key, now=now)
    except SlotTaken as gone:
        return _move_page(request, token, appointment, now, problem=f"{gone} Votre heure reste à vous.", status=409)
    except (Refused, ChangedMeanwhile) as refusal:
        return _again(request, token, appointment, now, str(refusal))
    return redirect(f"{_address(token)}?fait=deplace")


@require_POST
@opened
def cancel(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    now = timezone.now()
    try:
        cancel_by_patient(appointment_id=appointment.pk, version=_version(request), now=now)
    except (Refused, ChangedMeanwhile) as refusal:
        return _again(request, token, appointment, now, str(refusal))
    return redirect("online-manage", token)


@require_POST
@opened
def late(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    now, typed = timezone.now(), request.POST.get("retard", "")
    minutes = int(typed) if typed.isascii() and typed.isdecimal() else 0
    try:
        say_late(appointment_id=appointment.pk, version=_version(request), minutes=minutes, now=now)
    except (Refused, ChangedMeanwhile) as refusal:
        return _again(request, token, appointment, now, str(refusal))
    return redirect(f"{_address(token)}?fait=retard")


@require_safe
@opened
def calendar_file(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    """One event, for the patient's own calendar: neither reason nor name."""
    location = appointment.schedule.location
    event = Event(
        uid=str(appointment.pk),
        start=appointment.start,
        end=appointment.end,
        summary=f"Rendez-vous, {appointment.practitioner}",
        place="" if appointment.is_remote else f"{location.name}, {location.full_address}",
        sequence=appointment.version,
        cancelled=appointment.is_cancelled,
    )
    text = calendar("Rendez-vous", [event], at=timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    return response


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Where the link of a visit is found."""
    return render(request, "online/mine.html")


def _is_open(request: HttpRequest, appointment: Appointment) -> bool:
    try:
        return request.get_signed_cookie(_NAME, "", salt=_SALT, max_age=_OPEN_FOR) == str(appointment.pk)
    except BadSignature:
        return False


def _may_change(appointment: Appointment, now: datetime) -> bool:
    return appointment.is_booked and now < cutoff_of(appointment)


def _version(request: HttpRequest) -> int | None:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _address(token: str) -> str:
    return redirect("online-manage", token)["Location"]


def _door(request: HttpRequest, appointment: Appointment, form: DoorForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "schedule": appointment.schedule, "can_open": bool(births_of(appointment))}
    return render(request, "online/door.html", context, status=status)


def _again(request: HttpRequest, token: str, appointment: Appointment, now: datetime, problem: str) -> HttpResponse:
    """As it is now, with why nothing was done."""
    appointment.refresh_from_db()
    return _page(request, token, appointment, now, problem=problem, status=409)


def _page(
    request: HttpRequest,
    token: str,
    appointment: Appointment,
    now: datetime,
    *,
    done: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _context(token, appointment) | {
        "may_change": _may_change(appointment, now),
        "may_be_late": appointment.is_booked and cutoff_of(appointment) <= now,
        "late_choices": LATE,
        "to_bring": to_bring(appointment) if appointment.is_booked else "",
        "done": done,
        "problem": problem,
    }
    return render(request, "online/manage.html", context, status=status)


def _move_page(
    request: HttpRequest, token: str, appointment: Appointment, now: datetime, *, problem: str = "", status: int = 200
) -> HttpResponse:
    wanted = asked(request.GET)
    found = calendar_of([appointment.schedule], wish_of(appointment), asked=wanted.day, now=now, viewer=PATIENT)
    following = f"des={found.following.isoformat()}"
    context = _context(token, appointment) | {"calendar": found, "following": following, "problem": problem}
    return render(request, "online/move.html", context, status=status)


def _context(token: str, appointment: Appointment) -> dict[str, Any]:
    schedule = appointment.schedule
    return {
        "token": token,
        "appointment": appointment,
        "given": appointment.given_as or appointment.patient,
        "schedule": schedule,
        "location": schedule.location,
        "zone": schedule.location.zone,
        "practitioner": appointment.practitioner,
        "cutoff": cutoff_of(appointment),
        "cutoff_hours": schedule.organization.online_cutoff_hours,
    }
