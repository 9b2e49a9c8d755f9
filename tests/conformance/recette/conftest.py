"""Running the book, or some of it, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from conformance.recette import environment as environments
from conformance.recette.book import AnyGroup
from conformance.recette.context import Run
from conformance.recette.environment import Environment
from conformance.recette.results import Report, Result
from conformance.recette.running import run_book
from conformance.recette.verdicts import Verdict
from sandbox.sas.passwords import COST
from tests.conformance.recette.editor import Editor


class Silence:
    """A watcher that sees nothing."""

    def group_started(self, group: Any) -> None: ...

    def check_started(self, check: Any) -> None: ...

    def check_done(self, result: Any) -> None: ...


def make_environment(base_url: str, **changes: Any) -> Environment:
    """The demonstration's answers for another address; `changes` are dotted keys with `__` for the dot."""
    tables = environments.load(environments.DEMO)
    tables["editor"]["base_url"] = base_url
    tables["practitioners"] |= {
        "one": "810002909371", "two_places": "810100050075", "several": ["810002909371", "810100050075", "0991000017"],
        "many": ["810002909371", "810100050075", "0991000017"],
    }  # fmt: skip
    for name, value in changes.items():
        table, _, key = name.partition("__")
        tables.setdefault(table, {})[key] = value
    return environments.read(tables, folder=environments.DEMO.parent)


def run_groups(environment: Environment, *groups: AnyGroup) -> Report:
    with Run(environment) as run:
        return run_book(run, groups, Silence())


def named(report: Report, *verdicts: Verdict) -> set[str]:
    """Identifiers of the checks with one of these verdicts."""
    return {result.identifier for result in report.results() if result.verdict in verdicts}


def result_of(report: Report, identifier: str) -> Result:
    return next(result for result in report.results() if result.identifier == identifier)


def explained(report: Report) -> str:
    """What did not pass, readable in a failing test."""
    return "\n".join(
        f"{result.identifier} {result.verdict}: {[problem.sentence for problem in result.problems]} {result.reason}"
        for result in report.results()
        if result.verdict is not Verdict.PASSED
    )


def run_name(run: Mapping[str, Any]) -> str:
    """The identifier of a run with all these faults planted, among the parameters of a test."""
    name, *others = run
    return f"{name} and {len(others)} more" if others else name


def told_twice(
    wanted: Mapping[str, set[int]] | Mapping[str, set[str]], related: Mapping[str, Any] | None = None
) -> Any:
    """The checks that two faults of one run concern, so that one could hide that the other is not seen. Of each fault:
    the checks that must tell it, and those that may."""
    may = related or {}
    return {
        check
        for one, checks in wanted.items()
        for check in checks
        for other in wanted
        if other != one and check in {*wanted[other], *may.get(other, ())}
    }


@pytest.fixture(autouse=True, scope="session")
def _fast_passwords_of_the_sandbox() -> Iterator[None]:
    """As in the product's tests: what makes a digest slow to find makes it slow to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(COST, "n", 2)
        yield


@pytest.fixture
def editor() -> Iterator[Editor]:
    with Editor() as running:
        yield running


@pytest.fixture
def run_on(editor: Editor) -> Callable[..., Report]:
    """Runs groups on the stub editor."""

    def run(*groups: AnyGroup, **changes: Any) -> Report:
        return run_groups(make_environment(editor.base, **changes), *groups)

    return run
