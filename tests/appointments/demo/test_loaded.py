"""The demonstration as it is loaded, at a moment that is no ordinary one."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.enums import AccessKind, Profession, Role
from accounts.models import AccessEvent, AccessNotice, Delegation, Membership, Organization, Practitioner
from appointments.enums import (
    BirthPrecision,
    EventKind,
    Identity,
    NoGivenName,
    NoPhone,
    SetupKind,
    SetupVerb,
    Status,
)
from appointments.models import (
    Appointment,
    AppointmentEvent,
    Location,
    Patient,
    PatientMessage,
    Reason,
    ReasonAt,
    Rule,
    Schedule,
    SetupChange,
)
from appointments.openings.holidays import holidays_of
from appointments.slots.selectors import Slot, free_slots_of
from appointments.slots.values import REGULATOR
from deploy.local.layout import ROOT
from deploy.local.moments import read_moment
from interop.models import Delivery
from outbox import sms
from tests.examples import few
from tests.factories import PARIS

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("demo")]

GUIDES, ON_CALL = "10100050075", "10002909371"
# A public holiday is in reach of each. The ordinary one is what the system's tests are loaded at, whenever they run.
MOMENTS = ["2026-12-31 23:50", "2026-11-03 10:40"][: few(1, thorough=2)]


@pytest.fixture(scope="module", params=MOMENTS)
def now(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[datetime]:
    """When it was loaded: once for all that look at it."""
    moment = read_moment(request.param)
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(SMS_PROVIDER=sms.Kept()):
        with time_machine.travel(moment, tick=False):
            call_command("load_demo")
        yield moment
        transaction.set_rollback(True)


def shown(now: datetime, *, days: int, **schedules: Any) -> list[Slot]:
    """What the SAS is shown of these agendas."""
    rows = list(Schedule.objects.with_place().filter(**schedules))
    return free_slots_of(rows, since=now, until=now + timedelta(days=days), now=now, viewer=REGULATOR)


def local_day(slot: Slot) -> date:
    return slot.start.astimezone(slot.schedule.location.zone).date()


def test_twelve_practitioners_of_three_organizations_all_have_something_to_show(now: datetime) -> None:
    assert Organization.objects.count() == 3
    assert Practitioner.objects.count() == 12
    assert Practitioner.objects.filter(rpps=None).exclude(adeli=None).count() == 1
    dentist = Practitioner.objects.get(profession=Profession.DENTIST)
    assert dentist.specialty_codes == []
    # Two weeks and more: somebody is away for one, somebody else receives in one out of two.
    assert len({slot.schedule.practitioner_id for slot in shown(now, days=22)}) == 12


def test_the_guides_practitioner_has_slots_at_both_of_her_places_on_every_weekday(now: datetime) -> None:
    slots = shown(now, days=8, calendar__practitioner__rpps=GUIDES)
    weekdays: dict[str, set[int]] = {}
    for slot in slots:
        weekdays.setdefault(slot.schedule.location.name, set()).add(local_day(slot).isoweekday())
    assert len(weekdays) == 2
    assert all(days >= {1, 2, 3, 4, 5} for days in weekdays.values())


def test_on_a_public_holiday_the_two_practitioners_of_the_sas_receive_and_no_other(now: datetime) -> None:
    today = now.astimezone(PARIS).date()
    days = [day for day in holidays_of("metropole", today, today + timedelta(days=14)) if day.isoweekday() < 6]
    slots = shown(now, days=15)
    assert days
    for day in days:
        receiving = {slot.schedule.practitioner.rpps for slot in slots if local_day(slot) == day}
        assert receiving == {GUIDES, ON_CALL}, day


def test_one_receives_overseas_another_in_two_time_zones(now: datetime) -> None:
    zones: dict[str, set[str]] = {}
    for one in Schedule.objects.with_place():
        zones.setdefault(one.practitioner.family_name, set()).add(one.location.time_zone)
    assert {"Indian/Reunion"} in zones.values()
    assert {"Europe/Paris", "Indian/Reunion"} in zones.values()
    assert set(Location.objects.filter(time_zone="Indian/Reunion").values_list("holidays", flat=True)) == {"reunion"}


def test_two_enterprises_share_a_surgery(now: datetime) -> None:
    own = Schedule.objects.with_place().exclude(siret="", finess="")
    assert len({one.location_id for one in own}) == 1
    numbers = {one.structure.siret for one in own}
    assert len(numbers) == len(own) == 2
    assert Organization.objects.filter(siret__in=numbers).count() == 0


def test_forty_patients_have_a_history_each_in_one_file(now: datetime) -> None:
    files = Patient.objects.alias(visits=Count("appointments", filter=Q(appointments__start__lt=now)))
    known = files.filter(visits__gt=1)
    assert known.count() == 40
    assert not files.filter(appointments=None).exists()
    assert set(known.values_list("identity", flat=True)) == set(Identity)
    precisions = set(known.values_list("birth_date_precision", flat=True))
    assert precisions == set(BirthPrecision) - {BirthPrecision.UNKNOWN}
    assert set(known.exclude(no_phone="").values_list("no_phone", flat=True)) == set(NoPhone)
    assert known.filter(no_given_name=NoGivenName.NEWBORN, given_name="").count() == 1
    assert known.exclude(birth_name="").exists()
    assert not Patient.objects.exclude(family_name__endswith="-Démo").exists()
    # Nobody came before they were born, or twice in a day.
    assert not Appointment.objects.filter(start__date__lt=F("patient__birth_date")).exists()
    twice = Appointment.objects.filter(start__lt=now).values("patient", "start__date").annotate(count=Count("pk"))
    assert not twice.filter(count__gt=1).exists()


def test_reasons_openings_and_absences_are_of_all_kinds(now: datetime) -> None:
    reasons = Reason.objects.all()
    assert len(set(reasons.values_list("minutes", flat=True))) > 3
    assert not reasons.filter(Q(colour="") | Q(sign="")).exists()
    assert Rule.objects.filter(every_n_weeks=2).exists()
    assert Rule.objects.filter(on_holidays=False).exists()
    assert ReasonAt.objects.filter(buffer_after__gt=0).exists()
    assert Appointment.objects.filter(buffer_after__gt=0).exists()
    # Two at once.
    side_by_side = Appointment.objects.filter(capacity=2, lane=1)
    assert side_by_side.filter(schedule__appointments__start=F("start"), schedule__appointments__lane=0).exists()
    for kind in ("start", "first_day"):
        assert Schedule.objects.filter(**{f"calendar__absences__{kind}__isnull": False}).exists()


def test_of_fifteen_hundred_visits_those_that_are_over_are_closed(now: datetime) -> None:
    assert 1_300 < Appointment.objects.count() < 1_700
    assert 80 < Appointment.objects.filter(start__gte=now).count() < 250
    closed = Appointment.objects.filter(status__in=[Status.FULFILLED, Status.NOSHOW])
    still_open = Appointment.objects.filter(status=Status.BOOKED)
    assert closed.count() + still_open.count() == Appointment.objects.count()
    assert not closed.filter(end__gt=now).exists()
    # Some hours later all is.
    assert not still_open.filter(end__lt=now - timedelta(hours=3)).exists()
    assert set(AppointmentEvent.objects.values_list("kind", flat=True)) == {
        EventKind.BOOKED,
        EventKind.FULFILLED,
        EventKind.NOSHOW,
    }


def test_accesses_and_set_up_have_a_history(now: datetime) -> None:
    given = Delegation.objects.filter(granted_at__lt=now)
    assert given.count() == Delegation.objects.count() > 4
    used = Membership.objects.filter(role=Role.MEMBER)
    assert used.filter(last_used_at=None).count() == 1
    assert not used.filter(last_used_at__gt=now).exists()
    assert set(AccessEvent.objects.values_list("kind", flat=True)) == {AccessKind.JOINED, AccessKind.GRANTED}
    noted = SetupChange.objects.filter(at__lt=now)
    assert {(one.kind, one.verb) for one in noted} == {
        (SetupKind.ABSENCE, SetupVerb.MADE),
        (SetupKind.RULE, SetupVerb.CHANGED),
    }


def test_nobody_is_told_of_anything(now: datetime) -> None:
    assert not PatientMessage.objects.exists()
    assert not AccessNotice.objects.exists()
    assert not Delivery.objects.exists()


def test_the_simulators_search_proposes_all_of_them(now: datetime) -> None:
    proposed = json.loads((ROOT / "sandbox/demo_practitioners.json").read_text(encoding="utf-8"))
    assert {one["identifier"]: one["label"] for one in proposed} == {
        one.national_id: f"{one.given_name} {one.family_name}" for one in Practitioner.objects.all()
    }
