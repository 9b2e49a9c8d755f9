"""What is over, written at once: the rows and events that the booking services would have left, in four statements.

Nobody is told of it: no message, no delivery.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery

from accounts.rights import Actor
from appointments.booking.events import event_of
from appointments.booking.services.booking import columns_of
from appointments.demo.planning import Planned
from appointments.enums import AppointmentType, EventKind, Identity, Status
from appointments.models import Appointment, AppointmentEvent, Patient


def write_past(visits: Sequence[Planned], *, bookers: Mapping[uuid.UUID, Actor], now: datetime) -> None:
    """As `book_freely` and `set_status` write it, the latter where the practice has done it by now. `bookers`: by schedule."""
    patients: list[Patient] = []
    appointments: list[Appointment] = []
    events: list[AppointmentEvent] = []
    for visit in visits:
        by = bookers[visit.schedule.id]
        appointment = _booked(visit, by)
        if visit.visit.file is None:
            patient = Patient(
                organization_id=appointment.organization_id,
                identity=Identity.DECLARED,
                **visit.visit.patient.as_fields(),
            )
            patients.append(patient)
            appointment.patient_id = patient.pk
        else:
            appointment.patient_id = visit.visit.file
        events.append(event_of(appointment=appointment, kind=EventKind.BOOKED, by=by, at=visit.booked_at))
        status = visit.status_at(now)
        if status != Status.BOOKED:
            appointment.status, appointment.version = status, 2
            events.append(
                event_of(
                    appointment=appointment,
                    kind=EventKind.FULFILLED if status == Status.FULFILLED else EventKind.NOSHOW,
                    by=by,
                    at=visit.end,
                    previous={"status": str(Status.BOOKED)},
                )
            )
        appointments.append(appointment)
    Patient.objects.bulk_create(patients)
    Appointment.objects.bulk_create(appointments)
    AppointmentEvent.objects.bulk_create(events)
    # Inserting dated them of now.
    booked = AppointmentEvent.objects.filter(appointment=OuterRef("pk"), kind=EventKind.BOOKED).order_by()
    Appointment.objects.filter(pk__in=[one.pk for one in appointments]).update(created_at=Subquery(booked.values("at")))


def _booked(visit: Planned, by: Actor) -> Appointment:
    appointment = Appointment(
        start=visit.start,
        end=visit.end,
        lane=visit.room.lane,
        capacity=visit.room.capacity,
        overbooked=visit.room.overbooked,
        buffer_after=visit.reason.buffer if visit.reason is not None else 0,
        appointment_type=AppointmentType.ROUTINE,
        created_at=visit.booked_at,
        cancelled_for="",
        **columns_of(visit.visit, visit.reason, by),
    )
    appointment.at(visit.schedule)
    return appointment
