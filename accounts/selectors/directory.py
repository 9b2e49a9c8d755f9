"""Finding somebody in the national directory, by number or by name however it is written."""

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, Max, Min, QuerySet, Value, When

from accounts.enums import Profession, specialties
from accounts.french import fold
from accounts.identifiers import ADELI, RPPS, read_practitioner_number
from accounts.models import DirectoryEdition, DirectoryEntry

_SHORTEST = 2
_TITLES = {"dr", "pr", "docteur", "professeur", "m", "mme"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One professional, with all their activities."""

    number: str
    activities: list[DirectoryEntry]

    @property
    def one(self) -> DirectoryEntry:
        return self.activities[0]

    @property
    def rpps(self) -> str | None:
        return RPPS.bare(self.number) if len(self.number) == 12 else None

    @property
    def adeli(self) -> str | None:
        return ADELI.bare(self.number) if len(self.number) == 10 else None

    @property
    def title(self) -> str:
        return next((one.title for one in self.activities if one.title), "")

    @property
    def name(self) -> str:
        return f"{self.one.given_name} {self.one.family_name}"

    @property
    def profession(self) -> Profession:
        return Profession(self.one.profession)

    @property
    def specialty_codes(self) -> list[str]:
        return list(dict.fromkeys(one.specialty_code for one in self.activities if one.specialty_code))

    @property
    def discipline(self) -> str:
        known = specialties()
        found = [re.sub(r" \([A-Z]+\)$", "", known[code]) for code in self.specialty_codes if code in known]
        return ", ".join(found) or str(self.profession.label)

    @property
    def places(self) -> list[DirectoryEntry]:
        """Those with an address, each once."""
        where = {
            (one.structure, one.line, one.postal_code): one for one in reversed(self.activities) if one.postal_code
        }
        return list(reversed(where.values()))


def edition_in_force() -> DirectoryEdition | None:
    return DirectoryEdition.objects.first()


def find_in_directory(text: str, *, near: str = "", limit: int = 20) -> list[Listed]:
    """At most `limit`, by a national number (prefixed or not), or by the beginnings of words of their name, in any order.

    `near`: a postal code, whose department comes first. Two queries.
    """
    rows = _rows(text)
    if rows is None:
        return []
    department = near[:3] if near.startswith(("97", "98")) else near[:2]
    close = Case(When(postal_code__startswith=department, then=Value(1)), default=Value(0)) if near else Value(0)
    people = rows.order_by().values("number").annotate(close=Max(close), first=Min("name_folded"))
    numbers = [one["number"] for one in people.order_by("-close", "first", "number")[:limit]]
    found: dict[str, list[DirectoryEntry]] = {number: [] for number in numbers}
    for one in DirectoryEntry.objects.filter(number__in=numbers).order_by("pk"):
        found[one.number].append(one)
    return [Listed(number, activities) for number, activities in found.items()]


def listed_as(number: str) -> Listed | None:
    """Who has this prefixed number. One query."""
    activities = list(DirectoryEntry.objects.filter(number=number).order_by("pk"))
    return Listed(number, activities) if activities else None


def _rows(text: str) -> QuerySet[DirectoryEntry] | None:
    """None: there is nothing to look for."""
    if (number := read_practitioner_number(text)) is not None:
        kind, bare = number
        return DirectoryEntry.objects.filter(number=kind.prefixed(bare))
    words = [word for word in re.findall(r"\w+", fold(text)) if word not in _TITLES]
    if sum(map(len, words)) < _SHORTEST:
        return None
    query = SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")
    return DirectoryEntry.objects.annotate(words=SearchVector("name_folded", config="simple")).filter(words=query)
