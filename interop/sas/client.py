"""One call to the SAS's FHIR server, and what its end tells about what the SAS now holds.

What is neither a clear yes nor a clear no (`interop.sas.verdicts`) is *unclear*, and the caller repeats it as a conditional
update, which the SAS takes whether or not it knows the appointment.
"""

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import orjson
import requests
from django.conf import settings
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import ReadTimeoutError

from interop.enums import Outcome
from interop.sas.line import Body, Line, LineAdapter
from interop.sas.verdicts import is_of_our_files, is_tls, outcome_of, outcome_of_failure, reasons_of

MAX_ANSWER = 64 * 1024
# For the body of an answer as a whole, because timeouts of requests count from byte to byte. Far below a delivery's lease.
MAX_ANSWER_TIME: timedelta = settings.SAS_LEASE / 4
# A server in trouble may ask for anything; we keep our own pace beyond this.
MAX_RETRY_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Call:
    """What will be sent: made before sending, so that it can be recorded first."""

    method: str
    url: str
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended. `status` is None when no status line came; `error` then says why, in French.

    `body` holds at most 64 KiB. `retry_after` is the delay the SAS asks for, if it does.
    """

    outcome: Outcome
    status: int | None = None
    body: bytes = b""
    error: str = ""
    retry_after: timedelta | None = None
    duration: timedelta = timedelta()


def is_configured() -> bool:
    """Whether this installation has a SAS to send to."""
    return bool(settings.SAS_FHIR_URL)


def creation(resource: dict[str, Any]) -> Call:
    return Call("POST", f"{settings.SAS_FHIR_URL}/Appointment", resource)


def update(resource: dict[str, Any]) -> Call:
    """The conditional update: the SAS finds its appointment by ours, and creates it when it has none."""
    identifier = resource["identifier"][0]
    token = quote(f"{identifier['system']}|{identifier['value']}", safe="")
    return Call("PUT", f"{settings.SAS_FHIR_URL}/Appointment?identifier={token}", resource)


def longest_call() -> timedelta:
    """What `send` lasts at most: connecting, waiting for the answer, reading it."""
    return timedelta(seconds=settings.SAS_CONNECT_TIMEOUT + settings.SAS_READ_TIMEOUT) + MAX_ANSWER_TIME


def send(call: Call) -> Answer:
    """Make the call. Raises nothing for what the network or the SAS does: it is all in the answer.

    In a thread, because nothing else bounds a whole exchange: names that resolve slowly, several addresses that do not
    answer, headers that drip in. One that is given up is cut, so that it neither leaves later nor goes on.
    """
    started = time.monotonic()
    line = Line()
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    threading.Thread(
        target=lambda: answers.put(_answer_to(call, line, started)), name="call to the SAS", daemon=True
    ).start()
    limit = longest_call()
    try:
        return answers.get(timeout=limit.total_seconds())
    except queue.Empty:
        line.cut()
        told = f"Le SAS n’a pas fini de répondre en {limit.total_seconds():.0f} s."
        return Answer(Outcome.UNCLEAR, error=told, duration=_since(started))


def _answer_to(call: Call, line: Line, started: float) -> Answer:
    answer: Answer | None = None
    try:
        with _session(line) as session, _exchange(session, call, line) as response:
            body, error = _read(response)
            answer = Answer(
                outcome=outcome_of(call.method, response.status_code, body, response.headers.get("Content-Type", "")),
                status=response.status_code,
                body=body,
                error=error,
                retry_after=_retry_after(response.headers),
                duration=_since(started),
            )
    except Exception as failure:  # noqa: BLE001 - requests lets through what it did not foresee; the call may have been taken
        # Once it has answered, how the connection ends tells nothing.
        answer = answer or Answer(
            outcome=outcome_of_failure(failure, sent=line.has_sent),
            error=_told(failure, sent=line.has_sent),
            duration=_since(started),
        )
    finally:
        line.close()
    return answer


class _Session(requests.Session):
    """Looks at no redirect: even unfollowed, requests would read its whole body and stumble over its address."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _session(line: Line) -> requests.Session:
    """A connection of its own for each call: one kept open may have been closed by the other side meanwhile."""
    session = _Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, LineAdapter(line))
    # Neither proxies, .netrc nor another authority out of the environment.
    session.trust_env = False
    session.verify = settings.SAS_CA or True
    if settings.SAS_CLIENT_CERT:
        session.cert = (settings.SAS_CLIENT_CERT, settings.SAS_CLIENT_KEY or settings.SAS_CLIENT_CERT)
    session.headers.update(
        {
            "Accept": "application/fhir+json",
            "Content-Type": "application/fhir+json; charset=utf-8",
            "User-Agent": f"SAS-Agenda/{settings.VERSION}",
        }
    )
    return session


def _exchange(session: requests.Session, call: Call, line: Line) -> requests.Response:
    return session.request(
        call.method,
        call.url,
        data=Body(orjson.dumps(call.resource), line),
        timeout=(settings.SAS_CONNECT_TIMEOUT, settings.SAS_READ_TIMEOUT),
        allow_redirects=False,
        stream=True,
    )


def _read(response: requests.Response) -> tuple[bytes, str]:
    """The body, cut at its limits, and what went wrong with it."""
    body, started = b"", time.monotonic()
    try:
        # What has come, not a full buffer: a body that drips in must not outlast its time unseen.
        while chunk := response.raw.read1(8 * 1024, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER:
                return body[:MAX_ANSWER], "Réponse trop longue : la suite n’a pas été lue."
            if _since(started) > MAX_ANSWER_TIME:
                return body, "Réponse trop lente : la suite n’a pas été lue."
    except (requests.RequestException, TransportError, OSError):
        return body, "Réponse interrompue."
    return body, ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Of `Retry-After`, seconds or an HTTP date (RFC 9110, 10.2.3); None when absent or unreadable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        delay = timedelta(seconds=min(int(text[:9]), int(MAX_RETRY_AFTER.total_seconds())))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        # By the clock that wrote it: ours may differ.
        delay = _aware(moment) - _date_of(headers)
    return min(max(delay, timedelta()), MAX_RETRY_AFTER)


def _date_of(headers: Mapping[str, str]) -> datetime:
    try:
        return _aware(parsedate_to_datetime(headers.get("Date", "")))
    except (ValueError, OverflowError):
        return datetime.now(UTC)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _told(failure: Exception, *, sent: bool) -> str:
    """A French sentence without the address: the attempt has it."""
    reasons = reasons_of(failure)
    if isinstance(failure, requests.ConnectTimeout):
        return f"Le SAS n’a pas accepté la connexion en {settings.SAS_CONNECT_TIMEOUT} s."
    if isinstance(failure, requests.Timeout) or any(isinstance(reason, ReadTimeoutError) for reason in reasons):
        return f"Le SAS n’a pas répondu en {settings.SAS_READ_TIMEOUT} s."
    if any(is_tls(reason) for reason in reasons):
        return "La connexion chiffrée avec le SAS n’a pas pu être établie (certificats)."
    if is_of_our_files(failure):
        return "Le certificat, la clé ou l’autorité configurés ne peuvent pas être lus."
    if not sent:
        return "Le SAS n’est pas joignable à son adresse."
    if not isinstance(failure, requests.ConnectionError):
        return f"La réponse du SAS n’est pas lisible ({type(failure).__name__})."
    return "La connexion avec le SAS a été interrompue avant sa réponse."


def _since(started: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - started)
