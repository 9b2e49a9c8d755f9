"""What does a script that books without end cost an honest patient? Behind the real nginx, on the demonstration.

Run `.agenda/venv/bin/python -m bench.online_flood`. In turn, several times over: a patient who looks (search, practitioner,
hours) alone, and beside 8 loops of one client that choose hours as fast as they are answered. The loops are a program of their
own, which the kernel runs when nobody else wants to: what a stranger's machine would do must not be taken from ours.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bench.flood import connected

if TYPE_CHECKING:
    from tests.deploy.conftest import Front

LOOPS = 8
ROUNDS = 4
SECONDS = 8.0
_NAME = "agenda.example"
_ROOT = "/rendez-vous-en-ligne/"


def main() -> None:
    from bench.run import prepared

    with prepared(LOG_LEVEL="WARNING"):
        from bench.costs import print_rows
        from tests.deploy.conftest import PUBLIC, WEB, front_at_rest, install, needs_nginx, running_nginx

        with install() as installed, front_at_rest(installed) as front:
            front.manage("load_demo")
            for name in WEB:
                front.start_web(name)
            with running_nginx(needs_nginx(), front):
                whose = re.findall(rf"{_ROOT}praticien/[0-9a-f-]+/", _page(front, f"{_ROOT}?quoi=tournesol", PUBLIC))[0]
                pages = [f"{_ROOT}?quoi=tournesol", whose, f"{whose}heures/"]
                hours = re.findall(r'name="creneau" value="([^"]+)"', _page(front, pages[-1], PUBLIC))
                alone: list[float] = []
                beside: list[float] = []
                answers: Counter[str] = Counter()
                for _ in range(ROUNDS):
                    alone += _looks(front, pages, PUBLIC)
                    with _loops(front, hours, answers):
                        beside += _looks(front, pages, PUBLIC)
    ratio = statistics.median(beside) / statistics.median(alone)
    print_rows(
        [("pages in all", len(alone) + len(beside)), ("hours that the script chooses among", len(hours))]
        + [("alone: a page, median ms", f"{statistics.median(alone) * 1000:.0f}")]
        + [("beside the script: a page, median ms", f"{statistics.median(beside) * 1000:.0f}")]
        + [("times as long as alone", f"{ratio:.2f}"), ("allowed", "1.5")]
        + [(f"the script's tries answered {status}", count) for status, count in sorted(answers.items())]
    )


def _page(front: "Front", path: str, name: str) -> str:
    answer = front.ask(path, name=name)
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status}")
    return answer.body.decode()


def _looks(front: "Front", pages: list[str], name: str) -> list[float]:
    """How long each page took, TLS handshake included; no faster than a person may ask."""
    times: list[float] = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for path in pages:
            started = time.monotonic()
            _page(front, path, name)
            times.append(time.monotonic() - started)
            time.sleep(0.1)
    return times


@contextlib.contextmanager
def _loops(front: "Front", hours: list[str], answers: Counter[str]) -> Iterator[None]:
    """What they were answered is added to `answers`."""
    flood = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "bench.online_flood", str(front.port), str(front.folder), *hours],
        stdout=subprocess.PIPE,
    )
    try:
        yield
    finally:
        flood.send_signal(signal.SIGTERM)
        output, _ = flood.communicate(timeout=60)
        answers.update(json.loads(output))


def _flood(port: int, folder: Path, hours: list[str]) -> None:
    """Until TERM; prints how many tries were answered by which status."""
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    answers: Counter[str] = Counter()
    counting = threading.Lock()
    context = ssl.create_default_context(cafile=str(folder / "certificates" / "root.pem"))

    def loop(first: int) -> None:
        number, caller = first, None
        while not ends.is_set():
            number += 1
            try:
                caller = caller or connected(port, "127.0.1.1", context)
                status = _choose(caller, hours[number % len(hours)])
            except (OSError, http.client.HTTPException) as error:
                status, caller = type(error).__name__, None
            with counting:
                answers[status] += 1

    for first in range(LOOPS):
        threading.Thread(target=loop, args=[first * 7], daemon=True).start()
    ends.wait()
    with counting:
        print(json.dumps(answers), flush=True)
    # Their last tries may wait for long.
    os._exit(0)


def _choose(caller: http.client.HTTPConnection, hour: str) -> str:
    headers = {"Origin": f"https://{_NAME}", "Content-Type": "application/x-www-form-urlencoded"}
    caller.request("POST", f"{_ROOT}choisir/", urlencode({"creneau": hour}), headers)
    answer = caller.getresponse()
    answer.read()
    return str(answer.status)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _flood(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    else:
        main()
