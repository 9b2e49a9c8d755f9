"""The people of the story, as a browser does it: one function per thing they do."""

import re
from typing import Any

from sandbox.sas.exchange import FhirCaller
from sandbox.sas.slots import SlotSearch, read_bundle, with_origin
from sandbox.sas.vocabulary import practitioner_identifier
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


def pick_slot(page: Any, link: str) -> Any:
    """Click this slot among the results; the page that opens."""
    # Beyond the first few, a day's slots are folded.
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    with page.context.expect_page() as opened:
        page.locator(f'a[href="{link}"]').click()
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


def slot_links(stack: Stack) -> list[str]:
    """Those of the platform's search for the one who is always open, the nearest first."""
    search = SlotSearch(FhirCaller(f"{stack.product}/fhir"))
    places = read_bundle(search.run([practitioner_identifier(ALWAYS_OPEN_NUMBER)]).json())
    return [with_origin(slot.page) for place in places for slots in place.days.values() for slot in slots]


def next_slot(stack: Stack) -> str:
    """The link of the nearest that no test was given yet."""
    link = next(one for one in slot_links(stack) if one not in stack.given)
    stack.given.add(link)
    return link


def arrive(stack: Stack, page: Any) -> Any:
    """By a slot's link, signed in at the SAS, the terms accepted: on the practitioner's page.

    The SAS knows the regulator's browsers from the first sign-in on.
    """
    page.context.add_cookies(stack.cookies.get(REGULATOR[0], []))
    page.goto(next_slot(stack))
    if page.url.startswith(stack.sandbox):
        sign_in_at_the_sas(page)
        stack.cookies[REGULATOR[0]] = [one for one in page.context.cookies() if one["name"] == "sandbox_sso"]
    if "/conditions/" in page.url:
        accept_terms(page)
    page.wait_for_url(re.compile("/praticien/"))
    return page


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


def book(stack: Stack, page: Any, *, email: str = "") -> tuple[Any, str]:
    """From a link of the platform to the confirmation; the page and the appointment's id."""
    landing = arrive(stack, page)
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


def sign_in_to_the_practice(stack: Stack, page: Any, who: tuple[str, str] = SECRETARY, path: str = "/") -> None:
    """On this page of the product. One's browsers share the session of the first, as tabs do, until it is over."""
    page.context.add_cookies(stack.cookies.get(who[0], []))
    page.goto(stack.product + path)
    if "/connexion/" in page.url:
        page.get_by_label("E-mail").fill(who[0])
        page.get_by_label("Mot de passe", exact=True).fill(who[1])
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(lambda url: "/connexion/" not in url)
        stack.cookies[who[0]] = [one for one in page.context.cookies() if one["name"] == "sas_agenda_session"]


def days_of_who_is_always_open(page: Any) -> str:
    """The path that leads to a day of theirs, from the list of agendas of a page of the practice."""
    address = page.locator("a.menu__link").filter(has_text=ALWAYS_OPEN).first.get_attribute("href")
    return re.sub(r"(/agenda/[0-9a-f-]{36}/).*", r"\1jour/", address)


def received(stack: Stack, appointment_id: str, status: str, seconds: float = 60) -> dict[str, Any]:
    """What the SAS holds of the appointment, once it has this status."""

    def find() -> dict[str, Any] | None:
        held = stack.held(appointment_id)
        return held if held and held["status"] == status else None

    found: dict[str, Any] = wait_for(find, f"the SAS has {appointment_id} as {status}", seconds)
    return found
