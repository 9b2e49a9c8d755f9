"""A figure as a page and as a file have it: its number, its unit, or the mark of one that is not told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from accounts.french import NARROW, NBSP, number
from appointments.statistics.hiding import FEWEST, Hidden

_HOUR = 3600
_DAY = 24 * _HOUR


class Unit(Enum):
    COUNT = "count"
    PERCENT = "percent"
    HOURS = "hours"
    # Seconds, said in minutes, hours or days.
    DELAY = "delay"


_IN_FILES = {Unit.COUNT: "", Unit.PERCENT: " (%)", Unit.HOURS: " (heures)", Unit.DELAY: " (heures)"}
MARKS = {Hidden.FEW: f"<{NBSP}{FEWEST}", Hidden.MASKED: "masqué"}


@dataclass(frozen=True, slots=True)
class Amount:
    """`number` None: there is nothing to tell it of."""

    number: float | None
    unit: Unit = Unit.COUNT
    hidden: Hidden | None = None

    @property
    def told(self) -> bool:
        return self.hidden is None and self.number is not None

    def __str__(self) -> str:
        """1 284; 4,1 %; 12,5 h; 3,2 jours; « < 5 »; a dash for nothing."""
        if self.hidden is not None:
            return MARKS[self.hidden]
        if self.number is None:
            return "–"
        if self.unit is Unit.COUNT:
            return number(round(self.number))
        if self.unit is Unit.DELAY:
            return _delay(self.number)
        return f"{_decimal(self.number)}{NBSP}%" if self.unit is Unit.PERCENT else f"{_decimal(self.number)}{NARROW}h"

    @property
    def plain(self) -> str:
        """For a spreadsheet: no unit, no space, a decimal comma."""
        if self.hidden is not None:
            return MARKS[self.hidden].replace(NBSP, " ")
        if self.number is None:
            return ""
        if self.unit is Unit.COUNT:
            return str(round(self.number))
        value = self.number / _HOUR if self.unit is Unit.DELAY else self.number
        return f"{value:.1f}".replace(".", ",")


def share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    unit: Unit = Unit.COUNT

    @property
    def in_file(self) -> str:
        return self.title + _IN_FILES[self.unit]


@dataclass(frozen=True, slots=True)
class Line:
    """`bar`: how long its bar is, in percent of the longest; None: it has none. `tone`: the class of its colour."""

    label: str
    amounts: tuple[Amount, ...]
    bar: int | None = None
    tone: str = ""
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`key` names it in an address."""

    key: str
    title: str
    label: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def headings(self) -> list[str]:
        return [self.label, *(one.in_file for one in self.columns)]

    @property
    def rows(self) -> list[list[str]]:
        return [[line.label, *(one.plain for one in line.amounts)] for line in self.lines]


def bars(amounts: Sequence[Amount]) -> list[int | None]:
    """In tens of percent of the longest; what is there is ten at least."""
    most = max((one.number or 0 for one in amounts if one.told), default=0)
    return [None if not one.told or not one.number else max(1, round(10 * one.number / most)) * 10 for one in amounts]


def _delay(seconds: float) -> str:
    if seconds < _HOUR:
        return f"{round(seconds / 60)}{NBSP}min"
    if seconds < 2 * _DAY:
        return f"{_decimal(seconds / _HOUR)}{NARROW}h"
    return f"{_decimal(seconds / _DAY)}{NBSP}jours"


def _decimal(value: float) -> str:
    """One decimal under ten, where it says something."""
    if abs(value) < 10 and round(value, 1) != round(value):
        return f"{value:.1f}".replace(".", ",")
    return number(int(value + 0.5))
