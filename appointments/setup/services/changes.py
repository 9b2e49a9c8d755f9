"""A change of set-up is a change of appointments: every one of them goes through this door.

Rules, days left out, absences, closures, reasons, a place's address or clock, an agenda that is closed. Whatever it is, all that
could depend on it is looked at before and after, under the lock of the lines of time it touches. Whoever changes it reads which
coming visits it touches, and says what becomes of each, before anything is saved. Where it makes false what a patient was told,
the visit has its event, and what follows from that listens to it. Who changed what, from what to what, is kept.
"""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from django.db import transaction

from accounts.french import counted
from accounts.rights import Actor, acted_by
from appointments.booking.events import record_event
from appointments.enums import EventKind, SetupKind, SetupVerb, Status
from appointments.exceptions import Refused
from appointments.messages.reach import look_up_refusals, usual_way
from appointments.messages.words import where
from appointments.models import Appointment, Calendar, Schedule, SetupChange
from appointments.openings.recurrence import number_of
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_at, calendars_in, schedules_on
from appointments.setup.services.fates import NOTHING_ASKED, Answers, Ways, settle, settled_in_words, ways_of
from appointments.setup.services.words import DAYS_OFF, FIRST_DAY, LAST_DAY, Key, Row, rows_of
from appointments.slots.explain import Cause, unreceived
from appointments.slots.reader import read_frames

Result = TypeVar("Result")
_UPCOMING = (Status.PENDING, Status.BOOKED)


class Fate(StrEnum):
    """What a change does to a visit that stands. It stays where and when it is, unless something else is chosen (`fates`)."""

    OUTSIDE = "outside"
    ABSENCE = "absence"
    CLOSURE = "closure"
    AGENDA_CLOSED = "agenda closed"
    PLACE_TOLD = "place told"
    PLACE_UNTOLD = "place untold"


