"""A patient on a phone, on pages without script: from the practice's page to the confirmation, then moved, late, cancelled; at
each width and enlarged, without an accessibility violation.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import violations
from tests.system.conftest import Stack, database, wait_for

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
PHONE = {"width": 390, "height": 844}
# The widest, a tablet, a phone; and what 1280 px are at 400 %.
WIDTHS = [1440, 768, 390, 320]


class Taps:
    """Counts what a thumb does; typing is no tap, choosing and sending are."""

    def __init__(self, page: Any) -> None:
        self.page, self.count = page, 0

    def on(self, what: Any) -> None:
        self.count += 1
        what.click(force=True)
        self.page.wait_for_load_state()


def look(page: Any, name: str) -> None:
    """At every width: nothing wider than the screen, no violation, targets for thumbs; and no script."""
    assert page.locator("script").count() == 0, name
    folder = os.environ.get("SCREENSHOTS")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/online-{name}-{width}.png", full_page=True)
    page.set_viewport_size(PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll('main .btn, main .go, main .choice__box, main .date[href]')]
            .filter(one => { const box = one.getBoundingClientRect(); return box.width && box.height < 43.5; })
            .map(one => one.className + ' ' + one.textContent.trim())"""
    )
    assert small == [], (name, small)
    assert violations(page) == [], name


def visit_link(stack: Stack, email: str) -> str:
    link = re.search(r"/r/[\w=-]+/", last_mail(stack, email, "est confirmé"))
    assert link is not None
    return stack.product + link[0]


def last_mail(stack: Stack, to: str, what: str) -> str:
    """The text of the newest mail to somebody that says this."""

    def find() -> str | None:
        bodies = [str(one["text"]) for one in stack.mails(to)]
        return next((one for one in bodies if re.search(what, one)), None)

    return str(wait_for(find, f"a mail to {to}"))


def book(
    stack: Stack, page: Any, *, email: str, name: str, relative: bool = False, seen: bool = False
) -> tuple[int, str]:
    """From the page of the practitioner to the confirmation. How many taps, and the link of the visit."""
    taps = Taps(page)
    taps.on(page.get_by_role("button", name="Voir les heures"))
    if seen:
        look(page, "hours")
    taps.on(page.locator(".daycols .choice").last)
    taps.on(page.get_by_role("button", name="Continuer"))
    if seen:
        look(page, "details")
    if relative:
        taps.on(page.get_by_label("Un proche"))
        page.get_by_label("Votre nom").fill("Nina Jasmin-Démo")
    page.get_by_label("Prénom").fill("Kumquat")
    page.get_by_label("Nom", exact=True).fill(name)
    page.get_by_label("Date de naissance").fill("14/02/1991")
    page.get_by_label("Téléphone mobile").fill("06 39 98 12 34")
    by_email = page.get_by_label("Par e-mail")
    if by_email.count():
        taps.on(by_email)
    page.get_by_label("E-mail", exact=True).fill(email)
    taps.on(page.get_by_role("button", name="Recevoir le code"))
    [code] = re.findall(r"\b(\d{6})\b", last_mail(stack, email, r"Votre code"))[:1]
    if seen:
        look(page, "code")
        page.get_by_label("Code à 6 chiffres").fill("12")
        page.get_by_role("button", name="Confirmer le rendez-vous").click()
        page.get_by_text("Le code a 6 chiffres").wait_for()
    page.get_by_label("Code à 6 chiffres").fill(code)
    taps.on(page.get_by_role("button", name="Confirmer le rendez-vous"))
    page.get_by_role("heading", name="Rendez-vous confirmé").wait_for()
    return taps.count, visit_link(stack, email)


def test_a_patient_books_moves_and_cancels_on_a_phone(stack: Stack, new_context: Callable[..., Any]) -> None:
    page = new_context(viewport=PHONE).new_page()
    page.goto(f"{stack.product}/rendez-vous-en-ligne/?quoi=tournesol&ou=villefictive")
    page.get_by_role("link", name="Dr Alba Tournesol", exact=True).click()
    page.get_by_role("heading", name="Dr Alba Tournesol").wait_for()
    taps, link = book(stack, page, email="proche@exemple.test", name="Jasmin-Proche", relative=True, seen=True)
    assert taps <= 12
    look(page, "done")

    other = new_context(viewport=PHONE).new_page()
    other.goto(link)
    look(other, "door")
    other.get_by_label("Date de naissance du patient").fill("14/02/1991")
    other.get_by_role("button", name="Voir le rendez-vous").click()
    other.get_by_role("heading", name="Rendez-vous de K. J.").wait_for()
    with database(stack) as connection:
        # Whatever the day: it is far enough.
        connection.execute("UPDATE accounts_organization SET online_cutoff_hours = 0")
    other.reload()
    look(other, "manage")
    other.get_by_role("link", name="Déplacer").click()
    other.locator(".daycols .choice").nth(-2).click()
    look(other, "move")
    other.get_by_role("button", name="Déplacer").click()
    other.get_by_text("voici la nouvelle heure").wait_for()
    with database(stack) as connection:
        connection.execute("UPDATE accounts_organization SET online_cutoff_hours = 168")
    other.reload()
    look(other, "late")
    other.get_by_role("button", name=re.compile("^10")).click()
    other.get_by_text("Le cabinet est prévenu").wait_for()
    with database(stack) as connection:
        connection.execute("UPDATE accounts_organization SET online_cutoff_hours = 0")
    other.reload()
    cancel(other)


