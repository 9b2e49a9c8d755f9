"""What the outside knows of our appointments, for the pages that show it. The agenda does not know who is outside.

An application above registers, in its AppConfig, a function that answers for a whole list at once.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Q

from appointments.models import Appointment


@dataclass(frozen=True, slots=True)
class OutwardNews:
    """How far one appointment is known outside, in French words ready to be shown."""

    label: str  # of a badge, in a column that says who is meant
    phrase: str  # the same where nothing says it
    title: str  # of a line in the appointment's log
    detail: str
    tone: str
    icon: str
    is_known: bool = False
    is_moving: bool = False  # likely to be different in a moment
    is_stopped: bool = False  # nothing follows unless somebody acts


Teller = Callable[[Collection[Appointment]], dict[uuid.UUID, OutwardNews]]
# Of appointments, those that the outside knows as they are; with False those that it is to know, and does not yet.
Sorter = Callable[[bool], Q]
_tellers: list[tuple[Teller, Sorter]] = []


def register_teller(teller: Teller, sorter: Sorter) -> None:
    """Add who can tell. It leaves out the appointments it knows nothing of."""
    _tellers.append((teller, sorter))


def news_of(appointments: Collection[Appointment]) -> dict[uuid.UUID, OutwardNews]:
    """By appointment, those only that the outside is to know. One query for each who tells; none for nobody."""
    told: dict[uuid.UUID, OutwardNews] = {}
    if appointments:
        for teller, _ in _tellers:
            told |= teller(appointments)
    return told


def known_outside(known: bool) -> Q:
    """The condition on appointments, by whoever tells first that has one."""
    return next((sorter(known) for _, sorter in _tellers), Q(pk__in=[]))
