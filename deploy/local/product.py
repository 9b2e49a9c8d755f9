"""The product's own processes on one machine: their settings, their commands, and how to know that they answer."""

import hashlib
import http.client
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.data_folder import DataFolder
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.processes import Program
from deploy.local.servers import Servers

_CLIENT_ID = "sas-agenda"


@dataclass(frozen=True)
class Ports:
    """Where each listens, on 127.0.0.1."""

    web: int
    sandbox: int
    smtp: int

    @property
    def web_address(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def sandbox_address(self) -> str:
        return f"http://127.0.0.1:{self.sandbox}"


def product_settings(data: DataFolder, servers: Servers, ports: Ports) -> dict[str, str]:
    """The environment variables of the product, the simulator being its SAS."""
    return servers.environment | {
        "SAS_AGENDA_MODE": "local",
        "SECRET_KEY_FILE": str(data.secret_file("secret_key")),
        "BASE_URL": ports.web_address,
        "EMAIL_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "SMS_URL": f"simulator+{ports.sandbox_address}",
        "SMS_WEBHOOK_KEY_FILE": str(data.secret_file("sandbox_sms_key")),
        "SAS_MTLS": "off",
        # Another provider may be tried, a real one: it knows the simulator's client and regulators.
        "SAS_OIDC_ISSUER": os.environ.get("SAS_OIDC_ISSUER") or f"{ports.sandbox_address}/realms/sas",
        "SAS_OIDC_CLIENT_ID": _CLIENT_ID,
        "SAS_OIDC_CLIENT_SECRET_FILE": str(data.secret_file("sandbox_client_secret")),
        "SAS_FHIR_URL": f"{ports.sandbox_address}/fhir/v1",
        "SAS_PLATFORM_URL": f"{ports.sandbox_address}/",
        "METRICS_DIR": str(data.path / "metrics"),
    }


def environment_of(settings: dict[str, str]) -> dict[str, str]:
    """What the product's processes run with: ours, where these settings win."""
    return base_environment() | settings


def manage(name: str, *arguments: str, data: DataFolder, settings: dict[str, str]) -> Program:
    """A management command that ends by itself."""
    return Program(
        name=name,
        command=[PYTHON, ROOT / "manage.py", *arguments],
        env=environment_of(settings),
        cwd=ROOT,
        log=data.logs / f"{arguments[0]}.log",
    )


def web(data: DataFolder, settings: dict[str, str], ports: Ports) -> Program:
    """gunicorn: two processes of eight threads, the code loaded once before they fork."""
    options = ["--workers=2", "--threads=8", "--preload", "--timeout=60", "--graceful-timeout=5", "--no-control-socket"]
    options.append(f"--bind=127.0.0.1:{ports.web}")
    return Program(
        name="Serveur web",
        command=[PYTHON, "-m", "gunicorn", *options, "sas_agenda.wsgi:application"],
        env=environment_of(settings),
        cwd=ROOT,
        log=data.logs / "web.log",
        ready=_answers(ports.web, "/sante/"),
    )


def worker(data: DataFolder, settings: dict[str, str]) -> Program:
    """The Celery worker."""
    log = data.logs / "worker.log"
    # Mingling and gossiping are for several workers; alone, they only cost a second at the start.
    options = ["--concurrency=2", "--without-mingle", "--without-gossip", "--loglevel=INFO"]
    return Program(
        name="Exécutant des tâches (Celery)",
        command=[PYTHON, "-m", "celery", "-A", "sas_agenda", "worker", *options],
        env=environment_of(settings),
        cwd=ROOT,
        log=log,
        # Told to end while its broker dies too, it may wait for that one without end. What it has is kept in the database.
        last_signal=signal.SIGKILL,
        # The worker's own word for "connected and consuming"; the supervisor starts each log empty.
        ready=lambda: log.exists() and b" ready." in log.read_bytes(),
    )


def beat(data: DataFolder, settings: dict[str, str]) -> Program:
    """Celery's clock, which starts the sweeps. Inside the worker (`worker --beat`) its death would go unnoticed."""
    schedule = data.path / "celery-beat-schedule"
    return Program(
        name="Horloge des tâches (Celery beat)",
        command=[PYTHON, "-m", "celery", "-A", "sas_agenda", "beat", f"--schedule={schedule}", "--pidfile="],
        env=environment_of(settings),
        cwd=ROOT,
        log=data.logs / "beat.log",
    )


def sandbox(data: DataFolder, ports: Ports, *, demo: bool) -> Program:
    """The simulator of the SAS platform, its identity provider and its mailbox included."""
    options = [f"--port={ports.sandbox}", f"--smtp-port={ports.smtp}", f"--data={data.sandbox}"]
    options += [f"--product-url={ports.web_address}", *([] if demo else ["--no-demo"])]
    return Program(
        name="Simulateur du SAS",
        command=[PYTHON, "-m", "sandbox", *options],
        env=base_environment()
        | {
            "SANDBOX_CLIENT_SECRET": data.secret("sandbox_client_secret"),
            "SANDBOX_SMS_KEY": data.secret("sandbox_sms_key"),
        },
        cwd=ROOT,
        log=data.logs / "sandbox.log",
        ready=_answers(ports.sandbox, "/sante"),
        stops_within=5,
    )


def schema_fingerprint() -> str:
    """Changes whenever `migrate` might have something to do: migrations, packages, installed applications."""
    files = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("*/*/migrations/*.py"),
        ROOT / "requirements" / "base.txt",
        ROOT / "sas_agenda" / "settings.py",
    ]
    return _fingerprint(files)


def demo_fingerprint() -> str:
    """Changes whenever `load_demo` might load something else."""
    files = [path for path in (ROOT / "appointments" / "demo").rglob("*") if path.suffix in {".py", ".json", ".txt"}]
    return _fingerprint([*files, ROOT / "appointments" / "management" / "commands" / "load_demo.py"])


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


def _answers(port: int, path: str) -> Callable[[], bool]:
    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask
