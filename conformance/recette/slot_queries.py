"""Queries of INT_R01 in every way that the platform, its test kit or FHIR write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from sandbox.sas.clock import PARIS
from sandbox.sas.slots import DAYS, MAX_IDENTIFIERS
from sandbox.sas.vocabulary import NATIONAL_PERSON, Identifier

PRACTITIONER = "schedule.actor:Practitioner.identifier"
# Identifiers that nobody has, in series, to complete a list: 8 + 11 digits that start with 99999.
NOBODY = "899999{:06d}"


class Parameter(NamedTuple):
    name: str
    value: str


def parameters(identifiers: Iterable[Identifier], start: str, end: str) -> list[Parameter]:
    """The platform's parameters; `start` and `end` as written, without `ge` and `le`."""
    return [
        Parameter("_include", "Slot:schedule"),
        Parameter("_include:iterate", "Schedule:actor"),
        Parameter("status", "free"),
        Parameter("start", f"ge{start}"),
        Parameter("start", f"le{end}"),
        Parameter(PRACTITIONER, ",".join(identifier.token for identifier in identifiers)),
    ]


def encoded(given: Iterable[Parameter], *, keep: str = ":,") -> str:
    """The query; `keep` are the characters of values that are not percent-encoded."""
    return "&".join(f"{quote(name, safe=':')}={quote(value, safe=keep)}" for name, value in given)


def without(given: Iterable[Parameter], name: str, starting: str = "") -> list[Parameter]:
    """Without the parameters of that name (whose value starts so)."""
    return [item for item in given if item.name != name or not item.value.startswith(starting)]


def replaced(given: Iterable[Parameter], name: str, value: str) -> list[Parameter]:
    return [Parameter(name, value) if item.name == name else item for item in given]


def written(instant: datetime) -> str:
    """As the platform writes instants: Paris, milliseconds, numeric offset."""
    return instant.astimezone(PARIS).isoformat(timespec="milliseconds")


def spellings(start: datetime, end: datetime) -> dict[str, tuple[str, str]]:
    """The same bounds (whole seconds), in every documented spelling, by what the report calls it."""
    bounds = (start.astimezone(PARIS), end.astimezone(PARIS))

    def pair(write: Callable[[datetime], str]) -> tuple[str, str]:
        return write(bounds[0]), write(bounds[1])

    return {
        "décalage de Paris et millisecondes": pair(written),
        "décalage de Paris, sans millisecondes": pair(lambda instant: instant.isoformat(timespec="seconds")),
        "décalage +00:00 et millisecondes": pair(
            lambda instant: instant.astimezone(UTC).isoformat(timespec="milliseconds")
        ),
        "Z": pair(lambda instant: instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        "sans décalage (heure de Paris)": pair(lambda instant: instant.strftime("%Y-%m-%dT%H:%M:%S")),
        "sans décalage, avec millisecondes": pair(lambda instant: instant.strftime("%Y-%m-%dT%H:%M:%S.000")),
    }


def nobody(count: int) -> list[Identifier]:
    """Well-formed identifiers that no practitioner has."""
    return [Identifier(NATIONAL_PERSON, NOBODY.format(number)) for number in range(1, count + 1)]


def completed(identifiers: Iterable[Identifier], count: int = MAX_IDENTIFIERS) -> list[Identifier]:
    """Exactly `count` identifiers, those of nobody after the given ones."""
    given = list(dict.fromkeys(identifiers))[:count]
    return [*given, *nobody(count - len(given))]


def whole_window(now: datetime, *, days: int = DAYS) -> tuple[datetime, datetime]:
    """From the next whole minute to the last second of the last of these days in Paris (today is the first)."""
    # As an instant: a minute more of a time of Paris would be an hour less where that comes twice.
    start = (now.astimezone(UTC) + timedelta(minutes=1)).replace(second=0, microsecond=0).astimezone(PARIS)
    last = (start + timedelta(days=days - 1)).replace(hour=23, minute=59, second=59)
    return start, last


def once(instant: datetime) -> datetime:
    """From this whole minute on, the first that a time of Paris without offset can write: it comes no second time."""
    while instant.replace(fold=0).utcoffset() != instant.replace(fold=1).utcoffset():
        instant = (instant.astimezone(UTC) + timedelta(minutes=1)).astimezone(PARIS)
    return instant
