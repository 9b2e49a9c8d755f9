"""Requests at once: one account in the end, and a clean answer to each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from conformance.recette.groups.accounts.state import ACCOUNTS, CREATE, LONG, RULES, UPDATE, Check, accounts
from conformance.recette.judging.accounts import creation_race, same_account, update_race
from sandbox.sas.exchange import Exchange

# A race is not lost every time.
ROUNDS = 4
AT_ONCE = 3


@ACCOUNTS.check(
    "R02-80",
    "De plusieurs POST au même instant pour un identifiant, un seul crée le compte",
    RULES,
    CREATE,
    requires=("R02-03",),
    limit=LONG,
)
def one_creation_by_identifier(context: Check) -> None:
    made = accounts(context)
    for _ in range(ROUNDS):
        identifier = made.national()
        people = [made.person(identifier) for _ in range(AT_ONCE)]
        answers = at_once([lambda person=person: made.post(context, person) for person in people])  # type: ignore[misc]
        context.judge(creation_race(answers))
        if context.problems:
            return


@ACCOUNTS.check(
    "R02-81",
    "De plusieurs POST au même instant pour un e-mail, un seul crée le compte",
    RULES,
    CREATE,
    requires=("R02-04",),
    limit=LONG,
)
def one_creation_by_email(context: Check) -> None:
    made = accounts(context)
    for _ in range(ROUNDS):
        email = made.email()
        people = [replace(made.person(), email=email) for _ in range(AT_ONCE)]
        answers = at_once([lambda person=person: made.post(context, person) for person in people])  # type: ignore[misc]
        context.judge(creation_race(answers))
        if context.problems:
            return


@ACCOUNTS.check(
    "R02-82",
    "Plusieurs PUT au même instant pour un nouvel identifiant font un seul compte",
    RULES,
    UPDATE,
    requires=("R02-05",),
    limit=LONG,
)
def one_account_by_updates(context: Check) -> None:
    made = accounts(context)
    for _ in range(ROUNDS):
        person = made.person(made.national())
        answers = at_once([lambda person=person: made.put(context, person.identifier, person)] * AT_ONCE)  # type: ignore[misc]
        context.judge(update_race(answers))
        moved = replace(person, email=made.email())
        after = made.put(context, person.identifier, moved, label="Le compte, une fois le calme revenu")
        if after.status != 200 or not same_account(after, *(answer for answer in answers if answer.ok)):
            context.fault(f"Ensuite, le compte n’est pas retrouvé : réponse {after.status}.", "identifier")
        if context.problems:
            return


def at_once(calls: list[Callable[[], Exchange]]) -> list[Exchange]:
    """Make these calls at the same instant; their answers, in the order of the calls."""
    barrier = threading.Barrier(len(calls))
    answers: dict[int, Exchange] = {}
    failures: list[BaseException] = []

    def one(index: int) -> None:
        try:
            barrier.wait(timeout=5)
            answers[index] = calls[index]()
        except BaseException as error:  # noqa: BLE001 - told to the thread of the check
            failures.append(error)

    threads = [threading.Thread(target=one, args=(index,), daemon=True) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [answers[index] for index in range(len(calls))]
