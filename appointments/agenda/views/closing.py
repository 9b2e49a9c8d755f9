"""The end of a day: all that is over is closed in one form."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import hour, relative_day, said_day, sentence
from accounts.rights import Actor
from accounts.services.access import note_use
from appointments.agenda.enums import Outcome
from appointments.agenda.forms.closing import ClosingForm
from appointments.agenda.selectors.closing import LINES, closing_of
from appointments.agenda.services.reminders import EVENING, set_reminded
from appointments.booking.outward import news_of
from appointments.booking.services.closing import close_visits
from appointments.days import DayConverter
from appointments.enums import Status
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page

Read = TypeVar("Read")

# What it is called of one and of several.
_WORDS = {
    Outcome.FULFILLED: ("honoré", "honorés"),
    Outcome.NOSHOW: ("non honoré", "non honorés"),
    Outcome.CANCELLED: ("annulé", "annulés"),
    Outcome.LATER: ("laissé pour plus tard", "laissés pour plus tard"),
}

# The end of the choice's class, and its sign.
_LOOKS = {
    Outcome.FULFILLED: ("h", "checked"),
    Outcome.NOSHOW: ("n", "absent"),
    Outcome.CANCELLED: ("a", "x"),
    Outcome.LATER: ("p", "todo"),
}


@dataclass(frozen=True, slots=True)
class _Undone:
    """A line that was not closed, how it stands now, and what was chosen for it."""

    visit: Appointment
    why: str
    chosen: str

    @property
    def hour(self) -> str:
        return hour(self.visit.start.astimezone(self.visit.schedule.location.zone))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closing(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not actor.may_book_somewhere:
        raise Http404
    if request.method != "POST":
        return _page(request)
    form = ClosingForm.read(request.POST)
    if form.problem:
        return _page(request, form, status=422)
    refused = close_visits(answers=form.answers, by=actor, now=timezone.now())
    done = [form.chosen[one.appointment_id] for one in form.answers if one.appointment_id not in refused]
    if done:
        messages.success(request, f"{len(done)} rendez-vous clos\u00a0: {counted(done)}.")
    elif not refused:
        messages.warning(request, "Rien n’a été clos\u00a0: tout est laissé pour plus tard.")
    if refused:
        return _page(request, form, _undone(actor, form, refused), status=409)
    # To the day that was closed, whatever else waits.
    return redirect(_address(_day(request), _practitioner(request)))


@practice_act
def closing_reminder(request: HttpRequest) -> HttpResponse:
    """Whether this person is written to in the evening when something was left open."""
    actor = actor_of(request)
    if not actor.may_book_somewhere or actor.user is None:
        raise Http404
    set_reminded(user=actor.user, wanted=bool(request.POST.get("rappel")))
    return redirect("closing")


def counted(outcomes: list[Outcome]) -> str:
    """27 honorés, 2 non honorés, 1 annulé."""
    found = [(kind, outcomes.count(kind)) for kind in Outcome]
    return ", ".join(f"{count} {_WORDS[kind][count > 1]}" for kind, count in found if count)


def _page(
    request: HttpRequest, form: ClosingForm | None = None, undone: list[_Undone] | None = None, *, status: int = 200
) -> HttpResponse:
    actor, now, form = actor_of(request), timezone.now(), form or ClosingForm()
    found = closing_of(actor, practitioner_id=_practitioner(request), day=_day(request), now=now)
    if found is None:
        raise Http404
    note_use(actor=actor, organizations={line.visit.organization_id for line in found.lines}, now=now)
    lines = [replace(line, proposed=form.chosen.get(line.visit.pk, line.proposed)) for line in found.lines]
    chosen = [line.proposed for line in lines]
    only = found.practitioner.pk if found.practitioner is not None else None
    news = news_of(found.closed)
    context: dict[str, Any] = {
        "nav": "closing",
        "done": [(one, news.get(one.pk)) for one in found.closed],
        "closing": found,
        "lines": lines,
        "outcomes": [(kind, *_LOOKS[kind]) for kind in Outcome],
        "summary": counted(chosen),
        "to_send": len(chosen) - chosen.count(Outcome.LATER),
        "limit": LINES,
        "named_day": sentence(relative_day(found.day, found.today)),
        "said_day": said_day(found.day, found.today),
        "problem": form.problem,
        "evening": EVENING,
        "undone": undone or [],
        "here": request.get_full_path(),
        "back": _address(found.day, only),
        "practitioners": [(one, _address(found.day, one.pk)) for one in found.practitioners],
        "everybody": _address(found.day, None),
        "days": [(day, count, _address(day, only)) for day, count in found.days_named()],
        "older": [(day, count, _address(day, only)) for day, count in found.older],
    }
    return render(request, "practice/closing.html", context, status=status)


def _address(day: date | None, practitioner_id: uuid.UUID | None) -> str:
    asked = {"jour": day.isoformat() if day else "", "praticien": str(practitioner_id or "")}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("closing") + (f"?{query}" if query else "")


def _undone(actor: Actor, form: ClosingForm, refused: dict[uuid.UUID, Refused]) -> list[_Undone]:
    """Whose agenda the person may not look into any more is not told. One query."""
    rows = Appointment.objects.kept_by(actor, Level.SEE).filter(pk__in=refused)
    return [
        _Undone(one, _why(one, refused[one.pk]), form.chosen[one.pk].label.lower())
        for one in rows.select_related("patient", "schedule__location").order_by("start", "pk")
    ]


def _why(visit: Appointment, refusal: Refused) -> str:
    if not isinstance(refusal, ChangedMeanwhile):
        return str(refusal)
    if visit.status == Status.BOOKED:
        return "a changé entre-temps\u00a0: relisez sa ligne"
    return f"a changé entre-temps\u00a0: {Status(visit.status).label.lower()} à présent"


def _practitioner(request: HttpRequest) -> uuid.UUID | None:
    return _read(request.GET.get("praticien", ""), uuid.UUID)


def _day(request: HttpRequest) -> date | None:
    """That of the form, else of the address."""
    return _read(request.POST.get("jour") or request.GET.get("jour", ""), DayConverter().to_python)


def _read(text: str, read: Callable[[str], Read]) -> Read | None:
    """Raises Http404: what is named there isn't."""
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        raise Http404 from None
