"""A right that is taken back elsewhere while a form waits for a lock. One that is taken back here: test_every_form."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.enums import Level
from accounts.models import Delegation, User
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.access.test_every_form import OF_A_LINE

pytestmark = pytest.mark.django_db


def test_a_right_that_is_lost_elsewhere_changes_nothing_here(world: World, sign_in: Callable[[User], Client]) -> None:
    user = factories.user()
    factories.delegate(user, world.here, Level.BOOK)
    factories.delegate(user, world.colleague, Level.BOOK)
    client, visit = sign_in(user), world.visit

    def lost(execute: Any, sql: str, *rest: Any) -> Any:
        if OF_A_LINE.search(sql):
            Delegation.objects.filter(practitioner=world.colleague.practitioner).delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(lost):
        answer = client.post(reverse("appointment-cancel", args=[visit.id]), {"version": visit.version})
    assert answer.status_code == 303
    visit.refresh_from_db()
    assert visit.is_cancelled
