"""Restarts one after the other lose nothing; with nothing behind it the front says so in the caller's terms.

`RESTART_ROUNDS=5 ./agenda test -n0 -s tests/deploy/test_restart.py` does all of it five times over and prints what it counted.
The suite goes through what differs: both of two gunicorns, one of those for FHIR, a worker, the front.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.hostile_sas import HostileSas
from deploy.local.broker import Valkey
from tests.conftest import ROOT
from tests.deploy.conftest import (
    FHIR_WEB,
    PUBLIC,
    WEB,
    Front,
    front_at_rest,
    needs_nginx,
    nginx_values,
    rendered,
    running_nginx,
    stop,
)
from tests.deploy.restart_load import Load, Regulator
from tests.deploy.tls_client import Answer
from tests.system.conftest import wait_for

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system, pytest.mark.slow]

ROUNDS = int(os.environ.get("RESTART_ROUNDS", "1"))
IS_WHOLE = "RESTART_ROUNDS" in os.environ
FHIR = FHIR_WEB if IS_WHOLE else FHIR_WEB[:1]
BACKGROUND = ("worker-sas", "beat", "worker") if IS_WHOLE else ("worker-sas", "beat")
# In the order of deploy/upgrade.sh, then the front itself with its files renewed.
STEPS = (*WEB, *FHIR, *(BACKGROUND if IS_WHOLE else ("worker-sas",)), "nginx")


class Instance:
    """The whole product behind its front: two gunicorns for pages, two for FHIR, workers, beat, Valkey, and a SAS that takes its
    time."""

    def __init__(self, front: Front, sas: HostileSas) -> None:
        self.front, self.sas = front, sas
        self.background: dict[str, subprocess.Popen[bytes]] = {}

    @cached_property
    def cast(self) -> dict[str, Any]:
        """Its people and slots (restart_cast.py)."""
        made = subprocess.run(
            [sys.executable, "-m", "tests.deploy.restart_cast"],
            env=self.front.environment, cwd=ROOT, stdout=subprocess.PIPE, timeout=120, check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(made.stdout)
        return found

    def start(self, name: str) -> None:
        """Returns when it says that it works."""
        if name in (*WEB, *FHIR_WEB):
            self.front.start_web(name)
            return
        options = ["beat", f"--schedule={self.front.folder}/schedule", "--pidfile="]
        if name != "beat":
            options = [
                "worker",
                "--concurrency=2",
                f"--hostname={name}@localhost",
                "--without-mingle",
                "--without-gossip",
            ]
        with self.log(name).open("wb") as log:
            self.background[name] = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "sas_agenda", *options, "--loglevel=INFO"],
                env=self.front.environment, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        words = "beat: Starting" if name == "beat" else " ready."
        wait_for(lambda: words in self.log(name).read_text(encoding="utf-8"), f"{name} works")

    def restart(self, name: str) -> None:
        """As an upgrade does: what stops ends what it has, the others serve meanwhile."""
        if name == "nginx":
            # What a renewed certificate or revocation list takes.
            master = int((self.front.folder / "nginx.pid").read_text(encoding="utf-8"))
            os.kill(master, signal.SIGHUP)
            time.sleep(1)
            return
        code = self.front.stop_web(name) if name in (*WEB, *FHIR_WEB) else stop(self.background.pop(name))
        ended = self.log(name).read_text(encoding="utf-8")[-3000:]
        self.start(name)  # whatever the code is: the next test counts on both
        assert code == 0, ended

    def log(self, name: str) -> Path:
        return self.front.folder / f"{name}.log"

    def stop(self) -> None:
        for process in self.background.values():
            process.kill()
            process.wait(5)


@pytest.fixture(scope="module")
def instance(installed: Front) -> Iterator[Instance]:
    nginx = needs_nginx()
    with front_at_rest(installed) as front:
        certificates = front.folder / "certificates"
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "root.pem"))
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(certificates / "fhir.pem", certificates / "fhir.key")
        sas = HostileSas(seed=1, kill=lambda: None, tls=tls)
        # Slow enough that a worker is told to end while it waits for an answer.
        sas.calm, sas.pace = True, 0.5
        (front.folder / "valkey").mkdir(mode=0o700)
        valkey = Valkey(front.folder / "valkey", front.folder, front.folder / "valkey.log", throw_away=True)
        front.environment |= {
            "REDIS_URL": valkey.url,
            "SAS_FHIR_URL": sas.url,
            "SAS_CLIENT_KEY": str(certificates / "clients" / "valid.key"),
            "SAS_CA": str(certificates / "root.pem"),
            "SWEEP_SECONDS": "1",
            # Processes are renewed under load too (gunicorn_settings.py, max_requests).
            "WEB_PROCESSES": "2",
            "GUNICORN_CMD_ARGS": "--max-requests=60 --max-requests-jitter=40",
        }
        running = Instance(front, sas)
        with valkey.log.open("wb") as log:
            program = valkey.program()
            broker = subprocess.Popen(list(map(str, program.command)), cwd=program.cwd, stdout=log, stderr=log)
        try:
            wait_for(program.ready, "Valkey")
            for name in (*WEB, *FHIR_WEB, *BACKGROUND):
                running.start(name)
            with running_nginx(nginx, front):
                yield running
        finally:
            running.stop()
            sas.stop()
            broker.kill()
            broker.wait(5)


def test_a_rolling_restart_under_load_loses_nothing(instance: Instance) -> None:
    """Slot searches, bookings, withdrawals and a page, without pause, while each process is replaced in turn.

    Every request is answered as it should be, with no server error on the way; what was confirmed is in the database and,
    once, at the SAS; who was withdrawn stays so.
    """
    front, sas = instance.front, instance.sas
    with Load(front, instance.cast) as load:
        wait_for(lambda: (load.booked and load.withdrawn) or load.failures, "the load begins")
        for _ in range(ROUNDS):
            for step in STEPS:
                load.step = step
                instance.restart(step)
        load.step = "after"
        time.sleep(1)
    delivered_at_once = len(sas.taken)
    wait_for(lambda: len(sas.taken) >= len(load.booked) or load.failures, "the SAS has every appointment", 60)
    _print(load, instance, delivered_at_once)

    # Together: the front's log says what each of its processes answered.
    assert (load.failures, _server_errors(front)) == ([], [])
    for step in (*WEB, *FHIR):
        assert {who for asked, who in load.asked if asked == step} == {"search", "booking", "withdrawal", "page"}
    with psycopg.connect(front.environment["DATABASE_URL"]) as connection:
        held = connection.execute("SELECT id::text FROM appointments_appointment").fetchall()
        assert {pk for (pk,) in held} == set(load.booked)
        wait_for(lambda: _states(connection) == {"sent": len(load.booked)}, "each delivery is acknowledged")
        active = connection.execute(
            "SELECT i.value, r.active FROM accounts_regulator r JOIN accounts_regulatoridentifier i ON i.regulator_id = r.id"
        ).fetchall()
    assert {value for value, is_active in active if not is_active} == set(load.withdrawn)
    assert sas.taken.keys() == set(load.booked)
    assert sas.created_again == []
    assert {len(versions) for versions in sas.taken.values()} == {1}


def test_a_booking_that_takes_long_is_answered_by_the_process_that_is_told_to_end(instance: Instance) -> None:
    """Its practitioner is held by another transaction, for less than anybody waits for a lock (DATABASE_LIMITS)."""
    front = instance.front
    cast = instance.cast
    answers: list[Answer] = []
    regulator = Regulator(front, cast["regulators"][0])
    key = cast["slots"].pop()
    form = regulator.form(key)
    with psycopg.connect(front.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT id FROM accounts_practitioner FOR UPDATE")
        booking = threading.Thread(target=lambda: answers.append(regulator.send(key, form)))
        booking.start()
        wait_for(lambda: _waiting(front), "the booking waits for its practitioner")
        [its_own] = _waiting(front)
        ending = threading.Thread(target=front.stop_web, args=[its_own])
        ending.start()
        time.sleep(1)
        assert ending.is_alive()
        assert regulator.page("/orientations/").status == 200  # the other one serves
        holder.rollback()
    booking.join()
    ending.join()
    front.start_web(its_own)
    assert [answer.status for answer in answers] == [303]
    assert regulator.page(answers[0].headers["location"]).status == 200


def _waiting(front: Front) -> list[str]:
    """The gunicorns that wait for a lock."""
    with psycopg.connect(front.environment["DATABASE_URL"]) as connection:
        waiting = "SELECT application_name FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return [name for (name,) in connection.execute(waiting).fetchall() if name in WEB]


def _states(connection: psycopg.Connection[tuple[str, int]]) -> dict[str, int]:
    connection.rollback()
    return dict(connection.execute("SELECT state, count(*) FROM interop_delivery GROUP BY state").fetchall())


def _server_errors(front: Front) -> list[str]:
    """Of the front's own log: what it answered with 5xx, to whomever."""
    lines = (front.folder / "access.log").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if json.loads(line)["status"] >= 500]


