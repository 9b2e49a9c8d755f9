"""Real nginx with deploy/nginx's configuration, in front of real gunicorn in production mode, on a database of their own."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from deploy.certificates import CN, NEXT_CN, NEXT_OU, OU, make_certificates
from deploy.local.checking import production_settings
from deploy.local.data_folder import make_socket_folder
from deploy.local.ports import free_port
from deploy.probe import failure
from tests.conftest import ROOT
from tests.databases import address_of, migrated_database, on_the_server
from tests.deploy.tls_client import Answer, ask
from tests.system.conftest import wait_for

TEMPLATE = ROOT / "deploy" / "nginx" / "nginx.conf.template"
# A name that resolves: the acceptance book calls FHIR by it.
PUBLIC, FHIR = "agenda.example", "localhost"
# The gunicorns' sockets, as compose.yaml names them.
WEB = ("web-1.sock", "web-2.sock")
FHIR_WEB = ("fhir-1.sock", "fhir-2.sock")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def needs_nginx() -> str:
    """nginx's path; skips loudly where it is not."""
    if NGINX is None:
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    return NGINX


def rendered(values: Mapping[str, str]) -> str:
    """The configuration, as the nginx image's envsubst makes it. A variable without a value fails."""
    return re.sub(r"\$\{(AGENDA_\w+)\}", lambda found: values[found[1]], TEMPLATE.read_text(encoding="utf-8"))


