"""What one client may ask for how often, before anything of ours is asked; and that FHIR has processes of its own."""

import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from accounts.throttle import client_address
from tests.deploy.conftest import FHIR, PUBLIC, TEMPLATE, Front, needs_nginx, nginx_values, rendered, running_nginx
from tests.deploy.tls_client import Answer
from tests.system.conftest import wait_for

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]


class Application:
    """Answers 204 to everything, once it may; `asked` counts what came."""

    def __init__(self, socket: Path) -> None:
        self.asked: Counter[str] = Counter()
        self.may_answer = threading.Event()
        self.may_answer.set()
        counting = threading.Lock()
        application = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with counting:
                    application.asked[self.path] += 1
                application.may_answer.wait(20)
                self.send_response(204)
                self.end_headers()

            do_GET = do_POST = answer  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

            def address_string(self) -> str:
                return "unix"

        class Server(ThreadingUnixStreamServer):
            request_queue_size = 512
            daemon_threads = True

        self.server = Server(str(socket), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def count(self) -> int:
        return self.asked.total()


Behind = tuple[Front, Application, Application]


@pytest.fixture
def behind(front: Front) -> Iterator[Behind]:
    """An nginx of its own, which has not counted anybody yet; behind it what serves pages, and what serves FHIR."""
    made = front.beside("floods")
    sockets = [made.folder / name for name in ("pages.sock", "fhir.sock")]
    values = nginx_values(made, *(f"server unix:{socket} max_fails=0;" for socket in sockets))
    made.configuration.write_text(rendered(values), encoding="utf-8")
    pages, fhir = (Application(socket) for socket in sockets)
    with running_nginx(needs_nginx(), made):
        yield made, pages, fhir
    for one in (pages, fhir):
        one.server.shutdown()
        one.server.server_close()
    shutil.rmtree(made.folder)


def assert_told_to_wait(answer: Answer) -> None:
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Trop de demandes" in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/connexion/", 20),
        ("POST", "/connexion/?next=/agenda/", 20),
        ("POST", "/%63onnexion/", 20),
        ("POST", "/admin/login/", 20),
        ("POST", "/mot-de-passe/changer/", 20),
        ("POST", "/mot-de-passe/nouveau/MQ/set-password/", 20),
        ("POST", "/mot-de-passe/oublie/", 10),
        ("GET", "/sas/connexion/", 50),
        ("GET", "/sas/retour/?code=x&state=y", 50),
        ("GET", "/calendriers/x.ics", 50),
        ("GET", "/rendez-vous-en-ligne/?quoi=tournesol", 100),
        ("POST", "/rendez-vous-en-ligne/choisir/", 30),
    ],
)
def test_one_client_tries_so_often_and_is_told_to_wait(behind: Behind, method: str, path: str, allowed: int) -> None:
    front, pages, _ = behind

    answers = [front.ask(path, name=PUBLIC, method=method) for _ in range(allowed * 2)]

    refused = [answer for answer in answers if answer.status != 204]
    # What comes back while the test itself takes its time is a few.
    assert allowed <= pages.count <= allowed * 1.5 + 1
    assert len(refused) == len(answers) - pages.count
    for answer in refused:
        assert_told_to_wait(answer)


def test_whoever_tries_passwords_keeps_nobody_from_pages_nor_the_sas_from_fhir(behind: Behind) -> None:
    front, pages, fhir = behind
    answers = [front.ask("/connexion/", name=PUBLIC, method="POST") for _ in range(40)]
    assert {answer.status for answer in answers} == {204, 429}
    pages.asked.clear()

    for path in ("/connexion/", "/agenda/", "/praticien/x/"):
        assert [front.ask(path, name=PUBLIC).status for _ in range(30)] == [204] * 30
    assert [front.ask("/agenda/", name=PUBLIC, method="POST").status for _ in range(30)] == [204] * 30
    assert [front.ask("/fhir/Slot", kind="valid").status for _ in range(30)] == [204] * 30

    assert pages.count == 120
    assert fhir.count == 30


@pytest.mark.parametrize("path", ["/fhir", "/fhir/", "/fhir/metadata", "/fhir/Slot?a=b"])
def test_fhir_has_processes_of_its_own(behind: Behind, path: str) -> None:
    front, pages, fhir = behind
    pages.may_answer.clear()  # whatever keeps those of the pages

    assert front.ask(path, kind="valid").status == 204
    assert (pages.count, fhir.count) == (0, 1)


@pytest.mark.parametrize(("name", "path", "allowed"), [(PUBLIC, "/agenda/", 64), (FHIR, "/fhir/Slot", 128)])
def test_one_client_has_so_many_requests_at_once(behind: Behind, name: str, path: str, allowed: int) -> None:
    front, *applications = behind
    application = applications[name == FHIR]
    application.may_answer.clear()
    with ThreadPoolExecutor(allowed) as pool:
        kept = [pool.submit(front.ask, path, name=name, kind="valid") for _ in range(allowed)]
        wait_for(lambda: application.count == allowed, "all wait")

        refused = front.ask(path, name=name, kind="valid")
        application.may_answer.set()

        assert {answer.result().status for answer in kept} == {204}
    assert_told_to_wait(refused)
    if name == FHIR:
        assert refused.json()["issue"][0]["code"] == "throttled"
    assert front.ask(path, name=name, kind="valid").status == 204


# nginx's own expression; Python writes the name of a group and the very end otherwise.
[EXPRESSION] = re.findall(r'"~(.*\(\?<subscriber>.*)" \$subscriber;', TEMPLATE.read_text(encoding="utf-8"))
SUBSCRIBER = re.compile(EXPRESSION.replace("(?<", "(?P<").replace(r"\z", r"\Z").encode())
# Of the public part of IPv6, with zeros wherever they may be written shortened, and bytes that end lines.
networks = st.builds(
    lambda groups: 0x2000 << 112 | sum(group << 16 * place for place, group in enumerate(groups, start=4)),
    st.tuples(*(st.sampled_from([0, 1, 0x0A0A]) for _ in range(3))),
)
hosts = st.one_of(st.sampled_from([0x0A, 1 << 48]), st.integers(0, 2**64 - 1))


@given(networks, networks, hosts, hosts)
def test_of_ipv6_a_client_is_a_subscribers_network(one: int, other: int, first: int, second: int) -> None:
    """For nginx, and for the counters of wrong passwords (accounts.throttle): the same two are one."""
    addresses = [IPv6Address(one | first), IPv6Address(other | second)]

    found = [match["subscriber"] for match in (SUBSCRIBER.search(address.packed) for address in addresses) if match]

    assert len(found) == 2
    assert (found[0] == found[1]) == (one == other)
    assert (counted(addresses[0]) == counted(addresses[1])) == (one == other)


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "::1"])
def test_an_address_of_ipv4_is_nobodys_network(address: str) -> None:
    assert SUBSCRIBER.search(ip_address(address).packed) is None


def counted(address: IPv6Address) -> str | None:
    return client_address(RequestFactory().get("/", REMOTE_ADDR=str(address)))
