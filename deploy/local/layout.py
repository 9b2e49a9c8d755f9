"""Where things are in the checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".agenda"  # everything the command makes; safe to delete when nothing runs
REQUIREMENTS = ROOT / "requirements"
VENV = WORK / "venv"
PYTHON = VENV / "bin" / "python"
DEFAULT_DATA = WORK / "data"


def base_environment() -> dict[str, str]:
    """Our environment, less what would bend the programs we start towards another Python or slow them down."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "DJANGO_SETTINGS_MODULE"}
    # Without compiled files each start would read and compile a thousand modules again: several seconds.
    unwanted.add("PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted} | {"PYTHONUNBUFFERED": "1"}


def site_packages() -> Path:
    """The environment's package folder, whatever its Python's version."""
    return next((VENV / "lib").glob("python3*/site-packages"))
