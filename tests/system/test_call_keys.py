"""A regulator's call counted in keys, and nothing typed lost whatever comes between."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.system.conftest import Stack, wait_for
from tests.system.looking import Look, look
from tests.system.pages import arrive, confirmed, fill_patient, pick_slot, search_slots

__all__ = ["look"]  # a fixture
pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]
FORM = re.compile("/rendez-vous/nouveau/")
CONFIRMED = re.compile("/confirmation/")


class Keys:
    """The keyboard of a page, counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.count = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def to_another_hour(keys: Keys, first: str, second: str) -> None:
    """Two digits, and where they lead."""
    keys.press(first, second)
    keys.page.locator("a.chip:focus").wait_for()
    keys.press("Enter")


def confirm(keys: Keys) -> None:
    """Once more where the made-up patient of these tests has another visit that day."""
    keys.press("Control+Enter")
    asked = keys.page.get_by_role("button", name="Prendre quand même")
    asked.or_(keys.page.locator("[data-copy-from]")).first.wait_for()
    if asked.count():
        keys.press("Tab", "Enter")
    keys.page.wait_for_url(CONFIRMED)


def test_keys_are_few(stack: Stack, new_context: NewContext, look: Look) -> None:
    page = arrive(stack, new_context().new_page())
    page.locator("[data-hold=mine]").wait_for()

    # Another slot of the week: a day by its letter, an hour by its digits, one key to take it.
    other = page.locator("#choix").get_attribute("data-days").split()[3]
    keys = Keys(page)
    keys.press("dlmejvs"[page.evaluate("(day) => new Date(day + 'T12:00:00Z').getUTCDay()", other)])
    page.locator(f'#choix[data-shown="{other}"]').wait_for()
    keys.press("1", "7")
    page.locator("a.chip:focus").wait_for()
    assert page.evaluate("document.activeElement.textContent.trim()").startswith("17\u202fh")
    assert page.locator("[data-jump]").input_value() == "17"
    look.at("landing-jump", page)
    keys.press("Enter")
    page.wait_for_url(FORM)
    assert keys.count <= 5
    look.at("form-held", page)
    # Typed, then another hour: it follows.
    page.set_viewport_size({"width": 1440, "height": 900})
    with page.expect_response(re.compile("/saisies/")):
        fill_patient(page, family_name="Clavier-Démo")
        page.get_by_label(re.compile("^Message")).fill("Toux depuis hier")
        page.get_by_label(re.compile("^Message")).blur()
    page.go_back()
    page.locator("[data-chosen]").wait_for()
    half_day = "document.activeElement.id === 'demi-journee' && document.activeElement.innerText"
    came_from = page.locator("#demi-journee").inner_text()
    page.keyboard.press("ArrowLeft")
    wait_for(lambda: page.evaluate(half_day) not in (False, came_from), "the half-day before")
    page.keyboard.press("ArrowRight")
    wait_for(lambda: page.evaluate(half_day) == came_from, "back at the half-day")

    # From where one lands to the confirmation, besides what is typed.
    keys = Keys(page)
    page.locator("[data-chosen]").focus()
    keys.press("Enter")
    page.wait_for_url(FORM)
    page.get_by_text("Vos saisies sont reprises.").wait_for()
    assert page.evaluate("document.activeElement.name") == "family_name"
    assert page.get_by_label(re.compile("^Message")).input_value() == "Toux depuis hier"
    look.at("form-resumed", page)
    page.set_viewport_size({"width": 1440, "height": 900})
    confirm(keys)
    assert keys.count <= 7
    assert page.evaluate("document.activeElement.id") == "titre"
    reference = page.locator("main .nowrap").first.inner_text()

    # Moved: the same visit.
    keys = Keys(page)
    keys.press("d")
    page.wait_for_url(re.compile("/autre-creneau/"))
    page.locator("#choix").wait_for()
    to_another_hour(keys, "2", "2")
    page.get_by_role("button", name=re.compile("^Déplacer à")).wait_for()
    keys.press("Enter")
    page.wait_for_url(CONFIRMED)
    page.get_by_text("Rendez-vous déplacé. Sa référence reste la même.").wait_for()
    assert keys.count <= 8
    assert reference in page.locator("main").inner_text()

    # The same patient elsewhere: what was typed is there.
    keys = Keys(page)
    keys.press("a")
    page.get_by_text("Le patient est gardé").wait_for()
    to_another_hour(keys, "2", "1")
    page.wait_for_url(FORM)
    assert page.get_by_label("Nom de famille").input_value() == "Clavier-Démo"
    confirm(keys)
    assert keys.count <= 2 + 7


