"""The same patient twice on one day: more often somebody who asked twice than two visits that are meant."""

from datetime import datetime

from django.db.models import Q

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.services.obstacles import Kind, Obstacle
from appointments.models import Appointment
from appointments.patients.matches import Likeness, compare
from appointments.patients.selectors import person_of
from appointments.patients.values import PatientDetails


def same_day(patient: PatientDetails, *, since: datetime, until: datetime, by: Actor) -> list[Obstacle]:
    """The standing visits from `since` until `until` of who may be this patient, in the agendas that this person reads, in order
    of time. One query.
    """
    known = Q(contact_phone=patient.phone) if patient.phone else Q()
    if patient.birth_date is not None:
        known |= Q(patient__birth_date=patient.birth_date)
    if not known:
        return []
    rows = Appointment.objects.standing().kept_by(by, Level.SEE).filter(known, start__gte=since, start__lt=until)
    rows = rows.select_related("patient").order_by("start", "pk")
    wanted = person_of(patient)
    return [
        Obstacle(Kind.SAME_DAY, "Ce patient a déjà un rendez-vous ce jour-là.", one.id)
        for one in rows
        if compare(wanted, person_of(one.patient)).likeness is not Likeness.NO
    ]
