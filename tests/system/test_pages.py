"""Every page and state of the story, in Chromium at two widths: no accessibility violation, nothing wider than the screen.

`SCREENSHOTS=folder ./agenda test tests/system/test_pages.py` keeps a picture of each, to look at beside the mockups.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.factories import PARIS
from tests.system.conftest import WORKER, Stack
from tests.system.looking import WIDTHS, Look, look
from tests.system.pages import (
    ALWAYS_OPEN_NUMBER,
    MANAGER,
    RECEPTION,
    accept_terms,
    arrive,
    book,
    confirmed,
    days_of_who_is_always_open,
    fill_patient,
    next_slot,
    pick_slot,
    search_slots,
    sign_in_at_the_sas,
    sign_in_to_the_practice,
)

__all__ = ["look"]  # a fixture

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
ADMINISTRATOR = ("administration@demo.example", "administration-demo-2026")


NewContext = Callable[..., Any]


def _end_of_summer_time() -> str:
    """The last Sunday of October, next year."""
    last = date(datetime.now(UTC).year + 1, 10, 31)
    return str(last - timedelta(days=last.isoweekday() % 7))


def test_doors(stack: Stack, new_context: NewContext, look: Look) -> None:
    page = new_context().new_page()
    for name, path in [
        ("sign-in", "/connexion/"),
        ("password-reset", "/mot-de-passe/oublie/"),
        ("not-found", "/rendez-vous/nulle-part/"),
        ("unknown-origin", "/praticien/00000000-0000-0000-0000-000000000000/?creneau=x&origin=ailleurs"),
    ]:
        page.goto(stack.product + path)
        look.at(name, page)
    page.goto(stack.product + "/connexion/")
    page.get_by_label("E-mail").fill("personne@demo.example")
    page.get_by_label("Mot de passe", exact=True).fill("pas le bon")
    page.get_by_role("button", name="Se connecter").click()
    look.at("sign-in-refused", page)


def test_regulator(stack: Stack, new_context: NewContext, look: Look) -> None:
    page = new_context().new_page()
    search_slots(stack, page, number=ALWAYS_OPEN_NUMBER)
    landing = pick_slot(page, next_slot(stack))
    sign_in_at_the_sas(landing, "lupin@regulation.example", "lupin-demo")
    if "/conditions/" in landing.url:
        look.at("terms", landing)
        accept_terms(landing)
    landing.wait_for_url(re.compile("/praticien/"))
    look.at("landing", landing)
    gone = re.sub(r"creneau=([0-9a-f]{32}).*", r"creneau=\1-20200101T0900Z-15", landing.url)
    other = landing.context.new_page()
    other.goto(gone)
    look.at("landing-slot-gone", other)

    landing.get_by_role("link", name=re.compile("^Réserver")).first.click()
    landing.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    look.at("form", landing)
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    landing.wait_for_load_state()
    fill_patient(landing)
    landing.get_by_label(re.compile("^Téléphone")).fill("06 39 98")
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    landing.get_by_role("alert").wait_for()
    assert landing.evaluate("document.activeElement.name") == "phone"
    look.at("form-refused", landing)

    # The same slot in two windows: the second one is told, details kept, and books the nearest with one click.
    other.goto(landing.url)
    fill_patient(other, family_name="Premier-Démo")
    other.get_by_role("button", name=re.compile("^Confirmer")).click()
    confirmed(other)
    look.at("confirmation", other)
    other.get_by_role("link", name="Corriger le patient").click()
    other.get_by_role("heading", name="Corriger le patient").wait_for()
    look.at("correction", other)
    fill_patient(landing, family_name="Second-Démo")
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    landing.get_by_role("heading", name=re.compile("vient d’être pris")).wait_for()
    look.at("slot-taken", landing)
    assert landing.get_by_text("Second-Démo").count()
    # « Entrée » alone books nothing after a refusal.
    assert landing.evaluate("document.activeElement.id") == "titre"
    landing.keyboard.press("Control+Enter")
    confirmed(landing)
    assert landing.get_by_text("Second-Démo").count()

    for name, path in [("my-referrals", "/orientations/"), ("my-referrals-past", "/orientations/?periode=passees")]:
        landing.goto(stack.product + path)
        look.at(name, landing)


@pytest.mark.of_today
def test_practice(stack: Stack, new_context: NewContext, look: Look) -> None:
    # One of the next two hours: at any time of the evening it can already be marked honoured.
    _, appointment_id = book(stack, new_context().new_page())
    page = new_context().new_page()
    sign_in_to_the_practice(stack, page)
    # Where one was last is remembered: the tests before this one were elsewhere.
    page.locator(".agendabar__whose summary").click()
    page.locator(".agendabar").get_by_role("link", name="Clémence Genêt").click()
    page.get_by_role("link", name="Semaine", exact=True).click()
    page.locator(".seg__item[aria-current]:has-text('Semaine')").wait_for()
    look.at("week", page)
    page.goto(page.url.replace("/semaine/", "/jour/"))
    look.at("day", page)
    day = page.url
    page.locator(".agendabar__whose summary").click()
    for box in page.locator(".agendabar [name=avec]").all():
        box.check()
    page.get_by_role("button", name="Afficher").click()
    page.wait_for_url(re.compile(r"/agenda/jour/.*avec=.*avec="))
    look.at("day-columns", page)
    for name in ("Mois", "Liste"):
        # A phone has them in a menu.
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("link", name=name, exact=True).click()
        page.locator(f".seg__item[aria-current]:has-text('{name}')").wait_for()
        look.at(f"agenda-{name.lower()}", page)
    page.goto(f"{stack.product}/agenda/groupes/")
    look.at("groups", page)
    page.goto(day)
    page.locator(".toolbar summary").filter(has_text="Affichage").click()
    papers = {
        name: page.get_by_role("link", name=name).get_attribute("href")
        for name in ("Imprimer le jour", "Imprimer la semaine", "Exporter ou s’abonner")
    }
    for name, path in papers.items():
        page.goto(stack.product + path)
        look.at(f"paper-{name.split()[-1]}", page)
    # From another day's: in an hour that comes twice this one's form says which already.
    page.goto(re.sub(r"/jour/.*", f"/jour/{datetime.now(UTC).date() + timedelta(days=2)}/", day))
    openings = re.sub(r"/jour/.*", "/horaires/", page.url)
    page.get_by_role("link", name="Nouveau rendez-vous").click()
    page.get_by_role("heading", name="Nouveau rendez-vous").wait_for()
    look.at("new-appointment", page)
    # In the night that ends summer time, away from any opening: asked which hour, then told, then taken all the same.
    fill_patient(page, family_name="Nuit-Démo")
    page.get_by_label("Jour", exact=True).fill(_end_of_summer_time())
    page.get_by_label("Heure", exact=True).fill("2h30")
    page.get_by_label("Durée en minutes").fill("20")
    page.get_by_role("button", name=re.compile("^Prendre le rendez-vous")).click()
    page.get_by_label("2\u202fh\u202f30 (heure d’hiver)").wait_for()
    look.at("new-appointment-refused", page)
    page.get_by_label("(heure d’hiver)").check()
    page.get_by_role("button", name=re.compile("^Prendre le rendez-vous")).click()
    page.get_by_text("Rien n’est encore pris").wait_for()
    page.get_by_label(re.compile("quand même")).check()
    look.at("new-appointment-in-the-way", page)
    page.get_by_role("button", name="Prendre quand même").click()
    page.wait_for_url(re.compile(r"/rendez-vous/[0-9a-f-]+/$"))
    page.get_by_role("link", name="Corriger le patient").click()
    page.get_by_role("heading", name="Corriger le patient").wait_for()
    look.at("patient", page)
    page.get_by_label(re.compile("^Nom de famille")).fill("")
    page.get_by_role("button", name=re.compile("^Enregistrer")).click()
    page.get_by_role("alert").wait_for()
    page.get_by_role("link", name="Patients", exact=True).click()
    page.get_by_label(re.compile("^Nom, prénom, naissance")).fill("nuit 1991")
    page.get_by_role("link", name="NUIT-DÉMO Kumquat", exact=True).wait_for()
    look.at("patients", page)
    page.get_by_role("link", name="NUIT-DÉMO Kumquat", exact=True).click()
    page.get_by_role("heading", name="NUIT-DÉMO Kumquat").wait_for()
    look.at("patient-file", page)
    page.get_by_role("link", name="Rendez-vous pour NUIT-DÉMO Kumquat").click()
    page.get_by_role("heading", name="Les premiers libres").wait_for()
    look.at("slot-finder", page)
    page.get_by_role("link", name="À une autre heure").click()
    page.get_by_role("button", name="Un autre patient").wait_for()
    page.goto(openings)
    look.at("openings", page)
    page.get_by_role("link", name=re.compile("Absence")).first.click()
    page.wait_for_load_state()
    look.at("absence", page)
    appointment = f"{stack.product}/rendez-vous/{appointment_id}/"
    page.goto(appointment)
    look.at("appointment", page)
    page.get_by_role("button", name="Marquer honoré").click()
    page.wait_for_load_state()
    look.at("appointment-honoured", page)


def test_who_may_do_what(stack: Stack, new_context: NewContext, look: Look) -> None:
    manager = new_context().new_page()
    sign_in_to_the_practice(stack, manager, MANAGER)
    manager.get_by_role("link", name="Horaires", exact=True).click()
    manager.get_by_role("link", name="Règle").first.click()
    manager.wait_for_load_state()
    look.at("rule", manager)
    manager.get_by_role("link", name="Cabinet").click()
    manager.get_by_role("heading", name="Équipe").wait_for()
    look.at("team", manager)
    manager.locator(".levels a.table__link").first.click()
    look.at("team-member", manager)
    manager.get_by_label("Accès jusqu’au").fill("2020-01-01")
    manager.get_by_role("button", name="Enregistrer les droits").click()
    manager.get_by_text("Cette date est passée").first.wait_for()
    look.at("team-refused", manager)
    manager.get_by_role("link", name="Retirer de la structure").click()
    look.at("team-member-remove", manager)
    manager.get_by_role("link", name="Garder").click()
    manager.get_by_role("link", name="Fermer").click()
    manager.get_by_role("link", name="Inviter quelqu’un").click()
    look.at("team-invite", manager)
    manager.get_by_role("link", name="Motifs").click()
    look.at("reasons", manager)
    manager.locator(".reasons a.table__link").first.click()
    look.at("reason", manager)
    manager.get_by_role("link", name="Activité").click()
    manager.get_by_text("Voir les chiffres").first.click()
    look.at("activity", manager)
    manager.get_by_role("link", name="Rapport d’activité SAS").click()
    manager.get_by_role("heading", name="Activité pour le SAS").wait_for()
    look.at("sas-report", manager)
    reception = new_context().new_page()
    sign_in_to_the_practice(stack, reception, RECEPTION)
    look.at("week-busy", reception)
    assert not reception.get_by_text("-Démo, ").count()


def test_a_regulator_signed_in_by_password_has_no_rights(stack: Stack, new_context: NewContext, look: Look) -> None:
    page = new_context().new_page()
    arrived = arrive(stack, new_context().new_page())
    page.goto(arrived.url)
    assert "/connexion/" in page.url
    look.at("sign-in-next", page)


def test_administration(stack: Stack, new_context: NewContext, look: Look) -> None:
    book(stack, new_context().new_page())
    page = new_context().new_page()
    page.goto(stack.product + "/connexion/")
    page.get_by_label("E-mail").fill(ADMINISTRATOR[0])
    page.get_by_label("Mot de passe", exact=True).fill(ADMINISTRATOR[1])
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(re.compile("/exploitation/"))
    look.at("operations-overview", page)
    page.goto(stack.product + "/admin/")
    look.at("admin", page)
    page.goto(stack.product + "/admin/interop/delivery/")
    look.at("admin-deliveries", page)
    page.locator("#result_list th a[href*='/change/'], #result_list td a[href*='/change/']").first.click()
    page.wait_for_load_state()
    look.at("admin-delivery", page)

    for name, path in [
        ("operations-deliveries", "/exploitation/livraisons/"),
        ("operations-deliveries-none", "/exploitation/livraisons/?rendez-vous=xyz"),
        ("operations-send-again", "/exploitation/livraisons/renvoyer/"),
        ("operations-reconciliation", "/exploitation/rapprochement/"),
        ("operations-circuit", "/exploitation/liaison/"),
        ("operations-inbound", "/exploitation/appels/"),
    ]:
        page.goto(stack.product + path)
        look.at(name, page)
        if page.locator(".table__link").count() and name != "operations-reconciliation":
            page.locator(".table__link").first.click()
            page.wait_for_load_state()
            look.at(f"{name}-panel", page)


def test_an_operator_sends_again_by_keyboard_and_sees_it_leave(
    stack: Stack, new_context: NewContext, look: Look
) -> None:
    regulator = new_context().new_page()
    stack.fault("422", 1)
    landing, _ = book(stack, regulator)
    sendings = landing.locator("#envois")
    sendings.get_by_text("Non transmis au SAS").wait_for()
    stack.fault(None)

    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(stack.product + "/exploitation/")
    page.get_by_label("E-mail").fill(ADMINISTRATOR[0])
    page.get_by_label("Mot de passe", exact=True).fill(ADMINISTRATOR[1])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Un point demande votre attention").wait_for()
    look.at("operations-overview-blocked", page)
    page.get_by_role("link", name="Voir les livraisons bloquées").press("Enter")
    look.at("operations-deliveries-blocked", page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator(".table__link").first.press("Enter")
    page.wait_for_url(re.compile("#detail$"))
    assert page.evaluate("document.activeElement.id") == "detail"
    for wide, high in WIDTHS.values():
        page.set_viewport_size({"width": wide, "height": high})
        page.reload()
        assert page.evaluate("scrollY") == 0, "the environment stays in view"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Copier").first.press("Enter")
    page.get_by_role("button", name="Copié").wait_for()
    assert "OperationOutcome" in page.evaluate("navigator.clipboard.readText()")
    look.at("operations-delivery-blocked", page)
    with stack.frozen(WORKER):
        # Else the page may come back when all is done, with nothing left to announce.
        page.get_by_role("button", name="Renvoyer", exact=True).press("Enter")
        page.get_by_text("La livraison repart vers le SAS").wait_for()
    page.locator("main").get_by_text("Terminée.").wait_for()
    assert "Terminée." in page.locator("#annonces").inner_text()
    look.at("operations-delivery-sent", page)
    sendings.get_by_text("Transmis au SAS", exact=True).wait_for(timeout=30_000)

    page.clock.install()
    page.goto(stack.product + "/exploitation/")
    context.clear_cookies()
    page.clock.fast_forward("01:00")  # it asks for news twice a minute
    page.wait_for_url(re.compile("/connexion/"), timeout=30_000)


def test_shortcuts_can_be_switched_off(stack: Stack, new_context: NewContext) -> None:
    """One-letter ones by whoever dictates (WCAG 2.1.4), on any machine of theirs; arrows only move from a slot."""
    context = new_context()
    page = context.new_page()
    sign_in_to_the_practice(stack, page)
    page.keyboard.press("Shift+J")
    page.wait_for_url(re.compile("/jour/"))
    page.locator(".side__person summary").click()
    with page.expect_response(re.compile("/raccourcis/")):
        page.get_by_role("button", name="Couper les raccourcis").click()
    page.locator("body").press("Shift+S")
    page.reload()
    page.locator("body").press("Shift+S")
    assert "/jour/" in page.url
    page.locator(".side__person summary").click()
    with page.expect_response(re.compile("/raccourcis/")):
        page.get_by_role("button", name="Activer les raccourcis").click()
    page.locator("body").press("Shift+S")
    page.wait_for_url(re.compile("/semaine/"))

    landing = arrive(stack, new_context().new_page())
    focused = "document.activeElement.matches('[data-slot]')"
    landing.keyboard.press("ArrowDown")
    assert landing.evaluate(focused)
    landing.get_by_role("link", name="Mes orientations").focus()
    landing.keyboard.press("ArrowDown")
    assert not landing.evaluate(focused)


def test_an_agenda_left_open_past_midnight_shows_no_line_in_yesterday(stack: Stack, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.clock.install()
    sign_in_to_the_practice(stack, page)
    # The one that is open day and night: its grid shows every hour. Of this day: at its end home opens on the coming week.
    page.goto(f"{stack.product}{days_of_who_is_always_open(page)}{datetime.now(PARIS):%Y-%m-%d}/")
    line = page.locator(".agenda__day--now [data-now]")
    line.wait_for(state="attached")
    page.clock.fast_forward("00:31")
    assert line.count() == 1
    page.clock.fast_forward("24:00:00")
    assert page.locator("[data-now], .agenda__day--now").count() == 0
