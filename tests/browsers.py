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
    # A document lives for seconds: what is compiled for speed is thrown away before it has paid for itself, a quarter of a page.
    "--js-flags=--max-opt=1",
]
# Contrast takes longer than all other rules together, and depends on how a text looks alone: of all that look the same in a
# document, at whatever width, a few are judged. Where a document was judged before, as at another width, the other rules judge
# what was not there or not seen then, or has other attributes. All in one run: each begins by going over the whole document.
JUDGE = """async () => {
  const FEW = 3;
  const below = new Map();
  const look = (one) => {
    const { backgroundColor, backgroundImage, color, clipPath, fontSize, fontWeight, opacity } = getComputedStyle(one);
    const under = below.get(one.parentElement) ?? "";
    const isClear = backgroundImage === "none" && /, 0\\)$/.test(backgroundColor) && opacity === "1";
    const hides = backgroundImage === "none" && backgroundColor.startsWith("rgb(") && !under.includes("opacity");
    const own = backgroundColor + backgroundImage + (opacity === "1" ? "" : `opacity ${opacity}`);
    below.set(one, isClear ? under : hides ? own : under + own);
    const { width, height } = one.getBoundingClientRect();
    const isSeen = one.checkVisibility({ visibilityProperty: true }) && clipPath === "none" && width > 1 && height > 1;
    return isSeen && [color, fontSize, fontWeight, below.get(one)].join();
  };
  const speaks = (one) =>
    one.matches("input, select, textarea") || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const isFirst = !window.judged;
  const judged = (window.judged ??= new WeakMap());
  const times = (window.lookedAt ??= new Map());
  const fresh = [], some = new Set();
  for (const one of document.querySelectorAll("body, body *")) {
    const now = { look: look(one), tag: one.cloneNode().outerHTML }, before = judged.get(one) ?? {};
    judged.set(one, now);
    if (!now.look) continue;
    if (now.look !== before.look && speaks(one)) {
      times.set(now.look, (times.get(now.look) ?? 0) + 1);
      if (times.get(now.look) <= FEW) some.add(one);
    }
    if (!before.look || now.tag !== before.tag || some.has(one)) fresh.push(one);
  }
  if (!fresh.length) return [];
  const contrast = axe._audit.rules.find((rule) => rule.id === "color-contrast");
  const matches = (window.contrastMatches ??= contrast.matches);
  contrast.matches = (one, ...rest) => some.has(one) && matches(one, ...rest);
  const found = await axe.run(isFirst ? document : { include: fresh }, { resultTypes: ["violations"], preload: false });
  return found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`);
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
    """What axe objects to in the page as it is now, with an element of each: of a document judged before, in what is new."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(JUDGE)
    return found


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return str(AXE_SCRIPT)
