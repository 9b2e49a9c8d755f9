"""iCalendar (RFC 5545) as text: what an application reads of an agenda. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

# Octets of a line, without its end; what is longer goes on in lines that begin with a blank.
LONGEST_LINE = 75
_UNHEARD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Event:
    """From `start` to `end`: two moments, or two days, both included. `free`: it takes nobody's time."""

    uid: str
    start: datetime | date
    end: datetime | date
    summary: str
    place: str = ""
    sequence: int = 0
    cancelled: bool = False
    free: bool = False


def calendar(name: str, events: Iterable[Event], *, at: datetime) -> str:
    """The whole of it, as it has been since `at`."""
    stamp = _utc(at)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//SAS Agenda//Agenda//FR",
        "CALSCALE:GREGORIAN",
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT30M",
        "X-PUBLISHED-TTL:PT30M",
        *(line for event in events for line in _lines(event, stamp)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _lines(event: Event, stamp: str) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{event.uid}", f"DTSTAMP:{stamp}")
    if isinstance(event.start, datetime) and isinstance(event.end, datetime):
        yield from (f"DTSTART:{_utc(event.start)}", f"DTEND:{_utc(event.end)}")
    else:
        # The end of days is the day after.
        yield f"DTSTART;VALUE=DATE:{event.start:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.end + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.place:
        yield f"LOCATION:{escaped(event.place)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if event.free or event.cancelled else 'OPAQUE'}"
    yield from ("CLASS:PRIVATE", "END:VEVENT")


def escaped(text: str) -> str:
    """A value of type TEXT."""
    heard = _UNHEARD.sub("", text.replace("\r\n", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", heard).replace("\n", r"\n")


def folded(line: str) -> str:
    """No letter is cut in two."""
    if len(line.encode()) <= LONGEST_LINE:
        return line
    parts, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LONGEST_LINE:
            parts.append(" ")
            size = 1
        parts[-1] += letter
        size += width
    return "\r\n".join(parts)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
