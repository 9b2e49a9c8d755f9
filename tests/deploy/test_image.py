"""The Dockerfile without an engine: a folder of just what it copies, in which its commands and the entry point are run."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from deploy.certificates import make_certificates
from deploy.local.data_folder import make_socket_folder
from deploy.local.layout import VENV
from tests.conftest import ROOT
from tests.deploy.test_compose import SERVICES, example_settings

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# One instruction a line, continuations joined.
INSTRUCTIONS = [line for line in re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines() if line and line[0] != "#"]
FINAL = INSTRUCTIONS[[i for i, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")][-1] :]
COPIED = [line.split()[1:] for line in FINAL if line.startswith("COPY") and "--from" not in line]

pytestmark = pytest.mark.xdist_group("deploy")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As in the image: its folder, its environment, the same packages."""
    home = {"PATH": f"{VENV / 'bin'}:/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=home | environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """Its /srv/agenda."""
    folder = make_socket_folder()
    for *sources, target in COPIED:
        for source in sources:
            place = folder / target / ("" if (ROOT / source).is_dir() else Path(source).name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    yield folder
    shutil.rmtree(folder)


def test_the_static_files_are_collected_by_its_own_command(image: Path) -> None:
    [line] = [line for line in FINAL if "collectstatic" in line]
    command = line.removeprefix("RUN ").partition("&&")[0]

    done = run(["/bin/sh", "-c", command], image, STATIC_ROOT=str(image / "collected"))

    assert done.returncode == 0, done.stderr
    assert (image / "collected" / "staticfiles.json").is_file()
    assert list((image / "collected" / "css").glob("*.*.css.gz"))


def test_the_settings_of_compose_make_a_deployment_without_a_warning(image: Path) -> None:
    """The example of agenda.env, the secrets as files, the entry point: `manage.py check --deploy`."""
    secrets = image / "secrets"
    make_certificates(image / "tls", public_name="agenda.example", fhir_name="fhir.agenda.example")
    secrets.mkdir()
    contents = {
        "database_url": os.environ["DATABASE_URL"],
        "email_url": "smtps://agenda:un-mot-de-passe@mail.example:465",
        "secret_key": "une clé de cinquante caractères au moins, tirée au hasard, 0123456789",
        "sas_oidc_client_secret": "un secret",
        "sas_client_certificate": (image / "tls" / "clients" / "valid.pem").read_text(encoding="ascii"),
        "sas_client_key": (image / "tls" / "clients" / "valid.key").read_text(encoding="ascii"),
        "sas_authority": (image / "tls" / "root.pem").read_text(encoding="ascii"),
    }
    assert set(contents) == set(SERVICES["manage"]["secrets"])
    for name, content in contents.items():
        (secrets / name).write_text(f"{content}\n", encoding="utf-8")
    environment = {
        name: value.replace("/run/secrets", str(secrets)).replace("/run/sas-agenda", str(image / "run"))
        for name, value in (example_settings() | SERVICES["manage"]["environment"]).items()
    }

    entry = SERVICES["manage"]["entrypoint"]
    done = run([*entry, "check", "--deploy", "--fail-level", "WARNING"], image, **environment)

    assert done.returncode == 0, done.stderr


def test_gunicorn_takes_its_settings_and_finds_the_application(image: Path) -> None:
    [line] = [line for line in FINAL if line.startswith("CMD")]
    command = re.findall(r'"([^"]+)"', line)
    environment = {"SAS_AGENDA_MODE": "local", "DATABASE_URL": "postgresql:///none", "WEB_SOCKET": f"{image}/w.sock"}

    done = run([*command, "--check-config"], image, **environment)
    assert done.returncode == 0, done.stderr

    shown = run([*command, "--print-config"], image, **environment).stdout
    assert re.search(rf"^bind +=.*unix:{image}/w\.sock", shown, re.MULTILINE)


def test_the_probe_of_the_health_check_says_why_not(image: Path) -> None:
    done = run(SERVICES["web-1"]["healthcheck"]["test"][1:], image, WEB_SOCKET=str(image / "nobody.sock"))

    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr


def test_the_entry_point_reads_the_files_and_becomes_the_command(image: Path, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://agenda:p$a`s'\"s w@host/x\n", encoding="utf-8")

    done = run(
        ["/bin/sh", "deploy/entrypoint.sh", "/bin/sh", "-c", 'printf %s "$DATABASE_URL|$1"', "sh", "a  b"],
        image, DATABASE_URL_FILE=str(tmp_path / "url"), EMAIL_URL="smtp://kept:25",
    )  # fmt: skip
    assert done.stdout == "postgresql://agenda:p$a`s'\"s w@host/x|a  b"

    missing = run(["/bin/sh", "deploy/entrypoint.sh", "true"], image, REDIS_URL_FILE=str(tmp_path / "none"))
    assert missing.returncode != 0


def test_nothing_of_the_image_belongs_to_who_runs_it() -> None:
    assert [line for line in FINAL if line.startswith("USER")] == ["USER 10001:10001"]
    assert not [line for line in FINAL if line.startswith("COPY") and "--chown" in line]
    assert [SERVICES[name]["user"] for name in ("web-1", "worker", "worker-sas", "beat", "migrate")] == [
        "10001:10001"
    ] * 5


def test_packages_are_installed_by_hash_and_as_wheels() -> None:
    [line] = [line for line in INSTRUCTIONS if "pip " in line]

    assert {"--require-hashes", "--only-binary=:all:"} <= set(line.split())


def test_no_digest_is_made_up() -> None:
    """Base images are arguments: whoever builds gives the digest they looked at."""
    assert "FROM ${PYTHON_IMAGE} AS packages" in DOCKERFILE
    assert not re.search(r"sha256:[0-9a-f]{64}", DOCKERFILE)


def test_the_builder_gets_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    wanted = {source for *sources, _ in COPIED for source in sources} | {"requirements/base.txt"}

    assert allowed == wanted
    assert any(fnmatch("accounts/__pycache__", line) for line in lines)
