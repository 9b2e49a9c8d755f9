"""From an invitation to the first search of the SAS that finds a slot, as a new doctor would: no administration, no mouse, at
most 60 acts (what is opened, pressed, chosen or typed into counts one each).
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import ROOT, Stack, wait_for

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
EMAIL = "alba@demo.example"
PASSWORD = "une phrase assez longue"
RPPS = "10009901025"
MOST_ACTS = 60
# What is typed is a third of them.
MOST_KEYS = 450
MOST_TABS = 120
# Whoever goes by keyboard sees where they are: what has the focus, or stands for it, is on the screen and marked.
SHOWN = """() => {
  const one = document.activeElement;
  const box = (one.closest("label") || one).getBoundingClientRect();
  return one.matches(":focus-visible") && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
}"""


class Doctor:
    """Their browser, and how much they did in it: by keyboard alone. An act is what is opened, chosen, pressed or typed into."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.acts = 0
        self.keys = 0

    def open(self, address: str) -> None:
        self.acts += 1
        self.page.goto(address)

    def key(self, name: str) -> None:
        self.keys += 1
        self.page.keyboard.press(name)

    def go(self, target: Any, also: str = "one === document.activeElement") -> None:
        """Tab, until this has the focus, and shows that it has. At most once around the page."""
        self.acts += 1
        target.wait_for(state="attached")
        for _ in range(MOST_TABS):
            if target.evaluate(f"(one) => {also}"):
                assert self.page.evaluate(SHOWN), f"the focus is not seen: {target}"
                return
            self.key("Tab")
        pytest.fail(f"no Tab leads to {target} at {self.page.url}")

    def press(self, name: str, role: str = "button") -> None:
        self.go(self.page.get_by_role(role, name=re.compile(name)).first)
        with self.page.expect_navigation():
            self.key("Enter")
        self.page.wait_for_load_state()

    def type(self, label: str, text: str) -> None:
        self.go(self.page.get_by_label(re.compile(f"^{label}")).first)
        self.keys += len(text)
        self.page.keyboard.type(text)

    def tick(self, box: Any) -> None:
        self.go(box)
        self.key("Space")
        # Where a page answers each tick, one is still there.
        self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling").first.wait_for(state="detached")
        assert box.evaluate("(one) => one === document.activeElement"), f"the focus is lost at {box}"

    def choose(self, name: str) -> None:
        """One of several: Tab leads to them, the arrows from one to the next."""
        target = self.page.get_by_role("radio", name=re.compile(name)).first
        self.go(target, "document.activeElement.type === 'radio' && document.activeElement.name === one.name")
        self.key("Space")
        for _ in range(20):
            if target.is_checked():
                return
            self.key("ArrowDown")
        pytest.fail(f"no arrow leads to {target}")


def invited(stack: Stack) -> str:
    """The link of the mail."""
    mails = wait_for(lambda: stack.mails(EMAIL), "the invitation arrives")
    found = re.search(rf"{stack.product}/invitation/\S+", mails[-1]["text"])
    assert found
    return found.group(0)


def test_a_doctor_sets_up_by_keyboard_alone_and_is_found_in_sixty_acts(
    stack: Stack, new_context: Callable[..., Any]
) -> None:
    invited_as = ["--organization=Cabinet des Coquelicots", "--first-name=Éloïse", "--last-name=Églantine"]
    for command in (
        ["invite_manager", EMAIL, *invited_as],
        ["import_directory", str(ROOT / "appointments/demo/annuaire.txt")],
    ):
        stack.inside(f"from django.core.management import call_command; call_command(*{command!r})")
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    doctor = Doctor(page)

    doctor.open(invited(stack))
    doctor.type("Nouveau mot de passe", PASSWORD)
    doctor.type("Le même, une seconde fois", PASSWORD)
    doctor.press("Rejoindre")

    doctor.type("SIRET", "99900000100016")
    doctor.type("Téléphone", "01 99 00 66 00")
    doctor.type("Adresse", "14 B boulevard de Nulle Part")
    doctor.type("Code postal", "99200")
    doctor.type("Ville", "Hameau-l’Inventé")
    doctor.press("Continuer")

    doctor.type("Nom, prénom ou numéro RPPS", "eglantine")
    doctor.press("Chercher")
    doctor.choose("Éloïse")
    doctor.tick(page.get_by_role("checkbox", name="C’est moi").first)
    doctor.press("Ajouter ce praticien")
    doctor.press("Continuer")
    doctor.press("Continuer", "link")

    doctor.press("Prendre ces")
    doctor.press("Continuer", "link")
    # The SAS looks at three days: with a holiday before them, they may hold a weekend only.
    for day in ("Samedi", "Dimanche"):
        doctor.tick(page.get_by_role("checkbox", name=re.compile(f"^{day}", re.I)).first)
    doctor.press("Enregistrer la semaine")

    doctor.press("Qui voit quoi", "link")
    doctor.press("Qui voit quoi (du|de)", "link")
    for nth in range(page.get_by_role("checkbox", name=re.compile("au SAS")).count()):
        doctor.tick(page.get_by_role("checkbox", name=re.compile("au SAS")).nth(nth))
    doctor.press("^Ouvrir")

    doctor.press("Cabinet", "link")
    doctor.press("Mise en place", "link")
    assert not found(stack, new_context), "nothing is published before the button"
    doctor.press("Vérifier", "link")
    doctor.press("Être trouvé par le SAS")
    page.get_by_text("C’est publié").first.wait_for()

    assert found(stack, new_context)
    assert doctor.acts <= MOST_ACTS, doctor.acts
    assert doctor.keys <= MOST_KEYS, doctor.keys
    assert "/admin" not in page.url


def found(stack: Stack, new_context: Callable[..., Any]) -> bool:
    """Whether the platform's own search shows a slot of hers."""
    page = new_context().new_page()
    page.goto(f"{stack.sandbox}/?chercher=1&autres={RPPS}")
    page.get_by_role("heading", name="Trouver un créneau").wait_for()
    return bool(page.locator("a[target=_blank]").filter(has_text=re.compile(r"\d+.h.\d\d")).count())
