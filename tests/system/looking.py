"""Each page a test goes through, at three widths: no axe violation, nothing wider than the screen, its picture when asked for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import violations

WIDTHS = {"desktop": (1440, 900), "tablet": (1024, 800), "phone": (390, 844)}


class Look:
    """Checks a page at every width, and keeps its picture when asked to."""

    def __init__(self) -> None:
        self.folder = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
        self.faults: list[str] = []

    def at(self, name: str, page: Any) -> None:
        for width, (wide, high) in WIDTHS.items():
            page.set_viewport_size({"width": wide, "height": high})
            page.wait_for_load_state()
            if width != "tablet":  # its rules are those of one of the two
                self.faults += [f"{name} ({width}): {one}" for one in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                self.faults.append(f"{name} ({width}): wider than the screen")
            if self.folder is not None:
                self.folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=self.folder / f"{name}-{width}.png", full_page=True, caret="initial")


@pytest.fixture
def look() -> Iterator[Look]:
    made = Look()
    yield made
    assert made.faults == [], "\n".join(made.faults)
