"""Wrong passwords: three counters, of a pair, a client and an account, each closing for longer with every failure."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import get_user
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import tasks
from accounts.models import User
from accounts.services.sign_in_warnings import send_sign_in_warning
from accounts.throttle import LIMITS, Counter, Limit
from tests import factories

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "203.0.113.9", "198.51.100.7"
Clock = time_machine.Traveller


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def user() -> User:
    return factories.user(email="camille@cabinet.test")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """What reaches the worker that tells owners."""
    asked: list[int | None] = []

    def wake_up(task: Any, user_id: int | None) -> None:
        assert task is tasks.send_sign_in_warning
        asked.append(user_id)

    monkeypatch.setattr(tasks, "wake_up", wake_up)
    return asked


def enter(email: str = "camille@cabinet.test", *, address: str = HERE, password: str = factories.PASSWORD) -> Any:
    """By a browser of its own: cookies open no further tries."""
    return Client(REMOTE_ADDR=address).post("/connexion/", {"username": email, "password": password})


def fail(email: str = "camille@cabinet.test", *, address: str = HERE) -> int:
    return int(enter(email, address=address, password="faux").status_code)


def addresses() -> Iterator[str]:
    yield from (f"198.51.100.{number}" for number in range(1, 255))


def exhaust(counter: Counter) -> None:
    """Failures up to the one that closes this counter, and no other."""
    free, others = LIMITS[counter].free, addresses()
    asked: dict[Counter, Callable[[int], int]] = {
        Counter.PAIR: lambda _: fail(),
        Counter.CLIENT: lambda number: fail(f"personne-{number}@cabinet.test"),
        Counter.ACCOUNT: lambda _: fail(address=next(others)),
    }
    statuses = [asked[counter](number) for number in range(free)]
    assert statuses == [422] * (free - 1) + [429]


def assert_closed(answer: Any, seconds: int, words: str = "") -> None:
    assert answer.status_code == 429
    assert answer["Retry-After"] == str(seconds)
    assert words in answer.content.decode()


@pytest.mark.parametrize("counter", Counter)
def test_each_counter_closes_the_door_and_the_right_password_does_not_open_it(
    user: User, clock: Clock, counter: Counter
) -> None:
    exhaust(counter)

    assert_closed(enter(), 30)
    clock.shift(29.5)
    assert_closed(enter(), 1)
    clock.shift(0.5)
    assert enter().status_code == 303


@pytest.mark.parametrize("counter", Counter)
def test_each_further_failure_closes_it_for_twice_as_long_up_to_a_limit(
    user: User, clock: Clock, counter: Counter
) -> None:
    exhaust(counter)
    longest, expected, others = LIMITS[counter].longest.total_seconds(), 30.0, addresses()
    for number in range(7):
        clock.shift(expected)
        expected = min(2 * expected, longest)
        email = f"autre-{number}@cabinet.test" if counter == Counter.CLIENT else user.email
        address = next(others) if counter == Counter.ACCOUNT else HERE
        assert_closed(enter(email, address=address, password="faux"), int(expected))
    assert expected == longest


@pytest.mark.parametrize("counter", Counter)
def test_what_is_tried_at_a_closed_door_is_not_heard_and_makes_it_no_longer(
    user: User, clock: Clock, counter: Counter
) -> None:
    exhaust(counter)
    before = list(AccessAttempt.objects.order_by("pk").values())
    for _ in range(3):
        assert fail() == 429

    assert list(AccessAttempt.objects.order_by("pk").values()) == before
    assert_closed(enter(), 30)


def test_a_pair_that_is_closed_leaves_other_accounts_and_other_clients_open(user: User, clock: Clock) -> None:
    exhaust(Counter.PAIR)

    assert enter(factories.user(email="autre@cabinet.test").email).status_code == 303
    assert enter(address=ELSEWHERE).status_code == 303


def test_a_client_that_is_closed_is_told_so_and_others_are_open(user: User, clock: Clock) -> None:
    exhaust(Counter.CLIENT)

    assert_closed(enter(), 30, "Trop d’essais depuis votre réseau")
    assert enter(address=ELSEWHERE).status_code == 303


def test_forty_accounts_tried_once_each_from_one_client_are_slowed(clock: Clock) -> None:
    statuses = [fail(f"personne-{number}@cabinet.test") for number in range(40)]

    assert statuses.count(422) == LIMITS[Counter.CLIENT].free - 1
    assert AccessAttempt.objects.count() == LIMITS[Counter.CLIENT].free


def test_one_account_tried_from_three_clients_is_slowed(user: User, clock: Clock) -> None:
    statuses = [fail(address=f"198.51.100.{number % 3}") for number in range(30)]

    assert statuses.count(422) == LIMITS[Counter.ACCOUNT].free - 1


def test_others_tries_do_not_keep_out_the_owner_where_they_signed_in_before(user: User, clock: Clock) -> None:
    assert enter(address=ELSEWHERE).status_code == 303
    others = addresses()
    for _ in range(LIMITS[Counter.ACCOUNT].free + 5):
        fail(address=next(others))

    assert_closed(enter(address=HERE), 30)
    assert enter(address=ELSEWHERE).status_code == 303


def test_a_success_forgets_the_persons_own_failures_and_not_the_clients(user: User, clock: Clock) -> None:
    """Else whoever has an account tries those of others for ever."""
    for _ in range(3):
        for number in range(4):
            fail(f"personne-{number}@cabinet.test")
        fail()
        assert enter().status_code == 303
    rows = AccessAttempt.objects.values_list("username", "failures_since_start")

    assert dict(rows) == {f"personne-{number}@cabinet.test": 3 for number in range(4)}


def test_a_day_without_a_failure_forgets_all(user: User, clock: Clock) -> None:
    exhaust(Counter.PAIR)
    clock.shift(timedelta(days=1, seconds=1))

    assert [fail() for _ in range(4)] == [422] * 4


def test_capitals_and_blanks_give_no_further_tries(user: User, clock: Clock) -> None:
    spellings = ["camille@cabinet.test", "CAMILLE@cabinet.test", " Camille@Cabinet.test"]
    statuses = [fail(spellings[number % 3]) for number in range(5)]

    assert statuses == [422] * 4 + [429]
    assert get_user(Client()).is_anonymous  # type: ignore[arg-type]


def test_the_administration_counts_with_the_same_counters(user: User, clock: Clock) -> None:
    exhaust(Counter.PAIR)
    answer = Client(REMOTE_ADDR=HERE).post("/admin/login/", {"username": user.email, "password": factories.PASSWORD})

    assert_closed(answer, 30)


def test_the_owner_is_told_once_when_their_account_is_closed(user: User, clock: Clock, told: list[int | None]) -> None:
    others = addresses()
    for _ in range(LIMITS[Counter.ACCOUNT].free - 1):
        fail(address=next(others))
    assert told == []
    for _ in range(5):
        fail(address=next(others))
        clock.shift(3600)

    assert told == [user.pk]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_worker_is_woken_for_nobodys_account_too(clock: Clock, told: list[int | None], is_there: bool) -> None:
    """The answer takes the same time."""
    if is_there:
        User.objects.filter(pk=factories.user(email="camille@cabinet.test").pk).update(is_active=False)
    exhaust(Counter.ACCOUNT)

    assert told == [None]


def test_the_mail_says_what_to_do_and_names_nobody(user: User) -> None:
    cache.clear()

    assert [send_sign_in_warning(user_id=user.pk, noticed="1") for _ in range(2)] == [True, False]

    [message] = mail.outbox
    body = str(message.body)
    assert message.to == [user.email]
    assert "http://127.0.0.1:8000/mot-de-passe/oublie/" in body
    assert body.count("http") == 1
    assert user.last_name not in body
    assert "plateforme SAS" not in body


def test_the_mail_to_a_regulator_says_that_the_platform_stays_open() -> None:
    cache.clear()
    assert send_sign_in_warning(user_id=factories.regulator().user_id, noticed="1")

    assert "par la plateforme SAS" in str(mail.outbox[0].body)


@pytest.mark.parametrize("is_there", [True, False])
def test_nobody_is_written_to_at_a_closed_account_or_none(user: User, is_there: bool) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert send_sign_in_warning(user_id=user.pk if is_there else None, noticed="1") is False
    assert mail.outbox == []


@given(st.integers(1, 50), st.integers(0, 10_000))
def test_a_pause_never_shortens_with_failures_and_never_passes_its_limit(free: int, failures: int) -> None:
    limit = Limit(free, timedelta(seconds=30), timedelta(minutes=15))

    assert timedelta() <= limit.pause(failures) <= limit.pause(failures + 1) <= limit.longest
    assert (limit.pause(failures) == timedelta()) == (failures < free)
