"""What the test of a year finds when it begins: a practice of two doctors, and later what its secretary has booked.

Run inside the product (`manage.py shell`), in its database.
"""

import uuid
from datetime import datetime, time
from typing import Any

from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from accounts.rights import practice_actor
from appointments.booking.services.booking import book_freely
from appointments.enums import HolidayCalendar
from appointments.models import MessageSettings, Schedule
from tests import factories


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


def book(*, email: str, agenda: str, visits: list[dict[str, Any]]) -> None:
    """By this account: who comes when, and at which address they are told."""
    now = timezone.now()
    by = practice_actor(User.objects.get(email=email), now=now)
    # Patients are told at any hour, as this may be run at any.
    house = Schedule.objects.get(pk=agenda).organization
    any_hour = {"quiet_from": time(0), "quiet_until": time(0), "sundays": True}
    MessageSettings.objects.update_or_create(organization=house, defaults=any_hour)
    for one in visits:
        book_freely(
            schedule_id=uuid.UUID(agenda),
            start=datetime.fromisoformat(one["start"]),
            minutes=15,
            visit=factories.visit(patient=factories.patient(family_name=one["name"], email=one["email"])),
            by=by,
            now=now,
            despite=False,
        )
