"""The people of the story, as a browser does it: one function per thing they do."""

import re
from typing import Any

from tests.system.conftest import Stack, wait_for

REGULATOR = ("camomille@regulation.example", "camomille-demo", "Camomille Régulatrice-Démo")
SECRETARY = ("secretariat@demo.example", "secretariat-demo-2026")
MANAGER = ("responsable@demo.example", "responsable-demo-2026")
RECEPTION = ("accueil@demo.example", "accueil-demo-2026")
# Open day and night in the demo: the story can be told at any hour.
ALWAYS_OPEN, ALWAYS_OPEN_NUMBER = "Octave Zinnia", "810002909371"


def search_slots(stack: Stack, page: Any, *, number: str = "") -> None:
    """The platform's search page, with its results: of everybody, or of one practitioner, which takes a fraction of the time."""
    page.goto(stack.sandbox + (f"/?chercher=1&ps={number}" if number else "/"))
    if not number:
        page.get_by_role("button", name="Chercher").click()
    page.get_by_role("heading", name=re.compile(r"praticiens?, \d+ créneaux")).wait_for()


def pick_slot(page: Any, practitioner: str = ALWAYS_OPEN, *, nth: int = 0) -> Any:
    """Click a free slot of the practitioner's card; the page that opens."""
    # Beyond the first few, a day's slots are folded.
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    card = page.locator("article, section, li").filter(has=page.get_by_role("heading", name=practitioner)).last
    with page.context.expect_page() as opened:
        card.locator("a[target=_blank]").nth(nth).click()
    landing = opened.value
    landing.wait_for_load_state()
    return landing


def sign_in_at_the_sas(page: Any, email: str = REGULATOR[0], password: str = REGULATOR[1]) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_load_state()


def accept_terms(page: Any) -> None:
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=re.compile("^Accepter")).click()
    page.wait_for_load_state()


def arrive(stack: Stack, page: Any, *, nth: int = 0) -> Any:
    """Search, click, sign in at the SAS and accept the terms if asked: on the practitioner's page."""
    search_slots(stack, page, number=ALWAYS_OPEN_NUMBER)
    landing = pick_slot(page, nth=nth)
    if landing.url.startswith(stack.sandbox):
        sign_in_at_the_sas(landing)
    if "/conditions/" in landing.url:
        accept_terms(landing)
    landing.wait_for_url(re.compile("/praticien/"))
    return landing


def fill_patient(page: Any, *, email: str = "", family_name: str = "Jasmin-Démo") -> None:
    page.get_by_label("Nom de famille").fill(family_name)
    page.get_by_label(re.compile("^Prénom")).fill("Kumquat")
    page.get_by_label("Date de naissance").fill("14021991")
    page.get_by_label("Femme").check()
    page.get_by_label(re.compile("^Téléphone")).fill("06 39 98 12 34")
    if email:
        page.get_by_label(re.compile("^E-mail")).fill(email)
    at_the_surgery = page.get_by_label("Au cabinet")
    if at_the_surgery.count():
        at_the_surgery.check()


def book(stack: Stack, page: Any, *, email: str = "", nth: int = 0) -> tuple[Any, str]:
    """From the platform to the confirmation; the page and the appointment's id."""
    landing = arrive(stack, page, nth=nth)
    landing.get_by_role("link", name=re.compile("^Réserver")).first.click()
    landing.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(landing, email=email)
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    confirmed(landing)
    found = re.search(r"/rendez-vous/([0-9a-f-]{36})/", landing.url)
    assert found is not None
    return landing, found[1]


def confirmed(page: Any) -> None:
    """On the confirmation; the made-up patient of these tests may have another visit that day: then one goes on."""
    asked = page.get_by_role("button", name="Prendre quand même")
    asked.or_(page.locator("[data-copy-from]")).first.wait_for()
    if asked.count():
        asked.click()
    page.wait_for_url(re.compile("/confirmation/"))


def sign_in_to_the_practice(stack: Stack, page: Any, who: tuple[str, str] = SECRETARY) -> None:
    page.goto(stack.product + "/")
    page.get_by_label("E-mail").fill(who[0])
    page.get_by_label("Mot de passe", exact=True).fill(who[1])
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(re.compile("/agenda/"))


def received(stack: Stack, appointment_id: str, status: str, seconds: float = 60) -> dict[str, Any]:
    """What the SAS holds of the appointment, once it has this status."""

    def find() -> dict[str, Any] | None:
        for one in stack.appointments():
            if one["value"] == appointment_id and one["status"] == status:
                return one
        return None

    found: dict[str, Any] = wait_for(find, f"the SAS has {appointment_id} as {status}", seconds)
    return found
