"""Run by the tests as a program of its own: the guardian and the supervisor around programs made for the occasion.

`python scenario.py FOLDER NAME…` starts the named programs in that order, each after the one before is ready, prints
`ready` and watches. Each program appends what happens to it to FOLDER/events and its process ids to FOLDER/pids.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.local import processes  # noqa: E402
from deploy.local.failures import LauncherError, StopRequested  # noqa: E402
from deploy.local.guardian import run_guarded  # noqa: E402
from deploy.local.processes import Program, Supervisor  # noqa: E402
from deploy.local.progress import Progress  # noqa: E402
from deploy.local.signals import Alarm  # noqa: E402

_PROLOGUE = """
import os, signal, subprocess, sys, time
folder, name = sys.argv[1:]
def say(event):
    with open(f"{folder}/events", "a") as events:
        events.write(f"{name} {event}\\n")
def register(pid):
    with open(f"{folder}/pids", "a") as pids:
        pids.write(f"{pid}\\n")
def stop(number, frame):
    say("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
register(os.getpid())
"""
_READY = """
say("started")
open(f"{folder}/{name}.ready", "w").close()
"""
_WAIT = "while True: time.sleep(60)"
_STUBBORN_CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
PROGRAMS = {
    "first": _PROLOGUE + _READY + _WAIT,
    "second": _PROLOGUE + _READY + _WAIT,
    # Like a server with worker processes, of the worst kind: they ignore polite signals and don't watch their parent.
    "family": _PROLOGUE
    + f"child = subprocess.Popen([sys.executable, '-c', {_STUBBORN_CHILD!r}])\nregister(child.pid)\n"
    + _READY
    + _WAIT,
    "stubborn": _PROLOGUE + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _READY + _WAIT,
    "immovable": _PROLOGUE + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _READY + _WAIT,
    "fragile": _PROLOGUE + _READY + "print('la raison de ma fin', flush=True)\ntime.sleep(0.3)\nsys.exit(3)",
    "mute": _PROLOGUE + "print('je réfléchis', flush=True)\n" + _WAIT,
}


def program(folder: Path, name: str) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-c", PROGRAMS[name], folder, name],
        env=dict(os.environ),
        cwd=folder,
        log=folder / "logs" / f"{name}.log",
        ready=(folder / f"{name}.ready").exists,
        ready_within=1 if name == "mute" else 20,
        stops_within=60 if name == "immovable" else 1,
    )


def supervise(folder: Path, names: list[str], pipe: int) -> int:
    processes._PAUSE = 0.1
    try:
        with Supervisor(Alarm(pipe), Progress()) as supervisor:
            (folder / "supervisor").write_text(str(os.getpid()))
            for name in names:
                supervisor.start(program(folder, name))
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            supervisor.watch()
    except StopRequested:
        return 0
    except LauncherError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    chosen = Path(sys.argv[1])
    sys.exit(run_guarded(lambda pipe: supervise(chosen, sys.argv[2:], pipe)))
