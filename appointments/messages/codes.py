"""A one-time code, sent at once to who is waiting for it on a page. Neither the code nor the address is kept or logged here."""

import logging
import smtplib
import uuid

from accounts.french import NBSP
from appointments.exceptions import Refused
from outbox import mail, sms

logger = logging.getLogger(__name__)

MINUTES = 10
# Who waits on a page does not wait for minutes; a provider that answers later is told by the next try.
_TRY_AGAIN = (
    f"Le code n’a pas pu partir{NBSP}: réessayez dans un instant, ou choisissez une autre façon de le recevoir."
)


def sends_sms() -> bool:
    return sms.provider() is not None


def can_reach(contact: str) -> bool:
    """Whether a code may be sent there: an e-mail address, or a number that receives SMS where these are sent."""
    return "@" in contact or (sends_sms() and sms.can_receive(contact))


def send_code(contact: str, code: str) -> None:
    """To an e-mail address or a number (E.164). Raises `Refused` with the sentence to show."""
    if "@" not in contact and not sms.can_receive(contact):
        raise Refused(f"Ce numéro ne reçoit pas de SMS{NBSP}: donnez un numéro de mobile, ou une adresse e-mail.")
    if not can_reach(contact):
        raise Refused(f"Nous n’envoyons pas de SMS ici{NBSP}: donnez une adresse e-mail.")
    try:
        if "@" in contact:
            _mail(contact, code)
        else:
            text = (
                f"{code} est votre code SAS Agenda, valable {MINUTES} min. Ne le donnez à personne, ni par téléphone."
            )
            sms.send(to=contact, text=text, reference=uuid.uuid4())
    except (OSError, ValueError, sms.NotSent, sms.Unclear) as failure:
        logger.warning("a code could not be sent: %s", type(failure).__name__)
        if isinstance(failure, smtplib.SMTPException) and mail.is_final(failure):
            raise Refused(f"Cette adresse n’existe pas{NBSP}: vérifiez-la, ou donnez un numéro de mobile.") from None
        raise Refused(_TRY_AGAIN) from None


def _mail(address: str, code: str) -> None:
    body = (
        f"Bonjour,\n\nVotre code{NBSP}: {code}\n\nIl est valable {MINUTES} minutes. Ne le donnez à personne, même au téléphone.\n"
        "Vous n’avez rien demandé\u00a0? Ne faites rien.\n"
    )
    mail.letter("Votre code", body, to=[address], name=("code", uuid.uuid4()), patience=mail.BRIEF_PATIENCE).send()
