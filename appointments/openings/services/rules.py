"""Opening hours: weekly rules and one-off openings, created, changed and removed by who manages the agenda.

Booked appointments never move because of them: what a new rule meets is told (`clashing_rules`), and the practice decides.
Holds go on: what was offered when one was taken stays bookable until it ends.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Value

from accounts.enums import Level
from accounts.french import NBSP, clock, duration, long_date, weekdays
from accounts.models.folding import FoldedWords
from accounts.rights import Actor
from accounts.single import single
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Reason, ReasonAt, Rule, RuleDayOff, RuleOffer, Schedule
from appointments.models.openings import first_week
from appointments.openings.grants import Grants, asked_of, granted_to, grants_of, lasting, row_of, write_grants
from appointments.openings.problems import never_opens, problems_of
from appointments.openings.selectors import recurrence_of
from appointments.openings.services.versions import check_version
from appointments.openings.values import Opening, Shown
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import schedule_of

_DAY = timedelta(days=1)


def create_rule(*, opening: Opening, by: Actor, today: date) -> Rule:
    """Open these hours, from `today` on unless it says otherwise. Raises `NotAllowed`, `Refused` with the sentence to show."""
    with transaction.atomic():
        _lock(Schedule.objects.filter(pk=opening.schedule_id), opening)
        return _write(Rule(first_day=today), opening, by, today)


def change_rule(*, rule_id: uuid.UUID, version: int | None, opening: Opening, by: Actor, today: date) -> Rule:
    """The rule as it is to be from now on; appointments taken under the former one stay. Raises as `create_rule`, and
    `ChangedMeanwhile` when `version` is not the rule's.
    """
    with transaction.atomic():
        rule = _own_rule(rule_id, by, opening)
        check_version(rule, version)
        return _write(rule, opening, by, today)


def delete_rule(*, rule_id: uuid.UUID, version: int | None, by: Actor) -> None:
    """Close these hours; appointments taken in them stay. Raises `NotAllowed`, `ChangedMeanwhile`."""
    with transaction.atomic():
        rule = _own_rule(rule_id, by)
        check_version(rule, version)
        rule.delete()


def leave_out_day(*, rule_id: uuid.UUID, version: int | None, day: date, by: Actor) -> None:
    """« Pas ce jour-là »: the rule does not begin on this day. Asked twice, it is done once.

    Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        rule = _own_rule(rule_id, by)
        if not rule.days_off.filter(day=day).exists():
            check_version(rule, version)
            _leave_out(rule, day)


