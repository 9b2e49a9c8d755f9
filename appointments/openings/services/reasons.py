"""An organization's reasons, and where each is done.

Whoever manages an agenda of the organization words its reasons, for all of them; where one is done, who manages that agenda
says. All calendars that have the reason, or are to have it, are locked before anything is written, then the organization: its
reasons have one name each. What is booked keeps the length it was booked for.
"""

import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q

from accounts.enums import Level
from accounts.french import fold
from accounts.models import Organization, Practitioner
from accounts.rights import Actor
from accounts.single import single
from appointments.enums import ConsultationType, ReasonColour
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Reason, ReasonAt, Rule, Schedule
from appointments.openings.services.rules import offer_again
from appointments.openings.services.versions import check_version
from appointments.openings.starting_reasons import StartingReason, starting_list_of
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_in


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
    colour: ReasonColour = ReasonColour.SLATE
    sign: str = ""
    instructions: str = ""
    active: bool = True
    done: tuple[Done, ...] = ()


def create_reason(*, organization_id: uuid.UUID, wording: Wording, by: Actor) -> Reason:
    """The last of the list. Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        organization = _own_organization(organization_id, by)
        lock_calendars_of(lambda: _calendars(None, wording), reasons_of=organization_id, by=by)
        return _write(Reason(organization=organization, position=_after_the_last(organization_id)), wording, by)


def change_reason(*, reason_id: uuid.UUID, version: int | None, wording: Wording, by: Actor) -> Reason:
    """A reason that rules offer stays offered by them, whatever its new length. Where it is done counts as the reason's.

    Raises `NotAllowed`, `Refused`, `ChangedMeanwhile` when `version` is not the reason's.
    """
    with transaction.atomic():
        found = _found(reason_id, by)
        lock_calendars_of(lambda: _calendars(reason_id, wording), reasons_of=found.organization_id, by=by)
        reason = Reason.objects.select_related("organization").get(pk=reason_id)
        check_version(reason, version)
        before = {one.schedule_id: one.lasts for one in reason.done_at.select_related("reason")}
        changed = _write(reason, wording, by)
        for at in changed.done_at.select_related("reason"):
            if at.lasts != before.get(at.schedule_id, at.lasts):
                _offer_as_before(at, before[at.schedule_id])
        return changed


def move_reason(*, reason_id: uuid.UUID, up: bool, by: Actor) -> None:
    """One place up or down among those that are proposed; where there is no further, nothing.

    Where it stands is no part of its wording: neither its version nor the history of changes knows of it. Raises `NotAllowed`.
    """
    with transaction.atomic():
        found = _found(reason_id, by)
        lock_calendars_of(lambda: calendars_in(found.organization_id), reasons_of=found.organization_id, by=by)
        listed = list(Reason.objects.filter(organization=found.organization_id, active=True))
        keys = [one.pk for one in listed]
        here = keys.index(reason_id) if reason_id in keys else -1
        there = here - 1 if up else here + 1
        if here < 0 or not 0 <= there < len(listed):
            return
        listed[here], listed[there] = listed[there], listed[here]
        for position, one in enumerate(listed, start=1):
            one.position = position
        Reason.objects.bulk_update(listed, ["position"])


def add_starting_reasons(*, practitioner_id: uuid.UUID, organization_id: uuid.UUID, by: Actor) -> list[Reason]:
    """Those with which one of their specialty begins (`starting_reasons`), done at their agendas there that the person manages.

    The organization's own reason of that name is taken as it is worded. Raises `NotAllowed`; `Refused` where they have some.
    """
    with transaction.atomic():
        organization = _own_organization(organization_id, by)
        lock_calendars_of(lambda: calendars_in(organization_id), reasons_of=organization_id, by=by)
        managed = Schedule.objects.kept_by(by, Level.MANAGE).filter(organization=organization_id)
        schedules = list(managed.of_practitioner(practitioner_id).order_by("pk"))
        if not schedules:
            raise NotAllowed
        if ReasonAt.objects.filter(schedule__in=schedules).exists():
            raise Refused("Ce praticien a déjà des motifs\u00a0: changez-les ci-dessous.")
        whose = Practitioner.objects.get(pk=practitioner_id)
        known = {one.label_folded: one for one in Reason.objects.filter(organization=organization_id, active=True)}
        position, rows, found = _after_the_last(organization_id), [], []
        for wanted in starting_list_of(whose.profession, whose.specialty_codes).reasons:
            reason = known.get(fold(wanted.label)) or _started(organization, wanted, position)
            position += 1
            found.append(reason)
            rows += [
                ReasonAt(schedule=one, reason=reason, organization=organization, buffer_after=wanted.buffer)
                for one in schedules
            ]
        ReasonAt.objects.bulk_create(rows)
        return found


def _started(organization: Organization, wanted: StartingReason, position: int) -> Reason:
    return Reason.objects.create(
        organization=organization,
        label=wanted.label,
        minutes=wanted.minutes,
        colour=wanted.colour,
        sign=wanted.sign,
        consultation_types=[kind.value for kind in wanted.consultation_types],
        instructions=wanted.instructions,
        position=position,
    )


def _after_the_last(organization_id: uuid.UUID) -> int:
    last: int | None = Reason.objects.filter(organization=organization_id).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _write(reason: Reason, wording: Wording, by: Actor) -> Reason:
    reason.label, reason.minutes = " ".join(wording.label.split()), wording.minutes
    reason.consultation_types = [kind.value for kind in ConsultationType if kind in wording.consultation_types]
    reason.colour, reason.sign = wording.colour, wording.sign
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
    schedule = single(Schedule.objects.with_place().filter(pk=done.schedule_id, organization=reason.organization_id))
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


def _found(reason_id: uuid.UUID, by: Actor) -> Reason:
    found = single(Reason.objects.filter(pk=reason_id))
    if found is None:
        raise NotAllowed
    _own_organization(found.organization_id, by)
    return found


def _own_organization(organization_id: uuid.UUID, by: Actor) -> Organization:
    rows = Organization.objects.filter(pk__in=Schedule.objects.kept_by(by, Level.MANAGE).values("organization"))
    found = rows.filter(pk=organization_id).first()
    if found is None:
        raise NotAllowed
    return found
