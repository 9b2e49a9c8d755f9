"""An agenda that others work in too, in several browsers; search, keys, and a patient's files made one and two again."""

import os
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.browsers import violations
from tests.factories import PARIS
from tests.system.conftest import Stack, wait_for
from tests.system.pages import (
    arrive,
    confirmed,
    days_of_who_is_always_open,
    fill_patient,
    sign_in_to_the_practice,
)

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]
SEEN_WITHIN = 5.0


def _slot_of(url: str) -> tuple[str, str]:
    """The practitioner, and the slot's day in Paris, of a regulator's landing."""
    found = re.search(r"/praticien/([0-9a-f-]{36})/.*creneau=[0-9a-f]{32}-(\d{8}T\d{4})Z", url)
    assert found is not None
    return found[1], str(datetime.strptime(found[2], "%Y%m%dT%H%M").replace(tzinfo=UTC).astimezone(PARIS).date())


def test_what_happens_now_stays_in_sight_in_one_line(stack: Stack, new_context: NewContext) -> None:
    """At 200 % of a small desk too (720 px); on a phone what is above the grid takes two rows."""
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in_to_the_practice(stack, page)
    # A day of the one who is on call is longer than any window.
    page.goto(f"{stack.product}{days_of_who_is_always_open(page)}{datetime.now(PARIS):%Y-%m-%d}/")
    for wide, high in ((1440, 900), (1024, 768), (720, 450), (390, 844)):
        page.set_viewport_size({"width": wide, "height": high})
        page.evaluate("scrollTo(0, 0)")
        # With nothing to say it is not there.
        page.locator(".nowbar [data-new]").evaluate("news => news.replaceChildren(document.createElement('a'))")
        page.locator(".nowbar").wait_for()
        if wide < 800:
            assert page.locator(".agendabar").bounding_box()["height"] < 120
        page.mouse.move(wide / 2, high / 2)
        page.mouse.wheel(0, 400)
        wait_for(lambda: page.evaluate("scrollY") > 150, f"the page has scrolled at {wide} px")
        bar = page.locator(".nowbar").bounding_box()
        above = page.locator(".agendabar").bounding_box()
        assert bar["height"] <= 45, wide
        assert bar["y"] == pytest.approx(max(0, above["y"] + above["height"]), abs=1.5), wide


@pytest.mark.of_today
def test_what_others_do_appears_without_a_word_lost(stack: Stack, new_context: NewContext) -> None:
    regulator = arrive(stack, new_context().new_page())
    practitioner, day = _slot_of(regulator.url)
    agendas = []
    for view in ("semaine", "jour", "jour"):
        page = new_context(viewport={"width": 1440, "height": 900}).new_page()
        sign_in_to_the_practice(stack, page, path=f"/agenda/{practitioner}/{view}/{day}/")
        page.get_by_text(re.compile(r"^À jour à \d")).wait_for(state="attached")
        agendas.append(page)
    # One of them is in the middle of something: nothing moves under its hands.
    busy = agendas[1]
    busy.locator(".agendabar summary").filter(has_text="Affichage").click()

    visit = _book(regulator, "Présent-Démo")
    booked_at = time.monotonic()
    block = f'.agenda a[href="/rendez-vous/{visit}/"]'
    for page in (agendas[0], agendas[2]):
        page.locator(block).wait_for(state="attached", timeout=SEEN_WITHIN * 1000)
    assert time.monotonic() - booked_at < SEEN_WITHIN
    for page in (agendas[0], agendas[2]):
        told = page.locator(".nowbar__new a").first
        told.wait_for()
        assert re.match(
            r"Nouveau rendez-vous SAS (.* )?à \d+\sh\s\d\d( \(heure d’\w+\))?, PRÉSENT-DÉMO Kumquat", told.inner_text()
        )
        wait_for(lambda page=page: "Nouveau rendez-vous SAS" in page.locator("#annonces").inner_text(), "said aloud")
        assert page.locator(f"{block}.is-new").count() == 1
        told.click()
        assert page.evaluate("document.activeElement.pathname") == f"/rendez-vous/{visit}/"
        assert page.locator(".is-new").count() == 0
    assert busy.locator(block).count() == 0
    busy.keyboard.press("Escape")
    busy.locator(block).wait_for(state="attached", timeout=SEEN_WITHIN * 1000)

    # What one has focus on keeps it while others work.
    agendas[0].locator(block).focus()
    agendas[2].locator(block).focus()
    agendas[2].keyboard.press("a")
    agendas[0].locator(".nowbar").get_by_text(re.compile("^Arrivée du rendez-vous")).wait_for(
        timeout=SEEN_WITHIN * 1000
    )
    assert agendas[0].evaluate("document.activeElement.pathname") == f"/rendez-vous/{visit}/"

    # The server does not answer: it is said, asked less and less often, and mended by itself.
    asked: list[float] = []

    def refuse(route: Any) -> None:
        asked.append(time.monotonic())
        route.abort()

    page = agendas[2]
    page.route("**/agenda/present/**", refuse)
    page.locator(".nowbar").get_by_text(re.compile("^Pas de nouvelles depuis")).wait_for(timeout=20_000)
    assert len(asked) < 4
    page.unroute("**/agenda/present/**")
    page.get_by_role("button", name="Réessayer").click()
    page.get_by_text(re.compile(r"^À jour à \d")).wait_for(state="attached")


