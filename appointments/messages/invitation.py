"""The visit as an invitation (RFC 5545, 5546) that a mail carries: taken into the patient's own calendar, and changed there."""

from datetime import UTC, datetime
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from appointments.enums import MessageKind
from appointments.messages.words import where
from appointments.models import Appointment

NAME = "rendez-vous.ics"


def invitation(appointment: Appointment, kind: str, *, address: str, now: datetime) -> MIMEBase:
    """One UID for the visit, whatever becomes of it; SEQUENCE is its version, which grows with each fact."""
    method = "CANCEL" if kind == MessageKind.CANCELLATION else "REQUEST"
    made = MIMEText(_text(appointment, method, address=address, now=now), "calendar", "utf-8")
    made.set_param("method", method)
    made.add_header("Content-Disposition", "attachment", filename=NAME)
    return made


def _text(appointment: Appointment, method: str, *, address: str, now: datetime) -> str:
    location, ours = appointment.schedule.location, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    calendar = Calendar()
    calendar.add("prodid", "-//SAS Agenda//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    visit = Event()
    visit.add("uid", f"{appointment.pk}@{ours.rpartition('@')[2]}")
    visit.add("sequence", appointment.version)
    visit.add("dtstamp", now.astimezone(UTC))
    visit.add("dtstart", appointment.start.astimezone(UTC))
    visit.add("dtend", appointment.end.astimezone(UTC))
    # Others may read this calendar: no specialty, no reason.
    visit.add(
        "summary", f"Rendez-vous avec {appointment.practitioner.name if appointment.practitioner else location.name}"
    )
    visit.add("location", where(appointment.consultation_type, location))
    visit.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{location.email or ours}")
    organizer.params["cn"] = vText(location.name)
    visit.add("organizer", organizer)
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["partstat"], attendee.params["rsvp"] = vText("ACCEPTED"), vText("FALSE")
    visit.add("attendee", attendee)
    calendar.add_component(visit)
    return calendar.to_ical().decode()
