"""What a caller spells and a hurried hand types, turned into values. Pure: no Django, no clock of its own.

What reads a text raises ValueError with the French sentence to show under the field: what is wrong, then what to do.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from accounts.french import MONTHS, WEEKDAYS, counted, day_number, fold, month_year, plain_date

EARLIEST_BIRTH = date(1900, 1, 1)


# --- Birth dates, as far as they are known ---------------------------------------------------------------------------
class Precision(StrEnum):
    """How much of a birth date is known, and how."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    AGE = "age"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """`born` is None when nothing is known, and only then. A month is kept as its first day, a year as its 1 January.

    An age is kept as the birth date it means on the day it was told: 1 January for one in years; the first of the month for one
    in months, the second in January; another day for one in weeks. One in days is a date. A year that is only about right is
    known as an age is.
    `understood` tells how a text was read, where something is missing or another reading was possible; blank elsewhere.
    """

    born: date | None
    precision: Precision
    understood: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if (self.born is None) != (self.precision is Precision.UNKNOWN):
            raise ValueError("a birth date is unknown when there is none, and only then")

    @property
    def unit(self) -> Precision:
        """DAY, MONTH or YEAR: what may be told of it, an age included; UNKNOWN."""
        if self.born is None or self.precision is not Precision.AGE:
            return self.precision
        if (self.born.month, self.born.day) == (1, 1):
            return Precision.YEAR
        return Precision.MONTH if self.born.day == 1 or (self.born.month, self.born.day) == (1, 2) else Precision.DAY

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day that it may be."""
        born, aged = self.born, self.precision is Precision.AGE
        if born is None:
            return date.min, date.max
        if self.unit is Precision.YEAR:
            # Who is 34 in 2026 was born in 1992, or in 1991 with the birthday to come.
            return date(born.year - aged, 1, 1), date(born.year, 12, 31)
        if self.unit is Precision.MONTH:
            first = born.replace(day=1)
            last = born.replace(day=monthrange(born.year, born.month)[1])
            return (first - timedelta(days=1)).replace(day=1) if aged else first, last
        return (born - timedelta(days=6), born + timedelta(days=1)) if aged else (born, born)

    @property
    def words(self) -> str:
        """3 avril 1985; avril 1985; 1985; an age: vers 1985; date inconnue."""
        if self.born is None:
            return "date inconnue"
        about = "vers " if self.precision is Precision.AGE else ""
        if self.unit is Precision.YEAR:
            return f"{about}{self.born.year}"
        if self.unit is Precision.MONTH:
            return about + month_year(self.born)
        return f"{about and 'vers le '}{plain_date(self.born)}"


UNKNOWN_BIRTH = BirthDate(None, Precision.UNKNOWN)


def age_in_words(birth: BirthDate, today: date) -> str:
    """9 jours below one month, 6 semaines below three, 18 mois below three years, then 34 ans.

    Where the birth date leaves it open: environ 34 ans.
    """
    if birth.born is None:
        return "âge inconnu"
    first, last = (min(day, today) for day in birth.span)
    if _age(first, today) == _age(last, today):
        return _age(last, today)
    years, months = today.year - birth.born.year, _months(birth.born.replace(day=1), today)
    if birth.unit is Precision.YEAR:
        return f"environ {counted(years, 'an')}" if years else "moins d’un an"
    if birth.unit is Precision.MONTH and months < 36:
        return f"environ {counted(months, 'mois', 'mois')}" if months else "moins d’un mois"
    weeks = (today - birth.born).days // 7
    return f"environ {counted(weeks, 'semaine') if weeks and months < 3 else _age(birth.born, today)}"


