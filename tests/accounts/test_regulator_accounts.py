"""Regulator accounts as the SAS sends them: created, changed, renamed, taken over."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.enums import IdentifierSystem
from accounts.models import Regulator, RegulatorIdentifier, User
from accounts.services.regulators import (
    RegulatorConflict,
    RegulatorIdentity,
    SeveralRegulators,
    change_regulator,
    create_regulator,
)
from tests import factories

pytestmark = pytest.mark.django_db
NATIONAL, TECHNICAL = IdentifierSystem.NATIONAL, IdentifierSystem.TECHNICAL


def change(identity: RegulatorIdentity, **changes: Any) -> tuple[Regulator, bool]:
    """Found by its own identifier, changed as said."""
    return change_regulator(system=identity.system, value=identity.value, identity=replace(identity, **changes))


def current(regulator: Regulator) -> tuple[str, str]:
    identifier = Regulator.objects.get(pk=regulator.pk).current_identifier
    assert identifier is not None
    return identifier.system, identifier.value


# Created


@pytest.mark.parametrize(
    ("system", "value"), [(NATIONAL, "3456780581/11242343"), (TECHNICAL, "c0ffee00-0000-4000-8000-1")]
)
def test_an_account_arrives_with_a_user_a_name_and_no_password(system: str, value: str) -> None:
    identity = factories.identity(system=system, value=value, email="Zoé.Ail@Regulation.TEST")
    regulator = create_regulator(identity=identity)
    assert regulator.active
    assert current(regulator) == (system, value)
    assert regulator.user is not None
    assert regulator.user.email == regulator.email == "zoé.ail@regulation.test"
    assert regulator.user.get_full_name() == regulator.name
    assert not regulator.user.has_usable_password()


def test_an_identifier_that_an_account_has_is_not_created_again() -> None:
    identity = factories.identity()
    create_regulator(identity=identity)
    with pytest.raises(RegulatorConflict) as conflict:
        create_regulator(identity=replace(identity, email="autre@regulation.test"))
    assert conflict.value.field == "identifier"
    assert Regulator.objects.count() == User.objects.count() == 1


def test_the_identifier_of_a_withdrawn_account_is_not_created_again_either() -> None:
    identity = factories.identity()
    create_regulator(identity=identity)
    change(identity, active=False)
    with pytest.raises(RegulatorConflict):
        create_regulator(identity=identity)


def test_an_email_that_an_account_has_is_not_created_again_whatever_its_capitals() -> None:
    regulator = factories.regulator()
    with pytest.raises(RegulatorConflict) as conflict:
        create_regulator(identity=factories.identity(email=regulator.email.upper()))
    assert conflict.value.field == "email"


def test_the_same_value_in_the_other_system_is_another_identifier() -> None:
    create_regulator(identity=factories.identity(system=NATIONAL, value="81234"))
    create_regulator(identity=factories.identity(system=TECHNICAL, value="81234"))
    assert Regulator.objects.count() == 2


def test_an_account_may_arrive_withdrawn() -> None:
    regulator = create_regulator(identity=factories.identity(active=False))
    assert not regulator.active
    assert regulator.user is None
    assert not User.objects.exists()


# Changed


def test_names_and_email_follow_and_the_user_stays_the_same() -> None:
    identity = factories.identity()
    before = create_regulator(identity=identity)
    after, created = change(identity, family_name="Ñandú", given_name="Ô", email="nouvelle@regulation.test")
    assert (after.pk, after.user_id, created) == (before.pk, before.user_id, False)
    assert after.user is not None
    assert (after.user.email, after.user.get_full_name()) == ("nouvelle@regulation.test", "Ô Ñandú")
    assert User.objects.count() == 1


def test_the_same_content_twice_changes_nothing() -> None:
    identity = factories.identity()
    regulator = create_regulator(identity=identity)
    for _ in range(2):
        again, created = change(identity)
        assert (again, created, again.session_epoch) == (regulator, False, 0)
    assert RegulatorIdentifier.objects.count() == 1


def test_nobody_has_the_identifier_so_the_account_is_created() -> None:
    regulator, created = change(factories.identity())
    assert created
    assert regulator.active


@pytest.mark.parametrize(
    ("first", "second"), [((TECHNICAL, "t-1"), (NATIONAL, "n-1")), ((NATIONAL, "n-1"), (TECHNICAL, "t-1"))]
)
def test_the_identifier_changes_both_ways_and_the_former_one_still_finds_the_account(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    identity = factories.identity(system=first[0], value=first[1])
    regulator = create_regulator(identity=identity)
    change(identity, system=second[0], value=second[1])
    assert current(regulator) == second
    # The SAS may go on asking by the former identifier, and go back to it.
    renamed, created = change(identity, system=second[0], value=second[1], family_name="Muguet")
    assert (renamed, created, renamed.family_name) == (regulator, False, "Muguet")
    change_regulator(system=second[0], value=second[1], identity=identity)
    assert current(regulator) == first
    assert regulator.identifiers.count() == 2


def test_a_query_by_an_unknown_identifier_with_the_body_of_a_known_one_is_that_account() -> None:
    identity = factories.identity()
    regulator = create_regulator(identity=identity)
    again, created = change_regulator(system=TECHNICAL, value="inconnu", identity=identity)
    assert (again, created) == (regulator, False)


def test_without_a_system_the_value_is_looked_for_in_both() -> None:
    identity = factories.identity(system=NATIONAL, value="81234")
    regulator = create_regulator(identity=identity)
    assert change_regulator(system=None, value="81234", identity=identity) == (regulator, False)
    create_regulator(identity=factories.identity(system=TECHNICAL, value="81234"))
    with pytest.raises(SeveralRegulators):
        change_regulator(system=None, value="81234", identity=identity)


def test_one_account_found_by_two_of_its_identifiers_is_not_several() -> None:
    identity = factories.identity(system=TECHNICAL, value="81234")
    regulator = create_regulator(identity=identity)
    change(identity, system=NATIONAL)
    assert change_regulator(system=None, value="81234", identity=replace(identity, system=NATIONAL))[0] == regulator


def test_an_active_accounts_identifier_or_email_is_never_taken_and_nothing_is_half_written() -> None:
    other = create_regulator(identity=factories.identity(system=NATIONAL, value="81234"))
    identity = factories.identity()
    regulator = create_regulator(identity=identity)
    for field, changes in (
        ("identifier", {"system": NATIONAL, "value": "81234", "family_name": "Changé"}),
        ("email", {"email": other.email, "family_name": "Changé"}),
    ):
        with pytest.raises(RegulatorConflict) as conflict:
            change(identity, **changes)
        assert conflict.value.field == field
        regulator.refresh_from_db()
        assert regulator.family_name == identity.family_name
        assert current(regulator) == (identity.system, identity.value)


# Taken over after a withdrawal


def test_a_withdrawn_account_frees_its_identifier_and_its_email() -> None:
    left = factories.identity(system=NATIONAL, value="81234")
    gone = create_regulator(identity=left)
    change(left, active=False)
    staying = factories.identity()
    heir = create_regulator(identity=staying)

    taken, created = change(staying, system=NATIONAL, value="81234", email=left.email)

    assert (taken, created) == (heir, False)
    assert current(heir) == (NATIONAL, "81234")
    assert heir.__class__.objects.get(pk=heir.pk).email == left.email
    gone.refresh_from_db()
    assert not gone.active
    assert gone.current_identifier is None
    found, _ = change_regulator(
        system=NATIONAL, value="81234", identity=replace(staying, system=NATIONAL, value="81234", email=left.email)
    )
    assert found == heir, "the identifier leads to its new holder"


def test_who_lost_the_identifier_cannot_come_back_with_it() -> None:
    left = factories.identity(system=TECHNICAL, value="t-1")
    create_regulator(identity=left)
    change(left, system=NATIONAL, value="81234")
    change(left, system=NATIONAL, value="81234", active=False)
    change(factories.identity(), system=NATIONAL, value="81234")
    with pytest.raises(RegulatorConflict):
        change_regulator(system=TECHNICAL, value="t-1", identity=replace(left, system=NATIONAL, value="81234"))
    back, created = change_regulator(system=TECHNICAL, value="t-1", identity=left)
    assert (back.active, created, current(back)) == (True, False, (TECHNICAL, "t-1"))


def test_an_identifier_taken_over_counts_from_that_day() -> None:
    left = factories.identity()
    create_regulator(identity=left)
    change(left, active=False)
    before = RegulatorIdentifier.objects.get(value=left.value).since
    staying = factories.identity()
    create_regulator(identity=staying)
    change(staying, value=left.value)
    assert RegulatorIdentifier.objects.get(value=left.value).since > before


# One person, several roles


def test_a_practitioner_who_regulates_keeps_one_user_and_their_own_name() -> None:
    user = factories.user(email="docteur@cabinet.test", first_name="Alba", last_name="Tournesol")
    factories.practitioner(user=user)
    regulator = create_regulator(identity=factories.identity(email=user.email, family_name="Autre"))
    assert regulator.user == user
    user.refresh_from_db()
    assert user.get_full_name() == "Alba Tournesol"
    assert user.check_password(factories.PASSWORD)


def test_their_new_address_at_the_sas_makes_a_second_user_and_leaves_the_practice_alone() -> None:
    user = factories.user(email="docteur@cabinet.test")
    factories.practitioner(user=user)
    identity = factories.identity(email=user.email)
    create_regulator(identity=identity)
    regulator, _ = change(identity, email="regulation@sas.test")
    assert regulator.user != user
    user.refresh_from_db()
    assert user.email == "docteur@cabinet.test"


@pytest.mark.parametrize("role", ["practitioner", "secretary", "administrator"])
def test_a_new_address_that_is_a_practices_joins_that_user_and_drops_the_former_one(role: str) -> None:
    identity = factories.identity()
    former = create_regulator(identity=identity).user
    user = factories.user(email="cabinet@cabinet.test", is_staff=role == "administrator")
    if role == "practitioner":
        factories.practitioner(user=user)
    elif role == "secretary":
        factories.delegation(factories.practitioner(), user)
    regulator, _ = change(identity, email=user.email)
    assert regulator.user == user
    assert former is not None
    assert not User.objects.filter(pk=former.pk).exists()


def test_a_withdrawal_never_deletes_a_practices_user() -> None:
    user = factories.user()
    factories.practitioner(user=user)
    identity = factories.identity(email=user.email)
    create_regulator(identity=identity)
    regulator, _ = change(identity, active=False)
    assert regulator.user is None
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("role", ["none yet", "superuser", "group"])
def test_a_user_made_by_the_administrator_is_neither_renamed_nor_deleted(role: str) -> None:
    user = factories.user(first_name="Anne", last_name="Tilleul", is_superuser=role == "superuser")
    if role == "group":
        user.groups.add(Group.objects.create(name="Support"))
    identity = factories.identity(email=user.email, family_name="Autre")
    assert create_regulator(identity=identity).user == user
    renamed, _ = change(identity, email="regulation@sas.test")
    assert renamed.user != user
    change(identity, active=False)
    user.refresh_from_db()
    assert (user.email, user.get_full_name()) == (identity.email, "Anne Tilleul")


@pytest.mark.parametrize("gift", ["is_superuser", "group", "practitioner"])
def test_a_user_made_for_a_regulator_who_got_another_role_since_outlives_the_withdrawal(gift: str) -> None:
    identity = factories.identity()
    user = create_regulator(identity=identity).user
    assert user is not None
    assert user.made_for_regulator
    if gift == "is_superuser":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    elif gift == "group":
        user.groups.add(Group.objects.create(name="Support"))
    else:
        factories.practitioner(user=user)
    change(identity, active=False)
    assert User.objects.filter(pk=user.pk).exists()


def test_the_address_of_a_user_closed_by_the_administrator_is_a_conflict_and_stays_closed() -> None:
    closed = factories.user(email="parti@cabinet.test", is_active=False)
    with pytest.raises(RegulatorConflict) as conflict:
        create_regulator(identity=factories.identity(email=closed.email))
    assert conflict.value.field == "email"
    assert not Regulator.objects.exists()
    identity = factories.identity()
    create_regulator(identity=identity)
    with pytest.raises(RegulatorConflict):
        change(identity, email=closed.email)
    assert Regulator.objects.get().email == identity.email


def test_an_account_whose_own_user_was_closed_is_still_updated_and_stays_closed() -> None:
    identity = factories.identity()
    regulator = create_regulator(identity=identity)
    User.objects.filter(pk=regulator.user_id).update(is_active=False)
    again, _ = change(identity, family_name="Muguet")
    assert again.user is not None
    assert (again.family_name, again.user.is_active) == ("Muguet", False)


def test_a_former_secretary_with_a_history_is_kept_too() -> None:
    practitioner = factories.practitioner()
    secretary = factories.delegation(practitioner)
    factories.appointment(
        schedule_=factories.schedule(practitioner=practitioner),
        by=factories.practice_actor(practitioner, user_=secretary),
    )
    secretary.delegations.all().delete()
    identity = factories.identity(email=secretary.email)
    create_regulator(identity=identity)
    regulator, _ = change(identity, active=False)
    assert not regulator.active
    assert User.objects.filter(pk=secretary.pk).exists()
    assert create_regulator(identity=factories.identity(email=secretary.email)).user == secretary
