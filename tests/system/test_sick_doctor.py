"""A doctor is ill: eleven patients are placed in a few acts, called, brought back; and a day of thirty is closed in under ten.

An act is a click, a key or a word typed. `SCREENSHOTS=folder ./agenda test tests/system/test_sick_doctor.py` keeps pictures.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import Stack, wait_for
from tests.system.looking import Look, look
from tests.system.pages import sign_in_to_the_practice

__all__ = ["look"]  # a fixture
pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]
PASSWORD = "un mot de passe de secrétaire"

# A practice of two, whose secretary books for both: eleven patients on a day to come, three of them without e-mail and one from
# the SAS; thirty yesterday, twenty-seven of whom came.
PRACTICE = """
import json
from datetime import datetime, time, timedelta
from django.utils import timezone
from accounts.enums import Level
from accounts.models import User
from appointments.models import Appointment, PatientMessage
from tests import factories
from tests.factories import PARIS
User.objects.filter(email="%(email)s").delete()
ill = factories.practitioner(family_name="Tournesol", given_name="Alba")
well = factories.practitioner(family_name="Réglisse", given_name="Noé")
here = factories.schedule(practitioner=ill, location=factories.location(name="Cabinet des Lilas"))
there = factories.schedule(practitioner=well, location=here.location)
who = factories.user(email="%(email)s", password="%(password)s", first_name="Sauge", last_name="Menthe")
for one in (here, there):
    factories.delegate(who, one, Level.BOOK)
factories.rule(schedule=here, start_time=time(8), end_time=time(19))
factories.rule(schedule=there, start_time=time(8), end_time=time(11))
today = timezone.now().astimezone(PARIS).date()
day = today + timedelta(days=3)
def at(day, minutes):
    return datetime.combine(day, time(minutes // 60, minutes %% 60), PARIS)
for number in range(11):
    email = "" if number in (2, 5, 8) else f"patient-{number}@exemple.test"
    by = factories.regulator_actor() if number == 3 else None
    asked = {"by": by} if by else {}
    if not email:  # nor a mobile
        asked["contact_phone"] = "+33199005678"
    factories.appointment(schedule_=here, start=at(day, 540 + 15 * number), contact_email=email, **asked)
PatientMessage.objects.filter(appointment__schedule=here).update(state="sent")
for number in range(30):
    start = at(today - timedelta(days=1), 480 + 15 * number)
    made = factories.appointment(schedule_=here, start=start)
    if number %% 10:
        Appointment.objects.filter(pk=made.pk).update(arrived_at=start)
print(json.dumps({"ill": str(ill.pk), "well": str(there.pk), "day": str(day), "yesterday": str(today - timedelta(days=1))}))
"""


class Hand:
    """What somebody does on a page, counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.acts = page, 0

    def click(self, locator: Any) -> None:
        self.acts += 1
        locator.click()

    def type(self, locator: Any, words: str) -> None:
        self.acts += 1
        locator.fill(words)

    def choose(self, locator: Any, value: str) -> None:
        self.acts += 1
        locator.select_option(value)

    def press(self, key: str) -> None:
        self.acts += 1
        self.page.keyboard.press(key)


def test_a_sick_doctor_and_the_end_of_a_day(stack: Stack, new_context: NewContext, look: Look) -> None:
    email = "secretaire.malade@demo.example"
    made = json.loads(stack.inside(PRACTICE % {"email": email, "password": PASSWORD}))
    page = new_context(viewport={"width": 1440, "height": 1000}).new_page()
    sign_in_to_the_practice(stack, page, (email, PASSWORD), f"/agenda/{made['ill']}/jour/{made['day']}/")

    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Vider ce jour"))
    page.get_by_role("heading", name="Patient par patient").wait_for()
    selects = page.locator("select[data-fate]")
    assert selects.count() == 11
    assert all(one.startswith("give:") for one in selects.evaluate_all("all => all.map(one => one.value)"))
    look.at("vider", page)
    # Eight have their own hour at the colleague's, the others the nearest of hers.
    hand.choose(selects.nth(10), "cancel")
    page.get_by_text("10 confiés, 1 annulé.").wait_for()
    hand.click(page.locator("label").filter(has_text="plus tard"))
    page.get_by_text("10 déplacés, 1 annulé.").wait_for()
    hand.click(page.locator("label").filter(has_text="Confrères, même jour"))
    page.get_by_text("10 confiés, 1 annulé.").wait_for()
    assert "8 messages, 3 appels, 1 mise à jour au SAS." in page.locator(".savebar").inner_text()
    hand.type(page.get_by_label(re.compile("^Raison")), "Malade")
    hand.click(page.get_by_role("button", name=re.compile("^Vider le")))
    page.get_by_role("heading", name="3 patients à appeler").wait_for()
    # The messages wait; three patients are called.
    page.get_by_text(re.compile("8 messages partent à")).wait_for()
    look.at("vide", page)
    if look.folder is not None:
        page.emulate_media(media="print")
        page.screenshot(path=look.folder / "appels-print.png", full_page=True, caret="initial")
        page.emulate_media(media="screen")
    for left in (2, 1, 0):
        hand.click(page.get_by_role("button", name=re.compile("^J’ai prévenu")).first)
        name = "Tous sont prévenus" if not left else re.compile(f"^{left} patients? à appeler")
        page.get_by_role("heading", name=name).wait_for()
    assert hand.acts <= 12, hand.acts

    # Nobody is at the doctor's that day, and nothing is free there.
    page.goto(f"{stack.product}/agenda/{made['ill']}/jour/{made['day']}/")
    assert page.locator(".agenda .free").count() == 0
    page.go_back()
    hand = Hand(page)
    hand.click(page.get_by_role("button", name="Défaire ce qui est coché"))
    page.get_by_role("heading", name="3 patients à appeler").wait_for()  # who was called is called again
    assert hand.acts == 1
    assert "message" not in page.locator("main .stack--tight").first.inner_text()
    page.goto(f"{stack.product}/agenda/{made['ill']}/jour/{made['day']}/")
    assert page.locator(".agenda .appt").count() == 11

    page.goto(f"{stack.product}/a-clore/?jour={made['yesterday']}&praticien={made['ill']}")
    page.get_by_role("heading", name=re.compile("^30 rendez-vous")).wait_for()
    look.at("a-clore", page)
    hand = Hand(page)
    page.locator("fieldset.close input:checked").first.focus()
    # One who came though nobody noted it, one who cancelled; the rest is as it was noted.
    hand.press("h")
    assert "28 honorés, 2 non honorés." in page.locator("[data-summary]").inner_text()
    hand.press("a")
    assert "27 honorés, 2 non honorés, 1 annulé." in page.locator("[data-summary]").inner_text()
    hand.press("Control+Enter")
    page.get_by_text("30 rendez-vous clos").wait_for()
    assert hand.acts < 10
    look.at("clos", page)
    # A mistake is corrected where it is seen.
    page.get_by_role("button", name=re.compile("^Corriger")).first.click()
    wait_for(lambda: "1 rendez-vous" in page.locator("main").inner_text(), "one is open again")
