"""Official profiles, for tests that emit a resource on their way. The end of the run says loudly when they are missing."""

from functools import cache
from typing import Any

from conformance.profiles import Definitions, Severity
from tests.conformance.profiles.conftest import definitions_folder


@cache
def _definitions() -> Definitions | None:
    folder = definitions_folder()
    return Definitions.load(folder) if folder is not None else None


def conforms(resource: dict[str, Any]) -> None:
    """Fail unless the resource passes its declared profile (nothing is checked where the definitions are missing)."""
    definitions = _definitions()
    if definitions is not None:
        faults = [finding for finding in definitions.check(resource) if finding.severity == Severity.ERROR]
        assert faults == []