def _age(born: date, today: date) -> str:
    days, months = (today - born).days, _months(born, today)
    if days < 1:
        return "moins d’un jour"
    if months < 1:
        return counted(days, "jour")
    if months < 3:
        return counted(days // 7, "semaine")
    return counted(months, "mois", "mois") if months < 36 else counted(months // 12, "an")


def _months(born: date, today: date) -> int:
    return (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)


# --- Reading a birth date --------------------------------------------------------------------------------------------
_MONTHS = {fold(name): number for number, name in enumerate(MONTHS, start=1)} | {
    "janv": 1, "jan": 1, "fevr": 2, "fev": 2, "avr": 4, "juil": 7, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_UNITS = {"j": "jour", "jour": "jour", "jours": "jour", "sem": "semaine", "semaine": "semaine", "semaines": "semaine",
          "mois": "mois", "an": "an", "ans": "an"}  # fmt: skip
# Said before the date: né(e) le, âgée de, en, le mardi.
_BEFORE = {"ne", "nee", "e", "age", "agee", "de", "a", "le", "la", "en", "du", "au", *WEEKDAYS}
_ABOUT = {"vers", "environ", "?", "~"}
_NOT_KNOWN = {"?", "inconnu", "inconnue", "non connue", "pas connue", "ne sait pas", "nsp"}
# « 9j », « 1er »: digits and letters apart.
_PARTS = re.compile(r"[0-9]+|[^\W\d_]+|[^\s/.,;:()]", re.ASCII)

_UNREADABLE = "Cette date n’est pas lisible\u00a0: écrivez-la comme 03/07/1984, ou 1984, ou 34\u00a0ans."
_UNREADABLE_DAY = "Cette date n’est pas lisible\u00a0: écrivez-la comme 03/07/1984."
_NO_YEAR = "L’année manque\u00a0: écrivez-la en entier, comme 03/07/1984."
_CHECK = "vérifiez le jour et le mois."


class _NoDate(ValueError):
    """Written in no way that is known: it says which are."""


def parse_birth_day(text: str, *, today: date) -> BirthDate:
    """As `parse_birth_date`; from who is asked for a whole date, nothing less is taken."""
    try:
        birth = parse_birth_date(text, today=today)
    except _NoDate:
        raise ValueError(_UNREADABLE_DAY) from None
    if birth.precision is not Precision.DAY:
        raise ValueError("Écrivez le jour, le mois et l’année, comme 03/07/1984.")
    return birth


def parse_birth_date(text: str, *, today: date) -> BirthDate:
    """Reads `14021991`, `140291`, `14/02/91`, `1991-02-14`, `le 14 février 1991`; `03/1985`, `00/03/1985`, `mars 1985`;
    `1950`, `vers 1950`, `00/00/1950`; `34 ans`, `18 mois`, `3 semaines`, `9 jours`; `inconnue`, `00/00/0000`.

    A year of two digits is the latest that is not in the future. Seven digits lack the 0 before the day, if they may.
    """
    parts = _PARTS.findall(fold(text))
    if " ".join(parts) in _NOT_KNOWN:
        return _told(UNKNOWN_BIRTH)
    about = False
    while parts and (parts[0] in _BEFORE or parts[0] in _ABOUT):
        about |= parts.pop(0) in _ABOUT
    while parts and parts[-1] in _ABOUT:
        about = bool(parts.pop())
    if aged := _read_age(parts, today, about=about):
        return aged
    if len(parts) == 1 and len(parts[0]) in {6, 7, 8}:
        return _read_digits(parts[0], today, about=about)
    return _read_parts(parts, today, about=about)


def _read_age(parts: list[str], today: date, *, about: bool) -> BirthDate | None:
    """`2 ans`, `2 ans et demi`, `2 ans et 3 mois`; None where no age is told."""
    if len(parts) < 2 or not re.fullmatch(r"[0-9]{1,3}", parts[0]) or parts[1] not in _UNITS:
        return None
    count, unit, more = int(parts[0]), _UNITS[parts[1]], [part for part in parts[2:] if part != "et"]
    if unit == "an" and more in (["demi"], ["demie"]):
        count, unit = count * 12 + 6, "mois"
    elif unit == "an" and len(more) == 2 and re.fullmatch(r"[0-9]|1[01]", more[0]) and more[1] == "mois":
        count, unit = count * 12 + int(more[0]), "mois"
    elif more:
        return None
    precision = Precision.AGE
    if unit == "an":
        year, month, day = today.year - count, 1, 1
    elif unit == "mois":
        year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
        month, day = month + 1, 2 if month == 0 else 1
    else:
        born = today - timedelta(days=count * (7 if unit == "semaine" else 1))
        if unit == "jour" and not about:
            precision = Precision.DAY
        elif born.day == 1 or (born.month, born.day) == (1, 2):
            born = born.replace(day=1) - timedelta(days=1)  # these days mean a month or a year
        year, month, day = born.year, born.month, born.day
    if year < EARLIEST_BIRTH.year:
        raise ValueError("Cet âge mène avant 1900\u00a0: vérifiez-le.")
    return _told(BirthDate(min(date(year, month, day), today), precision), ", d’après l’âge")


def _read_digits(digits: str, today: date, *, about: bool) -> BirthDate:
    """Six, seven or eight of them, nothing between. Of several readings the first that is a date is meant."""
    ends = {
        6: [(2, 4), (0, 2)],  # ddmmyy, mmyyyy
        7: [(1, 3), (2, 3)],  # dmmyyyy, ddmyyyy
        8: [(2, 4), (-4, -2)],  # ddmmyyyy, yyyymmdd
    }
    found: list[BirthDate] = []
    faults: list[ValueError] = []  # of the readings before the first that is a date
    for day_end, month_end in ends[len(digits)]:
        if day_end < 0:
            parts = [digits[:4], digits[4:6], digits[6:]]
        else:
            parts = [part for part in (digits[:day_end], digits[day_end:month_end], digits[month_end:]) if part]
        try:
            found.append(_read_parts(parts, today, about=about))
        except ValueError as error:
            if not found:
                faults.append(error)
    if not found:
        raise _NoDate(_UNREADABLE) if len(digits) == 7 else faults[0]
    if len(found) == 2 and found[0] != found[1]:
        return _told(found[0], f", et non {found[1].words}")
    return _told(found[0]) if faults and not found[0].understood else found[0]


def _read_parts(parts: list[str], today: date, *, about: bool) -> BirthDate:
    """Day, month and year, as far as there are, apart from each other."""
    numbers = [str(_MONTHS[part]) if part in _MONTHS else part for part in parts if part != "er"]
    shape = [len(part) if re.fullmatch(r"[0-9]+", part) else 0 for part in numbers]
    if shape and shape[0] == 4:
        numbers.reverse()
        shape.reverse()
    match shape:
        case [4]:
            day, month, year = "0", "0", numbers[0]
        case [1 | 2, 4]:
            day, month, year = "0", numbers[0], numbers[1]
        case [1 | 2, 1 | 2, 2 | 4]:
            day, month, year = numbers
        case [1 | 2, 1 | 2]:
            raise ValueError(_NO_YEAR)
        case [2]:
            raise _NoDate("Ces deux chiffres peuvent être une année ou un âge\u00a0: écrivez 1950, ou 50\u00a0ans.")
        case _:
            raise _NoDate(_UNREADABLE)
    return _birth(int(day), int(month), year, today, about=about)


def _birth(day: int, month: int, digits: str, today: date, *, about: bool) -> BirthDate:
    """A day or a month of 0 is not known; what is only about right is known one step less."""
    year = int(digits)
    if not (day or month or year):
        return _told(UNKNOWN_BIRTH)
    if month > 12:
        raise ValueError(f"Le mois {month} n’existe pas\u00a0: {_CHECK}")
    if day and not month:
        raise ValueError("Le mois manque\u00a0: écrivez-le, ou l’année seule.")
    if len(digits) == 2:
        year += today.year // 100 * 100
        if (year, month, day) > (today.year, today.month, today.day):
            year -= 100
    if year < EARLIEST_BIRTH.year:
        raise ValueError("Cette date est avant 1900\u00a0: vérifiez l’année.")
    if day > monthrange(year, month or 1)[1]:
        wrong = f"{day_number(date(2000, 1, day))} {MONTHS[month - 1]} {year}" if day <= 31 else f"jour {day}"
        raise ValueError(f"Le {wrong} n’existe pas\u00a0: {_CHECK}")
    born = date(year, month or 1, day or 1)
    if born > today:
        raise ValueError("Cette date est dans le futur\u00a0: vérifiez l’année.")
    precision = Precision.DAY if day else Precision.MONTH if month else Precision.YEAR
    if about and precision is Precision.DAY:
        born, precision = born.replace(day=1), Precision.MONTH
    elif about and precision is Precision.MONTH:
        born, precision = born.replace(month=1), Precision.YEAR
    elif about:
        precision = Precision.AGE
    birth = BirthDate(born, precision)
    other = f"\u00a0; pour {year - 100}, écrivez l’année en entier" if len(digits) == 2 and year >= 2000 else ""
    missing = {Precision.MONTH: ", jour inconnu", Precision.YEAR: ", jour et mois inconnus"}.get(birth.unit, "")
    return _told(birth, missing + other) if missing or len(digits) == 2 else birth


def _told(birth: BirthDate, more: str = "") -> BirthDate:
    return BirthDate(birth.born, birth.precision, f"Compris\u00a0: {birth.words}{more}.")


# --- Social security number ------------------------------------------------------------------------------------------
_NIR = re.compile(r"[1-478]\d{4}(?:\d\d|2[AB])\d{6}", re.ASCII)
_NIR_BLANKS = re.compile(r"[\s.\-]+")


def parse_nir(text: str, *, any_key: bool = False) -> str:
    """The 15 characters of a social security number, without blanks; of 13, completed by its key. `any_key`: a wrong one goes
    too, as somebody read it out.

    Key: 97 minus the 13 first digits modulo 97, where Corsica's 2A counts as 19 and 2B as 18. Whether it agrees with the sex
    and the birth date is not checked: they may truly differ.
    """
    compact = _NIR_BLANKS.sub("", text).upper()
    if len(compact) == 13 and _NIR.fullmatch(compact):
        return compact + key_of(compact)
    if len(compact) != 15:
        raise ValueError(f"Ce numéro a {counted(len(compact), 'caractère')}\u00a0: il en faut 15, clé comprise.")
    body, key = compact[:13], compact[13:]
    if not _NIR.fullmatch(body) or not re.fullmatch(r"\d\d", key, re.ASCII):
        raise ValueError("Ce numéro n’a pas la forme attendue\u00a0: relisez-le sur la carte Vitale.")
    if not any_key and key_of(body) != key:
        raise ValueError("La clé ne correspond pas\u00a0: relisez les 15 chiffres.")
    return compact


def is_doubtful(nir: str) -> bool:
    """Whether the key is not that of this number of 15 characters: one of them was read or heard wrong."""
    return key_of(nir[:13]) != nir[13:]


def key_of(body: str) -> str:
    """The two digits that belong to these 13 characters."""
    return f"{97 - int(body.replace('2A', '19').replace('2B', '18')) % 97:02}"
