"""What an agenda page has around its visits, asked together: saved groups, who is to be called, who waits, what is to close."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, JSONField, QuerySet, UUIDField, Value
from django.db.models.functions import JSONObject

from accounts.french import fold
from accounts.models import AgendaGroup
from accounts.rights import Actor
from appointments.agenda.selectors.closing import COUNTED, unclosed_by
from appointments.agenda.selectors.reading import made
from appointments.messages.selectors import untold_visits
from appointments.models import Appointment, Patient, Schedule
from appointments.waiting.selectors import Queue, queue_of, waiting_rows

# Id, details, agenda, and two moments.
_Row = tuple[uuid.UUID, Any, uuid.UUID | None, datetime, datetime]
_NOTHING = Value(None, output_field=JSONField())
_NO_AGENDA = Value(None, output_field=UUIDField())
_NEVER = Value(None, output_field=DateTimeField())


@dataclass(frozen=True, slots=True)
class Around:
    """`groups`: in the order of their menu; `untold`: the coming visits whose patient somebody of the practice has to tell;
    `to_close`: `COUNTED` is where the count ends.
    """

    groups: list[AgendaGroup]
    untold: list[Appointment]
    queue: Queue
    to_close: int


def around_of(schedules: Collection[Schedule], *, actor: Actor, now: datetime) -> Around:
    """Of agendas that this person sees. One query: four short answers would cost as many ways to the database."""
    parts: list[QuerySet[Any, Any]] = [
        _untold(schedules, now),
        waiting_rows(schedules, now=now).values_list(
            Value("waits"), "pk", "details", "made__schedule", "made__start", "made__until"
        ),
        AgendaGroup.objects.filter(user=actor.user)
        .order_by()
        .values_list(
            Value("group"),
            "pk",
            JSONObject(name="name", practitioners="practitioners", position="position"),
            _NO_AGENDA,
            _NEVER,
            _NEVER,
        ),
        unclosed_by(actor, now=now).values_list(Value("over"), "pk", _NOTHING, _NO_AGENDA, _NEVER, _NEVER)[:COUNTED],
    ]
    found: dict[str, list[_Row]] = defaultdict(list)
    for kind, *row in parts[0].union(*parts[1:], all=True):
        found[kind].append(tuple(row))
    return Around(
        groups=sorted(
            (_group(*row[:2]) for row in found["group"]), key=lambda one: (one.position, fold(one.name), one.pk)
        ),
        untold=_visits(found["untold"], schedules),
        queue=queue_of(found["waits"]),
        to_close=len(found["over"]),
    )


def _untold(schedules: Collection[Schedule], now: datetime) -> QuerySet[Any, Any]:
    details = JSONObject(
        id="patient",
        family_name="patient__family_name",
        given_name="patient__given_name",
        erased_at="patient__erased_at",
        status="status",
        owned_by="owned_by",
    )
    rows = untold_visits(schedules, now=now).order_by()
    return rows.values_list(Value("untold"), "pk", details, "schedule", "start", "created_at")


def _visits(rows: list[_Row], schedules: Collection[Schedule]) -> list[Appointment]:
    at = {one.id: one for one in schedules}
    found = []
    for pk, details, schedule, start, _ in sorted(rows, key=lambda row: row[3:]):
        visit = made(Appointment, [("id", pk), ("start", start), ("status", details.pop("status"))])
        visit.owned_by = details.pop("owned_by")  # type: ignore[attr-defined]
        visit.patient = made(Patient, {**details, "id": uuid.UUID(details["id"])}.items())
        visit.schedule = at[schedule]  # type: ignore[index]
        found.append(visit)
    return found


def _group(pk: uuid.UUID, details: dict[str, Any]) -> AgendaGroup:
    ids = [uuid.UUID(one) for one in details["practitioners"]]
    return made(AgendaGroup, {"id": pk, **details, "practitioners": ids}.items())
