"""What « Motifs » shows: an organization's reasons in their order, where each is done and how otherwise, and who has none."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from accounts.french import NBSP, duration
from accounts.models import Practitioner
from appointments.models import Reason, ReasonAt, Schedule
from appointments.openings.starting_reasons import StartingList, starting_list_of

Named = Sequence[tuple[Schedule, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """`where`: the names of the agendas that do it; none where `everywhere`. `otherwise`: what differs there, in words."""

    reason: Reason
    where: list[str]
    everywhere: bool
    otherwise: list[str]


@dataclass(frozen=True, slots=True)
class WithoutReasons:
    """A practitioner who has none yet, and with which they could begin."""

    practitioner: Practitioner
    proposed: StartingList


def agendas_in(organization_id: uuid.UUID) -> list[Schedule]:
    """All of the organization, closed ones included, in the order of names, places without practitioner last. One query."""
    return list(Schedule.objects.with_place().filter(organization=organization_id))


def agenda_names(schedules: Sequence[Schedule]) -> list[tuple[Schedule, str]]:
    """Each by whose and where it is, as far as the others differ in that."""
    one_person = len({one.calendar_id for one in schedules}) == 1
    one_place = len({one.location_id for one in schedules}) == 1

    def name(schedule: Schedule) -> str:
        if schedule.practitioner_id is None or one_person:
            return schedule.location.name
        return str(schedule.practitioner) if one_place else f"{schedule.practitioner}, {schedule.location}"

    return [(one, name(one)) for one in schedules]


def reason_lines(organization_id: uuid.UUID, seen: Named) -> list[Line]:
    """In the order of the list, those put away included. Two queries."""
    names = {schedule.id: name for schedule, name in seen}
    there = Prefetch("done_at", ReasonAt.objects.filter(schedule__in=names).order_by("pk"))
    rows = Reason.objects.filter(organization=organization_id).prefetch_related(there)
    return [_line(one, names) for one in rows]


def without_reasons(managed: Named, listed: Collection[Line]) -> list[WithoutReasons]:
    """Of the practitioners of these agendas those at none of whose a reason is done, or was."""
    doing = {at.schedule_id for one in listed for at in one.reason.done_at.all()}
    have = {one.practitioner_id for one, _ in managed if one.id in doing}
    whose = {one.practitioner_id: one.practitioner for one, _ in managed if one.practitioner_id is not None}
    return [
        WithoutReasons(one, starting_list_of(one.profession, one.specialty_codes))
        for key, one in whose.items()
        if key not in have
    ]


def _line(reason: Reason, names: dict[uuid.UUID, str]) -> Line:
    done = {at.schedule_id: at for at in reason.done_at.all() if at.active}
    here = [(name, done[key]) for key, name in names.items() if key in done]
    everywhere = len(here) == len(names)
    otherwise = [f"{name}{NBSP}: {said}" if len(here) > 1 else said for name, at in here if (said := _said(at))]
    return Line(reason, [name for name, _ in here], everywhere, otherwise)


def _said(at: ReasonAt) -> str:
    parts = [duration(at.minutes)] if at.minutes else []
    return ", ".join([*parts, *([f"{duration(at.buffer_after)} libres après"] if at.buffer_after else [])])
