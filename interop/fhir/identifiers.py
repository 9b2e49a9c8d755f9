"""Identifiers as FHIR searches write them: tokens `system|value`. What a value means is known to `accounts.identifiers`."""

import re
from typing import NamedTuple


class Token(NamedTuple):
    """A FHIR token. `system` is None when the text holds no `|` (any system), "" for `|value` (no system)."""

    system: str | None
    value: str


def split_list(text: str) -> list[str]:
    r"""The alternatives of a search parameter: cut at commas, except at `\,`. Escapes stay, for `parse_token`."""
    return _cut(text, ",")


def parse_token(text: str) -> Token:
    r"""`system|value`, `|value` or `value`, without outer blanks and FHIR's escapes (`\|`, `\,`, `\$`, `\\`)."""
    system, *rest = _cut(text, "|", at_most=1)
    if not rest:
        return Token(None, _unescaped(system).strip())
    return Token(_unescaped(system).strip(), _unescaped(rest[0]).strip())


def _cut(text: str, separator: str, *, at_most: int | None = None) -> list[str]:
    parts: list[str] = []
    start = 0
    escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == separator and (at_most is None or len(parts) < at_most):
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\|,$])", r"\1", text)
