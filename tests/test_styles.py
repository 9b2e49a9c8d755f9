"""One vocabulary: a class has one meaning, in one sheet, which every page that uses it loads; an icon is one symbol."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from accounts.templatetags.ui import SHEETS

ROOT = Path(__file__).parents[1]
CSS = ROOT / "static/css"
TEMPLATES = ROOT / "templates"
# Found by script and tests, drawn like what they stand in.
HOOKS = {"month__title"}


def selectors(sheet: Path) -> Iterator[str]:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    for prelude in re.findall(r"([^{};]+)\{", text):
        if not prelude.strip().startswith("@"):
            yield from (one.strip() for one in re.split(r",(?![^()]*\))", prelude))


def classes(selector: str) -> list[str]:
    return re.findall(r"\.([a-z][\w-]*)", selector)


@cache
def known(name: str) -> frozenset[str]:
    return frozenset(one for selector in selectors(CSS / f"{name}.css") for one in classes(selector))


def used(text: str) -> Iterator[str]:
    """A class ends in `*` where the rest is only known when the page is drawn."""
    for value in re.findall(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"', text, re.DOTALL):
        yield from re.sub(
            r"\{\{.*?\}\}", "*", re.sub(r"\{%.*?%\}", " ", value, flags=re.DOTALL), flags=re.DOTALL
        ).split()


def read(name: str) -> str:
    return (TEMPLATES / name).read_text()


def whole(name: str, seen: set[str]) -> Iterator[str]:
    """The template, those it extends and those it includes by name."""
    if name in seen or not (TEMPLATES / name).exists():
        return
    seen.add(name)
    yield read(name)
    for other in re.findall(r'{% (?:extends|include) "([^"]+)"', read(name)):
        yield from whole(other, seen)


def unknown(wanted: Iterable[str], there: frozenset[str]) -> set[str]:
    def drawn(one: str) -> bool:
        return any(has.startswith(one.rstrip("*")) for has in there) if one.endswith("*") else one in there

    return {one for one in set(wanted) if not drawn(one)} - HOOKS


PAGES = sorted(
    str(path.relative_to(TEMPLATES))
    for path in TEMPLATES.rglob("*.html")
    if "{% extends" in path.read_text() and path.parent.name != "admin"
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_a_rule_for_every_class_it_uses(page: str) -> None:
    text = "".join(whole(page, set()))
    families = {"shared", *re.findall(r'{% styles "([^"]+)" %}', text)}
    there = frozenset().union(*(known(name) for family in families for name in SHEETS[family]))

    assert unknown(used(text), there) == set()


def test_the_simulator_loads_a_rule_for_every_class_it_uses() -> None:
    sheets = [*(known(name) for name in SHEETS["shared"] + SHEETS["operations"])]
    own = {one for selector in selectors(ROOT / "sandbox/static/sandbox.css") for one in classes(selector)}
    text = "".join(path.read_text() for path in (ROOT / "sandbox/templates").rglob("*.html"))

    assert unknown(used(text), frozenset(own).union(*sheets)) == set()


def test_a_component_is_defined_in_one_sheet() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for family in SHEETS.values():
        for name in family:
            for selector in selectors(CSS / f"{name}.css"):
                # Without a context around it, and whatever its state.
                found = [one for one in classes(selector) if not one.startswith("is-")]
                if found and not re.search(r"[\s>+~]", re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)|\[.*?\]", "", selector)):
                    homes[re.split("__|--", found[-1])[0]].add(name)

    assert {one: names for one, names in homes.items() if len(names) > 1} == {}


def test_every_sheet_belongs_to_one_family() -> None:
    listed = [name for family in SHEETS.values() for name in family]
    there = {str(path.relative_to(CSS).with_suffix("")) for path in CSS.rglob("*.css")}

    assert sorted(listed) == sorted(there - {"administration"})


def test_every_icon_is_one_symbol_of_the_sprite() -> None:
    there = re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text())
    wanted = {
        one for path in TEMPLATES.rglob("*.html") for one in re.findall(r'{% icon "([^"]+)" %}', path.read_text())
    }

    assert len(there) == len(set(there))
    assert wanted - set(there) == set()
