"""INT_R03: the platform's FHIR server for appointments. A request in, an answer out, everything kept."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.sas import appointment_checks as rules
from sandbox.sas.appointment_checks import Check, OperatorLookup
from sandbox.sas.clock import Clock, from_text, to_text, utc_now
from sandbox.sas.faults import BARRED, RESET, SERVER_ERROR, UNPROCESSABLE, Faults
from sandbox.sas.outcome import operation_outcome
from sandbox.sas.store import Store
from sandbox.sas.vocabulary import FHIR_JSON, Identifier

# A received Appointment is about 1 kB.
MAX_BODY = 200_000

ProfileCheck = Callable[[dict[str, Any]], list[Check]]


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `target` is the path and query as they came, `identifiers` the values of the query's `identifier`."""

    method: str
    target: str
    body: bytes
    content_type: str = FHIR_JSON
    identifiers: tuple[str, ...] = ()
    if_none_exist: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back. `status` None: nothing (the caller closes the connection); `hold`: only after a long wait."""

    status: int | None
    payload: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A kept request. `answered` None: no answer was sent; `resource` None: the body is not a JSON object."""

    id: int
    at: datetime
    method: str
    target: str
    content_type: str
    body: str
    fault: str | None
    answered: int | None
    answer: str
    accepted: bool
    identifier: Identifier | None
    change: str
    verdict: str
    checks: list[Check]

    @property
    def resource(self) -> dict[str, Any] | None:
        return _decode(self.body.encode())[0]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What processing decided, before any fault is applied to it."""

    answer: Answer
    accepted: bool
    identifier: Identifier | None
    change: str
    checks: list[Check]


class Receiver:
    """Stores appointments by their business identifier and remembers each request, faulty or not."""

    def __init__(
        self, *, store: Store, faults: Faults, base_url: str, find_operator: OperatorLookup | None = None,
        check_profile: ProfileCheck | None = None, clock: Clock = utc_now,
    ) -> None:  # fmt: skip
        """`base_url` is the FHIR base (without a final slash) that Location headers are made from."""
        self._store = store
        self._faults = faults
        self._base_url = base_url
        self._find_operator = find_operator
        self._check_profile = check_profile
        self._clock = clock

    def handle(self, request: Request) -> Answer:
        """Process a POST or a PUT, with the fault that is switched on.

        500, 422, 403 and the time-out leave the request unprocessed; the reset processes it, then gives no answer.
        """
        fault = self._faults.claim()
        with self._store.transaction():
            processed = self._process(request) if fault in (None, RESET) else self._refuse_on_purpose(request, fault)
            answer = Answer(None) if fault == RESET else processed.answer
            self._keep(request, processed, answer, fault)
        return answer

    def read(self, appointment_id: str) -> Answer:
        """GET of a stored appointment by its server id."""
        row = self._store.row("SELECT * FROM appointment WHERE id = ?", appointment_id)
        if row is None:
            return Answer(404, operation_outcome("not-found", "Aucun rendez-vous n’a cet identifiant."))
        return Answer(200, json.loads(row["resource"]), {"ETag": f'W/"{row["version"]}"'})

    # What was received

    def received(self, *, verdict: str | None = None, limit: int = 50, offset: int = 0) -> list[Received]:
        """Requests, faulty ones first, then newest first."""
        rows = self._store.rows(
            "SELECT * FROM received WHERE ?1 IS NULL OR verdict = ?1"
            " ORDER BY verdict = 'fault' DESC, id DESC LIMIT ?2 OFFSET ?3",
            verdict, limit, offset,
        )  # fmt: skip
        return [_received(row) for row in rows]

    def get_received(self, received_id: int) -> Received | None:
        row = self._store.row("SELECT * FROM received WHERE id = ?", received_id)
        return _received(row) if row else None

    def history(self, identifier: Identifier) -> list[Received]:
        """Every request about one appointment, oldest first."""
        rows = self._store.rows(
            "SELECT * FROM received WHERE system = ? AND value = ? ORDER BY id", identifier.system, identifier.value
        )
        return [_received(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Requests by verdict (ok, remark, fault)."""
        rows = self._store.rows("SELECT verdict, count(*) AS n FROM received GROUP BY verdict")
        return {rules.OK: 0, rules.REMARK: 0, rules.FAULT: 0} | {row["verdict"]: row["n"] for row in rows}

    def appointments(self) -> list[tuple[Identifier, int, dict[str, Any]]]:
        """What the platform holds now: (identifier, version, resource)."""
        rows = self._store.rows("SELECT * FROM appointment ORDER BY system, value")
        return [(Identifier(row["system"], row["value"]), row["version"], json.loads(row["resource"])) for row in rows]

    def identifiers(self) -> list[Identifier]:
        """Every appointment identifier that a request named, accepted or not, in order of first appearance."""
        rows = self._store.rows(
            "SELECT system, value FROM received WHERE value IS NOT NULL GROUP BY system, value ORDER BY min(id)"
        )
        return [Identifier(row["system"], row["value"]) for row in rows]

    def clear(self) -> None:
        """Forget every request and every appointment."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM received")
            connection.execute("DELETE FROM appointment")

    # Processing

    def _process(self, request: Request) -> _Outcome:
        resource, problem = _decode(request.body)
        if resource is None:
            check = Check(rules.FAULT, "Corps illisible", problem)
            return _Outcome(Answer(400, operation_outcome("structure", problem)), False, None, "Illisible", [check])
        named = rules.appointment_identifier(resource)
        checks = rules.check_appointment(resource, find_operator=self._find_operator)
        refusal: Answer | None = None
        wanted = named
        if request.method == "PUT":
            wanted, refusal = _wanted(request)
            if refusal is None and wanted != named and named is not None:
                detail = f"{named.token} au lieu de {wanted.token if wanted else 'rien'}"
                checks.append(Check(rules.FAULT, "Identifiant changé", detail, "Appointment.identifier", "1, 2"))
        before = self._find(wanted) if wanted else None
        checks.append(self._sequence_check(request, before))
        if refusal is None:
            # The profile decides nothing: what the table of the specification wants does.
            refusal = _refusal(checks)
        if self._check_profile is not None:
            checks.extend(self._check_profile(resource))
        checks = rules.faults_first(checks)
        change = _describe(before, resource)
        if refusal is None and wanted is not None:
            answer = self._write(request, wanted, before, resource)
            if answer.status == 409:
                # After a lost answer, this is how the editor finds out that its POST went through: no fault of form.
                change = "Création en double"
            return _Outcome(answer, answer.status in (200, 201), wanted, change, checks)
        return _Outcome(refusal or _no_identifier(), False, wanted or named, change, checks)

    def _write(
        self, request: Request, identifier: Identifier, before: sqlite3.Row | None, resource: dict[str, Any]
    ) -> Answer:
        if request.method == "POST" and before is not None:
            if _if_none_exist(request) == identifier:
                return self._answer(200, before["id"], before["version"], json.loads(before["resource"]))
            text = "Un rendez-vous porte déjà cet identifiant : le mettre à jour par PUT."
            return Answer(409, operation_outcome("duplicate", text, "Appointment.identifier"))
        appointment_id = before["id"] if before else str(uuid.uuid4())
        version = before["version"] + 1 if before else 1
        stored = {**resource, "id": appointment_id}
        self._store.run(
            "INSERT INTO appointment VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (system, value) DO UPDATE SET version = excluded.version, resource = excluded.resource",
            identifier.system, identifier.value, appointment_id, version, json.dumps(stored, ensure_ascii=False),
        )  # fmt: skip
        return self._answer(200 if before else 201, appointment_id, version, stored)

    def _answer(self, status: int, appointment_id: str, version: int, resource: dict[str, Any]) -> Answer:
        location = f"{self._base_url}/Appointment/{appointment_id}"
        return Answer(status, resource, {"Location": location, "ETag": f'W/"{version}"'})

    def _refuse_on_purpose(self, request: Request, fault: str) -> _Outcome:
        """A fault that leaves the request unprocessed: nothing is checked, the identifier is noted for the history."""
        resource, _ = _decode(request.body)
        named = rules.appointment_identifier(resource) if resource else None
        text = "Panne provoquée depuis le simulateur."
        if fault == SERVER_ERROR:
            answer = Answer(500, operation_outcome("exception", text))
        elif fault == UNPROCESSABLE:
            answer = Answer(422, operation_outcome("processing", text, "Appointment"))
        elif fault == BARRED:
            answer = Answer(403, operation_outcome("forbidden", text))
        else:
            answer = Answer(503, operation_outcome("timeout", text), hold=True)
        checks = rules.check_appointment(resource, find_operator=self._find_operator) if resource else []
        before = self._find(named) if named else None
        return _Outcome(answer, False, named, _describe(before, resource or {}), checks)

    def _sequence_check(self, request: Request, before: sqlite3.Row | None) -> Check:
        title = "Ordre des appels"
        if request.method == "POST" and before is not None:
            return Check(rules.REMARK, title, "POST d’un rendez-vous déjà reçu", "", "")
        if request.method == "PUT" and before is None:
            return Check(rules.REMARK, title, "PUT d’un rendez-vous jamais créé par POST", "", "")
        return Check(rules.OK, title, "POST d’abord, PUT ensuite", "", "")

    def _find(self, identifier: Identifier) -> sqlite3.Row | None:
        return self._store.row(
            "SELECT * FROM appointment WHERE system = ? AND value = ?", identifier.system, identifier.value
        )

    def _keep(self, request: Request, processed: _Outcome, answer: Answer, fault: str | None) -> None:
        identifier = processed.identifier
        answered = None if answer.hold else answer.status
        payload = json.dumps(answer.payload, ensure_ascii=False, indent=2) if answer.payload and answered else ""
        self._store.run(
            "INSERT INTO received (at, method, target, content_type, body, fault, answered, answer, accepted, system,"
            " value, change, verdict, checks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            to_text(self._clock()), request.method, request.target, request.content_type,
            request.body[:MAX_BODY].decode("utf-8", errors="replace"), fault, answered, payload,
            int(processed.accepted), identifier.system if identifier else None,
            identifier.value if identifier else None, processed.change, rules.worst(processed.checks),
            json.dumps([asdict(check) for check in processed.checks], ensure_ascii=False),
        )  # fmt: skip


def _decode(body: bytes) -> tuple[dict[str, Any] | None, str]:
    """(resource, '') or (None, why not)."""
    if len(body) > MAX_BODY:
        return None, "Le corps est trop gros pour un rendez-vous."
    try:
        decoded = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None, "Le corps n’est pas du JSON en UTF-8."
    if not isinstance(decoded, dict):
        return None, "Le corps n’est pas une ressource FHIR."
    return decoded, ""


def _wanted(request: Request) -> tuple[Identifier | None, Answer | None]:
    """The identifier that a conditional update is for, or the 400 that says why there is none."""
    if len(request.identifiers) != 1:
        text = f"Un seul paramètre identifier attendu, {len(request.identifiers)} reçus."
        return None, Answer(400, operation_outcome("invalid", text))
    wanted = Identifier.parse(request.identifiers[0])
    if wanted is None:
        return None, Answer(400, operation_outcome("invalid", "Le paramètre identifier s’écrit système|valeur."))
    return wanted, None


def _if_none_exist(request: Request) -> Identifier | None:
    """FHIR conditional create: the identifier of an `If-None-Exist: identifier=system|value` header."""
    name, _, token = request.if_none_exist.partition("=")
    return Identifier.parse(unquote(token)) if name.strip() == "identifier" else None


def _refusal(checks: list[Check]) -> Answer | None:
    faults = [check for check in checks if check.verdict == rules.FAULT]
    if not faults:
        return None
    issues = [
        operation_outcome("invariant", f"{fault.title} : {fault.detail}", *([fault.path] if fault.path else []))[
            "issue"
        ][0]
        for fault in faults
    ]
    return Answer(422, {"resourceType": "OperationOutcome", "issue": issues})


def _no_identifier() -> Answer:
    text = "Le rendez-vous n’a pas d’identifiant unique."
    return Answer(422, operation_outcome("required", text, "Appointment.identifier"))


def _describe(before: sqlite3.Row | None, resource: dict[str, Any]) -> str:
    """What changed since what the platform holds, in a word or two."""
    if before is None:
        return "Création"
    old = json.loads(before["resource"])
    changes = []
    if old.get("status") != resource.get("status"):
        labels = {"booked": "Confirmé", "fulfilled": "Honoré", "noshow": "Non honoré", "cancelled": "Annulé"}
        changes.append(labels.get(str(resource.get("status")), "Statut changé"))
    if any(rules.read_instant(old.get(name)) != rules.read_instant(resource.get(name)) for name in ("start", "end")):
        changes.append("Horaire changé")
    if rules.practitioner_identifiers(old) != rules.practitioner_identifiers(resource):
        changes.append("Praticien changé")
    if rules.operator_identifier(old) != rules.operator_identifier(resource):
        changes.append("Opérateur changé")
    return ", ".join(changes) or "Sans changement"


def _received(row: sqlite3.Row) -> Received:
    identifier = Identifier(row["system"], row["value"]) if row["value"] is not None else None
    checks = [Check(**check) for check in json.loads(row["checks"])]
    return Received(
        row["id"], from_text(row["at"]), row["method"], row["target"], row["content_type"], row["body"], row["fault"],
        row["answered"], row["answer"], bool(row["accepted"]), identifier, row["change"], row["verdict"], checks,
    )  # fmt: skip
