"""The demonstration loads, and shows what a public holiday does."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from appointments.models import Appointment, Schedule
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import REGULATOR
from tests.factories import at

pytestmark = pytest.mark.django_db


def test_on_a_public_holiday_the_two_practitioners_of_the_sas_receive_and_no_other() -> None:
    christmas = at("2026-12-25", "00:30")
    with time_machine.travel(christmas, tick=False):
        call_command("load_demo")
    assert Appointment.objects.filter(reason__isnull=False).exists()
    schedules = list(Schedule.objects.with_place())
    until = christmas + timedelta(hours=23)
    slots = free_slots_of(schedules, since=christmas, until=until, now=christmas, viewer=REGULATOR)
    assert {slot.schedule.practitioner.rpps for slot in slots} == {"10100050075", "10002909371"}
