"""A visit is moved where it stands, by hand and by keyboard, and what was done is taken back: in Chromium, each act counted."""

import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import violations
from tests.factories import PARIS
from tests.system.conftest import Stack, wait_for
from tests.system.pages import sign_in_to_the_practice

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
FAR = 23
DAY = (datetime.now(PARIS) + timedelta(days=FAR)).date()
NEXT = DAY + timedelta(days=1 if DAY.weekday() < 5 else -1)
ANOTHER = DAY + timedelta(days=7)
WHO = ("colonnes@demo.example", "un mot de passe de colonnes")
# Two who receive at one place, and a secretary who books for both; three visits, two of them the regulation's.
PRACTICE = f"""
import json
from datetime import time
from accounts.enums import Level
from accounts.models import Regulator
from accounts.rights import Actor
from tests import factories
factories.rng.seed("two columns")
here = factories.schedule(practitioner=factories.practitioner(family_name="Abélia", given_name="Ève"))
there = factories.colleague(here, practitioner=factories.practitioner(family_name="Bégonia", given_name="Noé"))
who = factories.user(email="{WHO[0]}", password="{WHO[1]}")
for one in (here, there):
    factories.delegate(who, one, Level.BOOK)
    factories.rule(schedule=one, start_time=time(9), end_time=time(14))
by = Regulator.objects.order_by("pk").first()
visits = [
    factories.appointment(schedule_=here, start=factories.at("{DAY}", clock), by=Actor(user=by.user, regulator=by),
                          patient=factories.patient(family_name=name, email=name + "@demo.example"))
    for clock, name in (("10:00", "Abricot-Essai"), ("11:00", "Brugnon-Essai"))
]
visits.append(factories.appointment(schedule_=here, start=factories.at("{ANOTHER}", "10:00")))
print(json.dumps(dict(visits=[str(one.pk) for one in visits], here=str(here.practitioner_id), there=str(there.practitioner_id))))
"""


class Hand:
    """A secretary's; each press, drag and click is one act."""

    def __init__(self, stack: Stack, page: Any, made: dict[str, Any]) -> None:
        self.stack, self.page, self.acts = stack, page, 0
        self.visits, self.practitioner = made["visits"], made["here"]
        page.set_viewport_size({"width": 1440, "height": 1000})

    def open(self, path: str) -> None:
        sign_in_to_the_practice(self.stack, self.page, WHO, path)

    def open_agenda(self, view: str) -> None:
        self.open(f"/agenda/{self.practitioner}/{view}/{DAY}/")

    def block(self, which: int = 0) -> Any:
        return self.page.locator(f"a.appt[href='/rendez-vous/{self.visits[which]}/']")

    def stands(self, *classes: str) -> None:
        self.page.locator("".join(["li", *(f".{one}" for one in classes)])).filter(has=self.block()).wait_for()

    def drag(self, *, hours: float, from_edge: bool = False) -> None:
        """By the hour's height of the grid."""
        block = self.block()
        block.evaluate("block => block.scrollIntoView({ block: 'center' })")
        box = block.bounding_box()
        first, second = (self.page.locator(".agenda__hours > li").nth(nth).bounding_box() for nth in (1, 2))
        x, y = box["x"] + 40, box["y"] + (box["height"] - 2 if from_edge else 5)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x, y + 10)
        self.page.mouse.move(x, y + hours * (second["y"] - first["y"]), steps=4)
        self.acts += 1

    def release(self) -> None:
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.acts += 1

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.acts += 1

    def said(self, words: str) -> None:
        self.page.locator(".toast").filter(has_text=re.compile(words)).wait_for()

    def look(self, name: str) -> None:
        assert violations(self.page) == []
        assert not self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=str(Path(folder) / f"moving-{name}.png"))


@pytest.fixture(scope="module")
def made(stack: Stack) -> dict[str, Any]:
    """The visits, and whose agendas they are in."""
    found: dict[str, Any] = json.loads(stack.inside(PRACTICE))
    return found


