"""What the test of a year finds when it begins: a practice of two doctors, and later what its secretary has booked.

Run inside the product (`manage.py shell`), in its database.
"""

import uuid
from datetime import datetime, time
from typing import Any

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Regulator, User
from accounts.rights import Actor, practice_actor
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.enums import HolidayCalendar
from appointments.models import MessageSettings, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.system.pages import REGULATOR


def open_practice(*, email: str, password: str, rpps: dict[str, str]) -> dict[str, str]:
    """One of them receives at the surgery, the other at the annexe; the account is the first one's, who manages it all. Nothing
    is open yet. Their keys, by name.
    """
    organization = factories.organization(name="Cabinet de l’Année-Démo")
    place = {"organization": organization, "holidays": HolidayCalendar.METROPOLE}
    surgery = factories.location(name="Cabinet de l’Année-Démo", **place)
    annexe = factories.location(name="Annexe de l’Année-Démo", **place)
    user = factories.user(email=email, password=password, first_name="Flore", last_name="Janvier-Démo")
    factories.member(organization, user, Role.MANAGER)
    doctor = factories.practitioner(
        title="Dr", given_name="Flore", family_name="Janvier-Démo", rpps=rpps["doctor"], user=user
    )
    colleague = factories.practitioner(
        title="Dr", given_name="Août", family_name="Décembre-Démo", rpps=rpps["colleague"]
    )
    agenda = factories.schedule(practitioner=doctor, location=surgery)
    other = factories.schedule(practitioner=colleague, location=annexe)
    keys = {"doctor": doctor, "colleague": colleague, "agenda": agenda, "other": other, "surgery": surgery}
    return {name: str(row.pk) for name, row in keys.items()}


def book(*, email: str, agenda: str, visits: list[dict[str, Any]]) -> dict[str, str]:
    """By this account, or by the regulation: who comes when, where they are told. The regulation's keys, by name."""
    now = timezone.now()
    by = practice_actor(User.objects.get(email=email), now=now)
    # One whom the SAS knows.
    one = Regulator.objects.get(user__email=REGULATOR[0])
    regulator = Actor(user=one.user, regulator=one)
    # Patients are told at any hour, as this may be run at any.
    house = Schedule.objects.get(pk=agenda).organization
    any_hour = {"quiet_from": time(0), "quiet_until": time(0), "sundays": True}
    MessageSettings.objects.update_or_create(organization=house, defaults=any_hour)
    keys = {}
    for asked in visits:
        start = datetime.fromisoformat(asked["start"])
        visit = factories.visit(patient=factories.patient(family_name=asked["name"], email=asked["email"]))
        if asked["of_the_sas"]:
            key = SlotKey(uuid.UUID(agenda), start, minutes=15)
            keys[asked["name"]] = str(book_appointment(key=key, visit=visit, by=regulator, now=now).pk)
        else:
            book_freely(
                schedule_id=uuid.UUID(agenda), start=start, minutes=15, visit=visit, by=by, now=now, despite=False
            )
    return keys
