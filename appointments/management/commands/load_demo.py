"""`manage.py load_demo`: the demo's people, places, weeks and booked appointments, around today. Does nothing on data."""

import json
import random
import uuid
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Delegation, Membership, Organization, Practitioner, User
from accounts.rights import Actor, acted_by
from appointments.booking.events import record_event
from appointments.demo import cast
from appointments.enums import Audience, EventKind, Origin, Sex, Status
from appointments.models import Absence, Appointment, Calendar, Location, Reason, ReasonAt, Rule, Schedule
from appointments.openings.services.rules import write_offers
from appointments.openings.values import Shown
from appointments.patients.services.files import open_file
from appointments.patients.values import PatientDetails
from appointments.slots.selectors import Slot, free_slots_of
from appointments.slots.values import PRACTICE

PEOPLE_FILE = Path(cast.__file__).parent / "people.json"

# The same fortnight for everybody who starts the demo on the same day.
_dice = random.Random("SAS Agenda")  # noqa: S311


class Command(BaseCommand):
    help = "Charge les données de démonstration si la base est vide."

    def handle(self, *args: Any, **options: Any) -> None:
        if Practitioner.objects.exists() or User.objects.exists():
            self.stdout.write("La base contient déjà des données\u00a0: rien n’est chargé.")
            return
        # Nobody else sees its lines of time before all of it stands: there is none to lock.
        with transaction.atomic():
            users = _users()
            locations = _locations()
            schedules = [schedule for person in cast.PEOPLE for schedule in _practitioner(person, users, locations)]
            _access(schedules, users, locations)
            secretary = users["secretariat@demo.example"]
            _absences(schedules)
            booked = _fill(schedules, Actor(user=secretary))
        self.stdout.write(f"Démonstration chargée\u00a0: {len(schedules)} agendas, {booked} rendez-vous.")


def _users() -> dict[str, User]:
    users = {}
    for entry in json.loads(PEOPLE_FILE.read_text(encoding="utf-8")):
        first_name, last_name = entry["name"].removeprefix("Dr ").split(" ", 1)
        administrator = entry["role"] == "Administratrice"
        users[entry["email"]] = User.objects.create_user(
            entry["email"],
            entry["password"],
            first_name=first_name,
            last_name=last_name,
            is_staff=administrator,
            is_superuser=administrator,
        )
    return users


def _locations() -> dict[str, Location]:
    organizations = {key: Organization.objects.create(**fields) for key, fields in cast.ORGANIZATIONS.items()}
    return {
        key: Location.objects.create(**fields | {"organization": organizations[fields["organization"]]})
        for key, fields in cast.LOCATIONS.items()
    }


def _practitioner(person: cast.Person, users: dict[str, User], locations: dict[str, Location]) -> list[Schedule]:
    practitioner = Practitioner.objects.create(
        family_name=person.family_name,
        given_name=person.given_name,
        rpps=person.rpps,
        adeli=person.adeli,
        specialty_codes=[person.specialty],
        practical_information=person.practical_information,
        user=users.get(person.email or ""),
    )
    calendar = Calendar.objects.create(practitioner=practitioner)
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    schedules = []
    for place, openings in person.places.items():
        schedule = Schedule.objects.create(calendar=calendar, location=locations[place])
        reasons = _reasons(schedule, {label for opening in openings for label in opening.reasons})
        for opening in openings:
            rule = Rule.objects.create(
                schedule=schedule,
                weekdays=opening.days,
                start_time=opening.hours[0],
                end_time=opening.hours[1],
                step_minutes=opening.step_minutes,
                first_day=monday - timedelta(days=364),
                consultation_types=opening.consultation_types,
                appointment_type=opening.appointment_type,
                on_holidays=opening.on_holidays,
            )
            write_offers(
                rule,
                [Shown(Audience(code)) for code in opening.audiences],
                {reasons[label] for label in opening.reasons},
            )
        schedules.append(schedule)
    return schedules


def _access(schedules: list[Schedule], users: dict[str, User], locations: dict[str, Location]) -> None:
    """Who keeps what: a manager, a secretary who books for four, another who sees when somebody is taken."""
    for person in cast.MEMBERS:
        for place, role in person.roles.items():
            Membership.objects.create(user=users[person.email], organization=locations[place].organization, role=role)
    manager = users[next(one.email for one in cast.MEMBERS if Role.MANAGER in one.roles.values())]
    for schedule in schedules:
        for person in cast.MEMBERS:
            level = person.levels.get(schedule.practitioner.family_name)
            if level is not None and schedule.organization in {locations[place].organization for place in person.roles}:
                Delegation.objects.get_or_create(
                    user=users[person.email],
                    organization=schedule.organization,
                    practitioner=schedule.practitioner,
                    defaults={"level": level, "granted_by": manager, "granted_at": timezone.now()},
                )