@dataclass
class Front:
    """nginx at work. `web`: the folder's gunicorns by socket name, to stop and start."""

    folder: Path
    port: int
    plain_port: int
    environment: dict[str, str]
    web: dict[str, subprocess.Popen[bytes]]
    database: str = ""

    def beside(self, name: str) -> "Front":
        """Another nginx's, in a folder of its own, with these certificates; its configuration is still to be written."""
        folder = self.folder / name
        shutil.copytree(self.folder / "certificates", folder / "certificates")
        return Front(folder, free_port(), free_port(), {}, {})

    @property
    def configuration(self) -> Path:
        return self.folder / "nginx.conf"

    @property
    def probes(self) -> Path:
        return self.folder / "probes.sock"

    def client(self, kind: str) -> Path | None:
        return None if kind == "none" else self.folder / "certificates" / "clients" / f"{kind}.pem"

    def ask(self, path: str, *, name: str = FHIR, kind: str = "none", **options: object) -> Answer:
        """A request with that kind of client certificate."""
        authority = self.folder / "certificates" / "root.pem"
        return ask(
            self.port, path, name=name, authority=authority, certificate=self.client(kind), **options  # type: ignore[arg-type]
        )  # fmt: skip

    def manage(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start_web(self, name: str) -> None:
        """One gunicorn on the socket `name`; returns when it listens."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.web[name] = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn_settings.py")],
                env=self.environment
                # PostgreSQL sees its connections under the socket's name.
                | {"WEB_SOCKET": str(self.folder / name), "PGAPPNAME": name}
                | {"WEB_SERVES": "fhir" if name in FHIR_WEB else "pages"},
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        wait_for(lambda: not failure(str(self.folder / name), "/health/live"), f"gunicorn on {name}")

    def stop_web(self, name: str) -> int:
        """Told to end, it lets nobody new in, and ends what it has; its exit code."""
        return stop(self.web.pop(name))


def stop(process: subprocess.Popen[bytes]) -> int:
    """TERM, and -9 to what is still there after a minute; how it ended. gunicorn itself gives its processes 30 s, and on a busy
    machine they need twenty for the end of Python alone.
    """
    process.terminate()
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(5)


@pytest.fixture(scope="session")
def installed(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Front]:
    with django_db_blocker.unblock(), on_the_server() as server:
        migrated = migrated_database(server)
    with install(migrated) as made:
        yield made


@contextmanager
def install(migrated: str = "") -> Iterator[Front]:
    """What an installation begins with, made once and copied: a migrated, empty database and the collected files."""
    with _new_front(migrated or "template1") as made:
        if not migrated:
            made.manage("migrate", "--no-input")
        made.manage("collectstatic", "--no-input")
        yield made


@pytest.fixture(scope="session")
def front(installed: Front) -> Iterator[Front]:
    """One gunicorn for pages and one for FHIR; test_restart.py has two."""
    with front_at_rest(installed) as made:
        web, fhir = (f"server unix:{made.folder}/{names[0]};" for names in (WEB, FHIR_WEB))
        made.configuration.write_text(rendered(nginx_values(made, web, fhir)), encoding="utf-8")
        with running_nginx(needs_nginx(), made):
            made.start_web(WEB[0])
            made.start_web(FHIR_WEB[0])
            yield made


@contextmanager
def front_at_rest(installed: Front) -> Iterator[Front]:
    """An installation of its own; nothing runs yet. Whatever was started on it stops at the end."""
    with _new_front(template=installed.database) as made:
        shutil.copytree(installed.folder / "published", made.folder / "published")
        try:
            yield made
        finally:
            for process in made.web.values():
                process.terminate()
            for name in list(made.web):
                made.stop_web(name)


@contextmanager
def _new_front(template: str) -> Iterator[Front]:
    folder = make_socket_folder()
    database = f"deploy_{secrets.token_hex(4)}"
    with on_the_server() as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
        try:
            yield _front(folder, database)
        finally:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
            shutil.rmtree(folder, ignore_errors=True)


def _front(folder: Path, database: str) -> Front:
    certificates = folder / "certificates"
    make_certificates(certificates, public_name=PUBLIC, fhir_name=FHIR)
    ours = {"DATABASE_URL": address_of(database), "REDIS_URL": f"redis+socket://{folder}/no-broker.sock"}
    settings = production_settings(ours, certificates / "clients" / "valid.pem") | {
        "BASE_URL": f"https://{PUBLIC}",
        "FHIR_BASE_URL": f"https://{FHIR}/fhir",
        "ALLOWED_HOSTS": FHIR,
        "SAS_MTLS_CN": f"{CN},{NEXT_CN}",
        "SAS_MTLS_OU": f"{OU},{NEXT_OU}",
        "STATIC_ROOT": str(folder / "published" / "static"),
        "WEB_PROCESSES": "1",
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith(("SAS_", "DJANGO_"))}
    made = Front(folder, free_port(), free_port(), others | settings, {}, database)
    web, fhir = (" ".join(f"server unix:{folder}/{name} max_fails=0;" for name in names) for names in (WEB, FHIR_WEB))
    made.configuration.write_text(rendered(nginx_values(made, web, fhir)), encoding="utf-8")
    return made


def nginx_values(made: Front, web: str, fhir: str) -> dict[str, str]:
    return {
        "AGENDA_PUBLIC_NAME": PUBLIC,
        "AGENDA_FHIR_NAME": FHIR,
        "AGENDA_PLAIN": f"127.0.0.1:{made.plain_port}",
        "AGENDA_TLS": f"127.0.0.1:{made.port}",
        "AGENDA_PROBES": f"unix:{made.probes}",
        "AGENDA_WEB": web,
        "AGENDA_FHIR": fhir,
        "AGENDA_CERTIFICATES": str(made.folder / "certificates"),
        "AGENDA_STATIC": str(made.folder / "published"),
        "AGENDA_RUN": str(made.folder),
        "AGENDA_LOG": str(made.folder / "access.log"),
    }


def nginx_command(nginx: str, made: Front) -> list[str]:
    # As root its processes would become another user, to whom the test's sockets and keys are closed.
    user = " user root;" if os.geteuid() == 0 else ""
    return [nginx, "-c", str(made.configuration), "-e", "stderr", "-g", f"daemon off;{user}"]


class running_nginx:  # noqa: N801 - read as a function
    def __init__(self, nginx: str, made: Front) -> None:
        self._command, self._made = nginx_command(nginx, made), made

    def __enter__(self) -> None:
        self._log = (self._made.folder / "nginx.log").open("wb")
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL)
        wait_for(self._answers, "nginx listens")

    def __exit__(self, *_: object) -> None:
        stop(self._process)
        self._log.close()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            pytest.fail((self._made.folder / "nginx.log").read_text(encoding="utf-8"))
        return self._made.probes.exists()