_FATES = {
    Cause.CLOSED_DAY: Fate.OUTSIDE,
    Cause.ABSENCE: Fate.ABSENCE,
    Cause.CLOSURE: Fate.CLOSURE,
    Cause.AGENDA_CLOSED: Fate.AGENDA_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Touched:
    """`appointment` as it is before, with its place, practitioner and patient."""

    appointment: Appointment
    fates: tuple[Fate, ...]


class TouchesVisits(Refused):
    """Nothing is saved yet: these visits are to be read first, in order of time.

    `seal` stands for exactly these: given back as `read`, the change is made, for them and for no other. `ways`: where those that
    the person may change could go; `answers`: what was chosen so far; `problems`: why that can't be done, by visit.
    """

    def __init__(
        self,
        touched: list[Touched],
        seal: str,
        *,
        ways: Mapping[uuid.UUID, Ways],
        answers: Answers,
        problems: Mapping[uuid.UUID, str],
    ) -> None:
        self.touched, self.seal = touched, seal
        self.ways, self.answers, self.problems = ways, answers, problems
        super().__init__("Des rendez-vous à venir sont touchés\u00a0: relisez-les avant d’enregistrer.")


@dataclass(frozen=True, slots=True)
class Extent:
    """What a change may write: rows of these kinds, that these lines of time depend on. Read again once they are locked."""

    kinds: frozenset[SetupKind]
    calendars: Callable[[], Collection[uuid.UUID]]


def of_openings(practitioner_id: uuid.UUID, *, reasons_of: uuid.UUID | None = None) -> Extent:
    """A practitioner's rules and absences. `reasons_of`: the organization in which a rule may make or take up a reason."""

    def calendars() -> set[uuid.UUID]:
        own = set(Calendar.objects.filter(practitioner=practitioner_id).values_list("pk", flat=True))
        return own | (calendars_in(reasons_of) if reasons_of is not None else set())

    kinds = {SetupKind.RULE, SetupKind.ABSENCE} | ({SetupKind.REASON} if reasons_of is not None else set())
    return Extent(frozenset(kinds), calendars)


def of_closures(location_id: uuid.UUID) -> Extent:
    return Extent(frozenset({SetupKind.CLOSURE}), lambda: calendars_at(location_id))


def of_reasons(organization_id: uuid.UUID) -> Extent:
    return Extent(frozenset({SetupKind.REASON}), lambda: calendars_in(organization_id))


def of_place(location_id: uuid.UUID) -> Extent:
    return Extent(frozenset({SetupKind.PLACE}), lambda: calendars_at(location_id))


def of_agenda(calendar_id: uuid.UUID) -> Extent:
    return Extent(frozenset({SetupKind.AGENDA}), lambda: {calendar_id})


def change_setup(
    act: Callable[[], Result],
    extent: Extent,
    *,
    by: Actor,
    now: datetime,
    read: str | bool = False,
    answers: Answers = NOTHING_ASKED,
    also: Collection[uuid.UUID] = (),
) -> Result:
    """What `act` answers, once it is saved. It is a service of what it writes, which checks rights and versions.

    `read`: the seal of what whoever changes it has read; True where nobody reads (the demonstration, an import), or where they
    read it elsewhere. `answers`: what becomes of the visits it touches, in the same transaction; those of which nothing is said
    stay. `also`: visits of which it is said too, though the change may find them as they are (somebody was away already).

    Raises `TouchesVisits` with what they have not read, or what can't be done as they chose; `Refused` where a place's clock
    would move visits; what `act` raises.
    """
    with transaction.atomic():
        lock_calendars_of(lambda: {*extent.calendars(), *answers.calendars}, by=by)
        told_before, before = _as_it_is(extent, now)
        result = act()
        told_after, after = _as_it_is(extent, now)
        _keep_clocks(before, after)
        touched = _touched(before, after, also)
        visits, seal, problems = [one.appointment for one in touched], _seal(touched), {}
        asks = bool(touched) and read is not True and (read != seal or answers.changes_all)
        if not asks:
            undone = transaction.savepoint()
            _tell(before, after, answers, by, now)
            problems = settle(visits, answers, by=by, now=now)
            if problems:
                transaction.savepoint_rollback(undone)
        if asks or problems:
            ways = ways_of(visits, by=by, now=now)
            raise TouchesVisits(touched, seal, ways=ways, answers=answers, problems=problems)
        _record(told_before, told_after, visits, settled_in_words(visits, answers), by, now)
        return result


@dataclass(frozen=True, slots=True)
class _Stands:
    """A visit as set up: why it would not be received, what its patient was told of its place, at whose clock it is."""

    appointment: Appointment
    unreceived: frozenset[Cause]
    where: str
    address: str
    zone: str


def _as_it_is(extent: Extent, now: datetime) -> tuple[dict[Key, Row], dict[uuid.UUID, _Stands]]:
    """What is set up there, and the visits that stand there."""
    calendars = set(extent.calendars())
    schedules = schedules_on(calendars)
    return rows_of(extent.kinds, calendars=calendars, schedules=schedules, now=now), _standing(
        calendars, schedules, now
    )


def _standing(
    calendars: Collection[uuid.UUID], schedules: Sequence[Schedule], now: datetime
) -> dict[uuid.UUID, _Stands]:
    """The coming visits of these lines of time, in order; `schedules`: all agendas there. Two queries, one if none."""
    rows = Appointment.objects.filter(calendar__in=calendars, status__in=_UPCOMING, end__gt=now).select_related(
        "patient", "practitioner"
    )
    visits = list(rows.order_by("start", "pk"))
    if not visits:
        return {}
    agendas = {one.id: one for one in schedules}
    since, until = number_of(visits[0].start), number_of(max(one.end for one in visits))
    frames = read_frames(list(schedules), since=since, until=until)
    found = {}
    for visit in visits:
        visit.schedule = agendas[visit.schedule_id]
        place = visit.schedule.location
        causes = unreceived(frames[visit.schedule_id], number_of(visit.start), number_of(visit.end))
        said = where(visit.consultation_type, place)
        found[visit.id] = _Stands(visit, causes, said, place.full_address, place.time_zone)
    return found


def _keep_clocks(before: dict[uuid.UUID, _Stands], after: dict[uuid.UUID, _Stands]) -> None:
    """What stands at 9:00 would silently stand at noon."""
    moved = [one for key, one in after.items() if key in before and before[key].zone != one.zone]
    if moved:
        raise Refused(
            "Des rendez-vous à venir sont pris dans ce lieu, à son heure\u00a0: déplacez-les ou annulez-les avant d’en changer "
            "le fuseau horaire.",
            "time_zone",
        )


def _touched(
    before: dict[uuid.UUID, _Stands], after: dict[uuid.UUID, _Stands], also: Collection[uuid.UUID]
) -> list[Touched]:
    """In order of time."""
    told_otherwise = {key for key, one in after.items() if _is_told_otherwise(before.get(key), one)}
    if told_otherwise:
        look_up_refusals(after[key].appointment for key in told_otherwise)
    found = []
    for key, one in after.items():
        # One that was booked just before the lock has no « before »: it was received then.
        was = before[key].unreceived if key in before else frozenset()
        fates = [_FATES[cause] for cause in _FATES if cause in one.unreceived - was]
        if key in told_otherwise:
            fates.append(Fate.PLACE_TOLD if usual_way(one.appointment) else Fate.PLACE_UNTOLD)
        if fates or key in also:
            found.append(Touched(one.appointment, tuple(fates)))
    return found


def _is_told_otherwise(before: _Stands | None, after: _Stands) -> bool:
    return before is not None and before.where != after.where


def _seal(touched: Iterable[Touched]) -> str:
    read = "\n".join(f"{one.appointment.pk} {one.appointment.version} {' '.join(one.fates)}" for one in touched)
    return hashlib.sha256(read.encode()).hexdigest()[:16]


def _tell(
    before: dict[uuid.UUID, _Stands], after: dict[uuid.UUID, _Stands], answers: Answers, by: Actor, now: datetime
) -> None:
    """What was told of these visits became false: each has its event."""
    for key, one in after.items():
        if _is_told_otherwise(before.get(key), one):
            visit = one.appointment
            visit.version += 1
            visit.save(update_fields=["version"])
            record_event(
                appointment=visit,
                kind=EventKind.PLACE_CHANGED,
                by=by,
                at=now,
                previous={"place": before[key].address},
                tell=answers.tells(key),
            )


def _record(
    before: dict[Key, Row],
    after: dict[Key, Row],
    touched: Sequence[Appointment],
    settled: str,
    by: Actor,
    now: datetime,
) -> None:
    """One fact for each row that reads otherwise; one for all that was noted, or deleted, as one series; one for an opening of
    one day and the rule that it takes that day of; one for a rule that goes on otherwise from a day on. `settled`: what became
    of the visits that it touched, in words.
    """
    facts: dict[object, list[SetupChange]] = {}
    # The rules whose day an opening takes the place of since, or does no longer.
    taken = {
        (SetupKind.RULE, row.instead_of) for key, row in (before | after).items() if (key in before) != (key in after)
    }
    going_on = _going_on(before, after)
    ended = set(going_on.values())
    for key in {**before, **after}:
        was, now_is = before.get(going_on.get(key, key)), after.get(key)
        row = now_is or was
        said = _differences(was, now_is)
        if key in going_on:
            said = [(FIRST_DAY, "", now_is.elements[FIRST_DAY])] + [  # type: ignore[union-attr]
                one for one in said if one[0] not in {FIRST_DAY, DAYS_OFF}
            ]
        elif key in ended and {element for element, *_ in said} <= {LAST_DAY, DAYS_OFF}:
            continue
        if row is None or not said or (key in taken and {element for element, *_ in said} == {DAYS_OFF}):
            continue
        if row.instead_of is not None and None in (was, now_is):
            name = (before | after)[SetupKind.RULE, row.instead_of].name
            said.append(("à la place de", "" if now_is else name, name if now_is else ""))
        verb = SetupVerb.CHANGED if was and now_is else SetupVerb.MADE if now_is else SetupVerb.DELETED
        fact = SetupChange(
            kind=key[0],
            verb=verb,
            row=key[1],
            name=(was or row).name,
            said=said,
            touched=len(touched),
            organization_id=row.organization,
            location_id=row.location,
            calendar_id=row.calendar,
            schedule_id=row.schedule,
            at=now,
            by_name=by.name,
            **acted_by(by),
        )
        alone = verb == SetupVerb.CHANGED or row.series is None
        facts.setdefault(key if alone else (verb, row.series), []).append(fact)
    for first, *others in facts.values():
        if others:
            first.name += f", et {counted(len(others), 'fois suivante', 'fois suivantes')}"
    if settled:
        for first, *_ in facts.values():
            first.said.append(("rendez-vous touchés", "", settled))
    SetupChange.objects.bulk_create([first for first, *_ in facts.values()])


def _going_on(before: dict[Key, Row], after: dict[Key, Row]) -> dict[Key, Key]:
    """By a rule that was made, the one that ends now on the day before (« à partir de ce jour »)."""
    ended = {
        (row.calendar, row.ends): key
        for key, row in after.items()
        if row.ends is not None and key in before and before[key].ends != row.ends
    }
    found = {}
    for key, row in after.items():
        if key not in before and row.begins is not None:
            former = ended.get((row.calendar, row.begins - timedelta(days=1)))
            if former is not None:
                found[key] = former
    return found


def _differences(was: Row | None, now_is: Row | None) -> list[tuple[str, str, str]]:
    old, new = (row.elements if row is not None else {} for row in (was, now_is))
    texts = [(element, old.get(element, ""), new.get(element, "")) for element in {**old, **new}]
    return [one for one in texts if one[1] != one[2]]
