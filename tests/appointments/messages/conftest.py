"""The same moment and the same agenda as the regulator's pages."""

from tests.appointments.call.conftest import _frozen, now, schedule

__all__ = ["_frozen", "now", "schedule"]
