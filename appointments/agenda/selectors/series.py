"""A series as it is about to be booked, date by date; and the visits of one that is."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.enums import Level
from accounts.rights import Actor
from appointments.agenda.selectors.conflict import free_near
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.booking.services.obstacles import InTheWay, Kind
from appointments.models import Appointment, Schedule
from appointments.slots.selectors import Slot


@dataclass(frozen=True, slots=True)
class Line:
    """One of the dates that were asked for. `name` is that of its choice in the form; `seal`, blank where it is free, stands for
    the `sentences` that one has read, `again` for those that are true at another hour of that day too: the patient comes already.
    """

    start: datetime
    name: str
    sentences: Sequence[str] = ()
    near: Sequence[Slot] = ()
    seal: str = ""
    again: str = ""
    chosen: str = ""


def name_of(start: datetime) -> str:
    return f"choix-{start:%Y%m%dT%H%M}"


def lines_of(
    starts: Sequence[datetime],
    found: Mapping[datetime, InTheWay],
    chosen: Mapping[str, str],
    *,
    schedule: Schedule,
    minutes: int,
    actor: Actor,
    now: datetime,
) -> list[Line]:
    """`found` is what stands in the way, `chosen` what was answered before. Four queries at most for each that is not free."""
    lines = []
    for start in starts:
        name = name_of(start)
        if (there := found.get(start)) is None:
            lines.append(Line(start, name, chosen=chosen.get(name, "")))
            continue
        sentences = obstacle_sentences(there.obstacles, actor=actor, zone=schedule.location.zone)
        again = [one for one in there.obstacles if one.kind == Kind.SAME_DAY]
        moved = len(again) < len(there.obstacles)
        near = free_near(schedule, start=start, minutes=minutes, now=now) if moved else []
        read = InTheWay(again).seal if again else ""
        lines.append(Line(start, name, sentences, near, there.seal, read, chosen.get(name, "")))
    return lines


def visits_of_series(series: uuid.UUID | None, *, actor: Actor) -> list[Appointment]:
    """Those that this person sees, in order of time. One query."""
    if series is None:
        return []
    rows = Appointment.objects.kept_by(actor, Level.SEE).filter(series=series)
    return list(rows.select_related("practitioner", "schedule__location").order_by("start", "pk"))
