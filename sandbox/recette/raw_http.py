"""A GET whose target is sent character for character: ordinary clients percent-encode what the platform leaves raw."""

from __future__ import annotations

import http.client
import ssl
import time
from urllib.parse import urlsplit

from sandbox.sas.exchange import Exchange, FhirCaller


def raw_get(caller: FhirCaller, path: str, *, accept: str, timeout: float) -> Exchange:
    """GET `path` (query included) below the caller's base. Never raises for what the network or the server does."""
    parts = urlsplit(caller.base_url)
    target = f"{parts.path.rstrip('/')}/{path}"
    headers = {"Accept": accept, **caller.headers}
    started = time.perf_counter()
    status: int | None = None
    answered: dict[str, str] = {}
    text = failure = ""
    try:
        connection = _connection(caller, parts.scheme, parts.hostname or "", parts.port, timeout)
        try:
            connection.request("GET", target, headers=headers)
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
    return Exchange("GET", url, headers, "", status, answered, text, duration, failure)


def _connection(
    caller: FhirCaller, scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    secured = ssl.create_default_context(cafile=caller.authority)
    if caller.certificate:
        secured.load_cert_chain(*caller.certificate)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=secured)