def test_moved_by_hand_and_by_keyboard_and_taken_back(
    stack: Stack, new_context: Callable[..., Any], made: dict[str, Any]
) -> None:
    hand = Hand(stack, new_context().new_page(), made)
    hand.open_agenda("jour")
    hand.drag(hours=2)
    hand.look("drag")
    hand.release()
    hand.said("Rendez-vous déplacé.*12.h.00")
    hand.stands("at-12h")
    assert hand.acts == 1
    hand.click("Défaire")
    hand.said("C’est défait.*10.h.00")
    hand.stands("at-10h")
    hand.look("undone")

    # Given up on the way: nothing is sent.
    hand.drag(hours=1)
    hand.press("Escape")
    hand.release()
    hand.stands("at-10h")
    # Its lower edge: half an hour more.
    hand.drag(hours=0.5, from_edge=True)
    hand.release()
    hand.said("Durée changée.*45.min")

    # By keyboard, onto another: who is there is named, and it stands beside them by a button of its own alone.
    hand.acts = 0
    hand.block().focus()
    hand.press("m", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
    assert "11" in hand.page.locator("#annonces").inner_text()
    hand.press("Enter")
    hand.page.get_by_role("dialog").get_by_text(re.compile("BRUGNON")).wait_for()
    hand.look("conflict")
    hand.click("Le laisser où il était")
    hand.said("Rien n’a été changé")
    hand.stands("at-10h")
    hand.press("m", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    hand.page.get_by_role("dialog").wait_for()
    hand.click("Déplacer quand même")
    hand.said("Rendez-vous déplacé.*11.h.00")
    hand.stands("at-11h", "of-2")
    hand.press("m", "ArrowDown", "Escape")

    # In the week, to the day beside it; the SAS is told each time, its last word is where it stands.
    hand.open_agenda("semaine")
    hand.block().focus()
    hand.acts = 0
    hand.press("m", "ArrowRight" if NEXT > DAY else "ArrowLeft", "Enter")
    hand.said("Rendez-vous déplacé")
    assert hand.acts == 3
    hand.page.locator(f"[data-day='{NEXT}']").filter(has=hand.block()).wait_for()
    # Its panel, and back to the block.
    hand.press("Enter")
    hand.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Déplacer")).wait_for()
    hand.look("visit-panel")
    hand.press("Escape")
    hand.page.locator("a.appt:focus").wait_for()

    def known() -> Any:
        held = stack.held(hand.visits[0])
        return held and datetime.fromisoformat(held["start"]).astimezone(PARIS).date() == NEXT

    wait_for(known, "the SAS knows where it stands", 60)


def test_the_second_of_two_secretaries_keeps_what_was_typed(
    stack: Stack, new_context: Callable[..., Any], made: dict[str, Any]
) -> None:
    first, second = (Hand(stack, new_context().new_page(), made) for _ in range(2))
    for hand in (first, second):
        hand.open(f"/rendez-vous/{made['visits'][1]}/modifier/")
    second.page.set_viewport_size({"width": 390, "height": 844})
    second.look("form")
    for hand, words in ((first, "Avec sa fille"), (second, "Avec son fils")):
        hand.page.get_by_label("Message pour le praticien").fill(words)
        hand.click("Enregistrer")
    second.page.get_by_text("a changé entre-temps").wait_for()
    assert "Avec sa fille" in second.page.locator(".banner--danger").inner_text()
    assert second.page.get_by_label("Message pour le praticien").input_value() == "Avec son fils"
    second.look("stale")
    second.click("Enregistrer")
    second.page.get_by_text("Rendez-vous modifié.").wait_for()
    second.look("page")


def test_dragged_into_a_colleague_s_column_and_taken_back(
    stack: Stack, new_context: Callable[..., Any], made: dict[str, Any]
) -> None:
    page = new_context(viewport={"width": 1440, "height": 1000}).new_page()
    sign_in_to_the_practice(stack, page, WHO, f"/agenda/jour/{ANOTHER}/?avec={made['here']}&avec={made['there']}")
    block = page.locator(f"a.appt[href='/rendez-vous/{made['visits'][2]}/']")

    def column(whose: str) -> Any:
        return page.locator(f".agenda__day[data-practitioner='{made[whose]}']")

    start, target = block.bounding_box(), column("there").bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 60, start["y"] + 5, steps=5)
    page.mouse.up()
    page.locator(".toast", has_text="Bégonia").wait_for()
    column("there").locator("li.at-10h").filter(has=block).wait_for()
    page.get_by_role("button", name="Défaire").click()
    column("here").locator("li.at-10h").filter(has=block).wait_for()

    # Cancelled by keyboard: the hands stay where it was, on the hour that is free again.
    block.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Annuler")).wait_for()
    page.keyboard.press("x")
    page.locator("[data-cancel] [type=submit]:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="Rendez-vous annulé").wait_for()
    column("here").locator("li.at-10h a.free:focus").wait_for()
