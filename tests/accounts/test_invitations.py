"""Inviting somebody to an organization: the mail, the link, and what accepting opens."""

import re
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.enums import AccessKind, Level, NoticeState, Role
from accounts.exceptions import AccessDenied, AccessRefused
from accounts.french import plain_date
from accounts.models import AccessEvent, Delegation, Invitation, ManagersKeptOut, Membership, Organization, User
from accounts.rights import practice_actor
from accounts.services.invitations import (
    LASTS,
    Given,
    due_invitations,
    invite,
    link_of,
    resend_invitation,
    send_invitation,
    withdraw_invitation,
)
from accounts.services.retention import forget_invitations
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "une phrase assez longue"


@pytest.fixture
def organization() -> Organization:
    return factories.organization(name="Maison des Lilas")


@pytest.fixture
def manager(organization: Organization) -> User:
    return factories.member(organization, role=Role.MANAGER).user


def ask(organization: Organization, manager: User, **asked: Any) -> Invitation:
    now = timezone.now()
    given = {"email": "lin.anis@exemple.test", "first_name": "Lin", "last_name": "Anis", "role": Role.MEMBER}
    by = practice_actor(manager, now=now)
    return invite(organization_id=organization.pk, by=by, now=now, **given | asked)


def path_of(invitation: Invitation) -> str:
    return link_of(invitation).removeprefix("http://127.0.0.1:8000")


def accept(client: Client, invitation: Invitation, **typed: str) -> Any:
    words = {"first_name": "Lin", "last_name": "Anis", "new_password1": PASSWORD, "new_password2": PASSWORD}
    return client.post(path_of(invitation), words | typed)


def test_the_mail_has_the_link_and_who_invites_and_leaves_once(organization: Organization, manager: User) -> None:
    made = ask(organization, manager)
    now = timezone.now()
    assert due_invitations(now=now) == [made.pk]
    assert send_invitation(invitation_id=made.pk, now=now)
    assert not send_invitation(invitation_id=made.pk, now=now)
    [letter] = mail.outbox
    assert letter.to == ["lin.anis@exemple.test"]
    assert link_of(made) in letter.body
    assert manager.get_full_name() in letter.body
    assert plain_date(timezone.localdate(made.expires_at)) in letter.body
    made.refresh_from_db()
    assert made.state == NoticeState.SENT


def test_the_worker_is_woken_once_it_is_committed(
    organization: Organization, manager: User, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[object] = []
    monkeypatch.setattr(tasks, "wake_up", lambda task, key: woken.append(key))
    with django_capture_on_commit_callbacks(execute=True):
        made = ask(organization, manager)
        assert not woken
    assert woken == [str(made.pk)]


def test_a_mail_that_does_not_leave_is_tried_again_and_a_final_refusal_is_not(
    organization: Organization, manager: User, settings: Any
) -> None:
    made, now = ask(organization, manager), timezone.now()
    settings.EMAIL_BACKEND = "tests.operations.mail.Refusing"
    assert not send_invitation(invitation_id=made.pk, now=now)
    made.refresh_from_db()
    assert made.state == NoticeState.ABANDONED
    assert made.cause


def test_who_accepts_chooses_a_password_is_signed_in_and_has_what_was_given(
    client: Client, organization: Organization, manager: User
) -> None:
    schedule = factories.schedule(location=factories.location(organization=organization))
    who = schedule.practitioner_id
    made = ask(organization, manager, accesses=[Given(who, Level.BOOK)])
    page = client.get(path_of(made)).content.decode()
    assert "Maison des Lilas" in page
    assert str(schedule.practitioner) in page
    assert accept(client, made)["Location"] == "/"
    user = User.objects.get(email="lin.anis@exemple.test")
    assert user.check_password(PASSWORD)
    assert client.get("/").wsgi_request.user == user
    assert Membership.objects.get(user=user).role == Role.MEMBER
    assert Delegation.objects.get(user=user, practitioner=who).granted_by == manager
    kinds = set(AccessEvent.objects.filter(subject=user).values_list("kind", "by_user"))
    assert kinds == {(AccessKind.JOINED, manager.pk), (AccessKind.GRANTED, manager.pk)}


def test_a_weak_password_is_refused_where_it_is_typed(
    client: Client, organization: Organization, manager: User
) -> None:
    response = accept(client, ask(organization, manager), new_password1="sasagenda2026", new_password2="autre")
    assert response.status_code == 422
    assert not User.objects.filter(email="lin.anis@exemple.test").exists()


def test_somebody_with_an_account_keeps_their_password_and_is_not_signed_in(
    client: Client, organization: Organization, manager: User
) -> None:
    user = factories.user(email="lin.anis@exemple.test")
    made = ask(organization, manager)
    assert "new_password1" not in client.get(path_of(made)).content.decode()
    assert accept(client, made)["Location"] == "/connexion/"
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)
    assert user.memberships.get().organization == organization
    assert "_auth_user_id" not in client.session


