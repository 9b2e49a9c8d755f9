"""A call whose target is sent character for character: ordinary clients percent-encode what the platform leaves raw."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from urllib.parse import urlsplit

from sandbox.sas.exchange import Exchange, FhirCaller
from sandbox.sas.vocabulary import FHIR_JSON


def raw_get(caller: FhirCaller, path: str, *, accept: str, timeout: float) -> Exchange:
    """GET `path` (query included) below the caller's base. Never raises for what the network or the server does."""
    return raw_call(caller, "GET", path, accept=accept, timeout=timeout)


def raw_call(
    caller: FhirCaller, method: str, path: str, *, accept: str = FHIR_JSON, timeout: float, body: object = None
) -> Exchange:
    """The same with another method and a body, written as JSON."""
    parts = urlsplit(caller.base_url)
    target = f"{parts.path.rstrip('/')}/{path}"
    content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    typed = {"Content-Type": f"{FHIR_JSON}; charset=utf-8"} if content is not None else {}
    headers = {"Accept": accept, **typed, **caller.headers}
    started = time.perf_counter()
    status: int | None = None
    answered: dict[str, str] = {}
    text = failure = ""
    try:
        connection = _connection(caller, parts.scheme, parts.hostname or "", parts.port, timeout)
        try:
            connection.request(method, target, body=content, headers=headers)
            response = connection.getresponse()
            status, answered = response.status, dict(response.getheaders())
            text = response.read().decode("utf-8", errors="replace")
        finally:
            connection.close()
    except TimeoutError:
        failure = f"Pas de réponse en {timeout:.0f} s."
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, failure = None, f"La connexion n’a pas abouti ({type(error).__name__})."
    duration = round((time.perf_counter() - started) * 1000)
    url = f"{parts.scheme}://{parts.netloc}{target}"
    sent = content.decode() if content is not None else ""
    return Exchange(method, url, headers, sent, status, answered, text, duration, failure)


def _connection(
    caller: FhirCaller, scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    secured = ssl.create_default_context(cafile=caller.authority)
    if caller.certificate:
        secured.load_cert_chain(*caller.certificate)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=secured)
