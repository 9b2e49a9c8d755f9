from appointments.models.appointment import Appointment, PatientDetails
from appointments.models.event import AppointmentEvent
from appointments.models.message import PatientMessage
from appointments.models.opening import Absence, AvailabilityRule, Reason
from appointments.models.place import Location, Organization, Schedule

__all__ = [
    "Absence",
    "Appointment",
    "AppointmentEvent",
    "AvailabilityRule",
    "Location",
    "Organization",
    "PatientDetails",
    "PatientMessage",
    "Reason",
    "Schedule",
]
