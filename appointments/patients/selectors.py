"""The patient of an appointment, as whoever looks may read them."""

from dataclasses import dataclass

from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Appointment, Patient
from appointments.patients.identity import BirthDate, Precision


@dataclass(frozen=True, slots=True)
class Seen:
    """`address`: where a visit at home goes."""

    patient: Patient
    phone: str
    email: str
    address: str
    caller: str


def birth_of(patient: Patient) -> BirthDate:
    return BirthDate(patient.birth_date, Precision(patient.birth_date_precision))


def seen_by(actor: Actor, appointment: Appointment) -> Seen:
    """The regulator who booked reads what they gave, and nothing that the practice knows or has changed since."""
    if not actor.is_regulator:
        patient = appointment.patient
        return Seen(
            patient, appointment.contact_phone, appointment.contact_email, appointment.visit_address, appointment.caller
        )
    given = appointment.given_as
    if given is None:
        raise NotAllowed
    return Seen(given, given.phone, given.email, given.address, appointment.caller)
