"""Each line of time counts the changes of what an answer about its slots or its agenda depends on, and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import F

from accounts.models import Organization
from accounts.rights import acted_by
from appointments.enums import Audience
from appointments.models import (
    Absence,
    Appointment,
    BusyTime,
    Calendar,
    Closure,
    Hold,
    Location,
    OtherCalendar,
    Patient,
    Reason,
    ReasonAt,
    Rule,
    RuleDayOff,
    RuleOffer,
)
from tests import factories
from tests.appointments.world import DAY, NINE, QUARTER, World, hold, put, visit, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db


@dataclass
class Raised:
    """How much each line of time changed since last asked."""

    before: dict[Any, int]

    def __call__(self) -> set[Any]:
        now = dict(Calendar.objects.values_list("pk", "changes"))
        raised = {key for key in now if now[key] > self.before.get(key, 0)}
        self.before = now
        return raised


@pytest.fixture
def raised(world: World) -> Raised:
    return Raised(dict(Calendar.objects.values_list("pk", "changes")))


def elsewhere(world: World) -> BusyTime:
    other = OtherCalendar.objects.create(
        calendar=world.here.calendar, name="Hôpital", address="https://agenda.exemple.test/", created_at=NINE, next_at=NINE,
        **acted_by(factories.practice_actor()),
    )  # fmt: skip
    return BusyTime.objects.create(other=other, calendar=world.here.calendar, start=NINE, end=NINE + QUARTER)


MADE: dict[str, tuple[Callable[[World], models.Model], dict[str, Any]]] = {
    "rule": (lambda w: factories.rule(schedule=w.here, audiences=[]), {"capacity": 2}),
    "day off": (lambda w: RuleDayOff.objects.create(rule=w.rule, day=DAY), {"day": DAY + timedelta(days=1)}),
    "offer": (lambda w: RuleOffer.objects.create(rule=w.rule, audience=Audience.PRO), {"shown_until_minutes": 60}),
    "reason at an agenda": (
        lambda w: ReasonAt.objects.create(schedule=w.here, reason=factories.reason(organization=w.here.organization)),
        {"buffer_after": 5},
    ),
    "absence": (
        lambda w: Absence.objects.create(calendar=w.here.calendar, first_day=DAY, last_day=DAY),
        {"label": "Congés"},
    ),
    "time taken elsewhere": (elsewhere, {"end": NINE + 2 * QUARTER}),
    "closure": (
        lambda w: Closure.objects.create(location=w.here.location, first_day=DAY, last_day=DAY),
        {"last_day": DAY + timedelta(days=1)},
    ),
    "schedule": (lambda w: factories.schedule(calendar=w.here.calendar), {"active": False}),
    "hold": (lambda w: hold(w.here), {"expires_at": NINE + QUARTER}),
    "appointment": (lambda w: visit(w.here, start=NINE + QUARTER), {"note": "Fauteuil roulant"}),
}


@pytest.mark.parametrize("what", MADE)
def test_a_line_of_time_counts_what_is_made_changed_and_removed(world: World, raised: Raised, what: str) -> None:
    make, change = MADE[what]
    mine = {world.here.calendar_id}
    row = make(world)
    assert raised() == mine
    put(row, **change)
    assert raised() == mine
    put(row, **change)  # nothing new
    assert raised() == set()
    row.delete()
    assert raised() == mine


CHANGED: dict[str, tuple[Callable[[World], models.Model], dict[str, Any]]] = {
    "reason": (lambda w: w.reason, {"label": "Autre"}),
    "location": (lambda w: w.here.location, {"holidays": "metropole"}),
    "practitioner": (lambda w: w.here.practitioner, {"family_name": "Autre"}),
    "organization": (lambda w: w.here.organization, {"finess": "999999999"}),
    # Without any, nothing is shown outside.
    "organization's phone": (lambda w: w.here.organization, {"phone": "+33199001299"}),
    "patient": (lambda w: w.appointment.patient, {"family_name": "Autre"}),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_line_of_time_counts_changes_of_what_it_stands_on(world: World, raised: Raised, what: str) -> None:
    find, change = CHANGED[what]
    put(find(world), **change)
    assert raised() == {world.here.calendar_id}


QUIET: dict[str, Callable[[World], object]] = {
    "versions": lambda w: [
        put(row, version=F("version") + 1)
        for row in (
            w.rule,
            w.reason,
            w.here,
            w.here.location,
            w.here.organization,
            w.here.practitioner,
            w.appointment,
            w.appointment.patient,
        )
    ],
    "how long patients are kept": lambda w: put(w.here.organization, patient_retention_days=30),
    "the practitioner's account": lambda w: put(w.here.practitioner, user=factories.user()),
    "a patient without visit": lambda w: put(factories.file(w.here.organization), family_name="Autre"),
    "a reason not done there": lambda w: put(factories.reason(organization=w.here.organization), label="Autre"),
    "a place without agenda": lambda w: put(factories.location(organization=w.here.organization), name="Autre"),
}


@pytest.mark.parametrize("what", QUIET)
def test_nothing_else_is_counted(world: World, raised: Raised, what: str) -> None:
    QUIET[what](world)
    assert raised() == set()


def test_both_lines_of_time_count_an_appointment_given_away(world: World, raised: Raised) -> None:
    colleague = factories.colleague(world.here)
    raised()
    world.appointment.at(colleague)
    world.appointment.save()
    assert raised() == {world.here.calendar_id, colleague.calendar_id}


def test_a_table_emptied_is_counted_by_all(world: World, raised: Raised) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE appointments_closure")
    assert raised() == set(Calendar.objects.values_list("pk", flat=True))


def test_an_act_is_counted_once_for_each_statement(world: World) -> None:
    """A poll compares: it needs no more than that it grew; more would be rows written for nothing."""
    before = Calendar.objects.get(pk=world.here.calendar_id).changes
    Rule.objects.bulk_create(
        Rule(
            schedule=world.here, organization=world.here.organization, first_day=DAY, weekdays=[number],
            anchor_week=date(2026, 11, 30), start_time="09:00", end_time="12:00",
        )
        for number in range(1, 6)
    )  # fmt: skip
    assert Calendar.objects.get(pk=world.here.calendar_id).changes == before + 1


def test_every_watched_table_has_its_triggers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, array_agg(tgname::text ORDER BY tgname) FROM pg_trigger "
            "WHERE tgname LIKE 'calendars_%' GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    watched = (
        Absence,
        Appointment,
        BusyTime,
        Closure,
        Hold,
        Location,
        Organization,
        Patient,
        Reason,
        ReasonAt,
        Rule,
        RuleDayOff,
        RuleOffer,
    )
    tables = {model._meta.db_table for model in watched} | {"appointments_schedule", "accounts_practitioner"}
    assert found.keys() == tables
    four = [f"calendars_{event}" for event in ("delete", "insert", "truncate", "update")]
    # No visit names a patient's file when it is made.
    patients = found.pop(Patient._meta.db_table)
    assert patients == [name for name in four if name != "calendars_insert"]
    assert all(triggers == four for triggers in found.values())
