"""What every mail of the product has in common: its name, its patience with the mail server, and what a refusal tells.

The server takes a message when it answers the final dot, and it may be long to (it scans, it delivers at once). Who hangs up
sooner and comes again sends the same mail once more each time: so the patience there is minutes (RFC 5321, 4.5.3.2.6), and a mail
that is sent again all the same keeps its Message-ID, by which mailboxes know it.
"""

import re
import smtplib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends import smtp

from outbox.models import OutboxRow

# Seconds for the answer to the final dot; each other one has EMAIL_TIMEOUT.
PATIENCE = 180
# For a process whose own loop sends, which must not stand still for minutes.
BRIEF_PATIENCE = 30
# Seconds after which a task that sends mails is killed, and after which it begins no other one. All steps of one fit in between,
# and both in the broker's visibility_timeout: what lasts longer is handed out again.
TIME_LIMIT = 295
LAST_START = 15
# Longer than such a task may live: when it ends, nobody is sending any more.
LEASE = timedelta(minutes=6)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)
MAX_ATTEMPTS = 12
# Of one table at a time: a mail server that never answers must not hold every process of the queue.
AT_ONCE = 2

_NAMES = uuid.UUID("8a3f0d52-6f0e-4a53-9a0b-6d1f7b0c41d7")
# Of a permanent refusal, what is about us and not about this message: security and policy (RFC 3463, X.7.X), relaying.
_ABOUT_US = re.compile(rb"\b5\.7\.\d|\brelay", re.IGNORECASE)


class PartlyRefused(smtplib.SMTPRecipientsRefused):
    """It left, but not for these recipients."""


def letter(
    subject: str,
    body: str,
    *,
    to: Sequence[str],
    name: Sequence[object],
    reply_to: str = "",
    html: str = "",
    patience: float = PATIENCE,
) -> EmailMultiAlternatives:
    """A mail ready to be sent. `name`: what it is known by, the same whenever this very message is sent again.
    `html`: the same words, for who reads them so.
    """
    known = uuid.uuid5(_NAMES, "|".join(map(str, name)))
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{known.hex}@{domain}>", "Auto-Submitted": "auto-generated"}
    connection = get_connection(patience=patience)
    made = EmailMultiAlternatives(
        subject, body, to=to, reply_to=[reply_to] if reply_to else None, headers=headers, connection=connection
    )
    if html:
        made.attach_alternative(html, "text/html")
    return made


def is_final(failure: Exception) -> bool:
    """Whether the mail server refused this message for good, its recipients or what it says: trying again changes nothing."""
    answers = _answers(failure)
    # 55x: of the message (RFC 5321, 4.2.3). Other 5xx, 530 and 535 among them, are of how we speak and who we are.
    final = [550 <= code < 560 and not _ABOUT_US.search(text) for code, text in answers]
    return bool(final) and all(final)


def told(failure: Exception) -> str:
    """The class of a failure, with the server's code where there is one: its words may quote the address."""
    codes = [code for code, _ in _answers(failure)]
    return " ".join([type(failure).__name__, *map(str, dict.fromkeys(codes))])


def may_send(model: type[OutboxRow], *, now: datetime) -> bool:
    """Whether one more of these may be under way."""
    return model.objects.to_send().filter(lease_until__gt=now).count() < AT_ONCE


def _answers(failure: Exception) -> list[tuple[int, bytes]]:
    """What the server said to the recipients, or to the message."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        answers += failure.recipients.values()
    elif isinstance(failure, smtplib.SMTPDataError):
        answers.append((failure.smtp_code, failure.smtp_error))
    return [(code, text if isinstance(text, bytes) else text.encode()) for code, text in answers]


class _Patient(smtplib.SMTP):
    """Waits longer for the answer to the final dot, and tells of recipients that were refused beside others."""

    patience: float = PATIENCE

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes) and s.endswith(b"\r\n.\r\n") and self.sock is not None:
            self.sock.settimeout(self.patience)

    def getreply(self) -> tuple[int, bytes]:
        try:
            return super().getreply()
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)

    def sendmail(self, *arguments: Any, **options: Any) -> dict[str, tuple[int, bytes]]:
        refused = super().sendmail(*arguments, **options)
        if refused:
            raise PartlyRefused(refused)
        return refused


class _PatientTls(_Patient, smtplib.SMTP_SSL):
    pass


class Backend(smtp.EmailBackend):
    """Django's, with patience."""

    def __init__(self, *arguments: Any, patience: float = PATIENCE, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience

    def open(self) -> bool | None:
        opened: bool | None = super().open()
        if isinstance(self.connection, _Patient):
            self.connection.patience = self._patience
        return opened

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PatientTls if self.use_ssl else _Patient
