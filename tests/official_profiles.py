"""The official profiles: where their definitions are, and a check for tests that emit a resource on their way.

The end of a run says loudly when they are nowhere (tests/conftest.py).
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from conformance.profiles import Definitions, Severity

CHECKOUT = Path(__file__).resolve().parents[1]
MISSING = (
    "the guide's definitions are not here: unpack the FHIR package ans.fhir.fr.sas (1.1.0) beside the checkout in "
    "../shared/fhir/ans.fhir.fr.sas-1.1.0, or name its folder in FHIR_DEFINITIONS"
)


@cache
def definitions_folder() -> Path | None:
    """FHIR_DEFINITIONS when set, else `../shared/fhir/ans.fhir.fr.sas-*` from the checkout; None when not there."""
    named = os.environ.get("FHIR_DEFINITIONS")
    if named:
        return Path(named) if Path(named).is_dir() else None
    return max((CHECKOUT.parent / "shared" / "fhir").glob("ans.fhir.fr.sas-*"), default=None)


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
