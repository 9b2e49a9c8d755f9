"""« Mot de passe oublié », the new password, and changing it."""

import re
import smtplib
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client

from accounts import tasks
from accounts.models import User
from accounts.services.passwords import send_password_reset
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "une phrase assez longue"


@pytest.fixture
def user() -> User:
    return factories.user(email="camille@cabinet.test")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """What reaches the worker."""
    asked: list[int | None] = []
    monkeypatch.setattr(tasks, "wake_up", lambda task, user_id: asked.append(user_id))
    return asked


def ask(client: Client, email: str) -> Any:
    return client.post("/mot-de-passe/oublie/", {"email": email})


def link(user: User) -> str:
    send_password_reset(user_id=user.pk, asked="1")
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def form_page(client: Client, user: User) -> str:
    """The address of the page with the form: the token has left it."""
    response = client.get(link(user))
    assert response.status_code == 302
    return str(response["Location"])


@pytest.mark.parametrize("email", ["camille@cabinet.test", " CAMILLE@cabinet.test", "personne@cabinet.test"])
def test_everybody_gets_the_same_answer(client: Client, user: User, woken: list[int | None], email: str) -> None:
    response = ask(client, email)
    assert (response.status_code, response["Location"]) == (303, "/mot-de-passe/oublie/envoye/")
    assert len(woken) == 1, "the worker is woken for nobody too: the answer takes the same time"
    assert woken[0] == (None if "personne" in email else user.pk)


def test_a_second_demand_within_a_minute_sends_nothing_more(
    client: Client, user: User, woken: list[int | None]
) -> None:
    ask(client, user.email)
    ask(client, user.email)
    assert woken == [user.pk, None]


def test_a_closed_account_gets_no_mail(client: Client, user: User, woken: list[int | None]) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    ask(client, user.email)
    assert woken == [None]
    assert send_password_reset(user_id=user.pk, asked="1") is False
    assert mail.outbox == []


def test_the_worker_tries_again_when_the_mail_server_fails(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_password_reset(user_id=user.pk, asked="1")
    assert issubclass(smtplib.SMTPException, tasks.send_password_reset.autoretry_for)


def test_a_final_refusal_is_not_tried_again(user: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.operations.mail.Refusing"
    assert send_password_reset(user_id=user.pk, asked="1") is False


def test_the_tries_of_one_asking_are_one_mail(user: User) -> None:
    for asked in ("1", "1", "2"):
        send_password_reset(user_id=user.pk, asked=asked)
    first, again, other = (one.message()["Message-ID"] for one in mail.outbox)
    assert first == again != other


@pytest.mark.parametrize("email", ["", "camille", "a" * 300 + "@b.test"])
def test_an_address_that_is_none_is_refused(client: Client, email: str) -> None:
    response = ask(client, email)
    assert response.status_code == 422
    assert "à corriger" in response.content.decode()


def test_the_mail_is_in_french_and_holds_one_link_and_no_name(user: User) -> None:
    link(user)
    message = mail.outbox[0]
    assert message.to == [user.email]
    assert message.subject == "Choisir un nouveau mot de passe pour SAS Agenda"
    assert str(message.body).count("http") == 1
    assert "plateforme SAS" not in str(message.body)
    assert user.last_name not in str(message.body)


def test_a_regulator_is_reminded_of_the_platform() -> None:
    regulator = factories.regulator()
    send_password_reset(user_id=regulator.user_id, asked="1")
    assert "passez par la plateforme SAS" in str(mail.outbox[0].body)


def test_the_link_sets_a_new_password_and_serves_once(client: Client, user: User) -> None:
    address = link(user)
    page = client.get(address)["Location"]
    assert client.get(page).status_code == 200
    response = client.post(page, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Votre nouveau mot de passe est enregistré." in response.content.decode()
    assert get_user(client).is_anonymous  # type: ignore[arg-type]
    user.refresh_from_db()
    assert user.check_password(NEW)
    again = Client().get(address)
    assert again.status_code == 410
    assert "Ce lien ne sert plus" in again.content.decode()


def test_a_new_password_ends_the_sessions_open_elsewhere(client: Client, user: User, sign_in: Any) -> None:
    elsewhere = sign_in(user)
    client.post(form_page(client, user), {"new_password1": NEW, "new_password2": NEW})
    assert get_user(elsewhere).is_anonymous


def test_a_new_password_opens_the_door_that_wrong_tries_had_closed(client: Client, user: User) -> None:
    tries = [client.post("/connexion/", {"username": user.email, "password": "faux"}) for _ in range(6)]
    assert tries[-1].status_code == 429
    client.post(form_page(client, user), {"new_password1": NEW, "new_password2": NEW})
    assert client.post("/connexion/", {"username": user.email, "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("first", "second"),
    [(NEW, NEW + "x"), ("court", "court"), ("", ""), ("123456789012", "123456789012"), ("camille@cabinet.test",) * 2],
)
def test_a_password_that_does_not_do_is_refused_with_a_reason(
    client: Client, user: User, first: str, second: str
) -> None:
    response = client.post(form_page(client, user), {"new_password1": first, "new_password2": second})
    assert response.status_code == 422
    assert "à corriger" in response.content.decode()
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


@pytest.mark.parametrize("path", ["MQ/abc-def/", "!!/x/", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDA/set-password/", "%00/%00/"])
def test_a_link_made_up_is_refused(client: Client, path: str) -> None:
    assert client.get(f"/mot-de-passe/nouveau/{path}").status_code == 410


def test_changing_the_password_keeps_this_session(sign_in: Any, user: User) -> None:
    client = sign_in(user)
    fields = {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/mot-de-passe/changer/", fields)["Location"] == "/"
    assert get_user(client) == user
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_changing_the_password_asks_for_the_present_one(sign_in: Any, user: User) -> None:
    response = sign_in(user).post(
        "/mot-de-passe/changer/", {"old_password": "faux", "new_password1": NEW, "new_password2": NEW}
    )
    assert response.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel." in response.content.decode()


def test_changing_the_password_is_for_password_sessions_only(client: Client, regulator_client: Client) -> None:
    assert client.get("/mot-de-passe/changer/")["Location"] == "/connexion/?next=/mot-de-passe/changer/"
    assert regulator_client.get("/mot-de-passe/changer/").status_code == 403
