"""After a time was emptied: patients called whom no message reaches, and what is undone."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from appointments.booking.events import ONE_ACT
from appointments.booking.services.moving import undo_change
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.messages.services.telling import note_told
from appointments.models import Absence, Appointment, EmptiedVisit, Emptying
from appointments.openings.services.absences import delete_absence
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_of
from appointments.setup.emptied import what_stands_in_the_way
from appointments.setup.services.changes import change_setup, of_openings
from appointments.setup.services.emptying import keep_what_was_done


class CannotComeBack(Refused):
    """`problems`: why, by row. Nothing is done."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        self.problems = problems
        super().__init__("Rien n’est défait\u00a0: ce qui est marqué ne peut plus revenir à son heure.")


@transaction.atomic
def note_called(*, row_id: int, version: int | None, by: Actor, now: datetime) -> EmptiedVisit:
    """Somebody of the practice told the patient. Noted once, for whoever did first.

    Raises `NotAllowed`; `ChangedMeanwhile` when the visit is no longer as they told it.
    """
    row = EmptiedVisit.objects.select_for_update(of=("self",)).select_related("event").filter(pk=row_id).first()
    visits = Appointment.objects.kept_by(by, Level.BOOK)
    if row is None or by.user is None or not visits.filter(pk=row.event.appointment_id).exists():
        raise NotAllowed
    if row.told_at is not None:
        return row
    if row.brought_back:
        raise ChangedMeanwhile
    note_told(appointment_id=row.event.appointment_id, version=version, by=by, now=now)
    row.told_at, row.told_by, row.told_by_name = now, by.user, by.name
    row.save(update_fields=["told_at", "told_by", "told_by_name"])
    return row


def undo_emptying(
    *, key: uuid.UUID, emptying_id: uuid.UUID, rows: Collection[int], by: Actor, now: datetime
) -> Emptying:
    """Open that time again, as far as it was closed for this, and bring these back to it: a new set of changes, of all of them or
    none. Whose message had not left is sent none; the others are told again. `key`: of the form; sent twice, it is done once.

    Raises `CannotComeBack` with what of it is impossible by now, `NotAllowed`.
    """
    with transaction.atomic():
        done = Emptying.objects.kept_by(by, Level.BOOK).filter(pk=emptying_id, undoes=None).first()
        if done is None or (practitioner_id := done.calendar.practitioner_id) is None:
            raise NotAllowed
        chosen = EmptiedVisit.objects.filter(emptying=done, pk__in=rows)
        visits = Appointment.objects.filter(events__emptied__in=chosen)
        former = chosen.order_by().values_list("schedule_was__calendar", flat=True)
        lock_calendars_of(lambda: {done.calendar_id, *calendars_of(visits), *former}, by=by)
        if (made := Emptying.objects.filter(pk=key).first()) is not None:
            return made
        change_setup(partial(_reopen, done, by=by), of_openings(practitioner_id), by=by, now=now, read=True)
        before = list(chosen.filter(brought_back=False).select_related("event__appointment"))
        problems = what_stands_in_the_way(before, now=now)
        for row in before:
            if row.pk not in problems and (problem := _bring_back(row, by=by, now=now)):
                problems[row.pk] = problem
        if problems:
            raise CannotComeBack(problems)
        made = Emptying.objects.create(
            id=key,
            calendar=done.calendar,
            day=done.day,
            start=done.start,
            end=done.end,
            label=done.label,
            tell=done.tell,
            at=now,
            messages_at=now + ONE_ACT,
            undoes=done,
            by_name=by.name,
            **acted_by(by),
        )
        keep_what_was_done(made, [row.event.appointment for row in before])
        EmptiedVisit.objects.filter(pk__in=[row.pk for row in before]).update(brought_back=True)
        return made


def _bring_back(row: EmptiedVisit, *, by: Actor, now: datetime) -> str:
    """Why it can't be, blank when it is done. The time is looked at already: what closes it is no obstacle."""
    visit, version = row.event.appointment_id, row.event.sequence
    try:
        with transaction.atomic():
            undo_change(appointment_id=visit, version=version, by=by, now=now, despite=True)
    except ChangedMeanwhile:
        return "a changé depuis"
    except Refused as refusal:
        return str(refusal)
    return ""


def _reopen(done: Emptying, *, by: Actor) -> None:
    """The absences that were noted for it, as far as they are still there."""
    for absence in Absence.objects.kept_by(by, Level.BOOK).filter(pk__in=done.absences):
        delete_absence(absence_id=absence.pk, version=absence.version, by=by)
