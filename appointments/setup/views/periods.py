"""What the pages of absences and closures share: what is answered to a form, and what is told about what it touches."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.french import counted, listed, quoted, sentence, short_date
from appointments.exceptions import AlreadyNoted, ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Absence, Appointment, Closure
from appointments.models.booking import AppointmentQuerySet
from appointments.openings.selectors import said_when
from appointments.setup.forms.periods import PeriodForm
from appointments.setup.selectors import booked_during, place_of, zone_of
from appointments.setup.views.desk import Desk

Row = Absence | Closure
Find = Callable[[], Row | None]


class Gone(Exception):
    """It was deleted while its page was open."""


def saved_period(
    request: HttpRequest, desk: Desk, form: PeriodForm, save: Callable[[], HttpResponse], find: Find
) -> HttpResponse | int:
    """What `save` answers; else the status of the page whose form says why not. `find` reads the row as it is now.

    Raises `Gone`, and Http404 for what the person may not touch.
    """
    if not form.is_valid():
        return 422
    try:
        return save()
    except AlreadyNoted as told:
        messages.info(request, str(told))
        return redirect("openings", desk.practitioner_id)
    except ChangedMeanwhile as refusal:
        if (row := find()) is None:
            raise Gone from None
        form.add_error(None, f"{refusal} {present_values(row, desk.zone)}")
        form.shows(row.version)
        return 409
    except NotAllowed:
        if find() is None:
            raise Gone from None
        raise Http404 from None
    except Refused as refusal:
        form.add_error(refusal.element if refusal.element in form.fields else None, str(refusal))
        return 422


def was_sent(request: HttpRequest) -> bool:
    """Whether this is the form of a row that existed: a page has to answer, even when the row is gone."""
    return request.method == "POST" and "version" in request.POST


def version_of(request: HttpRequest) -> int:
    """That of the page a deletion was asked on; none matches one that can't be read."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def present_values(row: Row, zone: ZoneInfo) -> str:
    place = place_of(row)
    parts = [quoted(row.name), said_when(row, zone_of(row, zone)), str(place) if place is not None else "partout"]
    if isinstance(row, Absence) and row.replacement is not None:
        parts.append(f"remplacé par {row.replacement}")
    return f"Elle est à présent\u00a0: {', '.join(parts)}. Ce que vous avez saisi est gardé ici."


def told_gone(form: PeriodForm) -> None:
    kind = form.kind
    form.add_error(
        None,
        f"{sentence(kind.THE)} a été supprimée entre-temps. Ce que vous avez saisi est gardé\u00a0: enregistrez-le comme une "
        f"nouvelle {kind._meta.verbose_name}, ou abandonnez.",
    )


def tell_booked(request: HttpRequest, desk: Desk, rows: Sequence[Row], among: AppointmentQuerySet) -> None:
    """Of these visits those that stand there all the same: what the person sees by its days, the rest by its number."""
    booked = booked_during(rows, among=among, now=desk.now)
    seen = set(among.kept_by(desk.actor).filter(pk__in=[one.pk for one in booked]).values_list("pk", flat=True))
    kept = [one for one in booked if one.pk in seen]
    during = f"pendant cette {rows[0]._meta.verbose_name}"
    said = []
    if kept:
        count = counted(len(kept), "rendez-vous est pris", "rendez-vous sont pris")
        said.append(f"{count} {during} ({_days(kept)})\u00a0: à déplacer ou annuler.")
    if others := len(booked) - len(kept):
        count = counted(
            others, "rendez-vous d’un autre agenda du lieu tombe", "rendez-vous d’autres agendas du lieu tombent"
        )
        said.append(f"{count} {during}\u00a0: prévenez vos collègues.")
    if said:
        messages.warning(request, " ".join(said))


def _days(booked: Sequence[Appointment]) -> str:
    days = list(dict.fromkeys(short_date(one.start.astimezone(one.schedule.location.zone)) for one in booked))
    return listed(days) if len(days) <= 5 else f"{', '.join(days[:5])}…"
