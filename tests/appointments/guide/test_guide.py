"""docs/utilisateurs names what is on the screen: each « name » and each **name** is one of the pages it speaks of.

A comment in the page tells the way there, by the names that are followed from one's first page on, and holds as far as the next:
`<!-- chemin : Horaires › Absences et fermetures › Absence -->`. A way may begin elsewhere (`practice.py`), and several stand one
below the other; « … » stands for any words. What is no name of the screen is in *italics*.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.appointments.guide.practice import _frozen, begin
from tests.appointments.guide.screen import Screen, fits, plain

pytestmark = pytest.mark.django_db
__all__ = ["_frozen", "begin"]

FOLDER = Path(__file__).resolve().parents[3] / "docs/utilisateurs"
PAGES = sorted(one.name for one in FOLDER.glob("*.md") if one.name != "README.md")
WAYS = re.compile(r"<!-- chemins? :(.*?)-->", re.DOTALL)
NAMES = re.compile(r"«\s*([^«»]+?)\s*»|\*\*([^*]+)\*\*")


def parts_of(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Ways, and the names that are to be on them."""
    before, *rest = WAYS.split(text)
    assert not NAMES.search(before), "names before any way"
    for ways, said in zip(rest[::2], rest[1::2], strict=True):
        names = [plain(one or other) for one, other in NAMES.findall(said)]
        yield [way.strip() for way in ways.strip().splitlines()], names


def walk(way: str, begin: Callable[[str], Screen]) -> set[str]:
    """The names of all pages on the way."""
    steps = [step.strip() for step in way.split("›")]
    start = steps.pop(0)[1:-1] if way.startswith("(") else ""
    screen = begin(start)
    shown = screen.names()
    for step in steps:
        screen.follow(step)
        shown |= screen.names()
    return shown


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_on_the_screen(page: str, begin: Callable[[str], Screen]) -> None:
    missing = []
    for ways, names in parts_of((FOLDER / page).read_text("utf-8")):
        shown = set().union(*(walk(way, begin) for way in ways))
        missing += [
            f"« {name} » n’est sur aucune page de : {', '.join(ways)}" for name in names if not fits(name, shown)
        ]
    assert not missing, "\n".join(missing)


def test_the_index_has_every_page_and_every_link_leads_somewhere() -> None:
    links = {page.name: re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")) for page in FOLDER.glob("*.md")}
    assert sorted(links["README.md"]) == PAGES
    assert not [(page, link) for page, found in links.items() for link in found if not (FOLDER / link).is_file()]
