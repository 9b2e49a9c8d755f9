"""The Kubernetes manifests: what each pod may do, and how many there are. No cluster runs here: they are read."""

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
from tests.deploy.test_compose import COMPOSE, SERVICES, WORKERS, example_settings, option

FOLDER = ROOT / "deploy"
ROOT_FILE: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (one["kind"], one["metadata"]["name"]): one
    for file in ROOT_FILE["resources"]
    for one in yaml.safe_load_all((FOLDER / file).read_text(encoding="utf-8"))
}
PODS: dict[str, dict[str, Any]] = {
    name: one["spec"]["template"]["spec"] for (kind, name), one in OBJECTS.items() if kind in {"Deployment", "Job"}
}
CONTAINERS = [
    (pod, one) for pod, spec in PODS.items() for one in [*spec.get("initContainers", []), *spec["containers"]]
]
APPLICATION = [("web", "gunicorn"), ("web", "fhir"), *((name, name) for name in (*WORKERS, "beat", "migrate"))]
each_pod = pytest.mark.parametrize("name", PODS)
each_container = pytest.mark.parametrize(
    ("pod", "container"), CONTAINERS, ids=lambda value: value if isinstance(value, str) else value["name"]
)


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in container.get("env", [])}


def container_of(pod: str, name: str) -> dict[str, Any]:
    [found] = [one for owner, one in CONTAINERS if (owner, one["name"]) == (pod, name)]
    return found


def test_every_manifest_is_applied() -> None:
    written = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "kubernetes").glob("*.yaml")}

    assert set(ROOT_FILE["resources"]) == written
    assert set(PODS) == {"broker", "migrate", "web", *WORKERS, "beat"}


@each_pod
def test_a_pod_runs_as_nobody_in_particular(name: str) -> None:
    context = PODS[name]["securityContext"]

    assert PODS[name]["automountServiceAccountToken"] is False
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & PODS[name].keys()


@each_container
def test_a_container_can_write_only_where_it_must(pod: str, container: dict[str, Any]) -> None:
    context = container["securityContext"]

    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context.get("runAsUser", 1) > 0
    declared = {volume["name"]: volume for volume in PODS[pod]["volumes"]}
    for mount in container["volumeMounts"]:
        [kind] = declared[mount["name"]].keys() - {"name"}
        assert kind == "emptyDir" or mount["readOnly"] is True


@each_container
def test_a_container_says_what_it_needs_and_what_it_may_take(pod: str, container: dict[str, Any]) -> None:
    assert set(container["resources"]["requests"]) == set(container["resources"]["limits"]) == {"cpu", "memory"}


@each_pod
def test_what_stays_is_looked_at(name: str) -> None:
    if ("Job", name) not in OBJECTS:
        assert all("livenessProbe" in one for one in PODS[name]["containers"])


@pytest.mark.parametrize(("pod", "name"), APPLICATION)
def test_the_application_gets_what_it_gets_under_compose(pod: str, name: str) -> None:
    container = container_of(pod, name)
    under_compose = SERVICES["worker"]["environment"]
    of_its_own = {"METRICS_DIR", "WEB_SERVES", "WEB_SOCKET"}

    assert variables(container).keys() - of_its_own == under_compose.keys() - of_its_own
    assert container["envFrom"] == [{"configMapRef": {"name": "agenda-settings"}}]
    assert container["image"] == "sas-agenda"


def test_secrets_are_files_of_a_secret_that_is_not_here() -> None:
    assert not [kind for kind, _ in OBJECTS if kind == "Secret"]
    for pod, name in APPLICATION:
        container = container_of(pod, name)
        secret = re.compile("SECRET|PASSWORD|KEY|DATABASE_URL|EMAIL_URL")
        assert all(value.startswith("/secrets/") for name, value in variables(container).items() if secret.search(name))


