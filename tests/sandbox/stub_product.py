"""A small HTTP server in place of the product: answers what it is told, remembers what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StubProduct:
    """`answers` are given in order, the last one for ever: (status, payload, headers)."""

    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=lambda: [(200, {}, {})])
    asked: list[Asked] = field(default_factory=list)

    def answer(self, status: int, payload: Any = None, **headers: str) -> None:
        self.answers = [(status, {} if payload is None else payload, headers)]

    def then(self, status: int, payload: Any = None, **headers: str) -> None:
        self.answers.append((status, {} if payload is None else payload, headers))

    def __enter__(self) -> StubProduct:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                stub.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                status, payload, headers = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
                content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = reply  # noqa: N815 (http.server calls these)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *details: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
