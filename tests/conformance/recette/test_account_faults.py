"""Group 5 on a small editor: a correct one passes everything, and each planted fault is told by the check that names it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.recette.groups.accounts import ACCOUNTS
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from tests.conformance.recette.conftest import (
    explained,
    make_environment,
    named,
    result_of,
    run_groups,
    run_name,
    told_twice,
)
from tests.conformance.recette.signing_editor import SigningEditor


def run_on(*flaws: str, **changes: Any) -> tuple[Report, SigningEditor]:
    with SigningEditor("", *flaws) as editor:
        return run_groups(make_environment(editor.base, **changes), ACCOUNTS), editor


def test_a_correct_editor_passes_everything() -> None:
    report, editor = run_on()
    assert named(report, Verdict.PASSED) == {check.identifier for check in ACCOUNTS.checks}, explained(report)
    assert [account for account in editor.book.accounts if account.active] == []


def test_it_can_be_run_again_on_the_same_editor() -> None:
    with SigningEditor() as editor:
        environment = make_environment(editor.base)
        run_groups(environment, ACCOUNTS)
        again = run_groups(environment, ACCOUNTS)
    assert named(again, Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED) == set(), explained(again)


# Faults that are planted together, since no check is concerned by two of them and none hides another: name → who fails.
RUNS: list[dict[str, set[int]]] = [
    {
        "no identifier": {20}, "no value": {21}, "blank value": {22}, "two identifiers": {23}, "no system": {24},
        "unknown system": {25}, "no type": {26}, "unknown type": {27},
    },
    {
        "foreign type": {28}, "incoherent": {29, 30}, "no active": {31}, "active as text": {32}, "no name": {33},
        "no family": {34}, "blank family": {35}, "no given": {36},
    },
    {
        "blank given": {37}, "no telecom": {38}, "no e-mail value": {39}, "blank e-mail": {40}, "bad e-mail": {41},
        "no e-mail": {42}, "no source": {43}, "other source": {44},
    },
    {
        "no family on POST": {34}, "no source on PUT": {43}, "blank given on PUT": {37}, "500 on no telecom": {38},
        "put creates with 200": {5}, "raw bar": {6}, "no location": {7}, "breaks on malformed": {46},
    },
    {
        "duplicate identifier": {3}, "duplicate e-mail": {4}, "put never creates": {5}, "strict": {6},
        "odd location": {7}, "takes anything": {47}, "refuses unchanged": {60, 70}, "latin only": {62},
    },
    {
        "put creates nothing": {5}, "blind put": {48}, "half post identifier": {49}, "half put e-mail": {50},
        "e-mail not written": {61}, "identifier not written": {63, 64, 65, 73}, "takes identifiers": {67},
        "takes e-mails": {68},
    },
    {
        "same location": {7, 69, 82}, "half post e-mail": {49}, "old e-mail kept": {61},
        "type is for life": {64, 65}, "withdrawn are deleted": {70, 71}, "no inactive creation": {72},
        "race by identifier": {80}, "no outcome": {90},
    },
    {
        "no location on update": {69}, "restoration forgotten": {71}, "keeps withdrawn identifiers": {73},
        "race by e-mail": {81}, "race by put": {82}, "strange code": {90}, "no expression": {91}, "plain json": {92},
    },
    {
        "restores elsewhere": {71}, "keeps withdrawn e-mails": {74}, "only warnings": {90}, "wrong expression": {91},
        "forgets": {66}, "422 for conflicts": {3, 4, 67, 68}, "400 always": {*range(20, 45)} - {32},
    },
    {
        "silent outcome": {90}, "conversion not crossed": {75}, "case matters": {76}, "withdraws nobody": {77},
        "criteria ignored": {78}, "preconditions ignored": {79}, "modifiers ignored": {51}, "last name wins": {52},
        "former address": {53},
    },
]  # fmt: skip
# Told as reservations.
LESSER = {"forgets", "422 for conflicts", "400 always", "case matters", "criteria ignored"}


@pytest.mark.parametrize("run", RUNS, ids=run_name)
def test_each_fault_fails_its_check_and_a_lesser_one_is_a_reservation(run: dict[str, set[int]]) -> None:
    report, _ = run_on(*run)
    grave, lesser = ([told for flaw, told in run.items() if (flaw in LESSER) is less] for less in (False, True))
    assert named(report, Verdict.FAILED) == _names(*grave), explained(report)
    assert named(report, Verdict.WARNING) == _names(*lesser), explained(report)
    assert told_twice(run) == set()


def _names(*numbers: set[int]) -> set[str]:
    return {f"R02-{number:02}" for number in set().union(*numbers)}


def test_every_check_is_proven_able_to_fail() -> None:
    told = _names(*(numbers for run in RUNS for numbers in run.values()))
    # The two creations that all the rest supposes: see below.
    assert {check.identifier for check in ACCOUNTS.checks} == told | _names({1, 2})


def test_an_editor_without_accounts_fails_the_first_two_checks() -> None:
    with SigningEditor() as editor:
        environment = make_environment(f"{editor.site}/nowhere")
        report = run_groups(environment, ACCOUNTS)
    assert {"R02-01", "R02-02"} <= named(report, Verdict.FAILED)
    assert result_of(report, "R02-20").verdict is Verdict.SKIPPED
    assert "R02-02" in result_of(report, "R02-20").reason


def test_what_a_faulty_editor_accepted_is_withdrawn_too() -> None:
    _, editor = run_on("duplicate e-mail", "no family")
    assert [account for account in editor.book.accounts if account.active] == []


def test_the_report_shows_nobody() -> None:
    report, editor = run_on("no outcome")
    shown = repr(report.as_json())
    assert not [account.email for account in editor.book.accounts if account.email and account.email in shown]
    assert not [account.key for account in editor.book.accounts if "/" in account.key[1] and account.key[1] in shown]
    assert "Régulateur-Recette" not in shown