def test_the_settings_and_the_nginx_configuration_are_the_ones_of_compose() -> None:
    made = {one["name"]: one for one in ROOT_FILE["configMapGenerator"]}

    assert made["agenda-nginx"]["files"] == [TEMPLATE.relative_to(FOLDER).as_posix()]
    assert made["agenda-settings"]["envs"] == ["agenda.env"]
    nginx = container_of("web", "nginx")
    assert {name for name in variables(nginx) if name.startswith("AGENDA_")} == set(
        re.findall(r"\$\{(AGENDA_\w+)\}", TEMPLATE.read_text(encoding="utf-8"))
    )
    for one in nginx["env"]:
        if reference := one.get("valueFrom"):
            assert reference["configMapKeyRef"]["key"] in example_settings()


class TestTheWeb:
    def test_grows_with_its_load_and_is_never_alone(self) -> None:
        scaler = OBJECTS["HorizontalPodAutoscaler", "web"]["spec"]

        assert "replicas" not in OBJECTS["Deployment", "web"]["spec"]
        assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        assert scaler["maxReplicas"] > scaler["minReplicas"] >= 2
        assert OBJECTS["PodDisruptionBudget", "web"]["spec"]["minAvailable"] >= 1

    def test_is_replaced_only_by_one_that_is_ready(self) -> None:
        strategy = OBJECTS["Deployment", "web"]["spec"]["strategy"]["rollingUpdate"]

        assert strategy["maxUnavailable"] == 0
        for name in ("gunicorn", "fhir"):
            ready = container_of("web", name)["readinessProbe"]["exec"]["command"]
            assert ready[-1] == "/health/ready?parts=database,migrations"

    def test_outlives_the_requests_it_has(self) -> None:
        waits = {
            name: int(container_of("web", name)["lifecycle"]["preStop"]["exec"]["command"][1])
            for name in ("gunicorn", "fhir", "nginx")
        }

        assert min(waits["gunicorn"], waits["fhir"]) > waits["nginx"] > 0
        longest = max(waits["gunicorn"], waits["fhir"])
        assert PODS["web"]["terminationGracePeriodSeconds"] > longest + gunicorn_settings.graceful_timeout

    def test_ends_tls_itself_and_shows_its_probes_to_nobody_outside(self) -> None:
        service = OBJECTS["Service", "web"]["spec"]

        assert [port["targetPort"] for port in service["ports"]] == ["plain", "tls"]
        assert service["externalTrafficPolicy"] == "Local"
        [outside, inside] = OBJECTS["NetworkPolicy", "to-web"]["spec"]["ingress"]
        assert {port["port"] for port in outside["ports"]} == {"plain", "tls"}
        assert "from" in inside

    def test_serves_fhir_by_processes_of_its_own(self) -> None:
        nginx, pages, fhir = (variables(container_of("web", name)) for name in ("nginx", "gunicorn", "fhir"))

        assert nginx["AGENDA_FHIR"] == f"server unix:{fhir['WEB_SOCKET']} max_fails=0;"
        assert fhir["WEB_SERVES"] == "fhir"
        assert nginx["AGENDA_WEB"] != nginx["AGENDA_FHIR"]
        assert not {"WEB_SERVES", "WEB_SOCKET"} & pages.keys()

    def test_shares_its_sockets_between_its_three_containers_only(self) -> None:
        holders = [
            (pod, one["name"])
            for pod, one in CONTAINERS
            if any(mount["mountPath"] == "/run/sas-agenda" for mount in one["volumeMounts"])
        ]

        assert holders == [("web", "gunicorn"), ("web", "fhir"), ("web", "nginx")]
        assert not any("ports" in container_of("web", name) for name in ("gunicorn", "fhir"))


