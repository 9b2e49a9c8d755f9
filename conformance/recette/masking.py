"""Keeps secrets and personal data out of the report: what is shown there may be handed to anyone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit, urlunsplit

MASK = "•••"
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-csrftoken", "www-authenticate"}
)
# Names of query parameters, form fields and JSON members that carry a secret of the exchange.
SECRET_NAMES = frozenset(
    {
        "code", "state", "nonce", "code_verifier", "code_challenge", "client_secret", "access_token", "id_token",
        "refresh_token", "id_token_hint", "session_state", "password", "motdepasse", "csrfmiddlewaretoken", "jeton",
        "sid", "login_hint",
    }
)  # fmt: skip
# FHIR elements that hold a person's own data, wherever they are.
PERSONAL_NAMES = frozenset({"family", "given", "birthDate", "prefix", "email", "given_name", "family_name"})
EMAIL = re.compile(r"[\w.+%-]+@[\w.-]+\.\w+")
PHONE = re.compile(r"(?<![\w.:/-])\+\d{9,13}(?![\w-])")
# A prefixed RPPS or ADELI, a regulator's number with a slash; after a percent-encoded bar or comma too.
PERSON_NUMBER = re.compile(
    r"(?:(?<=%7C)|(?<=%7c)|(?<=%2C)|(?<=%2c)|(?<![\w.:-]))(8\d{11}|0[0-9][0-9AB]\d{7}|\d{8,12}/\d{4,12})(?![\w.])"
)
TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")


def masked(value: str) -> str:
    """The value with its middle hidden, enough to recognise it: `T•••l`; short values go whole."""
    return f"{value[0]}{MASK}{value[-1]}" if len(value) > 3 else MASK


class Masker:
    """Masks texts. `secrets` are literal values (and their percent-encoded form) hidden wherever they appear."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        for value in secrets:
            self.add(value)

    def add(self, value: str) -> str:
        """Hide this value from now on; returns it. Values under 4 characters would hide too much: they are left."""
        if len(value) >= 4:
            self._secrets.update({value, quote(value, safe="")})
        return value

    def text(self, text: str) -> str:
        """A sentence or a plain body."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, masked(secret))
        text = TOKEN.sub(MASK, text)
        text = EMAIL.sub(lambda found: masked(found[0]), text)
        text = PHONE.sub(lambda found: f"{found[0][:3]}{MASK}", text)
        return PERSON_NUMBER.sub(lambda found: f"{found[0][0]}{MASK}{found[0][-2:]}", text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            name: MASK if name.lower() in SECRET_HEADERS else self.url(value) if name.lower() == "location" else self.text(value)
            for name, value in headers.items()
        }  # fmt: skip

    def url(self, url: str) -> str:
        """An address whose secret parameters are hidden; the rest stays character for character."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return self.text(url)
        query = "&".join(self._parameter(item) for item in parts.query.split("&")) if parts.query else ""
        return urlunsplit(parts._replace(query=query, path=self.text(parts.path)))

    def body(self, body: str, content_type: str = "") -> str:
        """JSON is walked and written back with two spaces; forms and texts are masked as such."""
        try:
            decoded = json.loads(body)
        except (ValueError, RecursionError):
            if "form-urlencoded" in content_type:
                pairs = parse_qsl(body, keep_blank_values=True)
                return "&".join(f"{name}={MASK if name in SECRET_NAMES else self.text(value)}" for name, value in pairs)
            return self.text(body)
        try:
            return json.dumps(self.value(decoded), ensure_ascii=False, indent=2)
        except RecursionError:
            return self.text(body)

    def value(self, value: Any, name: str = "") -> Any:
        """Decoded JSON with what is secret or personal hidden; shapes are kept."""
        if isinstance(value, dict):
            return {key: self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, str):
            if name in SECRET_NAMES and name != "code":  # FHIR codes are not OAuth codes
                return MASK
            return masked(value) if name in PERSONAL_NAMES else self.text(value)
        return value

    def _parameter(self, item: str) -> str:
        name, sign, value = item.partition("=")
        if name in SECRET_NAMES:
            return f"{name}{sign}{MASK}"
        shown = unquote_plus(value)
        hidden = self.text(shown)
        return item if hidden == shown else f"{name}{sign}{hidden}"
