"""One HTTP call of the platform to the editor, made and kept whole so that it can be shown."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from sandbox.sas.outcome import Issue, read_outcome
from sandbox.sas.vocabulary import FHIR_JSON

# The platform gives up on a search after 7 seconds (ANS guide).
PLATFORM_TIMEOUT = 7.0
TELLING = frozenset({"content-type", "location", "etag", "last-modified", "allow", "retry-after", "www-authenticate"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `status` is None and `failure` a French sentence when nothing came back."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    response_headers: dict[str, str]
    response_body: str
    duration_ms: int
    failure: str

    @property
    def telling_headers(self) -> list[tuple[str, str]]:
        """The response's headers that FHIR gives a meaning to, without the server's own."""
        return [(name, value) for name, value in self.response_headers.items() if name.lower() in TELLING]

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def json(self) -> Any:
        """The decoded body, or None when it is not JSON."""
        try:
            return json.loads(self.response_body)
        except ValueError:
            return None

    def issues(self) -> list[Issue]:
        return read_outcome(self.json())

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Exchange:
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class FhirCaller:
    """Calls one FHIR base as the platform does: no redirect followed, no proxy, mutual TLS when a certificate is given.

    `certificate` is (certificate path, key path); `authority` the path of the CA bundle that the server must chain to;
    `headers` win over those of the call.
    """

    base_url: str
    timeout: float = PLATFORM_TIMEOUT
    certificate: tuple[str, str] | None = None
    authority: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, *, accept: str = FHIR_JSON, body: object = None, raw_body: bytes | None = None
    ) -> Exchange:
        """Make the call; what the network or the server does never raises. `path` may carry a query, sent as it is."""
        url = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        content = raw_body
        if content is None and body is not None:
            content = json.dumps(body, ensure_ascii=False, indent=2).encode()
        typed = {"Content-Type": f"{FHIR_JSON}; charset=utf-8"} if content is not None else {}
        headers = {"Accept": accept, **typed, **self.headers}
        started = time.perf_counter()
        status: int | None = None
        response_headers: dict[str, str] = {}
        text = failure = ""
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.request(
                    method, url, headers=headers, data=content, timeout=self.timeout, allow_redirects=False,
                    cert=self.certificate, verify=self.authority or True,
                )  # fmt: skip
                status, response_headers = response.status_code, dict(response.headers)
                # FHIR JSON is UTF-8 whatever the server forgot to say.
                text = response.content.decode("utf-8", errors="replace")
        except requests.Timeout:
            failure = f"Pas de réponse en {self.timeout:g} s."
        except requests.exceptions.SSLError:
            failure = "La connexion chiffrée a été refusée."
        except requests.ConnectionError:
            failure = "La connexion n’a pas abouti : le logiciel ne répond pas à cette adresse."
        except requests.RequestException as error:
            failure = f"L’appel a échoué : {type(error).__name__}."
        duration = round((time.perf_counter() - started) * 1000)
        sent = content.decode("utf-8", errors="replace") if content is not None else ""
        return Exchange(method, url, headers, sent, status, response_headers, text, duration, failure)
