"""The page Prometheus reads: counted where it happens, joined over processes, the state asked of the database."""

import multiprocessing
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import OperationalError, connection
from django.db.models import Count
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from deploy.certificates import make_authorities
from interop.enums import OPEN_STATES, DeliveryState
from interop.models import Delivery, SasCircuit
from sas_agenda.operations import metrics, state
from sas_agenda.operations.enums import Part
from sas_agenda.operations.joined_counts import _Number
from tests import factories
from tests.conftest import ROOT
from tests.interop.deliveries import booked
from tests.operations.conftest import silent_for

pytestmark = pytest.mark.django_db
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def _from_this_machine(settings: Any) -> None:
    """FHIR calls of these tests come without a certificate."""
    settings.SAS_MTLS = False


@pytest.fixture(autouse=True, scope="module")
def _from_nothing() -> None:
    """The tests before left thousands of series, which would be read again each time."""
    metrics.requests.clear()


def samples(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def grown(client: Client, before: Samples, name: str, **labels: str) -> float:
    """Counts are the process's, whatever ran before this test."""
    return value(samples(client), name, **labels) - value(before, name, **labels)


def test_requests_are_timed_by_route(client: Client) -> None:
    before = samples(client)
    for _ in range(3):
        client.get("/connexion/")
    client.get("/rendez-vous/0f0f0f0f-0000-4000-8000-000000000000/")
    labels = {"route": "sign-in", "method": "GET", "status": "2xx"}
    assert grown(client, before, "sas_agenda_request_seconds_count", **labels) == 3
    labels = {"route": "appointment", "method": "GET", "status": "3xx"}
    assert grown(client, before, "sas_agenda_request_seconds_count", **labels) == 1


def test_strange_methods_and_addresses_make_no_new_series(client: Client) -> None:
    before = samples(client)
    for number in range(3):
        client.generic(f"STRANGE{number}", f"/nowhere/{number}/")
    new = {key for key in samples(client).keys() - before.keys() if "request_seconds_count" in key[0]}
    assert new <= {
        (
            "sas_agenda_request_seconds_count",
            frozenset({("route", "unknown"), ("method", "OTHER"), ("status", "4xx")}),
        ),
        (
            "sas_agenda_request_seconds_count",
            frozenset({("route", "metrics"), ("method", "GET"), ("status", "2xx")}),
        ),
    }


def test_slot_searches_tell_their_size_and_time(client: Client, settings: Any) -> None:
    schedule = factories.schedule()
    factories.rule(schedule=schedule)
    now = timezone.now()
    before = samples(client)
    answer = client.get(
        "/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&status=free"
        f"&start=ge{now:%Y-%m-%dT%H:%M:%SZ}&start=le{now + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        f"&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|{schedule.practitioner.national_id}"
    )
    assert answer.status_code == 200
    assert grown(client, before, "sas_agenda_slot_search_slots_sum") == answer.json()["total"] > 0
    assert grown(client, before, "sas_agenda_slot_search_seconds_count") == 1
    client.get("/fhir/Slot?nonsense")
    assert grown(client, before, "sas_agenda_slot_search_seconds_count") == 1


def test_accounts_received_are_counted_with_their_answer(client: Client) -> None:
    before = samples(client)
    client.post("/fhir/Practitioner", b"no json", content_type="application/fhir+json")
    assert grown(client, before, "sas_agenda_accounts_received_total", method="POST", status="400") == 1


@pytest.mark.django_db(transaction=True)
def test_bookings_count_once_committed(client: Client) -> None:
    from django.db import transaction

    before = samples(client)
    factories.appointment()
    booked()
    with transaction.atomic():
        factories.appointment()
        transaction.set_rollback(True)
    assert grown(client, before, "sas_agenda_bookings_total", via="practice") == 1
    assert grown(client, before, "sas_agenda_bookings_total", via="regulator") == 1


def test_deliveries_by_state_and_the_age_of_the_oldest(client: Client) -> None:
    first, second, third, sent = booked(), booked(), booked(), booked()
    Delivery.objects.filter(appointment=sent).update(state=DeliveryState.SENT)
    Delivery.objects.filter(appointment=first).update(state=DeliveryState.BLOCKED)
    Delivery.objects.filter(appointment=second).update(created_at=Delivery.objects.get(appointment=third).created_at)
    Delivery.objects.filter(appointment=third).update(
        created_at=Delivery.objects.get(appointment=third).created_at - timedelta(minutes=20)
    )
    found = samples(client)
    assert value(found, "sas_agenda_deliveries", state="planned") == 2
    assert value(found, "sas_agenda_deliveries", state="blocked") == 1
    assert {dict(labels)["state"] for name, labels in found if name == "sas_agenda_deliveries"} == set(OPEN_STATES)
    assert 1200 <= value(found, "sas_agenda_delivery_oldest_seconds") < 1260
    assert value(found, "sas_agenda_alert", condition="delivery_old") == 1
    assert value(found, "sas_agenda_alert", condition="certificate_expiry") == 0


def test_what_was_sent_is_not_read_at_each_scrape() -> None:
    """Few rows would be read without any index."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    by_state = Delivery.objects.open().order_by().values_list("state").annotate(Count("pk"))
    assert "delivery_open" in by_state.explain()


def test_signs_of_life(client: Client, lively: None) -> None:
    silent_for(Part.WORKER, timedelta(minutes=5))
    found = samples(client)
    assert 300 <= value(found, "sas_agenda_heartbeat_age_seconds", part="worker") < 310
    assert value(found, "sas_agenda_heartbeat_age_seconds", part="worker_sas") < 10
    assert value(found, "sas_agenda_alert", condition="worker_silent") == 1
    assert value(found, "sas_agenda_alert", condition="worker_sas_silent") == 0


def test_the_breaker_in_front_of_the_sas_is_a_gauge(client: Client, settings: Any) -> None:
    settings.SAS_FHIR_URL = "https://fhir.sas.example/fhir/v1"
    found = samples(client)
    for name in ("open", "open_seconds", "failures"):
        assert found[f"sas_agenda_circuit_{name}", frozenset()] == 0

    now = timezone.now()
    SasCircuit.objects.create(server="https://another.example", failures=9)
    circuit = SasCircuit.objects.create(server=settings.SAS_FHIR_URL, failures=3)
    assert value(samples(client), "sas_agenda_circuit_failures") == 3
    assert value(samples(client), "sas_agenda_circuit_open") == 0

    circuit.failures, circuit.opened_at = 7, now - timedelta(minutes=20)
    circuit.probe_at = circuit.last_failure_at = now
    circuit.save()
    found = samples(client)
    assert value(found, "sas_agenda_circuit_open") == 1
    assert value(found, "sas_agenda_circuit_open_seconds") == pytest.approx(1200, abs=30)
    assert value(found, "sas_agenda_circuit_failures") == 7


def test_a_certificate_that_cannot_be_read_has_a_gauge_too(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.SAS_CLIENT_CERT = str(tmp_path / "missing.pem")
    found = samples(client)
    assert found["sas_agenda_certificate_readable", frozenset({("certificate", "client")})] == 0
    assert not any(name == "sas_agenda_certificate_days_left" for name, _ in found)


def test_without_database_the_page_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise OperationalError

    monkeypatch.setattr(state, "_from_the_database", refuse)
    found = samples(client)
    assert value(found, "sas_agenda_database_up") == 0
    assert ("sas_agenda_info", frozenset({("version", "0.1.0")})) in found


def test_no_patient_is_in_it(client: Client) -> None:
    appointment = booked(patient=factories.patient(family_name="Telltale"))
    page = client.get("/metrics").content.decode()
    assert "Telltale" not in page
    assert str(appointment.id) not in page


def test_processes_of_one_machine_join_their_counts(tmp_path: Path) -> None:
    """Two that live at once, and a third that goes on where one of them stopped."""
    code = (
        "import django; django.setup(); import sys, os; from sas_agenda.operations import metrics;"
        "metrics.bookings.labels('patient').inc(int(sys.argv[1])); print('done', flush=True); sys.stdin.readline();"
        "print(metrics.exposition().decode())"
    )
    environment = os.environ | {
        "METRICS_DIR": str(tmp_path / "metrics"),
        "DJANGO_SETTINGS_MODULE": "sas_agenda.settings",
    }

    def start(count: int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(count)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        return process

    first, second = start(1), start(10)
    first.communicate("\n")
    third = start(100)
    second.communicate("\n")
    page, _ = third.communicate("\n")
    assert len(list((tmp_path / "metrics").glob("counter_*.db"))) == 2
    assert 'sas_agenda_bookings_total{via="patient"} 111.0' in page


def test_a_forked_child_takes_a_number_of_its_own(tmp_path: Path) -> None:
    number = _Number(tmp_path)
    assert number() == 0
    reader, writer = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=lambda: writer.send(number()))
    child.start()
    assert reader.recv() == 1
    child.join()
    assert number() == 0


RULES = ROOT / "deploy" / "prometheus" / "rules.yml"


RULE: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
# A metric, and what its braces ask for if there are any.
SELECTOR = re.compile(r"\b(sas_agenda_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


def test_a_rule_asks_for_series_that_exist(client: Client, lively: None, settings: Any, tmp_path: Path) -> None:
    """Name, labels, and the values they are compared with: a misspelt one would keep quiet for ever."""
    authority, _ = make_authorities()
    (tmp_path / "authority.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    settings.SAS_CLIENT_CERT, settings.SAS_CA = str(tmp_path / "missing.pem"), str(tmp_path / "authority.pem")
    client.get("/metrics")
    silent_for(Part.BEAT, timedelta(hours=1))
    client.get("/health/ready")  # a 5xx
    found = [(name, dict(labels)) for name, labels in samples(client)]

    for alert, rule in RULE.items():
        expression = rule["expr"]
        used = SELECTOR.findall(expression)
        assert used, alert
        for name, braces in used:
            series = [labels for one, labels in found if one == name]
            assert series, f"{alert}: {name} is not exposed"
            for label, comparison, wanted in MATCHER.findall(braces):
                values = {labels.get(label) for labels in series}
                assert None not in values, f"{alert}: {name} has no label {label}"
                pattern = wanted if "~" in comparison else re.escape(wanted)
                assert any(re.fullmatch(pattern, one or "") for one in values), (
                    f"{alert}: {name}: no {label} is {wanted}"
                )
            for label in _labels_kept(expression):
                assert any(label in labels for labels in series), f"{alert}: {name} has no label {label}"
        told = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        assert set(told) <= _labels_kept(expression), f"{alert}: a label that the expression does not keep"


def _labels_kept(expression: str) -> set[str]:
    kept = ",".join(re.findall(r"\bby \(([^)]*)\)", expression))
    return {label.strip() for label in kept.split(",")} - {""}


def test_every_condition_is_counted_whether_it_holds_or_not(client: Client, lively: None) -> None:
    page = client.get("/metrics").content.decode()
    assert set(re.findall(r'condition="(\w+)"', page)) == set(state.conditions.GROUPS)


def test_every_rule_is_explained_to_the_operators() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(RULE) >= 8
    assert [name for name in RULE if f"`{name}`" not in guide] == []
    assert [group for group in state.conditions.GROUPS if f"`{group}`" not in guide] == []
