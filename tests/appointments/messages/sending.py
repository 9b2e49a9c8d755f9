"""Messages that are sent, and whose workers die."""

from datetime import datetime

from appointments.messages.services.sending import send_message
from appointments.models import PatientMessage
from outbox import ledger
from outbox.mail import LEASE
from tests import factories
from tests.appointments.call.conftest import NOW


def send(message: PatientMessage, now: datetime = NOW) -> bool:
    done = send_message(message_id=message.pk, now=now)
    message.refresh_from_db()
    return done


def died(message: PatientMessage) -> None:
    """A worker claims it, and never comes back."""
    assert ledger.claim(PatientMessage, message.pk, now=NOW, lease=LEASE)
    message.refresh_from_db()


def another() -> PatientMessage:
    made = factories.appointment(patient=factories.patient(email="autre@exemple.test"))
    return made.events.get().messages.get()
