"""The same moment as the practice's pages, and people of every kind around one practitioner who receives at two organizations."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.models import (
    Delegation,
    Invitation,
    ManagersKeptOut,
    Membership,
    Organization,
    Practitioner,
    Regulator,
    User,
)
from appointments.models import (
    Absence,
    Appointment,
    Closure,
    Emptying,
    ImportRun,
    Location,
    OtherCalendar,
    Reason,
    Rule,
    Schedule,
)
from tests import factories
from tests.appointments.agenda.conftest import NOW, _frozen
from tests.factories import PARIS, at

__all__ = ["_frozen"]

# What is only told at the other organization.
SECRETS = [
    "Pivoine", "Zénobie", "zenobie@secret.example", "612345678", "6 12 34 56 78", "Note-secrète", "Motif-secret",
    "Absence-secrète", "Partout-secret", "Fermeture-secrète", "Cabinet-secret", "Structure-secrète", "07 h 35", "7 h 35",
]  # fmt: skip


@dataclass
class World:
    """`here` is where everybody's rights are, `there` the same practitioner's agenda at another organization."""

    practitioner: Practitioner
    here: Schedule
    there: Schedule
    colleague: Schedule
    rule: Rule
    reason: Reason
    absence: Absence
    closure: Closure
    emptied: Emptying
    visit: Appointment
    member: Membership
    given: Delegation
    invitation: Invitation
    # The same, at the other organization.
    rule_there: Rule
    reason_there: Reason
    absence_there: Absence
    absence_everywhere: Absence
    closure_there: Closure
    visit_there: Appointment
    # Brought here, not yet checked; and what the practitioner follows elsewhere.
    brought: ImportRun
    other: OtherCalendar

    @property
    def organization(self) -> Organization:
        return self.here.organization


@pytest.fixture
def world(db: None) -> World:
    practitioner = factories.practitioner(user=factories.user(), given_name="Alba", family_name="Tournesol")
    here = factories.schedule(practitioner=practitioner, location=factories.location(name="Cabinet d’ici"))
    secret = factories.organization(name="Structure-secrète")
    place = factories.location(name="Cabinet-secret", organization=secret, phone="+33199007777")
    there = factories.schedule(practitioner=practitioner, location=place)
    reason = factories.reason(here, label="Motif d’ici")
    hidden = factories.reason(there, label="Motif-secret")
    patient = factories.file(
        secret, family_name="Pivoine", given_name="Zénobie", email="zenobie@secret.example", phone="+33612345678"
    )
    # Two that touch, and one on its own.
    visit_there = factories.appointment(
        schedule_=there, start=at("2026-11-26", "14:00"), patient=patient, reason=hidden, note="Note-secrète"
    )
    for clock in ("14:15", "17:00"):
        factories.appointment(schedule_=there, start=at("2026-11-26", clock), patient=patient)
    helper = factories.user(first_name="Ici", last_name="Présente")
    return World(
        practitioner=practitioner,
        here=here,
        there=there,
        colleague=factories.colleague(here),
        rule=factories.rule(schedule=here, reasons=[reason]),
        reason=reason,
        absence=_absence(here, "Absence d’ici", "2026-11-27"),
        closure=_closure(here.location, "Fermeture d’ici"),
        emptied=factories.emptying(here, "2026-11-23", label="Partout-secret"),
        visit=factories.appointment(schedule_=here, start=at("2026-11-26", "09:00")),
        member=factories.member(here.organization, helper),
        given=factories.delegate(helper, here, Level.SEE),
        invitation=factories.invitation(here.organization),
        rule_there=factories.rule(schedule=there, start_time=at("2026-11-26", "07:35").time(), reasons=[hidden]),
        reason_there=hidden,
        absence_there=_absence(there, "Absence-secrète", "2026-11-28"),
        absence_everywhere=factories.absence(
            practitioner=practitioner, label="Partout-secret",
            start=at("2026-11-24", "09:00"), end=at("2026-11-24", "10:00"),
        ),
        closure_there=_closure(place, "Fermeture-secrète"),
        visit_there=visit_there,
        brought=factories.brought(here, helper),
        other=OtherCalendar.objects.create(
            calendar=here.calendar, name="Hôpital", address="https://agenda.exemple.test/Note-secrète.ics",
            created_at=NOW, next_at=NOW, actor_kind="user", by_user=practitioner.user,
        ),
    )  # fmt: skip


def _absence(schedule: Schedule, label: str, day: str) -> Absence:
    start = at(day, "10:00")
    return Absence.objects.create(
        calendar=schedule.calendar, schedule=schedule, label=label, start=start, end=start + timedelta(hours=1)
    )


def _closure(location: Location, label: str) -> Closure:
    return Closure.objects.create(
        location=location, label=label, first_day=date(2026, 12, 24), last_day=date(2026, 12, 25)
    )


def person(kind: str, world: World) -> User | Regulator | None:
    """Of this kind, in what concerns the practitioner's agenda `here`."""
    made = factories.user(first_name="Qui", last_name="Regarde")
    match kind:
        case "anonymous":
            return None
        case "regulator":
            return factories.regulator()
        case "practitioner":
            return world.practitioner.user
        case "stranger":
            other = factories.practitioner(user=made)
            factories.schedule(practitioner=other)
        case "member":
            factories.member(world.organization, made)
        case "ended":
            factories.delegate(made, world.here, Level.MANAGE, until=NOW - timedelta(minutes=1))
        case "manager":
            factories.member(world.organization, made, Role.MANAGER)
        case "kept out":
            factories.member(world.organization, made, Role.MANAGER)
            ManagersKeptOut.objects.create(
                organization=world.organization, practitioner=world.practitioner, since=timezone.now()
            )
        case "operator":
            made.is_staff = made.is_superuser = True
            made.save()
        case _:
            factories.delegate(made, world.here, Level[kind.upper()])
    return made


