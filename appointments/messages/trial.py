"""A mail as a patient would receive it, to who writes its words."""

import smtplib
import uuid
from datetime import datetime, timedelta

from django.core.cache import cache

from accounts.models import User
from appointments.exceptions import Refused
from appointments.messages.letters import Rendered
from outbox.mail import letter

# One at a time: whoever waits for the answer holds a thread of the product, and a mailbox is not to be filled.
PAUSE = timedelta(seconds=20)
# Seconds for the mail server's last answer.
PATIENCE = 10


def send_trial(written: Rendered, *, to: User, now: datetime) -> None:
    """At once, to the person's own address. Raises `Refused` with the French sentence to show."""
    if not cache.add(f"trial:{to.pk}", now, PAUSE.total_seconds()):
        raise Refused("Un essai vient de partir\u00a0: attendez quelques secondes avant le suivant.")
    mail = letter(
        f"Essai\u00a0: {written.subject}",
        written.text,
        html=written.html,
        to=[to.email],
        name=["trial", to.pk, uuid.uuid4()],
        patience=PATIENCE,
    )
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as failure:
        raise Refused("Le serveur de courrier n’a pas pris l’essai\u00a0: rien n’est parti.") from failure
