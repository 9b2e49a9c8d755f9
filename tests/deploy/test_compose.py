"""deploy/compose.yaml: what each service may do. No container engine runs here; the commands are run in test_image.py."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import gunicorn_settings
from outbox import mail
from sas_agenda import settings
from tests.conftest import ROOT
from tests.deploy.conftest import TEMPLATE

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
JOBS = {"migrate", "static", "manage", "revocations"}
WEB, FHIR = ("web-1", "web-2"), ("fhir-1", "fhir-2")
OURS = {*WEB, *FHIR, "worker", "worker-sas", "beat", "migrate", "static", "manage"}
WORKERS = ("worker", "worker-sas")
each_service = pytest.mark.parametrize("name", SERVICES)


def example_settings() -> dict[str, str]:
    lines = (ROOT / "deploy" / "agenda.env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_the_parts_of_the_installation() -> None:
    assert set(SERVICES) == {"nginx", "postgres", "valkey"} | OURS | JOBS


@each_service
def test_it_can_write_only_where_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & service.keys()
    uid, _, gid = service["user"].partition(":")
    assert int(uid) > 0
    assert int(gid) > 0


@each_service
def test_it_takes_no_more_than_its_share(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]

    assert float(limits["cpus"]) <= 2
    assert re.fullmatch(r"\d+[MG]", limits["memory"])
    assert SERVICES[name]["pids_limit"] <= 300


@each_service
def test_its_health_is_looked_at(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    if name in JOBS:
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] == "no"
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert seconds(check["timeout"]) <= seconds(check["interval"])


@each_service
def test_only_nginx_is_reached_from_outside(name: str) -> None:
    assert bool(SERVICES[name].get("ports")) == (name == "nginx")


def test_the_probes_port_is_not_published() -> None:
    nginx = SERVICES["nginx"]

    assert nginx["environment"]["AGENDA_PROBES"] not in {port.rpartition(":")[2] for port in nginx["ports"]}


def test_database_and_broker_are_on_a_network_without_a_way_out_where_nginx_is_not() -> None:
    assert COMPOSE["networks"]["data"] == {"internal": True}
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["data"]
    assert SERVICES["nginx"]["networks"] == ["front"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_secrets_come_as_files(name: str) -> None:
    environment = SERVICES[name]["environment"] | example_settings()
    secret = re.compile("SECRET|PASSWORD|KEY|DATABASE_URL|EMAIL_URL")

    assert all(value.startswith("/run/secrets/") for key, value in environment.items() if secret.search(key))
    assert set(SERVICES[name]["secrets"]) <= COMPOSE["secrets"].keys()
    assert all(set(source) == {"file"} for source in COMPOSE["secrets"].values())


def test_the_files_with_secrets_are_kept_out_of_the_history_and_of_the_image() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/agenda.env", "/deploy/secrets/", "/deploy/tls/"} <= set(ignored)
    assert {source["file"].split("/")[0] for source in COMPOSE["secrets"].values()} == {"secrets"}
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in context if line and not line.startswith("#")) == "*"


def test_nginx_gets_every_variable_of_its_template_and_the_template_itself() -> None:
    given = {name for name in SERVICES["nginx"]["environment"] | example_settings() if name.startswith("AGENDA_")}

    assert given == set(re.findall(r"\$\{(AGENDA_\w+)\}", TEMPLATE.read_text(encoding="utf-8")))
    assert f"./{TEMPLATE.parent.name}:/etc/nginx/templates:ro" in SERVICES["nginx"]["volumes"]


@pytest.mark.parametrize(("variable", "names", "serves"), [("AGENDA_WEB", WEB, "pages"), ("AGENDA_FHIR", FHIR, "fhir")])
def test_nginx_knows_the_sockets_of_pages_and_of_fhir_which_share_no_process(
    variable: str, names: tuple[str, ...], serves: str
) -> None:
    servers = re.findall(r"server unix:(\S+) max_fails=0;", SERVICES["nginx"]["environment"][variable])

    assert servers == [SERVICES[name]["environment"]["WEB_SOCKET"] for name in names]
    assert {SERVICES[name]["environment"].get("WEB_SERVES", "pages") for name in names} == {serves}
    assert {SERVICES[name]["user"].partition(":")[2] for name in names} == set(SERVICES["nginx"]["group_add"])


@pytest.mark.parametrize("name", [*WEB, *FHIR, *WORKERS, "beat"])
def test_the_application_starts_after_the_migrations(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_whoever_stops_may_end_what_it_does() -> None:
    for name in (*WEB, *FHIR):
        assert seconds(SERVICES[name]["stop_grace_period"]) > gunicorn_settings.graceful_timeout
    for name in WORKERS:
        longest = mail.TIME_LIMIT if name == "worker" else settings.CELERY_TASK_TIME_LIMIT
        assert seconds(SERVICES[name]["stop_grace_period"]) > longest


def option(command: list[str], name: str) -> str:
    [value] = [part.partition("=")[2] for part in command if part.startswith(f"--{name}=")]
    return value


def test_each_queue_has_a_worker_of_its_own() -> None:
    commands = [SERVICES[name]["command"] for name in WORKERS]

    assert [option(command, "queues") for command in commands] == list(settings.CELERY_TASK_QUEUES)
    assert int(option(SERVICES["worker-sas"]["command"], "concurrency")) == settings.SAS_MAX_CALLS


def test_there_is_one_beat_and_no_worker_that_is_one_too() -> None:
    clocks = [name for name, service in SERVICES.items() if "beat" in service.get("command", [])]

    assert clocks == ["beat"]
    assert "replicas" not in SERVICES["beat"]["deploy"]
    assert not any("--beat" in service.get("command", []) for service in SERVICES.values())


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_path_it_is_told_of_is_there(name: str) -> None:
    """What a service sets for itself replaces what all have: `manage` had no place for its counts, and started no command."""
    service = SERVICES[name]
    mounted = {volume.split(":")[1] for volume in service["volumes"]} | {
        place.split(":")[0] for place in service["tmpfs"]
    }
    for variable, value in service["environment"].items():
        if value.startswith("/run/secrets/"):
            assert value.removeprefix("/run/secrets/") in service["secrets"], variable
        elif value.startswith("/") and name != "static":  # which copies, and starts nothing of ours
            assert any(Path(value).is_relative_to(place) for place in mounted), variable


@each_service
def test_its_volumes_and_networks_are_declared(name: str) -> None:
    sources = {volume.split(":")[0] for volume in SERVICES[name].get("volumes", [])}
    assert {source for source in sources if not source.startswith(".")} <= COMPOSE["volumes"].keys()
    assert set(SERVICES[name].get("networks", [])) <= COMPOSE["networks"].keys()


def test_the_revocation_lists_are_renewed_where_nginx_reads_them_by_who_may() -> None:
    renewal, nginx = SERVICES["revocations"], SERVICES["nginx"]

    assert renewal["user"] == nginx["user"]
    assert f"{renewal['volumes'][0]}:ro" in nginx["volumes"]
    assert f"--output={nginx['environment']['AGENDA_CERTIFICATES']}/revoked.pem" in renewal["entrypoint"]
