"""A withdrawal ends every session of the regulator at once, and a restoration revives none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import EPOCH_KEY, NOBODY, REGULATOR_KEY, actor_of
from accounts.services.regulators import RegulatorIdentity, change_regulator, create_regulator
from tests import factories

pytestmark = pytest.mark.django_db
SignInRegulator = Callable[[Regulator], Client]


@pytest.fixture
def identity() -> RegulatorIdentity:
    return factories.identity()


def put(identity: RegulatorIdentity, **changes: Any) -> Regulator:
    return change_regulator(system=identity.system, value=identity.value, identity=replace(identity, **changes))[0]


def is_in(client: Client) -> bool:
    return client.get("/conditions/").status_code == 200 and REGULATOR_KEY in client.session


def test_all_sessions_end_at_once(identity: RegulatorIdentity, sign_in_regulator: SignInRegulator) -> None:
    regulator = create_regulator(identity=identity)
    browsers = [sign_in_regulator(regulator), sign_in_regulator(regulator)]
    assert all(is_in(browser) for browser in browsers)
    put(identity, active=False)
    assert not any(is_in(browser) for browser in browsers)
    assert all(get_user(browser).is_anonymous for browser in browsers)  # type: ignore[arg-type]


def test_a_form_sent_after_the_withdrawal_does_nothing(
    identity: RegulatorIdentity, sign_in_regulator: SignInRegulator
) -> None:
    browser = sign_in_regulator(create_regulator(identity=identity))
    put(identity, active=False)
    answer = browser.post("/rendez-vous/nouveau/?creneau=x", {})
    assert answer.status_code == 403
    assert "Votre accès a été retiré" in answer.content.decode()


def test_a_restoration_revives_no_session(identity: RegulatorIdentity, sign_in_regulator: SignInRegulator) -> None:
    """Even when nothing was asked of us in between, so that the session was never seen as over."""
    browser = sign_in_regulator(create_regulator(identity=identity))
    put(identity, active=False)
    restored = put(identity)
    assert restored.active
    assert restored.withdrawn_at is None
    assert not is_in(browser)
    assert is_in(sign_in_regulator(restored))


def test_a_person_with_an_agenda_keeps_it_and_loses_the_regulators_session(
    sign_in_regulator: SignInRegulator, sign_in: Callable[[User], Client]
) -> None:
    user = factories.user()
    practitioner = factories.practitioner(user=user)
    identity = factories.identity(email=user.email)
    through_sas, through_password = sign_in_regulator(create_regulator(identity=identity)), sign_in(user)
    put(identity, active=False)
    put(identity)
    assert not is_in(through_sas)
    assert get_user(through_password) == user  # type: ignore[arg-type]
    assert practitioner.id in actor_of(user, through_password.session).own


def test_a_withdrawal_repeated_counts_once(identity: RegulatorIdentity) -> None:
    create_regulator(identity=identity)
    first = put(identity, active=False)
    again = put(identity, active=False)
    assert (again.session_epoch, again.withdrawn_at) == (first.session_epoch, first.withdrawn_at)


def test_a_withdrawal_of_an_unknown_account_leaves_a_withdrawn_one(identity: RegulatorIdentity) -> None:
    assert not put(identity, active=False).active
    assert not User.objects.exists()


def test_what_was_booked_stays(identity: RegulatorIdentity) -> None:
    regulator = create_regulator(identity=identity)
    from accounts.rights import Actor

    appointment = factories.appointment(by=Actor(user=regulator.user, regulator=regulator))
    put(identity, active=False)
    appointment.refresh_from_db()
    assert appointment.by_regulator == regulator


# The rights themselves


def test_a_session_of_the_sas_gives_a_practitioner_the_regulators_rights_and_nothing_else() -> None:
    user = factories.user()
    practitioner = factories.practitioner(user=user)
    regulator = create_regulator(identity=factories.identity(email=user.email))
    session = {REGULATOR_KEY: str(regulator.id), EPOCH_KEY: regulator.session_epoch}
    actor = actor_of(user, session)
    assert actor.is_regulator
    assert practitioner.id not in actor.own
    assert practitioner.id in actor_of(user, {}).own
    assert not actor_of(user, {}).is_regulator


@pytest.mark.parametrize(
    "wrong", [{REGULATOR_KEY: "00000000-0000-4000-8000-000000000000"}, {EPOCH_KEY: 9}, {EPOCH_KEY: None}]
)
def test_a_session_that_does_not_fit_is_nobodys(wrong: dict[str, Any]) -> None:
    regulator = factories.regulator()
    assert regulator.user is not None
    session = {REGULATOR_KEY: str(regulator.id), EPOCH_KEY: regulator.session_epoch}
    assert actor_of(regulator.user, session).is_regulator
    assert actor_of(regulator.user, session | wrong) == NOBODY


def test_the_session_of_one_user_never_gives_the_regulator_of_another() -> None:
    regulator, other = factories.regulator(), factories.regulator()
    assert other.user is not None
    session = {REGULATOR_KEY: str(regulator.id), EPOCH_KEY: regulator.session_epoch}
    assert actor_of(other.user, session) == NOBODY


def test_the_administration_is_closed_to_sessions_of_the_sas(sign_in_regulator: SignInRegulator) -> None:
    user = factories.user(is_staff=True, is_superuser=True)
    regulator = create_regulator(identity=factories.identity(email=user.email))
    assert sign_in_regulator(regulator).get("/admin/").status_code == 302
