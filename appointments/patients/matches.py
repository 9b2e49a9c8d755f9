"""How alike two persons are, as far as names, birth date, sex and phone tell. Pure.

Nobody is joined by this alone: it says which files to show, and which first. Twins and homonyms are why it is careful.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import product

from accounts.french import fold
from appointments.patients.identity import UNKNOWN_BIRTH, BirthDate, Precision


class Likeness(StrEnum):
    """SAME: joining is offered first. LIKELY: shown, to be looked at. NO: not shown."""

    SAME = "same"
    LIKELY = "likely"
    NO = "no"


class Clue(StrEnum):
    """What speaks for or against, as the page says it."""

    SAME_FAMILY_NAME = "même nom"
    BIRTH_NAME = "nom de naissance"
    PARTICLE = "particule"
    COMPOUND_FAMILY_NAME = "nom composé"
    FAMILY_NAME_TYPO = "faute de frappe possible dans le nom"
    OTHER_FAMILY_NAME = "autre nom"
    OTHER_BIRTH_NAME = "autre nom de naissance"
    SAME_GIVEN_NAME = "même prénom"
    COMPOUND_GIVEN_NAME = "prénom composé"
    SWAPPED_GIVEN_NAMES = "prénoms inversés"
    GIVEN_NAME_TYPO = "faute de frappe possible dans le prénom"
    NO_GIVEN_NAME = "prénom absent"
    OTHER_GIVEN_NAME = "autre prénom"
    SWAPPED_NAMES = "nom et prénom inversés"
    SAME_BIRTH_DATE = "même date de naissance"
    SWAPPED_BIRTH_DATE = "jour et mois de naissance inversés"
    BIRTH_DATE_TYPO = "faute de frappe possible dans la date de naissance"
    IMPRECISE_BIRTH_DATE = "date de naissance imprécise"
    UNKNOWN_BIRTH_DATE = "date de naissance inconnue"
    OTHER_BIRTH_DATE = "autre date de naissance"
    SAME_PHONE = "même téléphone"
    OTHER_PHONE = "autre téléphone"
    OTHER_SEX = "autre sexe"


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody; blank where it is not. `phone` in E.164, `sex` as FHIR says it."""

    family_name: str
    given_name: str = ""
    birth_name: str = ""
    birth: BirthDate = UNKNOWN_BIRTH
    phone: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """`reasons` for the page, in the order of names, birth date, phone, sex; none when the persons are not alike."""

    likeness: Likeness
    reasons: tuple[Clue, ...] = ()


NO_MATCH = Match(Likeness.NO)


class _Near(IntEnum):
    """How near two names, or two birth dates, are to each other."""

    OTHER = 0
    MISSING = 1  # one of them is not known
    VAGUE = 2  # of dates: they may be the same
    CLOSE = 3
    EQUAL = 4


def compare(one: Person, other: Person) -> Match:
    """The same whichever comes first. Another sex or another birth name leaves LIKELY at most."""
    family, names = _families(one, other)
    given, clue = _near(one.given_name, other.given_name, _GIVEN)
    names.append(clue)
    if min(family, given) < _Near.EQUAL and _swapped(one, other):
        family = given = _Near.EQUAL
        names = [Clue.SWAPPED_NAMES]
    born, birth_clue = _births(one.birth, other.birth)
    same_phone = bool(one.phone) and one.phone == other.phone
    other_sex = {one.sex, other.sex} == {"female", "male"}
    other_birth_name = _near(one.birth_name, other.birth_name, _FAMILY)[0] is _Near.OTHER

    likeness = _judge(family, given, born, same_phone=same_phone)
    if likeness is Likeness.NO or (other_sex and given is not _Near.EQUAL):
        return NO_MATCH
    if other_sex or other_birth_name:
        likeness = Likeness.LIKELY
    reasons = names
    if other_birth_name:
        reasons.append(Clue.OTHER_BIRTH_NAME)
    reasons.append(birth_clue)
    if one.phone and other.phone:
        reasons.append(Clue.SAME_PHONE if same_phone else Clue.OTHER_PHONE)
    if other_sex:
        reasons.append(Clue.OTHER_SEX)
    return Match(likeness, tuple(reasons))


def _judge(family: _Near, given: _Near, born: _Near, *, same_phone: bool) -> Likeness:
    """SAME wants the same given name and day of birth: twins share all the rest. Each doubt wants something to speak for it."""
    doubts = sum(near is not _Near.EQUAL for near in (family, given, born))
    if _Near.OTHER in (given, born):
        return Likeness.NO
    if doubts == 0 or (doubts == 1 and family is _Near.CLOSE and same_phone):
        return Likeness.SAME
    # Married, say, and the birth name not told; or no birth date at all.
    if family <= _Near.MISSING or born is _Near.MISSING:
        return Likeness.LIKELY if doubts == 1 and same_phone else Likeness.NO
    # Louis and Louise, a year apart, are brother and sister.
    siblings = given is _Near.CLOSE and born is _Near.CLOSE
    alike = doubts == 1 or (doubts == 2 and same_phone and not siblings)
    return Likeness.LIKELY if alike else Likeness.NO


