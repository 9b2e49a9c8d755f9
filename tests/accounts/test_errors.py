"""Pages for what went wrong, and the answer to probes."""

import re
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from psycopg.errors import ReadOnlySqlTransaction

from accounts.throttle import Closing, Counter
from sas_agenda import errors


def test_a_page_that_does_not_exist_says_so_in_french(client: Client) -> None:
    response = client.get("/rien/<b>/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "Cette page n’existe pas" in page
    assert "<b>" not in page
    assert 'lang="fr"' in page


def test_a_patient_is_led_to_the_hours_not_to_a_sign_in(client: Client) -> None:
    for address in ("/rendez-vous-en-ligne/rien/", "/r/x/y/", "/a/x/y/"):
        text = client.get(address).content.decode()
        assert f'href="{reverse("online-find")}"' in text
        assert f'href="{reverse("home")}">Aller' not in text


def test_a_failure_is_told_with_a_reference_that_is_in_the_log_and_without_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No `db` mark: any query here would fail this test."""

    def fail(request: object) -> None:
        raise DatabaseError("la base est à l’arrêt")

    monkeypatch.setattr("accounts.views.sign_in.SignInView.get", lambda self, request: fail(request))
    client.raise_request_exception = False
    response = client.get("/connexion/")
    assert response.status_code == 500
    page = response.content.decode()
    reference = re.search(r"500-[0-9A-F]{6}", page)
    assert reference
    assert reference.group() in caplog.text
    assert "à l’arrêt" not in page


@pytest.mark.parametrize(
    "name",
    [
        "bad_request",
        "forbidden",
        "not_found",
        "server_error",
        "csrf_failure",
        "locked_out",
        "unavailable",
        "too_many_passwords",
    ],
)
def test_each_page_is_drawn_without_the_database(rf: RequestFactory, name: str) -> None:
    request = rf.get("/")
    request.sign_in_closing = Closing(Counter.CLIENT, 30)  # type: ignore[attr-defined]
    response = getattr(errors, name)(request)
    assert response.status_code >= 400
    assert "<h1" in response.content.decode()


@pytest.mark.django_db
def test_a_form_of_before_the_sign_in_is_refused_with_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/connexion/", {"username": "a@b.test", "password": "x"})
    assert response.status_code == 403
    assert "rechargez la page" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_probes_are_answered_without_the_database(client: Client, method: str) -> None:
    response = getattr(client, method)("/sante/")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_refuses_what_it_is_not_for(client: Client, method: str) -> None:
    assert getattr(client, method)("/sante/").status_code == 405
    assert getattr(client, method)("/sas/retour/").status_code == 405


def test_a_session_that_the_database_takes_no_more_is_not_the_browsers_mistake(
    practitioner_client: Client, settings: Any
) -> None:
    """Django says « the session was deleted », and 400."""
    settings.SESSION_SAVE_EVERY_REQUEST = True

    def of_a_replica(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")):
            raise InternalError("cannot execute … in a read-only transaction") from ReadOnlySqlTransaction()
        return execute(sql, *rest)

    with connection.execute_wrapper(of_a_replica):
        response = practitioner_client.get("/mot-de-passe/changer/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
