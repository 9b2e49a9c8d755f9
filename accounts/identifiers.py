"""National numbers of professionals and structures: their shapes, the prefixes the SAS writes before them, check digits. Pure.

We store them bare and send them prefixed. Check digits refuse nothing: real identifiers are seen that fail them, several of
the SAS guide's own examples among them.
"""

import re
from dataclasses import dataclass

# What people type between the digits.
_SEPARATORS = re.compile(r"[\s.\-_/()\u00a0\u202f]+")
# A department, which may be Corsican (2A, 2B), then seven digits.
_BY_DEPARTMENT = r"[0-9][0-9AB][0-9]{7}"


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """A kind of number. `shape`: a regular expression of the bare number; `told`: what to say to who typed another."""

    name: str
    prefix: str
    shape: str
    told: str

    @property
    def whole(self) -> str:
        r"""The shape from end to end, as Python and PostgreSQL both read it (`\Z`, unlike `$`, lets no line break by)."""
        return rf"^{self.shape}\Z"

    def prefixed(self, bare: str) -> str:
        return self.prefix + bare

    def bare(self, raw: str) -> str | None:
        """The number without prefix and separators, in capitals; None when the text is no number of this kind.

        >>> RPPS.bare("8 10100050075")
        '10100050075'
        """
        text = _SEPARATORS.sub("", raw).upper()
        if re.fullmatch(self.shape, text):
            return text
        rest = text.removeprefix(self.prefix)
        return rest if rest != text and re.fullmatch(self.shape, rest) else None


# --- Practitioners: the SAS prefers the RPPS --------------------------------------------------------------------------
RPPS = NationalNumber("RPPS", "8", r"[0-9]{11}", "Le RPPS compte 11 chiffres, sans préfixe.")
ADELI = NationalNumber(
    "ADELI", "0", _BY_DEPARTMENT, "Le numéro ADELI compte 9 chiffres (en Corse, 2A ou 2B), sans préfixe."
)


def practitioner_number(*, rpps: str | None, adeli: str | None) -> str:
    """The prefixed number of somebody who has at least one of these bare ones."""
    return RPPS.prefixed(rpps) if rpps else ADELI.prefixed(adeli or "")


def read_practitioner_number(raw: str) -> tuple[NationalNumber, str] | None:
    """The kind and the bare number of a text, prefixed or not; None when it is neither a RPPS nor an ADELI number.

    The four lengths differ, so a text stands for one number at most.
    """
    for kind in (RPPS, ADELI):
        if (bare := kind.bare(raw)) is not None:
            return kind, bare
    return None


# --- Structures: the SAS matches its cards by the first of them that there is -----------------------------------------
FINESS = NationalNumber(
    "FINESS", "1", _BY_DEPARTMENT, "Le FINESS compte 9 chiffres (en Corse, 2A ou 2B), sans préfixe."
)
SIRET = NationalNumber("SIRET", "3", r"[0-9]{14}", "Le SIRET compte 14 chiffres, sans préfixe.")
# 14 digits by rule, 10 to 14 seen. A RPPS starts with 1, so that a leading 4 can only be the prefix.
RPPS_RANK = NationalNumber(
    "RPPS rang", "4", r"[0-35-9][0-9]{9,13}", "Le RPPS rang compte 10 à 14 chiffres, sans son préfixe 4."
)
ADELI_RANK = NationalNumber(
    "ADELI rang",
    "0",
    rf"{_BY_DEPARTMENT}([0-9]{{2}})?",
    "L’ADELI rang compte 9 ou 11 chiffres (en Corse, 2A ou 2B), sans préfixe.",
)


def structure_number(*, finess: str = "", siret: str = "", rpps_rank: str = "", adeli_rank: str = "") -> str | None:
    """The prefixed number to publish, the first usable one in this order; None when none is.

    Each may be given bare or already prefixed. A malformed one is passed over: the platform shows a duplicate card for a
    structure it can't match, so a wrong number is worse than none.
    """
    given = ((FINESS, finess), (SIRET, siret), (RPPS_RANK, rpps_rank), (ADELI_RANK, adeli_rank))
    for kind, raw in given:
        if (bare := kind.bare(raw)) is not None:
            return kind.prefixed(bare)
    return None


def passes_luhn(digits: str) -> bool:
    """Whether the last of these decimal digits is the check digit of the others (ISO/IEC 7812-1, annex B).

    False for anything else than digits. That of RPPS, FINESS and SIRET: warn with it, never refuse.
    """
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def key_should_be(number: str) -> str | None:
    """The check digit that these digits would have, when the last one is not it; None when it is, or there is a letter (Corsica).

    Of RPPS, ADELI, FINESS and SIRET.
    """
    if not (number.isascii() and number.isdigit()) or passes_luhn(number):
        return None
    return next(key for key in "0123456789" if passes_luhn(number[:-1] + key))
