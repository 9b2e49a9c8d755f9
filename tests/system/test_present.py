"""An agenda that others work in too, in several browsers; search, keys, and a patient's files made one and two again."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories import PARIS
from tests.system.conftest import Stack, wait_for
from tests.system.pages import (
    SECRETARY,
    arrive,
    confirmed,
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


def test_what_others_do_appears_without_a_word_lost(stack: Stack, new_context: NewContext) -> None:
    regulator = arrive(stack, new_context().new_page())
    practitioner, day = _slot_of(regulator.url)
    agendas = []
    for who, view in [(SECRETARY, "semaine"), (SECRETARY, "jour"), (SECRETARY, "semaine")]:
        page = new_context(viewport={"width": 1440, "height": 900}).new_page()
        sign_in_to_the_practice(stack, page, who)
        page.goto(f"{stack.product}/agenda/{practitioner}/{view}/{day}/")
        page.get_by_text(re.compile("^À jour à")).wait_for()
        agendas.append(page)
    # One of them is in the middle of something: nothing moves under its hands.
    busy = agendas[1]
    busy.get_by_text("Affichage", exact=True).first.click()

    regulator.get_by_role("link", name=re.compile("^Réserver")).first.click()
    regulator.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(regulator, family_name="Présent-Démo")
    regulator.get_by_role("button", name=re.compile("^Confirmer le rendez-vous")).click()
    confirmed(regulator)
    booked_at = time.monotonic()
    visit = re.search(r"/rendez-vous/([0-9a-f-]{36})/", regulator.url)[1]  # type: ignore[index]
    block = f'.agenda a[href="/rendez-vous/{visit}/"]'
    for page in (agendas[0], agendas[2]):
        page.locator(block).wait_for(state="attached", timeout=SEEN_WITHIN * 1000)
    assert time.monotonic() - booked_at < SEEN_WITHIN
    for page in (agendas[0], agendas[2]):
        told = page.locator(".nowbar__new a").first
        told.wait_for()
        assert re.match(r"Nouveau rendez-vous SAS .*à \d+\sh\s\d\d, PRÉSENT-DÉMO Kumquat", told.inner_text())
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
    page.get_by_text(re.compile("^À jour à")).wait_for()
