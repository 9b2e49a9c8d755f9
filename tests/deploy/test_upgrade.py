"""deploy/upgrade.sh, with a stand-in for `docker`: what it does, in which order, and that it stops at the first failure."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "deploy" / "upgrade.sh"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Where the stand-in writes its arguments down; it fails on those that hold the word in `fails`."""
    stand_in = tmp_path / "docker"
    stand_in.write_text('#!/bin/sh\necho "$*" >> "$CALLS"\ncase "$*" in *"$FAILS"*) exit 1;; esac\n', encoding="utf-8")
    stand_in.chmod(0o755)
    return tmp_path / "calls"


def upgrade(calls: Path, *, fails: str = "nothing fails") -> tuple[int, list[str]]:
    environment = {"PATH": f"{calls.parent}:/usr/bin:/bin", "CALLS": str(calls), "FAILS": fails}
    done = subprocess.run([str(SCRIPT)], env=environment, capture_output=True, timeout=20, check=False)
    return done.returncode, calls.read_text(encoding="utf-8").splitlines()


def test_it_migrates_then_replaces_the_web_one_by_one_then_the_workers(calls: Path) -> None:
    code, made = upgrade(calls)

    assert code == 0
    assert made == [
        "compose run --rm migrate",
        "compose run --rm static",
        "compose up --detach --no-deps --wait web-1",
        "compose up --detach --no-deps --wait web-2",
        "compose up --detach --no-deps --wait fhir-1",
        "compose up --detach --no-deps --wait fhir-2",
        "compose up --detach --no-deps --wait worker-sas",
        "compose up --detach --no-deps --wait beat",
        "compose up --detach --no-deps --wait worker",
        "compose up --detach --no-deps --wait nginx",
    ]


@pytest.mark.parametrize("step", ["migrate", "--wait web-1"])
def test_it_stops_at_the_first_failure(calls: Path, step: str) -> None:
    code, made = upgrade(calls, fails=step)

    assert code != 0
    assert made[-1].endswith(step)
