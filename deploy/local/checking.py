"""`./agenda check`: everything continuous integration checks, all of it even when a part fails."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import migrations, repository
from deploy.local.installation import ensure_installed
from deploy.local.layout import PYTHON, ROOT, VENV, base_environment
from deploy.local.processes import Supervisor
from deploy.local.progress import duration
from deploy.local.servers import throw_away_servers
from deploy.local.session import terminal_session


@dataclass(frozen=True)
class Step:
    """A named check: a program that must succeed, or a function that returns the findings."""

    name: str
    command: Sequence[str | Path] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    findings: Callable[[], list[str]] | None = None


def run() -> int:
    """Run every step, each named and timed; return 1 when any failed."""
    with terminal_session() as supervisor:
        ensure_installed("dev", supervisor)
        failed: list[str] = []
        with throw_away_servers(supervisor) as servers:
            local = {"SAS_AGENDA_MODE": "local"} | servers.environment
            certificate = servers.folder / "certificate.pem"
            certificate.write_text("not a certificate\n")
            for step in steps(local, production_settings(local, certificate)):
                started = time.monotonic()
                print(f"\n=== {step.name}", flush=True)
                passed = _passes(step, supervisor)
                print(
                    f"=== {step.name} : {'OK' if passed else 'ÉCHEC'} ({duration(time.monotonic() - started)})",
                    flush=True,
                )
                if not passed:
                    failed.append(step.name)
                supervisor.refuse_stop()
    print("\nTout est en ordre." if not failed else f"\nÀ corriger : {', '.join(failed)}.", flush=True)
    return 1 if failed else 0


def steps(local: Mapping[str, str], production: Mapping[str, str]) -> list[Step]:
    """What is checked, quickest first. `local` and `production`: the product's settings, with a database to ask."""
    manage = [PYTHON, ROOT / "manage.py"]
    templates = [str(folder) for folder in ("templates", "sandbox/templates") if (ROOT / folder).is_dir()]
    return [
        Step("files", findings=repository.findings),
        Step("safe migrations", findings=migrations.findings),
        Step("ruff check", [PYTHON, "-m", "ruff", "check", "."]),
        Step("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("djlint", [PYTHON, "-m", "djlint", *templates, "--lint", "--quiet"]),
        Step("import-linter", [PYTHON, VENV / "bin" / "lint-imports"]),
        Step("cadrage", [*manage, "cadrage", "--check"], local),
        Step("model", [*manage, "model", "--check"], local),
        Step("migrations", [*manage, "makemigrations", "--check", "--dry-run"], local),
        Step("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        Step("mypy", [PYTHON, "-m", "mypy"], local),
    ]


def production_settings(local: Mapping[str, str], certificate: Path) -> dict[str, str]:
    """Complete settings of a production that does not exist, its secrets made up on the spot.

    `certificate`: a readable file; the check looks no further.
    """
    return {
        "DATABASE_URL": local["DATABASE_URL"],
        "REDIS_URL": local["REDIS_URL"],
        "SAS_AGENDA_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "BASE_URL": "https://agenda.example",
        "EMAIL_URL": "smtps://agenda:secret@mail.example:465",
        "SAS_MTLS": "on",
        "SAS_MTLS_CN": "sas.example",
        "SAS_MTLS_OU": "318751275100020",
        "SAS_OIDC_ISSUER": "https://sas.example/realms/sas",
        "SAS_OIDC_CLIENT_ID": "sas-agenda",
        "SAS_OIDC_CLIENT_SECRET": secrets.token_urlsafe(40),
        "SAS_FHIR_URL": "https://fhir.sas.example/fhir/v1",
        "SAS_ENVIRONMENT": "recette",
        "SAS_PLATFORM_URL": "https://sas.example/",
        "SAS_CLIENT_CERT": str(certificate),
        "SAS_CLIENT_KEY": str(certificate),
        "SAS_CA": str(certificate),
        "APPOINTMENT_IDENTIFIER_SYSTEM": "urn:oid:1.2.250.1.213.99.1",
        "LOCATION_IDENTIFIER_SYSTEM": "urn:oid:1.2.250.1.213.99.2",
        "OPERATORS_EMAILS": "exploitation@agenda.example",
        "SECURITY_CONTACT": "mailto:securite@agenda.example",
        "METRICS_DIR": str(certificate.with_name("metrics")),
    }


def _passes(step: Step, supervisor: Supervisor) -> bool:
    if step.findings:
        found = step.findings()
        for line in found:
            print(line)
        return not found
    environment = {name: value for name, value in base_environment().items() if not name.startswith("SAS_")}
    return supervisor.foreground(step.command, env=environment | dict(step.env), cwd=ROOT) == 0
