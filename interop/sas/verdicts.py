"""What the end of a call tells: of what the SAS now holds, and of whom the cause speaks.

Only what speaks of this appointment blocks it (`REFUSED`). What speaks of the way to the SAS (our certificate, our rights, the
address: `BARRED`) would meet every appointment alike, whatever resource the SAS wraps it in; the rest passes by itself.
docs/reliability.md has the table.
"""

import re
import ssl

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import LocationParseError
from urllib3.exceptions import SSLError as TransportSSLError

from interop.enums import Outcome
from interop.fhir.outcome import Subject, subject_of

_ACCEPTED = {200, 201}
# Turned away before being looked at: locked, waiting for another, too early, too many requests.
_TURNED_AWAY = {423, 424, 425, 429}
# Answers to a creation that say "I have it already": duplicate, several matches, precondition.
_KNOWN = {409, 412}
_CONFLICT = 409
# « See other » answers what was done (RFC 9110, 15.4.4); other redirects, what is to be done elsewhere.
_SEE_OTHER = 303
_TIMED_OUT = 408
# The 4xx that judge what was sent. Any other may still do so, when it names one of its elements…
_OF_THE_CONTENT = {400, 412, 422}
# … but these: who calls, and where (495 to 497 are nginx's: client certificate wrong, missing, plain HTTP).
_OF_THE_CALLER = {401, 405, 407, 421, 495, 496, 497}
# Said by the other side once the handshake seemed done, for TLS 1.3 looks at the client's certificate last: it then read nothing.
_CERTIFICATE_REFUSED = re.compile(r"alert .*(certificate|unknown ca|access denied)", re.I)


def outcome_of(method: str, status: int, body: bytes, content_type: str) -> Outcome:
    """Of an answer. `body` may be cut: then it is no OperationOutcome."""
    # A FHIR server speaks JSON: a page comes from something in front of it, whatever its status says.
    # An empty one that is only called a page is a framework's default.
    is_page = body.lstrip()[:1] == b"<" and content_type.strip().lower().startswith("text/html")
    if status in _ACCEPTED:
        return Outcome.UNCLEAR if is_page else Outcome.ACCEPTED
    if status in _TURNED_AWAY or (300 <= status < 400 and status != _SEE_OTHER):
        # A redirect is never followed: it would take the appointment to an address nobody configured.
        return Outcome.FAILED
    if status in _KNOWN and method == "POST":
        return Outcome.KNOWN
    if status == _CONFLICT:
        # Of an update: it met another one, perhaps our own that we had given up on.
        return Outcome.FAILED
    if 400 <= status < 500 and status != _TIMED_OUT:
        return Outcome.BARRED if is_page else _refusal(status, subject_of(body))
    # A server error may come after the work was done; a 202 or 204 does not say that it was.
    return Outcome.UNCLEAR


def _refusal(status: int, subject: Subject | None) -> Outcome:
    if subject == Subject.ELEMENT and status not in _OF_THE_CALLER:
        return Outcome.REFUSED
    if subject == Subject.TRANSIENT:
        return Outcome.UNCLEAR
    return Outcome.BARRED if status not in _OF_THE_CONTENT or subject == Subject.ACCESS else Outcome.REFUSED


def outcome_of_failure(failure: Exception, *, sent: bool) -> Outcome:
    """Of a call that ended without an answer. `sent`: something of the body left, without which headers are no request."""
    if _is_about_the_way(failure, sent=sent):
        return Outcome.BARRED
    return Outcome.UNCLEAR if sent else Outcome.FAILED


def reasons_of(failure: BaseException) -> list[BaseException]:
    """The failure and what is inside it: requests wraps urllib3's errors, which wrap the socket's."""
    found: list[BaseException] = []
    pending: list[object] = [failure]
    while pending:
        error = pending.pop()
        if isinstance(error, BaseException) and error not in found:
            found.append(error)
            pending += [*error.args, getattr(error, "reason", None), error.__cause__]
    return found


def is_tls(reason: BaseException) -> bool:
    return isinstance(reason, TransportSSLError | requests.exceptions.SSLError | ssl.SSLError)


def is_of_our_files(failure: Exception) -> bool:
    """Unreadable certificate, key or authority: requests says so before connecting."""
    return isinstance(failure, OSError) and not isinstance(failure, requests.RequestException)


def _is_about_the_way(failure: Exception, *, sent: bool) -> bool:
    reasons = reasons_of(failure)
    if any(_CERTIFICATE_REFUSED.search(str(reason)) for reason in reasons if is_tls(reason)):
        return True
    if sent or any(isinstance(reason, ssl.SSLEOFError) for reason in reasons):
        # A server that stops in the middle of a handshake is only stopping.
        return False
    if isinstance(failure, InvalidURL | MissingSchema | InvalidSchema | LocationParseError) or is_of_our_files(failure):
        return True
    return any(is_tls(reason) for reason in reasons)
