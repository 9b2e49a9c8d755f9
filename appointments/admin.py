"""The administration of the agenda: each subject has its own page of it."""

from appointments.booking import admin as booking
from appointments.messages import admin as messages
from appointments.openings import admin as openings
from appointments.places import admin as places

__all__ = ["booking", "messages", "openings", "places"]
