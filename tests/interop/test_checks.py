"""Configurations that can't work are told at start."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, Warning

from interop import checks, tasks
from interop.sas.environments import ENVIRONMENTS, Environment, environment_label
from interop.services.deliveries import LEASE


@pytest.fixture(autouse=True)
def _sound(settings: Any, tmp_path: Path) -> None:
    """A production configuration without a fault."""
    (tmp_path / "file.pem").write_text("-")
    settings.LOCAL = False
    settings.SAS_MTLS = True
    settings.SAS_MTLS_CN, settings.SAS_MTLS_OU = ["cn"], ["ou"]
    settings.SAS_FHIR_URL = "https://sas.example/fhir/v1"
    settings.SAS_ENVIRONMENT = "recette"
    settings.SAS_CLIENT_CERT = settings.SAS_CLIENT_KEY = settings.SAS_CA = str(tmp_path / "file.pem")
    settings.BASE_URL = "https://agenda.example"
    settings.FHIR_BASE_URL = "https://fhir.agenda.example/fhir"
    settings.ALLOWED_HOSTS = ["agenda.example", "fhir.agenda.example"]
    settings.APPOINTMENT_IDENTIFIER_SYSTEM = "urn:oid:1.2.250.1.999.1"
    settings.LOCATION_IDENTIFIER_SYSTEM = "https://identifiants.example/lieux"


def told() -> list[CheckMessage]:
    return [
        *checks.check_client_names(),
        *checks.check_sas_server(),
        *checks.check_environment(),
        *checks.check_identifier_systems(),
        *checks.check_fhir_host(),
        *checks.check_timeouts(),
    ]


def test_a_sound_configuration_is_silent() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SAS_MTLS_CN": []}, "interop.E001"),
        ({"SAS_MTLS_OU": []}, "interop.E001"),
        ({"SAS_CLIENT_CERT": ""}, "interop.E003"),
        ({"SAS_CLIENT_KEY": ""}, "interop.E003"),
        ({"SAS_CA": ""}, "interop.E003"),
        ({"SAS_CLIENT_KEY": "/nowhere/at.all"}, "interop.E004"),
        ({"SAS_CA": "/"}, "interop.E004"),
        ({"APPOINTMENT_IDENTIFIER_SYSTEM": "rendez-vous"}, "interop.E005"),
        ({"LOCATION_IDENTIFIER_SYSTEM": "urn:oid:1.2 3"}, "interop.E005"),
        ({"ALLOWED_HOSTS": ["agenda.example"]}, "interop.E006"),
        ({"SAS_READ_TIMEOUT": 20}, "interop.E007"),
        ({"SAS_FHIR_URL": ENVIRONMENTS[2].fhir_url}, "interop.E008"),
        ({"CELERY_TASK_TIME_LIMIT": 50}, "interop.E009"),
        ({"SAS_FIRST_DELAY": timedelta(hours=1)}, "interop.E010"),
        ({"SAS_LONGEST_PAUSE": timedelta(days=10)}, "interop.E010"),
        ({"SAS_FHIR_URL": ""}, "interop.W001"),
        ({"APPOINTMENT_IDENTIFIER_SYSTEM": "https://agenda.example/identifiants/rendez-vous"}, "interop.W002"),
        ({"SAS_ENVIRONMENT": ""}, "interop.W003"),
    ],
)
def test_each_fault_is_told_with_a_hint(settings: Any, changes: dict[str, Any], expected: str) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    [message] = told()

    assert message.id == expected
    assert message.hint
    assert isinstance(message, Error if ".E" in expected else Warning)
    # No secret and no path: these lines end up in the logs of a platform.
    assert "/nowhere" not in str(message)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_address_of_the_sas_tells_its_environment_by_itself(settings: Any, environment: Environment) -> None:
    settings.SAS_FHIR_URL = environment.fhir_url
    for declared in ("", environment.key):
        settings.SAS_ENVIRONMENT = declared
        assert told() == []
        assert environment_label() == environment.label


def test_a_task_is_killed_before_the_lease_of_what_it_sends_ends() -> None:
    """Else two workers could send for one appointment at once, and the network would choose the order."""
    for task in (tasks.deliver, tasks.sweep_deliveries, tasks.deliver_share):
        assert task.time_limit < LEASE.total_seconds()


def test_locally_what_only_production_needs_is_a_warning(settings: Any) -> None:
    settings.LOCAL = True
    settings.SAS_MTLS_CN = []
    settings.SAS_CA = ""

    assert {message.level for message in told()} == {30}


def test_the_demo_is_silent(settings: Any) -> None:
    settings.LOCAL = True
    settings.SAS_MTLS = False
    settings.SAS_MTLS_CN = settings.SAS_MTLS_OU = []
    settings.SAS_FHIR_URL = "http://127.0.0.1:8001/fhir/v1"
    settings.SAS_CLIENT_CERT = settings.SAS_CLIENT_KEY = settings.SAS_CA = ""

    assert told() == []