def test_by_keyboard_from_the_agenda_to_a_patient_s_next_visit_and_two_files_made_one(
    stack: Stack, new_context: NewContext
) -> None:
    """What a regulator gives of somebody twice is two files; the practice makes one of them, and two again."""
    # Letters: digits find phones and references too.
    name = uuid.uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))[:8] + "-Démo"
    for _ in range(2):
        _book(arrive(stack, new_context().new_page()), name)
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in_to_the_practice(stack, page)

    pressed = ["/", *name[:4], "ArrowDown", "ArrowDown", "Enter"]
    assert len(pressed) <= 8
    for key in pressed:
        if key.startswith("Arrow"):
            page.locator("#vite [data-hit]").first.wait_for()
        page.keyboard.press(key)
    page.wait_for_url(re.compile("/rendez-vous/[0-9a-f-]{36}/$"))
    assert name.upper() in page.get_by_role("heading", level=1).inner_text().upper()

    # On an older page of hers she would have to ask what the keys are.
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Raccourcis du clavier").get_by_text("Chercher un patient").wait_for()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Son dossier").click()
    page.get_by_role("form", name=re.compile(f"même personne que {name}", re.IGNORECASE)).wait_for()
    _faultless(page)
    page.get_by_role("button", name="Réunir les deux dossiers").click()
    page.get_by_text("Un seul dossier à présent").wait_for()
    assert page.locator("section[aria-label='À venir'] tbody tr").count() == 2
    page.get_by_role("button", name="Séparer de nouveau").click()
    page.get_by_text("Deux dossiers de nouveau").wait_for()
    assert page.locator("section[aria-label='À venir'] tbody tr").count() == 1
    page.get_by_text("Réunis, puis séparés de nouveau").wait_for()
    page.get_by_role("button", name="Deux personnes").click()
    page.get_by_text("cela ne sera plus demandé").wait_for()
    assert page.get_by_role("form", name=re.compile(f"même personne que {name}", re.IGNORECASE)).count() == 0
    _faultless(page)


def _book(landing: Any, name: str) -> str:
    """By the regulator who has landed there; the visit's id."""
    landing.get_by_role("link", name=re.compile("^Réserver")).first.click()
    landing.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(landing, family_name=name)
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    confirmed(landing)
    return str(re.search(r"/rendez-vous/([0-9a-f-]{36})/", landing.url)[1])  # type: ignore[index]


def _faultless(page: Any) -> None:
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/patient-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
