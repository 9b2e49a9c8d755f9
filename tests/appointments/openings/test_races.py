"""Two who change the openings at the same moment, on real connections."""

from collections.abc import Callable
from functools import partial

import pytest

from accounts.rights import Actor
from appointments.exceptions import Refused
from appointments.models import Reason, ReasonAt, Rule, Schedule
from appointments.openings.services.reasons import Done, create_reason
from appointments.openings.services.rules import create_rule
from tests import factories
from tests.appointments.booking.acts import Act, at_once
from tests.appointments.openings.asked import TODAY, opening
from tests.appointments.openings.test_reasons import wording

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def in_a_rule(schedule: Schedule, by: Actor, label: str) -> Act:
    return partial(create_rule, opening=opening(schedule, new_reason=label, last_day=None), by=by, today=TODAY)


def on_its_page(schedule: Schedule, by: Actor, label: str) -> Act:
    asked = wording(label=label, done=(Done(schedule.id, True),))
    return partial(create_reason, organization_id=schedule.organization_id, wording=asked, by=by)


@pytest.mark.parametrize("one", [in_a_rule, on_its_page])
@pytest.mark.parametrize("other", [in_a_rule, on_its_page])
def test_two_practitioners_who_add_the_same_reason_make_one(one: Callable[..., Act], other: Callable[..., Act]) -> None:
    """Their lines of time are two: nothing but their organization stands between them."""
    first = factories.schedule()
    pair = (first, factories.colleague(first))
    by = [factories.practice_actor(schedule.practitioner) for schedule in pair]
    for number in range(ROUNDS):
        label = f"Vaccin {number}"
        results = at_once(one(pair[0], by[0], label), other(pair[1], by[1], label.upper()))
        refused = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(result, Refused) and result.element == "label" for result in refused), results
        made = Reason.objects.get(label_folded=f"vaccin {number}")
        assert ReasonAt.objects.filter(reason=made).count() == 2 - len(refused)
        Rule.objects.all().delete()


def test_the_same_rule_sent_twice_at_once_is_one() -> None:
    schedule = factories.schedule()
    by = factories.practice_actor(schedule.practitioner)
    send = partial(create_rule, opening=opening(schedule), by=by, today=TODAY)
    for _ in range(ROUNDS):
        results = at_once(send, send)
        assert sorted(type(result) for result in results if isinstance(result, Exception)) == [Refused]
        Rule.objects.get().delete()
