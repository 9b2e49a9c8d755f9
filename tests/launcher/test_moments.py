"""A shifted wall clock: what is started under it is at another moment, and waits as long as ever."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime

import pytest

from deploy.local import moments
from deploy.local.failures import LauncherError
from deploy.local.moments import EVERY_MOMENT, read_moment, shifted_clock

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler"
)
PROBE = """
import json, multiprocessing, threading, time
from datetime import UTC, datetime

began, waits = time.monotonic(), []
def waited(wait):
    since = time.monotonic()
    wait()
    waits.append(time.monotonic() - since)

told = [datetime.now(UTC).timestamp(), time.time(), time.time_ns() / 1e9, time.clock_gettime(time.CLOCK_REALTIME)]
waited(lambda: time.sleep(0.1))
waited(lambda: threading.Event().wait(0.1))
waited(lambda: multiprocessing.Semaphore(0).acquire(timeout=0.1))
print(json.dumps({"told": told, "waits": waits, "later": time.time() - told[0], "took": time.monotonic() - began}))
"""


@pytest.mark.parametrize("text", EVERY_MOMENT)
def test_time_goes_on_from_the_moment_and_waits_last_as_long(text: str) -> None:
    moment = read_moment(text)
    with shifted_clock(moment) as environment:
        done = subprocess.run(
            [sys.executable, "-c", PROBE], env=os.environ | environment, check=True, capture_output=True, text=True
        )
    seen = json.loads(done.stdout)
    for told in seen["told"]:
        assert 0 <= told - moment.timestamp() + 1 < 30
    assert all(0.09 < wait < 5 for wait in seen["waits"]), seen["waits"]
    assert abs(seen["later"] - seen["took"]) < 0.5


def test_the_machine_s_own_programs_follow() -> None:
    with shifted_clock(read_moment("2027-03-28 01:55")) as environment:
        told = subprocess.run(
            ["date", "-u", "+%Y-%m-%dT%H"], env=os.environ | environment, check=True, capture_output=True, text=True
        )
    assert told.stdout.strip() == "2027-03-28T00"


def test_without_a_compiler_the_person_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments.shutil, "which", lambda name: None)
    with pytest.raises(LauncherError, match="apt-get install -y gcc"), shifted_clock(datetime.now(moments.PARIS)):
        pass


def test_a_clock_that_does_not_follow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "_SECONDS", "ANOTHER_NAME")
    with pytest.raises(LauncherError, match="n’obéit pas"), shifted_clock(read_moment("2020-01-01 00:00")):
        pass
