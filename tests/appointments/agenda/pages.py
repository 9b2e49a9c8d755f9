"""Reading pages as people do: their words, and the blocks of the agenda."""

import html
import re
from dataclasses import dataclass
from typing import Any

from django.test import Client

_DAY = re.compile(
    r'<section data-practitioner="[^"]*" data-day="([\d-]+)"[^>]*class="agenda__day[^>]*>(.*?)</section>', re.DOTALL
)
_DESPITE = re.compile(r'name="despite" value="([^"]*)"')
_ITEM = re.compile(r'<li class="([^"]*)">(.*?)</li>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    css: str
    text: str
    html: str


def words(markup: str) -> str:
    """Text without tags, blanks of all kinds as one space."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).replace(" ,", ",").split())


def text_of(response: Any) -> str:
    """The page's own text, without navigation."""
    body = response.content.decode()
    return words(body[body.index("<main") : body.index("</main>")])


def days_of(response: Any) -> dict[str, list[Item]]:
    """The items of each shown day, in reading order."""
    return {
        day: [Item(css, words(inner).replace(" ,", ","), inner) for css, inner in _ITEM.findall(section)]
        for day, section in _DAY.findall(response.content.decode())
    }


def blocks_of(response: Any, day: str) -> list[Item]:
    """What stands in a day: appointments and free slots."""
    return [item for item in days_of(response)[day] if "is-zone" not in item.css]


def posted_despite(client: Client, address: str, data: dict[str, Any]) -> Any:
    """As who reads what stands in the way and presses « … quand même »: the form as it is, with that button's value."""
    return client.post(address, data | {"despite": despite_of(client.post(address, data))})


_TOUCHED = re.compile(r'name="touched" value="([^"]*)"')


def posted_having_read(client: Client, address: str, data: dict[str, Any]) -> tuple[Any, Any]:
    """As who reads what a change touches and presses « … quand même »: the page that told, and the answer."""
    told = client.post(address, data)
    return told, client.post(address, data | {"touched": seal_of(told)})


def seal_of(told: Any) -> str:
    """The value of the button « … quand même » of a change of set-up."""
    assert told.status_code == 409
    [seal] = _TOUCHED.findall(told.content.decode())
    return html.unescape(seal)


def despite_of(warned: Any) -> str:
    """The value of the button « … quand même »."""
    assert warned.status_code == 409
    [asked] = _DESPITE.findall(warned.content.decode())
    return html.unescape(asked)
