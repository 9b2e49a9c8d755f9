"""One page for what leaves the product: paper, a file of a period, and the practitioner's calendar address."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Level
from accounts.spreadsheets import lines
from appointments.exceptions import ChangedMeanwhile, NotAllowed
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_act, practice_page, side_of
from appointments.paper.forms import FeedForm, PeriodForm
from appointments.paper.selectors.feed import feed_of
from appointments.paper.selectors.table import HEADINGS, cells, visits_between
from appointments.paper.services import end_feed, make_feed
from appointments.places.selectors import grid_zone

# The one page that shows a new address gets it by a cookie that the browser forgets: the server keeps nothing of it.
_COOKIE, _SHOWN_WITHIN = "calendrier", 120


@require_safe
@practice_page
def exports(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    return _page(request, side_of(request, practitioner_id, Level.SEE))


@require_safe
@practice_page
def export_file(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """All visits of the period in the agendas that the person sees."""
    side = side_of(request, practitioner_id, Level.SEE)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return _page(request, side, period=form)
    first, last = form.cleaned_data["du"], form.cleaned_data["au"]
    rows = (cells(one) for one in visits_between(side.seen, first, last))
    # Whole, or not at all: what broke off in the middle would pass for the period.
    response = HttpResponse(lines(HEADINGS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rendez-vous-{first}-{last}.csv"'
    return response


@practice_act
def feed_change(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """An address, another one in its place, or none any more."""
    side = side_of(request, practitioner_id, Level.SEE)
    if not side.is_own:
        raise Http404
    form = FeedForm(request.POST)
    if not form.is_valid():
        return _page(request, side, feed_form=form)
    answer = redirect("exports", side.practitioner.pk)
    asked: dict[str, Any] = {
        "practitioner_id": side.practitioner.pk,
        "version": form.cleaned_data["version"],
        "by": actor_of(request),
    }
    try:
        if request.POST.get("acte") == "retirer":
            end_feed(**asked)
            messages.success(request, "L’adresse est retirée\u00a0: elle n’ouvre plus rien.")
        else:
            secret = make_feed(**asked, with_names=form.cleaned_data["with_names"], now=timezone.now())
            answer.set_signed_cookie(
                _COOKIE, secret, max_age=_SHOWN_WITHIN, path=answer.url, secure=settings.SESSION_COOKIE_SECURE,
                httponly=True, samesite="Strict",
            )  # fmt: skip
    except ChangedMeanwhile as refusal:
        form.add_error(None, str(refusal))
        form.has_aged = True
        return _page(request, side, feed_form=form)
    except NotAllowed:
        raise Http404 from None
    return answer


def _page(
    request: HttpRequest, side: Side, *, period: PeriodForm | None = None, feed_form: FeedForm | None = None
) -> HttpResponse:
    now = timezone.now()
    zone = grid_zone(side.seen)
    today = now.astimezone(zone).date()
    month = today.replace(day=1)
    feed = feed_of(side.practitioner) if side.is_own else None
    version = feed.version if feed is not None else 0
    if feed_form is not None and feed_form.has_aged:
        feed_form.go_on_from(version)
    secret = request.get_signed_cookie(_COOKIE, default="", max_age=_SHOWN_WITHIN) if feed is not None else ""
    context: dict[str, Any] = {
        **side.context("agenda"),
        "today": today,
        "zone": zone,
        "is_own": side.is_own,
        "period": period or PeriodForm(initial={"du": month, "au": today}),
        "presets": [
            ("Ce mois-ci", month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)),
            ("Le mois dernier", (month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
            ("Cette année", today.replace(month=1, day=1), today.replace(month=12, day=31)),
        ],
        "feed": feed,
        "feed_form": feed_form
        or FeedForm(initial={"version": version, "with_names": feed.with_names if feed is not None else False}),
        "feed_address": settings.BASE_URL + reverse("feed", args=[secret]) if secret else "",
        "now": now,
    }
    answer = render(request, "paper/exports.html", context, status=_status(period, feed_form))
    if secret:
        answer.delete_cookie(_COOKIE, path=reverse("exports", args=[side.practitioner.pk]), samesite="Strict")
    return answer


def _status(period: PeriodForm | None, feed_form: FeedForm | None) -> int:
    if feed_form is not None:
        return 409 if feed_form.has_aged else 422
    return 422 if period is not None else 200
