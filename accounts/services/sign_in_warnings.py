"""Telling somebody that wrong passwords are tried on their account. As « mot de passe oublié »: a worker writes, once woken."""

import logging

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from outbox import mail

logger = logging.getLogger(__name__)

# One such mail an hour for one person, however many try at once. Counted in each worker process.
PAUSE_SECONDS = 3600


def send_sign_in_warning(*, user_id: int | None, noticed: str) -> bool:
    """`noticed` names the mail, however often it is tried. False when there is nobody to tell, they were told lately, or the mail
    server refuses for good. Raises `OSError` (mail server)."""
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    key = f"sign-in-warning:{user_id}"
    if user is None or cache.get(key):
        return False
    context = {"address": f"{settings.BASE_URL}{reverse('password-reset')}", "through_sas": hasattr(user, "regulator")}
    text = render_to_string("accounts/sign_in_warning_mail.txt", context)
    subject = "Essais de connexion à votre compte SAS Agenda"
    try:
        mail.letter(subject, text, to=[user.email], name=("sign-in-warning", user.pk, noticed)).send()
    except OSError as error:
        if not mail.is_final(error):
            raise
        logger.warning("warning of user %s: %s", user.pk, mail.told(error))
        return False
    cache.set(key, True, PAUSE_SECONDS)
    return True
