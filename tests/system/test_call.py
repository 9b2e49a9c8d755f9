"""A regulator on the phone, by keys: another hour in five, nothing typed lost on the way, the same patient elsewhere."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import Stack
from tests.system.looking import Look, look
from tests.system.pages import arrive, confirmed, fill_patient

__all__ = ["look"]  # a fixture
pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]


def test_a_call(stack: Stack, new_context: NewContext, look: Look) -> None:
    page = arrive(stack, new_context().new_page(), nth=7)
    page.locator("[data-hold=mine]").wait_for()
    chosen = page.locator("[data-chosen]").get_attribute("href")
    # The day after the one shown, by its letter, then an hour of it: three keys.
    days = page.locator("#choix").get_attribute("data-days").split()
    letters = "dlmejvs"
    other = days[1]
    weekday = page.evaluate("(day) => new Date(day + 'T12:00:00Z').getUTCDay()", other)
    page.keyboard.press(letters[weekday])
    page.locator(f'#choix[data-shown="{other}"]').wait_for()
    page.keyboard.type("17")
    page.locator("a.chip:focus").wait_for()
    assert page.evaluate("document.activeElement.textContent.trim()").startswith("17\u202fh")
    assert page.locator("[data-jump]").input_value() == "17"
    look.at("landing-jump", page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("ArrowLeft")
    page.locator("#demi-journee:focus").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("17")
    page.locator("a.chip:focus").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    look.at("form-held", page)

    # Typed, then: reloaded, another hour, the first one again. It follows.
    with page.expect_response(re.compile("/saisies/")):
        fill_patient(page, family_name="Kaki-Démo")
        page.get_by_label(re.compile("^Message")).fill("Entorse")
        page.get_by_label(re.compile("^Message")).blur()
    page.reload()
    assert page.get_by_label("Nom de famille").input_value() == "Kaki-Démo"
    page.goto(stack.product + str(chosen))
    page.get_by_text("Vos saisies sont reprises.").wait_for()
    assert page.get_by_label(re.compile("^Message")).input_value() == "Entorse"
    look.at("form-resumed", page)
    page.keyboard.press("Control+Enter")
    confirmed(page)
    assert page.evaluate("document.activeElement.id") == "titre"
    look.at("confirmation-call", page)

    page.keyboard.press("a")
    page.wait_for_url(re.compile("/praticien/"))
    page.get_by_text("Le patient est gardé").wait_for()
    page.locator(".soon a").first.press("Enter")
    page.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    assert page.get_by_label("Nom de famille").input_value() == "Kaki-Démo"
    page.get_by_role("button", name="Effacer les saisies").click()
    page.wait_for_load_state()
    assert page.get_by_label("Nom de famille").input_value() == ""


def test_two_tabs_keep_one_slot(stack: Stack, new_context: NewContext) -> None:
    first = arrive(stack, new_context().new_page(), nth=4)
    second = first.context.new_page()
    second.goto(stack.product + str(first.locator(".soon a").last.get_attribute("href")))
    second.locator("[data-hold=mine]").wait_for()
    first.bring_to_front()
    first.evaluate("htmx.trigger(document.querySelector('[data-ask]'), 'regain')")
    first.get_by_text("Vous gardez maintenant").wait_for()
    first.keyboard.press("g")
    first.locator("[data-hold=mine]").wait_for()
