"""Where the guide's definitions are, and a loud word when they are nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance.profiles import Definitions

CHECKOUT = Path(__file__).resolve().parents[3]
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


@pytest.fixture(scope="session")
def folder() -> Path:
    found = definitions_folder()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def definitions(folder: Path) -> Definitions:
    return Definitions.load(folder)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    if definitions_folder() is None:
        terminalreporter.write_sep("!", "FHIR profile checks NOT RUN", red=True, bold=True)
        terminalreporter.write_line(MISSING)
