"""Accounts, places and agendas, as rows; who keeps them, and when they are away, as their services write it."""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Membership, Organization, Practitioner, User
from accounts.rights import Actor, practice_actor
from accounts.services.access import Given, add_member, change_member, note_use
from accounts.services.directory import import_directory
from appointments.demo import cast
from appointments.demo.cast import Opening, Person, Surgery
from appointments.demo.practitioners import PEOPLE
from appointments.enums import Audience, HolidayCalendar
from appointments.models import Calendar, Location, Reason, ReasonAt, Rule, Schedule
from appointments.openings.holidays import holidays_of
from appointments.openings.selectors import next_days
from appointments.openings.services.absences import Away, create_absence
from appointments.openings.services.rules import leave_out_day, write_offers
from appointments.openings.values import Days, Hours, Shown
from appointments.setup.services.changes import change_setup, of_openings

PEOPLE_FILE = Path(__file__).parent / "people.json"
DIRECTORY_FILE = Path(__file__).parent / "annuaire.txt"
# Rules began that long ago, on a Monday: longer than anybody's history.
_OPEN_FOR = timedelta(weeks=52)
# Accesses were given that long ago.
_KEPT_FOR = timedelta(weeks=20)
# Beyond all visits.
_FAR = timedelta(weeks=6)


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


def write_directory(now: datetime) -> None:
    """The made-up extract of the national directory, of people there are and of others."""
    with DIRECTORY_FILE.open("rb") as file:
        import_directory(file, name=DIRECTORY_FILE.name, now=now, on_broken=_none_is_broken, on_line=lambda lines: None)


def _none_is_broken(line: int, cause: str) -> None:
    raise ValueError(f"annuaire.txt, {line}: {cause}")


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
    for position, (label, kind) in enumerate(cast.REASONS.items(), start=1):
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


def write_access(
    agendas: Collection[Agenda], users: dict[str, User], organizations: dict[str, Organization], now: datetime
) -> None:
    """Who keeps what: managers, a secretary who books for four, another who sees when somebody is taken. The managers were named
    in the administration; the rest somebody has said, since, and all but one of them have used it.
    """
    roles = [(member, key, role) for member in cast.MEMBERS for key, role in member.roles.items()]
    managers = {key: users[member.email] for member, key, role in roles if role == Role.MANAGER}
    Membership.objects.bulk_create(Membership(user=user, organization=organizations[key], role=Role.MANAGER)
                                   for key, user in managers.items())  # fmt: skip
    since = now - _KEPT_FOR
    saying = {key: practice_actor(user, now=since) for key, user in managers.items()}
    for member, key, role in roles:
        if role != Role.MANAGER:
            add_member(organization_id=organizations[key].pk, email=member.email, role=role, by=saying[key], now=since)
    # Somebody may have two agendas at one organization.
    wanted = {
        (member.email, agenda.person.family_name, key): agenda.schedule.practitioner
        for member, key, _ in roles
        for agenda in agendas
        if agenda.person.family_name in member.levels and agenda.schedule.organization == organizations[key]
    }
    for (email, name, key), practitioner in wanted.items():
        level = next(one.levels[name] for one in cast.MEMBERS if one.email == email)
        # Told by the practitioner where they have an account: nobody is written to of what they did themself.
        by = practice_actor(practitioner.user, now=since) if practitioner.user else saying[key]
        whose = Membership.objects.get(user=users[email], organization=organizations[key])
        change_member(
            membership_id=whose.pk, version=whose.version, accesses=[Given(practitioner.pk, level)], by=by,
            now=since + timedelta(days=1),
        )  # fmt: skip
    pairs = list(dict.fromkeys((email, key) for email, _, key in wanted))
    for count, (email, key) in enumerate(pairs[:-1], start=1):
        used = now - timedelta(hours=20 * count)
        note_use(actor=practice_actor(users[email], now=now), organizations=[organizations[key].pk], now=used)


def write_absences(agendas: Collection[Agenda], now: datetime) -> None:
    """An evening this week or the next, and a week off later, for two practitioners; for one of them a day without a rule. Noted
    the day before yesterday, by themself or by who manages their organization.
    """
    of_whom = {one.person.family_name: one.schedule.practitioner for one in agendas}
    today, noted = timezone.localdate(now), now - timedelta(days=2)
    day = today + timedelta(days=3)
    while day.isoweekday() > 5 or day in holidays_of(HolidayCalendar.METROPOLE, day, day):
        day += timedelta(days=1)
    evening = timezone.make_aware(datetime.combine(day, time(17)))
    hours = Away(Hours(evening, evening + timedelta(hours=3)), label="Formation")
    away = today + timedelta(days=9)
    days = Away(Days(away, away + timedelta(days=6)), label="Congés")
    for name, absence in (("Tournesol", hours), ("Sauge", days)):
        one = of_whom[name]
        act = partial(create_absence, practitioner_id=one.pk, away=absence, by=_keeper(one, noted), now=noted)
        change_setup(act, of_openings(one.pk), by=_keeper(one, noted), now=noted, read=True)
    one = of_whom["Tournesol"]
    rule = Rule.objects.filter(schedule__calendar__practitioner=one).order_by("created_at", "pk").first()
    assert rule is not None  # noqa: S101  # for the type checker
    off = next_days(rule, since=today + _FAR)[0]
    act_off = partial(leave_out_day, rule_id=rule.pk, version=rule.version, day=off, by=_keeper(one, noted))
    change_setup(act_off, of_openings(one.pk), by=_keeper(one, noted), now=noted, read=True)


def _keeper(practitioner: Practitioner, now: datetime) -> Actor:
    """The practitioner, or a manager where they have no account."""
    if practitioner.user is not None:
        return practice_actor(practitioner.user, now=now)
    there = Schedule.objects.filter(calendar__practitioner=practitioner).values("organization")
    manager = Membership.objects.filter(organization__in=there, role=Role.MANAGER).select_related("user")[0]
    return practice_actor(manager.user, now=now)
