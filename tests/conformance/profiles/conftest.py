"""The guide's definitions, and a loud word where they are nowhere."""

from pathlib import Path

import pytest

from conformance.profiles import Definitions
from tests.official_profiles import MISSING, definitions_folder


@pytest.fixture(scope="session")
def folder() -> Path:
    found = definitions_folder()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def definitions(folder: Path) -> Definitions:
    return Definitions.load(folder)
