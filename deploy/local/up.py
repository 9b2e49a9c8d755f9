"""`./agenda up`: everything on one machine, from a bare Python to the demonstration."""

import argparse
import contextlib
import dataclasses
import json
import sys
from pathlib import Path

from deploy.local import product
from deploy.local.data_folder import DataFolder, write_private
from deploy.local.failures import LauncherError, StopRequested
from deploy.local.guardian import run_guarded
from deploy.local.installation import ensure_installed
from deploy.local.panel import panel
from deploy.local.ports import choose_ports
from deploy.local.processes import Supervisor
from deploy.local.product import Ports
from deploy.local.progress import Progress
from deploy.local.servers import Servers, start_servers
from deploy.local.signals import Alarm

# The number of the check that refuses a database of other migrations (sas_agenda/operations/checks.py).
_OTHER_LINEAGE = "operations.E001"


def run(options: argparse.Namespace) -> int:
    """Start all, wait, stop all. Returns the exit code: 0 after Ctrl-C, 1 when something failed."""
    data = DataFolder(Path(options.data))
    with data.locked() as lock:
        ports = choose_ports(options.port, options.sandbox_port)
        return run_guarded(lambda pipe: _supervise(data, ports, pipe, lock, demo=options.demo))


def _supervise(data: DataFolder, ports: Ports, pipe: int, lock: int, *, demo: bool) -> int:
    alarm, progress = Alarm(pipe), Progress()
    try:
        with Supervisor(alarm, progress, inherited=[lock]) as supervisor:
            ensure_installed("local", supervisor)
            _start_all(supervisor, data, ports, demo=demo)
            _announce(ports, data, demo=demo)
            try:
                supervisor.watch()
            finally:
                with progress.step("Arrêt"):
                    supervisor.stop()
    except StopRequested:
        return 0
    except LauncherError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        data.release_sockets()
    return 0


def _start_all(supervisor: Supervisor, data: DataFolder, ports: Ports, *, demo: bool) -> None:
    servers = start_servers(supervisor, data)
    settings = product.product_settings(data, servers, ports)
    _prepare_database(supervisor, data, servers, settings, demo=demo)
    with supervisor.progress.step("Démarrage du produit et du simulateur"):
        supervisor.start(
            product.web(data, settings, ports),
            product.worker(data, settings),
            product.beat(data, settings),
            product.sandbox(data, ports, demo=demo),
        )
    write_private(data.environment_file, json.dumps(settings))
    data.remember(data.state() | {"ports": dataclasses.asdict(ports)})


def _prepare_database(
    supervisor: Supervisor, data: DataFolder, servers: Servers, settings: dict[str, str], *, demo: bool
) -> None:
    """Migrate and load the demonstration, unless this very database is known to be there already.

    Each command costs over a second just to say that there is nothing to do.
    """
    schema = product.schema_fingerprint()
    state = data.state() if servers.postgres else {}
    migrated = state.get("schema") == schema and state.get("mark") == servers.migrations_mark != ""
    if not migrated:
        with supervisor.progress.step("Mise à jour de la base de données"):
            _migrate(supervisor, data, servers, settings)
    wanted = product.demo_fingerprint() if demo else None
    loaded = state.get("demo") if migrated else None
    if wanted and loaded != wanted:
        with supervisor.progress.step("Chargement des données de démonstration"):
            supervisor.run(product.manage("Données de démonstration", "load_demo", data=data, settings=settings))
        loaded = wanted
    if servers.postgres and (not migrated or loaded != state.get("demo")):
        mark = servers.postgres.ensure_database()
        data.remember(data.state() | {"schema": schema, "mark": mark, "demo": loaded})


def _migrate(supervisor: Supervisor, data: DataFolder, servers: Servers, settings: dict[str, str]) -> None:
    program = product.manage("Migrations", "migrate", "--no-input", data=data, settings=settings)
    try:
        supervisor.run(program)
    except LauncherError as error:
        if _OTHER_LINEAGE not in program.log.read_text(encoding="utf-8", errors="replace"):
            raise
        aside = f"{data.path}.ancien"
        begin_anew = (
            f"mettez le dossier de données de côté (mv {data.path} {aside}) et relancez, "
            "ou donnez-en un autre : ./agenda up --data DOSSIER"
            if servers.postgres
            else "créez une base neuve, donnez son adresse dans DATABASE_URL, et n’y restaurez rien"
        )
        raise LauncherError(f"{error}\n\nPour repartir de zéro, {begin_anew}.") from error


def _announce(ports: Ports, data: DataFolder, *, demo: bool) -> None:
    # `./agenda up | head -1` closes our output after the line it wanted: no reason to stop.
    with contextlib.suppress(BrokenPipeError):
        print(f"ready {ports.web_address}", flush=True)
        print(panel(ports, data, demo=demo), flush=True)
        sys.stdout.flush()
