"""The command line: what is ours, and what goes untouched to pytest and manage.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import cli, managing, testing
from deploy.local.failures import LauncherError
from deploy.local.layout import DEFAULT_DATA, ROOT
from deploy.local.testing import Wanted, pytest_arguments, read_arguments
from deploy.local.tiers import TESTS, TIERS, paths_of


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
    assert pytest_arguments(given) == ["-n", "3", *given]


@pytest.fixture
def _own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("given", [[], ["tests/accounts", "-k", "n"], ["-n", "0", "--co"], ["--tiers"]])
def test_what_is_not_ours_goes_to_pytest(given: list[str]) -> None:
    assert read_arguments(given) == Wanted(None, every_moment=False, pytest=given)


@pytest.mark.usefixtures("_own_servers")
@pytest.mark.parametrize("given", [["--at", "2026-12-25 10:00", "-k", "n"], ["-k", "n", "--at=2026-12-25 10:00"]])
def test_a_moment_is_by_the_clocks_of_paris(given: list[str]) -> None:
    wanted = read_arguments(given)
    assert wanted.moment is not None
    assert wanted.moment.isoformat() == "2026-12-25T10:00:00+01:00"
    assert wanted.pytest == ["-k", "n"]


@pytest.mark.usefixtures("_own_servers")
def test_every_moment_is_asked_for_by_a_word() -> None:
    assert read_arguments(["--every-moment", "-x"]) == Wanted(None, every_moment=True, pytest=["-x"])


@pytest.mark.usefixtures("_own_servers")
@pytest.mark.parametrize("moment", ["demain", "2026-12-25", "25/12/2026 10:00"])
def test_a_moment_that_can_t_be_read_is_refused(moment: str) -> None:
    with pytest.raises(LauncherError, match="2026-11-28 21:40"):
        read_arguments(["--at", moment])


def test_somebody_else_s_servers_keep_their_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/agenda")
    with pytest.raises(LauncherError, match="DATABASE_URL"):
        read_arguments(["--at", "2026-12-25 10:00"])


def test_a_tier_is_its_folders_and_several_add_up() -> None:
    assert read_arguments(["--tier", "system"]).pytest == [str(TESTS / "system")]
    both = read_arguments(["-x", "--tier=system", "--tier=deploy"]).pytest
    assert both == ["-x", *(str(TESTS / name) for name in ("deploy", "launcher", "operations", "system"))]
    product = read_arguments(["--tier", "product"]).pytest
    assert str(TESTS / "accounts") in product
    assert str(TESTS / "test_configuration.py") in product
    assert str(TESTS / "system") not in product


def test_every_folder_of_tests_is_in_one_tier(tmp_path: Path) -> None:
    paths_of(list(TIERS))
    names = [name for tier in TIERS.values() for name in tier]
    assert len(names) == len(set(names))

    (tmp_path / "forgotten" / "deep").mkdir(parents=True)
    (tmp_path / "forgotten" / "deep" / "test_something.py").touch()
    with pytest.raises(LauncherError, match="tests/forgotten"):
        paths_of(["system"], tmp_path)


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
