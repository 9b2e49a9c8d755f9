"""The environment: what decides that nothing is to be done, and what is said where Python can't make one."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.local import installation
from deploy.local.failures import LauncherError
from deploy.local.processes import Program
from deploy.local.progress import Progress


class RecordingSupervisor:
    """Notes what would run. A `venv` command makes a Python that works, as the real one would."""

    def __init__(self, environment: Path) -> None:
        self.progress = Progress()
        self.ran: list[list[str]] = []
        self._environment = environment

    def run(self, program: Program, **_: Any) -> None:
        self.ran.append([str(part) for part in program.command])
        if "venv" in self.ran[-1]:
            (self._environment / "bin").mkdir(parents=True, exist_ok=True)
            (self._environment / "bin" / "python").symlink_to(sys.executable)


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingSupervisor]:
    """An installation of its own: pinned files, environment and tools below `tmp_path`, with a uv on the PATH."""
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in ("local", "dev", "uv"):
        (requirements / f"{name}.txt").write_text(f"{name}==1\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "uv").write_text("#!/bin/sh\n")
    (tools / "uv").chmod(0o755)
    environment = tmp_path / "venv"
    places: Mapping[str, Path] = {
        "WORK": tmp_path,
        "VENV": environment,
        "PYTHON": environment / "bin" / "python",
        "REQUIREMENTS": requirements,
        "_MARKER": environment / "installed.json",
        "_UV_FOLDER": tmp_path / "uv",
        "_LOGS": tmp_path / "logs",
    }
    for name, place in places.items():
        monkeypatch.setattr(installation, name, place)
    monkeypatch.setenv("PATH", str(tools))
    return RecordingSupervisor(environment)


def install(wanted: installation.Packages, supervisor: RecordingSupervisor) -> list[str]:
    """The requirement files that were installed from, in order."""
    supervisor.ran.clear()
    installation.ensure_installed(wanted, supervisor)  # type: ignore[arg-type]
    return [Path(command[-1]).stem for command in supervisor.ran if "sync" in command]


def test_a_second_start_installs_nothing(supervisor: RecordingSupervisor) -> None:
    assert install("local", supervisor) == ["local"]
    assert install("local", supervisor) == []
    assert supervisor.ran == []


def test_packages_are_checked_by_hash_and_no_python_is_fetched(supervisor: RecordingSupervisor) -> None:
    install("local", supervisor)
    assert all("--require-hashes" in command for command in supervisor.ran if "sync" in command)
    assert installation.uv_environment()["UV_PYTHON_DOWNLOADS"] == "never"


def test_dev_contains_local(supervisor: RecordingSupervisor) -> None:
    assert install("dev", supervisor) == ["dev"]
    assert install("local", supervisor) == []


def test_local_grows_into_dev(supervisor: RecordingSupervisor) -> None:
    install("local", supervisor)
    assert install("dev", supervisor) == ["dev"]


def test_dev_never_goes_back_to_local(supervisor: RecordingSupervisor, tmp_path: Path) -> None:
    install("dev", supervisor)
    (tmp_path / "requirements" / "local.txt").write_text("local==2\n")
    assert install("local", supervisor) == ["dev"]


def test_a_changed_pin_is_installed(supervisor: RecordingSupervisor, tmp_path: Path) -> None:
    install("local", supervisor)
    (tmp_path / "requirements" / "local.txt").write_text("local==2\n")
    assert install("local", supervisor) == ["local"]


def test_an_interrupted_installation_is_done_again(
    supervisor: RecordingSupervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("dev", supervisor)
    (tmp_path / "requirements" / "dev.txt").write_text("dev==2\n")
    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "run", lambda *_, **__: (_ for _ in ()).throw(LauncherError("coupure")))
        with pytest.raises(LauncherError, match="coupure"):
            install("dev", supervisor)
    assert json.loads((tmp_path / "venv" / "installed.json").read_text()) == {"set": "dev"}
    assert install("local", supervisor) == ["dev"]


def test_an_environment_whose_python_is_gone_is_made_again(supervisor: RecordingSupervisor, tmp_path: Path) -> None:
    install("local", supervisor)
    python = tmp_path / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert install("local", supervisor) == ["local"]
    assert any("venv" in command for command in supervisor.ran)


def test_without_uv_nor_venv_it_says_what_to_install(
    supervisor: RecordingSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(installation, "_can_make_venv", lambda: False)

    def no_pip(program: Program, **_: Any) -> None:
        raise LauncherError("No module named pip")

    monkeypatch.setattr(supervisor, "run", no_pip)
    with pytest.raises(LauncherError, match="apt install python3-venv"):
        install("local", supervisor)


def test_where_uv_can_t_be_had_pip_does_its_work(
    supervisor: RecordingSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    run = supervisor.run

    def without_uv(program: Program, **options: Any) -> None:
        if program.name == "Installation de uv":
            raise LauncherError("No matching distribution found for uv")
        run(program, **options)

    monkeypatch.setattr(supervisor, "run", without_uv)
    assert install("local", supervisor) == []
    assert supervisor.ran[-1][1:5] == ["-m", "pip", "install", "--require-hashes"]
