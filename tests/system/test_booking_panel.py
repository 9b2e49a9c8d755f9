"""Booking over the agenda, by keyboard and by hand, in Chromium: nobody leaves the agenda, and every key is counted."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.browsers import violations
from tests.factories import PARIS
from tests.system.conftest import Stack
from tests.system.pages import days_of_who_is_always_open, sign_in_to_the_practice

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
FREE = "a.free[href*='creneau=']"
# In an agenda that is open day and night.
FAR = 9


def today() -> date:
    return datetime.now(PARIS).date()


class Hands:
    """A secretary's, on one agenda; each key is one."""

    def __init__(self, stack: Stack, page: Any) -> None:
        self.page, self.keys = page, 0
        page.set_viewport_size({"width": 1440, "height": 1000})
        sign_in_to_the_practice(stack, page)
        self.base = stack.product + days_of_who_is_always_open(page)

    def open_day(self, day: date) -> None:
        self.page.goto(f"{self.base}{day:%Y-%m-%d}/")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def type(self, words: str) -> None:
        self.press(*words)

    @property
    def pop(self) -> Any:
        return self.page.locator("[data-pop]")

    def at(self, selector: str) -> None:
        """Once the focus is there."""
        self.pop.locator(f"{selector}:focus").wait_for()

    def open_slot(self, nth: int) -> str:
        """By keyboard, on a free slot of the day; its hour."""
        slot = self.page.locator(FREE).nth(nth)
        slot.focus()
        self.press("Enter")
        self.at("[role=combobox]")
        return str(self.pop.locator(".pop__when").inner_text())[:7]

    def choose(self, words: str) -> None:
        """The first of those found: somebody known, else who is made."""
        self.type(words)
        self.pop.get_by_role("option", name=f"Créer « {words} »").wait_for()
        self.press("Enter")
        self.pop.get_by_label("Date de naissance").or_(self.pop.locator("select:focus")).first.wait_for()

    def booked(self) -> str:
        """The block that has the focus once it is taken, and what is said of it."""
        self.pop.wait_for(state="detached")
        self.page.get_by_text(re.compile("^Rendez-vous pris")).last.wait_for()
        block = self.page.locator("a.appt:focus")
        block.wait_for()
        return str(block.inner_text())

    def look(self) -> None:
        assert violations(self.page) == []
        assert not self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth || window.scrollX > 0")
        if self.pop.count():
            # However long it has become, whole in the window, which the page still fills.
            assert self.pop.evaluate("pop => pop.getBoundingClientRect().bottom <= innerHeight")
            assert self.page.evaluate(
                "document.querySelector('.side').getBoundingClientRect().bottom >= innerHeight - 1"
            )


@pytest.fixture
def hands(stack: Stack, new_context: Callable[..., Any]) -> Hands:
    return Hands(stack, new_context().new_page())


def test_somebody_new_then_the_same_known_then_beside_what_is_there(hands: Hands) -> None:
    hands.open_day(today() + timedelta(days=FAR))
    hands.open_slot(6)
    hands.choose("grenadille-essai paul")
    # Their name is kept; only the rest is asked.
    pop = hands.pop
    pop.get_by_label("Date de naissance").fill("3/7/1984")
    assert pop.get_by_label("Nom de famille").input_value() == "Grenadille-Essai"
    pop.get_by_role("radio", name="Homme").check()
    hands.look()
    pop.get_by_role("textbox", name="Téléphone").fill("06 39 98 12 34")
    hands.press("Enter")
    assert "GRENADILLE-ESSAI Paul" in hands.booked()

    # Known: the slot, three letters, chosen, booked.
    hands.keys = 0
    hands.open_slot(9)
    hands.choose("gren")
    hands.press("Enter")
    # The same day twice: told, and taken all the same by its own button alone.
    pop.get_by_text("Ce patient vient déjà ce jour-là").wait_for()
    hands.look()
    pop.get_by_role("button", name=re.compile("^Prendre quand même")).press("Enter")
    assert "GRENADILLE-ESSAI Paul" in hands.booked()
    assert hands.keys <= 8

    hands.open_day(today() + timedelta(days=FAR + 1))
    hands.keys = 0
    hands.open_slot(9)
    hands.choose("gren")
    hands.press("Enter")
    assert "GRENADILLE-ESSAI Paul" in hands.booked()
    assert hands.keys <= 15, hands.keys

    # As long that it reaches over the one just taken: another hour is offered, or beside it.
    hands.open_slot(8)
    hands.choose("gren")
    pop.get_by_label("Durée (min)").fill("60")
    hands.press("Enter")
    pop.get_by_text("n’est pas libre").wait_for()
    pop.get_by_role("button", name=re.compile("^Ajouter en plus")).wait_for(state="hidden")
    pop.get_by_label(re.compile("en plus, à côté")).check()
    hands.look()
    # Beside what is there: from its choice both « Entrée » and « Ctrl Entrée » lead to its button, and none presses it.
    hands.press("Control+Enter")
    assert hands.page.evaluate("'besideButton' in document.activeElement.dataset")
    hands.press("Enter")
    assert "en plus" in hands.booked()


