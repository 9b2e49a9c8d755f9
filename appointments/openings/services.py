"""When a practitioner receives: weekly rules and absences, created, changed and removed by who keeps the agenda.

Booked appointments never move because of them: what a new rule or absence meets is told (`clashing_rules`,
`appointments_during`), and the practice decides.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.rights import Actor
from appointments.enums import AppointmentType, ConsultationType, SlotType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, AvailabilityRule, Reason, Schedule
from appointments.places.locks import lock_agendas

LONGEST_ABSENCE = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Opening:
    """A weekly rule as typed, already validated by the form. `new_reason` is a label to add to the practitioner's own."""

    schedule_id: uuid.UUID
    weekdays: tuple[int, ...]
    start_time: time
    end_time: time
    slot_minutes: int
    slot_types: tuple[SlotType, ...]
    consultation_types: tuple[ConsultationType, ...]
    appointment_type: AppointmentType
    reason_ids: tuple[uuid.UUID, ...] = ()
    new_reason: str = ""
    first_day: date | None = None
    last_day: date | None = None


def create_rule(*, opening: Opening, by: Actor) -> AvailabilityRule:
    """Open these hours. Raises `NotAllowed`, `Refused` with the sentence to show."""
    with transaction.atomic():
        return _write(AvailabilityRule(), opening, by)


def change_rule(*, rule_id: uuid.UUID, opening: Opening, by: Actor) -> AvailabilityRule:
    """The rule as it is to be from now on; appointments taken under the former one stay. Raises as `create_rule`."""
    with transaction.atomic():
        rule = _own_rule(rule_id, by)
        former = rule.schedule.practitioner_id
        rule = _write(rule, opening, by)
        if rule.schedule.practitioner_id != former:
            raise Refused("Une règle reste à son praticien\u00a0: choisissez un de ses lieux.")
        return rule


def delete_rule(*, rule_id: uuid.UUID, by: Actor) -> None:
    """Close these hours; appointments taken in them stay. Raises `NotAllowed`."""
    with transaction.atomic():
        _own_rule(rule_id, by).delete()


def create_absence(*, practitioner_id: uuid.UUID, start: datetime, end: datetime, label: str, by: Actor) -> Absence:
    """Nothing can be booked from `start` to `end`; what is booked stays. Raises `NotAllowed`, `Refused`."""
    if not by.manages(practitioner_id):
        raise NotAllowed
    with transaction.atomic():
        return _write_absence(Absence(practitioner_id=practitioner_id), start, end, label)


def change_absence(*, absence_id: uuid.UUID, start: datetime, end: datetime, label: str, by: Actor) -> Absence:
    """Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        return _write_absence(_own_absence(absence_id, by), start, end, label)


def delete_absence(*, absence_id: uuid.UUID, by: Actor) -> None:
    """The hours it held are free again, as the rules say. Raises `NotAllowed`."""
    with transaction.atomic():
        _own_absence(absence_id, by).delete()


def _write(rule: AvailabilityRule, opening: Opening, by: Actor) -> AvailabilityRule:
    schedule = Schedule.objects.with_place().filter(pk=opening.schedule_id).first()
    if schedule is None or not by.manages(schedule.practitioner_id):
        raise NotAllowed
    # A booking rechecks its slot under this lock: it sees the rule before or after, never half of it.
    lock_agendas([schedule.practitioner_id])
    reasons = list(Reason.objects.filter(practitioner=schedule.practitioner_id, id__in=opening.reason_ids))
    if len(reasons) != len(set(opening.reason_ids)):
        raise Refused("Un des motifs n’est pas de ce praticien\u00a0: choisissez-le de nouveau.")
    rule.schedule = schedule
    rule.weekdays = sorted(set(opening.weekdays))
    rule.start_time, rule.end_time = opening.start_time, opening.end_time
    rule.slot_minutes = opening.slot_minutes
    rule.slot_types = [kind.value for kind in SlotType if kind in opening.slot_types]
    rule.consultation_types = [kind.value for kind in ConsultationType if kind in opening.consultation_types]
    rule.appointment_type = opening.appointment_type
    rule.first_day, rule.last_day = opening.first_day, opening.last_day
    _validate(rule)
    rule.save()
    if opening.new_reason:
        reasons.append(_reason_named(opening.new_reason, schedule))
    rule.reasons.set(reasons)
    return rule


def _reason_named(label: str, schedule: Schedule) -> Reason:
    """The practitioner's reason of this name, taken up again if it was put away, made if there is none."""
    known = Reason.objects.filter(practitioner=schedule.practitioner_id, label__iexact=label).first()
    if known is None:
        return Reason.objects.create(practitioner=schedule.practitioner, label=label)
    if not known.active:
        known.active = True
        known.save(update_fields=["active"])
    return known


def _write_absence(absence: Absence, start: datetime, end: datetime, label: str) -> Absence:
    lock_agendas([absence.practitioner_id])
    if end - start > LONGEST_ABSENCE:
        raise Refused("Une absence dure deux ans au plus\u00a0: vérifiez les dates.")
    absence.start, absence.end, absence.label = start, end, label
    _validate(absence)
    absence.save()
    return absence


def _validate(row: AvailabilityRule | Absence) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


def _own_rule(rule_id: uuid.UUID, by: Actor) -> AvailabilityRule:
    rows = AvailabilityRule.objects.select_for_update(of=("self",)).select_related("schedule")
    rule = rows.filter(pk=rule_id, schedule__practitioner__in=by.practitioner_ids).first()
    if rule is None:
        raise NotAllowed
    return rule


def _own_absence(absence_id: uuid.UUID, by: Actor) -> Absence:
    rows = Absence.objects.select_for_update()
    absence = rows.filter(pk=absence_id, practitioner__in=by.practitioner_ids).first()
    if absence is None:
        raise NotAllowed
    return absence
