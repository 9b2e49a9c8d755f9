"""« Accès », as managers and practitioners use it, and how practitioners are told."""

import html
import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Level, NoticeState, Role
from accounts.models import AccessNotice, Delegation, ManagersKeptOut, Membership, User
from accounts.services.access_notices import due_notices, send_notice
from outbox.mail import FIRST_DELAY
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.access.table import DAY
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def page(world: World) -> str:
    return reverse("access", args=[world.organization.id])


def grant(client: Client, world: World, to: User, **fields: Any) -> Any:
    data = {"user": to.pk, "agenda": str(world.practitioner.pk), "level": Level.BOOK.value, "until": ""}
    return client.post(reverse("access-grant", args=[world.organization.id]), data | fields)


def text(answer: Any) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def test_a_manager_reads_who_may_do_what_and_who_said_so(world: World, browser: Browser) -> None:
    client = browser("manager")
    told = text_of(client.get(page(world)))
    assert "Dr Alba Tournesol gère son agenda dans tous ses lieux" in told
    assert "Les responsables de la structure gèrent cet agenda, par leur rôle : Qui Regarde" in told
    assert f"Ici Présente {world.member.user.email} Voir l’agenda" in told
    assert str(world.colleague.practitioner) in told
    assert grant(client, world, factories.member(world.organization).user).status_code == 303
    assert "Accès donné" in text_of(client.get(page(world)))


def test_a_manager_without_any_agenda_begins_with_who_keeps_them(db: None, sign_in: Callable[[User], Client]) -> None:
    manager = factories.member(factories.organization(name="Structure neuve"), role=Role.MANAGER).user
    answer = sign_in(manager).get("/", follow=True)
    assert "Structure neuve" in text_of(answer)
    assert "n’a pas encore d’agenda" in text_of(answer)


def test_a_practitioner_reads_of_their_own_agenda_alone(world: World, browser: Browser) -> None:
    told = text_of(browser("practitioner").get(page(world)))
    assert "Ici Présente" in told
    assert str(world.colleague.practitioner) not in told or str(world.colleague.practitioner) == str(world.practitioner)


def test_an_access_is_given_until_the_end_of_a_day(world: World, browser: Browser) -> None:
    to = factories.member(world.organization).user
    assert grant(browser("practitioner"), world, to, until="2026-12-31").status_code == 303
    assert Delegation.objects.get(user=to).until == factories.at("2027-01-01", "00:00")
    assert "jusqu’au 31 décembre 2026" in text(browser("practitioner").get(page(world)))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"until": "2026-11-24"}, "Cette date est passée"),
        ({"until": "hier"}, "n’est pas lisible"),
        ({"level": "9"}, "Cet accès n’existe pas"),
        ({"level": "0"}, "Cet accès n’existe pas"),
        ({"agenda": "lieux"}, "Cet agenda n’est pas proposé"),
        ({"user": "0"}, "n’est pas membre"),
        ({"agenda": ""}, "Choisissez un agenda"),
    ],
)
def test_what_can_t_be_given_is_told_and_what_was_typed_stays(
    world: World, browser: Browser, fields: dict[str, str], told: str
) -> None:
    to = factories.member(world.organization).user
    answer = grant(browser("manager"), world, to, **{"until": "2026-12-31"} | fields)
    assert answer.status_code == 422
    assert told in text(answer)
    assert "until" in fields or 'value="2026-12-31"' in text(answer)
    assert not Delegation.objects.filter(user=to).exists()


def test_no_agenda_is_chosen_beforehand(world: World, browser: Browser) -> None:
    told = browser("manager").get(page(world)).content.decode()
    agendas = told[told.index('<select name="agenda"') :].partition("</select>")[0]
    assert "Choisir…" in agendas
    assert f'value="{world.practitioner.pk}" selected' not in agendas
    # With script taking an access back is asked about in a dialog of this page.
    assert f'data-dialog="retirer-{world.given.pk}"' in told
    assert f'<dialog class="dialog" id="retirer-{world.given.pk}"' in told


def test_a_manager_is_not_among_those_they_may_give_to(world: World, sign_in: Callable[[User], Client]) -> None:
    manager = factories.member(world.organization, role=Role.MANAGER).user
    assert grant(sign_in(manager), world, manager).status_code == 422
    assert not Delegation.objects.filter(user=manager).exists()


