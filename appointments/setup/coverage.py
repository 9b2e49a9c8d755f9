"""How far somebody covers the time of who is away: on which of their days they receive too, and for which of their reasons."""

from collections.abc import Iterable, Sequence
from datetime import date

from accounts.french import NBSP, listed
from appointments.models import Schedule
from appointments.openings.recurrence import local_day, number_of, occurrences, whole_days
from appointments.openings.values import Days, When
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE, Frame, Shut

_DAY = 24 * 60 * MINUTE


def coverage_of(away: Sequence[Schedule], replacement: Schedule, period: When) -> str:
    """In words. `away`: the open agendas of who is away then; `replacement` is loaded `with_place()`. One query."""
    bounds = {one.pk: _bounds(period, one) for one in (*away, replacement)}
    since, until = min(one for one, _ in bounds.values()) - _DAY, max(one for _, one in bounds.values())
    frames = read_frames([*away, replacement], since=since, until=until)
    theirs = frames[replacement.pk]
    wanted = {day for one in away for day in _days(frames[one.pk], *bounds[one.pk], frames[one.pk].closures)}
    covered = wanted & _days(theirs, *bounds[replacement.pk], [*theirs.closures, *theirs.absences])
    name, other = replacement.practitioner.name, away[0].practitioner.name
    if len(wanted) == 1:
        said = f"{name} {'reçoit' if covered else 'ne reçoit pas'} le jour où {other} recevrait."
    else:
        said = f"{name} reçoit {len(covered)} des {len(wanted)} jours où {other} recevrait." if wanted else ""
    done = {reason.id for reason in theirs.reasons}
    missing = {one.id: one.label for frame in (frames[one.pk] for one in away) for one in frame.reasons}
    left = [label for key, label in missing.items() if key not in done]
    return f"{said} Motifs qui n’y sont pas faits{NBSP}: {listed(left)}.".strip() if left else said


def _bounds(period: When, schedule: Schedule) -> tuple[int, int]:
    if isinstance(period, Days):
        return whole_days(period.first, period.last, schedule.location.zone)
    return number_of(period.start), number_of(period.end)


def _days(frame: Frame, since: int, until: int, shut: Iterable[Shut]) -> set[date]:
    """The days of this time on which something is open that is not shut as a whole; of a night, that on which it is cut."""
    closed = list(shut)
    found = set()
    for rule in frame.rules:
        for one in occurrences(rule.recurrence, frame.zone, since=since, until=until - 1):
            start, end = max(one.start, since), min(one.end, until)
            if rule.recurrence.is_on(one.day, frame.holidays) and not any(
                other.start <= start and other.end >= end for other in closed
            ):
                found.add(local_day(start, frame.zone))
    return found
