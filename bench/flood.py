"""What do loops of wrong passwords cost the SAS's searches? Behind the real nginx, with as many processes as the image starts.

Run `.agenda/venv/bin/python -m bench.flood`. In turn, several times over: searches alone, beside 16 loops of one client, and
beside 16 loops of as many clients. Each loop sends its next try as soon as the one before is answered, whatever the answer, to
other accounts all the time, so that no counter of an account spares the server anything. The loops are a program of their own,
which the kernel runs when nobody else wants to: what a stranger's machine would do must not be taken from ours.
"""

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from tests.deploy.conftest import Front

LOOPS = 16
ROUNDS = 3
SECONDS = 12.0
KINDS = {"alone": 0, "16 loops of one client": 1, "16 loops of 16 clients": LOOPS}
_NAME = "agenda.example"
# Any secret does: the cookie and the form must agree.
_TOKEN = "c" * 32


def main() -> None:
    from bench.run import prepared

    with prepared(LOG_LEVEL="WARNING"):
        from bench.costs import print_rows
        from tests.deploy.conftest import FHIR_WEB, WEB, front_at_rest, install, needs_nginx, running_nginx

        with install() as installed, front_at_rest(installed) as front:
            front.environment |= {"WEB_PROCESSES": "2"}
            path = _search_path(front)
            for name in (*WEB, *FHIR_WEB):
                front.start_web(name)
            with running_nginx(needs_nginx(), front):
                _searches(front, path, seconds=3)  # connections, caches
                times: dict[str, list[float]] = {kind: [] for kind in KINDS}
                answers: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
                for _ in range(ROUNDS):
                    for kind, clients in KINDS.items():
                        with _loops(front, clients, answers[kind]):
                            times[kind] += _searches(front, path, seconds=SECONDS)
    rows: list[tuple[str, object]] = [("searches in all", sum(map(len, times.values())))]
    for kind, taken in times.items():
        rows += [
            (f"{kind}: a search, median s", f"{statistics.median(taken):.2f}"),
            (f"{kind}: a search, slowest s", f"{max(taken):.2f}"),
            (f"{kind}: times as long as alone", f"{statistics.median(taken) / statistics.median(times['alone']):.2f}"),
        ]
        rows += [(f"{kind}: tries answered {status}", count) for status, count in sorted(answers[kind].items())]
    print_rows(rows)


def _search_path(front: "Front") -> str:
    """25 practitioners, three days."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.deploy.restart_cast", "25"],
        env=front.environment, stdout=subprocess.PIPE, timeout=120, check=True,
    )  # fmt: skip
    cast: dict[str, Any] = json.loads(made.stdout)
    now = datetime.now(UTC)
    listed = ",".join(f"urn:oid:1.2.250.1.71.4.2.1|{value}" for value in cast["practitioners"])
    bounds = [("start", f"ge{now.isoformat()}"), ("start", f"le{(now + timedelta(days=3)).isoformat()}")]
    query = urlencode([*bounds, ("schedule.actor:Practitioner.identifier", listed), ("status", "free")])
    return f"/fhir/Slot?{query}"


def _searches(front: "Front", path: str, *, seconds: float) -> list[float]:
    """How long each took, one after the other, TLS handshake included."""
    times: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        answer = front.ask(path, kind="valid")
        times.append(time.monotonic() - started)
        if answer.status != http.client.OK:
            raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
    return times


@contextlib.contextmanager
def _loops(front: "Front", clients: int, answers: Counter[str]) -> Iterator[None]:
    """LOOPS of them, from so many addresses of this machine; what they were answered is added to `answers`."""
    if not clients:
        yield
        return
    flood = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "bench.flood", str(front.port), str(front.folder), str(clients)],
        stdout=subprocess.PIPE,
    )
    try:
        yield
    finally:
        flood.send_signal(signal.SIGTERM)
        output, _ = flood.communicate(timeout=60)
        answers.update(json.loads(output))


def _flood(port: int, folder: Path, clients: int) -> None:
    """Until TERM; prints how many tries were answered by which status."""
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    answers: Counter[str] = Counter()
    counting = threading.Lock()
    names = itertools.count()
    context = ssl.create_default_context(cafile=str(folder / "certificates" / "root.pem"))

    def loop(address: str) -> None:
        caller = None
        while not ends.is_set():
            try:
                caller = caller or connected(port, address, context)
                status = _try_password(caller, f"personne-{os.getpid()}-{next(names)}@cabinet.test")
            except (OSError, http.client.HTTPException) as error:
                status, caller = type(error).__name__, None
            with counting:
                answers[status] += 1

    threads = [
        threading.Thread(target=loop, args=[f"127.0.1.{1 + number % clients}"], daemon=True) for number in range(LOOPS)
    ]
    for thread in threads:
        thread.start()
    ends.wait()
    with counting:
        print(json.dumps(answers), flush=True)
    # Their last tries may wait for long.
    os._exit(0)


def connected(port: int, address: str, context: ssl.SSLContext) -> http.client.HTTPConnection:
    caller = http.client.HTTPConnection(_NAME)
    plain = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(address, 0))
    caller.sock = context.wrap_socket(plain, server_hostname=_NAME)
    return caller


def _try_password(caller: http.client.HTTPConnection, email: str) -> str:
    fields = {"csrfmiddlewaretoken": _TOKEN, "username": email, "password": "un mot de passe faux"}
    headers = {
        "Cookie": f"__Host-sas_agenda_csrf={_TOKEN}",
        "Origin": f"https://{_NAME}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    caller.request("POST", "/connexion/", urlencode(fields), headers)
    answer = caller.getresponse()
    answer.read()
    return str(answer.status)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _flood(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
