"""Registering somebody who waits for an earlier hour, and taking them off the list."""

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.enums import Level
from accounts.french import NBSP, fold, long_date
from accounts.rights import Actor, acted_by
from appointments.enums import ConsultationType, MessageState, OfferState, WaitingState
from appointments.exceptions import NotAllowed, Refused
from appointments.messages.services.planning import plan_of_waiting
from appointments.models import PatientMessage, ReasonAt, Schedule, WaitingAt, WaitingEntry, WaitingOffer
from appointments.patients.values import PatientDetails
from appointments.places.locks import lock_calendars
from appointments.waiting.services.offering import AHEAD, end_offer
from appointments.waiting.waking import look_once_committed


class AlreadyWaiting(Refused):
    """The same person, for the same, is on the list already (`entry`): their place in it is kept, nothing is changed."""

    def __init__(self, entry: WaitingEntry) -> None:
        self.entry = entry
        super().__init__(
            f"Déjà sur la liste d’attente depuis le {long_date(entry.registered_at.date())}{NBSP}: "
            "cette place est gardée, et rien n’y est changé."
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody waits for. `schedules`: the agendas, of one organization. The rest as in `WaitingEntry`."""

    schedules: Collection[uuid.UUID]
    patient: PatientDetails
    consultation_type: ConsultationType
    reason_id: uuid.UUID | None
    weekdays: Collection[int]
    part: str
    notice_hours: int
    until: date
    caller: str = ""
    note: str = ""
    file: uuid.UUID | None = None
    appointment: uuid.UUID | None = None


def register(*, waiting: Waiting, by: Actor, now: datetime) -> WaitingEntry:
    """On the list, after who is there. `by` is the visitor, whose contact is proved, or who books in these agendas.

    Raises `AlreadyWaiting`; `Refused`, with the field where it is one's; `NotAllowed`.
    """
    rows = Schedule.objects.with_place().open().filter(pk__in=waiting.schedules)
    schedules = list(rows.order_by("pk"))
    if not schedules:
        raise Refused("Cet agenda est fermé\u00a0: choisissez-en un autre.", "schedules")
    if len({one.organization_id for one in schedules}) > 1:
        raise Refused("Une liste d’attente est celle d’un seul cabinet\u00a0: choisissez ses agendas.", "schedules")
    if not all(by.may_book_in(one.practitioner_id, one.organization_id) for one in schedules):
        raise NotAllowed
    if by.is_patient and not all(one.is_online for one in schedules):
        raise Refused("Ce cabinet ne prend plus d’inscription en ligne.")
    today = now.astimezone(schedules[0].location.zone).date()
    if not today <= waiting.until <= today + AHEAD:
        raise Refused(
            f"Choisissez un jour d’ici trois mois{NBSP}: le {long_date(today + AHEAD)} au plus tard.", "until"
        )
    organization_id = schedules[0].organization_id
    done = ReasonAt.objects.filter(schedule__in=schedules, reason=waiting.reason_id, active=True, reason__active=True)
    if waiting.reason_id is not None and not done.exists():
        raise Refused("Ce motif ne se fait pas dans cet agenda\u00a0: choisissez-en un autre.", "reason")
    person = person_of(waiting.patient)
    entry = WaitingEntry(
        organization_id=organization_id,
        reason_id=waiting.reason_id,
        consultation_type=waiting.consultation_type,
        weekdays=sorted(set(waiting.weekdays)),
        part=waiting.part,
        notice_hours=max(waiting.notice_hours, settings.WAITING_NOTICE_HOURS),
        until=waiting.until,
        appointment_id=waiting.appointment,
        file_id=waiting.file,
        details={"patient": waiting.patient.as_json(), "caller": waiting.caller, "note": waiting.note},
        person=person,
        registered_at=now,
        **acted_by(by),
        by_name=by.name,
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
            WaitingAt.objects.bulk_create(
                [WaitingAt(entry=entry, schedule=one, organization_id=organization_id) for one in schedules]
            )
            plan_of_waiting(entry, at=now)
            for one in schedules:
                look_once_committed(one.pk)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "waiting_once":  # type: ignore[union-attr]
            raise
        there = WaitingEntry.objects.filter(
            organization=organization_id, person=person, reason=waiting.reason_id, state=WaitingState.WAITING
        )
        raise AlreadyWaiting(there.get()) from error
    return entry


def leave(*, entry_id: uuid.UUID) -> None:
    """By whoever has the link. What was proposed to them goes to the next one. Done twice it is done."""
    with locked(entry_id) as entry:
        if entry.is_waiting:
            close(entry, WaitingState.LEFT)


def remove(*, entry_id: uuid.UUID, by: Actor) -> WaitingEntry:
    """By who books in one of its agendas. Raises `NotAllowed`; `Refused` where they wait no more."""
    with locked(entry_id) as entry:
        schedules = Schedule.objects.kept_by(by, Level.BOOK).filter(waiting__entry=entry)
        if not schedules.exists():
            raise NotAllowed
        if not entry.is_waiting:
            raise Refused("Cette personne n’est plus sur la liste.")
        close(entry, WaitingState.REMOVED)
    return entry


@contextmanager
def locked(entry_id: uuid.UUID) -> Iterator[WaitingEntry]:
    """In one transaction, under the lock of all lines of time that it touches. Raises `WaitingEntry.DoesNotExist`."""
    with transaction.atomic():
        lines = WaitingAt.objects.filter(entry=entry_id).order_by().values_list("schedule__calendar", flat=True)
        theirs = WaitingEntry.objects.filter(pk=entry_id).order_by().values_list("appointment__calendar", flat=True)
        lock_calendars({one for one in [*lines, *theirs] if one is not None})
        yield WaitingEntry.objects.select_for_update(no_key=True).get(pk=entry_id)


def close(entry: WaitingEntry, state: WaitingState) -> None:
    """They wait no more: what says who they are is emptied. `entry` is locked."""
    for offer in WaitingOffer.objects.filter(entry=entry, state=OfferState.MADE):
        end_offer(offer, OfferState.DROPPED)
    entry.state, entry.details, entry.person = state, None, ""
    entry.appointment = entry.file = None
    entry.save(update_fields=["state", "details", "person", "appointment", "file"])
    told = PatientMessage.objects.filter(Q(entry=entry) | Q(offer__entry=entry))
    told.filter(state=MessageState.PLANNED).update(state=MessageState.REPLACED)
    told.update(address="", subject="", body="")


def forget_waiting(*, now: datetime, limit: int) -> int:
    """Delete who waited until a day that is over wherever they are; how many."""
    past = WaitingEntry.objects.filter(until__lt=(now - timedelta(days=1)).date()).order_by("until")
    ids = list(past.values_list("pk", flat=True)[:limit])
    WaitingEntry.objects.filter(pk__in=ids).delete()
    return len(ids)


def person_of(patient: PatientDetails) -> str:
    """By which the same person, reached in the same way, is known again without being read."""
    said = [fold(patient.family_name), fold(patient.given_name), str(patient.birth_date or "")]
    said += [patient.phone, patient.email.lower()]
    return salted_hmac("appointments.waiting.person", "\n".join(said), algorithm="sha256").hexdigest()
