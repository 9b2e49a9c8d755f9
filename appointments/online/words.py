"""How people spell what they look for, and what is forgiven. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from accounts.french import fold

# What people call them, and what the nomenclatures do.
_CALLED = {
    "generaliste": "generale", "generalistes": "generale", "traitant": "generale", "medecin": "medecine",
    "medecins": "medecine", "enfant": "pediatrie", "peau": "dermatologie", "coeur": "cardiologie", "oeil": "ophtalmologie",
    "yeux": "ophtalmologie", "orl": "oto", "kine": "kinesitherapeute", "dent": "dentiste", "dents": "dentiste",
    "maieuticien": "sage",
}  # fmt: skip
# How names of towns begin that are written short: st denis.
_WHOLE = {"st": "saint", "ste": "sainte"}
SHORT = {"saint": "st ", "sainte": "ste "}
_SAID_BEFORE = {
    "dr",
    "docteur",
    "docteure",
    "pr",
    "professeur",
    "m",
    "mme",
    "de",
    "du",
    "des",
    "la",
    "le",
    "les",
    "en",
    "et",
    "d",
    "l",
}
_SHORTEST_STEM = 5
# How many last letters may differ: dermatologue, dermatologie.
_ENDING = 3
_CLOSE = 0.75


def words_of(text: str) -> list[str]:
    """The words that count, folded: « Dr. Alba Tournesol » → alba, tournesol."""
    found = [part.strip(".,;") for part in fold(text).split()]
    return [_WHOLE.get(word, word) for word in found if word and word not in _SAID_BEFORE]


def called(word: str) -> str:
    """As the nomenclatures have it."""
    return _CALLED.get(word, word)


def is_meant(word: str, text: str) -> bool:
    """Whether a folded word is one of the text's: whole, its beginning, or with another ending."""
    return any(_alike(word, other) for other in _parts(text))


@lru_cache(maxsize=500)
def _parts(text: str) -> tuple[str, ...]:
    """Of what a nomenclature says: there are few, and each search asks all of them."""
    return tuple(fold(text).split())


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that this one is most likely to be, misspelled; blank when none is near."""
    return next(iter(get_close_matches(word, set(known), n=1, cutoff=_CLOSE)), "")


def _alike(word: str, other: str) -> bool:
    if other.startswith(word):
        return True
    stem = len(word) - _ENDING
    return stem >= _SHORTEST_STEM and len(other) - stem <= _ENDING + 1 and other.startswith(word[:stem])
