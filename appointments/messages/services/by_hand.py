"""What a practice has told to patients by hand: that the practitioner is late, and to call back."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.enums import MessageKind
from appointments.exceptions import NotAllowed, Refused
from appointments.messages.reach import targets_of, why_unreachable
from appointments.messages.services.facts import hour_fact
from appointments.messages.services.planning import wake_once_committed
from appointments.models import Appointment, PatientMessage

LATENESS = (10, 15, 20, 30, 45, 60, 90)


@transaction.atomic
def tell_late(*, appointment_ids: Collection[uuid.UUID], minutes: int, by: Actor, now: datetime) -> tuple[int, int]:
    """Tell the patients of these coming visits how late their practitioner is: how many messages leave, and how many patients
    none can reach. The same lateness of the same visit is told once.
    """
    if minutes not in LATENESS:
        raise Refused("Choisissez un retard dans la liste.")
    visits = Appointment.objects.kept_by(by, Level.BOOK).filter(pk__in=appointment_ids, start__gt=now)
    planned = unreached = 0
    for visit in visits.select_related("patient", "schedule__location").order_by("pk"):
        if not visit.is_booked:
            continue
        made = _plan(visit, MessageKind.LATE, f"{hour_fact('late', visit)}{minutes}", now, minutes)
        planned, unreached = planned + len(made), unreached + (not made)
    return planned, unreached


@transaction.atomic
def ask_to_call_back(*, appointment_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """Once a day for a visit. Raises `Refused` where no message reaches the patient, `NotAllowed`."""
    visits = Appointment.objects.kept_by(by, Level.BOOK).filter(pk=appointment_id, start__gt=now)
    visit = visits.select_related("patient", "schedule__location").first()
    if visit is None or not visit.is_booked:
        raise NotAllowed
    day = now.astimezone(visit.schedule.location.zone).date()
    if not _plan(visit, MessageKind.CALL_BACK, f"{hour_fact('call-back', visit)}{day}", now):
        raise Refused(f"{why_unreachable(visit, MessageKind.CALL_BACK)} Appelez le patient.")


def _plan(
    visit: Appointment, kind: MessageKind, fact: str, now: datetime, minutes: int | None = None
) -> list[PatientMessage]:
    made = []
    for channel, address in targets_of(visit, kind):
        common = {"appointment": visit, "organization_id": visit.organization_id, "kind": kind, "minutes": minutes}
        message, new = PatientMessage.objects.get_or_create(
            fact=fact, channel=channel, address=address, defaults={**common, "next_attempt_at": now}
        )
        if new:
            wake_once_committed(message)
        made.append(message)
    return made
