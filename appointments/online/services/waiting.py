"""A patient registers by themself: what they wait for is kept as typed until the code is right, then it is on the list."""

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.rights import VISITOR
from appointments.enums import ConsultationType, MessageKind, WaitingState
from appointments.exceptions import Refused
from appointments.messages.reach import targets_of
from appointments.models import Appointment, OnlineBooking, WaitingEntry
from appointments.online.services.booking import Given, given_of, keep_details, prove, send_one
from appointments.online.services.limits import TooMany, check_holds, digest, one_at_a_time
from appointments.patients.values import PatientDetails
from appointments.waiting.services.entries import Waiting, register

# What of a wish is kept as text.
_DAY = "until"


def begin_waiting(
    *, schedules: Collection[uuid.UUID], given: Given, wish: Mapping[str, Any], visitor: str, client: str, now: datetime
) -> OnlineBooking:
    """Keep what was typed, and send a code. Raises `TooMany`, `Refused` where it could not leave."""
    whose, where = digest("visitor", visitor), digest("client", client)
    with transaction.atomic():
        one_at_a_time("client", where)
        check_holds(where, now=now)
        booking = OnlineBooking.objects.create(
            visitor=whose,
            client=where,
            schedule_id=min(schedules, key=str),
            wanted={"schedules": [str(one) for one in schedules], **wish, _DAY: wish[_DAY].isoformat()},
            made_at=now,
        )
    try:
        keep_details(booking=booking, given=given)
        send_one(booking=booking, contact=given.contact, now=now)
    except Refused:
        booking.delete()
        raise
    return booking


def correct_waiting(*, booking: OnlineBooking, given: Given, wish: Mapping[str, Any], now: datetime) -> None:
    """The same, typed otherwise; a contact that is proved stays so. Raises as `begin_waiting`."""
    booking.wanted = {**(booking.wanted or {}), **wish, _DAY: wish[_DAY].isoformat()}
    booking.save(update_fields=["wanted"])
    row = keep_details(booking=booking, given=given)
    if row.proved_at is None:
        send_one(booking=row, contact=given.contact, now=now)


def confirm_waiting(*, booking: OnlineBooking, code: str, now: datetime) -> WaitingEntry:
    """On the list, once the code is right; sent again it gives the same place in it.

    Raises `WrongCode`, `AlreadyWaiting`, `TooMany`, `Refused`.
    """
    row = prove(booking, code, now)
    with transaction.atomic():
        row = OnlineBooking.objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.entry is not None:
            return row.entry
        given, wanted = given_of(row), dict(row.wanted or {})
        if given is None:
            raise Refused("Dites d’abord qui vient.")
        contact = digest("contact", given.contact.lower())
        one_at_a_time("contact", contact)
        _check_entries(given.contact, row.schedule.organization_id)
        waiting = Waiting(
            schedules=[uuid.UUID(one) for one in wanted.pop("schedules")],
            patient=given.patient,
            consultation_type=given.mode,
            reason_id=given.reason,
            until=date.fromisoformat(wanted.pop(_DAY)),
            caller=given.caller,
            note=given.note,
            **wanted,
        )
        row.entry = register(waiting=waiting, by=VISITOR, now=now)
        row.details, row.contact = None, ""
        row.save(update_fields=["entry", "details", "contact"])
    return row.entry


def _check_entries(contact: str, organization_id: uuid.UUID) -> None:
    """Raises `TooMany`: a parent's children may wait, a script's names may not."""
    theirs = Q(details__patient__phone=contact) | Q(details__patient__email__iexact=contact)
    waiting = WaitingEntry.objects.filter(theirs, organization=organization_id, state=WaitingState.WAITING)
    if waiting.count() >= settings.ONLINE_OPEN_VISITS_OF_CONTACT:
        raise TooMany("Trop d’inscriptions attendent ici avec ce contact\u00a0: appelez le cabinet pour la prochaine.")


def wait_for_earlier(*, appointment: Appointment, wish: Mapping[str, Any], now: datetime) -> WaitingEntry:
    """« Plus tôt si possible »: by who has opened the link of their visit, at its agenda, for the same.

    Raises `AlreadyWaiting`, `Refused` where no message would reach them.
    """
    if not appointment.is_booked or appointment.start <= now:
        raise Refused("Ce rendez-vous n’est plus à venir.")
    if not targets_of(appointment, MessageKind.OFFER):
        raise Refused(
            "Aucun message ne peut vous joindre pour ce rendez-vous\u00a0: appelez le cabinet, il vous inscrira."
        )
    said = appointment.given_as or appointment.patient
    patient = PatientDetails(
        family_name=said.family_name,
        given_name=said.given_name,
        birth_date=said.birth_date,
        birth_date_precision=said.birth_date_precision,
        sex=said.sex,
        phone=appointment.contact_phone,
        email=appointment.contact_email,
    )
    waiting = Waiting(
        schedules=[appointment.schedule_id],
        patient=patient,
        consultation_type=ConsultationType(appointment.consultation_type),
        reason_id=appointment.reason_id,
        caller=appointment.caller,
        note=appointment.note,
        file=appointment.patient_id if appointment.patient_id != appointment.given_as_id else None,
        appointment=appointment.pk,
        **wish,
    )
    return register(waiting=waiting, by=VISITOR, now=now)
