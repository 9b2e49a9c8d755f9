"""The regulator's own list. What is looked for travels in the body of requests only: no name and no number is in an address."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Actor
from accounts.spreadsheets import lines
from accounts.zones import are_several
from appointments.call.forms import Period, ReferralsForm
from appointments.call.referrals import Row, found_by, narrowed, rows_of
from appointments.call.table import HEADINGS, cells
from appointments.enums import Status
from appointments.messages.selectors import untold_referrals
from appointments.models import Appointment
from appointments.models.booking import AppointmentQuerySet
from appointments.pages.access import actor_of, signed_in

PAGE_SIZE = 25
_SHOWN = 50
# Read at once for a file.
_LOT = 500


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_referrals(request: HttpRequest) -> HttpResponse:
    """One period, narrowed; what is looked for is looked for in all of them. `acte=csv`: the same, as a file."""
    actor, now = actor_of(request), timezone.now()
    if not actor.is_regulator:
        raise Http404
    form = ReferralsForm.of(request.POST if request.method == "POST" else request.GET)
    as_file = request.POST.get("acte") == "csv"
    if request.method == "POST" and not (form.looked_for or form.errors or as_file):
        # Nothing personal: it has an address.
        return redirect(f"{reverse('my-referrals')}{form.query}")
    booked = Appointment.objects.visible_to(actor)
    chosen = {"status": form.chosen("statut"), "sas": form.chosen("sas"), "told": form.chosen("averti")}
    rows = narrowed(_asked(booked, form, now), **chosen)
    rows = rows.with_context().with_patient(actor)
    if as_file and not form.errors:
        return _file(rows, actor, now)
    # A search has no second page: its words would be in the address.
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")) if not form.looked_for else None
    listed = list(page if page is not None else rows[: _SHOWN + 1])
    shows_calls = not form.looked_for and form.period in {Period.COMING, Period.TO_TELL}
    untold = untold_referrals(booked, now=now).with_context().with_patient(actor)[:_SHOWN] if shows_calls else []
    calls, found = _split(listed[:_SHOWN], untold, actor, now)
    context = {
        "nav": "referrals",
        "form": form,
        "now": now,
        "page": page,
        "are_more": page is None and len(listed) > _SHOWN,
        "counts": booked.aggregate(
            coming=Count("pk", filter=Q(start__gte=now)),
            past=Count("pk", filter=Q(start__lt=now)),
            unclosed=Count("pk", filter=Q(status=Status.BOOKED, end__lte=now)),
        ),
        "rows": found,
        "to_tell": calls,
        "several_clocks": are_several(row.zone for row in found),
        "is_unsettled": page is not None and any(row.outward and not row.outward.is_known for row in found),
    }
    return render(request, "booking/referrals.html", context, status=422 if form.errors else 200)


def _asked(booked: AppointmentQuerySet, form: ReferralsForm, now: datetime) -> AppointmentQuerySet:
    if form.errors:
        return booked.none()
    if form.looked_for:
        return found_by(booked, form.looked_for, today=timezone.localdate(now))
    if form.period == Period.PAST:
        return booked.filter(start__lt=now).order_by("-start", "pk")
    if form.period == Period.UNCLOSED:
        return booked.filter(status=Status.BOOKED, end__lte=now).order_by("-start", "pk")
    if form.period == Period.TO_TELL:
        return untold_referrals(booked, now=now)
    return booked.filter(start__gte=now).order_by("start", "pk")


def _split(
    listed: list[Appointment], untold: Iterable[Appointment], actor: Actor, now: datetime
) -> tuple[list[Row], list[Row]]:
    """Those whose patient is to be told, and those of the list: read together."""
    calls = list(untold)
    every = {row.appointment.id: row for row in rows_of([*calls, *listed], actor=actor, now=now)}
    return [every[one.id] for one in calls], [every[one.id] for one in listed]


def _file(rows: AppointmentQuerySet, actor: Actor, now: datetime) -> HttpResponse:
    def read() -> Iterator[list[str]]:
        left = rows.iterator(chunk_size=_LOT)
        while lot := list(islice(left, _LOT)):
            yield from map(cells, rows_of(lot, actor=actor, now=now))

    response = HttpResponse(lines(HEADINGS, read()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="orientations-{timezone.localdate(now)}.csv"'
    return response
