"""The check digit of RPPS, FINESS and SIRET (ISO/IEC 7812-1, annex B)."""


def passes_luhn(digits: str) -> bool:
    """Whether the last of these decimal digits is the check digit of the others. False for anything else than digits.

    Real identifiers are seen that fail: warn with this, never refuse.
    """
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
