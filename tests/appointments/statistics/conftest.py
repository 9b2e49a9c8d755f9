from tests.appointments.agenda.conftest import _frozen, now, practitioner, schedule

__all__ = ["_frozen", "now", "practitioner", "schedule"]
