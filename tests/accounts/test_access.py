"""Who gives whom what: by whom, to whom, for how long; each change is recorded, and nobody gives anything to themself."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import AccessKind, Level, Role
from accounts.exceptions import AccessChanged, AccessDenied, AccessRefused
from accounts.models import AccessEvent, Delegation, ManagersKeptOut, Membership, Organization, Practitioner, User
from accounts.rights import Actor, actor_of
from accounts.services.access import Given, add_member, change_member, keep_managers_out, note_use, remove_member
from appointments.models import Schedule
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule(db: None) -> Schedule:
    return factories.schedule(practitioner=factories.practitioner(user=factories.user()))


@pytest.fixture
def organization(schedule: Schedule) -> Organization:
    return schedule.organization


@pytest.fixture
def practitioner(schedule: Schedule) -> Practitioner:
    return schedule.practitioner


@pytest.fixture
def manager(organization: Organization) -> User:
    return factories.member(organization, role=Role.MANAGER).user


@pytest.fixture
def somebody(organization: Organization) -> User:
    return factories.member(organization).user


def acting(user: User | None) -> Actor:
    assert user is not None
    return actor_of(user, {})


def give(schedule: Schedule, to: User, by: Actor, level: Level = Level.BOOK, **fields: Any) -> Delegation | None:
    """What they have in the agenda once it is done."""
    membership = Membership.objects.get(user=to, organization=schedule.organization)
    whose = fields.pop("practitioner_id", schedule.practitioner_id)
    change_member(
        membership_id=membership.pk,
        accesses=[Given(whose, level, fields.pop("until", None))],
        by=by,
        **{"version": membership.version, "now": timezone.now()} | fields,
    )
    return Delegation.objects.filter(user=to, organization=schedule.organization, practitioner=whose).first()


def last_event() -> AccessEvent:
    return AccessEvent.objects.all()[0]


@pytest.mark.parametrize("who", ["manager", "practitioner"])
def test_managers_and_the_practitioner_give(who: str, schedule: Schedule, manager: User, somebody: User) -> None:
    by = manager if who == "manager" else schedule.practitioner.user
    made = give(schedule, somebody, acting(by))
    assert made is not None
    assert (made.granted_by, acting(somebody).level_in(schedule.practitioner_id, schedule.organization_id)) == (
        by,
        Level.BOOK,
    )
    event = last_event()
    assert (event.kind, event.subject, event.by_user, event.after) == (
        AccessKind.GRANTED, somebody, by, "Gère",
    )  # fmt: skip


@pytest.mark.parametrize("level", [Level.SEE, Level.MANAGE])
def test_a_delegate_gives_nothing_on(schedule: Schedule, somebody: User, level: Level) -> None:
    delegate = factories.user()
    factories.delegate(delegate, schedule, level)
    with pytest.raises(AccessDenied):
        give(schedule, somebody, acting(delegate))


def test_a_manager_of_another_organization_gives_nothing_here(schedule: Schedule, somebody: User) -> None:
    stranger = factories.member(factories.organization(), role=Role.MANAGER).user
    with pytest.raises(AccessDenied):
        give(schedule, somebody, acting(stranger))


def test_nobody_gives_to_themself(schedule: Schedule, manager: User, practitioner: Practitioner) -> None:
    assert practitioner.user is not None
    factories.member(schedule.organization, practitioner.user)
    for by in (manager, practitioner.user):
        with pytest.raises(AccessRefused, match="son propre accès"):
            give(schedule, by, acting(by))
    assert not Delegation.objects.exists()


def test_nobody_changes_their_own_place_in_the_organization(organization: Organization, manager: User) -> None:
    own = Membership.objects.get(user=manager)
    with pytest.raises(AccessRefused):
        change_member(
            membership_id=own.pk, version=0, accesses=[], role=Role.MEMBER, by=acting(manager), now=timezone.now()
        )
    with pytest.raises(AccessRefused):
        remove_member(membership_id=own.pk, by=acting(manager), now=timezone.now())
    with pytest.raises(AccessRefused):
        add_member(
            organization_id=organization.pk, email=manager.email.upper(), role=Role.MEMBER, by=acting(manager),
            now=timezone.now(),
        )  # fmt: skip


def test_the_database_knows_no_access_without_membership(schedule: Schedule) -> None:
    with pytest.raises(IntegrityError, match="delegation_of_a_member"), transaction.atomic():
        Delegation.objects.create(
            user=factories.user(), organization=schedule.organization, level=Level.SEE, granted_at=timezone.now()
        )


def test_there_is_one_access_for_a_person_and_an_agenda_places_included(schedule: Schedule, somebody: User) -> None:
    fields = {"user": somebody, "organization": schedule.organization, "level": Level.SEE, "granted_at": timezone.now()}
    Delegation.objects.create(**fields)
    with pytest.raises(IntegrityError, match="delegation_once"), transaction.atomic():
        Delegation.objects.create(**fields)


def test_access_to_places_is_none_to_the_practitioners_there(schedule: Schedule, somebody: User, manager: User) -> None:
    give(schedule, somebody, acting(manager), Level.MANAGE, practitioner_id=None)
    actor = acting(somebody)
    assert actor.level_in(None, schedule.organization_id) == Level.MANAGE
    assert actor.level_in(schedule.practitioner_id, schedule.organization_id) == Level.NONE


def test_an_access_ends_at_its_moment(schedule: Schedule, somebody: User, manager: User) -> None:
    given = give(schedule, somebody, acting(manager), until=timezone.now() + timedelta(hours=1))
    assert given is not None
    assert acting(somebody).granted
    Delegation.objects.filter(pk=given.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert not acting(somebody).granted
    # And may be given anew.
    again = give(schedule, somebody, acting(manager))
    assert again is not None
    assert again.pk != given.pk


def test_an_access_is_not_given_for_the_past(schedule: Schedule, somebody: User, manager: User) -> None:
    with pytest.raises(AccessRefused, match="passée"):
        give(schedule, somebody, acting(manager), until=timezone.now())


def test_a_change_is_recorded_with_what_was_before(schedule: Schedule, somebody: User, manager: User) -> None:
    give(schedule, somebody, acting(manager))
    changed = give(schedule, somebody, acting(manager), Level.BUSY)
    assert changed is not None
    assert changed.level == Level.BUSY
    event = last_event()
    assert (event.before, event.after) == ("Gère", "Occupé\u00a0/\u00a0libre")
    with pytest.raises(AccessChanged):
        give(schedule, somebody, acting(manager), Level.MANAGE, version=1)
    # What is as it was is no change.
    give(schedule, somebody, acting(manager), Level.BUSY)
    assert Membership.objects.get(user=somebody).version == 2


@pytest.mark.parametrize("who", ["manager", "practitioner"])
def test_managers_and_the_practitioner_take_back(who: str, schedule: Schedule, manager: User, somebody: User) -> None:
    give(schedule, somebody, acting(manager))
    by = acting(manager if who == "manager" else schedule.practitioner.user)
    assert give(schedule, somebody, by, Level.NONE) is None
    assert not acting(somebody).granted
    assert (last_event().kind, last_event().subject) == (AccessKind.REVOKED, somebody)


def test_who_lost_their_say_while_they_waited_changes_nothing(
    schedule: Schedule, somebody: User, manager: User
) -> None:
    by = acting(manager)
    Membership.objects.filter(user=manager).update(role=Role.MEMBER)
    with pytest.raises(AccessDenied):
        give(schedule, somebody, by)
    assert not Delegation.objects.exists()


def test_a_practitioner_changes_no_role(schedule: Schedule, somebody: User) -> None:
    with pytest.raises(AccessDenied):
        give(schedule, somebody, acting(schedule.practitioner.user), role=Role.MANAGER)
    assert not Delegation.objects.exists()


def test_who_leaves_the_organization_loses_all_that_was_given_there(
    schedule: Schedule, somebody: User, manager: User
) -> None:
    give(schedule, somebody, acting(manager))
    elsewhere = factories.delegate(somebody, factories.schedule())
    remove_member(
        membership_id=Membership.objects.get(user=somebody, organization=schedule.organization).pk,
        by=acting(manager), now=timezone.now(),
    )  # fmt: skip
    assert list(Delegation.objects.filter(user=somebody)) == [elsewhere]
    kinds = list(AccessEvent.objects.filter(subject=somebody).values_list("kind", flat=True)[:2])
    assert kinds == [AccessKind.LEFT, AccessKind.REVOKED]


def test_of_two_managers_who_remove_each_other_one_stays(organization: Organization, manager: User) -> None:
    other = factories.member(organization, role=Role.MANAGER)
    # Both began when both were managers.
    first, second = acting(manager), acting(other.user)
    remove_member(membership_id=other.pk, by=first, now=timezone.now())
    with pytest.raises(AccessDenied):
        remove_member(membership_id=Membership.objects.get(user=manager).pk, by=second, now=timezone.now())


def test_a_manager_manages_by_their_role_unless_the_practitioner_withdraws_it(
    schedule: Schedule, manager: User, somebody: User
) -> None:
    agenda = (schedule.practitioner_id, schedule.organization_id)
    assert acting(manager).level_in(*agenda) == Level.MANAGE
    own = acting(schedule.practitioner.user)
    with pytest.raises(AccessDenied):
        keep_managers_out(
            organization_id=agenda[1], practitioner_id=schedule.practitioner.pk, out=False, by=acting(manager), now=timezone.now()
        )  # fmt: skip
    keep_managers_out(
        organization_id=agenda[1], practitioner_id=schedule.practitioner.pk, out=True, by=own, now=timezone.now()
    )
    kept_out = acting(manager)
    assert kept_out.level_in(*agenda) == Level.NONE
    assert kept_out.level_in(factories.colleague(schedule).practitioner_id, agenda[1]) == Level.MANAGE
    with pytest.raises(AccessDenied):
        give(schedule, somebody, kept_out)
    # What the practitioner gives them themself is theirs.
    give(schedule, manager, own, Level.SEE)
    assert acting(manager).level_in(*agenda) == Level.SEE
    keep_managers_out(
        organization_id=agenda[1], practitioner_id=schedule.practitioner.pk, out=False, by=own, now=timezone.now()
    )
    assert acting(manager).level_in(*agenda) == Level.MANAGE
    assert not ManagersKeptOut.objects.exists()


def test_who_has_no_account_is_invited(organization: Organization, manager: User) -> None:
    with pytest.raises(AccessRefused, match="invitez"):
        add_member(
            organization_id=organization.pk, email="neuve@exemple.test", role=Role.MEMBER, by=acting(manager),
            now=timezone.now(),
        )  # fmt: skip
    assert not User.objects.filter(email="neuve@exemple.test").exists()


def test_what_was_changed_is_never_rewritten(schedule: Schedule, somebody: User, manager: User) -> None:
    give(schedule, somebody, acting(manager))
    for act in (AccessEvent.objects.all().delete, lambda: AccessEvent.objects.update(after="")):
        with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
            act()


def test_a_use_is_noted_once_an_hour(schedule: Schedule, somebody: User) -> None:
    start = timezone.now()

    def use() -> int:
        actor = acting(somebody)
        with CaptureQueriesContext(connection) as queries:
            note_use(actor=actor, organizations=[schedule.organization_id], now=start)
        return len(queries)

    own = Membership.objects.filter(user=somebody)
    own.update(last_used_at=None)
    assert [use(), use()] == [1, 0]
    assert own.get().last_used_at == start
    own.update(last_used_at=start - timedelta(minutes=61))
    assert use() == 1
    assert own.get().last_used_at == start


def test_who_acts_is_found_out_in_one_query_whatever_they_may(somebody: User) -> None:
    for count in range(8):
        factories.delegate(somebody, factories.schedule(), Level.SEE)
        if count % 2:
            factories.member(factories.organization(), somebody, Role.MANAGER)
    with CaptureQueriesContext(connection) as queries:
        actor = acting(somebody)
        assert len(actor.granted) == 8
    assert len(queries) == 1
