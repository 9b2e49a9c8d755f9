"""Restarts one after the other lose no request; with nothing behind it the front says so in the caller's terms."""

import threading
import time
from collections import Counter

import pytest

from tests.deploy.conftest import FHIR, PUBLIC, Front

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]


def test_a_rolling_restart_loses_no_request(front: Front) -> None:
    """The FHIR search, a FHIR write and a page, without pause, while each gunicorn is replaced in turn."""
    seen: Counter[tuple[str, int, str]] = Counter()
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            for method, path, name in (
                ("GET", "/fhir/Slot?start=ge2026-11-25T00:00:00%2B01:00", FHIR),
                ("POST", "/fhir/Practitioner", FHIR),
                ("GET", "/connexion/", PUBLIC),
            ):
                answer = front.ask(
                    path, name=name, kind="valid", method=method, body=b"{}" if method == "POST" else b""
                )
                seen[method, answer.status, answer.refusal] += 1

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        for name in list(front.web):
            time.sleep(0.3)
            front.stop_web(name)
            front.start_web(name)
        time.sleep(0.3)
    finally:
        done.set()
        for asker in askers:
            asker.join()

    assert sum(seen.values()) > 50
    # A search without practitioners and an empty account are refused by the application itself: it answered.
    assert {(method, status) for method, status, _ in seen} == {("GET", 400), ("GET", 200), ("POST", 400)}


@pytest.fixture
def nothing_behind(front: Front) -> Front:
    names = list(front.web)
    for name in names:
        front.stop_web(name)
    yield front
    for name in names:
        front.start_web(name)


def test_without_the_application_the_answer_is_a_503_in_the_callers_terms(nothing_behind: Front) -> None:
    fhir = nothing_behind.ask("/fhir/metadata", kind="valid")
    assert (fhir.status, fhir.headers["retry-after"]) == (503, "30")
    assert fhir.json()["issue"][0]["code"] == "transient"

    page = nothing_behind.ask("/connexion/", name=PUBLIC)
    assert (page.status, page.headers["retry-after"]) == (503, "30")
    assert "momentanément indisponible" in page.body.decode()


def test_without_the_application_nobody_else_gets_a_5xx_for_their_certificate(nothing_behind: Front) -> None:
    for kind in ("expired", "revoked", "self_signed", "other_authority", "no_client_usage", "not_yet_valid"):
        assert nothing_behind.ask("/fhir/metadata", kind=kind).status == 403
