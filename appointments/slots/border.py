"""What the border sends of an agenda, for the page that shows it. The agenda does not know who is outside.

An application above registers, in its AppConfig, what its search answers, and what it would keep back.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from accounts.models import Practitioner
from appointments.models import Schedule


class Withheld(StrEnum):
    """Why nothing of an agenda is sent, whatever is free in it. The border's own reasons, beside those of `explain.Cause`."""

    NO_NATIONAL_NUMBER = "no national number"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform's search is answered: the request, its status, how many resources of each kind, and the (agenda, start,
    end) of each slot, in seconds.
    """

    asked: str
    status: int
    kinds: Mapping[str, int]
    slots: frozenset[tuple[uuid.UUID, int, int]]


class Border(Protocol):
    def answer(self, practitioner: Practitioner, *, since: datetime, until: datetime, now: datetime) -> Answer:
        """To a search for this practitioner alone. Two queries."""
        ...

    def withheld(self, schedule: Schedule) -> Withheld | None: ...

    def remarks(self, schedules: Sequence[Schedule]) -> list[str]:
        """What is sent all the same and may not be found, in French sentences. No query."""
        ...


_registered: list[Border] = []


def register_border(border: Border) -> None:
    _registered.append(border)


def border() -> Border | None:
    """None where nothing is outside."""
    return _registered[-1] if _registered else None