def test_an_empty_time_that_is_past_and_the_ways_out(hands: Hands) -> None:
    page, pop = hands.page, hands.pop
    hands.open_day(today())
    column = page.locator(".agenda__day--now")
    now = page.locator(".now-line").first
    now.scroll_into_view_if_needed()
    edge, line = column.bounding_box(), now.bounding_box()
    # Beside the blocks: the margin of the column.
    page.mouse.click(edge["x"] + edge["width"] - 2, line["y"])
    pop.locator("[role=combobox]").wait_for()
    hands.look()
    # Escape closes; the Tab key stays within.
    hands.at("[role=combobox]")
    hands.press("Shift+Tab", "Shift+Tab", "Tab")
    assert pop.evaluate("pop => pop.contains(document.activeElement)")
    hands.press("Escape")
    assert pop.count() == 0
    assert page.locator(".free--ghost").count() == 0

    page.mouse.click(edge["x"] + edge["width"] - 2, line["y"])
    hands.at("[role=combobox]")
    hands.choose("jasmin-hier 1984")
    pop.get_by_role("textbox", name="Prénom").fill("Lys")
    pop.get_by_label("Date de naissance").fill("1984")
    pop.get_by_role("radio", name="Femme").check()
    pop.get_by_role("textbox", name="Téléphone").fill("06 39 98 12 35")
    hands.press("Enter")
    said = page.get_by_text(re.compile("^Rendez-vous pris"))
    said.or_(pop.get_by_text("n’est pas libre")).first.wait_for()
    if pop.count():
        pop.get_by_label(re.compile("en plus|quand même")).check()
        pop.get_by_role("button", name=re.compile("^(Ajouter|Prendre)")).click()
    assert "JASMIN-HIER Lys" in hands.booked()

    # A slot of the panel is one of the page: with a click more, or where there is one column. Tomorrow has some at any hour.
    hands.open_day(today() + timedelta(days=1))
    slot = page.locator(FREE).last
    slot.click()
    hands.at("[role=combobox]")
    hands.type("jas")
    pop.get_by_role("button", name="Tout le formulaire").click()
    page.get_by_role("heading", name="Nouveau rendez-vous").wait_for()
    assert page.locator("#connu").input_value() == "jas"
    page.go_back()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(FREE).last.click()
    page.get_by_role("heading", name="Nouveau rendez-vous").wait_for()


def test_an_hour_is_found_with_one_key_and_a_series_is_booked(hands: Hands) -> None:
    page, pop = hands.page, hands.pop
    hands.open_day(today() + timedelta(days=FAR + 20))
    hands.press("n")
    hands.at("[name=des]")
    hands.look()
    hands.press("Enter")
    hands.at("a.slot")
    hands.press("Enter")
    hands.at("[role=combobox]")
    hands.choose("fenouil-essai lou")
    pop.get_by_label("Date de naissance").fill("1990")
    pop.get_by_role("radio", name="Femme").check()
    pop.get_by_role("textbox", name="Téléphone").fill("06 39 98 12 36")
    pop.get_by_role("button", name="Tout le formulaire").click()
    page.get_by_role("button", name="Répéter…").click()
    page.get_by_label("Nombre de rendez-vous").fill("3")
    assert page.get_by_label("Nom de famille").input_value() == "Fenouil-Essai"
    page.get_by_role("button", name="Prendre la série").click()
    page.get_by_role("heading", name="Série de 3 rendez-vous").or_(page.get_by_text("Certaines dates")).first.wait_for()
    if page.get_by_text("Certaines dates").count():
        page.get_by_role("button", name="Prendre la série").click()
    page.get_by_role("heading", name="Série de 3 rendez-vous").wait_for()
    hands.look()
    page.get_by_role("button", name=re.compile("^Annuler celui-ci")).click()
    page.get_by_text("3 rendez-vous annulés.").wait_for()
