"""« Équipe », as managers and practitioners use it, and how practitioners are told."""

import html
import re
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
from accounts.models import AccessNotice, Delegation, Invitation, ManagersKeptOut, Membership, User
from accounts.services.access_notices import due_notices, send_notice
from appointments.enums import CalendarKind
from appointments.models import Calendar, Schedule
from outbox.mail import FIRST_DELAY
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.access.table import DAY
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def page(world: World, *rest: Any) -> str:
    return reverse("team", args=[world.organization.id]) + "".join(f"{one}/" for one in rest)


def level(world: World, schedule: Schedule | None = None) -> str:
    return f"level_{(schedule or world.here).practitioner.id.hex}"


def save(client: Client, world: World, to: Membership, **fields: Any) -> Any:
    to.refresh_from_db()
    typed = {level(world): Level.BOOK.value, "role": to.role, "until": "", "version": to.version}
    return client.post(page(world, to.id), typed | fields)


def text(answer: Any) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def lines_of(answer: Any) -> dict[str, list[str]]:
    """Of the table: by person, what they may in each agenda."""
    rows = re.findall(
        r"<tr.*?</tr>", answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0], re.DOTALL
    )
    cells = [[plain(one) for one in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]
    return {row[0]: row[1:] for row in cells}


def plain(piece: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", piece)).split())


def test_a_manager_reads_who_may_do_what(world: World, browser: Browser) -> None:
    """Practitioners without account and places without practitioner have their line and column too."""
    place = factories.location(organization=world.organization, name="Point de garde")
    factories.schedule(location=place, calendar=Calendar.objects.create(kind=CalendarKind.PLACE))
    factories.delegate(world.member.user, world.here, Level.SEE, until=NOW + timedelta(days=8))
    ended = factories.delegate(factories.user(first_name="Ex"), world.here, Level.SEE, until=NOW - timedelta(days=8))
    client = browser("manager")
    told = client.get(page(world))
    heads = [
        plain(one) for one in re.findall(r'<th scope="col" class="lvhead">.*?</th>', told.content.decode(), re.DOTALL)
    ]
    ours, theirs = ("Tournesol Cabinet d’ici", f"{world.colleague.practitioner.family_name} {world.colleague.location}")
    assert sorted(heads[:2]) == sorted([ours, theirs])
    assert heads[2] == "Lieux sans praticien Point de garde"
    lines, here = lines_of(told), heads.index(ours)
    there = 1 - here
    assert lines["Qui Regarde Responsable, vous Dernier usage : 25 novembre 2026"] == ["Gère et règle par son rôle"] * 3
    secretary = lines["Ici Présente Membre Dernier usage : 25 novembre 2026"]
    assert (secretary[here], secretary[there], secretary[2]) == ("Voit jusqu’au 2 décembre 2026", "Rien", "Rien")
    assert lines[f"{world.practitioner} Praticien, pas membre"][here] == "Gère et règle"
    assert lines[f"{world.colleague.practitioner} Praticien, sans compte"][there] == "Gère et règle"
    assert lines[f"{ended.user} Membre Dernier usage : 25 novembre 2026"][here] == "Rien terminé le 16 novembre 2026"


def test_a_manager_without_any_agenda_begins_with_the_set_up(db: None, sign_in: Callable[[User], Client]) -> None:
    organization = factories.organization(name="Structure neuve")
    client = sign_in(factories.member(organization, role=Role.MANAGER).user)
    assert client.get("/", follow=True).request["PATH_INFO"].startswith(f"/mise-en-place/{organization.pk}/")
    answer = client.get(reverse("team", args=[organization.pk]))
    assert "Structure neuve" in text_of(answer)
    assert "n’a pas encore d’agenda" in text_of(answer)


def test_a_practitioner_reads_of_their_own_agenda_alone_and_of_whom_to_ask(world: World, browser: Browser) -> None:
    manager = factories.member(world.organization, role=Role.MANAGER).user
    told = browser("practitioner").get(page(world))
    assert {len(cells) for cells in lines_of(told).values()} == {1}
    assert "Inviter quelqu’un" not in text(told)
    assert f"demandez une invitation à un responsable : {manager} ({manager.email})" in text_of(told)


def test_an_access_is_given_until_the_end_of_a_day(world: World, browser: Browser) -> None:
    to = factories.member(world.organization)
    assert save(browser("practitioner"), world, to, until="2026-12-31").status_code == 303
    assert Delegation.objects.get(user=to.user).until == factories.at("2027-01-01", "00:00")
    panel = browser("practitioner").get(page(world, to.id))
    assert "gère jusqu’au 31 décembre 2026, donné le 25 novembre 2026 par" in text_of(panel)
    assert 'value="2026-12-31"' in text(panel)


def test_all_agendas_are_given_and_taken_back_in_one_go(world: World, browser: Browser) -> None:
    client, to = browser("manager"), factories.member(world.organization)
    assert save(client, world, to, every="2").status_code == 303
    assert set(Delegation.objects.filter(user=to.user).values_list("level", flat=True)) == {Level.SEE}
    assert Delegation.objects.filter(user=to.user).count() == 2
    assert save(client, world, to, every="0").status_code == 303
    assert not Delegation.objects.filter(user=to.user).exists()


def test_several_ends_are_kept_unless_one_is_given(world: World, browser: Browser) -> None:
    client, to, end = browser("manager"), factories.member(world.organization), factories.at("2027-01-01", "00:00")
    factories.delegate(to.user, world.here, Level.SEE, until=end)
    factories.delegate(to.user, world.colleague, Level.SEE)
    other = level(world, world.colleague)

    def ends() -> list[Any]:
        return [
            Delegation.objects.get(user=to.user, practitioner=one.practitioner).until
            for one in (world.here, world.colleague)
        ]

    assert "Garder à chaque agenda sa fin" in text(client.get(page(world, to.id)))
    save(client, world, to, **{other: "3"}, keep_ends="on")
    assert ends() == [end, None]
    save(client, world, to, **{other: "3"}, keep_ends="on", until="2026-12-01")
    assert ends() == [factories.at("2026-12-02", "00:00")] * 2


IMPOSSIBLE = [
    ({"until": "2026-11-24"}, "Cette date est passée"),
    ({"until": "hier"}, "n’est pas lisible"),
    ({"level_here": "9"}, "Cet accès n’existe pas"),
    ({"level_lieux": "2"}, "Un des agendas n’est plus proposé"),
    ({"role": "chef"}, "Ce rôle n’existe pas"),
    ({"role": ""}, "Choisissez un rôle"),
]


def test_what_can_t_be_given_is_told_and_what_was_typed_stays(world: World, browser: Browser) -> None:
    to, client = factories.member(world.organization), browser("manager")
    for fields, told in IMPOSSIBLE:
        named = {name.replace("level_here", level(world)): value for name, value in fields.items()}
        answer = save(client, world, to, **{"until": "2026-12-31"} | named)
        assert answer.status_code == 422, fields
        assert told in text(answer), fields
        assert "until" in fields or 'value="2026-12-31"' in text(answer), fields
        assert not Delegation.objects.filter(user=to.user).exists(), fields


def test_what_changed_meanwhile_is_told_beside_what_was_typed(world: World, browser: Browser) -> None:
    client, to = browser("manager"), factories.member(world.organization)
    save(browser("practitioner"), world, to, **{level(world): "4"})
    answer = save(client, world, to, version=0)
    assert answer.status_code == 409
    assert f"{world.practitioner} : Gère et règle" in text_of(answer)
    assert Delegation.objects.get(user=to.user).level == Level.MANAGE
    assert save(client, world, to, version=1).status_code == 303
    assert Delegation.objects.get(user=to.user).level == Level.BOOK


def test_nobody_opens_their_own_line(world: World, browser: Browser) -> None:
    manager = browser("manager")
    own = Membership.objects.get(user=manager.session["_auth_user_id"])
    assert page(world, own.id) not in text(manager.get(page(world)))
    assert manager.get(page(world, own.id)).status_code == 404
    assert save(manager, world, own).status_code == 404


def test_a_member_becomes_a_manager_and_is_removed(world: World, browser: Browser) -> None:
    client, to = browser("manager"), factories.member(world.organization)
    save(client, world, to, role="manager")
    to.refresh_from_db()
    assert to.is_manager
    assert "Son compte reste" in text(client.get(page(world, to.id, "retirer")))
    assert client.post(page(world, to.id, "retirer")).status_code == 303
    assert not Membership.objects.filter(pk=to.pk).exists()


def test_somebody_is_invited_with_what_they_will_have(world: World, browser: Browser) -> None:
    client = browser("manager")
    typed = {
        "email": "Nina@Exemple.test",
        "first_name": "Nina",
        "last_name": "Ail",
        "role": "member",
        level(world): "3",
    }
    assert client.post(page(world, "inviter"), typed | {"until": "2026-12-18"}).status_code == 303
    made = Invitation.objects.get(email="nina@exemple.test")
    given = made.accesses.get()
    assert (given.practitioner, given.level, given.until) == (
        world.practitioner, Level.BOOK, factories.at("2026-12-19", "00:00"),
    )  # fmt: skip
    told = text_of(client.get(page(world)))
    assert "2 invitations en attente" in told
    assert f"nina@exemple.test Nina Ail, membre, {world.practitioner} : gère" in told
    assert "En cours d’envoi" in told
    again = client.post(page(world, "inviter"), typed)
    assert (again.status_code, "déjà invitée" in text(again), 'value="Nina"' in text(again)) == (422, True, True)
    # Who has a say in one agenda only invites nobody.
    assert browser("practitioner").get(page(world, "inviter")).status_code == 404


def test_an_invitation_says_when_its_link_ends_and_is_sent_again_or_withdrawn(world: World, browser: Browser) -> None:
    client, one = browser("manager"), world.invitation
    assert "Envoyée aujourd’hui valable jusqu’au 9 décembre 2026" in text_of(client.get(page(world)))
    Invitation.objects.update(expires_at=NOW - timedelta(days=5))
    assert "Lien expiré le 20 novembre 2026" in text_of(client.get(page(world)))
    client.post(page(world, "invitations", one.id, "renvoyer"))
    one.refresh_from_db()
    assert (one.serial, one.expires_at) == (2, NOW + timedelta(days=14))
    Invitation.objects.update(state=NoticeState.ABANDONED, cause="Boîte inconnue")
    assert "Non envoyée" in text_of(client.get(page(world)))
    assert "Boîte inconnue" in text_of(client.get(page(world)))
    told = client.post(page(world, "invitations", one.id, "retirer"), follow=True)
    assert "son lien ne sert plus" in text_of(told)
    assert one.email not in text_of(client.get(page(world)))
    # By another manager, meanwhile.
    late = client.post(page(world, "invitations", one.id, "renvoyer"), follow=True)
    assert "acceptée ou retirée entre-temps" in text_of(late)


def test_an_account_without_a_role_says_whom_to_ask(world: World, sign_in: Callable[[User], Client]) -> None:
    manager = factories.member(world.organization, role=Role.MANAGER).user
    user = factories.delegate(factories.user(), world.here, Level.SEE, until=NOW - timedelta(days=1)).user
    told = text_of(sign_in(user).get("/"))
    assert "Votre accès à l’agenda du Dr Alba Tournesol" in told
    assert "a pris fin le 23 novembre 2026" in told
    assert f"demandez à {manager} ( {manager.email} )" in told
    nobody = factories.user(email=world.invitation.email)
    told = text_of(sign_in(nobody).get("/"))
    assert f"{world.organization} vous a invité à cette adresse" in told
    assert "à l’exploitant du service" in told


def test_a_practitioner_keeps_the_managers_out(world: World, browser: Browser) -> None:
    manager, practitioner = browser("manager"), browser("practitioner")
    agenda = reverse("agenda-week", args=[world.practitioner.id, DAY])
    assert manager.get(agenda).status_code == 200
    practitioner.post(page(world, "responsables", world.practitioner.id), {"acte": "ecarter"})
    assert ManagersKeptOut.objects.get().practitioner == world.practitioner
    assert manager.get(agenda).status_code == 404
    told = manager.get(page(world))
    assert "Responsables écartés par le praticien" in text_of(told)
    assert all("– seul le praticien le dit" in cells for cells in lines_of(told).values())
    assert save(manager, world, world.member).status_code == 422
    assert Delegation.objects.get(pk=world.given.pk).level == Level.SEE


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
    answers = [client.get(one) for one in pages]
    assert [one.status_code for one in answers] == [200, 200, 200]
    # By this an open page learns of it.
    stamp = text(client.get(reverse("rights-now")))
    assert f'data-rights="{stamp}"' in text(answers[0])
    given.delete()
    assert text(client.get(reverse("rights-now"))) != stamp
    headers = {"HX-Request": "true"}
    assert [client.get(one, headers=headers).status_code for one in pages] == [404, 404, 404]
    move = {"version": world.visit.version, "day": "2026-11-26", "hour": "11h"}
    assert client.post(reverse("appointment-move", args=[world.visit.id]), move).status_code == 404
    world.visit.refresh_from_db()
    assert world.visit.version == move["version"]


def test_a_use_is_noted_when_a_page_is_opened(world: World, sign_in: Callable[[User], Client]) -> None:
    given = factories.delegate(factories.user(), world.here, Level.SEE)
    Membership.objects.update(last_used_at=None)
    sign_in(given.user).get(reverse("agenda-week", args=[world.practitioner.id, DAY]))
    used = Membership.objects.exclude(last_used_at=None)
    assert [(one.user, one.last_used_at) for one in used] == [(given.user, NOW)]


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_and_its_panel_keep_their_budget(world: World, sign_in: Callable[[User], Client], count: int) -> None:
    manager = factories.member(world.organization, role=Role.MANAGER).user
    for _ in range(count):
        other = factories.colleague(world.here)
        factories.delegate(factories.user(), other, Level.SEE, granted_by=manager)
        factories.invitation(world.organization)
    client = sign_in(manager)
    for address in (page(world), page(world, world.member.id)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        # Session, user, rights; organizations; who is kept out, agendas, members, what was given; invitations, what they give;
        # history.
        assert len(queries) <= 12, address


def test_the_practitioner_is_told_by_mail_and_not_of_what_they_do(world: World, browser: Browser) -> None:
    to = factories.member(world.organization, factories.user(first_name="Marie", last_name="Neuve"))
    save(browser("manager"), world, to)
    notice = AccessNotice.objects.get()
    assert send_notice(notice_id=notice.pk, now=NOW)
    sent = mail.outbox[-1]
    assert world.practitioner.user is not None
    assert sent.to == [world.practitioner.user.email]
    assert "Accès donné\u00a0: Marie Neuve" in sent.body
    assert "Après\u00a0: Gère" in sent.body
    assert page(world) in sent.body
    save(browser("practitioner"), world, to, **{level(world): "0"})
    assert AccessNotice.objects.count() == 1


def test_of_a_new_manager_all_practitioners_with_an_account_are_told(world: World, browser: Browser) -> None:
    other = world.colleague.practitioner
    other.user = factories.user()
    other.save()
    to = factories.member(world.organization)
    save(browser("manager"), world, to, role="manager", **{level(world): "0"})
    assert {one.practitioner for one in AccessNotice.objects.all()} == {world.practitioner, other}


def test_a_notice_that_does_not_leave_is_tried_again(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(browser("manager"), world, factories.member(world.organization))
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
    save(browser("manager"), world, factories.member(world.organization))
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
