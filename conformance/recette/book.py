"""The book's own words: a group holds checks, a check names its rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic

from conformance.recette.context import Context, Run, State


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is written: a document (one of the constants of `sources`) and a section or element of it."""

    document: str
    section: str

    def __str__(self) -> str:
        return f"{self.document}, {self.section}"


@dataclass(frozen=True, slots=True)
class Check(Generic[State]):
    """One rule of the book.

    identifier: group prefix and number, for ever the same (`R01-07`); title: what is right, in French, without a stop;
    requires: identifiers of checks of the same group without whose success this one makes no sense;
    limit: seconds after which it is abandoned, and failed; None: the environment's (30 s).
    """

    identifier: str
    title: str
    sources: tuple[Source, ...]
    run: Callable[[Context[State]], str | None]
    requires: tuple[str, ...] = ()
    limit: float | None = None


@dataclass(slots=True)
class Group(Generic[State]):
    """A chapter of the book; its checks run in the order of their declaration and share one `state`.

    state: makes a fresh state at each run. why_not: says in French why the whole group can't run here, "" when it can;
    it must not touch the network. cleanup: runs after the last check, whatever happened.
    """

    number: int
    key: str
    title: str
    state: Callable[[], State]
    why_not: Callable[[Run], str] = lambda run: ""
    checks: list[Check[State]] = field(default_factory=list)
    cleanup: Callable[[Context[State]], object] | None = None

    def check(
        self,
        identifier: str,
        title: str,
        *sources: Source,
        requires: tuple[str, ...] = (),
        limit: float | None = None,
    ) -> Callable[[Callable[[Context[State]], str | None]], Callable[[Context[State]], str | None]]:
        """Declares the decorated function as a check. Raises ValueError for an identifier that is taken, or no source."""
        known = {check.identifier for check in self.checks}
        if identifier in known or not set(requires) <= known or not sources:
            raise ValueError(f"{identifier}: identifier taken, unknown requirement, or no source")

        def declare(run: Callable[[Context[State]], str | None]) -> Callable[[Context[State]], str | None]:
            self.checks.append(Check(identifier, title, sources, run, requires, limit))
            return run

        return declare


AnyGroup = Group[Any]