def test_the_invited_may_be_a_practitioner_whose_agenda_opens_with_their_account(
    client: Client, organization: Organization, manager: User
) -> None:
    practitioner = factories.schedule(location=factories.location(organization=organization)).practitioner
    accept(client, ask(organization, manager, practitioner_id=practitioner.pk))
    practitioner.refresh_from_db()
    assert practitioner.user == User.objects.get(email="lin.anis@exemple.test")
    with pytest.raises(AccessRefused):
        ask(organization, manager, practitioner_id=practitioner.pk, email="autre@exemple.test")


def _expire(made: Invitation, manager: User) -> None:
    Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now())


def _withdraw(made: Invitation, manager: User) -> None:
    withdraw_invitation(invitation_id=made.pk, by=practice_actor(manager, now=timezone.now()), now=timezone.now())


def _dismiss(made: Invitation, manager: User) -> None:
    Membership.objects.filter(user=manager).delete()


def _send_again(made: Invitation, manager: User) -> None:
    resend_invitation(invitation_id=made.pk, by=practice_actor(manager, now=timezone.now()), now=timezone.now())


def _close(made: Invitation, manager: User) -> None:
    factories.user(email=made.email, is_active=False)


@pytest.mark.parametrize("end", [_expire, _withdraw, _dismiss, _send_again, _close])
def test_a_link_that_serves_no_more_says_why_and_opens_nothing(
    client: Client, organization: Organization, manager: User, end: Any
) -> None:
    made = ask(organization, manager)
    end(made, manager)
    assert client.get(path_of(made)).status_code == 410
    assert accept(client, made).status_code == 410
    assert not Membership.objects.filter(user__email=made.email).exists()


def test_a_link_serves_once_and_one_that_was_changed_not_at_all(
    client: Client, organization: Organization, manager: User
) -> None:
    made = ask(organization, manager)
    assert client.get(path_of(made)[:-4] + "abc/").status_code == 410
    accept(client, made)
    assert Client().get(path_of(made)).status_code == 410


def test_sent_again_it_has_a_new_link_that_lasts_and_leaves_again(organization: Organization, manager: User) -> None:
    made = ask(organization, manager)
    send_invitation(invitation_id=made.pk, now=timezone.now())
    _expire(made, manager)
    _send_again(made, manager)
    made.refresh_from_db()
    assert made.expires_at > timezone.now() + LASTS - timedelta(minutes=1)
    assert send_invitation(invitation_id=made.pk, now=timezone.now())
    assert link_of(made) in mail.outbox[-1].body
    assert mail.outbox[0].message()["Message-ID"] != mail.outbox[1].message()["Message-ID"]


def test_what_the_inviter_may_not_give_any_more_is_not_given(
    client: Client, organization: Organization, manager: User
) -> None:
    schedule = factories.schedule(location=factories.location(organization=organization))
    made = ask(organization, manager, accesses=[Given(schedule.practitioner_id, Level.BOOK)])
    ManagersKeptOut.objects.create(organization=organization, practitioner=schedule.practitioner, since=timezone.now())
    accept(client, made)
    assert Membership.objects.filter(user__email=made.email).exists()
    assert not Delegation.objects.exists()


def test_only_managers_invite_and_nobody_twice_nor_a_member_nor_themself(
    organization: Organization, manager: User
) -> None:
    ask(organization, manager)
    member = factories.member(organization).user
    for address in ("LIN.anis@exemple.test", member.email, manager.email, "pas une adresse"):
        with pytest.raises(AccessRefused) as refused:
            ask(organization, manager, email=address)
        assert refused.value.element == "email"
    with pytest.raises(AccessDenied):
        ask(organization, member, email="autre@exemple.test")


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("invite_manager", *arguments, stdout=said)
    return said.getvalue()


def test_one_command_opens_a_practice_and_invites_its_first_manager(client: Client) -> None:
    said = run("alba@exemple.test", "--organization", "Cabinet des Lilas", "--show-link")
    organization = Organization.objects.get(name="Cabinet des Lilas")
    assert str(organization.pk) in said
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", said)
    assert found
    names = {"first_name": "Alba", "last_name": "Tournesol", "new_password1": PASSWORD, "new_password2": PASSWORD}
    client.post(found.group(1), names)
    assert Membership.objects.get(organization=organization).is_manager


def test_the_command_says_what_is_wrong_and_how_to_go_on(organization: Organization) -> None:
    with pytest.raises(CommandError, match=f"--to {organization.pk}"):
        run("alba@exemple.test", "--organization", "MAISON des lilas")
    with pytest.raises(CommandError, match="lisible"):
        run("alba", "--organization", "Autre")
    with pytest.raises(CommandError, match="identifiant"):
        run("alba@exemple.test", "--to", "00000000-0000-0000-0000-000000000000")
    assert "alba@exemple.test" in run("alba@exemple.test", "--to", str(organization.pk))
    assert not Organization.objects.filter(name="Autre").exists()


def test_invitations_are_forgotten(organization: Organization, manager: User) -> None:
    made = ask(organization, manager)
    assert forget_invitations(before=datetime.max.replace(tzinfo=made.made_at.tzinfo), limit=10) == 1
