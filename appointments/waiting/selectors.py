"""Who waits, for the pages that show it."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Prefetch, Q, QuerySet

from accounts.enums import ActorKind, Level
from accounts.french import WEEKDAYS, listed
from accounts.rights import Actor
from appointments.enums import OfferState, WaitingState
from appointments.models import Appointment, Patient, Reason, Schedule, WaitingAt, WaitingEntry, WaitingOffer
from appointments.patients.values import PatientDetails


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who waits, as the practice reads it. `offer`: what was proposed to them last; `removable`: by who looks."""

    entry: WaitingEntry
    patient: Patient
    schedules: list[Schedule]
    offer: WaitingOffer | None
    removable: bool

    @property
    def visit(self) -> Appointment | None:
        """The one that they would give back."""
        visit = self.entry.appointment
        return visit if visit is not None and visit.is_booked else None

    @property
    def by(self) -> str:
        return self.entry.by_name or ("le patient" if self.entry.actor_kind == ActorKind.PATIENT else "la régulation")

    @property
    def days(self) -> str:
        days = self.entry.weekdays
        return "tous les jours" if len(days) == 7 else listed([f"{WEEKDAYS[day - 1][:3]}." for day in days])


@dataclass(frozen=True, slots=True)
class Asked:
    """To whom an hour is proposed, and until when."""

    patient: Patient
    until: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """Of some agendas: how many wait, and what is proposed right now, by agenda and start."""

    count: int = 0
    proposed: dict[tuple[uuid.UUID, datetime], Asked] = field(default_factory=dict)


def waiting_lines(actor: Actor) -> list[Line]:
    """All who wait in the agendas that this person sees, in order. Four queries."""
    seen = Schedule.objects.kept_by(actor, Level.SEE)
    places = Prefetch(
        "places", WaitingAt.objects.select_related("schedule__calendar__practitioner", "schedule__location")
    )
    rows = WaitingEntry.objects.filter(state=WaitingState.WAITING, places__schedule__in=seen).distinct()
    rows = rows.select_related("reason", "appointment__schedule__location")
    offers = Prefetch("offers", WaitingOffer.objects.select_related("schedule__location"))
    return [_line(one, actor) for one in rows.prefetch_related(places, offers)]


def waiting_rows(schedules: Collection[Schedule], *, now: datetime) -> QuerySet[WaitingEntry]:
    """Who waits at these agendas, once for each and each offer: `made` is one that still runs."""
    made = FilteredRelation("offers", condition=Q(offers__state=OfferState.MADE, offers__until__gt=now))
    rows = WaitingEntry.objects.filter(state=WaitingState.WAITING, places__schedule__in=schedules)
    return rows.annotate(made=made).order_by()


def queue_of(rows: Iterable[tuple[uuid.UUID, Any, uuid.UUID | None, datetime, datetime]]) -> Queue:
    """Of `waiting_rows`: entry, its details; of the offer agenda, start and end."""
    people, proposed = set(), {}
    for pk, details, schedule, start, until in rows:
        people.add(pk)
        if schedule is not None:
            proposed[schedule, start] = Asked(patient_in(details), until)
    return Queue(len(people), proposed)


def asked_at(schedule: Schedule, start: datetime, end: datetime, *, now: datetime) -> Asked | None:
    """To whom some of this time of its practitioner is proposed right now. One query."""
    made = WaitingOffer.objects.filter(
        schedule__calendar=schedule.calendar_id, state=OfferState.MADE, until__gt=now, start__lt=end
    )
    for offer in made.select_related("entry").order_by("start"):
        if offer.start + timedelta(minutes=offer.minutes) > start:
            return Asked(patient_in(offer.entry.details), offer.until)
    return None


def reasons_at(schedules: Collection[Schedule]) -> list[Reason]:
    """What is done at one of them, in the order of the practice's list. One query."""
    done = Reason.objects.filter(active=True, done_at__schedule__in=schedules, done_at__active=True)
    return list(done.order_by("position", "label_folded", "pk").distinct())


def rank_of(entry: WaitingEntry) -> int:
    """Among those who wait at one of the same agendas: 1 is asked first. One query."""
    agendas = WaitingAt.objects.filter(entry=entry).values("schedule")
    before = Q(registered_at__lt=entry.registered_at) | Q(registered_at=entry.registered_at, pk__lt=entry.pk)
    rows = WaitingEntry.objects.filter(before, state=WaitingState.WAITING, places__schedule__in=agendas)
    return rows.order_by().distinct().count() + 1


def patient_in(details: Any) -> Patient:
    """As typed, saved nowhere."""
    return Patient(**PatientDetails.from_json(details["patient"]).as_fields())


def _line(entry: WaitingEntry, actor: Actor) -> Line:
    schedules = [one.schedule for one in entry.places.all()]
    offers = list(entry.offers.all())
    removable = any(actor.may(Level.BOOK, one.practitioner_id, one.organization_id) for one in schedules)
    return Line(entry, patient_in(entry.details), schedules, offers[-1] if offers else None, removable)
