"""How much one contact, one person, one address may do: whoever counts has the others wait, so that nobody slips through."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.french import NBSP, counted, fold
from appointments.enums import Origin, Status
from appointments.exceptions import Refused
from appointments.models import Appointment, OnlineBooking, OnlineCode
from appointments.patients.values import PatientDetails

HOUR = timedelta(hours=1)


class TooMany(Refused):
    """A limit is reached: said in words, with what to do instead."""


def digest(kind: str, text: str) -> str:
    """What is kept in the place of an address, a token or a code."""
    return salted_hmac(f"appointments.online.{kind}", text, algorithm="sha256").hexdigest()


def one_at_a_time(kind: str, of: str) -> None:
    """Until the end of the transaction nobody else counts what this one has done. Before any other lock."""
    number = int(digest(kind, of)[:15], 16)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def check_holds(client: str, *, now: datetime) -> None:
    """Raises `TooMany`."""
    made = OnlineBooking.objects.filter(client=client, made_at__gt=now - HOUR).count()
    if made >= settings.ONLINE_HOLDS_PER_HOUR:
        raise TooMany(
            f"Trop d’heures ont été choisies depuis votre connexion{NBSP}: attendez un peu, ou appelez le cabinet."
        )


def check_codes(contact: str, *, now: datetime) -> None:
    """Raises `TooMany`. `contact`: its digest."""
    sent = OnlineCode.objects.filter(contact=contact, sent_at__gt=now - HOUR).count()
    if sent >= settings.ONLINE_CODES_PER_HOUR:
        most = counted(settings.ONLINE_CODES_PER_HOUR, "code")
        raise TooMany(f"Déjà {most} en une heure pour ce contact{NBSP}: réessayez plus tard, ou appelez le cabinet.")


def open_visits(contact: str, organization_id: uuid.UUID, *, now: datetime) -> list[Appointment]:
    """The visits to come that were booked online there with this contact, in order. One query."""
    coming = Appointment.objects.filter(
        Q(contact_phone=contact) | Q(contact_email__iexact=contact),
        organization=organization_id,
        origin=Origin.PATIENT,
        status=Status.BOOKED,
        start__gt=now,
    )
    return list(coming.select_related("given_as", "practitioner", "schedule__location").order_by("start"))


def check_visits(coming: list[Appointment], person: PatientDetails) -> list[Appointment]:
    """Of these visits of one contact, those of this person, to be named before another is booked. Raises `TooMany`."""
    theirs = [one for one in coming if _is_of(one, person)]
    if len(theirs) >= settings.ONLINE_OPEN_VISITS:
        raise TooMany(
            f"Vous avez déjà {len(theirs)} rendez-vous à venir dans ce cabinet{NBSP}: annulez-en un par le lien de son message, "
            "ou appelez."
        )
    if len(coming) >= settings.ONLINE_OPEN_VISITS_OF_CONTACT:
        raise TooMany(
            f"Trop de rendez-vous à venir ont été pris ici avec ce contact{NBSP}: appelez le cabinet pour le prochain."
        )
    return theirs


def _is_of(visit: Appointment, person: PatientDetails) -> bool:
    given = visit.given_as
    return given is not None and (
        (fold(given.family_name), fold(given.given_name), given.birth_date)
        == (fold(person.family_name), fold(person.given_name), person.birth_date)
    )
