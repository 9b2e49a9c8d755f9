"""Every address × every kind of person, from one table of rights: an address without a line in it is an error. Who has rights at
one organization reads nothing of the other on the way (test_nothing_of_elsewhere).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import InternalError, OperationalError, connection, transaction
from django.template.backends.django import Template
from django.test import Client
from django.urls import reverse
from psycopg.errors import ReadOnlySqlTransaction

from tests.appointments.access.conftest import World, secrets_in, typed
from tests.appointments.access.table import AT_ONE, KINDS, TABLE, Line, names

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def test_every_address_has_its_line() -> None:
    assert sorted(set(names())) == sorted(TABLE)


@pytest.mark.usefixtures("bare_doors")
@pytest.mark.parametrize("kind", KINDS)
def test_every_address_opens_to_who_may_and_to_nobody_else(
    kind: str, world: World, browser: Browser, settings: Any
) -> None:
    settings.SECURITY_CONTACT = "mailto:securite@agenda.example"
    client = browser(kind)
    wrong = []
    for name, line in TABLE.items():
        if is_between(kind, line):
            continue
        read = kind in AT_ONE and not line.public
        with nullcontext() if read else blank_pages():
            answer = _answer(client, name, line, world)
        opened = not _is_shut(answer, name)
        if opened != (kind in line.may):
            wrong.append(f"{name}: {answer.status_code}, {'opened' if opened else 'shut'}")
        if read:
            wrong += [f"{name}: {word}" for word in secrets_in(answer)]
    assert not wrong, "\n".join(wrong)


BETWEEN = {"see": ("busy", "see", "book"), "book": ("see", "book", "manage")}


def is_between(kind: str, line: Line) -> bool:
    """Levels are compared as numbers: between two that are answered alike nobody is answered otherwise."""
    return len({one in line.may for one in BETWEEN.get(kind, ())}) == 1


@contextmanager
def blank_pages() -> Iterator[None]:
    """Of which the status alone is asked. That pages are made without fault is for tests that read them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", lambda *_: "")
        yield


def away(*_: object) -> None:
    raise OperationalError("connection refused")


def of_a_replica(execute: Any, sql: str, *rest: Any) -> Any:
    """Read from, not written to."""
    if re.match(r"\s*(INSERT|UPDATE|DELETE)|.* FOR (NO KEY )?UPDATE", sql, re.DOTALL):
        raise InternalError("cannot execute … in a read-only transaction") from ReadOnlySqlTransaction()
    return execute(sql, *rest)


@pytest.mark.parametrize("kind", ["anonymous", "regulator", "manager", "operator"])
@pytest.mark.parametrize("database", [away, of_a_replica])
def test_no_address_breaks_down_because_the_database_does(
    kind: str, database: Any, world: World, browser: Browser
) -> None:
    client = browser(kind)
    client.raise_request_exception = False
    wrong, told = [], 0
    # What is shut to all of a kind is one door.
    asked = {name: line for name, line in TABLE.items() if kind in {*line.may, "anonymous"}}
    for name, line in asked.items():
        address = line.address(name, world)
        with transaction.atomic(), connection.execute_wrapper(database), blank_pages():
            answer: Any = client.post(address) if line.post else client.get(address)
            transaction.set_rollback(True)
        told += answer.status_code == 503
        come_back = answer.status_code == 503 and "Retry-After" in answer
        if answer.status_code >= 500 and not come_back and name != "sas-sign-in":  # whose provider is not set here
            wrong.append(f"{name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert told >= (len(asked) // 2 if database is away and kind != "anonymous" else 1)


def test_the_administration_is_shut_to_all_but_staff(world: World, browser: Browser) -> None:
    """Its door asks who comes, not where they go: of all that it has one is tried, the others by one kind of person."""
    for kind in KINDS:
        client = browser(kind)
        for address in admin_lists()[: None if kind == "manager" else 1]:
            answer = client.get(address)
            shut = answer.status_code == 302 and answer["Location"].startswith(reverse("admin:login"))
            assert shut == (kind != "operator"), (kind, address)


def _answer(client: Client, name: str, line: Line, world: World) -> Any:
    with transaction.atomic():
        address = line.address(name, world)
        answer = client.post(address, typed(world)) if line.post else client.get(address)
        transaction.set_rollback(True)
    return answer


def _is_shut(answer: Any, name: str) -> bool:
    return answer.status_code in (401, 403, 404) or _is_door(answer, name)


def _is_door(answer: Any, name: str) -> bool:
    doors = (reverse("sign-in"), reverse("sas-sign-in"))
    return name != "sign-out" and answer.status_code in {302, 303} and answer.headers["Location"].startswith(doors)


def admin_lists() -> list[str]:
    from django.contrib import admin

    models = [model._meta for model in admin.site._registry]
    return [reverse(f"admin:{one.app_label}_{one.model_name}_changelist") for one in models]
