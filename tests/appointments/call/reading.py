"""Reading pages as people do: words, plain blanks."""

import html
import re

from django.test import Client


def get(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\xa0", " ").split())


def hours_of(page: str) -> list[str]:
    """Of the slots to choose from, in the order of the page: `10h00`."""
    return [
        hour.replace("\u202f", "").strip() for hour in re.findall(r'<(?:a|span)\s+class="chip[ "][^>]*>([^<]+)<', page)
    ]


def nearest_of(page: str) -> list[str]:
    """Of the slots proposed instead of one that is gone."""
    return [hour.replace("\u202f", "") for hour in re.findall(r'class="slot__time">([^<]+)<', page)]


def hidden_fields_of(page: str) -> dict[str, str]:
    """Name and value of the hidden inputs, as a browser would send them."""
    found = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is not None:
            found[name[1]] = html.unescape(value[1]) if value is not None else ""
    return found
