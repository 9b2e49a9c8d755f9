"""« Qui voit quoi »: to whom each rule is shown. Nothing is changed before the button that says its effect."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.french import sentence
from accounts.zones import there
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Rule, SetupChange
from appointments.openings.selectors import recurrence_of, rule_name
from appointments.openings.services.visibility import change_visibility
from appointments.pages.practice import practice_page
from appointments.setup.eyes import eyes
from appointments.setup.forms.visibility import Matrix, columns_of, parts
from appointments.setup.views.desk import Desk, desk_of
from appointments.setup.visibility import Preview, communities_of, done_at, opened_log, shown_rules


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def visibility(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Who sees the agenda reads it; who manages it sends it, to see the effect first, then with the seal of what was seen."""
    desk = desk_of(request, practitioner_id)
    if request.method != "POST":
        return _page(request, desk, _matrix(desk, None))
    if not desk.managed:
        raise Http404
    matrix = _matrix(desk, request.POST)
    if "touched" in request.POST and not matrix.changed and not matrix.errors:
        messages.info(request, "C’était déjà enregistré.")
        return redirect("visibility", practitioner_id)
    if not matrix.errors and not matrix.is_stale and request.POST.get("touched") == matrix.seal:
        try:
            desk.change(partial(change_visibility, asked=matrix.asked, by=desk.actor), read="")
            messages.success(request, f"C’est fait\u00a0: {matrix.effect}.")
            return redirect("visibility", practitioner_id)
        except NotAllowed:
            raise Http404 from None
        except ChangedMeanwhile:
            # Just now, while we waited for the lock.
            matrix = _matrix(desk, request.POST)
        except Refused as refusal:
            matrix.errors.append(str(refusal))
    matrix.has_aged = matrix.is_stale or matrix.went
    return _page(request, desk, matrix)


def _matrix(desk: Desk, data: Any) -> Matrix:
    rules = shown_rules(desk.schedules, now=desk.now)
    names = {one.pk: _named(one) + there(one.schedule.location.zone, always=desk.several_clocks) for one in rules}
    return Matrix(
        rules,
        columns_of(communities_of(desk.schedules, rules)),
        names=names,
        done=done_at(desk.schedules),
        may=frozenset(one.pk for one in desk.managed),
        data=data,
    )


def _named(rule: Rule) -> str:
    """What the practice calls it, if it does, and when it is."""
    when = rule_name(recurrence_of(rule, ()))
    return f"{rule.label}, {when}" if rule.label else when


def _page(request: HttpRequest, desk: Desk, matrix: Matrix) -> HttpResponse:
    looking = eyes(communities_of(desk.schedules, [row.rule for row in matrix.rows]))
    preview = Preview(desk.schedules, looking, zone=desk.zone, now=desk.now)
    sights = preview.sights({pk: shows.grants for pk, shows in matrix.asked.items()})
    asked = request.POST.get("vue") or request.GET.get("vue")
    sight = next((one for one in sights if one.eye.key == asked), sights[0])
    starts = preview.starts_of()
    changes = SetupChange.objects.kept_by(desk.actor).of_line(desk.practitioner_id, [one.pk for one in desk.schedules])
    context = {
        **desk.context(),
        "matrix": matrix,
        "groups": [
            (one, [(row, starts.get(row.rule.pk, 0)) for row in matrix.rows if row.rule.schedule_id == one.pk])
            for one in desk.schedules
        ],
        "column_count": len(matrix.columns) + 2,
        "edits": bool(desk.managed),
        "eyes": looking,
        "sight": sight,
        "first": preview.first_said(sight),
        "bars": preview.bars(sight),
        "three_days": sum(bar.count for bar in preview.bars(sight)),
        "said": preview.said(sights),
        "differences": preview.differences(sights),
        "effect": sentence(matrix.effect),
        "present": [
            (f"{cell.row.name}, {cell.column.whom}", _saved(cell.base), _saved(cell.window)) for cell in matrix.changed
        ]
        if matrix.has_aged
        else [],
        "log": opened_log(changes),
        "zone": desk.zone,
        "unpublished": [
            (one.location, one.organization_id if one.organization_id in desk.actor.managed else None)
            for one in desk.schedules
            if one.active and not one.published
        ],
    }
    return render(request, "practice/visibility.html", context, status=_status(request, matrix))


def _status(request: HttpRequest, matrix: Matrix) -> int:
    """What is not saved yet is told as such, unless script asked for the effect alone."""
    if request.method != "POST" or "HX-Request" in request.headers:
        return 200
    if matrix.errors and not matrix.has_aged:
        return 422
    return 409 if matrix.has_aged or matrix.changed else 200


def _saved(window: Any) -> str:
    if window is None:
        return "fermé"
    return " ".join(["ouvert", *parts(window)])
