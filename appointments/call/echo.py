"""What was understood of what is being typed, said back in the field."""

from collections.abc import Mapping
from datetime import date

from appointments.patients.identity import Precision, age_in_words, is_doubtful, key_of, parse_birth_date, parse_nir


def echoes(typed: Mapping[str, str], *, today: date) -> dict[str, str]:
    """By field: the age; of a social security number its key, where 13 digits lack it, or 15 have another (as a question). Blank
    where nothing can be said yet.
    """
    return {"birth_date": _age(typed.get("birth_date", ""), today), "nir": _key(typed.get("nir", ""))}


def _age(text: str, today: date) -> str:
    try:
        birth = parse_birth_date(text, today=today)
    except ValueError:
        return ""
    if birth.born is None:
        return ""
    # An age is what was typed: its year is said back.
    return birth.words if birth.precision is Precision.AGE else age_in_words(birth, today)


def _key(text: str) -> str:
    try:
        whole = parse_nir(text, any_key=True)
    except ValueError:
        return ""
    if is_doubtful(whole):
        return f"clé {key_of(whole[:13])}\u202f?"
    return f"clé {whole[13:]}" if sum(one.isalnum() for one in text) == 13 else ""
