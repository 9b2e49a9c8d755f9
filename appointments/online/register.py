"""What these pages keep of people, why, and for how long: the register from which « Vos données » is made.

Each column that a patient's pages write says in which entry it stands (tests/appointments/online/test_information.py); a new one
without an entry is an error.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VISIT = "Avec le rendez-vous, puis effacé par le cabinet à la fin de sa durée de conservation"
_HOUR = "Une heure au plus, le temps de réserver\u202f; effacé dès que le rendez-vous est pris"
_WAIT = "Jusqu’au jour que vous avez dit\u202f; dès que vous quittez la liste, ou prenez une place, qui vous êtes est effacé"
_DAY = "Un jour, le temps de compter"


@dataclass(frozen=True, slots=True)
class Entry:
    """`columns`: of which tables, as `Model.field`."""

    what: str
    why: str
    how_long: str
    columns: tuple[str, ...]


REGISTER = (
    Entry(
        "Nom, prénom, date de naissance",
        "Savoir qui vient, et vous reconnaître quand vous ouvrez le lien du rendez-vous",
        _VISIT,
        ("Patient.family_name", "Patient.given_name", "Patient.birth_date", "Patient.birth_date_precision"),
    ),
    Entry(
        "Téléphone, e-mail",
        "Envoyer le code, confirmer, prévenir d’un changement",
        _VISIT,
        ("Patient.phone", "Patient.email", "Appointment.contact_phone", "Appointment.contact_email"),
    ),
    Entry(
        "Adresse, pour une visite à domicile",
        "Venir chez vous",
        _VISIT,
        ("Patient.address", "Appointment.visit_address"),
    ),
    Entry(
        "Nom et lien de qui réserve pour un proche",
        "Savoir qui appeler",
        _VISIT,
        ("Appointment.caller", "Appointment.caller_phone"),
    ),
    Entry(
        "Motif, message, retard annoncé",
        "Préparer la consultation\u202f; lus par le cabinet seul",
        _VISIT,
        ("Appointment.reason", "Appointment.note", "Appointment.late_minutes"),
    ),
    Entry(
        "Ce que vous tapez avant le code",
        "Ne pas vous le redemander si l’heure est prise entre-temps",
        _HOUR,
        (
            "OnlineBooking.details", "OnlineBooking.contact", "OnlineBooking.known", "OnlineBooking.reason",
            "OnlineBooking.consultation_type",
        ),
    ),
    Entry(
        "Liste d’attente\u00a0: qui attend, comment vous joindre, quels jours, le rendez-vous à rendre",
        "Vous proposer une place qui se libère\u202f; lu par le cabinet seul",
        _WAIT,
        (
            "WaitingEntry.details", "WaitingEntry.person", "WaitingEntry.reason", "WaitingEntry.consultation_type",
            "WaitingEntry.weekdays", "WaitingEntry.part", "WaitingEntry.notice_hours", "WaitingEntry.until",
            "WaitingEntry.appointment", "WaitingEntry.file", "WaitingEntry.registered_at", "OnlineBooking.wanted",
        ),
    ),
    Entry(
        "Les places proposées, et ce que vous en avez dit",
        "Ne pas vous demander deux fois la même, et ne la donner qu’une fois",
        _WAIT,
        (
            "WaitingOffer.start", "WaitingOffer.minutes", "WaitingOffer.state", "WaitingOffer.offered_at", "WaitingOffer.until",
            "WaitingOffer.cause", "WaitingOffer.appointment",
        ),
    ),
    Entry(
        "Une empreinte du code, de votre contact, de l’adresse de votre connexion et de votre navigateur",
        "Empêcher qu’un programme prenne les heures ou devine un code\u202f; illisible, même par nous",
        _DAY,
        (
            "OnlineCode.code", "OnlineCode.contact", "OnlineCode.tries", "OnlineCode.sent_at", "OnlineBooking.client",
            "OnlineBooking.visitor", "OnlineBooking.proved_at", "OnlineBooking.made_at",
        ),
    ),
    Entry(
        "Les essais de date de naissance sur le lien d’un rendez-vous",
        "Empêcher qu’on la devine",
        "Jusqu’au bon essai, ou avec le rendez-vous",
        ("LinkTries.failures", "LinkTries.last_at"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Criterion:
    """Of the RGAA 4.1: what it asks, whether it is met, and by what that is known, or why it is not."""

    number: str
    title: str
    state: str
    how: str


MET, NOT_ASKED, OPEN = "respecté", "non applicable", "à vérifier"


@cache
def criteria() -> tuple[Criterion, ...]:
    path = Path(__file__).parent / "data" / "rgaa.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Criterion(*line) for line in csv.reader(file, delimiter="\t"))
