"""Who replaces a practitioner who is away is named to the regulation, with the way to their slots."""

from datetime import timedelta

import pytest
from django.test import Client

from appointments.models import Absence, Schedule
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, text_of

pytestmark = pytest.mark.django_db
TOMORROW = (NOW + timedelta(days=1)).date()


@pytest.fixture
def absence(schedule: Schedule) -> Absence:
    colleague = factories.colleague(schedule)
    return factories.absence(
        practitioner=schedule.practitioner,
        first_day=TOMORROW,
        last_day=TOMORROW,
        replacement=colleague,
        label="Congrès",
    )


def test_the_regulation_reads_who_replaces_and_not_why(
    regulator_client: Client, schedule: Schedule, absence: Absence
) -> None:
    page = f"/praticien/{schedule.practitioner_id}/"
    by = absence.replacement
    assert by is not None
    content = get(regulator_client, page)
    said = text_of(content)
    assert f"Remplacement : {by.practitioner.name}, {by.location.name}" in said
    assert "Congrès" not in said
    # Their slots are shown to nobody yet: there is no page to lead to.
    assert f"/praticien/{by.practitioner_id}/" not in content
    factories.rule(schedule=by)
    assert f'href="/praticien/{by.practitioner_id}/"' in get(regulator_client, page)


def test_who_has_closed_their_agenda_replaces_nobody(
    regulator_client: Client, schedule: Schedule, absence: Absence
) -> None:
    Schedule.objects.filter(pk=absence.replacement_id).update(active=False)
    assert "Remplacement" not in text_of(get(regulator_client, f"/praticien/{schedule.practitioner_id}/"))
