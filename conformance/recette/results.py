"""What a run leaves: plain values, already masked, that every form of the report is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from conformance.recette.book import AnyGroup, Check, Source
from conformance.recette.context import Context, Recorded
from conformance.recette.findings import Problem
from conformance.recette.masking import Masker
from conformance.recette.verdicts import Verdict

# A Bundle of 25 practitioners is over a megabyte: its beginning is enough to see what the sentence says.
SHOWN_BODY = 12_000
SHOWN_EXCHANGES = 12

PASSED, COULD_FAIL, COULD_NOT_RUN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """A masked exchange. `status` None: no answer, for the reason in `failure`."""

    label: str
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    response_headers: dict[str, str]
    response_body: str
    duration_ms: int
    failure: str


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict of one check; `exchanges` only when it was not passed."""

    identifier: str
    title: str
    sources: tuple[Source, ...]
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    exchanges: tuple[ShownExchange, ...] = ()
    omitted_exchanges: int = 0
    duration_ms: int = 0


@dataclass(slots=True)
class GroupResult:
    number: int
    key: str
    title: str
    results: list[Result] = field(default_factory=list)

    def counts(self) -> Counter[Verdict]:
        return Counter(result.verdict for result in self.results)


@dataclass(slots=True)
class Report:
    """A whole run. `interrupted`: French, why part of the book (or all of it) was not run; "" when all was."""

    editor: str
    base_url: str
    started: datetime
    finished: datetime | None = None
    interrupted: str = ""
    profiles_checked: bool = True
    groups: list[GroupResult] = field(default_factory=list)

    def results(self) -> Iterator[Result]:
        for group in self.groups:
            yield from group.results

    def counts(self) -> Counter[Verdict]:
        return Counter(result.verdict for result in self.results())

    @property
    def exit_status(self) -> int:
        """0 all that could be run passed (reservations allowed), 1 failures, 2 the book could not be run to its end."""
        counts = self.counts()
        if counts[Verdict.FAILED]:
            return COULD_FAIL
        ran = counts[Verdict.PASSED] + counts[Verdict.WARNING]
        return COULD_NOT_RUN if self.interrupted or not ran else PASSED

    def as_json(self) -> dict[str, Any]:
        """The JSON report: instants in ISO 8601, durations in milliseconds."""
        counts = self.counts()
        return {
            "editor": self.editor,
            "base_url": self.base_url,
            "started": self.started.isoformat(timespec="seconds"),
            "finished": self.finished.isoformat(timespec="seconds") if self.finished else None,
            "interrupted": self.interrupted,
            "profiles_checked": self.profiles_checked,
            "exit_status": self.exit_status,
            "summary": {verdict.value: counts[verdict] for verdict in Verdict},
            "groups": [asdict(group) for group in self.groups],
        }


def result_of(
    check: Check[Any],
    verdict: Verdict,
    context: Context[Any],
    masker: Masker,
    *,
    reason: str = "",
    seconds: float = 0.0,
) -> Result:
    """The masked result of a check that was run."""
    shown: list[Recorded] = [] if verdict in (Verdict.PASSED, Verdict.SKIPPED) else list(context.exchanges)
    return Result(
        check.identifier,
        check.title,
        check.sources,
        verdict,
        tuple(Problem(masker.text(item.sentence), masker.text(item.where), item.warning) for item in context.problems),
        masker.text(reason),
        tuple(masker.text(note) for note in context.notes),
        # The last ones are those that the verdict is about.
        tuple(show(recorded, masker) for recorded in shown[-SHOWN_EXCHANGES:]),
        max(0, len(shown) - SHOWN_EXCHANGES),
        round(seconds * 1000),
    )


def skipped(check: Check[Any], reason: str) -> Result:
    """The result of a check that was not run."""
    return Result(check.identifier, check.title, check.sources, Verdict.SKIPPED, reason=reason)


def empty_group(group: AnyGroup) -> GroupResult:
    return GroupResult(group.number, group.key, group.title)


def show(recorded: Recorded, masker: Masker) -> ShownExchange:
    exchange = recorded.exchange
    types = {name.lower(): value for name, value in (*exchange.request_headers.items(), ("", ""))}
    answered = {name.lower(): value for name, value in exchange.response_headers.items()}
    return ShownExchange(
        masker.text(recorded.label),
        exchange.method,
        masker.url(exchange.url),
        masker.headers(exchange.request_headers),
        _shortened(masker.body(exchange.request_body, types.get("content-type", ""))),
        exchange.status,
        masker.headers(exchange.response_headers),
        _shortened(masker.body(exchange.response_body, answered.get("content-type", ""))),
        exchange.duration_ms,
        masker.text(exchange.failure),
    )


def _shortened(body: str) -> str:
    if len(body) <= SHOWN_BODY:
        return body
    length = f"{len(body):,}".replace(",", "\u202f")
    return f"{body[:SHOWN_BODY]}\n[…] ({length} caractères en tout)"
