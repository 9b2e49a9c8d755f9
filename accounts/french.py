"""Dates, hours, durations and counts as the French write and say them, with the right unbreakable spaces. Pure.

Moments come in already local: an hour is said in the time zone of its place, which the caller knows.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

NBSP = "\u00a0"  # before « : », inside quotes, between number and unit
NARROW = "\u202f"  # around the h of an hour, between thousands

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_SHORT_MONTHS = (
    "jan.", "fév.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip


# Of the two hours of one name, the first then the second.
SEASONS = ("heure d’été", "heure d’hiver")


# --- Hours and durations ---------------------------------------------------------------------------------------------
def clock(value: time) -> str:
    """14 h 20."""
    return clock_of(value.hour * 60 + value.minute)


def hour(moment: datetime) -> str:
    """14 h 20; an hour that comes twice that day says which one it is: 2 h 30 (heure d’hiver)."""
    season = f" ({SEASONS[moment.fold]})" if comes_twice(moment) else ""
    return clock(moment.time()) + season


def comes_twice(moment: datetime) -> bool:
    """Whether this wall-clock time, of an aware moment, exists twice that day: in the night in which summer time ends."""
    if not _clock_changes(moment.date(), moment.tzinfo):
        return False
    first, second = (moment.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


@lru_cache(maxsize=1024)
def _clock_changes(day: date, zone: tzinfo | None) -> bool:
    """Two days a year; an agenda asks it of every hour that it shows."""
    midnight = datetime.combine(day, time.min, zone)
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


def clock_of(minutes: int) -> str:
    """Minutes since midnight as an hour: 14 h 20; 24 h 00 is midnight at the end of the day."""
    return f"{minutes // 60}{NARROW}h{NARROW}{minutes % 60:02d}"


def duration(minutes: int) -> str:
    """15 min, 1 h, 1 h 30."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return clock_of(minutes) if rest else f"{hours}{NARROW}h"


def span(length: timedelta) -> str:
    """8 s, 4 min, 2 h 05, 3 jours: the largest unit, or two."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3600:
        return f"{seconds // 60}{NBSP}min"
    if seconds < 48 * 3600:
        return clock_of(seconds // 60)
    return f"{seconds // 86_400}{NBSP}jours"


# --- Days ------------------------------------------------------------------------------------------------------------
def day_number(day: date) -> str:
    """25; 1er."""
    return "1er" if day.day == 1 else str(day.day)


def weekday(day: date) -> str:
    """mercredi."""
    return WEEKDAYS[day.weekday()]


def short_weekday(day: date) -> str:
    """mer."""
    return f"{weekday(day)[:3]}."


def month_year(day: date) -> str:
    """novembre 2026."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def short_month(day: date) -> str:
    """nov."""
    return _SHORT_MONTHS[day.month - 1]


def plain_date(day: date) -> str:
    """14 février 1991."""
    return f"{day_number(day)} {month_year(day)}"


def long_date(day: date) -> str:
    """mercredi 25 novembre 2026."""
    return f"{weekday(day)} {plain_date(day)}"


def day_month(day: date) -> str:
    """mercredi 25 novembre."""
    return f"{weekday(day)} {day_number(day)} {MONTHS[day.month - 1]}"


def short_date(day: date) -> str:
    """mer. 25 nov."""
    return f"{short_weekday(day)} {day_number(day)} {short_month(day)}"


def named_day(day: date, today: date) -> str:
    """hier, aujourd’hui, demain, après-demain; blank for the others."""
    return {-1: "hier", 0: "aujourd’hui", 1: "demain", 2: "après-demain"}.get((day - today).days, "")


def relative_day(day: date, today: date) -> str:
    """aujourd’hui, demain, après-demain, hier, else lundi 30 novembre."""
    return named_day(day, today) or day_month(day)


def said_day(day: date, today: date) -> str:
    """After a noun: « rendez-vous d’aujourd’hui », « rendez-vous de demain », « du lundi 30 novembre »."""
    named = named_day(day, today)
    if not named:
        return f"du {day_month(day)}"
    return of(named)


def day_and_hour(moment: datetime, today: date) -> str:
    """aujourd’hui à 10 h 12, hier à…, mercredi 25 novembre à…"""
    return f"{relative_day(moment.date(), today)} à {hour(moment)}"


def period(first: date, last: date) -> str:
    """23 – 28 novembre 2026; 28 septembre – 3 octobre 2026; one day in full, mercredi 25 novembre 2026."""
    if first == last:
        return long_date(last)
    start = day_number(first)
    if first.year != last.year:
        start = plain_date(first)
    elif first.month != last.month:
        start = f"{start} {MONTHS[first.month - 1]}"
    return f"{start} – {plain_date(last)}"


def between_days(first: date, last: date) -> str:
    """mardi 1er décembre 2026; du mardi 1er décembre 2026 au vendredi 4 décembre 2026."""
    return long_date(first) if first == last else f"du {long_date(first)} au {long_date(last)}"


