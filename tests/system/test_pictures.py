"""The pictures of README, drawn from the demo: a day of the practice, what the regulator lands on, where a patient books.

`PICTURES=docs/pictures ./agenda test --at "2026-11-25 10:40" tests/system/test_pictures.py` draws them anew.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import ROOT, Stack
from tests.system.pages import arrive, sign_in_to_the_practice

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
# In README they are as wide as its text: drawn at the size in which they are shown, they stay small.
DESK = {"viewport": {"width": 1160, "height": 700}, "device_scale_factor": 0.6}
PHONE = {"viewport": {"width": 390, "height": 700}, "device_scale_factor": 0.6}
MOST_BYTES = 120_000


def day_of_the_practice(stack: Stack, page: Any) -> None:
    sign_in_to_the_practice(stack, page)
    page.locator(".agendabar__whose summary").click()
    for name in ("Genêt", "Muguet", "Tournesol", "Zinnia"):
        page.locator(".agendabar__whose").get_by_label(name).check()
    page.get_by_role("button", name="Afficher", exact=True).click()
    page.wait_for_url(re.compile("/agenda/jour/"))
    page.locator(".nowbar__end", has_text="À jour").wait_for(state="attached")


def regulator(stack: Stack, page: Any) -> Any:
    return arrive(stack, page)


def patient(stack: Stack, page: Any) -> None:
    page.goto(f"{stack.product}/rendez-vous-en-ligne/?quoi=tournesol&ou=villefictive")
    page.get_by_role("link", name="Dr Alba Tournesol", exact=True).click()
    page.get_by_role("heading", name="Dr Alba Tournesol").wait_for()


@pytest.mark.parametrize(
    ("name", "screen", "go"),
    [("agenda", DESK, day_of_the_practice), ("regulator", DESK, regulator), ("patient", PHONE, patient)],
)
def test_readme_shows_the_product_as_it_is(
    stack: Stack,
    new_context: Callable[..., Any],
    tmp_path: Path,
    name: str,
    screen: dict[str, Any],
    go: Callable[[Stack, Any], Any],
) -> None:
    page = new_context(**screen).new_page()
    page = go(stack, page) or page
    path = Path(os.environ.get("PICTURES", tmp_path)) / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size < MOST_BYTES
    assert f"docs/pictures/{name}.png" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "docs/pictures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
