from appointments.models.absences import Absence, Closure
from appointments.models.booking import Appointment, Hold
from appointments.models.communities import CommunityMember
from appointments.models.corrections import PatientEvent, PatientFormerValue, PatientMerge, TwoPersons
from appointments.models.drafts import Draft
from appointments.models.emptyings import EmptiedVisit, Emptying
from appointments.models.event import AppointmentEvent
from appointments.models.feeds import CalendarFeed
from appointments.models.imports import ImportedRow, ImportRun
from appointments.models.message import ContactRefusal, MessageSettings, MessageText, PatientMessage
from appointments.models.online import LinkTries, OnlineBooking, OnlineCode
from appointments.models.openings import Reason, ReasonAt, Rule, RuleDayOff, RuleOffer
from appointments.models.other_calendars import BusyTime, OtherCalendar
from appointments.models.patients import Patient
from appointments.models.places import Calendar, Location, Schedule
from appointments.models.reminders import ClosingReminder
from appointments.models.setup import SetupChange
from appointments.models.waiting import FreedSlot, WaitingAt, WaitingEntry, WaitingLook, WaitingOffer

__all__ = [
    "Absence",
    "Appointment",
    "AppointmentEvent",
    "BusyTime",
    "Calendar",
    "CalendarFeed",
    "ClosingReminder",
    "Closure",
    "CommunityMember",
    "ContactRefusal",
    "Draft",
    "EmptiedVisit",
    "Emptying",
    "FreedSlot",
    "Hold",
    "ImportRun",
    "ImportedRow",
    "LinkTries",
    "Location",
    "MessageSettings",
    "MessageText",
    "OnlineBooking",
    "OnlineCode",
    "OtherCalendar",
    "Patient",
    "PatientEvent",
    "PatientFormerValue",
    "PatientMerge",
    "PatientMessage",
    "Reason",
    "ReasonAt",
    "Rule",
    "RuleDayOff",
    "RuleOffer",
    "Schedule",
    "SetupChange",
    "TwoPersons",
    "WaitingAt",
    "WaitingEntry",
    "WaitingLook",
    "WaitingOffer",
]