def cancel(page: Any) -> None:
    """On the visit's own page."""
    page.get_by_text("Annuler le rendez-vous").first.click()
    page.get_by_role("button", name="Annuler le rendez-vous").click()
    page.get_by_text("Ce rendez-vous est annulé").wait_for()


def test_what_is_read_before_is_for_everybody(stack: Stack, new_context: Callable[..., Any]) -> None:
    page = new_context(viewport=PHONE).new_page()
    received: list[int] = []
    page.on("response", lambda answer: received.append(int(answer.headers.get("content-length") or len(answer.body()))))
    page.goto(f"{stack.product}/rendez-vous-en-ligne/?quoi=tournesol")
    page.locator(".go").first.wait_for()
    # As sent here, not compressed; a front compresses it further.
    assert sum(received) < 150_000
    assert page.context.cookies() == []
    look(page, "find")
    for name, path in (
        ("none", "?quoi=dermatologue"),
        ("accessibility", "accessibilite/"),
        ("data", "donnees/"),
        ("legal", "mentions/"),
    ):
        page.goto(f"{stack.product}/rendez-vous-en-ligne/{path}")
        look(page, name)
    page.goto(f"{stack.product}/rendez-vous-en-ligne/?quoi=muguet")
    page.get_by_role("link", name="Dr Iris Muguet", exact=True).click()
    page.get_by_role("heading", name="Dr Iris Muguet").wait_for()
    look(page, "practitioner")
    assert page.context.cookies() == []


def waits(stack: Stack, page: Any, *, email: str, name: str) -> str:
    """From the hours' page to the list. The link of one's place in it."""
    ask_for_hours(page)
    page.get_by_role("link", name="Être prévenu").click()
    page.get_by_label("Dimanche").check()
    page.get_by_label("Prénom").fill("Kumquat")
    page.get_by_label("Nom", exact=True).fill(name)
    page.get_by_label("Date de naissance").fill("14/02/1991")
    page.get_by_label("Téléphone mobile").fill("06 39 98 12 34")
    by_email = page.get_by_label("Par e-mail")
    if by_email.count():
        by_email.click(force=True)
    page.get_by_label("E-mail", exact=True).fill(email)
    look(page, "wait")
    # As far ahead as one may.
    until = page.evaluate("new Date(Date.now() + 88 * 86400e3).toISOString().slice(0, 10)")
    page.get_by_label("Jusqu’au").fill(until)
    page.get_by_role("button", name="Recevoir le code").click()
    [code] = re.findall(r"\b(\d{6})\b", last_mail(stack, email, r"Votre code"))[:1]
    page.get_by_label("Code à 6 chiffres").fill(code)
    page.get_by_role("button", name="M’inscrire").click()
    page.get_by_text("C’est noté").wait_for()
    look(page, "waiting")
    return str(page.url).partition("?")[0]


def ask_for_hours(page: Any) -> None:
    page.get_by_role("button", name="Voir les heures").click()
    page.locator(".daycols .choice").first.wait_for()


def test_from_the_waiting_list_to_a_visit(stack: Stack, new_context: Callable[..., Any]) -> None:
    def at_practitioner() -> Any:
        page = new_context(viewport=PHONE).new_page()
        page.goto(f"{stack.product}/rendez-vous-en-ligne/?quoi=tournesol&ou=villefictive")
        page.get_by_role("link", name="Dr Alba Tournesol", exact=True).click()
        at_the_house(page)
        return page

    def at_the_house(page: Any) -> None:
        # A list is one practice's, and its practitioner receives in two.
        page.get_by_label("Maison de santé des Lilas-Fictifs").check(force=True)

    with database(stack) as connection:
        # At any hour of the day on which this runs.
        connection.execute(
            """INSERT INTO appointments_messagesettings
                   (organization_id, version, reminders, quiet_from, quiet_until, sundays, to_bring)
               SELECT id, 1, '{}', '00:00', '00:00', true, '' FROM accounts_organization
               ON CONFLICT (organization_id) DO UPDATE SET quiet_from = '00:00', quiet_until = '00:00', sundays = true"""
        )
        connection.execute("UPDATE accounts_organization SET online_cutoff_hours = 0")
    page = at_practitioner()
    ask_for_hours(page)
    page.go_back()
    page.get_by_role("button", name="Voir les heures").wait_for()
    at_the_house(page)
    _, taken = book(stack, page, email="premier@exemple.test", name="Jasmin-Premier")
    page, email = at_practitioner(), "attend@exemple.test"
    link = waits(stack, page, email=email, name="Jasmin-Attend")
    with database(stack) as connection:
        looked = """SELECT count(*) FROM appointments_waitinglook
                    WHERE reached > (SELECT max(registered_at) FROM appointments_waitingentry) + interval '90 days'"""
        wait_for(lambda: connection.execute(looked).fetchone()[0] > 0, "a first look")
    # As patients do it: a worker is woken. What frees an hour without a word waits for the minute's sweep.
    other = new_context(viewport=PHONE).new_page()
    other.goto(taken)
    other.get_by_label("Date de naissance du patient").fill("14/02/1991")
    other.get_by_role("button", name="Voir le rendez-vous").click()
    cancel(other)
    assert link.removeprefix(stack.product) in last_mail(stack, email, "Une place s’est libérée")
    phone = new_context(viewport=PHONE).new_page()
    phone.goto(link)
    look(phone, "offer")
    phone.get_by_role("button", name=re.compile("^Prendre")).click()
    phone.get_by_role("heading", name="C’est votre heure").wait_for()
    look(phone, "taken")
