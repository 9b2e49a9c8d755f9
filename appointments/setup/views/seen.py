"""« Vu du SAS »: what the search answers for this practitioner, start by start, and why the rest is not sent."""

import uuid
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from appointments.days import LAST_DAY, DayConverter
from appointments.openings.recurrence import instant
from appointments.pages.practice import practice_page
from appointments.setup.eyes import eyes
from appointments.setup.hidden import Why
from appointments.setup.seen import DAYS, Looking
from appointments.setup.views.desk import Desk, desk_of
from appointments.setup.visibility import communities_of
from appointments.slots.border import Answer, border

_DAY = timedelta(days=1)
# « Voir comme si nous étions ».
MOMENTS = {"": "maintenant", "demain": "demain à la même heure", "lundi": "lundi à 8 h 00"}
SHOWN = "montres"


@require_safe
@practice_page
def seen_by_sas(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """From `?jour=` on, as of `?moment=`, by `?vue=`; `?cause=` keeps the starts that are hidden by it."""
    desk = desk_of(request, practitioner_id)
    looking = eyes(communities_of(desk.schedules))
    eye = next((one for one in looking if one.key == request.GET.get("vue")), looking[0])
    moment_key = request.GET.get("moment", "")
    moment_key = moment_key if moment_key in MOMENTS else ""
    moment = _moment(moment_key, desk)
    first_day = max(_day(request.GET.get("jour", "")) or moment.date(), moment.date())
    cause = request.GET.get("cause", "")
    why = Why(cause) if cause in Why.values else None
    outside = border()
    sas = outside if outside is not None and eye.key != "patient" else None
    look = Looking(
        schedules=desk.schedules,
        eye=eye,
        first_day=first_day,
        moment=desk.now if not moment_key else moment,
        now=desk.now,
        zone=desk.zone,
        actor=desk.actor,
        manages=frozenset(one.pk for one in desk.managed),
        closable=frozenset(one.pk for one in desk.closable),
        withheld={one.pk: found for one in desk.schedules if sas and (found := sas.withheld(one))},
    )
    seen = look.seen(why, shown_only=cause == SHOWN)
    answer = None
    if sas is not None and eye.key == "sas" and not moment_key and desk.side.sees_everything:
        answer = sas.answer(desk.side.practitioner, since=look.since, until=look.until, now=desk.now)
    kept = {"vue": eye.key, "moment": moment_key, "jour": first_day.isoformat() if request.GET.get("jour") else ""}
    context = {
        **desk.context(),
        "eyes": [(one, _query(kept | {"vue": one.key})) for one in looking],
        "eye": eye,
        "seen": seen,
        "zone": desk.zone,
        "moment": look.moment,
        "moment_key": moment_key,
        "moments": list(MOMENTS.items()),
        "kept": {name: value for name, value in kept.items() if value and name != "moment"},
        "cause": cause if why or cause == SHOWN else "",
        "all_query": _query(kept),
        "shown_query": _query(kept | {"cause": SHOWN}),
        "chips": [(one, count, _query(kept | {"cause": one.value})) for one, count in seen.whys],
        "previous": _query(kept | {"jour": (first_day - DAYS * _DAY).isoformat()}) if first_day > moment.date() else "",
        "next": _query(kept | {"jour": (first_day + DAYS * _DAY).isoformat()})
        if first_day + 2 * DAYS * _DAY <= LAST_DAY
        else "",
        "remarks": sas.remarks(desk.schedules) if sas else [],
        "answer": answer,
        "answer_said": _said(answer),
        "is_own": desk.side.is_own,
    }
    return render(request, "practice/seen_by_sas.html", context)


def _moment(key: str, desk: Desk) -> datetime:
    """At the page's clock."""
    local = desk.now.astimezone(desk.zone)
    if key == "demain":
        return instant(local.date() + _DAY, local.time(), desk.zone).astimezone(desk.zone)
    if key == "lundi":
        monday = local.date() + (7 - local.weekday()) * _DAY
        return instant(monday, time(8), desk.zone).astimezone(desk.zone)
    return local


def _day(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        # Not a day of ours: as without.
        return None


def _said(answer: Answer | None) -> str:
    """Bundle (14 Slot, 1 Schedule…)."""
    kinds = answer.kinds.items() if answer is not None else ()
    return f"Bundle ({', '.join(f'{count} {kind}' for kind, count in kinds) or 'vide'})"


def _query(kept: dict[str, str]) -> str:
    said = {name: value for name, value in kept.items() if value}
    return f"?{urlencode(said)}" if said else "?"
