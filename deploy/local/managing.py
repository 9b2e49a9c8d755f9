"""`./agenda manage …`: manage.py on the data of `./agenda up`, whether that is running or not."""

import sys
from pathlib import Path

from deploy.local import product
from deploy.local.data_folder import DataFolder, DataFolderBusyError
from deploy.local.failures import LauncherError
from deploy.local.installation import ensure_installed
from deploy.local.layout import PYTHON, ROOT
from deploy.local.processes import Supervisor
from deploy.local.product import Ports
from deploy.local.servers import start_servers
from deploy.local.session import terminal_session

_NEVER_STARTED = (
    "\n« ./agenda up » n’a jamais préparé le dossier de données {}.\n"
    "Lancez-le d’abord, ou dites quel dossier il utilise : ./agenda manage --data DOSSIER commande …"
)


def run(arguments: list[str], data_path: Path) -> int:
    """Run manage.py with these arguments; return its exit code.

    With `up` running on the data folder its servers are used, else they are started for as long as the command takes.
    """
    with terminal_session() as supervisor:
        ensure_installed("local", supervisor)
        data = DataFolder(data_path)
        try:
            with data.locked():
                try:
                    servers = start_servers(supervisor, data)
                    settings = product.product_settings(data, servers, _last_ports(data))
                    code = _manage(supervisor, arguments, settings)
                    if code and not data.state():
                        print(_NEVER_STARTED.format(data.path), file=sys.stderr)
                    return code
                finally:
                    supervisor.stop()
                    data.release_sockets()
        except DataFolderBusyError as busy:
            running = data.running_environment()
            if running is None:
                raise LauncherError(f"{busy}\n(Il démarre ou s’arrête : réessayez dans un instant.)") from busy
            return _manage(supervisor, arguments, running)


def _last_ports(data: DataFolder) -> Ports:
    """Those of the last run: addresses that a command writes down must be the ones that people use."""
    return Ports(**data.state().get("ports", {"web": 8000, "sandbox": 8001, "smtp": 2525}))


def _manage(supervisor: Supervisor, arguments: list[str], settings: dict[str, str]) -> int:
    return supervisor.foreground(
        [PYTHON, ROOT / "manage.py", *arguments], env=product.environment_of(settings), cwd=ROOT
    )
