"""How far the SAS knows an appointment, told to the agenda's pages (`appointments.booking.outward`)."""

import uuid
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.french import NBSP, day_and_hour, hour, sentence
from accounts.zones import there
from appointments.booking.outward import OutwardNews
from appointments.models import Appointment
from interop.enums import OPEN_STATES, DeliveryState
from interop.models import Delivery, SasCircuit

_KEPT = "Le rendez-vous, lui, est enregistré."
_WAITING = OutwardNews(
    label="En attente du SAS",
    phrase="En attente du SAS",
    title=f"SAS injoignable{NBSP}: envoi dès son retour",
    detail=f"Il n’y a rien à faire. {_KEPT}",
    tone="warn",
    icon="retry",
)
_BLOCKED = OutwardNews(
    label="Non transmis",
    phrase="Non transmis au SAS",
    title="Non transmis au SAS",
    detail=f"Rien à faire de votre côté{NBSP}: le support le voit et le renverra. {_KEPT}",
    tone="danger",
    icon="alert",
    is_stopped=True,
)
_UNDER_WAY = OutwardNews(
    label="En cours",
    phrase=f"SAS{NBSP}: en cours",
    title="Transmission au SAS en cours",
    detail="Sans donnée du patient",
    tone="info",
    icon="send",
    is_moving=True,
)


def tell_deliveries(appointments: Collection[Appointment]) -> dict[uuid.UUID, OutwardNews]:
    """Of each appointment (loaded with its place) that has one, its latest delivery that counts. One query for all."""
    suspended = SasCircuit.objects.filter(server=settings.SAS_FHIR_URL, opened_at__isnull=False)
    rows = Delivery.objects.filter(appointment__in=[one.id for one in appointments])
    rows = rows.exclude(state=DeliveryState.OBSOLETE).annotate(waits_for_sas=Exists(suspended))
    zones = {one.id: one.schedule.location.zone for one in appointments}
    latest: dict[uuid.UUID, Delivery] = {}
    for row in rows.order_by("appointment", "sequence"):
        before = latest.get(row.appointment_id)
        if before and before.state == DeliveryState.RETRYING and row.state == DeliveryState.PLANNED:
            continue  # waits behind the one that is tried again
        latest[row.appointment_id] = row
    return {appointment_id: _told(row, zones[appointment_id]) for appointment_id, row in latest.items()}


def sort_by_delivery(known: bool) -> Q:
    """Of appointments: those of which the SAS has everything; else those of which something is still to reach it."""
    rows = Delivery.objects.filter(appointment=OuterRef("pk"))
    waiting = Exists(rows.filter(state__in=OPEN_STATES))
    return Q(Exists(rows.filter(state=DeliveryState.SENT))) & ~Q(waiting) if known else Q(waiting)


def _told(row: Delivery, zone: ZoneInfo) -> OutwardNews:
    if row.state == DeliveryState.SENT and row.sent_at:
        return _sent(row.sent_at, zone)
    if row.state == DeliveryState.BLOCKED:
        return _BLOCKED
    if row.state in {DeliveryState.PLANNED, DeliveryState.RETRYING} and row.waits_for_sas:  # type: ignore[attr-defined]
        return _WAITING
    return _tried_again(row.next_attempt_at, zone) if row.state == DeliveryState.RETRYING else _UNDER_WAY


def _sent(at: datetime, zone: ZoneInfo) -> OutwardNews:
    when = day_and_hour(at.astimezone(zone), timezone.localdate(timezone=zone)) + there(zone)
    return OutwardNews(
        label="Transmis",
        phrase="Transmis au SAS",
        title="Transmis au SAS",
        detail=f"{sentence(when)}, sans donnée du patient",
        tone="ok",
        icon="check",
        is_known=True,
    )


def _tried_again(at: datetime, zone: ZoneInfo) -> OutwardNews:
    """An hour that is past is not promised: a worker is about to take it."""
    when = f"À {hour(at.astimezone(zone))}{there(zone)}" if at > timezone.now() else "D’un instant à l’autre"
    return OutwardNews(
        label="Nouvel essai",
        phrase=f"SAS{NBSP}: nouvel essai",
        title=f"SAS{NBSP}: nouvel essai prévu",
        detail=f"{when}. {_KEPT}",
        tone="warn",
        icon="retry",
    )
