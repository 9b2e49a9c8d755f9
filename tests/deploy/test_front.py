"""What the front lets through on each server name, what it says by itself, and that it starts without a warning."""

import re
import socket
import subprocess
from http.client import HTTPResponse
from pathlib import Path

import pytest

from deploy.probe import failure
from tests.deploy.conftest import FHIR, PUBLIC, TEMPLATE, Front, needs_nginx, nginx_command
from tests.deploy.tls_client import Answer

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]

# Each would be /fhir/…, /metrics or /admin/ to one reader and something else to another.
ODD_PATHS = [
    "//fhir/metadata", "/x/../fhir/metadata", "/fhir/../admin/", "/fhir/../metrics", "/fhir//metadata", "/./metrics",
    "/fhir/%2e%2e/admin/", "/fhir/..%2fadmin/", "/fhir%2fmetadata", "/%2e/fhir/metadata", "/admin/../fhir/metadata",
    "/fhir/..;/admin/", "/fhir/.%2E/admin/", "/fhir/..", "/fhir\\..\\admin/",
    "/fhir/\xe9", "/metrics\xa0",
]  # fmt: skip


def of_the_application(answer: Answer) -> bool:
    return "content-security-policy" in answer.headers


def plain(address: tuple[str, int] | Path, request: str) -> Answer:
    """A request without TLS. Status 0: closed without an answer."""
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(10)
        connection.connect(str(address) if isinstance(address, Path) else address)
        connection.sendall(f"{request}\r\nConnection: close\r\n\r\n".encode())
        response = HTTPResponse(connection)
        try:
            response.begin()
        except ConnectionError:
            return Answer(refusal="closed")
        return Answer(
            response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
        )  # fmt: skip


def test_the_configuration_is_accepted_without_a_warning(front: Front) -> None:
    done = subprocess.run(
        [*nginx_command(needs_nginx(), front), "-t"], capture_output=True, text=True, timeout=20, check=False
    )

    assert done.returncode == 0
    assert [line.rpartition(": ")[2] for line in done.stderr.splitlines()] == [
        f"the configuration file {front.configuration} syntax is ok".rpartition(": ")[2],
        f"configuration file {front.configuration} test is successful",
    ]


def test_the_template_names_its_variables_in_its_first_lines() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    said, used = text.split("\n\n", 1)

    assert set(re.findall(r"AGENDA_\w+", said)) - {"AGENDA_"} == set(re.findall(r"\$\{(AGENDA_\w+)\}", used))
    assert not re.findall(r"\$AGENDA", text)


class TestThePublicName:
    @pytest.mark.parametrize(
        "path", ["/connexion/", "/conditions/", "/mot-de-passe/oublie/", "/sante/", "/.well-known/security.txt"]
    )
    def test_serves_the_pages(self, front: Front, path: str) -> None:
        answer = front.ask(path, name=PUBLIC)

        assert answer.status in {200, 302}
        assert of_the_application(answer)

    @pytest.mark.parametrize(
        "path",
        ["/fhir", "/fhir/", "/fhir/metadata", "/FHIR/metadata", "/%66hir/metadata", "/metrics", "/metrics/", "/health/live",
         "/health/ready", "/health/", "/health", "/HEALTH/live", "/health/live.", "/health/live%20", "/health;a/live",
         "/metrics.", "/metrics;x", "/metrics%3f", "/metrics%23", "/metrics%09", "/metrics%0d", "/metrics%0a", "/%6detrics",
         "https://agenda.example/metrics", "https://agenda.example/fhir/../metrics",
         "http://agenda.example:8081/health/live", "/;/../metrics", *ODD_PATHS],
    )  # fmt: skip
    def test_shows_neither_fhir_nor_health_nor_metrics(self, front: Front, path: str) -> None:
        answer = front.ask(path, name=PUBLIC, kind="valid")

        assert answer.status in {400, 404}
        assert not of_the_application(answer)

    def test_answers_in_french_by_itself(self, front: Front) -> None:
        answer = front.ask("/metrics", name=PUBLIC)

        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "Page introuvable" in answer.body.decode()

    def test_refuses_what_is_too_long(self, front: Front) -> None:
        answer = front.ask("/connexion/", name=PUBLIC, method="POST", body=b"x" * 600_000)

        assert answer.status == 413
        assert "trop long" in answer.body.decode()

    def test_takes_the_file_of_an_import_and_says_when_it_is_too_large(self, front: Front) -> None:
        address = "/cabinet/6f6d0d8e-6b1f-4e5e-9d52-5c7c1f3f0a11/import/"
        taken = front.ask(address, name=PUBLIC, method="POST", body=b"x" * 5_000_000)
        refused = front.ask(address, name=PUBLIC, method="POST", body=b"x" * 12_000_000)

        assert of_the_application(taken)
        assert refused.status == 413
        assert "10 Mo au plus" in refused.body.decode()

    def test_sends_plain_http_to_https(self, front: Front) -> None:
        answer = plain(("127.0.0.1", front.plain_port), f"GET /connexion/?a=b HTTP/1.1\r\nHost: {PUBLIC}")

        assert (answer.status, answer.headers["location"]) == (301, f"https://{PUBLIC}/connexion/?a=b")

    def test_serves_static_files_itself_compressed_and_cached(self, front: Front) -> None:
        page = front.ask("/connexion/", name=PUBLIC).body.decode()
        hrefs = re.findall(r"/static/css/[^\"]+", page)
        assert hrefs

        answer = front.ask(hrefs[0], name=PUBLIC, headers={"Accept-Encoding": "gzip"})

        assert answer.status == 200
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert not of_the_application(answer)


