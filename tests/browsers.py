"""The browser of the tests, and what axe has to say of a page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

# The shell without windows spends half as much on each person's profile and each of their pages.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
OPTIONS = [
    # Root has no sandbox of its own in a container; the pages are ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Contrast takes longer than all other rules together: it is looked at anew, at another width say, of what looks otherwise there.
JUDGE = """async () => {
  const contrast = { resultTypes: ["violations"], preload: false, runOnly: ["color-contrast"] };
  const others = { resultTypes: ["violations"], preload: false, rules: { "color-contrast": { enabled: false } } };
  const backgrounds = new Map();
  const looks = (one) => {
    const { backgroundColor, backgroundImage, color, clipPath, fontSize, fontWeight, opacity } = getComputedStyle(one);
    const isClear = backgroundImage === "none" && /, 0\\)$/.test(backgroundColor);
    backgrounds.set(one, isClear ? backgrounds.get(one.parentElement) : backgroundColor + backgroundImage);
    const { width, height } = one.getBoundingClientRect();
    const isSeen = one.checkVisibility({ visibilityProperty: true }) && clipPath === "none" && width > 1 && height > 1;
    return isSeen && [color, fontSize, fontWeight, opacity, backgrounds.get(one)].join();
  };
  const judged = (window.judged ??= new WeakMap());
  const all = [...document.querySelectorAll("body *")];
  const otherwise = all.filter((one) => {
    const now = looks(one), before = judged.get(one);
    judged.set(one, now);
    return now && now !== before;
  });
  const found = (await axe.run(others)).violations;
  const isNew = otherwise.length > all.length / 3;
  if (otherwise.length) found.push(...(await axe.run(isNew ? document : { include: otherwise }, contrast)).violations);
  return found.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`);
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A running one; skips loudly where there is none. While it runs, Playwright's loop keeps Django from the database."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium-headless-shell)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield launched
        launched.close()


def violations(page: Any) -> list[str]:
    """What axe objects to in the page as it is now, with an element of each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(JUDGE)
    return found


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return str(AXE_SCRIPT)
