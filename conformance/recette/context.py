"""What a check is given: the editor to call, what was declared of it, and ways to say what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from conformance.profiles import Definitions, DefinitionsError, Severity
from conformance.recette.environment import Environment
from conformance.recette.findings import Problem, gathered
from conformance.recette.masking import Masker
from conformance.recette.platform_side import Listener
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.clock import Clock, utc_now
from sandbox.sas.exchange import PLATFORM_TIMEOUT, Exchange, FhirCaller
from sandbox.sas.profile_check import ProfileChecker
from sandbox.sas.vocabulary import FHIR_JSON

State = TypeVar("State")
Value = TypeVar("Value")
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange kept for the report; `label` says in French what it was for, or is empty."""

    exchange: Exchange
    label: str = ""


class Run:
    """What one run of the book shares between its groups. Use as a context manager: it stops what it started."""

    def __init__(
        self, environment: Environment, *, clock: Clock = utc_now, tell: Callable[[str], None] | None = None
    ) -> None:
        """`tell` shows a French sentence to the person at the terminal (group 7 asks them to act)."""
        self.environment = environment
        self.clock = clock
        self.tell = tell or (lambda sentence: None)
        self.masker = Masker()
        self.definitions, self.no_definitions = _definitions(environment.definitions)
        self.profiles = ProfileChecker(self.definitions)
        transport = environment.transport
        self.fhir = FhirCaller(
            environment.base_url,
            certificate=transport.good.pair if transport.good else None,
            authority=transport.authority,
        )
        self._listener: Listener | None = None
        if environment.platform:
            self.masker.add(environment.platform.client_secret)
        if environment.booking.practice_password:
            self.masker.add(environment.booking.practice_password)

    @property
    def listener(self) -> Listener:
        """The platform that the book plays, started at its first use. Raises CheckSkipped when it can't be."""
        if self._listener is None:
            if self.environment.platform is None:
                raise CheckSkipped("La plateforme jouée par le cahier n’est pas déclarée ([platform] et son secret).")
            listener = Listener(self.environment, self.environment.platform, self.fhir, clock=self.clock)
            try:
                listener.start()
            except OSError as error:
                host, port = self.environment.platform.listen
                raise CheckSkipped(f"Le cahier ne peut pas écouter sur {host}:{port} : {error.strerror}.") from error
            self._listener = listener
        return self._listener

    def profile_problems(self, resource: Mapping[str, Any], profile: str) -> list[Problem]:
        """What the walker finds wrong of a resource and all it holds. Raises CheckSkipped without the definitions."""
        if self.definitions is None:
            raise CheckSkipped(self.no_definitions)
        try:
            findings = self.definitions.check(resource, profile)
        except DefinitionsError as error:
            raise CheckSkipped(f"{error}.") from error
        told = [item for item in findings if item.severity in (Severity.ERROR, Severity.WARNING)]
        # That a target breaks its profile follows from what is said of the target itself.
        causes = [item for item in told if item.rule != "reference.profile"]
        return [
            Problem(f"{item.message} [{item.rule}]", item.path, warning=item.severity is Severity.WARNING)
            for item in causes or told
        ]

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *details: object) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None


@cache
def _definitions(folder: Path | None) -> tuple[Definitions | None, str]:
    """(the guide's definitions, why there are none)."""
    if folder is None:
        return None, "Le dossier des définitions de l’ANS n’est pas déclaré : les profils ne sont pas contrôlés."
    try:
        return Definitions.load(folder), ""
    except DefinitionsError as error:
        return None, f"Les profils ne sont pas contrôlés. {error}."


