"""The demonstration loads, and is open on any day."""

import pytest
from django.core.management import call_command

from appointments.models import Appointment, Location, Rule

pytestmark = pytest.mark.django_db


def test_the_demonstration_is_loaded() -> None:
    call_command("load_demo")
    assert Rule.objects.exists()
    assert Appointment.objects.filter(reason__isnull=False).exists()
    assert set(Location.objects.values_list("holidays", flat=True)) == {"none"}