def put_day_back(*, rule_id: uuid.UUID, version: int | None, day: date, by: Actor) -> None:
    """The rule opens on this day as on the others; the one-off opening that took its place goes, where the person manages it.

    Asked twice, it is done once. Raises `NotAllowed`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        rule = _own_rule(rule_id, by)
        off = rule.days_off.select_related("replacement").filter(day=day).first()
        if off is None:
            return
        check_version(rule, version)
        off.delete()
        if off.replacement is not None and off.still_replaced:
            managed = Schedule.objects.kept_by(by, Level.MANAGE)
            Rule.objects.filter(pk=off.replacement.pk, schedule__in=managed).delete()
        _touch(rule)


def change_only_this_day(
    *, rule_id: uuid.UUID, version: int | None, day: date, opening: Opening, by: Actor, today: date
) -> Rule:
    """« Seulement ce jour »: the rule leaves it out, and a one-off opening takes its place. Raises as `change_rule`."""
    with transaction.atomic():
        rule = _own_rule(rule_id, by, opening)
        check_version(rule, version)
        if rule.is_one_off:
            raise Refused("Cette ouverture n’est que de ce jour\u00a0: changez-la elle-même.")
        off = _leave_out(rule, day)
        if off.still_replaced:
            raise Refused("Ce jour a déjà son ouverture à part\u00a0: changez-la elle-même.")
        only = replace(opening, weekdays=(day.isoweekday(),), first_day=day, last_day=day, every_n_weeks=1)
        off.replacement = _write(Rule(first_day=day), only, by, today, like=rule)
        off.save(update_fields=["replacement"])
        return off.replacement


def change_from_day(
    *, rule_id: uuid.UUID, version: int | None, day: date, opening: Opening, by: Actor, today: date
) -> Rule:
    """« À partir de ce jour »: the rule ends the day before, and a new one goes on, counted from the same week.

    Days left out from then on stay so. Raises as `change_rule`.
    """
    with transaction.atomic():
        rule = _own_rule(rule_id, by, opening)
        check_version(rule, version)
        if rule.last_day is not None and day > rule.last_day:
            raise Refused("La règle est finie avant ce jour.")
        rule.last_day = day - _DAY
        days_off = list(rule.days_off.values_list("day", flat=True))
        if rule.last_day < rule.first_day or never_opens(
            recurrence_of(rule, days_off), rule.schedule.location.holidays
        ):
            raise Refused("La règle ne commence pas avant ce jour\u00a0: changez-la elle-même.")
        _touch(rule, "last_day")
        following = Rule(first_day=day, anchor_week=rule.anchor_week)
        later = [one for one in days_off if one >= day]
        _write(following, replace(opening, first_day=day), by, today, like=rule, days_off=later)
        RuleDayOff.objects.filter(rule=rule, day__gte=day).update(rule=following)
        return following


def _write(
    rule: Rule,
    opening: Opening,
    by: Actor,
    today: date,
    *,
    like: Rule | None = None,
    days_off: Iterable[date] = (),
) -> Rule:
    """Its calendar is locked. `like`: the rule that a new one goes on from, whose offers to communities it takes; `days_off`:
    those that a new one is to have.
    """
    schedule = schedule_of(opening.schedule_id)
    if schedule is None or not by.may(Level.MANAGE, schedule.practitioner_id, schedule.organization_id):
        raise NotAllowed
    source = like or rule
    is_known = not source._state.adding
    if is_known and source.schedule.calendar_id != schedule.calendar_id:
        raise Refused("Une règle reste à son praticien\u00a0: choisissez un de ses lieux.", "schedule")
    done = {one.reason_id: one for one in schedule.reasons_at.select_related("reason")}
    if not done.keys() >= set(opening.reason_ids):
        raise Refused("Un des motifs n’est pas fait à cet endroit\u00a0: choisissez-le de nouveau.", "reasons")
    for reason_id in opening.reason_ids:
        _check_reason(opening, done[reason_id], "reasons")
    before = grants_of(source, lasting(source.schedule.reasons_at.select_related("reason"))) if is_known else Grants()
    rule.schedule = schedule
    rule.label = opening.label
    rule.weekdays = sorted(set(opening.weekdays))
    rule.every_n_weeks, rule.capacity, rule.on_holidays = opening.every_n_weeks, opening.capacity, opening.on_holidays
    rule.start_time, rule.end_time = opening.start_time, opening.end_time
    rule.step_minutes = opening.step_minutes
    rule.consultation_types = [kind.value for kind in ConsultationType if kind in opening.consultation_types]
    rule.appointment_type = opening.appointment_type
    rule.first_day, rule.last_day = opening.first_day or rule.first_day, opening.last_day
    if rule.anchor_week is None:
        rule.anchor_week = first_week(rule.first_day, rule.weekdays)
    rule.version += 1
    off = days_off if rule._state.adding else rule.days_off.values_list("day", flat=True)
    _check(rule, opening, off, today)
    if not rule._state.adding:
        # Offers name the rule with its agenda: written again below, they must not hold it where it was.
        rule.offers.all().delete()
    rule.save()
    wanted = set(opening.reason_ids)
    if opening.new_reason:
        added, is_new = _reason_named(opening.new_reason, schedule, minutes=rule.step_minutes)
        _check_reason(opening, added, "new_reason")
        wanted.add(added.reason_id)
        if is_new:
            _keep_out(added, Rule.objects.filter(schedule=schedule).exclude(pk=rule.pk))
    write_offers(rule, opening.audiences, wanted, before)
    _refuse_double(rule, today)
    return rule


def write_offers(
    rule: Rule, shown: Iterable[Shown], reason_ids: Collection[uuid.UUID], before: Grants | None = None
) -> None:
    """Show the rule to these audiences, each when it says, for these reasons of its agenda and no other.

    `before`: as it was, where its page says nothing of it (`asked_of`).
    """
    lasts = lasting(rule.schedule.reasons_at.select_related("reason"))
    write_grants(rule, asked_of(before or Grants(), shown, reason_ids, lasts), lasts)


def offer_again(rule: Rule, at: ReasonAt, *, lasted: int) -> None:
    """The rows of a reason whose length changed, so that the rule is for it as it was before, or is not."""
    as_before = grants_of(rule, {at.reason_id: lasted})
    write_grants(rule, as_before, {at.reason_id: at.lasts}, only=at.reason_id)


def _keep_out(added: ReasonAt, rules: models.QuerySet[Rule]) -> None:
    """These rules, of its agenda, are not for a reason that another one added: nobody ticked it there."""
    offers: list[RuleOffer] = []
    for rule in rules.prefetch_related("offers"):
        without = replace(grants_of(rule, {}), out=frozenset({added.reason_id}))
        said = granted_to(without, added.reason_id, added.lasts, step=rule.step_minutes, capacity=rule.capacity)
        offers += [row_of(rule, one) for one in said]
    RuleOffer.objects.bulk_create(offers)


def _leave_out(rule: Rule, day: date) -> RuleDayOff:
    recurrence = recurrence_of(rule)
    if not recurrence.falls_on(day):
        raise Refused("La règle n’ouvre pas ce jour-là\u00a0: choisissez un de ses jours.")
    fewer = replace(recurrence, days_off=recurrence.days_off | {day})
    if never_opens(fewer, rule.schedule.location.holidays):
        raise Refused("C’est le seul jour de cette règle\u00a0: changez-la ou supprimez-la elle-même.")
    off, made = RuleDayOff.objects.select_related("replacement").get_or_create(rule=rule, day=day)
    if made:
        _touch(rule)
    return off


def _touch(rule: Rule, *fields: str) -> None:
    """Its days off count as the rule's: it has changed."""
    rule.version += 1
    rule.save(update_fields=["version", *fields])


