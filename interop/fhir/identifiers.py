"""Tokens `system|value`, national numbers with their prefix, phones.

Check digits are never looked at here: several identifiers of the guide's own examples fail them (spec, "Identifiers").
"""

import re
from typing import NamedTuple

RPPS = "RPPS"
ADELI = "ADELI"

_RPPS_BARE = re.compile(r"[0-9]{11}")
_RPPS_PREFIXED = re.compile(r"8([0-9]{11})")
# A department, which may be Corsican, then seven digits.
_ADELI_BARE = re.compile(r"[0-9][0-9AB][0-9]{7}")
_ADELI_PREFIXED = re.compile(r"0([0-9][0-9AB][0-9]{7})")

# What people type between the digits.
_SEPARATORS = re.compile(r"[\s.\-_/()\u00a0\u202f]+")


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


# --- Practitioners ---------------------------------------------------------------------------------------------------
def practitioner_national_value(kind: str, bare: str) -> str:
    """`8` + RPPS or `0` + ADELI, from the bare number. `kind` is RPPS or ADELI."""
    return {RPPS: "8", ADELI: "0"}[kind] + bare


def practitioner_search_values(raw: str) -> set[tuple[str, str]]:
    """The bare numbers, as (kind, value), that a text may stand for, prefixed or not. Empty when it is none.

    >>> practitioner_search_values("810100050075")
    {('RPPS', '10100050075')}
    """
    text = _compact(raw)
    if _RPPS_BARE.fullmatch(text):
        return {(RPPS, text)}
    if match := _RPPS_PREFIXED.fullmatch(text):
        return {(RPPS, match[1])}
    if _ADELI_BARE.fullmatch(text):
        return {(ADELI, text)}
    if match := _ADELI_PREFIXED.fullmatch(text):
        return {(ADELI, match[1])}
    return set()


# --- Structures ------------------------------------------------------------------------------------------------------
# Kind → prefix, and the shape of the bare number. The order is the order of preference.
# RPPS rang: 14 digits by rule, 10 to 14 seen. A RPPS starts with 1, so that a leading 4 can only be the prefix.
_STRUCTURE_KINDS: dict[str, tuple[str, re.Pattern[str]]] = {
    "finess": ("1", re.compile(r"[0-9][0-9AB][0-9]{7}")),
    "siret": ("3", re.compile(r"[0-9]{14}")),
    "rpps_rang": ("4", re.compile(r"[0-35-9][0-9]{9,13}")),
    "adeli_rang": ("0", re.compile(r"[0-9][0-9AB][0-9]{7}(?:[0-9]{2})?")),
}


def structure_identifier_value(
    *, finess: str = "", siret: str = "", rpps_rang: str = "", adeli_rang: str = ""
) -> str | None:
    """The prefixed number to publish: FINESS before SIRET before RPPS rang before ADELI rang; None when none is usable.

    Each may be given bare or already prefixed. A malformed one is passed over: the platform shows a duplicate card for
    a structure it can't match, so a wrong number is worse than none.
    """
    given = {"finess": finess, "siret": siret, "rpps_rang": rpps_rang, "adeli_rang": adeli_rang}
    for kind, raw in given.items():
        bare = structure_bare_value(kind, raw)
        if bare is not None:
            return _STRUCTURE_KINDS[kind][0] + bare
    return None


def structure_bare_value(kind: str, raw: str) -> str | None:
    """The number without its prefix, or None when `raw` is no number of that kind.

    `kind` is `finess`, `siret`, `rpps_rang` or `adeli_rang`.
    """
    prefix, shape = _STRUCTURE_KINDS[kind]
    text = _compact(raw)
    if shape.fullmatch(text):
        return text
    if text.startswith(prefix) and shape.fullmatch(text[1:]):
        return text[1:]
    return None


def _compact(raw: str) -> str:
    return _SEPARATORS.sub("", raw).upper()


# --- Phones ----------------------------------------------------------------------------------------------------------
# National prefixes (fixed and mobile lines) of the overseas departments whose country code is not 33.
_OVERSEAS = {
    "262": ("0262", "0263", "0269", "0639", "0692", "0693"),  # Réunion, Mayotte
    "590": ("0590", "0690", "0691"),  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    "594": ("0594", "0694"),  # Guyane
    "596": ("0596", "0696", "0697"),  # Martinique
}


def phone_e164(raw: str) -> str | None:
    """A phone as `+33…`, or with the country code it has (`+262…`); None when it can't be dialled from abroad.

    A ten-digit number of an overseas department gets that department's code. Short numbers (15, 3237) have no such
    form.
    """
    text = _SEPARATORS.sub("", raw.replace("(0)", ""))
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if re.fullmatch(r"0[1-9][0-9]{8}", text):
        code = next((code for code, starts in _OVERSEAS.items() if text.startswith(starts)), "33")
        return f"+{code}{text[1:]}"
    if re.fullmatch(r"\+330[1-9][0-9]{8}", text):
        return f"+33{text[4:]}"
    if re.fullmatch(r"\+33[1-9][0-9]{8}|\+(?!33)[1-9][0-9]{7,14}", text):
        return text
    return None
