"""What holds of every page of the simulator."""

from __future__ import annotations

import itertools
import re

import pytest

from sandbox.sas.platform import Platform
from sandbox.sas.regulators import Regulator
from tests.sandbox.conftest import BASE, Browser, appointment
from tests.sandbox.test_identity_provider import SIGN_IN
from tests.sandbox.test_receiver import post

PAGES = [
    "/",
    "/?chercher=1",
    "/regulateurs",
    "/recus",
    "/pannes",
    "/courriels",
    "/connexion",
    "/connexion?kc_idp_hint=psc",
    "/x",
]


@pytest.fixture(autouse=True)
def _something_to_show(browser: Browser, platform: Platform, regulator: Regulator) -> None:
    post(browser, appointment())
    post(browser, appointment("<b>x</b>", comment="<script>alert(1)</script>"))
    platform.mailbox.keep(sender="a", recipients=["b"], raw=b"Subject: <i>x</i>\n\n<script>alert(1)</script>")


def test_every_page_is_marked_as_a_simulator_holds_no_script_or_style_and_its_french_is_set(browser: Browser) -> None:
    for path in PAGES:
        answer = browser.get(path)
        page = answer.text
        assert '<body class="sim">' in page, path
        assert 'class="simbar"' in page, path
        assert re.search(r"<title>[^<]*Simulateur[^<]*</title>", page), path
        assert '<html lang="fr">' in page, path
        assert page.count("<h1") == 1, path

        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|<i>x|<b>x", page), path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path

        # No-break spaces and curly apostrophes.
        text = re.sub(r"<pre.*?</pre>|<[^>]+>", " ¶ ", page, flags=re.S)
        assert not re.search(r"\w [:;?!»]|« \w", text), path
        assert not re.search(r"\w'\w", text), path


FORMS = [
    "/regulateurs/creer", "/recus/vider", "/courriels/vider", "/pannes", "/pannes/arreter", "/connexion", "/deconnexion",
]  # fmt: skip


def test_a_form_without_its_token_is_refused(browser: Browser) -> None:
    browser.get("/pannes")
    origins = (None, "null", "http://127.0.0.1:8000", "https://sas.example")
    for path, token, origin in itertools.product(FORMS, ("", "guess", "é"), origins):
        headers = {"Origin": origin} if origin else {}
        answer = browser.client.post(path, data={"jeton": token}, base_url=BASE, headers=headers)
        assert answer.status_code == 400, path
        assert "rechargez-la" in answer.text, path


def test_of_two_first_pages_at_once_both_forms_are_taken(browser: Browser) -> None:
    """Each got a cookie, and the browser keeps the last."""
    sent = {"data": {"jeton": "that of the other tab"}, "base_url": BASE, "headers": {"Origin": BASE}}
    assert browser.client.post("/pannes/arreter", **sent).status_code in {302, 303}


def test_the_programs_interface_takes_json_only(browser: Browser) -> None:
    answer = browser.client.post("/api/faults", data={"kind": "500"}, base_url=BASE)
    assert answer.status_code == 415


def test_another_host_name_is_refused(browser: Browser) -> None:
    assert browser.client.get("/", base_url="http://rebound.example:8001").status_code == 400


def test_the_platform_says_who_is_signed_in_and_signs_out(browser: Browser, regulator: Regulator) -> None:
    assert "Personne n’est connecté" in browser.get("/").text
    assert browser.post("/connexion", SIGN_IN).status_code == 302
    assert f"<strong>{regulator.name}</strong>, par mot de passe" in browser.get("/").text
    cookie = browser.client.get_cookie("sandbox_sso", domain="127.0.0.1")
    assert cookie is not None
    assert cookie.http_only
    browser.post("/deconnexion", form="/")
    assert "Personne n’est connecté" in browser.get("/").text


def test_the_style_sheets_are_the_products(browser: Browser) -> None:
    sheets = re.findall(r"/static/css/[a-z]+[.]css", browser.get("/").text)
    assert len(sheets) == 7
    for sheet in sheets:
        assert browser.get(sheet).status_code == 200
    assert browser.get("/static/css/../../manage.py").status_code == 404
    assert browser.get("/static/sandbox.css").status_code == 200


def test_the_history_and_the_body_of_an_appointment_are_shown(browser: Browser) -> None:
    post(browser, appointment(status="cancelled"))
    page = browser.get("/recus?recu=1").text
    assert "Histoire de ce rendez-vous" in page
    assert "mercredi 25 novembre 2026, 14\u202fh\u202f00" in page
    assert "Profil non vérifié\u00a0: définitions absentes" in page
    for strange in ("/recus?page=99", "/recus?page=x", "/recus?recu=999", "/recus?controle=x"):
        assert browser.get(strange).status_code == 200
