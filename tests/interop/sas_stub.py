"""A SAS on loopback that answers what a test tells it to, and remembers what it was asked."""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One programmed answer. `reset` and `silence` (seconds) come after the request was read, so "processed"."""

    status: int = 201
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    silence: float = 0.0
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    resource: dict[str, Any]
    body: bytes


class SasStub:
    """Replies are taken in order; once they are used up, 201 to a POST and 200 to a PUT."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: deque[Reply] = deque()
        # Called when a request was read, before its answer.
        self.meanwhile: Callable[[], None] | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/fhir/v1"

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]

    @property
    def last(self) -> dict[str, Any]:
        return self.asked[-1].resource

    def reply(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.asked.append(Asked(self.command, self.path, dict(self.headers), json.loads(body), body))
                default = Reply(201 if self.command == "POST" else 200)
                reply = stub.replies.popleft() if stub.replies else default
                if stub.meanwhile is not None:
                    stub.meanwhile()
                time.sleep(reply.silence)
                if reply.reset:
                    # Linger 0: the peer sees a reset, not an orderly end.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    return
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_PUT = do_POST  # noqa: N815

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, ValueError):
                    self.close_connection = True  # the client left, or we closed its socket on purpose

            def finish(self) -> None:
                try:
                    super().finish()
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler


def outcome(text: str, *, code: str = "processing", expression: str = "Appointment") -> bytes:
    issue = {"severity": "error", "code": code, "diagnostics": text, "expression": [expression]}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()
