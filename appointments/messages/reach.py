"""Where a visit's patient may be written to, and which way first: what they want, then what the practice chose."""

import hashlib
import uuid
from collections.abc import Collection, Iterable
from functools import cache

from accounts.single import single
from accounts.written import Written
from appointments.enums import Channel, Way, Wish
from appointments.messages.quiet import Quiet
from appointments.models import Appointment, ContactRefusal, MessageSettings, MessageText
from outbox import sms

# A channel and its address.
Target = tuple[Channel, str]

_MAIL_FIRST, _SMS_FIRST = (Channel.EMAIL, Channel.SMS), (Channel.SMS, Channel.EMAIL)


def settings_of(organization_id: uuid.UUID) -> MessageSettings:
    """As it is, or as a new one's are. One query."""
    return single(MessageSettings.objects.filter(pk=organization_id)) or new_settings(organization_id)


def new_settings(organization_id: uuid.UUID) -> MessageSettings:
    made = MessageSettings(organization_id=organization_id)
    # The defaults are written as texts: hours from now on.
    made.clean_fields(exclude=["organization"])
    return made


def quiet_of(settings: MessageSettings) -> Quiet:
    return Quiet(settings.quiet_from, settings.quiet_until, settings.sundays)


def text_of(organization_id: uuid.UUID, kind: str) -> MessageText:
    """What the organization says in this kind of message. One query."""
    found = _text().read({_SOME_ORGANIZATION: organization_id, _SOME_KIND: kind})
    return next(iter(found), None) or MessageText(organization_id=organization_id, kind=kind)


# Stand in the statement for what is asked.
_SOME_ORGANIZATION, _SOME_KIND = uuid.UUID(int=0), "some kind"


@cache
def _text() -> Written[MessageText]:
    return Written(MessageText.objects.filter(organization=_SOME_ORGANIZATION, kind=_SOME_KIND).order_by())


def targets_of(appointment: Appointment, kind: str) -> list[Target]:
    """Where it is sent now; none: nothing can be, or the patient wants none."""
    way = Way(text_of(appointment.organization_id, kind).way)
    found = reachable(appointment, way)
    if way == Way.BOTH and not appointment.patient.wish:
        return found
    return found[:1]


def usual_way(appointment: Appointment) -> str:
    """par e-mail, par SMS; blank where no message reaches the patient. A query for a mobile that `look_up_refusals` was not
    asked about.
    """
    wish = appointment.patient.wish
    if wish == Wish.NOTHING:
        return ""
    if appointment.contact_email and wish != Wish.SMS:
        return "par e-mail"
    if _is_mobile(appointment.contact_phone):
        if appointment.sms_refused is None:
            look_up_refusals([appointment])
        if not appointment.sms_refused:
            return "par SMS"
    return "par e-mail" if appointment.contact_email else ""


def look_up_refusals(appointments: Iterable[Appointment]) -> None:
    """Who of these answered STOP, for `usual_way`. One query."""
    digests = {one: digest_of(one.contact_phone) for one in appointments if _is_mobile(one.contact_phone)}
    refused = set(ContactRefusal.objects.filter(digest__in=set(digests.values())).values_list("digest", flat=True))
    for one, digest in digests.items():
        one.sms_refused = digest in refused


def other_targets(appointment: Appointment, kind: str, tried: Collection[str]) -> list[Target]:
    """Where it may be sent once these channels have failed."""
    if text_of(appointment.organization_id, kind).way == Way.NEVER:
        return []
    return [one for one in reachable(appointment, Way.EMAIL_FIRST) if one[0] not in tried]


def reachable(appointment: Appointment, way: Way = Way.EMAIL_FIRST) -> list[Target]:
    """In the order in which they are tried. A query where there is a mobile."""
    wish = appointment.patient.wish
    if wish == Wish.NOTHING or way == Way.NEVER:
        return []
    order = _SMS_FIRST if wish == Wish.SMS or (not wish and way == Way.SMS_FIRST) else _MAIL_FIRST
    addresses = {Channel.EMAIL: appointment.contact_email, Channel.SMS: _mobile(appointment.contact_phone)}
    return [(channel, addresses[channel]) for channel in order if addresses[channel]]


def why_unreachable(appointment: Appointment, kind: str) -> str:
    """In words, where `targets_of` finds nothing."""
    if appointment.patient.wish == Wish.NOTHING:
        return "Ne veut pas recevoir de message."
    if text_of(appointment.organization_id, kind).way == Way.NEVER:
        return "Le cabinet n’envoie pas ce message."
    if (
        appointment.contact_phone
        and sms.can_receive(appointment.contact_phone)
        and has_refused(appointment.contact_phone)
    ):
        return "A répondu STOP à nos SMS."
    if appointment.contact_phone and not sms.can_receive(appointment.contact_phone):
        return "Pas d’e-mail, et ce numéro ne reçoit pas de SMS."
    return "Pas d’e-mail ni de mobile." if not appointment.contact_phone else "Pas d’e-mail, et pas d’envoi de SMS ici."


def has_refused(number: str) -> bool:
    return ContactRefusal.objects.filter(digest=digest_of(number)).exists()


def digest_of(number: str) -> str:
    """By which a number that refused is known again, without being kept."""
    return hashlib.sha256(f"sms:{number}".encode()).hexdigest()


def _mobile(number: str) -> str:
    return number if _is_mobile(number) and not has_refused(number) else ""


def _is_mobile(number: str) -> bool:
    return bool(number) and sms.provider() is not None and sms.can_receive(number)
