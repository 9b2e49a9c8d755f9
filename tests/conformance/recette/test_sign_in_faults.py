"""Group 6 on a small editor: a correct one passes everything, and each planted fault is told by the check that names it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from conformance.recette.groups.sign_in import SIGN_IN
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from deploy.local.ports import free_port
from sandbox.sas.keys import SigningKey
from tests.conformance.recette.conftest import (
    explained,
    make_environment,
    named,
    result_of,
    run_groups,
    run_name,
    told_twice,
)
from tests.conformance.recette.signing_editor import AGENDA, CALLBACK, SECRET, SigningEditor

_new_key = SigningKey.generate
RunOn = Callable[..., Report]
SIGNED_IN = {f"SSO-{number}" for number in (20, 21, 22, 23, *range(30, 35), *range(40, 47), *range(50, 56))}


@functools.cache
def _two_keys() -> tuple[SigningKey, SigningKey]:
    """Looking for prime numbers is a quarter of a run of the group."""
    return _new_key(), _new_key()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def run_on(port: int, monkeypatch: pytest.MonkeyPatch) -> RunOn:
    """Runs the group on an editor with these flaws; `issuer` is the provider that it was configured with."""
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", SECRET)
    played = f"http://127.0.0.1:{port}"

    def run(*flaws: str, issuer: str = "", agenda: str = f"{AGENDA}?creneau=7", **changes: Any) -> Report:
        # The platform's, then that of a forger.
        ours, others = _two_keys()
        keys = itertools.chain([ours], itertools.repeat(others))
        monkeypatch.setattr(SigningKey, "generate", lambda: next(keys))
        with SigningEditor(issuer or f"{played}/realms/sas", *flaws, agenda=agenda) as editor:
            given = {
                "platform__listen": f"127.0.0.1:{port}", "platform__public_url": played,
                "platform__callback": f"{editor.site}{CALLBACK}", "landing__url": editor.agenda,
            } | changes  # fmt: skip
            report = run_groups(make_environment(editor.base, **given), SIGN_IN)
            assert [account for account in editor.book.accounts if account.active and account.key[0]] == []
        return report

    return run


def test_a_correct_editor_passes_everything(run_on: RunOn) -> None:
    report = run_on()
    assert named(report, Verdict.PASSED) == {check.identifier for check in SIGN_IN.checks}, explained(report)


def test_so_does_one_that_shows_no_terms_of_use(run_on: RunOn) -> None:
    report = run_on("no terms")
    assert named(report, Verdict.PASSED) == {check.identifier for check in SIGN_IN.checks}, explained(report)


def test_the_text_of_the_agenda_may_be_declared(run_on: RunOn) -> None:
    report = run_on(landing__shows="Créneaux libres :")
    assert named(report, Verdict.PASSED) == {check.identifier for check in SIGN_IN.checks}, explained(report)


# Faults that are planted together, since no check is concerned by two of them and none hides another: name → who fails.
RUNS: list[dict[str, set[int]]] = [
    {"one origin": {2}},
    {"always sent": {5}},
    {
        "no door": {6}, "any origin": {8}, "implicit": {10}, "other client": {11}, "no openid": {12},
        "no state": {13}, "no nonce": {14}, "plain pkce": {15},
    },
    {
        "empty door": {6, 7}, "origin breaks": {8}, "fixed state": {13}, "fixed nonce": {14}, "other callback": {16},
        "alone ignored": {3}, "path ignored": {4}, "no pkce": {15},
    },
    {"open agenda": {6}},
    {"nobody": {20}},
    {"endless terms": {20}},
    {"home": {21}},
    {
        "by sub only": {22}, "passwords only": {23}, "crash": {30, 32}, "session survives": {33},
        "restoration forgotten": {34}, "signature unchecked": {40, 41, 42}, "any audience": {43}, "any date": {44},
    },
    {"made on the fly": {30, 31, 32}},
    {
        "withdrawn let in": {32}, "none accepted": {41}, "any issuer": {45}, "any nonce": {46}, "codes kept": {50},
        "state reusable": {51}, "shared state": {52}, "any code": {54},
    },
    {"any state": {53}, "error breaks": {55}, "noscript": {7}, "short state": {13}, "polite": {30, 32}},
]  # fmt: skip
# Told as reservations.
LESSER = {"alone ignored", "no pkce", "noscript", "path ignored", "polite", "short state"}


@pytest.mark.parametrize("run", RUNS, ids=run_name)
def test_each_fault_is_told_by_its_check(run: dict[str, set[int]], run_on: RunOn) -> None:
    report = run_on(*run)
    grave, lesser = ([told for flaw, told in run.items() if (flaw in LESSER) is less] for less in (False, True))
    assert named(report, Verdict.FAILED) == _names(*grave), explained(report)
    assert named(report, Verdict.WARNING) == _names(*lesser), explained(report)
    assert told_twice(run) == set()


def _names(*numbers: set[int]) -> set[str]:
    return {f"SSO-{number:02}" for number in set().union(*numbers)}


def test_the_path_form_is_demanded_of_an_address_without_parameters(run_on: RunOn) -> None:
    assert named(run_on(agenda=AGENDA), Verdict.FAILED) == set()
    report = run_on("path ignored", agenda=AGENDA)
    assert "SSO-02" in named(report, Verdict.FAILED)
    report = run_on("alone ignored", agenda=AGENDA)
    assert "SSO-03" in named(report, Verdict.FAILED)


def test_an_external_provider_is_not_played(run_on: RunOn) -> None:
    report = run_on(issuer="http://127.0.0.1:9/realms/sas")
    skipped = named(report, Verdict.SKIPPED)
    assert skipped >= SIGNED_IN, explained(report)
    assert "un autre fournisseur" in result_of(report, "SSO-20").reason
    assert named(report, Verdict.PASSED) >= {"SSO-02", "SSO-05", "SSO-08", "SSO-13", "SSO-16"}, explained(report)


def test_without_the_platforms_side_only_the_landing_is_looked_at(
    run_on: RunOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECETTE_CLIENT_SECRET")
    report = run_on()
    assert named(report, Verdict.SKIPPED) >= SIGNED_IN
    assert "n’est pas déclarée" in result_of(report, "SSO-20").reason
    assert "SSO-02" in named(report, Verdict.PASSED), explained(report)


def test_without_any_slot_nothing_is_looked_at(run_on: RunOn) -> None:
    report = run_on(landing__url="")
    assert named(report, Verdict.SKIPPED) == {check.identifier for check in SIGN_IN.checks}
    assert "Aucun créneau libre" in result_of(report, "SSO-01").reason


def test_every_check_is_proven_able_to_fail() -> None:
    told = _names(*(numbers for run in RUNS for numbers in run.values()))
    # The first looks at an address, the last follows to a page of our own: see below.
    assert {check.identifier for check in SIGN_IN.checks} - told == {"SSO-01", "SSO-17"}


def test_an_address_that_is_none_is_told(run_on: RunOn) -> None:
    report = run_on(landing__url="/agenda/42")
    assert named(report, Verdict.FAILED) == {"SSO-01"}


def test_an_agenda_shown_only_once_needs_its_text_declared(run_on: RunOn) -> None:
    assert named(run_on("one look"), Verdict.FAILED) == {"SSO-20"}
    report = run_on("one look", landing__shows="Créneaux libres :")
    assert "SSO-21" in named(report, Verdict.FAILED)  # shown at the return's address, never at the agenda's


def test_the_request_must_end_on_the_providers_page(run_on: RunOn) -> None:
    # The provider that the editor was configured with is not there at all.
    report = run_on(issuer="http://127.0.0.1:9/realms/sas")
    assert "SSO-17" in named(report, Verdict.FAILED)


def test_an_open_agenda_is_told_with_its_text(run_on: RunOn) -> None:
    report = run_on("open agenda", landing__shows="Créneaux libres :")
    assert "SSO-06" in named(report, Verdict.FAILED)


def test_no_token_nor_person_is_in_the_report(run_on: RunOn) -> None:
    shown = repr(run_on("nobody").as_json())
    for secret in (SECRET, "Régulateur-Recette", "eyJ", "@recette.example"):
        assert secret not in shown
