"""A mail server that names the address it refuses."""

import smtplib
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused(
            {address: (550, b"unknown") for one in email_messages for address in one.to}
        )


class Confused(BaseEmailBackend):
    """As Django's own when an address can't be read."""

    def send_messages(self, email_messages: Any) -> int:
        raise ValueError("Invalid address; only 'moi' could be parsed from 'moi, toi'")
