"""Reading a raw query string: the platform's encodings vary, so nothing is taken for granted."""

import re
from urllib.parse import unquote_to_bytes

from interop.fhir.text import has_control
from interop.fhir.values import FhirRefusal, Issue

# 25 identifiers, percent-encoded, take about 1,300 characters.
MAX_LENGTH = 16_384
MAX_PARAMETERS = 200
_PLAIN_NAME = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def query_parameters(raw_query_string: str) -> list[tuple[str, str]]:
    """Names and values, decoded, in order, repetitions kept. A `+` is a blank, as in a form.

    `raw_query_string` is what WSGI gives: bytes seen as Latin-1. Refused with 400: too long, not UTF-8, control
    characters.
    """
    raw = raw_query_string.removeprefix("?")
    if len(raw) > MAX_LENGTH:
        raise _unreadable("too-long", "La requête est trop longue.")
    if raw.count("&") >= MAX_PARAMETERS:
        raise _unreadable("too-long", "La requête compte trop de paramètres.")
    return [
        (_decoded(name), _decoded(value)) for name, _, value in (part.partition("=") for part in raw.split("&") if part)
    ]


def http_location(name: str) -> tuple[str, ...]:
    """Where an OperationOutcome says that a parameter or a header is at fault; nowhere when the sender's name is no name."""
    return (f"http.{name}",) if _PLAIN_NAME.fullmatch(name) else ()


def _decoded(text: str) -> str:
    try:
        encoded = text.encode("latin-1")
    except UnicodeEncodeError:
        # Not from WSGI: already decoded text.
        encoded = text.encode("utf-8", "surrogatepass")
    try:
        decoded = unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise _unreadable("invalid", "La requête n’est pas en UTF-8.") from None
    if has_control(decoded):
        raise _unreadable("invalid", "La requête contient des caractères de contrôle.")
    return decoded


def _unreadable(code: str, diagnostics: str) -> FhirRefusal:
    return FhirRefusal(400, [Issue(code, diagnostics)])
