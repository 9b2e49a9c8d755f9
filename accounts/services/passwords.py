"""« Mot de passe oublié »: the same answer, in the same time, whether or not the account exists.

The page only wakes a worker (always, for nobody too), which writes the mail. So neither the mail server's slowness nor
its failure shows on the page. A mail that can't be sent is tried again by the worker, a few times. Nothing is kept in the
database: with the broker down the mail is lost, and the person asks again.
"""

import logging

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User
from accounts.waking import password_reset_asked
from outbox import mail

logger = logging.getLogger(__name__)

# One mail a minute for one person: nobody's mailbox is flooded from our page. Counted in each web process.
PAUSE_SECONDS = 60


def ask_password_reset(*, email: str) -> None:
    user_id = (
        User.objects.filter(email=User.objects.normalize(email), is_active=True).values_list("pk", flat=True).first()
    )
    if user_id is not None and not cache.add(f"password-reset:{user_id}", True, PAUSE_SECONDS):
        user_id = None
    password_reset_asked.send(sender=User, user_id=user_id)


def send_password_reset(*, user_id: int | None, asked: str) -> bool:
    """Write to this person how to choose a password; `asked` names the mail, however often it is tried.

    False when there is nobody to write to, or the mail server refuses for good. Raises `OSError` (mail server).
    """
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    if user is None:
        return False
    path = reverse(
        "password-reset-confirm",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    context = {
        "address": f"{settings.BASE_URL}{path}",
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        "through_sas": hasattr(user, "regulator"),
    }
    text = render_to_string("accounts/password_reset_mail.txt", context)
    subject = "Choisir un nouveau mot de passe pour SAS Agenda"
    try:
        mail.letter(subject, text, to=[user.email], name=("password", user.pk, asked)).send()
    except OSError as error:
        if not mail.is_final(error):
            raise
        logger.warning("password of user %s: %s", user.pk, mail.told(error))
        return False
    return True
