"""What somebody who books for themself comes for."""

import uuid
from dataclasses import dataclass

from appointments.slots.selectors import Slot
from appointments.slots.values import WALKIN, Offered


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody comes for: a reason (None: whichever), in which way (blank: whichever), where (None: wherever).

    `also`: reasons that other practices call the same.
    """

    reason: uuid.UUID | None = None
    mode: str = ""
    schedule: uuid.UUID | None = None
    also: frozenset[uuid.UUID] = frozenset()

    def is_met_by(self, slot: Slot) -> bool:
        return self.schedule in (None, slot.schedule.id) and self.is_met(slot.offer)

    def is_met(self, offer: Offered) -> bool:
        """Wherever it is. Where one simply comes, nobody books."""
        if offer.appointment_type == WALKIN:
            return False
        if self.reason is None:
            return not self.mode or self.mode in offer.consultation_types
        return any(
            (one.id == self.reason or one.id in self.also)
            and any(mode in one.consultation_types for mode in offer.consultation_types if self.mode in ("", mode))
            for one in offer.reasons
        )
