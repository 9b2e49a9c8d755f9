"""The same patient twice on one day: more often somebody who asked twice than two visits that are meant."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.enums import Level
from accounts.french import hour
from accounts.rights import Actor
from accounts.zones import apart
from appointments.booking.services.obstacles import Kind, Obstacle
from appointments.models import Appointment
from appointments.patients.matches import Likeness, compare
from appointments.patients.selectors import person_of, seen_by
from appointments.patients.values import PatientDetails

SENTENCE = "Ce patient a déjà un rendez-vous ce jour-là."
BY_REGULATION = "La régulation a déjà pris un rendez-vous pour ce patient ce jour-là."


def same_day(patient: PatientDetails, *, since: datetime, until: datetime, by: Actor) -> list[Obstacle]:
    """The standing visits from `since` until `until` of who may be this patient, in order of time. One query.

    The practice is told of those in the agendas that it reads. A regulator is told of what regulators booked, by what these were
    given: whom the practice takes the patient for is read by nobody outside, and the sentence says nothing of it.
    """
    whom = "given_as" if by.is_regulator else "patient"
    known = Q(contact_phone=patient.phone) if patient.phone else Q()
    if patient.birth_date is not None:
        known |= Q(**{f"{whom}__birth_date": patient.birth_date})
    if not known:
        return []
    standing = Appointment.objects.standing().filter(known, start__gte=since, start__lt=until)
    rows = standing.filter(by_regulator__isnull=False) if by.is_regulator else standing.kept_by(by, Level.SEE)
    wanted = person_of(patient)
    return [
        Obstacle(Kind.SAME_DAY, BY_REGULATION if by.is_regulator else SENTENCE, one.id)
        for one in rows.select_related(whom).order_by("start", "pk")
        if compare(wanted, person_of(getattr(one, whom))).likeness is not Likeness.NO
    ]


def same_day_told(found: Sequence[Obstacle], *, actor: Actor, zone: ZoneInfo) -> list[tuple[str, uuid.UUID | None]]:
    """Of the patient's other visits of a day: a sentence, naming what this person reads, and that visit. One sentence for all
    that they don't read.
    """
    named = name_same_day([one.row for one in found if one.kind == Kind.SAME_DAY and one.row], actor=actor, zone=zone)
    return list(dict.fromkeys((named[one.row], one.row) if one.row in named else (one.sentence, None) for one in found))


def name_same_day(rows: Collection[uuid.UUID], *, actor: Actor, zone: ZoneInfo) -> dict[uuid.UUID | None, str]:
    """Those of these visits that this person reads, as told at a place of this zone. One query."""
    if not rows:
        return {}
    kept = (
        Appointment.objects.visible_to(actor).with_patient(actor).select_related("practitioner", "schedule__location")
    )
    return {one.id: _again(one, actor, zone) for one in kept.filter(pk__in=rows)}


def _again(other: Appointment, actor: Actor, zone: ZoneInfo) -> str:
    place = other.schedule.location
    local = other.start.astimezone(place.zone)
    patient = seen_by(actor, other).patient
    name = patient.name if actor.is_regulator else patient.listed_name
    return (
        f"{name} a déjà un rendez-vous ce jour-là, à {hour(local)}{apart(place.zone, zone)}\u00a0: "
        f"{other.practitioner}, {place}."
    )
