"""A mail server and a provider of SMS that fail as real ones do, and remember all that they took."""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import free_port

# What nobody has: an address that ends so is refused for good, a number too.
NOBODY_AT, NOBODY = "@nobody.test", "99"
SHARE = 0.3  # of what comes, this much meets a fault


class FarEnds:
    """`mails`: Message-IDs as they came, with the recipient; `texts`: references, one for each that reached a handset."""

    def __init__(self, choice: random.Random) -> None:
        self._choice = choice
        self.calm = self.mail_down = self.sms_down = False
        self.mails: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self._known: set[str] = set()
        self._writing = threading.Lock()
        self.seen: Counter[str] = Counter()
        smtp_port = free_port()
        self._smtp = Controller(_Mail(self), hostname="127.0.0.1", port=smtp_port)
        self._smtp.start()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.environment = {
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "SMS_URL": f"http://127.0.0.1:{self._http.server_port}/v1",
            "SMS_BODY": '{"to": "{to}", "text": "{text}", "ref": "{reference}"}',
            "SMS_TIMEOUT": "1",
            "SMS_KNOWS_REPEATS": "on",
        }

    def stop(self) -> None:
        self._smtp.stop()
        self._http.shutdown()

    def fault(self, kinds: tuple[str, ...]) -> str:
        """Blank: none."""
        with self._writing:
            return self._choice.choice(kinds) if not self.calm and self._choice.random() < SHARE else ""

    def note(self, what: str) -> None:
        with self._writing:
            self.seen[what] += 1

    def take_text(self, to: str, reference: str) -> None:
        """One reference reaches its handset once."""
        with self._writing:
            if reference not in self._known:
                self._known.add(reference)
                self.texts.append((reference, to))


class _Mail:
    def __init__(self, far: FarEnds) -> None:
        self._far = far

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._far.mail_down:
            self._far.note("mail: 421, down")
            return "421 4.3.2 Later"
        if address.endswith(NOBODY_AT):
            self._far.note("mail: 550, nobody there")
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._far.fault(("451 before it was taken", "slow, taken", "line cut after it was taken"))
        if fault.startswith("451"):
            self._far.note(f"mail: {fault}")
            return "451 4.3.0 Later"
        content = envelope.content
        assert isinstance(content, bytes)
        name = next(line for line in content.decode().splitlines() if line.lower().startswith("message-id:"))
        self._far.mails.append((name.partition(":")[2].strip(), envelope.rcpt_tos[0]))
        self._far.note(f"mail: {fault or 'taken'}")
        if fault.startswith("slow"):
            await asyncio.sleep(2)
        if fault.startswith("line"):
            server.transport.close()
        return "250 Taken"


def _handler(far: FarEnds) -> type[BaseHTTPRequestHandler]:
    faults = (
        "503 before it was taken", "500 after it was taken", "silent past the time-out, taken", "line cut after it was taken",
        "line cut before it was taken", "429",
    )  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fault = "503 before it was taken, down" if far.sms_down else far.fault(faults)
            if not fault and said["to"].endswith(NOBODY):
                fault = "422, nobody there"
            if not fault or (fault.endswith(" taken") and "before" not in fault):
                far.take_text(said["to"], said["ref"])
            far.note(f"SMS: {fault or 'taken'}")
            if fault.startswith("silent"):
                time.sleep(2)
            if fault.startswith("line"):
                self.connection.close()
                return
            self.send_response(int(fault[:3]) if fault[:3].isdigit() else 201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