def test_there_is_one_beat_and_never_two() -> None:
    spec = OBJECTS["Deployment", "beat"]["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert [pod for pod, one in CONTAINERS if "beat" in one.get("args", [])] == ["beat"]


@pytest.mark.parametrize("name", WORKERS)
def test_workers_are_several_and_may_end_their_tasks(name: str) -> None:
    assert OBJECTS["Deployment", name]["spec"]["replicas"] >= 2
    assert OBJECTS["PodDisruptionBudget", name]["spec"]["minAvailable"] >= 1
    longest = mail.TIME_LIMIT if name == "worker" else settings.CELERY_TASK_TIME_LIMIT
    assert PODS[name]["terminationGracePeriodSeconds"] > longest


def test_each_queue_has_workers_of_its_own() -> None:
    arguments = {name: container_of(name, name)["args"] for name in WORKERS}

    assert [option(given, "queues") for given in arguments.values()] == list(settings.CELERY_TASK_QUEUES)
    calls = OBJECTS["Deployment", "worker-sas"]["spec"]["replicas"] * int(
        option(arguments["worker-sas"], "concurrency")
    )
    assert calls == settings.SAS_MAX_CALLS


def test_nobody_comes_in_unless_a_policy_says_so() -> None:
    assert OBJECTS["NetworkPolicy", "nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    labels = OBJECTS["Namespace", "sas-agenda"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def labels_of(pod: str) -> dict[str, str]:
    [found] = [one for (kind, name), one in OBJECTS.items() if name == pod and kind in {"Deployment", "Job"}]
    labels: dict[str, str] = found["spec"]["template"]["metadata"]["labels"]
    return labels


@pytest.mark.parametrize("name", [name for kind, name in OBJECTS if kind == "Deployment"])
def test_a_deployment_its_budget_and_its_service_mean_the_same_pods(name: str) -> None:
    assert OBJECTS["Deployment", name]["spec"]["selector"]["matchLabels"] == labels_of(name)
    if budget := OBJECTS.get(("PodDisruptionBudget", name)):
        assert budget["spec"]["selector"]["matchLabels"] == labels_of(name)
    if service := OBJECTS.get(("Service", name)):
        assert service["spec"]["selector"] == labels_of(name)


def test_whoever_wakes_workers_may_reach_the_broker_and_nobody_else() -> None:
    [rule] = OBJECTS["NetworkPolicy", "to-broker"]["spec"]["ingress"]
    [allowed] = rule["from"]
    [expression] = allowed["podSelector"]["matchExpressions"]
    waking = {labels_of(pod)["app"] for pod, one in CONTAINERS if "REDIS_URL" in variables(one)} - {"migrate"}

    assert (expression["key"], expression["operator"], set(expression["values"])) == ("app", "In", waking)
    assert OBJECTS["NetworkPolicy", "from-broker"]["spec"]["egress"] == []
    assert OBJECTS["NetworkPolicy", "from-broker"]["spec"]["podSelector"]["matchLabels"] == labels_of("broker")


def test_what_is_mounted_is_there_and_what_is_named_is_mounted() -> None:
    secrets = {one["name"] for one in (ROOT_FILE["configMapGenerator"])} | {"agenda-secrets", "agenda-certificates"}
    for spec in PODS.values():
        for volume in spec.get("volumes", []):
            source = volume.get("secret", {}).get("secretName") or volume.get("configMap", {}).get("name")
            assert source is None or source in secrets
    files = {source["file"].removeprefix("secrets/") for source in COMPOSE["secrets"].values()}
    for pod, container in CONTAINERS:
        volumes = {one["name"] for one in PODS[pod]["volumes"]}
        mounts = {one["mountPath"] for one in container["volumeMounts"]}
        assert {one["name"] for one in container["volumeMounts"]} <= volumes
        for name, value in variables(container).items():
            if value and value.startswith("/") and value != "/dev/stdout":
                assert any(
                    Path(value).is_relative_to(place) or Path(place).is_relative_to(value) for place in mounts
                ), name
            if value and value.startswith("/secrets/"):
                assert value.removeprefix("/secrets/") in files


@pytest.mark.parametrize("name", ["web", "broker"])
def test_a_network_policy_means_existing_pods(name: str) -> None:
    assert OBJECTS["NetworkPolicy", f"to-{name}"]["spec"]["podSelector"]["matchLabels"] == labels_of(name)
