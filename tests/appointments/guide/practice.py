"""A practice in which everything that docs/utilisateurs names is on some page."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from appointments.enums import ImportPast, Status
from appointments.imports.services import runs
from appointments.imports.values import Part
from appointments.models import BusyTime, ImportRun, RuleDayOff, Schedule
from appointments.paper.services import make_feed
from tests import factories
from tests.appointments.access.conftest import World, _frozen, world
from tests.appointments.guide.screen import Screen
from tests.appointments.imports.conftest import carry
from tests.factories import at, practice_actor

__all__ = ["_frozen", "world"]


@pytest.fixture
def begin(world: World, sign_in: Callable[[User], Client]) -> Callable[[str], Screen]:
    """On the first page of the doctor, who is in charge of the practice too; or elsewhere, by name."""
    doctor = world.practitioner.user
    assert doctor is not None
    factories.member(world.organization, doctor, Role.MANAGER)
    _fill(world)
    in_charge = factories.member(world.organization, role=Role.MANAGER).user
    today = factories.appointment(schedule_=world.here, start=at("2026-11-25", "11:00"))

    def at_place(name: str) -> Screen:
        match name:
            case "":
                return Screen(sign_in(doctor), "/")
            case "responsable":
                return Screen(sign_in(in_charge), "/")
            case "rendez-vous du jour":
                return Screen(sign_in(doctor), reverse("appointment", args=[today.pk]))
            case "import lu":
                return Screen(sign_in(doctor), reverse("import", args=[world.brought.pk]))
            case "import vérifié":
                return Screen(sign_in(doctor), reverse("import", args=[_checked(world.here).pk]))
            case "import fait":
                return Screen(sign_in(doctor), reverse("import", args=[_imported(world.here).pk]))
        raise AssertionError(f"no way begins at {name}")

    return at_place


def _fill(world: World) -> None:
    here, by = world.here, practice_actor(world.practitioner)
    # What was booked: of days gone by, by a regulator, by somebody who can't be reached.
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        factories.appointment(schedule_=here, start=at(day, "09:30"))
    factories.appointment(schedule_=here, start=at("2026-11-25", "09:45"), status=Status.FULFILLED)
    factories.appointment(schedule_=here, start=at("2026-11-30", "09:00"), by=factories.regulator_actor())
    factories.appointment(schedule_=here, start=at("2026-11-30", "09:15"), contact_email="zoe@exemple.test")
    factories.appointment(schedule_=here, start=at("2026-11-30", "09:30"), contact_phone="")
    # A colleague who is free then, and has no reasons yet.
    factories.rule(schedule=world.colleague)
    # What nobody outside sees.
    factories.rule(schedule=here, label="Soir", start_time=time(20), end_time=time(21), audiences=[])
    # Days apart, one that is closed and one that is otherwise.
    RuleDayOff.objects.create(rule=world.rule, day=date(2026, 12, 3))
    day = date(2026, 12, 4)
    factories.rule(schedule=here, weekdays=[5], first_day=day, last_day=day, start_time=time(18), end_time=time(20))
    now = timezone.now()
    start = at("2026-11-25", "15:00")
    BusyTime.objects.create(other=world.other, calendar=here.calendar, start=start, end=start + timedelta(hours=1))
    make_feed(practitioner_id=world.practitioner.id, version=0, with_names=False, by=by, now=now)


def _checked(schedule: Schedule) -> ImportRun:
    by, content = practice_actor(schedule.practitioner), b"Nom;Debut\nAil;27/11/2026 10:00\nBis;27/11/2026 10:00\n"
    run = runs.bring_file(schedule_id=schedule.id, name="rdv.csv", content=content, by=by, now=timezone.now())
    runs.match_columns(
        run_id=run.pk, version=run.version, default_minutes=15, past=ImportPast.FULFILLED, given_name_first=False, by=by,
        matching={Part(part): int(number) for number, part in run.matching.items()},
    )  # fmt: skip
    return carry(run)


def _imported(schedule: Schedule) -> ImportRun:
    run = _checked(schedule)
    runs.start(run_id=run.pk, version=run.version, by=practice_actor(schedule.practitioner), now=timezone.now())
    return carry(run)