def typed(page: Any) -> None:
    """What was typed is all there, in the form or hidden in a page that sends it again."""
    page.wait_for_load_state()
    assert page.locator("[name=family_name]").first.input_value() == "Neuf-Démo"
    assert page.locator("[name=note]").first.input_value() == "Entorse du genou"


@contextmanager
def made_meanwhile(stack: Stack, key: str, does: str, undoes: str) -> Iterator[None]:
    """Something happens to the slot, of a schedule, a start and a length; then it is as before."""
    head = (
        "from datetime import timedelta; from django.utils import timezone; from appointments.models import *; "
        f"from appointments.slots.slot_key import SlotKey; key = SlotKey.parse('{key}'); "
        "schedule = Schedule.objects.with_place().get(pk=key.schedule_id); "
    )
    stack.inside(head + does)
    yield
    stack.inside(head + undoes)


def test_nine_ways_lose_nothing_that_was_typed(stack: Stack, new_context: NewContext) -> None:
    page = arrive(stack, new_context().new_page())
    page.locator("[data-hold=mine]").wait_for()
    first = stack.product + str(page.locator("[data-chosen]").get_attribute("href"))
    landing = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(FORM)
    with page.expect_response(re.compile("/saisies/")):
        fill_patient(page, family_name="Neuf-Démo")
        page.get_by_label(re.compile("^Message")).fill("Entorse du genou")
        page.get_by_label(re.compile("^Message")).blur()

    page.reload()  # F5
    typed(page)
    page.goto(landing)  # another slot, then Back
    page.locator(".soon a").last.press("Enter")
    page.wait_for_url(FORM)
    typed(page)
    page.goto(landing)
    page.go_back()
    typed(page)
    tab = page.context.new_page()  # another tab
    tab.goto(first)
    typed(tab)
    search_slots(stack, tab)  # another practitioner
    theirs = tab.get_by_role("article", name="Alba Tournesol").first.locator("a[target=_blank]").first
    other = pick_slot(tab, theirs.get_attribute("href"))
    other.locator("[data-chosen]").press("Enter")
    other.wait_for_url(FORM)
    typed(other)
    other.close()
    tab.close()

    # The session is over: the page keeps it. Meanwhile the place closes; the form goes by itself once somebody has signed in
    # again, and what is shown instead leads to the form of another hour, as it was typed.
    page.goto(first)
    page.context.clear_cookies(name="sas_agenda_session")
    page.keyboard.press("Control+Enter")
    page.get_by_role("heading", name="Votre session est terminée").wait_for()
    typed(page)
    key = first.partition("creneau=")[2]
    close = (
        "Hold.objects.all().delete(); "
        "Closure.objects.create(location=schedule.location, start=key.start, end=key.end, label='Essai')"
    )
    with made_meanwhile(stack, key, close, "Closure.objects.filter(label='Essai').delete()"):
        page.get_by_role("link", name=re.compile("^Reprendre par le SAS")).click()
        page.locator("h1").get_by_text(re.compile("plus|pris|fermé")).wait_for()
        typed(page)
    # The slot is taken.
    take = (
        "from tests.factories import appointment; Hold.objects.all().delete(); "
        "appointment(schedule_=schedule, start=key.start, minutes=int((key.end - key.start).total_seconds() // 60))"
    )
    with made_meanwhile(stack, key, take, "pass"):
        page.goto(stack.product + f"/praticien/{landing.partition('/praticien/')[2]}")
        page.locator("[data-slot]").first.press("Enter")
        page.wait_for_url(FORM)
        typed(page)
    page.keyboard.press("Control+Enter")
    confirmed(page)

    # Cancelled, then booked anew: two keys to the same patient's next hour.
    for key in ("x", "Tab", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("heading", name="Rendez-vous annulé").wait_for()
    page.keyboard.press("a")
    page.get_by_text("Le patient est gardé").wait_for()
    page.locator(".soon a").first.press("Enter")
    page.wait_for_url(FORM)
    assert page.get_by_label("Nom de famille").input_value() == "Neuf-Démo"
    page.get_by_role("button", name="Effacer les saisies").click()
    page.wait_for_load_state()
    assert page.get_by_label("Nom de famille").input_value() == ""


def test_two_tabs_keep_one_slot(stack: Stack, new_context: NewContext) -> None:
    first = arrive(stack, new_context().new_page())
    second = first.context.new_page()
    second.goto(stack.product + str(first.locator(".soon a").last.get_attribute("href")))
    second.locator("[data-hold=mine]").wait_for()
    first.bring_to_front()
    first.evaluate("htmx.trigger(document.querySelector('[data-ask]'), 'regain')")
    first.get_by_text("Vous gardez maintenant").wait_for()
    first.keyboard.press("g")
    first.locator("[data-hold=mine]").wait_for()
