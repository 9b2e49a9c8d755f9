"""« À prévenir »: what no message told, somebody tells; one at a time, and who did is kept."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.enums import Level
from accounts.rights import Actor
from appointments.enums import Channel, MessageKind, MessageState, TellingSide
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.messages.saying import AGAIN, UNWANTED
from appointments.messages.services.facts import event_fact
from appointments.messages.services.planning import calls_of, columns
from appointments.models import Appointment, AppointmentEvent, PatientMessage


@transaction.atomic
def note_told(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """Somebody told the patient what no message could.

    Raises `ChangedMeanwhile`: they were told the visit as it was; `NotAllowed`.
    """
    appointment = _locked(appointment_id, version, by)
    calls_of(appointment).update(state=MessageState.TOLD, told_by=by.name, answered_at=now)


@transaction.atomic
def take_telling(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """To see to it oneself: the others are told who does. Whoever comes after takes it over. Raises as `note_told`."""
    appointment = _locked(appointment_id, version, by)
    calls_of(appointment).update(owner_side=side_of(by), owner_name=by.name, owned_at=now)


@transaction.atomic
def note_missed(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """Somebody called and nobody answered: to be called again a while later, by them unless another takes it. Raises as
    `note_told`.
    """
    appointment = _locked(appointment_id, version, by)
    calls_of(appointment).update(
        owner_side=side_of(by),
        owner_name=by.name,
        owned_at=now,
        attempts=F("attempts") + 1,
        next_attempt_at=now + AGAIN,
    )


@transaction.atomic
def hand_over(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """To the other side: from the regulation to the practice, and back. Raises as `note_told`."""
    appointment = _locked(appointment_id, version, by)
    other = TellingSide.PRACTICE if side_of(by) == TellingSide.REGULATOR else TellingSide.REGULATOR
    if other == TellingSide.REGULATOR and appointment.by_regulator_id is None:
        raise NotAllowed
    calls_of(appointment).update(owner_side=other, owner_name="", owned_at=now)


@transaction.atomic
def leave_untold(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> None:
    """Of what was just done to a visit the patient is sent nothing, nor is anybody to tell them: whoever did it has, or will.

    Raises `Refused` once it has left, `ChangedMeanwhile`, `NotAllowed`.
    """
    appointment = _locked(appointment_id, version, by)
    waiting = PatientMessage.objects.filter(event__appointment=appointment, event__sequence=appointment.version)
    rows = waiting.filter(state__in=[MessageState.PLANNED, MessageState.TO_CALL], lease_until=None, body="")
    if not rows.update(state=MessageState.REPLACED, cause=UNWANTED):
        raise Refused("Plus rien n’attend\u00a0: le message est déjà parti.")


def note_spoken(*, event: AppointmentEvent, by: Actor) -> None:
    """Who did it had the patient on the line, and told them: no call-back follows, whatever becomes of messages."""
    said = {"state": MessageState.TOLD, "told_by": by.name, "answered_at": event.at}
    if not calls_of(event.appointment).update(**said):
        PatientMessage.objects.create(
            **columns(event.appointment, event),
            **said,
            fact=event_fact(event),
            channel=Channel.CALL,
            kind=MessageKind.CHANGE,
            next_attempt_at=event.at,
        )


def side_of(actor: Actor) -> TellingSide:
    return TellingSide.REGULATOR if actor.is_regulator else TellingSide.PRACTICE


def close_calls(message: PatientMessage) -> None:
    """A receipt came after all."""
    PatientMessage.objects.filter(event=message.event_id, state=MessageState.TO_CALL).update(
        state=MessageState.REPLACED
    )


def _locked(appointment_id: uuid.UUID, version: int | None, by: Actor) -> Appointment:
    rows = Appointment.objects.visible_to(by, Level.BOOK).filter(pk=appointment_id)
    appointment = rows.select_for_update(no_key=True, of=("self",)).first()
    if appointment is None:
        raise NotAllowed
    if version != appointment.version:
        raise ChangedMeanwhile
    return appointment
