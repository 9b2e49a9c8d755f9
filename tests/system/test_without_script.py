"""Every task of the practice's day but the drag, without script: booked, moved, noted, closed, emptied, merged."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import Stack
from tests.system.pages import sign_in_to_the_practice

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
PASSWORD = "un mot de passe sans script"
WHO = ("sans.script@demo.example", PASSWORD)

# A practice of two: one visit that goes on now, three of yesterday, and the same person in two files.
PRACTICE = """
import json
from datetime import UTC, date, datetime, time, timedelta
from django.utils import timezone
from accounts.enums import Level
from tests import factories
from tests.factories import PARIS
# Other tests of this stack make people too.
factories.rng.seed("%(email)s")
here = factories.schedule(practitioner=factories.practitioner(family_name="Sureau", given_name="Ève"))
there = factories.colleague(here)
who = factories.user(email="%(email)s", password="%(password)s", first_name="Sans", last_name="Script")
for one in (here, there):
    factories.delegate(who, one, Level.BOOK)
    factories.rule(schedule=one, start_time=time(8), end_time=time(19))
now = timezone.now().astimezone(PARIS)
midnight = datetime.combine(now.date(), time(), PARIS)
# As an instant: a quarter of an hour before three there may be no such time of day.
start = max(midnight, timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=15)).astimezone(UTC)
today = factories.appointment(schedule_=here, start=start)
for number in range(3):
    factories.appointment(schedule_=here, start=midnight - timedelta(hours=10) + timedelta(minutes=15 * number))
twin = dict(family_name="Jumelle-Démo", given_name="Zoé", birth_date=date(1984, 7, 3), sex="female", phone="+33639980084")
files = [
    factories.appointment(schedule_=here, start=midnight - timedelta(days=days) + timedelta(hours=9),
                          patient=factories.file(here.organization, **twin), status="fulfilled").patient_id
    for days in (20, 30)
]
print(json.dumps({
    "who": str(here.practitioner_id), "day": str(now.date() + timedelta(days=2)), "today": str(today.pk),
    "yesterday": str(now.date() - timedelta(days=1)), "file": str(files[0]),
}))
"""


def test_a_day_of_the_practice_works_without_script(stack: Stack, new_context: Callable[..., Any]) -> None:
    made = json.loads(stack.inside(PRACTICE % {"email": WHO[0], "password": PASSWORD}))
    page = new_context(java_script_enabled=False, viewport={"width": 1024, "height": 800}).new_page()
    day = f"{stack.product}/agenda/{made['who']}/jour/{made['day']}/"

    def press(name: str) -> None:
        page.get_by_role("button", name=re.compile(f"^{name}")).first.click()

    def read(words: str) -> None:
        page.get_by_text(re.compile(words)).first.wait_for()

    # Booked on a free slot, for somebody new.
    sign_in_to_the_practice(stack, page, WHO, day.removeprefix(stack.product))
    page.locator(".agenda a.free").first.click()
    page.get_by_label("Nom de famille").fill("Papier-Démo")
    page.get_by_label(re.compile("^Prénom")).fill("Kumquat")
    page.get_by_label("Date de naissance").fill("14/02/1991")
    page.get_by_label("Femme").check()
    page.get_by_label(re.compile("^Téléphone")).fill("06 39 98 12 34")
    press("Prendre le rendez-vous")
    read("Rendez-vous pris")
    page.get_by_role("heading", name="PAPIER-DÉMO Kumquat").wait_for()

    # Moved to the next free slot, and back.
    former = page.locator("h1").locator("xpath=preceding-sibling::p").inner_text()
    page.locator("#deplacer-form .choice").first.click()
    press("Déplacer le rendez-vous")
    read("Rendez-vous déplacé")
    assert page.locator("h1").locator("xpath=preceding-sibling::p").inner_text() != former
    press("Défaire le dernier changement")
    read("C’est défait")
    assert page.locator("h1").locator("xpath=preceding-sibling::p").inner_text() == former

    # Who comes today is there, then was received.
    page.goto(f"{stack.product}/rendez-vous/{made['today']}/")
    press("Noter l’arrivée")
    page.get_by_role("button", name=re.compile("^Effacer l’arrivée")).wait_for()
    press("Marquer honoré")
    page.get_by_role("button", name=re.compile("^Corriger")).wait_for()

    # Yesterday is closed by one form.
    page.goto(f"{stack.product}/a-clore/?jour={made['yesterday']}&praticien={made['who']}")
    page.get_by_role("heading", name=re.compile("^3 rendez-vous")).wait_for()
    page.locator("fieldset.close label").first.click()
    press("Clore")
    read("3 rendez-vous clos")

    # The day is emptied, and brought back.
    page.goto(day)
    page.get_by_role("link", name="Vider ce jour").click()
    page.locator("label").filter(has_text="plus tard").click()
    press("Recalculer la liste")
    read("1 déplacé")
    press("Vider le")
    page.get_by_role("heading", name="Ce qui a été fait").wait_for()
    page.goto(day)
    assert page.locator(".agenda .appt").count() == 0
    page.get_by_role("link", name="Jour vidé, défaire").click()
    press("Défaire ce qui est coché")
    read("^Remis par|Remis par")
    page.goto(day)
    assert page.locator(".agenda .appt").count() == 1

    # Two files of one person become one, and two again.
    page.goto(f"{stack.product}/patients/{made['file']}/")
    page.get_by_role("link", name="Dossiers proches").click()
    press("Réunir les deux dossiers")
    page.get_by_role("heading", name="Dossiers réunis").wait_for()
    press("Séparer de nouveau")
    read("puis séparés de nouveau")
