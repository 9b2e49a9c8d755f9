"""When a practitioner receives: weekly rules and absences, created, changed and removed by who keeps the agenda.

Booked appointments never move because of them: what a new rule or absence meets is told (`clashing_rules`,
`appointments_during`), and the practice decides.
"""

import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet, Value

from accounts.models.folding import FoldedWords
from accounts.rights import Actor
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Reason, ReasonAt, Rule, RuleOffer, Schedule
from appointments.places.locks import lock_calendars
from appointments.places.selectors import calendar_of

LONGEST_ABSENCE = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Opening:
    """A weekly rule as typed, already validated by the form. `new_reason` is a label to add to the organization's."""

    schedule_id: uuid.UUID
    weekdays: tuple[int, ...]
    start_time: time
    end_time: time
    step_minutes: int
    audiences: tuple[Audience, ...]
    consultation_types: tuple[ConsultationType, ...]
    appointment_type: AppointmentType
    reason_ids: tuple[uuid.UUID, ...] = ()
    new_reason: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Hours:
    """[start, end), aware."""

    start: datetime
    end: datetime


def create_rule(*, opening: Opening, by: Actor, today: date) -> Rule:
    """Open these hours, from `today` on unless it says otherwise. Raises `NotAllowed`, `Refused` with the sentence to show."""
    with transaction.atomic():
        lock_calendars(_touched(opening, None))
        return _write(Rule(first_day=today), opening, by)


def change_rule(*, rule_id: uuid.UUID, opening: Opening, by: Actor) -> Rule:
    """The rule as it is to be from now on; appointments taken under the former one stay. Raises as `create_rule`."""
    with transaction.atomic():
        lock_calendars(_touched(opening, rule_id))
        return _write(_own_rule(rule_id, by), opening, by)


def delete_rule(*, rule_id: uuid.UUID, by: Actor) -> None:
    """Close these hours; appointments taken in them stay. Raises `NotAllowed`."""
    with transaction.atomic():
        _own_rule(rule_id, by).delete()


def create_absence(*, practitioner_id: uuid.UUID, period: Days | Hours, label: str, by: Actor) -> Absence:
    """Nothing can be booked during it, at any place; what is booked stays. Raises `NotAllowed`, `Refused`."""
    if not by.manages(practitioner_id):
        raise NotAllowed
    with transaction.atomic():
        return _write_absence(Absence(calendar=calendar_of(practitioner_id)), period, label)