class TestTheFhirName:
    @pytest.mark.parametrize(
        "path", ["/", "/connexion/", "/admin/", "/static/css/tokens.css", "/metrics", "/health/ready", "/sante/",
                 "/fhirx/", *ODD_PATHS],
    )  # fmt: skip
    def test_serves_fhir_only(self, front: Front, path: str) -> None:
        answer = front.ask(path, kind="valid")

        assert answer.status in {400, 404}
        assert not of_the_application(answer)
        assert answer.json()["resourceType"] == "OperationOutcome"

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("/fhir/Practitioner", b"x" * 600_000, 413),
            (f"/fhir/Slot?a={'x' * 9000}", b"", 414),
            ("/fhir/%00", b"", 400),
        ],
        ids=["body", "address", "NUL"],
    )
    def test_refuses_with_an_operation_outcome(self, front: Front, path: str, body: bytes, status: int) -> None:
        answer = front.ask(path, kind="valid", method="POST", body=body)

        assert answer.status == status
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"

    def test_a_body_over_the_applications_limit_gets_the_applications_words(self, front: Front) -> None:
        answer = front.ask(
            "/fhir/Practitioner", kind="valid", method="POST", body=b"x" * 300_000,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip

        assert answer.status == 413
        assert of_the_application(answer)

    def test_takes_a_search_for_25_practitioners(self, front: Front) -> None:
        practitioners = ",".join(f"urn:oid:1.2.250.1.71.4.2.1%7C8{number:011}" for number in range(25))
        query = (
            "start=ge2026-11-25T00:00:00%2B01:00&start=le2026-11-27T00:00:00%2B01:00&status=free"
            "&_include=Slot:schedule&_include:iterate=Schedule:actor"
            f"&schedule.actor:Practitioner.identifier={practitioners}"
        )

        answer = front.ask(f"/fhir/Slot?{query}", kind="valid")

        assert answer.status == 200, answer.body
        assert answer.json()["resourceType"] == "Bundle"

    @pytest.mark.parametrize("path", ["/fhir", "/fhir?_format=json", "/fhir/"])
    def test_has_a_root_with_and_without_a_final_slash(self, front: Front, path: str) -> None:
        answer = front.ask(path, kind="valid")

        assert answer.status == 404
        assert of_the_application(answer)
        assert answer.json()["issue"][0]["code"] == "not-found"
        assert front.ask(path).status == 403

    def test_is_not_served_without_tls(self, front: Front) -> None:
        answer = plain(("127.0.0.1", front.plain_port), f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}")

        assert answer.refusal == "closed"


class TestTheProbes:
    @pytest.mark.parametrize("path", ["/sante/", "/health/live", "/health/ready?parts=database,migrations", "/metrics"])
    def test_see_the_health_and_the_metrics(self, front: Front, path: str) -> None:
        assert plain(front.probes, f"GET {path} HTTP/1.1\r\nHost: 10.0.0.7").status == 200

    def test_of_a_container_goes_through_the_socket_and_names_what_fails(self, front: Front) -> None:
        web = str(front.folder / "web-1.sock")

        assert failure(web, "/health/ready?parts=database,migrations") == ""
        assert '"broker": "unreachable' in failure(web, "/health/ready")  # none runs here

    @pytest.mark.parametrize("path", ["/", "/connexion/", "/fhir/metadata", "/admin/"])
    def test_see_nothing_else(self, front: Front, path: str) -> None:
        assert plain(front.probes, f"GET {path} HTTP/1.1\r\nHost: {PUBLIC}").status == 404


def test_logs_keep_neither_queries_nor_the_secret_of_an_address(front: Front) -> None:
    front.ask("/sas/retour/?code=un-code-secret&state=x", name=PUBLIC)
    front.ask("/mot-de-passe/nouveau/MQ/un-jeton-secret/", name=PUBLIC)
    front.ask("/calendriers/un-secret.ics", name=PUBLIC)
    front.ask("/fhir/Practitioner?identifier=un-identifiant-secret", kind="valid", method="PUT")

    logs = "".join((front.folder / name).read_text(encoding="utf-8") for name in ("access.log", "nginx.log"))
    assert '"path":"/mot-de-passe/nouveau/…"' in logs
    assert '"path":"/calendriers/…"' in logs
    assert "secret" not in logs


def test_the_application_listens_on_no_port(front: Front) -> None:
    # Of /proc/net/tcp: the inodes of sockets in state 0A, listening.
    tables = [Path(f"/proc/net/{name}").read_text(encoding="ascii") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    masters = [process.pid for process in front.web.values()]
    children = [int(pid) for master in masters for pid in _children(master)]
    assert len(children) == len(masters)

    for pid in [*masters, *children]:
        held = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
        assert not held & listening


def test_the_sockets_are_closed_to_other_users(front: Front) -> None:
    for name in front.web:
        assert (front.folder / name).stat().st_mode & 0o007 == 0


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