def between_hours(start: datetime, end: datetime) -> str:
    """le mardi 1er décembre 2026 de 8 h 00 à 12 h 00; du mardi 1er décembre 2026 à 8 h 00 au vendredi 4 décembre 2026 à 9 h 00.

    Midnight at the end is that of the day before: 24 h 00.
    """
    last, closing = end.date(), hour(end)
    if end.time() == time.min and last > start.date():
        last, closing = last - timedelta(days=1), clock_of(24 * 60)
    if last == start.date():
        return f"le {long_date(last)} de {hour(start)} à {closing}"
    return f"du {long_date(start)} à {hour(start)} au {long_date(last)} à {closing}"


def weekdays(numbers: Iterable[int]) -> str:
    """ISO weekdays: tous les jours, du lundi au vendredi, mardi, jeudi."""
    days = sorted(set(numbers))
    if len(days) == len(WEEKDAYS):
        return "tous les jours"
    names = [WEEKDAYS[day - 1] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"du {names[0]} au {names[-1]}"
    return ", ".join(names)


# --- Words and counts ------------------------------------------------------------------------------------------------
def number(value: int) -> str:
    """1 284, with the narrow space of thousands."""
    return f"{value:,}".replace(",", NARROW)


def counted(count: int, singular: str, plural: str = "") -> str:
    """0 jour, 1 jour, 2 jours: in French the plural begins at two. Without `plural`, an s is added."""
    return f"{number(count)} {singular if abs(count) < 2 else plural or singular + 's'}"


def listed(words: Sequence[str], joint: str = "et") -> str:
    """a; a et b; a, b et c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


# The article that a name takes in a sentence, by its first word, folded: a title, or what a structure or a place is.
_ARTICLES = {
    "le": "dr pr docteur professeur cabinet centre pole service dispensaire groupe groupement csnp samu",
    "la": "maison clinique polyclinique communaute permanence structure societe cpts msp mmg",
    "l’": "hopital association institut antenne espace unite",
}  # fmt: skip
_ARTICLE_OF = {word: article for article, words in _ARTICLES.items() for word in words.split()}
_JOINED = {"le": "du ", "la": "de la ", "l’": "de l’"}, {"le": "au ", "la": "à la ", "l’": "à l’"}
# « d’Hélène », « de Hassan »; « d’Yves », « de Yann ».
_ELIDES = re.compile(r"[aeiou]|y(?![aeiou])|h[eiouy]")


def of(name: object) -> str:
    """d’Émile Ail; de Noé; du Dr Alba; de la Maison de santé."""
    said = str(name)
    if article := _article(said):
        return _JOINED[0][article] + said
    return f"d’{said}" if _ELIDES.match(fold(said)) else f"de {said}"


def to(name: object) -> str:
    """à Émile Ail; au Dr Alba; à la Maison de santé."""
    said = str(name)
    article = _article(said)
    return (_JOINED[1][article] if article else "à ") + said


def the(name: object) -> str:
    """Émile Ail; le Dr Alba; l’Hôpital."""
    said = str(name)
    article = _article(said)
    return f"{article}{'' if article.endswith('’') else ' '}{said}" if article else said


def _article(name: str) -> str:
    """Blank: it takes none."""
    return _ARTICLE_OF.get(fold(name).partition(" ")[0].rstrip("."), "")


def quoted(text: str) -> str:
    """« text »."""
    return f"«{NBSP}{text}{NBSP}»"


def sentence(text: str) -> str:
    """First letter in capital, the rest untouched."""
    return text[:1].upper() + text[1:]


# --- The folded form ---------------------------------------------------------------------------------------------------
# Letters that Unicode does not take apart into a plain one and its mark. PostgreSQL's list (unaccent.rules), small letters.
_UNMARKED = """
    æae ðd øo þth ßss đd ħh ıi ĸq ŀl łl ŉ'n ŋn œoe ŧt ƀb ɓb ƃb ƈc ɖd ɗd ƌd ɛe ƒf ɠg ƕhv ɨi ƙk ƚl ɲn ƞn ƣoi ƥp
    ƫt ƭt ʈt ʋv ƴy ƶz ǥg ȡd ȥz ȴl ȵn ȶt ȷj ȸdb ȹqp ⱥa ȼc ⱦt ȿs ɀz ʉu ɇe ɉj ɍr ɏy ёе ẚa ẜs ẝs ỻll ỽv ỿy ⱡl ɫl
    ᵽp ɽr
"""
_PLAIN = str.maketrans({letter[0]: letter[1:] for letter in _UNMARKED.split()})
# What PostgreSQL makes an apostrophe or a hyphen, and blanks.
_BETWEEN_WORDS = re.compile(r"[\s'\-\u00ad\u02b9\u02bb-\u02bd\u02c8\u02d7\u2010-\u2015\u2018\u2019\u201b\u2032\u2212]+")


def fold(words: str) -> str:
    """The form in which words compare: « Jean-Luc  L’Œil » → `jean luc l oeil`.

    What `accounts.models.folding` has PostgreSQL compute, for the letters of Latin, Greek and Cyrillic alphabets.
    """
    small = "".join(letter.lower() for letter in unicodedata.normalize("NFC", words))
    plain = "".join(_without_mark(letter) for letter in small.translate(_PLAIN))
    return _BETWEEN_WORDS.sub(" ", plain).strip(" ")


def _without_mark(letter: str) -> str:
    if "\u0300" <= letter <= "\u0362":
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    # Others keep theirs: й is no и.
    return plain if plain.isascii() or "α" <= plain <= "ω" else letter