def test_an_access_is_changed_and_taken_back(world: World, browser: Browser) -> None:
    client = browser("practitioner")
    address = reverse("access-change", args=[world.given.id])
    assert client.post(address, {"level": Level.BUSY.value, "until": "", "version": 0}).status_code == 303
    world.given.refresh_from_db()
    assert world.given.level == Level.BUSY
    # Opened before: nothing is overwritten.
    again = client.post(address, {"level": Level.MANAGE.value, "until": "", "version": 0}, follow=True)
    assert "a changé entre-temps" in text(again)
    asked = client.get(reverse("access-revoke", args=[world.given.id]))
    assert "Retirer l’accès d’Ici Présente" in text(asked).replace("\u202f", " ")
    assert Delegation.objects.filter(pk=world.given.pk).exists()
    assert client.post(reverse("access-revoke", args=[world.given.id])).status_code == 303
    assert not Delegation.objects.filter(pk=world.given.pk).exists()


def test_a_member_is_added_changed_and_removed(world: World, browser: Browser) -> None:
    client = browser("manager")
    added = {"email": "neuve@exemple.test", "first_name": "Neuve", "last_name": "Venue", "role": "member"}
    assert client.post(reverse("member-add", args=[world.organization.id]), added).status_code == 303
    again = client.post(reverse("member-add", args=[world.organization.id]), added)
    assert (again.status_code, "déjà membre" in text(again)) == (422, True)
    made = Membership.objects.get(user__email="neuve@exemple.test")
    client.post(reverse("member", args=[made.id]), {"role": "manager", "version": 0})
    made.refresh_from_db()
    assert made.is_manager
    assert client.get(reverse("member-remove", args=[made.id])).status_code == 200
    assert client.post(reverse("member-remove", args=[made.id])).status_code == 303
    assert not Membership.objects.filter(pk=made.pk).exists()


def test_a_practitioner_keeps_the_managers_out(world: World, browser: Browser) -> None:
    manager, practitioner = browser("manager"), browser("practitioner")
    agenda = reverse("agenda-week", args=[world.practitioner.id, DAY])
    assert manager.get(agenda).status_code == 200
    practitioner.post(
        reverse("access-managers", args=[world.organization.id, world.practitioner.id]), {"acte": "ecarter"}
    )
    assert ManagersKeptOut.objects.get().practitioner == world.practitioner
    assert manager.get(agenda).status_code == 404
    told = text_of(manager.get(page(world)))
    assert "sont écartés de cet agenda par le praticien" in told
    assert "Ici Présente gère" not in told
    assert f"{world.member.user.email} Voir l’agenda" not in told


def test_rights_end_with_the_next_request(world: World, sign_in: Callable[[User], Client]) -> None:
    secretary = factories.user()
    given = factories.delegate(secretary, world.here, Level.BOOK)
    client = sign_in(secretary)
    poll = reverse("appointment-confirmation", args=[world.visit.id])
    pages = [
        reverse("agenda-week", args=[world.practitioner.id, DAY]),
        reverse("appointment", args=[world.visit.id]),
        poll,
    ]
    assert [client.get(one).status_code for one in pages] == [200, 200, 200]
    given.delete()
    headers = {"HX-Request": "true"}
    assert [client.get(one, headers=headers).status_code for one in pages] == [404, 404, 404]
    move = {"version": world.visit.version, "day": "2026-11-26", "hour": "11h"}
    assert client.post(reverse("appointment-move", args=[world.visit.id]), move).status_code == 404
    world.visit.refresh_from_db()
    assert world.visit.version == move["version"]


def test_a_use_is_noted_when_a_page_is_opened(world: World, sign_in: Callable[[User], Client]) -> None:
    given = factories.delegate(factories.user(), world.here, Level.SEE, last_used_at=None)
    sign_in(given.user).get(reverse("agenda-week", args=[world.practitioner.id, DAY]))
    given.refresh_from_db()
    assert given.last_used_at == NOW