@pytest.fixture
def browser(
    world: World, sign_in: Callable[[User], Client], sign_in_regulator: Callable[[Regulator], Client]
) -> Callable[[str], Client]:
    """Of somebody of this kind."""

    def make(kind: str) -> Client:
        who: Any = person(kind, world)
        if who is None:
            return Client()
        return sign_in_regulator(who) if isinstance(who, Regulator) else sign_in(who)

    return make


def typed(world: World) -> dict[str, object]:
    """Where something stands elsewhere."""
    patient = factories.patient(family_name="Ordinaire")
    start = world.visit_there.start + timedelta(minutes=5)
    return {
        "schedule": str(world.here.id), "day": "2026-11-26", "minutes": "15",
        "hour": f"{start.astimezone(PARIS):%H:%M}",
        "consultation_type": "AMB", "family_name": patient.family_name, "given_name": patient.given_name, "sex": "female",
        "birth_date": "01/02/1980", "phone": "0612340000", "request_id": "6f6d0d8e-6b1f-4e5e-9d52-5c7c1f3f0a11",
        "first_day": "2026-12-01", "start_time": "9h", "end_time": "12h", "step_minutes": "15", "weekdays": ["1"],
        "consultation_types": ["AMB"], "appointment_type": "ROUTINE", "location": str(world.there.location_id),
    }  # fmt: skip


def secrets_in(answer: Any) -> list[str]:
    text = readable(answer) + str(answer.headers)
    return [word for word in SECRETS if word in text]


def readable(answer: Any) -> str:
    """With blanks of all kinds as one."""
    return " ".join(html.unescape(answer.content.decode()).split())


@pytest.fixture
def bare_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shut answers by its status alone: its page is one for all and says nothing of anybody (accounts.test_errors)."""
    monkeypatch.setattr("sas_agenda.errors.render_to_string", lambda *_: "")
