"""A SAS on loopback that misbehaves at random, and remembers every version it took, in order.

It takes a request when it has read it, or never: a server that would take one long after its caller gave up, and after
it took a later one, could put any client's order upside down.
"""

import json
import random
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What may happen to a request, and how often in ten thousand; the rest gets 200 or 201.
FAULTS = {
    "500 before it was taken": 400,
    "500 after it was taken": 400,
    "503 with Retry-After": 400,
    "429 with Retry-After": 400,
    "409 to the creation it has just taken": 300,
    "silent past the time-out, not taken": 150,
    "silent past the time-out, taken": 150,
    "reset before it was taken": 300,
    "reset after it was taken": 400,
    "garbage instead of HTTP, taken": 300,
    "garbage for a body, taken": 300,
    "slow bytes, taken": 150,
    "headers without end, taken": 80,
    "404, the page of a proxy": 250,
    "401 with an OperationOutcome": 80,
    "403 with an OperationOutcome": 80,
    "404 with an OperationOutcome": 80,
    "495 with an OperationOutcome": 80,
    "task process killed -9 while it waits, taken": 60,
    "task process killed -9 as it is answered": 60,
}
# What speaks of us and not of the appointment, and how the OperationOutcome calls it.
_BARRED = {401: "login", 403: "forbidden", 404: "not-found", 495: "security"}
SILENCE = 2.0  # seconds; more than the callers' time-out
_NOT_TAKEN = {
    "500 before it was taken",
    "503 with Retry-After",
    "429 with Retry-After",
    "silent past the time-out, not taken",
    "reset before it was taken",
    "404, the page of a proxy",
    *(f"{status} with an OperationOutcome" for status in _BARRED),
}


class HostileSas:
    """`taken`: identifier → the resources taken, in order. `created_again`: creations of what it held already.

    `tls`: speak it, as this context says (the name is localhost's). `pace`: seconds before each answer. `down` and `barring`:
    nothing is taken, for it is broken, or lets nobody in.
    """

    def __init__(self, *, seed: int, kill: Callable[[], None], tls: ssl.SSLContext | None = None) -> None:
        self.taken: dict[str, list[dict[str, Any]]] = {}
        self.created_again: list[str] = []
        self.malformed: list[str] = []
        self.seen: Counter[str] = Counter()
        self.calm = False
        self.down = self.barring = False
        self.pace = 0.0
        self._kill = kill
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._origin = "https://localhost" if tls else "http://127.0.0.1"
        if tls is not None:
            # The handshake is the thread's of that connection, at its first read: a silent caller holds nobody up.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self._origin}:{self._server.server_port}/fhir/v1"

    @property
    def barred(self) -> int:
        """How often it said so, in an OperationOutcome."""
        return sum(count for fault, count in self.seen.items() if fault.endswith("with an OperationOutcome"))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_fault(self, method: str) -> str:
        """ "" for none."""
        with self._lock:
            fault = self._pick()
            if fault.startswith("409") and method != "POST":
                fault = ""
            self.seen[fault or "200 or 201"] += 1
        return fault

    def _pick(self) -> str:
        if self.calm:
            return ""
        if self.down:
            return self._random.choice(["500 before it was taken", "503 with Retry-After", "reset before it was taken"])
        if self.barring:
            return f"{self._random.choice(list(_BARRED))} with an OperationOutcome"
        drawn = self._random.randrange(10_000)
        for fault, weight in FAULTS.items():
            drawn -= weight
            if drawn < 0:
                return fault
        return ""

    def take(self, method: str, path: str, resource: dict[str, Any]) -> int:
        """Idempotent by identifier. The status it deserves."""
        identifier = resource["identifier"][0]
        with self._lock:
            if method == "PUT":
                asked = parse_qs(urlsplit(path).query).get("identifier")
                if asked != [f"{identifier['system']}|{identifier['value']}"]:
                    self.malformed.append(path)
                    return 400
            held = self.taken.setdefault(identifier["value"], [])
            if method == "POST" and held:
                self.created_again.append(identifier["value"])
                return 409
            held.append(resource)
            return 201 if len(held) == 1 else 200

    def retry_after(self) -> str:
        """One or two seconds, as a number or as a date."""
        with self._lock:
            seconds, as_date = self._random.choice([1, 2]), self._random.random() < 0.5
        if as_date:
            return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return str(seconds)

    def kill(self) -> None:
        self._kill()


def _handler(sas: HostileSas) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            resource = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fault = sas.next_fault(self.command)
            status = 0 if fault in _NOT_TAKEN else sas.take(self.command, self.path, resource)
            time.sleep(sas.pace)
            self._behave(fault, status)

        do_PUT = do_POST  # noqa: N815

        def _behave(self, fault: str, status: int) -> None:
            body = b'{"resourceType": "Appointment"}'
            match fault.split(maxsplit=1)[0] if fault else "":
                case "500":
                    self._answer(500, b"<h1>Internal Server Error</h1>")
                case "503" | "429" as busy:
                    self._answer(int(busy), b"", ("Retry-After", sas.retry_after()))
                case "404,":
                    self._answer(404, b"<h1>Not Found</h1>", ("Content-Type", "text/html"))
                case "401" | "403" | "404" | "495" as barred:
                    issue = {"severity": "error", "code": _BARRED[int(barred)], "diagnostics": "Accès refusé."}
                    refusal = {"resourceType": "OperationOutcome", "issue": [issue]}
                    self._answer(int(barred), json.dumps(refusal).encode())
                case "headers":
                    self._drip_headers()
                case "409":
                    self._answer(409, b'{"resourceType": "OperationOutcome", "issue": []}')
                case "silent":
                    time.sleep(SILENCE)
                    self.close_connection = True
                case "reset":
                    # Linger 0: the peer sees a reset, not an orderly end.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                case "garbage" if "HTTP" in fault:
                    self.wfile.write(bytes(range(256)))
                    self.close_connection = True
                case "garbage":
                    self._answer(status, bytes(range(256)) * 4)
                case "slow":
                    self._answer_slowly(status)
                case "task" if "waits" in fault:
                    sas.kill()
                    self._answer(status, body)
                case "task":
                    self._answer(status, body)
                    sas.kill()
                case _:
                    self._answer(status, body)

        def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _drip_headers(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(40):
                self.wfile.write(b"X-Slow: yes\r\n")
                self.wfile.flush()
                time.sleep(0.3)
            self.close_connection = True

        def _answer_slowly(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "100")
            self.end_headers()
            for _ in range(20):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.3)
            self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                self.close_connection = True  # the caller left or was killed, or we closed its socket on purpose

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
