"""A statement that is written once reads what Django would, of whoever is asked about."""

from typing import Any

import pytest
from django.db.models import Model

from accounts.backends import EmailBackend
from accounts.models import User
from accounts.models.habits import AgendaHabits
from appointments.places.selectors import schedule_of, schedules_of
from tests import factories

pytestmark = pytest.mark.django_db


def whole(one: Any, *, of: tuple[Any, ...] = ()) -> Any:
    """A row with all that came beside it, which may lead back to it."""
    if not isinstance(one, Model) or one in of:
        return one
    columns = {name: value for name, value in vars(one).items() if name != "_state"}
    beside = {name: whole(other, of=(*of, one)) for name, other in one._state.fields_cache.items()}
    return type(one), columns, beside


def test_it_reads_what_django_reads_with_what_comes_beside() -> None:
    schedule = factories.schedule()
    read = schedule_of(schedule.pk)
    assert whole(read) == whole(type(schedule)._default_manager.with_place().get(pk=schedule.pk))
    assert schedules_of(schedule.practitioner.pk) == [schedule]


def test_each_time_it_is_about_somebody_else() -> None:
    first, second = factories.user(), factories.user()
    AgendaHabits.objects.create(user=first)
    for person in (first, second, first):
        read = EmailBackend().get_user(person.pk)
        assert whole(read) == whole(User.objects.select_related("agenda_habits").get(pk=person.pk))
    assert EmailBackend().get_user(0) is None
