"""A page as whoever reads it sees it: its names, and what may be followed, ticked or pressed, by name."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponseBase
from django.test import Client
from django.test.html import Element, parse_html

_SAID = ("aria-label", "title", "data-cut", "data-restore")
_PRESSED = {"a", "button", "summary", "label"}


def plain(text: str) -> str:
    """With blanks of all kinds as one, without what ends a sentence."""
    return " ".join(text.split()).replace(" ,", ",").rstrip(" .:")


def fits(name: str, shown: set[str]) -> bool:
    """Whether that is one of the names shown; « … » stands for any words."""
    pattern = re.compile(".*".join(map(re.escape, plain(name).split("…"))))
    return any(pattern.fullmatch(one) for one in shown)


def _attribute(element: Element, name: str) -> str | None:
    """None: it has no such; of those without value, blank."""
    return next((value or "" for key, value in element.attributes if key == name), None)


def _all(element: Element, under: tuple[Element, ...] = ()) -> Iterator[tuple[Element, tuple[Element, ...]]]:
    """Everything in it, each with what it stands in, the nearest last."""
    for child in element.children:
        if not isinstance(child, str):
            yield child, (*under, element)
            yield from _all(child, (*under, element))


def _text(element: Element) -> str:
    return " ".join(one if isinstance(one, str) else _text(one) for one in element.children)


def _names(element: Element) -> set[str]:
    """What an element is called: its text as a whole, without what only readers aloud say, and in its parts."""
    if element.name in {"script", "style"}:
        return set()
    found = {plain(_text(element)), *(plain(one) for one in element.children if isinstance(one, str))}
    found |= {plain(said) for name in _SAID if (said := _attribute(element, name))}
    return found - {""}


def _named_in_script(address: str) -> set[str]:
    script = finders.find(address.removeprefix(settings.STATIC_URL))
    return {plain(one) for one in re.findall(r'"([^"\n]+)"', Path(script).read_text("utf-8"))} if script else set()


class Screen:
    """Somebody's browser, without script, on one page."""

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self._show(client.get(address, follow=True), address)

    def _show(self, answer: HttpResponseBase | Any, address: str) -> None:
        # What a change touches is told with a 409, before it is made.
        assert answer.status_code in {200, 409}, (address, answer.status_code)
        chain = getattr(answer, "redirect_chain", [])
        self.address = urljoin(address, chain[-1][0]) if chain else address
        self.page: Element = parse_html(answer.content.decode())

    def names(self) -> set[str]:
        found: set[str] = set()
        for one, _ in _all(self.page):
            found |= _names(one)
            if one.name == "script" and (source := _attribute(one, "src")):
                found |= _named_in_script(source)
        return found

    def follow(self, name: str) -> None:
        """The link, the box or the button of this name: the first on the page."""
        for one, under in _all(self.page):
            inside = [one, *(part for part, _ in _all(one))]
            if one.name in _PRESSED and any(fits(name, _names(part)) for part in inside):
                return self._press(one, under)
        raise AssertionError(f"« {name} » n’est pas sur la page {self.address}")

    def after(self, name: str) -> "Screen":
        """Another one, which has followed that: this one stays where it is."""
        other = copy.copy(self)
        other.client, other.page = copy.copy(self.client), copy.deepcopy(self.page)
        other.client.cookies = copy.deepcopy(self.client.cookies)
        other.follow(name)
        return other

    def _press(self, one: Element, under: tuple[Element, ...]) -> None:
        if one.name == "a":
            address = urljoin(self.address, _attribute(one, "href") or "")
            self._show(self.client.get(address, follow=True), address)
        elif one.name == "label":
            box = next(part for part, _ in _all(one) if part.name == "input")
            ticked = ("checked", None)
            box.attributes = [pair for pair in box.attributes if pair[0] != "checked"] + (
                [] if ticked in box.attributes else [ticked]
            )
        elif one.name == "button":
            form = next(part for part in reversed(under) if part.name == "form")
            self._send(form, one)

    def _send(self, form: Element, button: Element) -> None:
        address = urljoin(self.address, _attribute(form, "action") or self.address)
        sent: dict[str, list[str]] = {}
        for name, value in [*_fields(form), (_attribute(button, "name") or "", _attribute(button, "value") or "")]:
            if name:
                sent.setdefault(name, []).append(value)
        send = self.client.post if _attribute(form, "method") == "post" else self.client.get
        self._show(send(address, sent, follow=True), address)


def _fields(form: Element) -> Iterator[tuple[str, str]]:
    """As a browser would send them."""
    for one, _ in _all(form):
        name = _attribute(one, "name") or ""
        if one.name == "input":
            box = _attribute(one, "type") in {"checkbox", "radio"}
            if not box or _attribute(one, "checked") is not None:
                yield name, _attribute(one, "value") or ("on" if box else "")
        elif one.name == "select":
            options = [part for part, _ in _all(one) if part.name == "option"]
            chosen = [part for part in options if _attribute(part, "selected") is not None] or options[:1]
            yield from ((name, _attribute(part, "value") or "") for part in chosen)
        elif one.name == "textarea":
            yield name, _text(one)
