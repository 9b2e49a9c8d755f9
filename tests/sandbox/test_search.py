"""The platform searches slots and shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.sas.platform import Platform
from sandbox.sas.slots import read_bundle, search_window, with_origin
from sandbox.sas.vocabulary import practitioner_identifier
from tests.sandbox.conftest import Browser, Clock, example
from tests.sandbox.stub_product import StubProduct

SEARCH = "/?chercher=1&ps=810100050075&ps=810002909371"
NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"


@pytest.fixture
def platform(make_platform: Callable[..., Platform], product: StubProduct) -> Platform:
    return make_platform(product_url=product.url)


@pytest.fixture
def guide_day(clock: Clock) -> None:
    """The morning of the guide's examples."""
    clock.now = datetime(2021, 11, 4, 8, 0, tzinfo=UTC)


def test_the_request_is_the_platforms_own(browser: Browser, product: StubProduct) -> None:
    product.answer(200, {"resourceType": "Bundle", "type": "searchset", "total": 0})
    browser.get(SEARCH + "&autres=10002673899")
    (asked,) = product.asked
    assert urlsplit(asked.path).path == "/fhir/Slot"
    assert asked.headers["Accept"] == "application/json+fhir"
    assert parse_qsl(urlsplit(asked.path).query, keep_blank_values=True) == [
        ("_include", "Slot:schedule"),
        ("_include:iterate", "Schedule:actor"),
        ("status", "free"),
        ("start", "ge2026-11-25T10:40:00.000+01:00"),
        ("start", "le2026-11-27T23:59:59.999+01:00"),
        (
            "schedule.actor:Practitioner.identifier",
            f"{NATIONAL}|810100050075,{NATIONAL}|810002909371,{NATIONAL}|810002673899",
        ),
        ("_count", "1000"),
    ]


@pytest.mark.usefixtures("guide_day")
def test_the_guides_bundle_is_shown_by_practitioner_and_place(
    browser: Browser, product: StubProduct, guide: Path
) -> None:
    product.answer(200, example(guide, "Bundle-ExampleBundlePSIndiv"))
    page = browser.get(SEARCH).text
    assert "2\u00a0praticiens, 4\u00a0créneaux" in page
    assert page.count("Sébastien THOMAS</h3>") == 2
    assert page.count("Guillaume MARCEL</h3>") == 1
    assert "15\u202fh\u202f20" in page  # 14:20 UTC, in Paris
    assert 'href="https://exemple.com/rdv/com/?origin=sas" target="_blank" rel="noreferrer"' in page
    for words in ("Au cabinet", "À domicile", "Téléconsultation", "tag--public", "tag--pro", "Visite de contrôle"):
        assert words in page
    assert "Sans rendez-vous" in page
    assert "1 rue Mme DELMAS" in page
    assert "06\u00a058\u00a091\u00a038\u00a059" in page
    only_home = browser.get(SEARCH + "&mode=HH").text
    assert "1\u00a0praticien, 1\u00a0créneau" in only_home


@pytest.mark.usefixtures("guide_day")
def test_the_answer_is_checked_against_the_official_profiles(
    make_platform: Callable[..., Platform],
    open_browser: Callable[[Platform], Browser],
    product: StubProduct,
    guide: Path,
) -> None:
    bundle = example(guide, "Bundle-ExampleBundlePSIndiv")
    browser = open_browser(make_platform(product_url=product.url, definitions=guide))
    slot = next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Slot")
    slot["status"] = "busy"
    product.answer(200, bundle)
    assert "s’écarte du profil officiel" in browser.get(SEARCH).text


@pytest.mark.parametrize(
    ("status", "payload", "sentence"),
    [
        (
            400,
            {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "Trop d’identifiants"}]},
            "Trop d’identif",
        ),
        (500, b"<html>", "SAS Agenda a répondu 500"),
        (200, b"not json", "Aucun créneau libre"),
        (200, {"entry": [None, {"resource": 3}, {"resource": {"resourceType": "Slot"}}]}, "Aucun créneau libre"),
    ],
)
def test_a_bad_answer_is_said_and_never_breaks_the_page(
    browser: Browser, product: StubProduct, status: int, payload: Any, sentence: str
) -> None:
    product.answer(status, payload)
    answer = browser.get(SEARCH)
    assert answer.status_code == 200
    assert sentence in answer.text


def test_a_silent_product_is_said(
    make_platform: Callable[..., Platform], open_browser: Callable[[Platform], Browser]
) -> None:
    page = open_browser(make_platform(product_url="http://127.0.0.1:9")).get(SEARCH).text
    assert "SAS Agenda ne répond pas" in page


def test_nobody_or_more_than_25_is_refused_before_any_call(browser: Browser, product: StubProduct) -> None:
    assert browser.get("/?chercher=1").status_code == 422
    many = ",".join(f"8101000{number:05d}" for number in range(26))
    answer = browser.get(f"/?chercher=1&autres={many}")
    assert answer.status_code == 422
    assert "retirez-en 1." in answer.text
    assert product.asked == []


def test_a_link_from_outside_is_only_ever_a_web_address() -> None:
    slot = {
        "resourceType": "Slot",
        "start": "2026-11-25T10:00:00.000+01:00",
        "end": "2026-11-25T10:15:00.000+01:00",
        "comment": "javascript:alert(1)",
    }
    (place,) = read_bundle({"entry": [{"resource": slot}]})
    assert [free.page for slots in place.days.values() for free in slots] == [""]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("http://x/a/?creneau=1", "http://x/a/?creneau=1&origin=sas"),
        ("http://x/a/", "http://x/a/?origin=sas"),
        ("http://x/a/?", "http://x/a/?origin=sas"),
        ("http://x/a/?b=1&", "http://x/a/?b=1&origin=sas"),
        ("http://x/a/?b=1#haut", "http://x/a/?b=1&origin=sas#haut"),
    ],
)
def test_the_origin_is_appended_as_the_address_needs(page: str, expected: str) -> None:
    assert with_origin(page) == expected


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), "2026-11-28T23:59:59.999000+01:00"),
        (datetime(2026, 10, 23, 12, 0, tzinfo=UTC), "2026-10-25T23:59:59.999000+01:00"),
        (datetime(2027, 3, 26, 12, 0, tzinfo=UTC), "2027-03-28T23:59:59.999000+02:00"),
    ],
)
def test_the_window_ends_with_the_day_after_tomorrow_in_paris(now: datetime, end: str) -> None:
    assert search_window(now)[1].isoformat() == end


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("10100050075", "810100050075"),
        ("810100050075", "810100050075"),
        (" 10 100 050 075 ", "810100050075"),
        ("2a1234567", "02A1234567"),
        ("odd", "ODD"),
    ],
)
def test_an_identifier_is_prefixed_when_it_is_typed_bare(typed: str, value: str) -> None:
    assert practitioner_identifier(typed).value == value