def _reasons(schedule: Schedule, labels: set[str]) -> dict[str, uuid.UUID]:
    """The organization's reasons of these names, done at this agenda."""
    found = {}
    for label in sorted(labels):
        reason, _ = Reason.objects.get_or_create(organization=schedule.organization, label=label)
        ReasonAt.objects.create(schedule=schedule, reason=reason)
        found[label] = reason.id
    return found


def _fill(schedules: list[Schedule], by: Actor) -> int:
    """Appointments booked by the practices, from last Monday for two weeks; those that are over have a status."""
    now = timezone.now()
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday())
    since = timezone.make_aware(datetime.combine(monday, time.min))
    loaded = Schedule.objects.with_place().filter(pk__in=[schedule.pk for schedule in schedules])
    # "now" is the beginning of the fortnight, so that its first days are filled too.
    slots = free_slots_of(list(loaded), since=since, until=since + timedelta(days=14), now=since, viewer=PRACTICE)
    share = {person.rpps or person.adeli: person.filled for person in cast.PEOPLE}
    count = 0
    taken: dict[Any, datetime] = {}
    for slot in slots:
        practitioner = slot.schedule.practitioner
        if _dice.random() > share[practitioner.rpps or practitioner.adeli] * _fading(slot.start, now):
            continue
        if taken.get(practitioner.pk, since) > slot.start:
            continue
        taken[practitioner.pk] = slot.end
        _book(slot, by, now)
        count += 1
    return count


def _fading(start: datetime, now: datetime) -> float:
    """Agendas fill up as the day comes: full for the past, less and less for the days ahead."""
    return max(0.25, 1 - max(0, (start - now).days) * 0.12)


def _book(slot: Slot, by: Actor, now: datetime) -> None:
    booked_at = min(now, slot.start) - timedelta(days=_dice.randrange(1, 20), minutes=_dice.randrange(600))
    sex = _dice.choice([Sex.FEMALE, Sex.MALE])
    appointment = Appointment(
        start=slot.start,
        end=slot.end,
        consultation_type=slot.offer.consultation_types[0],
        appointment_type=slot.offer.appointment_type,
        reason_id=_dice.choice(slot.offer.reasons).id if slot.offer.reasons else None,
        origin=Origin.PRACTICE,
        version=1,
        **acted_by(by),
    )
    details = PatientDetails(
        family_name=_dice.choice(cast.PATIENT_FAMILY_NAMES) + "-Démo",
        given_name=_dice.choice(cast.PATIENT_GIVEN_NAMES[sex]),
        birth_date=(booked_at - timedelta(days=_dice.randrange(400, 32_000))).date(),
        sex=sex,
        # A range that the regulator keeps for fiction.
        phone=f"+336399{_dice.randrange(80_000, 100_000):05d}",
    )
    appointment.patient = open_file(details=details, organization_id=slot.schedule.organization_id, by=by)
    appointment.contact_phone = details.phone
    appointment.at(slot.schedule)
    if slot.end < now:
        # Yesterday and before are closed; of today some are still to be closed.
        over = now - slot.end > timedelta(hours=3) or _dice.random() < 0.5
        appointment.status = _dice.choices([Status.FULFILLED, Status.NOSHOW], [14, 1])[0] if over else Status.BOOKED
    appointment.save(force_insert=True)
    # `auto_now_add` wrote today.
    appointment.created_at = booked_at
    appointment.save(update_fields=["created_at"])
    record_event(appointment=appointment, kind=EventKind.BOOKED, by=by, at=booked_at)
    if appointment.status != Status.BOOKED:
        kind = EventKind.FULFILLED if appointment.status == Status.FULFILLED else EventKind.NOSHOW
        appointment.version = 2
        appointment.save(update_fields=["version"])
        record_event(appointment=appointment, kind=kind, by=by, at=slot.end, previous={"status": Status.BOOKED})


def _absences(schedules: list[Schedule]) -> None:
    """An afternoon this week and a week off later, for two practitioners."""
    today = timezone.localdate()
    first, last = schedules[0].calendar, schedules[-1].calendar
    midday = timezone.make_aware(datetime.combine(today + timedelta(days=3), time(14)))
    Absence.objects.create(calendar=first, start=midday, end=midday + timedelta(hours=5), label="Formation")
    away = today + timedelta(days=9)
    Absence.objects.create(calendar=last, first_day=away, last_day=away + timedelta(days=6), label="Congés")