# --- Names -----------------------------------------------------------------------------------------------------------
_PARTICLES = {
    "d", "de", "du", "des", "l", "la", "le", "les", "da", "das", "di", "do", "dos", "del", "della", "van", "von", "den", "der",
    "ter", "el", "al", "ben", "bin", "bint", "ibn",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Clues:
    """What is said of one of the two names."""

    same: Clue
    missing: Clue
    other: Clue
    particle: Clue
    order: Clue
    compound: Clue
    typo: Clue


_FAMILY = _Clues(
    same=Clue.SAME_FAMILY_NAME,
    missing=Clue.OTHER_FAMILY_NAME,
    other=Clue.OTHER_FAMILY_NAME,
    particle=Clue.PARTICLE,
    order=Clue.COMPOUND_FAMILY_NAME,
    compound=Clue.COMPOUND_FAMILY_NAME,
    typo=Clue.FAMILY_NAME_TYPO,
)
_GIVEN = _Clues(
    same=Clue.SAME_GIVEN_NAME,
    missing=Clue.NO_GIVEN_NAME,
    other=Clue.OTHER_GIVEN_NAME,
    particle=Clue.COMPOUND_GIVEN_NAME,
    order=Clue.SWAPPED_GIVEN_NAMES,
    compound=Clue.COMPOUND_GIVEN_NAME,
    typo=Clue.GIVEN_NAME_TYPO,
)


def _families(one: Person, other: Person) -> tuple[_Near, list[Clue]]:
    """A birth name is as good as a family name: the nearest two count, family names first."""
    found = []
    for (name, born), (other_name, other_born) in product(_family_names(one), _family_names(other)):
        near, clue = _near(name, other_name, _FAMILY)
        found.append((near, not (born or other_born), clue))
    near, by_family_name, clue = max(found)
    if by_family_name or near < _Near.CLOSE:
        return near, [clue]
    return near, [Clue.BIRTH_NAME] if near is _Near.EQUAL else [Clue.BIRTH_NAME, clue]


def _family_names(person: Person) -> list[tuple[str, bool]]:
    """With whether it is the birth name."""
    names = [(person.family_name, False)]
    return [*names, (person.birth_name, True)] if person.birth_name else names


def _swapped(one: Person, other: Person) -> bool:
    return _is_family_name(one.given_name, other) and _is_family_name(other.given_name, one)


def _is_family_name(given_name: str, person: Person) -> bool:
    return any(_near(given_name, name, _FAMILY)[0] is _Near.EQUAL for name, _ in _family_names(person))


def _near(name: str, other: str, clues: _Clues) -> tuple[_Near, Clue]:
    words, others = fold(name).split(), fold(other).split()
    joined, other_joined = "".join(words), "".join(others)
    if not joined or not other_joined:
        return _Near.MISSING, clues.missing
    if joined == other_joined:
        return _Near.EQUAL, clues.same
    words, others = _main(words), _main(others)
    if words == others:
        return _Near.CLOSE, clues.particle
    if sorted(words) == sorted(others):
        return _Near.CLOSE, clues.order
    if set(words) <= set(others) or set(others) <= set(words):
        return _Near.CLOSE, clues.compound
    if _mistyped(joined, other_joined):
        return _Near.CLOSE, clues.typo
    return _Near.OTHER, clues.other


def _main(words: list[str]) -> list[str]:
    """Without particles, unless there is nothing else: Le and Van are names too."""
    return [word for word in words if word not in _PARTICLES] or words


def _mistyped(word: str, other: str) -> bool:
    """One slip in a word of four letters, two from eight on; Léa and Léo are two names."""
    shorter = min(len(word), len(other))
    slips = 0 if shorter < 4 else 1 if shorter < 8 else 2
    return abs(len(word) - len(other)) <= slips and _distance(word, other) <= slips


def _distance(word: str, other: str) -> int:
    """Letters put in, left out, replaced, or exchanged with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(word, start=1):
        line = [row]
        for column, other_letter in enumerate(other, start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != other_letter))
            if row > 1 < column and (letter, word[row - 2]) == (other[column - 2], other_letter):
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


# --- Birth dates -----------------------------------------------------------------------------------------------------
def _births(one: BirthDate, other: BirthDate) -> tuple[_Near, Clue]:
    if one.born is None or other.born is None:
        return _Near.MISSING, Clue.UNKNOWN_BIRTH_DATE
    if one.precision is not Precision.DAY or other.precision is not Precision.DAY:
        (first, last), (other_first, other_last) = one.span, other.span
        together = first <= other_last and other_first <= last
        return (_Near.VAGUE, Clue.IMPRECISE_BIRTH_DATE) if together else (_Near.OTHER, Clue.OTHER_BIRTH_DATE)
    if one.born == other.born:
        return _Near.EQUAL, Clue.SAME_BIRTH_DATE
    if (one.born.year, one.born.month, one.born.day) == (other.born.year, other.born.day, other.born.month):
        return _Near.CLOSE, Clue.SWAPPED_BIRTH_DATE
    if _distance(f"{one.born:%d%m%Y}", f"{other.born:%d%m%Y}") == 1:
        return _Near.CLOSE, Clue.BIRTH_DATE_TYPO
    return _Near.OTHER, Clue.OTHER_BIRTH_DATE
