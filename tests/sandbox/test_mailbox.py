"""The mailbox keeps what is sent and shows it harmlessly."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from deploy.local.ports import free_port
from sandbox.sas.mailbox import SmtpServer
from sandbox.sas.platform import Platform
from tests.sandbox.conftest import Browser


@pytest.fixture
def smtp_port(platform: Platform) -> Iterator[int]:
    port = free_port()
    server = SmtpServer(platform.mailbox, host="127.0.0.1", port=port)
    server.start()
    yield port
    server.stop()


def message(subject: str = "Votre rendez-vous à 14 h 00") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "agenda@example.org", "bergamote@patient.example", subject
    made.set_content("Confirmé à 14 h 00.\nhttp://127.0.0.1:8000/x/?a=1&b=2\n<script>alert(1)</script>")
    return made


def send(port: int, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(mail)


def test_a_mail_sent_over_smtp_is_listed_and_read(smtp_port: int, browser: Browser) -> None:
    assert "Aucun courriel" in browser.get("/courriels").text
    send(smtp_port, message())
    (mail,) = browser.api("/api/mails?to=bergamote@patient.example")["mails"]
    assert mail["subject"] == "Votre rendez-vous à 14 h 00"
    assert "Confirmé à 14 h 00." in mail["text"]
    assert ["To", "bergamote@patient.example"] in mail["headers"]
    page = browser.get(f"/courriels/{mail['id']}").text
    assert 'href="http://127.0.0.1:8000/x/?a=1&amp;b=2"' in page
    assert "<script" not in page
    assert browser.api("/api/mails?to=nobody@example.org") == {"mails": []}


def test_an_html_part_is_shown_as_source(smtp_port: int, browser: Browser) -> None:
    mail = message()
    mail.add_alternative("<p onclick='x()'>Bonjour</p>", subtype="html")
    send(smtp_port, mail)
    page = browser.get("/courriels").text
    assert "&lt;p onclick=" in page
    assert "<p onclick" not in page


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"Subject: =?nonsense?Q?x?=\nContent-Type: text/plain; charset=martian\n\nabc",
        b"Content-Type: multipart/mixed\n\nno boundary",
    ],
)
def test_a_broken_mail_is_shown_anyway(platform: Platform, browser: Browser, raw: bytes) -> None:
    platform.mailbox.keep(sender="", recipients=["x@example.org"], raw=raw)
    assert browser.get("/courriels").status_code == 200
    assert len(browser.api("/api/mails")["mails"]) == 1


def test_the_mailbox_is_emptied_on_request_and_an_unknown_mail_is_not_found(
    platform: Platform, browser: Browser
) -> None:
    platform.mailbox.keep(sender="a", recipients=["b"], raw=message().as_bytes())
    assert browser.post("/courriels/vider", form="/courriels").status_code == 303
    assert browser.api("/api/mails") == {"mails": []}
    assert browser.get("/courriels/1").status_code == 404
