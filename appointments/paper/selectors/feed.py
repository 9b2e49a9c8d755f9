"""What a practitioner's calendar address tells: their visits wherever they receive, their absences, their places' closures."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, F, Value

from accounts.french import NBSP
from accounts.models import Practitioner
from appointments.calendar_text import Event, calendar
from appointments.enums import ConsultationType
from appointments.grid import day_bounds
from appointments.models import Absence, Appointment, CalendarFeed, Closure, Location

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
_KINDS = {
    ConsultationType.AMB: "Rendez-vous",
    ConsultationType.HH: "Visite à domicile",
    ConsultationType.VR: "Téléconsultation",
}


@dataclass(frozen=True, slots=True)
class Told:
    """`changed_at`: since when it has been so."""

    text: str
    digest: str
    changed_at: datetime


def hashed(secret: str) -> str:
    """Of 256 random bits: nothing slower is needed to keep anybody from guessing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def feed_of(practitioner: Practitioner) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(practitioner=practitioner).first()


def feed_at(secret: str) -> CalendarFeed | None:
    """Of a practitioner who may still sign in. One query."""
    rows = CalendarFeed.objects.select_related("practitioner").filter(practitioner__user__is_active=True)
    return rows.filter(secret_hash=hashed(secret)).first()


def told_by(feed: CalendarFeed, *, now: datetime) -> Told:
    """From 30 days ago to 180 days ahead. Two queries, whatever there is.

    The time of the last change is that of the whole: whoever asks again has either all of it, or none to read.
    """
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    first, last = today - BACK, today + AHEAD
    events = [*_visits(feed, first, last), *_shut(feed, first, last)]
    name = str(feed.practitioner)
    digest = hashlib.sha256(calendar(name, events, at=feed.made_at).encode()).hexdigest()
    changed_at = feed.changed_at if digest == feed.digest else now.replace(microsecond=0)
    return Told(calendar(name, events, at=changed_at), digest, changed_at)


def _visits(feed: CalendarFeed, first: date, last: date) -> Iterator[Event]:
    """The cancelled ones too, as such: an application that has them takes them off."""
    since, until = _bounds(first, last)
    # The practitioner's own (`Actor.own`), in all their organizations.
    rows = Appointment.objects.filter(practitioner=feed.practitioner_id, start__gte=since, start__lt=until)
    for one in rows.select_related("patient", "schedule__location").order_by("start", "pk"):
        at_home = one.consultation_type == ConsultationType.HH
        kind = _KINDS[ConsultationType(one.consultation_type)]
        place = one.schedule.location
        named = f"{one.patient.listed_name}, {kind.lower()}" if feed.with_names else kind
        yield Event(
            uid=str(one.pk),
            start=one.start,
            end=one.end,
            summary=f"Annulé{NBSP}: {named}" if one.is_cancelled else named,
            # Where a patient lives is theirs, as their name is.
            place=(one.visit_address if feed.with_names else "") if at_home else f"{place.name}, {place.full_address}",
            sequence=one.version,
            cancelled=one.is_cancelled,
        )


def _shut(feed: CalendarFeed, first: date, last: date) -> Iterator[Event]:
    """Absences and closures; where a place alone is closed, the practitioner's time is not taken. One query."""
    since, until = _bounds(first, last)

    def columns(kind: str, place: str) -> dict[str, Any]:
        return {"kind": Value(kind, output_field=CharField()), "place": F(place)}

    names = ("kind", "pk", "version", "first_day", "last_day", "start", "end", "label", "place")
    absences = Absence.objects.filter(calendar__practitioner=feed.practitioner_id).touching(since, until)
    own = {"schedules__calendar__practitioner": feed.practitioner_id, "schedules__active": True}
    closures = Closure.objects.filter(location__in=Location.objects.filter(**own).values("pk")).touching(since, until)
    found = (
        absences.order_by()
        .annotate(**columns("Absence", "schedule__location__name"))
        .values_list(*names)
        .union(closures.order_by().annotate(**columns("Fermeture", "location__name")).values_list(*names), all=True)
    )
    for kind, pk, version, first_day, last_day, start, end, label, place in sorted(found, key=_by_id):
        told = f"{kind}{NBSP}: {label}" if label and feed.with_names else kind
        yield Event(
            uid=str(pk),
            start=first_day or start,
            end=last_day or end,
            summary=told,
            place=place or "",
            sequence=version,
            free=kind == "Fermeture",
        )


def _by_id(row: tuple[str, uuid.UUID, Any]) -> uuid.UUID:
    return row[1]


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    return day_bounds(first, zone)[0], day_bounds(last, zone)[1]
