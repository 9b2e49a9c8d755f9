"""A right that is taken back while a form waits for a lock counts for nothing: what a request may is read again under it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.enums import Level
from accounts.models import Delegation, Membership, Practitioner, Regulator, User
from appointments.models import AppointmentEvent, Hold, PatientEvent, SetupChange
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.access.sending import FORMS, as_data
from tests.appointments.access.test_every_form import Desk, desk, undone

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

# Whose locks are of lines of time; those of memberships: accounts.test_access.
_OF_A_LINE = re.compile(r"FROM \"appointments_calendar\".*FOR NO KEY UPDATE", re.DOTALL)


@contextmanager
def revoked_meanwhile() -> Iterator[list[str]]:
    """Somebody else was faster: by the time a line of time is locked, nobody may anything any more."""
    waited: list[str] = []

    def wait(execute: Any, sql: str, *rest: Any) -> Any:
        if _OF_A_LINE.search(sql) and not waited:
            waited.append(sql)
            Delegation.objects.all().delete()
            Membership.objects.all().delete()
            Practitioner.objects.update(user=None)
            Regulator.objects.update(active=False)
        return execute(sql, *rest)

    with connection.execute_wrapper(wait):
        yield waited


def written() -> list[int]:
    return [model._default_manager.count() for model in (AppointmentEvent, Hold, PatientEvent, SetupChange)]


def test_what_waited_for_a_line_of_time_is_not_done_once_the_right_is_gone(
    desk: Desk,
) -> None:
    walked = []
    for name in FORMS:
        with undone():
            sent, before = desk.filled_in(name), written()
            with revoked_meanwhile() as waited:
                answer = desk.sender(name).post(desk.address(name), as_data(sent.fields))
            if waited:
                walked.append(name)
                # A day's form says which of its lines were not done.
                assert answer.status_code == (409 if name == "closing" else 404), (name, answer.status_code)
                assert written() == before, name
    assert len(walked) >= 20, walked


def test_a_right_that_is_lost_elsewhere_changes_nothing_here(world: World, sign_in: Callable[[User], Client]) -> None:
    user = factories.user()
    factories.delegate(user, world.here, Level.BOOK)
    factories.delegate(user, world.colleague, Level.BOOK)
    client, visit = sign_in(user), world.visit

    def lost(execute: Any, sql: str, *rest: Any) -> Any:
        if _OF_A_LINE.search(sql):
            Delegation.objects.filter(practitioner=world.colleague.practitioner).delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(lost):
        answer = client.post(reverse("appointment-cancel", args=[visit.id]), {"version": visit.version})
    assert answer.status_code == 303
    visit.refresh_from_db()
    assert visit.is_cancelled
