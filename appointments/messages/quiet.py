"""When nothing is sent: at night, and on Sundays, by the clock of the place. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Of a visit so near at the end of the quiet hours nobody waits for that end.
NEAR = timedelta(hours=3)
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` until `end`, over midnight when it is later; equal: at no hour. On Sundays all day, unless `sundays`."""

    start: time
    end: time
    sundays: bool

    def holds(self, moment: datetime) -> bool:
        """Whether this moment, at the place's clock, is quiet."""
        at = moment.time().replace(tzinfo=None, fold=0)
        if not self.sundays and moment.isoweekday() == _SUNDAY:
            return True
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def postponed(moment: datetime, *, visit: datetime, zone: ZoneInfo, quiet: Quiet) -> datetime:
    """The moment, or the end of the quiet hours it falls into; not of those that end less than `NEAR` before the visit.

    In UTC, as it was.
    """
    local = moment.astimezone(zone)
    for _ in range(4):
        if not quiet.holds(local):
            break
        local = _next_end(local, quiet, zone)
    after = local.astimezone(moment.tzinfo)
    return moment if after != moment and visit - after < NEAR else after


def after_open(moment: datetime, minutes: int, *, zone: ZoneInfo, quiet: Quiet) -> datetime:
    """So many minutes later, those of the quiet hours not counted. In UTC."""
    at, left = moment.astimezone(UTC), minutes
    while left > 0:
        local = at.astimezone(zone)
        if quiet.holds(local):
            at = _next_end(local, quiet, zone).astimezone(UTC)
        else:
            at += timedelta(minutes=1)
            left -= 1
    return at


def _next_end(local: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """The next morning's end of the quiet hours; midnight where there are none but Sunday's."""
    end = quiet.end if quiet.start != quiet.end else time(0)
    day = local.date()
    if local.time() >= end:
        day += timedelta(days=1)
    return datetime.combine(day, end, tzinfo=zone)
