"""The Python environment in `.agenda/venv`: made once, then left alone until a requirements file changes.

One environment for everything. Two sets: `local` is what running needs, `dev` adds what tests and checks need and
contains `local`; an environment that has `dev` never goes back. Everything is pinned and checked by hash.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from deploy.local.failures import LauncherError
from deploy.local.layout import PYTHON, REQUIREMENTS, VENV, WORK, base_environment
from deploy.local.processes import Program, Supervisor

Packages = Literal["local", "dev"]

_MARKER = VENV / "installed.json"
_UV_FOLDER = WORK / "uv"
_LOGS = WORK / "logs"
_SETS: dict[Packages, tuple[Packages, ...]] = {"local": ("local",), "dev": ("dev", "local")}
_NO_VENV = """\
Ce python3 ({python}) ne sait pas créer d’environnement : il lui manque le module venv ou ensurepip.
  Debian, Ubuntu : apt install python3-venv
  Fedora, Alpine : il est dans le paquet python3
Ou bien installez uv (https://docs.astral.sh/uv/) : ./agenda s’en servira."""


@dataclass(frozen=True)
class _Tools:
    """How to reach an installer: the commands that make the environment and that fill it from a file."""

    name: str
    make: Sequence[str | Path]
    fill: Sequence[str | Path]
    env: Mapping[str, str]


def ensure_installed(wanted: Packages, supervisor: Supervisor) -> None:
    """Bring the environment to the pinned packages of `wanted`; milliseconds when it is there already.

    Raises LauncherError.
    """
    if _is_installed(wanted):
        return
    with _alone(supervisor):
        if _is_installed(wanted):  # another command did it while we waited
            return
        target: Packages = "dev" if wanted == "dev" or _installed_set() == "dev" else "local"
        installing = Program(
            name="Installation des paquets",
            command=[],
            env=_pip_environment(),
            cwd=WORK,
            log=_LOGS / "install.log",
        )
        tools = _choose_tools(supervisor, installing)
        if not _environment_works():
            shutil.rmtree(VENV, ignore_errors=True)
            with supervisor.progress.step("Création de l’environnement Python"):
                supervisor.run(
                    replace(installing, name="Création de l’environnement Python", command=tools.make, env=tools.env)
                )
        count = sum(not line.startswith((" ", "#")) for line in _requirements(target).read_text().splitlines())
        _MARKER.write_text(json.dumps({"set": target}))  # no digest: an interrupted installation must not look finished
        with supervisor.progress.step(f"Installation de {count} paquets avec {tools.name}"):
            command = [*tools.fill, _requirements(target)]
            supervisor.run(replace(installing, command=command, env=tools.env), news=lambda: _last_line(installing.log))
        _MARKER.write_text(json.dumps({"set": target, **{name: _digest(name) for name in _SETS[target]}}))


def find_uv(supervisor: Supervisor) -> Path | None:
    """The uv of this machine, else the pinned one, fetched on first use. None where it can't be had.

    Raises LauncherError when nothing here can install anything.
    """
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # a shim without a program behind it
        on_path = shutil.which("uv")
        if on_path and _succeeds([on_path, "--version"]):
            return Path(on_path)
    pins = REQUIREMENTS / "uv.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    place = _UV_FOLDER / digest[:12]
    uv = place / "bin" / "uv"
    if uv.exists():
        return uv
    shutil.rmtree(_UV_FOLDER, ignore_errors=True)
    fetching = Program(name="Installation de uv", command=[], env=_pip_environment(), cwd=WORK, log=_LOGS / "uv.log")
    try:
        with supervisor.progress.step("Installation de uv"):
            pip_install = _pip_into(place, supervisor, fetching)
            supervisor.run(replace(fetching, command=[*pip_install, "--require-hashes", "-r", pins]))
    except LauncherError as error:
        shutil.rmtree(_UV_FOLDER, ignore_errors=True)
        if not _can_make_venv():
            raise LauncherError(_NO_VENV.format(python=sys.executable)) from error
        supervisor.progress.note("uv ne peut pas être installé ici : pip le remplace, en plus lent.")
        return None
    return uv


def uv_environment() -> dict[str, str]:
    """For running uv: never fetch a Python, never ask. It trusts whom this machine trusts: a hospital's proxy signs anew with an
    authority of its own, which uv's built-in list does not have. The second name is the one that uv knew before 0.11."""
    trusting = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
    return trusting | base_environment() | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def _pip_environment() -> dict[str, str]:
    """The same for pip, which until 24.2 trusts its built-in list alone; unless the environment names certificates for it."""
    environment = base_environment()
    store = _system_certificates()
    if store and not {"PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} & environment.keys():
        environment["PIP_CERT"] = store
    return environment


def _system_certificates() -> str:
    """The file or folder that OpenSSL reads here (SSL_CERT_FILE, SSL_CERT_DIR and all); empty when there is none."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return paths.cafile
    # The folder is there before any certificate is: they are found under a digest of their names.
    return paths.capath if paths.capath and any(Path(paths.capath).glob("*.[0-9]")) else ""


def _choose_tools(supervisor: Supervisor, installing: Program) -> _Tools:
    uv = find_uv(supervisor)
    if uv is None:
        return _Tools(
            name="pip",
            make=[sys.executable, "-m", "venv", "--clear", VENV],
            fill=[PYTHON, "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check", "-r"],
            env=installing.env,
        )
    return _Tools(
        name="uv",
        make=[uv, "venv", "--clear", "--no-project", "--python", sys.executable, VENV],
        # Compiled here once, on all cores; else the first start compiles everything on one.
        fill=[uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", PYTHON],
        env=uv_environment(),
    )


def _pip_into(place: Path, supervisor: Supervisor, fetching: Program) -> list[str | Path]:
    """`pip install` into `place`: by a pip of its own where Python can make one, else by the system's."""
    if _can_make_venv():
        supervisor.run(replace(fetching, command=[sys.executable, "-m", "venv", "--clear", place]))
        return [place / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", f"--target={place}"]


def _can_make_venv() -> bool:
    """Debian's python3 has `venv` but not `ensurepip` until python3-venv is installed."""
    return _succeeds([sys.executable, "-c", "import ensurepip, venv"])


def _environment_works() -> bool:
    if not PYTHON.exists():  # also false when the Python it was made from is gone
        return False
    try:
        return _succeeds([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
    except OSError:
        return False


def _succeeds(command: Sequence[str | Path]) -> bool:
    return subprocess.run(list(command), capture_output=True, timeout=30, check=False).returncode == 0


def _is_installed(wanted: Packages) -> bool:
    marker = _read_marker()
    return PYTHON.exists() and marker.get(wanted) == _digest(wanted)


def _installed_set() -> str:
    return _read_marker().get("set", "")


def _read_marker() -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(_MARKER.read_text())
    except (OSError, ValueError):
        return {}
    return content


def _requirements(name: Packages) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def _digest(name: Packages) -> str:
    return hashlib.sha256(_requirements(name).read_bytes()).hexdigest()


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1].strip() if lines else ""
    return ""


@contextlib.contextmanager
def _alone(supervisor: Supervisor) -> Iterator[None]:
    """One installation at a time in this checkout."""
    try:
        WORK.mkdir(exist_ok=True)
        descriptor = os.open(WORK / "install.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LauncherError(
            f"Impossible d’écrire dans {WORK} : {error.strerror}. Il appartient sans doute à un autre utilisateur ; "
            "relancez la commande sous son nom, ou travaillez dans votre propre copie du projet."
        ) from error
    try:
        if not _try_lock(descriptor):
            with supervisor.progress.step("Une autre commande installe les paquets, attente"):
                supervisor.wait_until(lambda: _try_lock(descriptor))
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
