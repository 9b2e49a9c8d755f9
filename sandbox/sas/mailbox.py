"""The mailbox: an SMTP server that keeps every message and delivers none."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.sas.clock import Clock, from_text, to_text, utc_now
from sandbox.sas.store import Store

MAX_MESSAGE = 2_000_000


@dataclass(frozen=True, slots=True)
class Mail:
    """A kept message. `sender` and `recipients` are the envelope's; `html` is the source of an HTML part, or ''."""

    id: int
    at: datetime
    sender: str
    recipients: list[str]
    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str


class Mailbox:
    """Keeps and reads messages."""

    def __init__(self, store: Store, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock

    def keep(self, *, sender: str, recipients: list[str], raw: bytes) -> None:
        self._store.run(
            "INSERT INTO mail (at, sender, recipients, raw) VALUES (?, ?, ?, ?)",
            to_text(self._clock()), sender, json.dumps(recipients), raw,
        )  # fmt: skip

    def all(self, limit: int = 200, *, to: str | None = None) -> list[Mail]:
        """Newest first; of all, or of those that this address received."""
        rows = self._store.rows(
            "SELECT * FROM mail WHERE ?1 IS NULL OR ?1 IN (SELECT value FROM json_each(recipients))"
            " ORDER BY id DESC LIMIT ?2",
            to, limit,
        )  # fmt: skip
        return [_mail(row) for row in rows]

    def get(self, mail_id: int) -> Mail | None:
        row = self._store.row("SELECT * FROM mail WHERE id = ?", mail_id)
        return _mail(row) if row else None

    def clear(self) -> None:
        self._store.run("DELETE FROM mail")


class SmtpServer:
    """Listens on a loopback port, in a thread of its own, until `stop`."""

    def __init__(self, mailbox: Mailbox, *, host: str, port: int) -> None:
        self._controller = Controller(
            _Handler(mailbox), hostname=host, port=port, data_size_limit=MAX_MESSAGE, ready_timeout=10
        )

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self._mailbox.keep(sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos), raw=raw)
        return "250 Message kept"


def _mail(row: sqlite3.Row) -> Mail:
    message = message_from_bytes(row["raw"], policy=policy.default)
    text, html = (_part(message, kind) for kind in ("plain", "html"))
    return Mail(
        row["id"], from_text(row["at"]), row["sender"], json.loads(row["recipients"]), str(message.get("Subject", "")),
        [(name, str(value)) for name, value in message.items()], text, html,
    )  # fmt: skip


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:
        # An unknown charset must not hide the message.
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else ""