def _check(rule: Rule, opening: Opening, days_off: Iterable[date], today: date) -> None:
    """Fields, then what they mean together, then what the database would say."""
    unwritten = ["organization", "anchor_week"]
    place = rule.schedule.location
    try:
        rule.full_clean(exclude=unwritten, validate_constraints=False)
        recurrence = recurrence_of(rule, days_off)
        for element, sentence in problems_of(
            opening, recurrence, holidays=place.holidays, zone=place.zone, today=today
        ):
            raise Refused(sentence, element)
        rule.validate_constraints(exclude=set(unwritten))
    except ValidationError as error:
        raise Refused(error.messages[0], next(iter(error.message_dict))) from None


def _check_reason(opening: Opening, done: ReasonAt, element: str) -> None:
    said = f"{done.reason} dure {duration(done.lasts)}{NBSP}: "
    if opening.capacity > 1 and done.lasts > opening.step_minutes:
        step = duration(opening.step_minutes)
        raise Refused(said + f"à plusieurs à la fois, un motif ne dépasse pas le créneau ({step}).", element)
    if done.lasts > opening.minutes:
        raise Refused(said + "ce motif ne tient pas dans ces heures.", element)


def _refuse_double(rule: Rule, today: date) -> None:
    """Two identical rules open nothing more than one, and whoever changes one wonders at the other."""
    same = Rule.objects.filter(
        **{name: getattr(rule, name) for name in _SAME}, weekdays=rule.weekdays, last_day=rule.last_day
    ).exclude(pk=rule.pk)
    offers = _offers_of(rule)
    for other in same:
        weeks_apart = (other.anchor_week - rule.anchor_week).days // 7
        if (
            weeks_apart % rule.every_n_weeks == 0
            and max(other.first_day, today) == max(rule.first_day, today)
            and set(other.consultation_types) == set(rule.consultation_types)
            and _offers_of(other) == offers
        ):
            what, days = (
                ("ouverture", long_date(rule.first_day)) if rule.is_one_off else ("règle", weekdays(rule.weekdays))
            )
            when = f"{days}, {clock(rule.start_time)} – {clock(rule.end_time)}"
            raise Refused(f"Cette {what} existe déjà ({when}), avec les mêmes créneaux pour les mêmes personnes.")


