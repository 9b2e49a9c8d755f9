"""Fifty people book one slot at the same moment over HTTP: one gets it, the others are told, nobody sees an error."""

import re
import threading
import uuid
from collections import Counter
from html import unescape

import pytest

from tests.system.conftest import Stack, database
from tests.system.pages import REGULATOR, slot_links
from tests.system.plain_browser import Form, Page, PlainBrowser

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system")]
CLIENTS = 50
PATIENT = {
    "family_name": "Cohue-Démo",
    "given_name": "Camille",
    "birth_date": "14/02/1991",
    "sex": "female",
    "phone": "06 39 98 12 34",
}


def test_of_fifty_concurrent_bookings_exactly_one_succeeds(stack: Stack) -> None:
    browser = PlainBrowser()
    landing = _arrive(stack, browser)
    key = re.search(r"creneau=([0-9a-f]{32}-\d{8}T\d{4}Z-\d+)", landing.url)
    assert key is not None
    address = f"{stack.product}/rendez-vous/nouveau/?creneau={key[1]}"
    page = browser.get(address)
    form = page.form_with("family_name", "request_id")
    again = browser.get(address).form_with("request_id")
    assert again.fields["request_id"] != form.fields["request_id"], "each form is a request of its own"
    barrier = threading.Barrier(CLIENTS)
    answers: list[Page] = []

    def send() -> None:
        window = browser.copy()
        barrier.wait()
        answers.append(window.send(form, PATIENT | {"request_id": str(uuid.uuid4())}, page.url))

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(answer.status for answer in answers) == {200: 1, 409: CLIENTS - 1}
    (winner,) = (answer for answer in answers if answer.status == 200)
    assert winner.url.endswith("/confirmation/")
    for loser in (answer for answer in answers if answer.status == 409):
        assert "vient d’être pris" in unescape(loser.text)
        assert "Cohue-Démo" in loser.text  # what was typed is kept
    with database(stack) as connection:
        row = connection.execute(
            "SELECT count(*) FROM appointments_patient WHERE family_name = 'Cohue-Démo'"
        ).fetchone()
    assert row == (1,)


def _arrive(stack: Stack, browser: PlainBrowser) -> Page:
    """By the link of a free slot, signed in at the platform, the terms accepted: on the practitioner's page."""
    # Late in the list: the other tests of this product take the first ones.
    page = browser.get(slot_links(stack)[-1])
    if page.url.startswith(stack.sandbox):
        page = page.submit(page.form_with("email", "motdepasse"), email=REGULATOR[0], motdepasse=REGULATOR[1])
    if "/conditions/" in page.url:
        page = page.submit(_terms_form(page), accept="on")
    assert "/praticien/" in page.url, (page.status, page.url)
    return page


def _terms_form(page: Page) -> Form:
    return next(form for form in page.forms() if form.action.rstrip("/").endswith("/conditions"))
