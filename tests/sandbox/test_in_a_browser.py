"""The simulator's pages in Chromium: accessible, within the screen, and the sign-in as a person does it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from sandbox.demo import DemoSender, demo_regulators, known_practitioners
from sandbox.sas.platform import Platform
from sandbox.sas.receiver import Request
from sandbox.web import create_application
from tests.browsers import chromium, violations
from tests.sandbox.conftest import appointment
from tests.sandbox.stub_product import StubProduct

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.browser]

PAGES = [
    "/",
    "/?chercher=1",
    "/?chercher=1&ps=810100050075",
    "/regulateurs",
    "/regulateurs?choisi=5f0c1a52-6d3e-4c1b-9a47-3b1d2e8f7a01",
    "/recus",
    "/recus?controle=conformes",
    "/pannes",
    "/courriels",
    "/connexion",
    "/connexion?kc_idp_hint=psc",
    "/nulle-part",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def address(make_platform: Callable[..., Platform], product: StubProduct) -> Iterator[str]:
    """A platform with something on every page, served for real."""
    slot = {
        "resourceType": "Slot",
        "start": "2026-11-25T14:00:00.000+01:00",
        "end": "2026-11-25T14:15:00.000+01:00",
        "comment": "http://127.0.0.1:8000/praticien/1/?creneau=2",
    }
    product.answer(200, {"resourceType": "Bundle", "entry": [{"resource": slot}]})
    platform = make_platform(product_url=product.url)
    sender = DemoSender(platform.regulators)
    sender.add_missing()
    sender.run()
    for resource in (appointment(), appointment("faulty", comment="x"), appointment("bare", created=None)):
        platform.receiver.handle(Request("POST", "/fhir/v1/Appointment", json.dumps(resource).encode()))
    platform.mailbox.keep(
        sender="a@x.example", recipients=["b@x.example"], raw=b"Subject: Bonjour\n\nhttp://x.example/"
    )
    application = create_application(platform, practitioners=known_practitioners(), demo_accounts=demo_regulators())
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(browser: Browser, address: str) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            assert violations(page) == [], path
    assert refused == []
    page.close()


def test_a_regulator_signs_in_with_a_password_then_with_pro_sante_connect(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="fr-FR")
    page.goto(address)
    page.get_by_role("link", name="Se connecter d’abord").click()
    page.get_by_label("E-mail").fill("camomille@regulation.example")
    page.get_by_label("Mot de passe").fill("camomille-demo")
    page.get_by_role("button", name="Se connecter").click()
    assert "Camomille Régulatrice-Démo, par mot de passe" in page.locator("main").inner_text()
    page.get_by_role("button", name="Se déconnecter de la plateforme").click()
    page.get_by_role("link", name="Se connecter d’abord").click()
    page.get_by_role("link", name="Pro Santé Connect").click()
    page.get_by_label("Lupin Régulateur-Démo").check()
    page.get_by_role("button", name="S’identifier").click()
    assert "Lupin Régulateur-Démo, par Pro Santé Connect" in page.locator("main").inner_text()
    page.close()