_SAME = (
    "schedule", "start_time", "end_time", "step_minutes", "capacity", "every_n_weeks", "appointment_type", "on_holidays",
)  # fmt: skip


def _offers_of(rule: Rule) -> set[tuple[object, ...]]:
    return set(
        rule.offers.values_list("audience", "community", "reason", "open", "shown_from_minutes", "shown_until_minutes")
    )


def _reason_named(label: str, schedule: Schedule, *, minutes: int) -> tuple[ReasonAt, bool]:
    """The organization's reason of this name, done at this agenda: taken up again if it was put away, made if there is none.

    And whether it is done here from now on only.
    """
    same = Reason.objects.filter(organization=schedule.organization_id, label_folded=FoldedWords(Value(label)))
    known = same.order_by("-active").first()
    if known is None:
        known = Reason.objects.create(organization=schedule.organization, label=label, minutes=minutes)
    done, made = ReasonAt.objects.get_or_create(
        schedule=schedule, reason=known, defaults={"organization": schedule.organization}
    )
    if made or not (known.active and done.active):
        # Where it is done counts as the reason's: it has changed.
        known.active, known.version = True, known.version + 1
        known.save(update_fields=["active", "version"])
        done.active = True
        done.save(update_fields=["active"])
    return done, made


def _own_rule(rule_id: uuid.UUID, by: Actor, opening: Opening | None = None) -> Rule:
    """The rule, its calendar locked, with those that the opening's new reason touches."""
    rows = Rule.objects.filter(pk=rule_id, schedule__in=Schedule.objects.kept_by(by, Level.MANAGE))
    _lock(Schedule.objects.filter(rules__in=rows), opening)
    # Read under the lock: it may have been changed or deleted while we waited.
    rule = single(rows.select_related("schedule__calendar", "schedule__location"))
    if rule is None:
        raise NotAllowed
    return rule


def _lock(schedules: models.QuerySet[Schedule], opening: Opening | None) -> None:
    adds = Schedule.objects.filter(pk=opening.schedule_id) if opening is not None and opening.new_reason else None
    organization_id = adds.values_list("organization_id", flat=True).first() if adds is not None else None
    lock_calendars_of(lambda: _touched(schedules, opening), reasons_of=organization_id)


def _touched(schedules: models.QuerySet[Schedule], opening: Opening | None) -> set[uuid.UUID]:
    """The calendars of these agendas. A booking rechecks its slot under their lock: it sees a rule before or after, never half
    of it. With them those where the reason that may be taken up again is done.
    """
    found = set(schedules.values_list("calendar_id", flat=True))
    if opening is not None and opening.new_reason:
        here = Schedule.objects.filter(pk=opening.schedule_id).values("organization")
        same = Reason.objects.filter(organization__in=here, label_folded=FoldedWords(Value(opening.new_reason)))
        found |= set(same.values_list("done_at__schedule__calendar_id", flat=True)) - {None}
    return found