def change_absence(*, absence_id: uuid.UUID, period: Days | Hours, label: str, by: Actor) -> Absence:
    """Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        return _write_absence(_own_absence(absence_id, by), period, label)


def delete_absence(*, absence_id: uuid.UUID, by: Actor) -> None:
    """The hours it held are free again, as the rules say. Raises `NotAllowed`."""
    with transaction.atomic():
        _own_absence(absence_id, by).delete()


def _touched(opening: Opening, rule_id: uuid.UUID | None) -> QuerySet[Schedule, Any]:
    """The lines of time that writing this touches, to be locked: its agenda's, the rule's, and those where a reason that was put
    away is taken up again.
    """
    agendas = Schedule.objects.order_by()
    sets = [agendas.filter(pk=opening.schedule_id)]
    if rule_id is not None:
        sets.append(agendas.filter(rules=rule_id))
    if opening.new_reason:
        put_away = Reason.objects.filter(
            organization__in=sets[0].values("organization"),
            active=False,
            label_folded=FoldedWords(Value(opening.new_reason)),
        )
        sets.append(agendas.filter(reasons_at__reason__in=put_away))
    first, *others = (one.values("calendar") for one in sets)
    return first.union(*others) if others else first


def _write(rule: Rule, opening: Opening, by: Actor) -> Rule:
    schedule = Schedule.objects.with_place().filter(pk=opening.schedule_id).first()
    if schedule is None or not by.manages(schedule.practitioner_id):
        raise NotAllowed
    if not rule._state.adding and rule.schedule.calendar_id != schedule.calendar_id:
        raise Refused("Une règle reste à son praticien\u00a0: choisissez un de ses lieux.")
    # Its line of time is locked, and a booking rechecks its slot under that lock: it sees the rule before or after, never half.
    reasons = list(Reason.objects.filter(done_at__schedule=schedule, id__in=opening.reason_ids))
    if len(reasons) != len(set(opening.reason_ids)):
        raise Refused("Un des motifs n’est pas fait à cet endroit\u00a0: choisissez-le de nouveau.")
    rule.schedule = schedule
    rule.weekdays = sorted(set(opening.weekdays))
    rule.start_time, rule.end_time = opening.start_time, opening.end_time
    rule.step_minutes = opening.step_minutes
    rule.consultation_types = [kind.value for kind in ConsultationType if kind in opening.consultation_types]
    rule.appointment_type = opening.appointment_type
    rule.first_day, rule.last_day = opening.first_day or rule.first_day, opening.last_day
    rule.version += 1
    _validate(rule)
    # Offers name the rule with its agenda: written again below, they must not hold it where it was.
    rule.offers.all().delete()
    rule.save()
    if opening.new_reason:
        reasons.append(_reason_named(opening.new_reason, schedule, minutes=rule.step_minutes))
    write_offers(rule, opening.audiences, {reason.id for reason in reasons})
    return rule


def write_offers(rule: Rule, audiences: Iterable[Audience], reason_ids: Container[uuid.UUID]) -> None:
    """Show the rule to these audiences, for these reasons of its agenda and no other."""
    rule.offers.all().delete()
    wanted = [audience for audience in Audience if audience in set(audiences)]
    offers = [RuleOffer(rule=rule, audience=audience) for audience in wanted]
    for done in rule.schedule.reasons_at.select_related("reason"):
        offered = done.reason_id in reason_ids
        if offered and done.lasts <= rule.step_minutes:
            continue  # the row without reason lists it
        offers += [RuleOffer(rule=rule, audience=audience, reason=done.reason, open=offered) for audience in wanted]
    for offer in offers:
        offer.schedule_id, offer.organization_id = rule.schedule_id, rule.organization_id
    RuleOffer.objects.bulk_create(offers)


def _reason_named(label: str, schedule: Schedule, *, minutes: int) -> Reason:
    """The organization's reason of this name, done at this agenda: taken up again if it was put away, made if there is none."""
    same = Reason.objects.filter(organization=schedule.organization_id, label_folded=FoldedWords(Value(label)))
    known = same.order_by("-active").first()
    if known is None:
        known = Reason.objects.create(organization=schedule.organization, label=label, minutes=minutes)
    elif not known.active:
        known.active = True
        known.save(update_fields=["active"])
    done, made = ReasonAt.objects.get_or_create(
        schedule=schedule, reason=known, defaults={"organization": schedule.organization}
    )
    if not made and not done.active:
        done.active = True
        done.save(update_fields=["active"])
    return known


def _write_absence(absence: Absence, period: Days | Hours, label: str) -> Absence:
    lock_calendars([absence.calendar_id])
    if isinstance(period, Days):
        too_long = period.last - period.first > LONGEST_ABSENCE
        absence.first_day, absence.last_day, absence.start, absence.end = period.first, period.last, None, None
    else:
        too_long = period.end - period.start > LONGEST_ABSENCE
        absence.first_day, absence.last_day, absence.start, absence.end = None, None, period.start, period.end
    if too_long:
        raise Refused("Une absence dure deux ans au plus\u00a0: vérifiez les dates.")
    absence.label = label
    absence.version += 1
    _validate(absence)
    absence.save()
    return absence


def _validate(row: Rule | Absence) -> None:
    try:
        row.full_clean(exclude=["organization", "anchor_week"])
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


def _own_rule(rule_id: uuid.UUID, by: Actor) -> Rule:
    """The rule, its calendar locked."""
    rows = Rule.objects.filter(pk=rule_id, schedule__calendar__practitioner__in=by.practitioner_ids)
    lock_calendars(rows.values_list("schedule__calendar", flat=True))
    # Read under the lock: it may have been changed or deleted while we waited.
    rule = rows.select_related("schedule__calendar").first()
    if rule is None:
        raise NotAllowed
    return rule


def _own_absence(absence_id: uuid.UUID, by: Actor) -> Absence:
    """The absence, its calendar locked."""
    rows = Absence.objects.filter(pk=absence_id, calendar__practitioner__in=by.practitioner_ids)
    lock_calendars(rows.values_list("calendar", flat=True))
    absence = rows.first()
    if absence is None:
        raise NotAllowed
    return absence
