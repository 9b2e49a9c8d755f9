"""Mails over a real connection to a mail server that is slow, refuses, or hangs up."""

import ast
import asyncio
import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import free_port
from outbox import mail
from tests.conftest import ROOT

TIMEOUT = 0.5  # seconds; EMAIL_TIMEOUT


class Server:
    """`refused`: recipient → reply. `answer`: to the final dot, after `pause` seconds. `taken`: what got so far."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.answer, self.pause, self.rcpt_pause = "250 Taken", 0.0, 0.0
        self.taken: list[tuple[list[str], Any]] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.rcpt_pause)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((list(envelope.rcpt_tos), message_from_bytes(content)))
        await asyncio.sleep(self.pause)
        return self.answer


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    made, port = Server(), free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "outbox.mail.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, TIMEOUT
    yield made
    controller.stop()


def send(*to: str, name: str = "one", **options: Any) -> int:
    return mail.letter("Sujet", "Texte.\n.\nfin", to=to, name=(name,), **options).send()


def test_the_answer_to_the_final_dot_may_be_long(server: Server) -> None:
    """Who hangs up sooner sends the same mail again: up to twelve times, seen with a server that takes 14 s."""
    server.pause = 3 * TIMEOUT
    assert send("a@exemple.test") == 1
    [(recipients, _)] = server.taken
    assert recipients == ["a@exemple.test"]


def test_the_patience_after_the_dot_has_an_end(server: Server) -> None:
    server.pause = 4 * TIMEOUT
    began = time.monotonic()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send("a@exemple.test", patience=2 * TIMEOUT)
    assert 2 * TIMEOUT <= time.monotonic() - began < 4 * TIMEOUT


def test_other_answers_are_waited_for_briefly(server: Server) -> None:
    server.rcpt_pause = 3 * TIMEOUT
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send("a@exemple.test")


def test_by_default_it_is_minutes_and_a_task_and_its_lease_outlast_them(settings: Any) -> None:
    # Connecting, greeting, TLS and its greeting, two for the password, sender, recipient, data, goodbye.
    steps = 10 * settings.EMAIL_TIMEOUT
    assert mail.PATIENCE >= 180
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > mail.TIME_LIMIT
    assert mail.LAST_START + steps + mail.PATIENCE <= mail.TIME_LIMIT < mail.LEASE.total_seconds()


def test_one_of_two_recipients_that_is_refused_is_told_and_the_other_has_it(server: Server) -> None:
    server.refused["b@exemple.test"] = "550 5.1.1 unknown"
    with pytest.raises(mail.PartlyRefused) as told:
        send("a@exemple.test", "b@exemple.test")
    assert list(told.value.recipients) == ["b@exemple.test"]
    assert [recipients for recipients, _ in server.taken] == [["a@exemple.test"]]


def test_a_mail_sent_again_keeps_its_name_in_the_products_own_domain(server: Server, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "SAS Agenda <ne-pas-repondre@agenda.exemple.test>"
    server.answer = "451 Later"
    for name in ("one", "one", "other"):
        with pytest.raises(smtplib.SMTPDataError):
            send("a@exemple.test", name=name)
    first, again, other = (message["Message-ID"] for _, message in server.taken)
    assert first == again != other
    assert first.endswith("@agenda.exemple.test>")


def test_it_says_that_nobody_wrote_it_and_who_reads_the_answer(server: Server) -> None:
    send("a@exemple.test", reply_to="cabinet@exemple.test")
    send("a@exemple.test")
    (_, first), (_, second) = server.taken
    assert (first["Auto-Submitted"], first["Reply-To"]) == ("auto-generated", "cabinet@exemple.test")
    assert (second["Auto-Submitted"], second["Reply-To"]) == ("auto-generated", None)


def test_every_mail_of_the_product_is_such_a_letter() -> None:
    others = {"EmailMessage", "EmailMultiAlternatives", "send_mail", "mail_admins"}
    for room in ("outbox", "accounts", "appointments", "interop", "sas_agenda"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text("utf-8")
            if not any(one in text for one in others):
                continue
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            made = {getattr(one.func, "id", getattr(one.func, "attr", "")) for one in calls}
            if path != ROOT / "outbox" / "mail.py":
                assert not made & others, path


@pytest.mark.parametrize(
    ("reply", "final"),
    [
        ("550 5.1.1 <a@exemple.test>: user unknown", True),
        ("550 No such user", True),
        ("551 User not local", True),
        ("552 5.2.2 Mailbox full", True),
        ("553 Mailbox name not allowed", True),
        ("550 5.4.1 Recipient address rejected", True),
        ("550 5.5.0 mailbox unavailable", True),
        ("450 4.2.0 Greylisted", False),
        ("451 Local error", False),
        ("452 4.2.2 Over quota", False),
        # About us: the same would be said of every message.
        ("554 5.7.1 <a@exemple.test>: Relay access denied", False),
        ("550 relay not permitted", False),
        ("550 5.7.26 Unauthenticated sender", False),
        ("530 5.7.0 Authentication required", False),
        ("503 Bad sequence", False),
    ],
)
def test_what_a_refusal_speaks_of_says_whether_it_is_final(server: Server, reply: str, final: bool) -> None:
    """Of the recipient, and of the message once it was read."""
    server.refused["a@exemple.test"] = server.answer = reply
    for address in ("a@exemple.test", "b@exemple.test"):
        with pytest.raises(smtplib.SMTPException) as told:
            send(address)
        assert mail.is_final(told.value) is final
        # Never the server's words: they quote addresses.
        assert mail.told(told.value) == f"{type(told.value).__name__} {reply[:3]}"


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected("a"),
        smtplib.SMTPAuthenticationError(535, b"no"),
        smtplib.SMTPSenderRefused(550, b"not you", "nous@exemple.test"),
        smtplib.SMTPConnectError(554, b"go away"),
        smtplib.SMTPRecipientsRefused({}),
        ValueError("no address"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_what_is_not_said_of_the_message_is_not_final(failure: Exception) -> None:
    assert not mail.is_final(failure)
