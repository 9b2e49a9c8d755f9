"""The platform as a caller, a SAS that can be told what to answer, and the official profiles."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from conformance.profiles import Definitions, Severity
from interop.waking import circuit_closed
from tests.interop.sas_stub import SasStub
from tests.official_profiles import MISSING, definitions_folder


@pytest.fixture
def platform(settings: Any) -> Client:
    """The SAS platform on this very machine, mutual TLS off."""
    settings.SAS_MTLS = False
    return Client()


@pytest.fixture
def sas(settings: Any) -> Iterator[SasStub]:
    stub = SasStub()
    settings.SAS_FHIR_URL = stub.url
    settings.SAS_CONNECT_TIMEOUT = 1
    settings.SAS_READ_TIMEOUT = 1
    yield stub
    stub.stop()


@cache
def _definitions(folder: Path) -> Definitions:
    return Definitions.load(folder)


@pytest.fixture(scope="session")
def profile_faults() -> Callable[[dict[str, Any]], list[str]]:
    """What the official profiles say against a resource; skips loudly where they are not."""
    folder = definitions_folder()
    if folder is None:
        pytest.skip(MISSING)
    definitions = _definitions(folder)

    def faults(resource: dict[str, Any]) -> list[str]:
        return [str(one) for one in definitions.check(resource) if one.severity is not Severity.INFORMATION]

    return faults


@pytest.fixture
def signals() -> Iterator[list[str]]:
    received: list[str] = []

    def heard(**_: object) -> None:
        received.append("closed")

    circuit_closed.connect(heard)
    yield received
    circuit_closed.disconnect(heard)
