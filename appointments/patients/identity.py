"""What a caller spells and a hurried hand types, turned into values. Pure: no Django, no clock of its own.

Each function raises ValueError with the French sentence to show under the field: what is wrong, then what to do.
"""

import re
import unicodedata
from datetime import date

from accounts.french import counted

EARLIEST_BIRTH = date(1900, 1, 1)

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("janvier", "janv", "jan"),
            ("fevrier", "fevr", "fev"),
            ("mars",),
            ("avril", "avr"),
            ("mai",),
            ("juin",),
            ("juillet", "juil"),
            ("aout",),
            ("septembre", "sept", "sep"),
            ("octobre", "oct"),
            ("novembre", "nov"),
            ("decembre", "dec"),
        ],
        start=1,
    )
    for name in names
}
_DIGITS_ONLY = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})", re.ASCII)
_SEPARATED = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_IN_WORDS = re.compile(r"(\d{1,2})(?:er)?\s+([a-z]+)\.?\s+(\d{4}|\d{2})", re.ASCII)

_NIR = re.compile(r"[1-478]\d{4}(?:\d\d|2[AB])\d{6}", re.ASCII)
_NIR_BLANKS = re.compile(r"[\s.\-]+")


def parse_birth_date(text: str, *, today: date) -> date:
    """Reads `14021991`, `140291`, `14/02/91`, `14.2.1991`, `14 février 1991`, `1991-02-14`.

    A year of two digits is the latest that is not in the future.
    """
    plain = _without_accents(text).casefold().strip()
    if match := _YEAR_FIRST.fullmatch(plain):
        year, month, day = match.groups()
    elif match := _DIGITS_ONLY.fullmatch(plain) or _SEPARATED.fullmatch(plain):
        day, month, year = match.groups()
    elif (match := _IN_WORDS.fullmatch(plain)) and match[2] in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2]]), match[3]
    else:
        raise ValueError("Cette date n’est pas lisible\u00a0: écrivez-la comme 03/07/1984.")
    full_year = int(year)
    if len(year) == 2:
        full_year += today.year // 100 * 100
        if (full_year, int(month), int(day)) > (today.year, today.month, today.day):
            full_year -= 100
    try:
        born = date(full_year, int(month), int(day))
    except ValueError:
        raise ValueError("Cette date n’existe pas\u00a0: vérifiez le jour et le mois.") from None
    if born > today:
        raise ValueError("Cette date est dans le futur\u00a0: vérifiez l’année.")
    if born < EARLIEST_BIRTH:
        raise ValueError("Cette date est avant 1900\u00a0: vérifiez l’année.")
    return born


def parse_nir(text: str) -> str:
    """The 15 characters of a social security number, without blanks, its key checked.

    Key: 97 minus the 13 first digits modulo 97, where Corsica's 2A counts as 19 and 2B as 18. Whether it agrees with the sex
    and the birth date is not checked: they may truly differ.
    """
    compact = _NIR_BLANKS.sub("", text).upper()
    if len(compact) == 13 and _NIR.fullmatch(compact):
        raise ValueError("Il manque la clé\u00a0: ajoutez les 2 derniers chiffres de la carte.")
    if len(compact) != 15:
        raise ValueError(f"Ce numéro a {counted(len(compact), 'caractère')}\u00a0: il en faut 15, clé comprise.")
    body, key = compact[:13], compact[13:]
    if not _NIR.fullmatch(body) or not re.fullmatch(r"\d\d", key, re.ASCII):
        raise ValueError("Ce numéro n’a pas la forme attendue\u00a0: relisez-le sur la carte Vitale.")
    digits = int(body.replace("2A", "19").replace("2B", "18"))
    if 97 - digits % 97 != int(key):
        raise ValueError("La clé ne correspond pas\u00a0: relisez les 15 chiffres.")
    return compact


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
