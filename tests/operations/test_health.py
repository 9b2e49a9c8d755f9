"""The probes: what they look at, what they answer, and to whom."""

import re
import socket
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from sas_agenda.celery import app
from sas_agenda.operations import readiness
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Heartbeat
from tests.operations.conftest import silent_for

READY = "/health/ready"


def test_live_asks_nothing_of_anybody(client: Client) -> None:
    """No database fixture: a query would fail the test."""
    answer = client.get("/health/live")
    assert answer.status_code == 200
    assert answer.json() == {"status": "live"}


def test_ready_names_each_part(client: Client, lively: None) -> None:
    answer = client.get(READY)
    assert answer.status_code == 200
    parts = dict.fromkeys(["database", "migrations", "broker", "worker", "worker_sas", "beat"], "ok")
    assert answer.json() == {"status": "ready", "parts": parts}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("part", list(Part))
def test_a_silent_process_makes_it_unready(client: Client, lively: None, part: Part) -> None:
    silent_for(part, timedelta(minutes=5))
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json()["status"] == "unready"
    # The seconds that this test itself takes count, too.
    assert re.fullmatch(r"silent for 3\d\d s", answer.json()["parts"][part])
    assert [name for name, state in answer.json()["parts"].items() if state != "ok"] == [part]


@pytest.mark.parametrize("worker", [Part.WORKER, Part.WORKER_SAS])
def test_without_beat_the_workers_silence_is_beats(client: Client, lively: None, worker: Part) -> None:
    silent_for(Part.BEAT, timedelta(minutes=5))
    silent_for(worker, timedelta(minutes=5))
    assert re.fullmatch(r"silent for 3\d\d s \(beat is, too\)", client.get(READY).json()["parts"][worker])


def test_a_process_never_seen_is_silent(client: Client, lively: None) -> None:
    Heartbeat.objects.all().delete()
    assert client.get(READY).json()["parts"]["beat"] == "never seen"


def test_an_unapplied_migration_is_named(client: Client, lively: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'operations'")
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json()["parts"]["migrations"].startswith("not applied: operations.0001")


def test_a_dead_broker_is_named_soon(client: Client, lively: None) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        before, app.conf.broker_url = app.conf.broker_url, f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
        try:
            answer = client.get(READY)
        finally:
            app.conf.broker_url = before
    assert answer.status_code == 503
    assert answer.json()["parts"]["broker"].startswith("unreachable (")


def test_a_dead_database_is_told_without_its_address(
    client: Client, lively: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise OperationalError("connection to server at db.internal, user agenda failed")

    monkeypatch.setitem(readiness.PARTS, "database", refuse)
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "unreachable (OperationalError)"


def test_a_balancer_asks_only_for_what_pages_need(client: Client, lively: None) -> None:
    silent_for(Part.WORKER, timedelta(hours=1))
    answer = client.get(READY + "?parts=database,migrations")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {"database": "ok", "migrations": "ok"}


def test_an_unknown_part_is_a_mistake(client: Client) -> None:
    answer = client.get(READY + "?parts=database,moon")
    assert answer.status_code == 400
    assert answer.json()["unknown"] == ["moon"]


ADDRESSES = ["/health/live", "/health/ready", "/metrics"]
OTHERS = [
    {"REMOTE_ADDR": "203.0.113.7"},
    # What a proxy on this machine passes on; the client's own words come first, the proxy's last.
    {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"},
    {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "127.0.0.1, 203.0.113.7"},
    {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": ""},
    {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
    {"REMOTE_ADDR": "nonsense"},
]
THIS_MACHINE = [
    {"REMOTE_ADDR": "127.0.0.1"},
    {"REMOTE_ADDR": ""},
    {"REMOTE_ADDR": "::1"},
    {"REMOTE_ADDR": "::ffff:127.0.0.1"},
    {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
]


def test_to_the_public_side_they_do_not_exist(client: Client) -> None:
    for address, sender in product(ADDRESSES, OTHERS):
        answer = client.get(address, **sender)  # type: ignore[arg-type]
        assert (answer.status_code, answer.content) == (404, b"Not Found\n"), (address, sender)


def test_this_machine_may_ask(client: Client, lively: None) -> None:
    for address, sender in product(ADDRESSES, THIS_MACHINE):
        assert client.get(address, **sender).status_code == 200, (address, sender)  # type: ignore[arg-type]


def test_networks_may_be_opened(client: Client, settings: Any) -> None:
    from ipaddress import ip_network

    settings.OPERATIONS_NETWORKS = [ip_network("10.2.0.0/16")]
    assert client.get("/health/live", REMOTE_ADDR="10.2.3.4").status_code == 200
    assert client.get("/health/live", REMOTE_ADDR="10.3.3.4").status_code == 404


def test_probes_need_no_host_of_ours_and_no_tls(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["agenda.example"]
    assert client.get("/health/live", HTTP_HOST="10.2.3.4:8000").status_code == 200


def test_only_reading(client: Client) -> None:
    assert client.post("/health/live").status_code == 405


def test_other_addresses_below_are_nothing(client: Client) -> None:
    assert client.get("/health/other").status_code == 404
    assert client.get("/metricsandmore").status_code == 404


def test_sante_stays_open_to_all(client: Client) -> None:
    assert client.get("/sante/", REMOTE_ADDR="203.0.113.7").content == b"ok\n"
