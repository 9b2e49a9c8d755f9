"""Two at once about who may do what: real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.exceptions import AccessDenied, AccessRefused
from accounts.models import Delegation, Membership
from accounts.rights import actor_of
from accounts.services.access import Given, change_member, remove_member
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[str]:
    """How each ended, in order of names."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> str:
        start.wait()
        try:
            work()
        except (AccessDenied, AccessRefused) as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(run, works))


def test_of_two_managers_who_remove_each_other_one_stays() -> None:
    organization = factories.organization()
    first, second = (factories.member(organization, role=Role.MANAGER) for _ in range(2))
    actors = [actor_of(one.user, {}) for one in (first, second)]
    ends = at_once(
        lambda: remove_member(membership_id=second.pk, by=actors[0], now=timezone.now()),
        lambda: remove_member(membership_id=first.pk, by=actors[1], now=timezone.now()),
    )
    assert ends == ["AccessDenied", "done"]
    assert Membership.objects.filter(organization=organization, role=Role.MANAGER).count() == 1


def test_one_access_given_twice_at_once_is_given_once() -> None:
    schedule = factories.schedule()
    by = actor_of(factories.member(schedule.organization, role=Role.MANAGER).user, {})
    to = factories.member(schedule.organization)

    def give() -> Membership:
        return change_member(
            membership_id=to.pk,
            version=0,
            accesses=[Given(schedule.practitioner_id, Level.SEE)],
            by=by,
            now=timezone.now(),
        )

    assert at_once(give, give) == ["AccessChanged", "done"]
    assert Delegation.objects.count() == 1
