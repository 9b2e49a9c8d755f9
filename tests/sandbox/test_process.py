"""The sandbox as it is started: one process, over real sockets."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from deploy.local.ports import free_port
from tests.sandbox.conftest import appointment
from tests.sandbox.stub_product import StubProduct

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., tuple["subprocess.Popen[str]", str, int]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def launch(*extra: str, secret: str = "secret", port: int | None = None) -> tuple[subprocess.Popen[str], str, int]:
        port, smtp_port = port or free_port(), free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), "--smtp-port", str(smtp_port), "--data",
             str(tmp_path / "data"), *extra],
            cwd=ROOT, env={**os.environ, "SANDBOX_CLIENT_SECRET": secret}, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        return process, f"http://127.0.0.1:{port}", smtp_port

    yield launch
    for process in running:
        process.kill()
        process.communicate()


def wait_until_ready(process: subprocess.Popen[str], base: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            if requests.get(f"{base}/sante", timeout=1).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail("the sandbox is not ready after 20 s")


def test_the_process_serves_all_its_roles_and_stops_cleanly(start: Start, product: StubProduct) -> None:
    product.answer(201)
    process, base, smtp_port = start("--product-url", product.url)
    wait_until_ready(process, base)
    issuer = requests.get(f"{base}/realms/sas/.well-known/openid-configuration", timeout=5).json()["issuer"]
    assert issuer == f"{base}/realms/sas"
    with smtplib.SMTP("127.0.0.1", smtp_port, timeout=5) as client:
        client.sendmail("a@example.org", ["b@example.org"], "Subject: Bonjour\n\ntexte")
    assert requests.get(f"{base}/api/mails", timeout=5).json()["mails"][0]["subject"] == "Bonjour"
    deadline = time.monotonic() + 10
    while len(product.asked) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [asked.method for asked in product.asked] == ["POST", "POST"]

    requests.post(f"{base}/api/faults", json={"kind": "reset", "count": 1}, timeout=5)
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{base}/fhir/v1/Appointment", json=appointment(), timeout=5)
    held = requests.get(f"{base}/api/appointments", timeout=5).json()["appointments"]
    assert [(item["status"], item["history"][0]["answered"]) for item in held] == [("booked", None)]

    requests.post(f"{base}/api/faults", json={"kind": "timeout", "count": 1}, timeout=5)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{base}/fhir/v1/Appointment", json=appointment("other"), timeout=0.5)

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_a_restart_remembers_and_sends_nobody_again(start: Start, product: StubProduct) -> None:
    process, base, _ = start("--product-url", product.url)
    wait_until_ready(process, base)
    requests.post(f"{base}/fhir/v1/Appointment", json=appointment(), timeout=5)
    deadline = time.monotonic() + 10
    while len(product.asked) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    process, base, _ = start("--product-url", product.url)
    wait_until_ready(process, base)
    assert len(requests.get(f"{base}/api/appointments", timeout=5).json()["appointments"]) == 1
    assert {item["delivery"] for item in requests.get(f"{base}/api/regulators", timeout=5).json()["regulators"]} == {
        "sent"
    }
    assert len(product.asked) == 2


def test_without_demo_nobody_is_known(start: Start, product: StubProduct) -> None:
    process, base, _ = start("--no-demo", "--product-url", product.url)
    wait_until_ready(process, base)
    assert requests.get(f"{base}/api/regulators", timeout=5).json() == {"regulators": []}
    assert "Comptes de démonstration" not in requests.get(f"{base}/connexion", timeout=5).text
    assert product.asked == []


def test_it_says_why_it_cannot_start(start: Start) -> None:
    process, _, _ = start(secret="")
    assert process.wait(timeout=30) == 2
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process, _, _ = start(port=taken.getsockname()[1])
        assert process.wait(timeout=30) == 1
        assert process.stderr is not None
        assert "is taken" in process.stderr.read()
