"""The command line: what is ours, and what goes untouched to pytest and manage.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import cli, managing, testing
from deploy.local.layout import DEFAULT_DATA, ROOT
from deploy.local.testing import pytest_arguments


@pytest.mark.parametrize(
    "given",
    [
        ["-n", "0"],
        ["-n4", "tests/accounts"],
        ["--numprocesses=auto"],
        ["-p", "no:xdist"],
        ["-pno:xdist"],
        ["--pdb"],
        ["tests", "--dist", "loadfile"],
    ],
)
def test_the_person_s_choice_of_processes_stands(given: list[str]) -> None:
    assert pytest_arguments(given) == given


@pytest.mark.parametrize("given", [[], ["tests/accounts", "-k", "n"], ["-p", "no:randomly"], ["no:xdist.py"]])
def test_tests_run_on_two_processes_by_default(given: list[str]) -> None:
    assert pytest_arguments(given) == ["-n", "2", *given]


@pytest.mark.parametrize(
    ("given", "arguments", "data"),
    [
        (["manage", "shell", "-c", "1", "--help"], ["shell", "-c", "1", "--help"], DEFAULT_DATA),
        (["manage", "--data", "/srv/x", "dbshell"], ["dbshell"], Path("/srv/x")),
        (["manage", "--data=/srv/x"], [], Path("/srv/x")),
        (["manage", "dumpdata", "--data", "y"], ["dumpdata", "--data", "y"], DEFAULT_DATA),
    ],
)
def test_manage_gets_its_arguments_untouched(
    given: list[str], arguments: list[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], Path]] = []
    monkeypatch.setattr(managing, "run", lambda *received: asked.append(received) or 0)
    assert cli.main(given) == 0
    assert asked == [(arguments, data)]


def test_the_exit_code_is_the_program_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "run", lambda arguments: 5)
    assert cli.main(["test"]) == 5


def test_it_works_through_a_link_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "lien").symlink_to(ROOT / "agenda")
    done = subprocess.run(
        [tmp_path / "lien", "up", "--help"], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0
    for option in ("--port", "--sandbox-port", "--data", "--no-demo"):
        assert option in done.stdout


def test_an_unreadable_terminal_alphabet_is_no_failure() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([ROOT / "agenda", "--help"], check=False, env=environment, capture_output=True)
    assert done.returncode == 0


def test_an_old_python_is_refused_in_french() -> None:
    code = f"""
import runpy, sys
sys.version_info = (3, 9, 18)
sys.argv = ["agenda"]
runpy.run_path({str(ROOT / "agenda")!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "demande Python 3.11 ou plus récent ; python3 est ici la version 3.9" in done.stderr
