"""SMS: who takes them, what an answer means, and how what is said of them afterwards is known to be true.

A provider is reached over HTTP by an address, a key and the shape of a body, from the environment (docs/configuration.md). Every
SMS has a reference of ours; it goes with it, and is the key under which a provider that knows repeats takes it once. What became
of it comes back later, signed, by that reference.
"""

import hashlib
import hmac
import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import phonenumbers
import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from phonenumbers import PhoneNumberType

from outbox import gsm

logger = logging.getLogger(__name__)

# What the shape of a body may name.
PLACEHOLDERS = ("to", "text", "reference", "sender")
# A signed message older than that is not heard, seconds: kept by somebody, and sent again.
FRESH = 300
_CAN_RECEIVE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
# Of a 4xx, what is about us or about now, not about this SMS.
_NOT_OF_THE_SMS = {401, 402, 403, 404, 405, 407, 408, 421, 423, 425, 429}


class NotSent(Exception):
    """It was not taken, for certain. `final`: nor will it be, whoever sends it again."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Unclear(Exception):
    """Nobody knows whether it was taken: the answer did not come, or says nothing."""


class Provider(Protocol):
    @property
    def knows_repeats(self) -> bool:
        """Whether one reference sent again is taken once."""

    def send(self, *, to: str, text: str, reference: uuid.UUID) -> None:
        """Have it sent. Raises `NotSent`, `Unclear`."""


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """`body`: JSON whose texts may hold {to}, {text}, {reference} and {sender}."""

    address: str
    key: str
    body: Mapping[str, Any]
    sender: str
    timeout: float
    knows_repeats: bool

    def send(self, *, to: str, text: str, reference: uuid.UUID) -> None:
        values = {"to": to, "text": text, "reference": str(reference), "sender": self.sender}
        headers = {"Idempotency-Key": str(reference)} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            with requests.post(
                self.address,
                json=filled(self.body, values),
                headers=headers,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                code = answer.status_code
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise NotSent(type(error).__name__) from error
        except requests.ConnectionError as error:
            if "refused" in str(error) or "resolve" in str(error):
                raise NotSent("ConnectionRefused") from error
            raise Unclear(type(error).__name__) from error
        except requests.RequestException as error:
            raise Unclear(type(error).__name__) from error
        _judge(code)


@dataclass(frozen=True, slots=True)
class Simulator:
    """The simulator's mailbox (sandbox/): it shows what it got, and says what became of it. On one machine only."""

    address: str
    knows_repeats: bool = True

    def send(self, *, to: str, text: str, reference: uuid.UUID) -> None:
        body = {name: f"{{{name}}}" for name in PLACEHOLDERS}
        HttpProvider(f"{self.address}/sms/envoi", "", body, settings.SMS_SENDER, 5, True).send(
            to=to, text=text, reference=reference
        )


class Kept:
    """Keeps them, for tests: as Django's own of mails."""

    knows_repeats = True
    sent: list[tuple[str, str, uuid.UUID]] = []

    def send(self, *, to: str, text: str, reference: uuid.UUID) -> None:
        self.sent.append((to, text, reference))


def provider() -> Provider | None:
    """As configured; None where no SMS can be sent."""
    found: Provider | None = settings.SMS_PROVIDER
    return found


def sms_provider(
    address: str, *, local: bool, sender: str, key: str, body: str, timeout: float, knows_repeats: bool
) -> Provider | None:
    """By the settings; None without an address. `simulator+http://…` on one machine: its mailbox.

    Raises `ImproperlyConfigured`.
    """
    if not address:
        return None
    scheme, _, rest = address.partition("+")
    if local and scheme == "simulator":
        return Simulator(rest.rstrip("/"))
    if not re.fullmatch(r"https://[^/\s]+[^\s]*", address) and not (local and address.startswith("http://")):
        raise ImproperlyConfigured("SMS_URL must start with https://: its messages name patients' visits.")
    try:
        shape = read_shape(body)
    except ValueError as error:
        raise ImproperlyConfigured(f"SMS_BODY must be a JSON object with {{to}} and {{text}} in it: {error}.") from None
    return HttpProvider(address, key, shape, sender, timeout, knows_repeats)


def can_receive(number: str) -> bool:
    """Whether an SMS may reach this number (E.164): no fixed line, no short number, none that does not exist."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_possible_number(parsed):
        return False
    # The numbers kept for works of fiction (06 39 98) are of no type in the library: so are the demonstration's.
    return number.startswith(("+336", "+337")) or phonenumbers.number_type(parsed) in _CAN_RECEIVE


def send(*, to: str, text: str, reference: uuid.UUID) -> None:
    """In the alphabet of SMS. Raises `NotSent`, `Unclear`; neither says the number nor the text."""
    using = provider()
    if using is None:
        raise NotSent("no SMS provider", final=True)
    if not can_receive(to):
        raise NotSent("no mobile number", final=True)
    using.send(to=to, text=gsm.in_gsm(text), reference=reference)


def filled(shape: Any, values: Mapping[str, str]) -> Any:
    """The shape with its texts filled in; what else is in braces stays."""
    if isinstance(shape, str):
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), shape)
    if isinstance(shape, Mapping):
        return {name: filled(one, values) for name, one in shape.items()}
    if isinstance(shape, list):
        return [filled(one, values) for one in shape]
    return shape


def read_shape(text: str) -> dict[str, Any]:
    """Of SMS_BODY. Raises ValueError when it is no JSON object, or does not say to whom and what."""
    shape = json.loads(text)
    if not isinstance(shape, dict):
        raise ValueError("no JSON object")
    if missing := [name for name in ("to", "text") if f"{{{name}}}" not in text]:
        raise ValueError(f"it does not hold {{{missing[0]}}}")
    return shape


# --- What is said of them afterwards ----------------------------------------------------------------------------------
def signature(key: str, moment: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 of `moment.body`."""
    return hmac.new(key.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(*, key: str, moment: str, signed: str, body: bytes, now: float) -> bool:
    """Whether who sent it has our key, within the last minutes. `moment` in seconds since 1970. Without a key nobody has."""
    if not key or not re.fullmatch(r"[0-9]{1,12}", moment) or abs(now - int(moment)) > FRESH:
        return False
    return hmac.compare_digest(signature(key, moment, body).encode(), signed.removeprefix("sha256=").encode())


def _judge(code: int) -> None:
    match code:
        case _ if 200 <= code < 300:
            # Whatever it says beside: it has it. What becomes of it is told by a receipt.
            return
        case 409:
            # It had this reference already.
            return
        case _ if 300 <= code < 400 or code in _NOT_OF_THE_SMS or code == 503:
            raise NotSent(f"HTTP {code}")
        case _ if 400 <= code < 500:
            raise NotSent(f"HTTP {code}", final=True)
    raise Unclear(f"HTTP {code}")
