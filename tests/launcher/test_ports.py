"""A port in use is named before anything starts, with another to choose."""

import socket
from collections.abc import Iterator

import pytest

from deploy.local.failures import LauncherError
from deploy.local.ports import choose_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_the_product_s_port_in_use_is_named_with_another_to_choose(taken: int) -> None:
    with pytest.raises(LauncherError, match=rf"port {taken} \(produit\) est déjà pris[^$]*--port \d+"):
        choose_ports(taken, 0)


def test_the_simulator_s_port_in_use_is_named_with_another_to_choose(taken: int) -> None:
    with pytest.raises(
        LauncherError, match=rf"port {taken} \(simulateur du SAS\) est déjà pris[^$]*--sandbox-port \d+"
    ):
        choose_ports(0, taken)


def test_the_two_may_not_be_the_same() -> None:
    with pytest.raises(LauncherError, match="ne partagent pas un port"):
        choose_ports(8123, 8123)


def test_zero_means_a_free_port() -> None:
    ports = choose_ports(0, 0)
    assert len({ports.web, ports.sandbox, ports.smtp}) == 3
    assert ports.web_address == f"http://127.0.0.1:{ports.web}"
