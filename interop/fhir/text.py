"""What a piece of received text may hold, and how it is shown back."""

import unicodedata

# Characters that reorder what is displayed: a name holding one could pass for another.
_REORDERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def has_control(text: str) -> bool:
    """Control characters (PostgreSQL refuses NUL), lone surrogates, line separators, reordering marks."""
    return any(
        character in _REORDERING or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text
    )


def shown(text: str, limit: int = 60) -> str:
    """A received text, quoted and cut so that it can stand in a French sentence of an OperationOutcome."""
    printable = "".join("\ufffd" if has_control(character) else character for character in text[: limit + 1])
    return f"« {printable[:limit]}{'…' if len(printable) > limit else ''} »"


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
