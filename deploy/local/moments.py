"""The moment at which the tests run: what they start, PostgreSQL and the browser included, reads a shifted wall clock."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.local.data_folder import make_socket_folder
from deploy.local.failures import LauncherError
from deploy.local.layout import base_environment

PARIS = ZoneInfo("Europe/Paris")
FORMAT = "%Y-%m-%d %H:%M"
# A Saturday evening, a public holiday, the last minutes of a year, the two nights when the clock changes.
EVERY_MOMENT = (
    "2026-11-28 21:40",
    "2026-12-25 10:00",
    "2026-12-31 23:50",
    "2027-03-28 01:55",
    "2026-10-25 01:55",
)
_SOURCE = Path(__file__).with_name("shifted_clock.c")
_SECONDS = "SHIFTED_CLOCK_SECONDS"  # read by the library


def read_moment(text: str) -> datetime:
    """`2026-11-28 21:40`, by the clocks of Paris. Raises ValueError."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=PARIS)


@contextlib.contextmanager
def shifted_clock(moment: datetime) -> Iterator[dict[str, str]]:
    """The variables with which a program, and all it starts, finds itself at this moment; time goes on at its pace.

    Only the wall clock is shifted: waits last as long, and the system goes on dating files by its own. Raises LauncherError.
    """
    folder = make_socket_folder()  # PostgreSQL's user must reach the library too
    try:
        library = _compile(folder)
        shift = round(moment.timestamp() - _machine_time())
        environment = {"LD_PRELOAD": str(library), _SECONDS: str(shift)}
        _check(environment, shift)
        yield environment
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compile(folder: Path) -> Path:
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        raise LauncherError(
            "--at et --every-moment décalent l’horloge avec une petite bibliothèque en C : il faut Linux et un "
            "compilateur (sous Debian ou Ubuntu : apt-get install -y gcc libc6-dev)."
        )
    library = folder / "shifted_clock.so"
    done = subprocess.run(
        [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl", "-pthread"],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise LauncherError(
            f"L’horloge décalée ne se compile pas (apt-get install -y gcc libc6-dev) :\n{done.stderr.strip()}"
        )
    library.chmod(0o755)
    return library


def _machine_time() -> float:
    """Also when this very process was started at another moment."""
    return time.time() - int(os.environ.get(_SECONDS, "0"))


def _check(environment: dict[str, str], shift: int) -> None:
    """A library that the system's loader refuses costs a warning only: ask a program what time it is."""
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=base_environment() | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    if abs(float(told.stdout) - _machine_time() - shift) > 60:
        raise LauncherError(f"L’horloge n’obéit pas à {environment['LD_PRELOAD']}.\n{told.stderr.strip()}")
