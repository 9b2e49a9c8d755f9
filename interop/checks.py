"""Configurations that can't work, told at start (`manage.py check`, `migrate`) instead of at the first call of the SAS.

What only makes sense in production is an error there and a warning in local mode.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.http.request import validate_host

from interop.sas.client import MAX_ANSWER_TIME, longest_call
from interop.sas.environments import environment_of
from interop.tasks import LAST_START, TIME_LIMIT

# Of the waits between two attempts, and between two probes.
LONGEST_WAIT = timedelta(hours=6)


@register
def check_client_names(**_: Any) -> list[CheckMessage]:
    """Without accepted names every call of the SAS would get a 403."""
    missing = [name for name in ("SAS_MTLS_CN", "SAS_MTLS_OU") if not getattr(settings, name)]
    if not settings.SAS_MTLS or not missing:
        return []
    return [
        _in_production(
            f"Mutual TLS is on, but {' and '.join(missing)} accept nobody: every FHIR call will be refused.",
            hint="List the CN and the OU of the platform's client certificate (two values while it is renewed).",
            id="interop.E001",
        )
    ]


@register
def check_sas_server(**_: Any) -> list[CheckMessage]:
    return list(_sas_server())


def _sas_server() -> Iterator[CheckMessage]:
    if not settings.SAS_FHIR_URL:
        yield Warning(
            "SAS_FHIR_URL is empty: appointments are kept for the SAS, but not sent.",
            hint="Give the base of its FHIR server, e.g. https://sas-agregateur.…/fhir/v1.",
            id="interop.W001",
        )
        return
    secure = urlsplit(settings.SAS_FHIR_URL).scheme == "https"
    files = {name: getattr(settings, name) for name in ("SAS_CLIENT_CERT", "SAS_CLIENT_KEY", "SAS_CA")}
    missing = [name for name, path in files.items() if not path]
    if secure and missing:
        yield _in_production(
            f"{', '.join(missing)}: missing, so the SAS can't recognise us, nor we the SAS.",
            hint="Give the paths of the client certificate, of its key, and of the authority (PEM).",
            id="interop.E003",
        )
    for name, path in files.items():
        if path and not _is_readable(path):
            yield Error(
                f"{name} points to a file that can't be read.",
                hint="The user that runs the workers needs read access to it, and to its folders.",
                id="interop.E004",
            )


@register
def check_environment(**_: Any) -> list[CheckMessage]:
    """The badge that operators see must not lie."""
    known = environment_of(settings.SAS_FHIR_URL)
    if known is not None and settings.SAS_ENVIRONMENT not in {"", known.key}:
        return [
            Error(
                f"SAS_ENVIRONMENT says {settings.SAS_ENVIRONMENT}, but SAS_FHIR_URL is that of {known.key}.",
                hint="Leave SAS_ENVIRONMENT empty: the address tells.",
                id="interop.E008",
            )
        ]
    if settings.SAS_FHIR_URL and known is None and not settings.SAS_ENVIRONMENT and not settings.LOCAL:
        return [
            Warning(
                "SAS_FHIR_URL is none of the SAS's three addresses: operators can't see which environment it is.",
                hint="Set SAS_ENVIRONMENT to recette, preproduction or production.",
                id="interop.W003",
            )
        ]
    return []


@register
def check_identifier_systems(**_: Any) -> list[CheckMessage]:
    return list(_identifier_systems())


def _identifier_systems() -> Iterator[CheckMessage]:
    for name in ("APPOINTMENT_IDENTIFIER_SYSTEM", "LOCATION_IDENTIFIER_SYSTEM"):
        value: str = getattr(settings, name)
        if not value.startswith(("urn:oid:", "urn:uuid:", "https://", "http://")) or any(map(str.isspace, value)):
            yield Error(
                f"{name} is no absolute URI.",
                hint="FHIR wants urn:oid:… or an https:// address, without blanks.",
                id="interop.E005",
            )
        elif value.startswith(settings.BASE_URL) and not settings.LOCAL:
            yield Warning(
                f"{name} follows from BASE_URL: another BASE_URL would change it, and the SAS would lose what it knows.",
                hint="Set it to an OID of yours, or to an address that will never change.",
                id="interop.W002",
            )


@register
def check_fhir_host(**_: Any) -> list[CheckMessage]:
    host = urlsplit(settings.FHIR_BASE_URL).hostname or ""
    if validate_host(host, [allowed for allowed in settings.ALLOWED_HOSTS if allowed]):
        return []
    return [
        Error(
            "The host of FHIR_BASE_URL is not in ALLOWED_HOSTS: every FHIR call would be refused.",
            hint=f"Add {host} to ALLOWED_HOSTS.",
            id="interop.E006",
        )
    ]


@register
def check_timeouts(**_: Any) -> list[CheckMessage]:
    return list(_timeouts())


def _timeouts() -> Iterator[CheckMessage]:
    room = TIME_LIMIT - LAST_START
    if longest_call().total_seconds() >= room:
        yield Error(
            "SAS_CONNECT_TIMEOUT and SAS_READ_TIMEOUT are too long: a task would be killed before it gives up.",
            hint=f"Keep their sum under {room - MAX_ANSWER_TIME.total_seconds():.0f} seconds.",
            id="interop.E007",
        )
    if TIME_LIMIT > settings.CELERY_TASK_TIME_LIMIT:
        yield Error(
            "SAS_LEASE_SECONDS is too long: deployments give a worker that ends two minutes for its tasks.",
            hint=f"Give it {settings.CELERY_TASK_TIME_LIMIT + 5} seconds at most.",
            id="interop.E009",
        )
    for first, longest in (("SAS_FIRST_DELAY", "SAS_LONGEST_DELAY"), ("SAS_FIRST_PAUSE", "SAS_LONGEST_PAUSE")):
        if not getattr(settings, first) <= getattr(settings, longest) <= LONGEST_WAIT:
            yield Error(
                f"{first}_SECONDS and {longest}_SECONDS must grow, up to {LONGEST_WAIT.total_seconds():.0f} seconds.",
                hint="The waits are doubled from the first to the longest; deliveries are given up after three days.",
                id="interop.E010",
            )


def _in_production(message: str, *, hint: str, id: str) -> CheckMessage:
    return (Warning if settings.LOCAL else Error)(message, hint=hint, id=id)


def _is_readable(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False