def _print(load: Load, instance: Instance, delivered_at_once: int) -> None:
    counted: Counter[str] = Counter()
    for (_, who), count in load.asked.items():
        counted[who] += count
    rows = {
        "rounds": ROUNDS,
        "processes replaced": ROUNDS * (len(STEPS) - 1),
        **{f"answered as it should be: {who}": count for who, count in sorted(counted.items())},
        "not answered as it should be": len(load.failures),
        "appointments confirmed": len(load.booked),
        "… at the SAS when the load ended": delivered_at_once,
        "… at the SAS": len(instance.sas.taken),
        "… created twice there": len(instance.sas.created_again),
        "regulators withdrawn": len(load.withdrawn),
    }
    sys.stdout.write("\n" + "".join(f"{name:44} {value}\n" for name, value in rows.items()))


@pytest.fixture(scope="module")
def nothing_behind(installed: Front) -> Iterator[Front]:
    made = installed.beside("nothing-behind")
    nobody = f"server unix:{made.folder}/{{}} max_fails=0;"
    values = nginx_values(made, *(" ".join(map(nobody.format, names)) for names in (WEB, FHIR_WEB)))
    made.configuration.write_text(rendered(values), encoding="utf-8")
    with running_nginx(needs_nginx(), made):
        yield made


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
