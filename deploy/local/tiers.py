"""Which folders of tests/ go together: the one place that says so."""

from collections.abc import Sequence
from pathlib import Path

from deploy.local.failures import LauncherError
from deploy.local.layout import ROOT

TESTS = ROOT / "tests"
# The test files beside the folders go with the product.
TIERS = {
    "product": ("accounts", "appointments", "interop", "outbox"),
    "conformance": ("conformance", "sandbox"),
    "system": ("system",),
    "deploy": ("deploy", "launcher", "operations"),
}


def paths_of(tiers: Sequence[str], tests: Path = TESTS) -> list[str]:
    """The folders and files of these tiers, for pytest. Raises LauncherError when a folder is in no tier."""
    known = {name for names in TIERS.values() for name in names}
    folders = sorted({file.relative_to(tests).parts[0] for file in tests.glob("*/**/test_*.py")})
    forgotten = [name for name in folders if name not in known]
    if forgotten:
        raise LauncherError(
            f"Dans aucune étape de tests : {', '.join(f'tests/{name}' for name in forgotten)}. "
            "Ajoutez-y ce qui manque : TIERS, dans deploy/local/tiers.py."
        )
    files = [str(file) for file in sorted(tests.glob("test_*.py"))] if "product" in tiers else []
    return [str(tests / name) for name in folders if any(name in TIERS[tier] for tier in tiers)] + files
