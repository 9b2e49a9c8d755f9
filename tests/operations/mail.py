"""Mail servers that refuse, name the addresses they refuse, or hang up."""

import smtplib
from typing import Any, ClassVar

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend

from outbox.mail import PartlyRefused


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused(
            {address: (550, b"unknown") for one in email_messages for address in one.to}
        )


class Confused(BaseEmailBackend):
    """As Django's own when an address can't be read."""

    def send_messages(self, email_messages: Any) -> int:
        raise ValueError("Invalid address; only 'moi' could be parsed from 'moi, toi'")


class HalfRefusing(EmailBackend):
    """Takes it for the first recipient alone."""

    def send_messages(self, email_messages: Any) -> int:
        super().send_messages(email_messages)
        raise PartlyRefused({address: (550, b"unknown") for one in email_messages for address in one.to[1:]})


class Cut(BaseEmailBackend):
    """Takes the message, and says nothing of it any more."""

    left: ClassVar[list[EmailMessage]] = []

    def send_messages(self, email_messages: Any) -> int:
        self.left[:] = email_messages
        raise smtplib.SMTPServerDisconnected
