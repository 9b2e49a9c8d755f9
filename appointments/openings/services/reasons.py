"""An organization's reasons, and where each is done.

Whoever manages an agenda of the organization words its reasons, for all of them; where one is done, who manages that agenda
says. All calendars that have the reason, or are to have it, are locked before anything is written, then the organization: its
reasons have one name each.
"""

import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.enums import Level
from accounts.models import Organization
from accounts.rights import Actor
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Reason, ReasonAt, Rule, Schedule
from appointments.openings.services.rules import offer_again
from appointments.openings.services.versions import check_version
from appointments.places.locks import lock_calendars_of


@dataclass(frozen=True, slots=True)
class Done:
    """The reason at one agenda: `minutes` None is the reason's own length; not `active`: not offered there."""

    schedule_id: uuid.UUID
    active: bool
    minutes: int | None = None
    buffer_after: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """A reason as typed. `done` says of some agendas what is to be there; others stay as they are."""

    label: str
    minutes: int
    consultation_types: tuple[ConsultationType, ...]
    colour: str = ""
    sign: str = ""
    position: int = 0
    instructions: str = ""
    active: bool = True
    done: tuple[Done, ...] = ()


def create_reason(*, organization_id: uuid.UUID, wording: Wording, by: Actor) -> Reason:
    """Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        organization = _own_organization(organization_id, by)
        lock_calendars_of(lambda: _calendars(None, wording), reasons_of=organization_id)
        return _write(Reason(organization=organization), wording, by)


def change_reason(*, reason_id: uuid.UUID, version: int | None, wording: Wording, by: Actor) -> Reason:
    """A reason that rules offer stays offered by them, whatever its new length. Where it is done counts as the reason's.

    Raises `NotAllowed`, `Refused`, `ChangedMeanwhile` when `version` is not the reason's.
    """
    with transaction.atomic():
        found = Reason.objects.filter(pk=reason_id).first()
        if found is None:
            raise NotAllowed
        _own_organization(found.organization_id, by)
        lock_calendars_of(lambda: _calendars(reason_id, wording), reasons_of=found.organization_id)
        reason = Reason.objects.select_related("organization").get(pk=reason_id)
        check_version(reason, version)
        before = {one.schedule_id: one.lasts for one in reason.done_at.select_related("reason")}
        changed = _write(reason, wording, by)
        for at in changed.done_at.select_related("reason"):
            if at.lasts != before.get(at.schedule_id, at.lasts):
                _offer_as_before(at, before[at.schedule_id])
        return changed


def _write(reason: Reason, wording: Wording, by: Actor) -> Reason:
    reason.label, reason.minutes = " ".join(wording.label.split()), wording.minutes
    reason.consultation_types = [kind.value for kind in ConsultationType if kind in wording.consultation_types]
    reason.colour, reason.sign, reason.position = wording.colour, wording.sign, wording.position
    reason.instructions, reason.active = wording.instructions, wording.active
    reason.version += 1
    try:
        reason.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0], next(iter(error.message_dict))) from None
    reason.save()
    for one in wording.done:
        _write_done(reason, one, by)
    return reason


def _write_done(reason: Reason, done: Done, by: Actor) -> None:
    schedule = Schedule.objects.with_place().filter(pk=done.schedule_id, organization=reason.organization_id).first()
    if schedule is None or not by.may(Level.MANAGE, schedule.practitioner_id, schedule.organization_id):
        raise NotAllowed
    row = ReasonAt.objects.filter(schedule=schedule, reason=reason).first()
    if row is None and not done.active:
        return  # no row: not done there
    row = row or ReasonAt(schedule=schedule, reason=reason)
    row.minutes, row.buffer_after, row.active = done.minutes, done.buffer_after, done.active
    try:
        row.full_clean(exclude=["organization"])
    except ValidationError as error:
        raise Refused(f"{schedule.location}\u00a0: {error.messages[0]}") from None
    row.save()


def _offer_as_before(at: ReasonAt, lasted: int) -> None:
    """The rules there that were for it still are, those that were not still are not."""
    for rule in Rule.objects.filter(schedule=at.schedule_id).prefetch_related("offers"):
        offer_again(rule, at, lasted=lasted)


def _calendars(reason_id: uuid.UUID | None, wording: Wording) -> set[uuid.UUID]:
    has_it = Q(reasons_at__reason=reason_id) if reason_id is not None else Q(pk__in=[])
    gets_it = Q(pk__in=[one.schedule_id for one in wording.done])
    return set(Schedule.objects.filter(has_it | gets_it).values_list("calendar_id", flat=True))


def _own_organization(organization_id: uuid.UUID, by: Actor) -> Organization:
    rows = Organization.objects.filter(pk__in=Schedule.objects.kept_by(by, Level.MANAGE).values("organization"))
    found = rows.filter(pk=organization_id).first()
    if found is None:
        raise NotAllowed
    return found
