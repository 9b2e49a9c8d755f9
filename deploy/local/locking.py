"""`./agenda lock`: pin again what the `.in` files ask for. The pinned files hold hashes and no registry's address."""

from deploy.local.failures import LauncherError
from deploy.local.installation import find_uv, uv_environment
from deploy.local.layout import REQUIREMENTS
from deploy.local.session import terminal_session

# Each may hold the pins of those before it as constraints.
_ORDER = ("uv", "base", "local", "dev")
_OPTIONS = ("--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.11", "--quiet")


def run(arguments: list[str]) -> int:
    """Write requirements/*.txt again. `--upgrade` and other options go to `uv pip compile`. Raises LauncherError."""
    with terminal_session() as supervisor:
        uv = find_uv(supervisor)
        if uv is None:
            raise LauncherError("« ./agenda lock » a besoin de uv, qui ne peut pas être installé ici.")
        for name in _ORDER:
            with supervisor.progress.step(f"requirements/{name}.txt"):
                code = supervisor.foreground(
                    [uv, "pip", "compile", *_OPTIONS, *arguments, f"{name}.in", "-o", f"{name}.txt"],
                    env=uv_environment(),
                    cwd=REQUIREMENTS,
                )
            if code != 0:
                return code
    return 0
