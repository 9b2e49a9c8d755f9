"""The slot that a regulator keeps for a few minutes while they speak, as its pages tell it.

Landing on a slot, or opening its form, keeps it; one at a time, so another page takes it over. It blocks nobody's typing: what is
confirmed after it has ended is tried all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from django.http import HttpRequest

from accounts.rights import Actor
from appointments.booking.services.holds import hold_of, take_hold
from appointments.models import Hold, Schedule
from appointments.slots.slot_key import SlotKey


class State(StrEnum):
    MINE = "mine"
    # The same person keeps another one by now, in another tab.
    ELSEWHERE = "elsewhere"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Keeping:
    """Of the slot `key`, at this moment: `hold` is what its person keeps, be it another."""

    key: SlotKey
    hold: Hold | None
    now: datetime

    @property
    def state(self) -> State:
        if self.hold is None:
            return State.ENDED
        return State.MINE if _key_of(self.hold) == self.key else State.ELSEWHERE

    @property
    def seconds(self) -> int:
        return max(0, int((self.hold.expires_at - self.now).total_seconds())) if self.hold is not None else 0

    @property
    def whole(self) -> int:
        """Of which the seconds left are a part, for the bar that grows shorter."""
        return max(300, self.seconds)

    @property
    def is_short(self) -> bool:
        return self.seconds < 60

    @classmethod
    def now_of(cls, key: SlotKey, *, by: Actor, now: datetime) -> Self:
        """What is kept, without keeping anything."""
        return cls(key, hold_of(by), now)


def kept_for(
    request: HttpRequest, key: SlotKey, *, schedule: Schedule | None = None, by: Actor, now: datetime
) -> Keeping | None:
    """Keep the slot for whoever opens its page; None for the practice, whose agenda it is, and for what only looks ahead.

    `schedule`: its agenda, where the page has read it `with_place()`.
    Raises `SlotTaken`, `Refused`, `NotAllowed`.
    """
    if not by.is_regulator or request.method != "GET" or "Sec-Purpose" in request.headers:
        return None
    return Keeping(key, take_hold(key=key, by=by, now=now, known=schedule), now)


def _key_of(hold: Hold) -> SlotKey:
    return SlotKey(hold.schedule_id, hold.start, int((hold.end - hold.start).total_seconds() // 60))
