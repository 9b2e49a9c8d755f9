"""docs/utilisateurs names what is on the screen: each « name » and each **name** is one of the pages it speaks of.

A comment in the page tells the way there, by the names that are followed from one's first page on, and holds as far as the next:
`<!-- chemin : Horaires › Absences et fermetures › Absence -->`. A way may begin elsewhere (`practice.py`), and several stand one
below the other; « … » stands for any words. What is no name of the screen is in *italics*.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
import time_machine
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.appointments.agenda.conftest import NOW
from tests.appointments.guide.practice import practice
from tests.appointments.guide.screen import Screen, fits, plain

# In one worker: the ways are walked once.
pytestmark = pytest.mark.xdist_group("guide")

FOLDER = Path(__file__).resolve().parents[3] / "docs/utilisateurs"
PAGES = sorted(one.name for one in FOLDER.glob("*.md") if one.name != "README.md")
WAYS = re.compile(r"<!-- chemins? :(.*?)-->", re.DOTALL)
Way = tuple[str, ...]
NAMES = re.compile(r"«\s*([^«»]+?)\s*»|\*\*([^*]+)\*\*")


def parts_of(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Ways, and the names that are to be on them."""
    before, *rest = WAYS.split(text)
    assert not NAMES.search(before), "names before any way"
    for ways, said in zip(rest[::2], rest[1::2], strict=True):
        names = [plain(one or other) for one, other in NAMES.findall(said)]
        yield [way.strip() for way in ways.strip().splitlines()], names


def steps_of(way: str) -> Way:
    """Where it begins, then the names that are followed."""
    steps = [step.strip() for step in way.split("›")]
    return (steps[0][1:-1], *steps[1:]) if way.startswith("(") else ("", *steps)


def walk(ways: Iterable[Way], open_: Callable[[], Screen], done: Way, seen: dict[Way, set[str] | str]) -> None:
    """Sees what all pages on the ways name. Where two begin alike they are walked once as far as they part, and what one does is
    undone before the other goes on.
    """
    with transaction.atomic():
        try:
            screen = open_()
        except AssertionError as failure:
            seen[done] = str(failure)
        else:
            seen[done] = screen.names()
            further = [way for way in ways if len(way) > len(done)]
            for step in dict.fromkeys(way[len(done)] for way in further):
                on = [way for way in further if way[len(done)] == step]
                walk(on, partial(screen.after, step), (*done, step), seen)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[Way, set[str] | str]:
    """The names on the page that each beginning of a way leads to; or why there is none."""
    found: dict[Way, set[str] | str] = {}
    texts = [(FOLDER / page).read_text("utf-8") for page in PAGES]
    ways = [steps_of(way) for text in texts for ways, _ in parts_of(text) for way in ways]
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        begin = practice()
        for start in dict.fromkeys(way[0] for way in ways):
            walk([way for way in ways if way[0] == start], partial(begin, start), (start,), found)
        transaction.set_rollback(True)
    return found


def names_on(way: Way, seen: dict[Way, set[str] | str]) -> set[str]:
    shown: set[str] = set()
    for length in range(1, len(way) + 1):
        names = seen[way[:length]]
        assert isinstance(names, set), names
        shown |= names
    return shown


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_on_the_screen(page: str, seen: dict[Way, set[str] | str]) -> None:
    missing = []
    for ways, names in parts_of((FOLDER / page).read_text("utf-8")):
        shown = set().union(*(names_on(steps_of(way), seen) for way in ways))
        missing += [
            f"« {name} » n’est sur aucune page de : {', '.join(ways)}" for name in names if not fits(name, shown)
        ]
    assert not missing, "\n".join(missing)


def test_the_index_has_every_page_and_every_link_leads_somewhere() -> None:
    links = {page.name: re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")) for page in FOLDER.glob("*.md")}
    assert sorted(links["README.md"]) == PAGES
    assert not [(page, link) for page, found in links.items() for link in found if not (FOLDER / link).is_file()]
