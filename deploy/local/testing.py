"""`./agenda test …`: pytest on throw-away servers."""

import itertools
from pathlib import Path

from deploy.local.failures import tail
from deploy.local.installation import ensure_installed
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.servers import throw_away_servers
from deploy.local.session import terminal_session

# Given by the person, any of these decides how many processes run the tests; a debugger needs the terminal for itself.
_CHOOSE_PROCESSES = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")


def run(arguments: list[str]) -> int:
    """Run pytest with these arguments, on two processes by default; return its exit code."""
    with terminal_session() as supervisor:
        ensure_installed("dev", supervisor)
        with throw_away_servers(supervisor) as servers:
            code = supervisor.foreground(
                [PYTHON, "-m", "pytest", *pytest_arguments(arguments)],
                env=base_environment() | {"SAS_AGENDA_MODE": "local"} | servers.environment,
                cwd=Path.cwd() if Path.cwd().is_relative_to(ROOT) else ROOT,
            )
            for program in supervisor.ended():
                supervisor.progress.note(f"{program.name} s’est arrêté pendant les tests :\n{tail(program.log)}")
    return code


def pytest_arguments(given: list[str]) -> list[str]:
    """What pytest gets: `-n 2` first, unless the given ones choose."""
    chosen = any(
        argument.startswith(_CHOOSE_PROCESSES) or "no:xdist" in argument for argument in given if argument[:1] == "-"
    ) or any(pair == ("-p", "no:xdist") for pair in itertools.pairwise(given))
    return given if chosen else ["-n", "2", *given]
