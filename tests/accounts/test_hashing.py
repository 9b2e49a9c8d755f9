"""Passwords are hashed one at a time in each process, behind everything else, and nobody waits for long."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.test import Client

from accounts import hashing
from accounts.hashing import AT_ONCE, BoundedHasher, HashingBusy, in_turn
from accounts.models import User
from accounts.services.regulators import change_regulator, create_regulator
from tests import factories
from tests.system.conftest import wait_for


class Held:
    """Hashing that takes until it is let go; how many run, at most and in all."""

    def __init__(self) -> None:
        self.go, self.running, self.most, self.done = threading.Event(), 0, 0, 0

    def __call__(self) -> str:
        self.running += 1
        self.most = max(self.most, self.running)
        self.go.wait(10)
        self.running -= 1
        self.done += 1
        return "hash"


@pytest.fixture
def full() -> Iterator[Held]:
    """As many wait as may."""
    held = Held()
    with ThreadPoolExecutor(AT_ONCE) as callers:
        asked: list[Future[str]] = [callers.submit(in_turn, held) for _ in range(AT_ONCE)]
        wait_for(lambda: hashing._ROOM._value == 0 and held.running, "all are in")
        yield held
        held.go.set()
        assert [one.result() for one in asked] == ["hash"] * AT_ONCE


def test_one_is_hashed_at_a_time_and_one_too_many_is_sent_away_at_once(full: Held) -> None:
    with pytest.raises(HashingBusy):
        in_turn(full)

    full.go.set()
    wait_for(lambda: full.done == AT_ONCE, "all are done")
    assert full.most == 1
    wait_for(lambda: hashing._ROOM._value == AT_ONCE, "there is room again")
    assert in_turn(lambda: "later") == "later"


def test_a_failure_leaves_its_place() -> None:
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError):
            in_turn(lambda: str(1 / 0))


def test_the_thread_that_hashes_stands_behind_all_others() -> None:
    def niceness() -> str:
        return str(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    assert int(in_turn(niceness)) == int(niceness()) + 10


def test_a_password_of_before_still_opens(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashing.BoundedHasher"]
    before = PBKDF2PasswordHasher().encode("une phrase assez longue", "sel", 1000)

    assert check_password("une phrase assez longue", before)
    assert not check_password("une autre", before)
    assert make_password("une phrase assez longue").startswith("pbkdf2_sha256$")


def test_it_is_what_production_uses() -> None:
    from sas_agenda import settings

    assert settings.PASSWORD_HASHERS == ["accounts.hashing.BoundedHasher"]


PAGES: dict[str, Callable[[Client], Any]] = {
    "sign-in": lambda browser: browser.post("/connexion/", {"username": "camille@cabinet.test", "password": "faux"}),
    "nobody's": lambda browser: browser.post("/connexion/", {"username": "personne@cabinet.test", "password": "faux"}),
    "administration": lambda browser: browser.post("/admin/login/", {"username": "x@y.test", "password": "faux"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_whoever_comes_on_top_is_told_to_come_back_and_their_try_counts_for_nobody(
    client: Client, full: Held, name: str, settings: Any
) -> None:
    factories.user(email="camille@cabinet.test")
    settings.PASSWORD_HASHERS = ["accounts.hashing.BoundedHasher"]

    answer = PAGES[name](client)

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Trop de connexions à la fois" in answer.content.decode()
    assert not AccessAttempt.objects.exists()


@pytest.mark.django_db
def test_a_new_password_too_waits_its_turn(client: Client, full: Held, sign_in: Any, settings: Any) -> None:
    browser = sign_in(factories.user())
    settings.PASSWORD_HASHERS = ["accounts.hashing.BoundedHasher", *settings.PASSWORD_HASHERS]
    new = "une phrase assez longue"

    answer = browser.post(
        "/mot-de-passe/changer/",
        {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert answer.status_code == 503


@pytest.mark.django_db
def test_creating_an_account_hashes_nothing(sign_in: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A second of all that this machine can do, under the lock that every account of the SAS takes."""
    administrator = sign_in(factories.user(is_staff=True, is_superuser=True))
    settings.PASSWORD_HASHERS = ["accounts.hashing.BoundedHasher"]
    monkeypatch.setattr(BoundedHasher, "encode", lambda *_: pytest.fail("a password is hashed"))

    identity = factories.identity()
    regulator = create_regulator(identity=identity)
    assert regulator.user is not None
    assert not regulator.user.has_usable_password()
    change_regulator(system=identity.system, value=identity.value, identity=identity)

    fields = {"email": "autre@cabinet.test", "first_name": "Camille", "last_name": "Durand", "is_active": "on"}
    assert administrator.post("/admin/accounts/user/add/", fields).status_code == 303
    assert not User.objects.get(email="autre@cabinet.test").has_usable_password()


@pytest.mark.django_db
def test_who_has_no_password_yet_does_not_sign_in_and_chooses_one_by_the_link(client: Client) -> None:
    user = User.objects.create_user("nouvelle@cabinet.test")
    for password in ("", "!", user.password, user.password[1:]):
        assert client.post("/connexion/", {"username": user.email, "password": password}).status_code == 422
