"""Choosing ports on 127.0.0.1, and saying before anything starts that one is taken."""

import errno
import random
import socket

from deploy.local.failures import LauncherError
from deploy.local.product import Ports

# Tests seed the module's own one.
_CHOICE = random.SystemRandom()
# Given to somebody of this process who does not listen yet, perhaps.
_given: set[int] = set()


def choose_ports(web: int, sandbox: int) -> Ports:
    """Check these two (0: any free one) and pick one for mail. Raises LauncherError naming the port that is taken."""
    if web and web == sandbox:
        raise LauncherError(f"Le produit et le simulateur ne partagent pas un port ({web}) : changez --sandbox-port.")
    web = _usable(web, "produit", "--port")
    sandbox = _usable(sandbox, "simulateur du SAS", "--sandbox-port")
    return Ports(web=web, sandbox=sandbox, smtp=free_port())


def _usable(port: int, whose: str, option: str) -> int:
    if port == 0:
        return free_port()
    try:
        _bind(port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LauncherError(
                f"Le port {port} ({whose}) est déjà pris par un autre programme.\n"
                f"Choisissez-en un autre : ./agenda up {option} {_free_near(port)}"
            ) from error
        raise LauncherError(
            f"Le port {port} ({whose}) ne peut pas être ouvert : {error.strerror}.\n"
            f"Choisissez-en un autre : ./agenda up {option} {_free_near(max(port, 8000))}"
        ) from error
    return port


def _free_near(port: int) -> int:
    for candidate in range(port + 10, port + 100, 10):
        try:
            _bind(candidate)
        except (OSError, OverflowError):
            continue
        return candidate
    return free_port()


def free_port() -> int:
    """For who listens on it in a moment: below what the system gives to callers, who could take it meanwhile."""
    while True:
        port = _CHOICE.randrange(20_000, 32_000)
        if port in _given:
            continue
        try:
            _bind(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        _given.add(port)
        return port


def _bind(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: no waiting after a stop
        probe.bind(("127.0.0.1", port))
        number: int = probe.getsockname()[1]
        return number
