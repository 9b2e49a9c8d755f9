"""The administration of the agenda: each subject has its own page of it."""

from appointments.booking import admin as booking
from appointments.messages import admin as messages
from appointments.openings import admin as openings
from appointments.places import admin as places
from appointments.setup import admin as setup

__all__ = ["booking", "messages", "openings", "places", "setup"]