@pytest.mark.parametrize("count", [1, 25])
def test_the_page_keeps_its_budget(world: World, sign_in: Callable[[User], Client], count: int) -> None:
    manager = factories.member(world.organization, role=Role.MANAGER).user
    for _ in range(count):
        other = factories.colleague(world.here)
        factories.delegate(factories.user(), other, Level.SEE, granted_by=manager)
    client = sign_in(manager)
    for member in Membership.objects.exclude(user=manager):
        grant(client, world, member.user)
    client.get(page(world))  # reads the messages
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page(world)).status_code == 200
    # Session, user, rights; organizations, twice; agendas, what was given, who is kept out; members; history.
    assert len(queries) == 10


# --- How practitioners are told ---------------------------------------------------------------------------------------
def test_the_practitioner_is_told_by_mail_and_not_of_what_they_do(world: World, browser: Browser) -> None:
    to = factories.member(world.organization, factories.user(first_name="Marie", last_name="Neuve")).user
    grant(browser("manager"), world, to)
    notice = AccessNotice.objects.get()
    assert send_notice(notice_id=notice.pk, now=NOW)
    sent = mail.outbox[-1]
    assert world.practitioner.user is not None
    assert sent.to == [world.practitioner.user.email]
    assert "Accès donné\u00a0: Marie Neuve" in sent.body
    assert "Voir et prendre des rendez-vous" in sent.body
    assert page(world) in sent.body
    client = browser("practitioner")
    client.post(reverse("access-revoke", args=[Delegation.objects.get(user=to).id]))
    assert AccessNotice.objects.count() == 1


def test_of_a_new_manager_all_practitioners_with_an_account_are_told(world: World, browser: Browser) -> None:
    other = world.colleague.practitioner
    other.user = factories.user()
    other.save()
    to = factories.member(world.organization)
    browser("manager").post(reverse("member", args=[to.id]), {"role": "manager", "version": 0})
    assert {one.practitioner for one in AccessNotice.objects.all()} == {world.practitioner, other}


def test_a_notice_that_does_not_leave_is_tried_again(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(browser("manager"), world, factories.member(world.organization).user)
    notice = AccessNotice.objects.get()

    def refuse(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert not send_notice(notice_id=notice.pk, now=NOW)
    assert not due_notices(now=NOW)
    assert due_notices(now=NOW + FIRST_DELAY) == [notice.pk]
    assert send_notice(notice_id=notice.pk, now=NOW + FIRST_DELAY)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (NoticeState.SENT, 2)
    assert not due_notices(now=NOW + timedelta(days=1))


def test_a_notice_that_is_refused_for_good_is_given_up_at_once(world: World, browser: Browser, settings: Any) -> None:
    grant(browser("manager"), world, factories.member(world.organization).user)
    notice = AccessNotice.objects.get()
    settings.EMAIL_BACKEND = "tests.operations.mail.Refusing"
    assert not send_notice(notice_id=notice.pk, now=NOW)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (NoticeState.ABANDONED, 1)


# --- The administration -----------------------------------------------------------------------------------------------
@pytest.fixture
def staff() -> User:
    return factories.user(is_staff=True, is_superuser=True)


def test_an_administrator_names_the_first_manager_and_the_practitioners_are_told(
    world: World, staff: User, sign_in: Callable[[User], Client]
) -> None:
    to = factories.user()
    data = {"user": to.pk, "organization": world.organization.pk, "role": "manager"}
    assert sign_in(staff).post(reverse("admin:accounts_membership_add"), data).status_code == 303
    assert Membership.objects.get(user=to).is_manager
    assert AccessNotice.objects.get().practitioner == world.practitioner


def test_an_administrator_makes_nothing_of_themself(
    world: World, staff: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(staff)
    data = {"user": staff.pk, "organization": world.organization.pk, "role": "manager"}
    assert "Personne ne se donne un accès" in text(client.post(reverse("admin:accounts_membership_add"), data))
    assert not Membership.objects.filter(user=staff).exists()
    assert client.get(reverse("admin:accounts_delegation_add")).status_code == 403
    change = reverse("admin:accounts_practitioner_change", args=[world.practitioner.pk])
    typed = {
        "title": "Dr",
        "given_name": "Alba",
        "family_name": "Tournesol",
        "rpps": world.practitioner.rpps,
        "user": staff.pk,
    }
    assert "Personne ne se donne un agenda" in text(client.post(change, typed | {"profession": "10"}))
    world.practitioner.refresh_from_db()
    assert world.practitioner.user != staff
