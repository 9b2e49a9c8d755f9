"""Accounts, places, agendas and who keeps them, as rows."""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Delegation, Membership, Organization, Practitioner, User
from appointments.demo import cast
from appointments.demo.cast import Opening, Person, Surgery
from appointments.demo.practitioners import PEOPLE
from appointments.enums import Audience, HolidayCalendar
from appointments.models import Absence, Calendar, Location, Reason, ReasonAt, Rule, Schedule
from appointments.openings.holidays import holidays_of
from appointments.openings.services.rules import write_offers
from appointments.openings.values import Shown

PEOPLE_FILE = Path(__file__).parent / "people.json"
# Rules began that long ago, on a Monday: longer than anybody's history.
_OPEN_FOR = timedelta(weeks=52)


@dataclass(frozen=True, slots=True)
class Agenda:
    """One person's at one place (its key), with its openings by rule. `schedule` is as loaded `with_place()`."""

    person: Person
    place: str
    schedule: Schedule
    openings: dict[uuid.UUID, Opening]


def write_users() -> dict[str, User]:
    """By e-mail. Their passwords come with their hashes: to compute all of them anew takes seconds each time."""
    users = {}
    for entry in json.loads(PEOPLE_FILE.read_text(encoding="utf-8")):
        first_name, last_name = entry["name"].removeprefix("Dr ").split(" ", 1)
        administrator = entry["role"] == "Administratrice"
        users[entry["email"]] = User.objects.create(
            email=entry["email"],
            password=entry["hash"],
            first_name=first_name,
            last_name=last_name,
            is_staff=administrator,
            is_superuser=administrator,
        )
    return users


def write_organizations() -> dict[str, Organization]:
    return {key: Organization.objects.create(**fields) for key, fields in cast.ORGANIZATIONS.items()}


def write_agendas(users: dict[str, User], organizations: dict[str, Organization], today: date) -> list[Agenda]:
    """In the order of the cast."""
    locations = {
        key: Location.objects.create(**fields | {"organization": organizations[fields["organization"]]})
        for key, fields in cast.LOCATIONS.items()
    }
    agendas = []
    for person in PEOPLE:
        practitioner = Practitioner.objects.create(
            title=person.title,
            family_name=person.family_name,
            given_name=person.given_name,
            rpps=person.rpps,
            adeli=person.adeli,
            profession=person.profession,
            specialty_codes=[person.specialty] if person.specialty else [],
            practical_information=person.practical_information,
            user=users.get(person.email or ""),
        )
        calendar = Calendar.objects.create(practitioner=practitioner)
        for place, surgery in person.places.items():
            location = locations[place]
            schedule = Schedule.objects.create(
                calendar=calendar, location=location, organization=location.organization, siret=surgery.siret
            )
            agendas.append(Agenda(person, place, schedule, _openings(schedule, surgery, today)))
    return agendas


def _openings(schedule: Schedule, surgery: Surgery, today: date) -> dict[uuid.UUID, Opening]:
    reasons = _reasons(schedule, surgery)
    first_day = today - timedelta(days=today.weekday()) - _OPEN_FOR
    found = {}
    for opening in surgery.openings:
        rule = Rule.objects.create(
            schedule=schedule,
            weekdays=opening.days,
            start_time=opening.hours[0],
            end_time=opening.hours[1],
            step_minutes=opening.step_minutes,
            capacity=opening.capacity,
            first_day=first_day,
            every_n_weeks=opening.every_n_weeks,
            anchor_week=first_day + timedelta(weeks=opening.weeks_off),
            consultation_types=opening.consultation_types,
            appointment_type=opening.appointment_type,
            on_holidays=opening.on_holidays,
        )
        shown = [Shown(Audience(code)) for code in opening.audiences]
        write_offers(rule, shown, {reasons[label] for label in opening.reasons})
        found[rule.id] = opening
    return found


def _reasons(schedule: Schedule, surgery: Surgery) -> dict[str, uuid.UUID]:
    """The organization's reasons that are done at this agenda, by label."""
    wanted = {label for opening in surgery.openings for label in opening.reasons}
    found = {}
    for position, (label, kind) in enumerate(cast.REASONS.items()):
        if label not in wanted:
            continue
        reason, _ = Reason.objects.get_or_create(
            organization=schedule.organization,
            label=label,
            defaults={
                "minutes": kind.minutes,
                "colour": kind.colour,
                "sign": kind.sign,
                "position": position,
                "instructions": kind.instructions,
            },
        )
        ReasonAt.objects.create(schedule=schedule, reason=reason, buffer_after=surgery.buffers.get(label, 0))
        found[label] = reason.id
    return found


def write_access(agendas: Collection[Agenda], users: dict[str, User], organizations: dict[str, Organization]) -> None:
    """Who keeps what: managers, a secretary who books for four, another who sees when somebody is taken."""
    roles = [(member, key, role) for member in cast.MEMBERS for key, role in member.roles.items()]
    managers = {key: users[member.email] for member, key, role in roles if role == Role.MANAGER}
    Membership.objects.bulk_create(
        Membership(user=users[member.email], organization=organizations[key], role=role) for member, key, role in roles
    )
    given = {
        (member.email, agenda.person.family_name, key): Delegation(
            user=users[member.email],
            organization=organizations[key],
            practitioner=agenda.schedule.practitioner,
            level=member.levels[agenda.person.family_name],
            granted_by=managers[key],
            granted_at=timezone.now(),
        )
        for member, key, _ in roles
        for agenda in agendas
        if agenda.person.family_name in member.levels and agenda.schedule.organization == organizations[key]
    }
    # Somebody may have two agendas at one organization.
    Delegation.objects.bulk_create(given.values())


def write_absences(agendas: Collection[Agenda], today: date) -> None:
    """An evening this week or the next, and a week off later, for two practitioners."""
    calendars = {one.person.family_name: one.schedule.calendar for one in agendas}
    day = today + timedelta(days=3)
    while day.isoweekday() > 5 or day in holidays_of(HolidayCalendar.METROPOLE, day, day):
        day += timedelta(days=1)
    evening = timezone.make_aware(datetime.combine(day, time(17)))
    Absence.objects.create(
        calendar=calendars["Tournesol"], start=evening, end=evening + timedelta(hours=3), label="Formation"
    )
    away = today + timedelta(days=9)
    Absence.objects.create(
        calendar=calendars["Sauge"], first_day=away, last_day=away + timedelta(days=6), label="Congés"
    )
