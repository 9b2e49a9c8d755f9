"""What happens while an agenda is open: whether something of it changed, what waits, and what the changes were.

An open page asks every few seconds: that nothing changed is one read of the lines of time it shows.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.enums import Level
from accounts.french import day_month, hour, sentence
from accounts.rights import Actor
from accounts.zones import there
from appointments.agenda.blocks import name_for
from appointments.agenda.selectors.closing import COUNTED, count_to_close
from appointments.booking.services.changes import may_arrive
from appointments.enums import EventKind, Origin, Status
from appointments.messages.selectors import untold_visits
from appointments.models import Appointment, AppointmentEvent, Schedule

# Who was noted as arrived is looked for around now, whatever the place's clock.
_AROUND = timedelta(days=1)
_BOOKED = {
    Origin.REGULATOR: "nouveau rendez-vous SAS",
    Origin.PATIENT: "nouveau rendez-vous pris en ligne",
}
_WORDS = {
    EventKind.BOOKED: "nouveau rendez-vous",
    EventKind.MOVED: "rendez-vous déplacé",
    EventKind.REASSIGNED: "rendez-vous confié",
    EventKind.ARRIVED: "arrivée du rendez-vous",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """`untold`: the visits whose patient is to be called; `waiting`: who is there, the longest first, with their minutes;
    `to_close`: 3, 99+, blank when there are none.
    """

    untold: list[Appointment]
    waiting: list[tuple[Appointment, int]]
    to_close: str


@dataclass(frozen=True, slots=True)
class Fact:
    """The last thing that happened to a visit: what, when it is, who, and by whom."""

    visit: Appointment
    is_new: bool
    words: str


def shown_at(schedules: Iterable[Schedule]) -> dict[uuid.UUID, int]:
    """How far the lines of time of these agendas had come when they were read, by practitioner. No query: read them before what
    the page draws, which is then this old at most.
    """
    return {one.calendar.practitioner_id: one.calendar.changes for one in schedules if one.calendar.practitioner_id}


def changes_of(practitioners: Collection[uuid.UUID], *, actor: Actor) -> dict[uuid.UUID, int]:
    """The same now; without those of whose time this person sees nothing. One query."""
    rows = Schedule.objects.kept_by(actor, Level.BUSY).filter(calendar__practitioner__in=practitioners)
    return dict(rows.order_by().values_list("calendar__practitioner", "calendar__changes").distinct())


def bar_of(practitioners: Collection[uuid.UUID], *, actor: Actor, now: datetime) -> Bar:
    """Of what this person sees of these practitioners. Three queries."""
    seen = Schedule.objects.kept_by(actor, Level.SEE).filter(calendar__practitioner__in=practitioners).order_by()
    there = Appointment.objects.filter(
        schedule__in=seen, practitioner__in=practitioners, start__range=(now - _AROUND, now + _AROUND),
        status=Status.BOOKED, arrived_at__isnull=False,
    )  # fmt: skip
    waiting = [one for one in there.select_related("schedule__location").order_by("arrived_at") if may_arrive(one, now)]
    count = count_to_close(actor, now=now) if actor.may_book_somewhere else 0
    return Bar(
        untold=list(untold_visits(seen, now=now).select_related("patient")),
        waiting=[(one, max(0, int((now - one.arrived_at).total_seconds() // 60))) for one in waiting if one.arrived_at],
        to_close=f"{COUNTED - 1}+" if count >= COUNTED else str(count or ""),
    )


def facts_of(visits: Collection[uuid.UUID], *, actor: Actor, now: datetime) -> list[Fact]:
    """Of those that this person sees, the latest last. One query."""
    seen = Appointment.objects.kept_by(actor, Level.SEE).filter(pk__in=visits)
    rows = AppointmentEvent.objects.filter(appointment__in=seen).order_by("appointment_id", "-sequence")
    last = rows.distinct("appointment_id").select_related("appointment__patient", "appointment__schedule__location")
    return [
        Fact(one.appointment, one.kind == EventKind.BOOKED, _said(one, actor, now))
        for one in sorted(last, key=lambda event: event.pk)
    ]


def _said(event: AppointmentEvent, actor: Actor, now: datetime) -> str:
    """« Nouveau rendez-vous SAS à 11 h 20, Mangue P. »"""
    visit = event.appointment
    kind = EventKind(event.kind)
    booked = _BOOKED.get(Origin(visit.origin), "") if kind is EventKind.BOOKED else ""
    zone = visit.schedule.location.zone
    start = visit.start.astimezone(zone)
    day = "" if start.date() == now.astimezone(zone).date() else f" {day_month(start.date())}"
    # Who the regulators are is on the page of the visit.
    by = "" if booked or not event.by_name else f", par {event.by_name}"
    what = booked or _WORDS.get(kind) or str(kind.label)
    return f"{sentence(what)}{day} à {hour(start)}{there(zone)}, {name_for(visit, discreet=actor.is_discreet)}{by}"
