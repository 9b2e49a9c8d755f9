"""Runs the book: groups in order, each check in a thread of its own so that none can hold up the rest."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from conformance.recette.book import AnyGroup, Check
from conformance.recette.context import Context, Run
from conformance.recette.findings import Problem
from conformance.recette.results import GroupResult, Report, Result, empty_group, result_of, skipped
from conformance.recette.verdicts import CheckFailed, CheckSkipped, Verdict

CONNECT_SECONDS = 5.0
CLEANUP_SECONDS = 30.0
# What a thread is left to end by itself once its time is up.
GRACE_SECONDS = 0.5
ACQUIRED = (Verdict.PASSED, Verdict.WARNING)


class Watcher(Protocol):
    """Is told how the run goes."""

    def group_started(self, group: AnyGroup) -> None: ...

    def check_started(self, check: Check[Any]) -> None: ...

    def check_done(self, result: Result) -> None: ...


def run_book(run: Run, groups: Sequence[AnyGroup], watcher: Watcher) -> Report:
    """Run these groups; never raises for what the editor does. Ctrl-C ends the run and the report says so."""
    environment = run.environment
    report = Report(
        environment.name, environment.base_url, run.clock(), profiles_checked=run.profiles.available
    )  # fmt: skip
    report.interrupted = _unreachable(environment.base_url)
    end = time.monotonic() + environment.total_seconds
    for group in groups:
        shown = empty_group(group)
        report.groups.append(shown)
        watcher.group_started(group)
        try:
            _GroupRun(run, group, shown, report, watcher, end).all_checks()
        except KeyboardInterrupt:
            report.interrupted = "Le passage a été interrompu."
            done = {result.identifier for result in shown.results}
            shown.results += [
                skipped(check, report.interrupted) for check in group.checks if check.identifier not in done
            ]
    report.finished = run.clock()
    return report


class _GroupRun:
    def __init__(
        self, run: Run, group: AnyGroup, shown: GroupResult, report: Report, watcher: Watcher, end: float
    ) -> None:  # fmt: skip
        self.run = run
        self.group = group
        self.shown = shown
        self.report = report
        self.watcher = watcher
        self.end = end
        self.verdicts: dict[str, Verdict] = {}

    def all_checks(self) -> None:
        why_not = "" if self.report.interrupted else self.group.why_not(self.run)
        state = self.group.state()
        ran = False
        try:
            for check in self.group.checks:
                reason = why_not or self.report.interrupted or self._out_of_time() or self._unmet(check)
                if reason:
                    self._keep(skipped(check, reason))
                    continue
                self.watcher.check_started(check)
                ran = True
                self._keep(self._run_one(check, state))
        finally:
            if ran and self.group.cleanup is not None:
                self._clean_up(state)

    def _keep(self, result: Result) -> None:
        self.verdicts[result.identifier] = result.verdict
        self.shown.results.append(result)
        self.watcher.check_done(result)

    def _out_of_time(self) -> str:
        if time.monotonic() < self.end:
            return ""
        seconds = self.run.environment.total_seconds
        self.report.interrupted = f"Le temps imparti à tout le passage ({seconds:.0f} s) est épuisé."
        return self.report.interrupted

    def _unmet(self, check: Check[Any]) -> str:
        unmet = [name for name in check.requires if self.verdicts.get(name) not in ACQUIRED]
        return f"Suppose {' et '.join(unmet)}, qui n’est pas acquis." if unmet else ""

    def _run_one(self, check: Check[Any], state: object) -> Result:
        limit = check.limit if check.limit is not None else self.run.environment.check_seconds
        context: Context[Any] = Context(self.run, state, deadline=min(time.monotonic() + limit, self.end))
        started = time.monotonic()
        verdict, reason = _judge(check, context)
        context.closed = True
        result = result_of(
            check, verdict, context, self.run.masker, reason=reason, seconds=time.monotonic() - started
        )  # fmt: skip
        if verdict is Verdict.FAILED and context.exchanges:
            unanswered = all(recorded.exchange.status is None for recorded in context.exchanges)
            if unanswered and not self._still_answers():
                self.report.interrupted = "Le serveur ne répond plus : la suite n’a pas été passée."
        return result

    def _still_answers(self) -> bool:
        return self.run.fhir.call("GET", "metadata").status is not None

    def _clean_up(self, state: object) -> None:
        """What can't be put back is not the editor's fault: it makes no verdict."""
        context: Context[Any] = Context(self.run, state, deadline=time.monotonic() + CLEANUP_SECONDS)
        cleanup = self.group.cleanup
        if cleanup is not None:
            _in_thread(lambda: _quietly(cleanup, context), context)


def _judge(check: Check[Any], context: Context[Any]) -> tuple[Verdict, str]:
    """(verdict, reason of a skip or remark of a success)."""
    outcome: list[str | None] = []
    stopped: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(check.run(context))
        except Exception as error:  # noqa: BLE001 - whatever an answer provokes must become a verdict
            stopped.append(error)

    if not _in_thread(body, context):
        context.fault("Le contrôle n’a pas abouti dans le temps imparti.")
        return Verdict.FAILED, ""
    if stopped:
        error = stopped[0]
        if isinstance(error, CheckSkipped):
            if not context.problems:
                return Verdict.SKIPPED, str(error)
            context.note(str(error))
        elif isinstance(error, CheckFailed):
            if str(error):
                context.fault(str(error))
        else:
            context.problems.append(_unforeseen(error))
    if any(not problem.warning for problem in context.problems):
        return Verdict.FAILED, ""
    if context.problems:
        return Verdict.WARNING, ""
    return Verdict.PASSED, (outcome[0] if outcome else None) or ""


def _unforeseen(error: BaseException) -> Problem:
    """Names the exception and where it rose, without its message: that may quote the answer."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}, ligne {trace.tb_lineno}" if trace else ""
    return Problem(f"La réponse n’a pas la forme attendue : le contrôle s’est arrêté ({type(error).__name__}).", place)


def _in_thread(body: Any, context: Context[Any]) -> bool:
    """Run `body` until the context's deadline, which may be put back meanwhile; whether it ended in time."""
    thread = threading.Thread(target=body, name="recette-check", daemon=True)
    thread.start()
    while thread.is_alive():
        left = context.deadline + GRACE_SECONDS - time.monotonic()
        if left <= 0:
            return False
        thread.join(min(left, 0.2) if left > 0.2 else left)
    return True


def _quietly(cleanup: Any, context: Context[Any]) -> None:
    with contextlib.suppress(Exception):
        cleanup(context)


def _unreachable(base_url: str) -> str:
    """Why no connection can even be opened, "" when one can."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            return ""
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "pas de réponse"
        return f"Aucune connexion n’est possible à {parts.netloc} ({why}) : rien n’a été contrôlé."
