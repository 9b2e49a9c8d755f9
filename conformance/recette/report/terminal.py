"""The calm view: a line per check as it ends, its explanation under it when it did not pass, a table at the end."""

from __future__ import annotations

import os
import shutil
import textwrap
from itertools import groupby
from typing import Any, TextIO

from conformance.recette.book import AnyGroup, Check
from conformance.recette.report.conclusion import NO_PROFILES, conclusion
from conformance.recette.report.wording import NBSP, VERDICTS, WORTH_SAYING_MS, counted, french, moment, seconds
from conformance.recette.results import GroupResult, Report, Result, ShownExchange
from conformance.recette.verdicts import Verdict

WIDEST = 110
BODY_LINES = 12
URL_LENGTH = 320
SHOWN_CALLS = 3
COLOURS = {Verdict.PASSED: "32", Verdict.FAILED: "1;31", Verdict.WARNING: "33", Verdict.SKIPPED: "2"}
LABEL = max(map(len, VERDICTS.values()))


class TerminalView:
    """A `running.Watcher` that writes to `stream`."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self._stream = stream
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._live and "NO_COLOR" not in os.environ
        self._width = min(shutil.get_terminal_size((100, 24)).columns, WIDEST)
        self._total = total
        self._done = 0
        self._skipped: list[Result] = []

    # Watching

    def opening(self, report_name: str, base_url: str) -> None:
        self._line(self._strong(french(f"Cahier de recette SAS · {report_name}")))
        self._line(base_url)

    def group_started(self, group: AnyGroup) -> None:
        self._flush_skipped()
        self._line("")
        self._line(self._strong(f"{group.number}. {french(group.title)}"))

    def check_started(self, check: Check[Any]) -> None:
        self._flush_skipped()
        if self._live:
            text = f"  {self._done + 1}/{self._total}  {check.identifier}  {french(check.title)}"
            self._stream.write("\r\x1b[2K" + text[: self._width - 1])
            self._stream.flush()

    def check_done(self, result: Result) -> None:
        self._done += 1
        if result.verdict is Verdict.SKIPPED:
            # A group that is skipped whole is said in one line.
            self._skipped.append(result)
            return
        self._flush_skipped()
        self._result(result)

    def tell(self, sentence: str) -> None:
        """Something for the person at the terminal to do. One word, an address, stays whole: it is to be clicked."""
        if " " in sentence:
            self._wrapped(french(sentence), "  → ", "    ")
        else:
            self._line(f"  → {sentence}")

    # The end

    def closing(self, report: Report) -> None:
        self._flush_skipped()
        self._line("")
        self._table(report.groups)
        self._line("")
        if not report.profiles_checked:
            self._wrapped(french(NO_PROFILES), "", "")
        self._wrapped(conclusion(report), "", "")
        if report.finished:
            took = round((report.finished - report.started).total_seconds() * 1000)
            self._line(f"{moment(report.started)}, en {seconds(took)}.".capitalize())

    def _table(self, groups: list[GroupResult]) -> None:
        titles = {group.key: french(f"{group.number}. {group.title}") for group in groups}
        widest = max(map(len, titles.values()), default=0)
        for group in groups:
            counts = group.counts()
            told = ", ".join(
                self._painted(verdict, counted(verdict, counts[verdict])) for verdict in Verdict if counts[verdict]
            )
            self._line(f"  {titles[group.key].ljust(widest)}  {told}")

    # One result

    def _result(self, result: Result) -> None:
        label = VERDICTS[result.verdict].ljust(LABEL)
        head = f"  {label}  {result.identifier.ljust(8)}  "
        lines = textwrap.wrap(french(result.title), self._width - len(head) - 8) or [""]
        took = seconds(result.duration_ms) if result.duration_ms >= WORTH_SAYING_MS else ""
        first = f"{lines[0].ljust(self._width - len(head) - len(took) - 1)} {took}"
        self._line(f"  {self._painted(result.verdict, label)}  {result.identifier.ljust(8)}  {first}")
        indent = " " * len(head)
        for line in lines[1:]:
            self._line(indent + line)
        if result.reason:
            self._wrapped(french(result.reason), indent, indent)
        for problem in result.problems:
            where = f" ({problem.where})" if problem.where else ""
            self._wrapped(french(problem.sentence) + where, f"{indent}- ", f"{indent}  ")
        for note in result.notes:
            self._wrapped(french(note), indent, indent)
        if result.verdict in (Verdict.FAILED, Verdict.WARNING):
            for source in result.sources:
                self._wrapped(french(f"Règle : {source}"), indent, f"{indent}  ")
        if result.verdict is Verdict.FAILED:
            for exchange in result.exchanges[-SHOWN_CALLS:]:
                self._exchange(exchange, indent)

    def _exchange(self, exchange: ShownExchange, indent: str) -> None:
        status = exchange.status if exchange.status is not None else exchange.failure
        url = exchange.url if len(exchange.url) <= URL_LENGTH else f"{exchange.url[:URL_LENGTH]}…"
        self._wrapped(f"{exchange.method} {url}", f"{indent}| ", f"{indent}|   ")
        self._wrapped(f"{status} en {exchange.duration_ms}{NBSP}ms", f"{indent}| → ", f"{indent}|   ")
        lines = exchange.response_body.splitlines()
        for line in lines[:BODY_LINES]:
            self._line(f"{indent}|   {line}"[: self._width])
        if len(lines) > BODY_LINES:
            self._line(f"{indent}|   […]")

    def _flush_skipped(self) -> None:
        for reason, group in groupby(self._skipped, key=lambda result: result.reason):
            results = list(group)
            label = VERDICTS[Verdict.SKIPPED].ljust(LABEL)
            first, last = results[0].identifier, results[-1].identifier
            names = first if first == last else f"{first} à {last}"
            head = f"  {label}  {names}  "
            text = textwrap.wrap(french(reason), self._width - len(head)) or [""]
            self._line(f"  {self._painted(Verdict.SKIPPED, label)}  {names}  {text[0]}")
            for line in text[1:]:
                self._line(" " * len(head) + line)
        self._skipped = []

    # Writing

    def _wrapped(self, text: str, first: str, rest: str) -> None:
        wrapped = textwrap.wrap(
            text, self._width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
        )  # fmt: skip
        for line in wrapped or [first]:
            self._line(line)

    def _line(self, text: str) -> None:
        self._stream.write(("\r\x1b[2K" if self._live else "") + text.rstrip() + "\n")
        self._stream.flush()

    def _painted(self, verdict: Verdict, text: str) -> str:
        return f"\x1b[{COLOURS[verdict]}m{text}\x1b[0m" if self._colour else text

    def _strong(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._colour else text
