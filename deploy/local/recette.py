"""`./agenda recette …`: the acceptance book, on a fresh instance of ours or on any editor's address."""

import os
import sys
from pathlib import Path

from deploy.local import product
from deploy.local.data_folder import DataFolder
from deploy.local.failures import LauncherError, tail
from deploy.local.installation import ensure_installed
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.ports import choose_ports
from deploy.local.processes import Supervisor
from deploy.local.product import Ports
from deploy.local.servers import throw_away_servers
from deploy.local.session import terminal_session

_COULD_NOT_RUN = 2
# Given one of these, the person names the software to look at: nothing of ours is started.
_NAMES_AN_EDITOR = ("--base-url", "--environment")
_ONLY_TALKS = ("-h", "--help")
# Of the delays that the book waits for when it plays a failing SAS, those that may be shorter without changing what is seen.
QUICKER = {"SWEEP_SECONDS": "2", "SAS_READ_TIMEOUT": "5"}


def run(arguments: list[str]) -> int:
    """Run the book; return its exit code: 0 all passed, 1 failures, 2 it could not run."""
    try:
        with terminal_session() as supervisor:
            ensure_installed("local", supervisor)
            if starts_our_own(arguments):
                return _on_fresh_instance(supervisor, arguments)
            return _book(supervisor, arguments, {})
    except LauncherError as error:
        print(f"\n{error}", file=sys.stderr)
        return _COULD_NOT_RUN


def starts_our_own(arguments: list[str]) -> bool:
    """Whether these arguments leave it to us to start what is looked at."""
    names = [argument.partition("=")[0] for argument in arguments]
    return not any(name in (*_NAMES_AN_EDITOR, *_ONLY_TALKS) for name in names)


def book_settings(ports: Ports) -> dict[str, str]:
    """What differs from the book's demonstration environment (conformance/recette/demo.toml), by dotted key."""
    return {
        "editor.name": "SAS Agenda, instance neuve",
        "editor.base_url": f"{ports.web_address}/fhir",
        "platform.listen": f"127.0.0.1:{ports.sandbox}",
        "platform.public_url": ports.sandbox_address,
        "platform.smtp_port": str(ports.smtp),
        "platform.callback": f"{ports.web_address}/sas/retour/",
        "platform.post_logout": f"{ports.web_address}/connexion/",
    }


def _on_fresh_instance(supervisor: Supervisor, arguments: list[str]) -> int:
    """The product without the simulator: the book itself listens where the simulator would."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        # The book books and withdraws: never on somebody's data.
        os.environ.pop(name, None)
    ports = choose_ports(0, 0)
    with throw_away_servers(supervisor) as servers:
        data = DataFolder(servers.folder / "product")
        settings = product.product_settings(data, servers, ports) | QUICKER
        with supervisor.progress.step("Préparation d’une instance neuve"):
            supervisor.run(product.manage("Migrations", "migrate", "--no-input", data=data, settings=settings))
            supervisor.run(product.manage("Données de démonstration", "load_demo", data=data, settings=settings))
        with supervisor.progress.step("Démarrage du produit"):
            programs = product.web(data, settings, ports), product.worker(data, settings), product.beat(data, settings)
            supervisor.start(*programs)
        given = [f"--set={key}={value}" for key, value in book_settings(ports).items()]
        secret = {"RECETTE_CLIENT_SECRET": data.secret("sandbox_client_secret")}
        code = _book(supervisor, [*given, *arguments], secret)
        for program in supervisor.ended():
            supervisor.progress.note(f"{program.name} s’est arrêté pendant la recette :\n{tail(program.log)}")
    return code


def _book(supervisor: Supervisor, arguments: list[str], settings: dict[str, str]) -> int:
    """Relative paths are the person's: the book runs where they are, and finds its code through the path."""
    environment = base_environment() | {"PYTHONPATH": str(ROOT)} | settings
    return supervisor.foreground([PYTHON, "-m", "conformance.recette", *arguments], env=environment, cwd=Path.cwd())