@dataclass(slots=True)
class Context(Generic[State]):
    """One check under way. Thread-safe for calls made at once from several threads of the same check."""

    run: Run
    state: State
    deadline: float = field(default_factory=lambda: time.monotonic() + 30.0)
    exchanges: list[Recorded] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def environment(self) -> Environment:
        return self.run.environment

    # Calling the editor

    def call(
        self, method: str, path: str, *, accept: str = FHIR_JSON, body: object = None, raw_body: bytes | None = None,
        headers: Mapping[str, str] | None = None, caller: FhirCaller | None = None, label: str = "",
    ) -> Exchange:  # fmt: skip
        """Call the FHIR base as the platform does; `path` may carry a query, sent as it is. Never raises for what the
        network or the server does: `status` is then None and `failure` says why."""
        given = caller or self.run.fhir
        timed = FhirCaller(
            given.base_url, min(given.timeout, self.remaining()), given.certificate, given.authority,
            {**given.headers, **(headers or {})},
        )  # fmt: skip
        return self.record(timed.call(method, path, accept=accept, body=body, raw_body=raw_body), label)

    def record(self, exchange: Exchange, label: str = "") -> Exchange:
        """Keep an exchange made otherwise, so that the report shows it."""
        self.remaining()
        self.exchanges.append(Recorded(exchange, label))
        return exchange

    # Saying what was found

    def answered(self, exchange: Exchange, *statuses: int) -> Exchange:
        """Ends the check as failed unless the exchange was answered with one of these statuses (none: with any)."""
        if exchange.status is None:
            raise CheckFailed(exchange.failure)
        if statuses and exchange.status not in statuses:
            wanted = " ou ".join(map(str, statuses))
            raise CheckFailed(f"Réponse {exchange.status} au lieu de {wanted}.")
        return exchange

    def refused(self, exchange: Exchange, *statuses: int, element: str = "") -> None:
        """Notes what is wrong with a refusal: it must be one of these statuses (none: any 4xx) with an OperationOutcome
        that has an error and, with `element`, names it in an `expression`."""
        if exchange.status is None:
            raise CheckFailed(exchange.failure)
        if statuses and exchange.status not in statuses:
            self.fault(f"Réponse {exchange.status} au lieu de {' ou '.join(map(str, statuses))}.")
        elif not 400 <= exchange.status < 500:
            self.fault(f"Réponse {exchange.status} au lieu d’un refus (4xx).")
        if exchange.status < 400:
            return
        issues = exchange.issues()
        if not issues:
            self.fault("Le refus n’est pas accompagné d’un OperationOutcome.")
        elif element and not any(element in issue.where for issue in issues):
            self.fault(
                f"L’OperationOutcome ne nomme pas l’élément en cause ({element}).", "OperationOutcome.issue.expression"
            )

    def expect(self, condition: object, sentence: str, where: str = "") -> None:
        """Ends the check as failed with this sentence unless the condition holds."""
        if not condition:
            self.fault(sentence, where)
            raise CheckFailed("")

    def fault(self, sentence: str, where: str = "") -> None:
        """Notes a fault; the check goes on and will be failed."""
        self.problems.append(Problem(sentence, where))

    def warn(self, sentence: str, where: str = "") -> None:
        """Notes a reservation; the check goes on and will be a warning, unless it fails."""
        self.problems.append(Problem(sentence, where, warning=True))

    def judge(self, problems: Iterable[Problem]) -> None:
        """Notes what a pure judging function found, the same fault at many places said once."""
        self.problems.extend(gathered(problems))

    def note(self, sentence: str) -> None:
        """Something worth reading beside the verdict, whatever it is."""
        self.notes.append(sentence)

    # Time

    def remaining(self) -> float:
        """Seconds left for this check. Raises CheckEnded when there are none."""
        left = self.deadline - time.monotonic()
        if self.closed or left <= 0:
            raise CheckFailed("Le contrôle n’a pas abouti dans le temps imparti.")
        return left

    def extend(self, seconds: float) -> None:
        """Give the check at least that long from now: a person is asked to act."""
        self.deadline = max(self.deadline, time.monotonic() + seconds)

    def wait_until(self, condition: Callable[[], Value], what: str, *, seconds: float = PLATFORM_TIMEOUT) -> Value:
        """Polls until the condition gives something true, and returns it. Ends the check as failed, saying `what` was
        awaited (« un POST du rendez-vous »), when that does not happen in time."""
        end = min(time.monotonic() + seconds, self.deadline)
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() >= end or self.closed:
                raise CheckFailed(f"Attendu en {seconds:.0f} s, jamais vu : {what}.")
            time.sleep(POLL_SECONDS)
