"""The alphabet of SMS (GSM 03.38): what of a text it has, and how many SMS a text takes. Pure.

One character outside it makes the whole text UCS-2, 70 characters an SMS instead of 160. So what it lacks is written without its
accent (ê, ç, À), blanks and quotes of typography as plain ones, and what is left (emoji) is dropped.
"""

import re
import unicodedata

_PLAIN = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ" + " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each takes two places: an escape comes before it.
_ESCAPED = "^{}\\[~]|€"
ALPHABET = frozenset(_PLAIN + _ESCAPED)
# Septets of one SMS, and of each of several: a header says which of them it is.
ALONE, OF_SEVERAL = 160, 153
MOST = 3
_WRITTEN = str.maketrans({
    "\u202f": " ", "\xa0": " ", "\u2009": " ", "\t": " ", "’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "–": "-",
    "—": "-", "‑": "-", "…": "...", "œ": "oe", "Œ": "Oe", "\r": "",
})  # fmt: skip


def in_gsm(text: str) -> str:
    """The text in the alphabet; no blank before a colon, none doubled."""
    composed = unicodedata.normalize("NFC", text).translate(_WRITTEN)
    plain = "".join(one if one in ALPHABET else _nearest(one) for one in composed)
    return re.sub(r" {2,}", " ", re.sub(r" +(?=[\n:])|(?<=\n) +", "", plain)).strip()


def septets(text: str) -> int:
    """Of a text in the alphabet. Raises ValueError for any other."""
    if strange := set(text) - ALPHABET:
        raise ValueError(f"{len(strange)} characters are not of GSM 03.38")
    return len(text) + sum(one in _ESCAPED for one in text)


def sms_count(text: str) -> int:
    """How many SMS a text in the alphabet takes. What an escape stands before is never cut from it."""
    if septets(text) <= ALONE:
        return 1
    count, left = 1, OF_SEVERAL
    for one in text:
        wide = 2 if one in _ESCAPED else 1
        if wide > left:
            count, left = count + 1, OF_SEVERAL
        left -= wide
    return count


def _nearest(one: str) -> str:
    """Without its mark; blank where there is no such letter."""
    return "".join(part for part in unicodedata.normalize("NFKD", one) if part in ALPHABET)
