"""A day as hands type it: « 3/12 », « 3 déc », « jeudi », « jeudi en huit », « demain », « dans 2 semaines », « s49 ». Pure."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from accounts.french import MONTHS, NBSP, WEEKDAYS, fold, long_date, quoted

EXAMPLES = f"3/12, jeudi, demain, dans 2{NBSP}semaines"

_NAMED = {
    "auj": 0, "aujourd hui": 0, "aujourdhui": 0, "demain": 1, "apres demain": 2, "hier": -1, "avant hier": -2,
}  # fmt: skip
_NUMBERS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "vingt": 20,
}  # fmt: skip
_UNITS = {"j": "day", "s": "week", "m": "month", "a": "year"}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FOLDED_DAYS, _FOLDED_MONTHS = [fold(one) for one in WEEKDAYS], [fold(one) for one in MONTHS]

_WORD = r"(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]*\.?"
_FIGURES = re.compile(rf"(?:({_WORD}) )?(?:le )?(\d\d?)(?: ?[/.] ?|  ?)(\d\d?)(?:(?: ?[/.] ?|  ?)(\d{{4}}|\d\d))?")
_ISO = re.compile(r"(\d{4})[ /](\d\d?)[ /](\d\d?)")
_IN_WORDS = re.compile(rf"(?:({_WORD}) )?(?:le )?(?:(\d\d?)(?:er)? )?([a-z]{{3,}})\.?(?: (\d{{4}}|\d\d))?")
_NUMBER = re.compile(rf"(?:({_WORD}) )?(?:le )?(\d\d?)(?:er)?")
_OF_WEEK = re.compile(rf"(?:ce )?({_WORD})(?: (prochain|dernier|passe|en huit|en quinze))?")
_WEEK_NUMBER = re.compile(r"(?:s|sem|semaine) ?(\d\d?)(?: (\d{4}))?")
_FAR = re.compile(r"(dans|il y a) (\d{1,4}|[a-z]+) (jour|semaine|mois|an|annee)s?")
_SHORT = re.compile(r"([+\u2212-]) ?(\d{1,4}) ?([jsma]?)")
_NEXT = re.compile(r"(?:la |le )?(semaine|mois) (prochaine?|derniere?|passee?)")


def parse_day(text: str, *, today: date, ahead: bool = False) -> date:
    """The day that is meant. Of a day without its year: the nearest to today, or (`ahead`) the first that is not over.

    Raises ValueError, with a sentence to show, when none is meant: also when a weekday is typed that is not that day's.
    """
    # `fold` makes a minus a blank.
    if (short := _SHORT.fullmatch(text.strip())) and short[2].isascii():
        return _later(today, -1 if short[1] != "+" else 1, int(short[2]), _UNITS[short[3] or "j"], text)
    words = fold(text).replace(",", " ").strip()
    if not words.isascii():
        raise ValueError(_unread(text))
    if words in _NAMED:
        return today + _NAMED[words] * _DAY
    for read in (_far, _next, _week_number, _of_week, _iso, _figures, _number, _in_words):
        try:
            found = read(words, today, ahead)
        except (OverflowError, ValueError) as problem:
            raise ValueError(str(problem) if isinstance(problem, _Contradiction) else _unread(text)) from None
        if found is not None:
            return found
    raise ValueError(_unread(text))


class _Contradiction(ValueError):
    """A sentence of its own."""


def _unread(text: str) -> str:
    return f"{quoted(text.strip()[:40])} n’est pas un jour\u00a0: écrivez par exemple {EXAMPLES}."


def _later(today: date, way: int, count: int, unit: str, text: str) -> date:
    try:
        if unit in ("day", "week"):
            return today + way * count * (_DAY if unit == "day" else _WEEK)
        months = today.year * 12 + today.month - 1 + way * count * (1 if unit == "month" else 12)
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(today.day, last))
    except (OverflowError, ValueError):
        raise ValueError(_unread(text)) from None


def _far(words: str, today: date, ahead: bool) -> date | None:
    found = _FAR.fullmatch(words)
    if not found:
        return None
    count = int(found[2]) if found[2].isdigit() else _NUMBERS.get(found[2])
    if count is None:
        return None
    unit = {"jour": "day", "semaine": "week", "mois": "month"}.get(found[3], "year")
    # « quinze jours » are two weeks, as « huit jours » are one.
    count = {8: 7, 15: 14}.get(count, count) if unit == "day" and not found[2].isdigit() else count
    return _later(today, 1 if found[1] == "dans" else -1, count, unit, words)


def _next(words: str, today: date, ahead: bool) -> date | None:
    found = _NEXT.fullmatch(words)
    if not found:
        return None
    way = 1 if found[2].startswith("prochain") else -1
    if found[1] == "semaine":
        return _monday(today) + way * _WEEK
    return _later(today.replace(day=1), way, 1, "month", words)


def _week_number(words: str, today: date, ahead: bool) -> date | None:
    found = _WEEK_NUMBER.fullmatch(words)
    if not found:
        return None
    number = int(found[1])
    if found[2]:
        return date.fromisocalendar(int(found[2]), number, 1)
    return _nearest(lambda year: date.fromisocalendar(year, number, 1), _monday(today), ahead)


def _of_week(words: str, today: date, ahead: bool) -> date | None:
    """« jeudi » is the one that comes: today has its own word. « jeudi prochain » is that of the next week."""
    found = _OF_WEEK.fullmatch(words)
    if not found or (wanted := _weekday(found[1])) is None:
        return None
    coming = today + ((wanted - today.weekday() - 1) % 7 + 1) * _DAY
    if found[2] == "prochain":
        return _monday(today) + _WEEK + wanted * _DAY
    if found[2] in ("dernier", "passe"):
        return today - ((today.weekday() - wanted - 1) % 7 + 1) * _DAY
    return coming + {"en huit": 1, "en quinze": 2}.get(found[2] or "", 0) * _WEEK


def _iso(words: str, today: date, ahead: bool) -> date | None:
    found = _ISO.fullmatch(words)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _figures(words: str, today: date, ahead: bool) -> date | None:
    found = _FIGURES.fullmatch(words)
    if not found:
        return None
    return _checked(found[1], _dated(int(found[2]), int(found[3]), found[4], today, ahead))


def _number(words: str, today: date, ahead: bool) -> date | None:
    """« le 3 »: the first that is not over."""
    found = _NUMBER.fullmatch(words)
    if not found:
        return None
    wanted, month = int(found[2]), today.replace(day=1)
    # No two months in a row lack a day.
    for _ in range(3):
        if wanted <= calendar.monthrange(month.year, month.month)[1] and (day := month.replace(day=wanted)) >= today:
            return _checked(found[1], day)
        month = (month + 31 * _DAY).replace(day=1)
    raise ValueError("no such day")


def _in_words(words: str, today: date, ahead: bool) -> date | None:
    """« 3 déc », « jeudi 3 décembre 2026 », « décembre »."""
    found = _IN_WORDS.fullmatch(words)
    if not found:
        return None
    months = [number for number, name in enumerate(_FOLDED_MONTHS, 1) if name.startswith(found[3])]
    if len(months) != 1:
        # « jui » is two months.
        return None
    return _checked(found[1], _dated(int(found[2] or 1), months[0], found[4], today, ahead))


def _dated(day: int, month: int, year: str | None, today: date, ahead: bool) -> date:
    if year:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    return _nearest(lambda year: date(year, month, day), today, ahead)


def _nearest(of_year: Callable[[int], date], today: date, ahead: bool) -> date:
    """A 29th of February may be years away."""
    years = range(today.year - (0 if ahead else 8), today.year + 9)
    found = []
    for year in years:
        try:
            found.append(of_year(year))
        except ValueError:
            continue
    return min((one for one in found if not ahead or one >= today), key=lambda one: abs(one - today))


def _checked(typed: str | None, day: date) -> date:
    if typed and (wanted := _weekday(typed)) is not None and wanted != day.weekday():
        raise _Contradiction(f"Le {long_date(day).partition(' ')[2]} est un {WEEKDAYS[day.weekday()]}.")
    return day


def _weekday(word: str) -> int | None:
    plain = word.rstrip(".")
    return next((number for number, name in enumerate(_FOLDED_DAYS) if name.startswith(plain)), None)


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY
