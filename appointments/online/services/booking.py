"""A patient books by themself: chooses an hour, says who comes, proves a contact, and has it.

The hour is held meanwhile, from other visitors only; it is theirs once the code is right, under the lock of its line of time.
What was typed is kept for a visitor who has to choose another hour, and nothing of it once they have one.
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts.french import NBSP, counted
from accounts.rights import VISITOR
from accounts.single import single
from appointments.booking.services.booking import Visit, book_appointment
from appointments.booking.services.holds import take_hold
from appointments.enums import ConsultationType
from appointments.exceptions import Refused
from appointments.messages.codes import MINUTES, send_code
from appointments.models import Appointment, OnlineBooking, OnlineCode
from appointments.online.services.limits import (
    TooMany,
    check_codes,
    check_holds,
    check_visits,
    digest,
    one_at_a_time,
    open_visits,
)
from appointments.patients.values import PatientDetails
from appointments.slots.slot_key import SlotKey

# How long an hour is kept for who types, and how long a code is good.
KEPT = timedelta(minutes=10)
CODE_LASTS = timedelta(minutes=MINUTES)
TRIES = 5
# How soon another code may be asked for.
AGAIN = timedelta(seconds=30)
# How long one may be about one booking; what was typed is forgotten with it.
LASTS = timedelta(hours=1)
_NEW = "Première fois dans ce cabinet, dit le patient."


class WrongCode(Refused):
    """Not the code that was sent, or one that is not good any more."""


class AlreadyBooked(Refused):
    """This person has other visits to come there, booked with this contact: to be read, then one may go on."""

    def __init__(self, visits: list[Appointment]) -> None:
        self.visits = visits
        super().__init__("Vous avez déjà un rendez-vous à venir dans ce cabinet.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody comes for, as they chose it."""

    reason: uuid.UUID | None
    mode: str
    known: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody types of a visit. `contact` is to be proved: an e-mail address, or a number in E.164."""

    patient: PatientDetails
    contact: str
    mode: ConsultationType
    reason: uuid.UUID | None
    caller: str = ""
    note: str = ""


def choose_hour(*, key: SlotKey, chosen: Chosen, visitor: str, client: str, now: datetime) -> OnlineBooking:
    """Hold it for this visitor, who gives back what they held. What they typed for the former one, and proved, goes along.

    `visitor` and `client`: a browser's token, and an address. Raises `SlotTaken` with the true cause, `TooMany`, `Refused`.
    """
    whose, where = digest("visitor", visitor), digest("client", client)
    with transaction.atomic():
        one_at_a_time("client", where)
        check_holds(where, now=now)
        mine = OnlineBooking.objects.filter(visitor=whose, appointment=None, made_at__gt=now - LASTS)
        former = mine.order_by("-made_at").first()
        held = mine.exclude(hold=None).order_by("-made_at").values_list("hold", flat=True).first()
        booking = OnlineBooking.objects.create(
            visitor=whose,
            client=where,
            schedule_id=key.schedule_id,
            start=key.start,
            minutes=key.minutes,
            reason_id=chosen.reason,
            consultation_type=chosen.mode,
            known=chosen.known,
            made_at=now,
            details=former.details if former is not None else None,
            contact=former.contact if former is not None else "",
            proved_at=former.proved_at if former is not None else None,
        )
    try:
        hold(booking, now=now, former=held)
    except Refused:
        booking.delete()
        raise
    # Given back with it.
    OnlineBooking.objects.filter(visitor=whose, hold__isnull=False).exclude(pk=booking.pk).update(hold=None)
    return booking


def hold(booking: OnlineBooking, *, now: datetime, former: uuid.UUID | None) -> None:
    """Raises `SlotTaken`, `Refused`."""
    held = take_hold(key=key_of(booking), by=None, now=now, weak=True, former=former, lasts=KEPT)
    booking.hold = held.token
    booking.save(update_fields=["hold"])


def give_details(*, booking: OnlineBooking, given: Given, now: datetime) -> None:
    """Keep them, hold the hour as long as a code is good, and send one. A contact that is proved already gets none.

    Raises `SlotTaken`: what was typed is kept for another hour. Raises `TooMany`, `Refused` where the code could not leave.
    """
    row = keep_details(booking=booking, given=given)
    if row.appointment_id is not None:
        return
    hold(row, now=now, former=row.hold)
    if row.proved_at is None:
        send_one(booking=row, contact=given.contact, now=now)


def keep_details(*, booking: OnlineBooking, given: Given) -> OnlineBooking:
    """As typed, unless it has led to something already. Of another contact nothing is proved."""
    with transaction.atomic():
        row = OnlineBooking.objects.select_for_update(no_key=True).get(pk=booking.pk)
        if row.is_done:
            return row
        if row.contact != given.contact:
            row.proved_at = None
        row.details, row.contact = _as_json(given), given.contact
        row.reason_id, row.consultation_type = given.reason, str(given.mode)
        row.save(update_fields=["details", "contact", "proved_at", "reason_id", "consultation_type"])
    return row


def wait_for_code(*, booking: OnlineBooking, now: datetime) -> None:
    """Raises `TooMany` for a moment after one was sent: it may be on its way, and few are sent in an hour."""
    sent = code_of(booking)
    if sent is not None and now < sent.sent_at + AGAIN:
        raise TooMany("Un code vient de partir\u00a0: laissez-lui une demi-minute avant d’en demander un autre.")


def send_one(*, booking: OnlineBooking, contact: str, now: datetime) -> None:
    """A code; those sent before are good no longer. Raises `TooMany`, `Refused`."""
    code, whose = f"{secrets.randbelow(10**6):06d}", digest("contact", contact.lower())
    with transaction.atomic():
        one_at_a_time("contact", whose)
        check_codes(whose, now=now)
        sent = OnlineCode.objects.create(
            booking=booking, contact=whose, code=digest("code", f"{booking.pk}{code}"), sent_at=now
        )
    try:
        send_code(contact, code)
    except Refused:
        # What did not leave does not count.
        sent.delete()
        raise


def confirm(*, booking: OnlineBooking, code: str, now: datetime, despite: bool = False) -> Appointment:
    """Book it, once the code is right; sent again it gives the same visit.

    Raises `WrongCode`, `AlreadyBooked` unless `despite`, `SlotTaken` with the true cause, `TooMany`, `Refused`.
    """
    row = prove(booking, code, now)
    if row.appointment is not None:
        return row.appointment
    return _book(row, now, despite)


def prove(booking: OnlineBooking, code: str, now: datetime) -> OnlineBooking:
    """Raises `WrongCode`."""
    row, problem = _prove(booking, code, now)
    if problem:
        raise WrongCode(problem)
    return row


def _prove(booking: OnlineBooking, code: str, now: datetime) -> tuple[OnlineBooking, str]:
    """The booking, and why the code is not taken. A wrong try is counted whatever comes after."""
    with transaction.atomic():
        rows = OnlineBooking.objects.select_for_update(no_key=True, of=("self",))
        row = rows.select_related("appointment").get(pk=booking.pk)
        if row.is_done or row.proved_at is not None:
            return row, ""
        sent = row.codes.order_by("-sent_at", "-pk").first()
        if sent is None or sent.sent_at + CODE_LASTS <= now:
            return row, f"Ce code n’est plus valable{NBSP}: demandez-en un autre."
        if sent.tries >= TRIES:
            return row, f"Trop d’essais avec ce code{NBSP}: demandez-en un autre."
        if not constant_time_compare(sent.code, digest("code", f"{row.pk}{code}")):
            sent.tries += 1
            sent.save(update_fields=["tries"])
            left = TRIES - sent.tries
            again = f"Encore {counted(left, 'essai')}, ou demandez-en un autre." if left else "Demandez-en un autre."
            return row, f"Ce code n’est pas le bon. {again}"
        row.proved_at = now
        row.save(update_fields=["proved_at"])
    return row, ""


def _book(booking: OnlineBooking, now: datetime, despite: bool) -> Appointment:
    given = given_of(booking)
    if given is None:
        raise Refused("Dites d’abord qui vient.")
    with transaction.atomic():
        # Before any line of time: whoever counts this contact's visits waits for this one.
        one_at_a_time("contact", digest("contact", given.contact.lower()))
        row = OnlineBooking.objects.select_for_update(no_key=True).get(pk=booking.pk)
        if row.appointment_id is not None:
            return Appointment.objects.get(pk=row.appointment_id)
        coming = open_visits(given.contact, row.schedule.organization_id, now=now)
        theirs = check_visits(coming, given.patient)
        if theirs and not despite:
            raise AlreadyBooked(theirs)
        new = f"{_NEW} " if row.known == "non" else ""
        visit = Visit(
            patient=given.patient,
            consultation_type=given.mode,
            reason_id=given.reason,
            request_id=row.pk,
            caller=given.caller,
            note=f"{new}{given.note}".strip(),
        )
        appointment = book_appointment(key=key_of(row), visit=visit, by=VISITOR, now=now, hold=row.hold)
        row.appointment, row.details, row.contact, row.hold = appointment, None, "", None
        row.save(update_fields=["appointment", "details", "contact", "hold"])
    return appointment


def key_of(booking: OnlineBooking) -> SlotKey:
    """Of the hour that was chosen."""
    return SlotKey(booking.schedule_id, cast("datetime", booking.start), booking.minutes)


def forget_online(*, now: datetime, limit: int) -> int:
    """Delete what nobody is about any more, a day later: until then it counts; how many."""
    past = OnlineBooking.objects.filter(made_at__lt=now - timedelta(days=1)).order_by("made_at")
    ids = list(past.values_list("pk", flat=True)[:limit])
    OnlineBooking.objects.filter(pk__in=ids).delete()
    OnlineBooking.objects.filter(made_at__lt=now - 2 * LASTS, details__isnull=False).update(details=None, contact="")
    return len(ids)


# --- What was typed, as JSON -----------------------------------------------------------------------------------------
def _as_json(given: Given) -> dict[str, Any]:
    return {
        "patient": given.patient.as_json(),
        "mode": str(given.mode),
        "reason": str(given.reason) if given.reason else None,
        "caller": given.caller,
        "note": given.note,
    }


def given_of(booking: OnlineBooking) -> Given | None:
    """What was typed; None when nothing is yet."""
    kept: Mapping[str, Any] | None = booking.details
    if kept is None:
        return None
    return Given(
        patient=PatientDetails.from_json(kept["patient"]),
        contact=booking.contact,
        mode=ConsultationType(kept["mode"]),
        reason=uuid.UUID(kept["reason"]) if kept["reason"] else None,
        caller=kept["caller"],
        note=kept["note"],
    )


def opened(booking_id: uuid.UUID, visitor: str, *, now: datetime) -> OnlineBooking | None:
    """This visitor's booking, as long as it is about something: nobody else's, whoever has its address."""
    rows = OnlineBooking.objects.select_related(
        "schedule__calendar__practitioner",
        "schedule__location",
        "schedule__organization",
        "reason",
        "appointment",
        "entry",
    )
    mine = rows.filter(pk=booking_id, visitor=digest("visitor", visitor), made_at__gt=now - LASTS)
    return single(mine) if visitor else None


def code_of(booking: OnlineBooking) -> OnlineCode | None:
    """The one that was sent last."""
    return booking.codes.order_by("-sent_at", "-pk").first()
