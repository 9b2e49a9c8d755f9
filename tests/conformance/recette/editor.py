"""A small correct editor in this process, into which a test plants faults."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from sandbox.sas.clock import PARIS
from tests.conformance.recette.editor_data import Asked, Resource, searchset, sos_searchset

SIRET = "334173748400020"
IDENTIFIER = "schedule.actor:Practitioner.identifier"
ASSOCIATION = "actor:Location.organization.identifier"
BOUND = re.compile(r"(ge|le)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[ +-]\d\d:\d\d)?")
FHIR = "application/fhir+json"


class Refused(Exception):
    """A search that this editor does not take, with a status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Editor:
    """`flaws` name ways of misreading requests; `spoil` falsifies each Bundle; `answer` replaces any answer whole."""

    flaws: set[str] = field(default_factory=set)
    spoil: Callable[[Resource], None] | None = None
    spoil_metadata: Callable[[Resource], None] | None = None
    answer: Callable[[str, str], tuple[int, str, bytes] | None] | None = None
    delay: float = 0.0
    requests: list[str] = field(default_factory=list)

    def __enter__(self) -> Editor:
        editor = self

        class Handler(_Handler):
            owner = editor

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/fhir"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __exit__(self, *details: object) -> None:
        self.stop()

    # Answers

    def get(self, target: str, accept: str) -> tuple[int, str, bytes]:
        path, _, query = target.partition("?")
        if self.answer is not None and (given := self.answer(path, query)) is not None:
            return given
        name = path.removeprefix("/fhir/")
        try:
            if name == "metadata":
                return self._json(200, self._metadata())
            if name == "Slot/" and "slash" in self.flaws:
                return 301, "text/html", b""
            if name.rstrip("/") not in ("Slot", "Schedule"):
                raise Refused("Inconnu.", 404)
            if "accept" in self.flaws and accept not in (FHIR, "*/*", "application/json"):
                raise Refused("Type refusé.", 406)
            time.sleep(self.delay)
            bundle = self._search(name.rstrip("/"), query, target)
        except Refused as refusal:
            return self._refusal(refusal)
        if self.spoil is not None:
            self.spoil(bundle)
        return self._json(200, bundle)

    def _json(self, status: int, payload: Any) -> tuple[int, str, bytes]:
        kind = "application/json" if "plain json" in self.flaws else FHIR
        return status, kind, json.dumps(payload, ensure_ascii=False).encode()

    def _refusal(self, refusal: Refused) -> tuple[int, str, bytes]:
        if "html errors" in self.flaws:
            return refusal.status, "text/html", b"<h1>Bad Request</h1>"
        if "500 instead" in self.flaws and refusal.status == 400:
            refusal.status = 500
        issue = {"severity": "error", "code": "invalid", "diagnostics": str(refusal)}
        return self._json(refusal.status, {"resourceType": "OperationOutcome", "issue": [issue]})

    def _search(self, kind: str, query: str, target: str) -> Resource:
        if "raw bar" in self.flaws and "|" in query:
            raise Refused("Barre brute.")
        values = self._values(query)
        prefix = "_has:Slot:schedule:" if kind == "Schedule" else ""
        bounds = self._bounds([value for name, value in values if name == f"{prefix}start"])
        if "status ignored" not in self.flaws and [v for n, v in values if n == f"{prefix}status"] != ["free"]:
            raise Refused("Statut.")
        tokens = self._tokens([value for name, value in values if name == (ASSOCIATION if prefix else IDENTIFIER)])
        cpts = ("_include", "Slot:service-type-reference") in values
        url = f"http://{self._host}{target}"
        if "self link" in self.flaws:
            url = url.replace("status=free", "status=busy")
        now = datetime.now(UTC)
        asked = Asked(bounds[0], bounds[1], tuple(tokens), cpts, tuple(tokens))
        base = self.base
        if kind == "Schedule":
            return sos_searchset(base, asked, url, now, SIRET)
        bundle = searchset(base, asked, url, now, bare="prefix wanted" not in self.flaws)
        if "nobody" in self.flaws and "entry" not in bundle:
            raise Refused("Personne.", 404)
        return bundle

    @property
    def _host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def _values(self, query: str) -> list[tuple[str, str]]:
        pairs = [part.partition("=") for part in query.split("&") if part]
        blank = "+" if "literal plus" in self.flaws else " "
        values = [(_decoded(name), _decoded(value.replace("+", blank))) for name, _, value in pairs]
        names = [name for name, _ in values]
        if (
            "order" in self.flaws
            and {IDENTIFIER, "start"} <= set(names)
            and names.index(IDENTIFIER) < names.index("start")
        ):
            raise Refused("Ordre.")
        known = {"_include", "_include:iterate", "_revinclude", "start", "status", IDENTIFIER, ASSOCIATION}
        strange = [name for name in names if name not in known and not name.startswith("_has:")]
        if "strict" in self.flaws and strange:
            raise Refused("Paramètre inconnu.")
        if "modifiers ignored" not in self.flaws and any(name.startswith(("start:", "status:")) for name in names):
            raise Refused("Modificateur.")
        if "breaks on nul" in self.flaws and any("\0" in value for _, value in values):
            raise Refused("Octet nul.", 500)
        return values

    def _bounds(self, written: list[str]) -> tuple[datetime, datetime]:
        found: dict[str, datetime] = {}
        for text in written:
            match = BOUND.fullmatch(text.strip())
            if match is None:
                raise Refused("Instant illisible.")
            found[match[1]] = self._instant(match)
        if set(found) != {"ge", "le"} and "bounds ignored" not in self.flaws:
            raise Refused("Bornes.")
        now = datetime.now(UTC)
        low, high = found.get("ge", now), found.get("le", now)
        if "exclusive" in self.flaws and low == high:
            raise Refused("Période vide.")
        return low, high

    def _instant(self, match: re.Match[str]) -> datetime:
        offset = match[4]
        if offset and offset.startswith(" ") and "blank offset" in self.flaws:
            raise Refused("Décalage illisible.")
        zone: tzinfo = UTC if "bare is utc" in self.flaws else PARIS
        try:
            if offset is None:
                return datetime.fromisoformat(match[2]).replace(tzinfo=zone)
            return datetime.fromisoformat(match[2] + offset.replace(" ", "+").replace("Z", "+00:00"))
        except ValueError as error:
            raise Refused("Instant impossible.") from error

    def _tokens(self, given: list[str]) -> list[str]:
        if "first only" in self.flaws:
            given = given[:1]
        pieces = [piece for text in given for piece in text.split(",") if piece.strip()]
        if "blank after comma" in self.flaws and any(piece.startswith(" ") for piece in pieces):
            raise Refused("Blanc.")
        values = [piece.strip().rpartition("|")[2] for piece in pieces]
        if not values or not all(values):
            raise Refused("Praticien.")
        limit = {"limit 24": 24, "no limit": 1000}.get(next((f for f in self.flaws if "limit" in f), ""), 25)
        if len(values) > limit:
            raise Refused("Trop de praticiens.")
        return values

    def _metadata(self) -> Resource:
        statement: Resource = {
            "resourceType": "CapabilityStatement", "status": "active", "date": "2026-11-23", "kind": "instance",
            "fhirVersion": "4.0.1", "format": [FHIR],
            "rest": [
                {
                    "mode": "server",
                    "resource": [
                        {
                            "type": "Slot", "interaction": [{"code": "search-type"}],
                            "searchParam": [{"name": "start", "type": "date"}, {"name": "status", "type": "token"}],
                        },
                        {
                            "type": "Practitioner", "interaction": [{"code": "create"}, {"code": "update"}],
                            "conditionalUpdate": True,
                        },
                        {"type": "Schedule", "interaction": [{"code": "search-type"}]},
                    ],
                }
            ],
        }  # fmt: skip
        if self.spoil_metadata is not None:
            self.spoil_metadata(statement)
        return statement


class _Handler(BaseHTTPRequestHandler):
    owner: Editor
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.owner.requests.append(self.path)
        status, kind, body = self.owner.get(self.path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if status == 301:
            self.send_header("Location", self.path.replace("/Slot/", "/Slot"))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", errors="replace")
