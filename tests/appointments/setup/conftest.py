"""The same moment and the same agenda as the practice's pages."""

from tests.appointments.agenda.conftest import _frozen, now, practitioner, schedule

__all__ = ["_frozen", "now", "practitioner", "schedule"]
