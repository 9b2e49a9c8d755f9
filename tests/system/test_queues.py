"""A SAS that answers slowly keeps the worker of deliveries busy, and nobody else. Real workers, a real broker."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from kombu import Connection

from appointments.messages import tasks as appointment_tasks
from appointments.models import PatientMessage
from bench.fragile import Fragile, throw_away_broker
from deploy.local.data_folder import make_socket_folder
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.processes import Program
from interop import tasks as sas_tasks
from interop.models import Delivery
from sas_agenda.operations import tasks as operation_tasks
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Heartbeat
from tests import factories
from tests.interop.deliveries import booked
from tests.interop.sas_stub import SasStub
from tests.system.conftest import wait_for

pytestmark = [
    pytest.mark.xdist_group("deploy"),
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
StartWorker = Callable[..., None]


class HeldSas(SasStub):
    """Answers nobody until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.meanwhile = lambda: self.let_go.wait(8) and None


@pytest.fixture
def held_sas() -> Iterator[HeldSas]:
    stub = HeldSas()
    yield stub
    stub.let_go.set()
    stub.stop()


@pytest.fixture
def broker() -> Iterator[Connection]:
    with throw_away_broker() as url, Connection(url) as made:
        yield made


@pytest.fixture
def start_worker(transactional_db: None, broker: Connection, held_sas: HeldSas) -> Iterator[StartWorker]:
    """A Celery worker with one process, on the test's own database. Ends before the tables are emptied."""
    address, _, options = os.environ["DATABASE_URL"].partition("?")
    settings = {
        "DATABASE_URL": f"{address.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{options}",
        "REDIS_URL": broker.as_uri(include_password=True),
        "SAS_AGENDA_MODE": "local",
        "SAS_FHIR_URL": held_sas.url,
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "METRICS_DIR": "",
    }
    folder = make_socket_folder()
    workers: list[Fragile] = []

    def start(name: str, *options: str) -> None:
        log = folder / f"{name}.log"
        command = [
            PYTHON,
            "-m",
            "celery",
            "-A",
            "sas_agenda",
            "worker",
            "--concurrency=1",
            f"--hostname={name}@localhost",
        ]
        program = Program(
            name=name,
            command=[*command, "--without-mingle", "--without-gossip", "--loglevel=INFO", *options],
            env=base_environment() | settings,
            cwd=ROOT,
            log=log,
            ready=lambda: log.exists() and b" ready." in log.read_bytes(),
        )
        workers.append(Fragile(program))
        workers[-1].start()

    def start_all(**options: str) -> None:
        for name, option in options.items():
            start(name, *option.split())
        for worker in workers:
            worker.wait_ready(60)

    yield start_all
    for worker in workers:
        worker.kill()
    shutil.rmtree(folder, ignore_errors=True)


def signs() -> set[str]:
    """Of the workers: this test, which publishes in its place, gives beat's."""
    return set(Heartbeat.objects.exclude(part=Part.BEAT).values_list("part", flat=True))


def test_mails_and_signs_of_life_do_not_wait_for_a_slow_sas(
    start_worker: StartWorker, held_sas: HeldSas, broker: Connection
) -> None:
    appointments = [booked(), booked()]
    with_mail = factories.appointment(patient=factories.patient(email="patient@exemple.example"))
    message = with_mail.events.get().messages.get()
    start_worker(tasks="--queues=celery", deliveries="--queues=sas")
    wait_for(lambda: signs() == {"worker", "worker_sas"}, "each worker gives the sign of its queue when it starts")
    Heartbeat.objects.all().delete()

    for appointment in appointments:
        sas_tasks.deliver.apply_async([str(appointment.id)], connection=broker)
    wait_for(lambda: held_sas.asked, "the SAS holds the first delivery")
    appointment_tasks.send_message.apply_async([message.pk], connection=broker)
    for queue in ("celery", "sas"):
        operation_tasks.heartbeat.apply_async(connection=broker, queue=queue)

    wait_for(lambda: PatientMessage.objects.get(pk=message.pk).attempts, "the mail is tried", 6)
    wait_for(lambda: "worker" in signs(), "the sign of life comes", 6)
    assert not held_sas.let_go.is_set()
    assert len(held_sas.asked) == 1, "all this while the SAS still holds the first delivery"
    assert signs() == {"worker"}, "what one queue's worker does says nothing of the other's"

    held_sas.let_go.set()
    wait_for(lambda: set(Delivery.objects.values_list("state", flat=True)) == {"sent"}, "both deliveries are sent")
    wait_for(lambda: signs() == {"worker", "worker_sas"}, "and the other sign of life comes")


def test_a_worker_that_is_told_no_queue_serves_both_and_outlives_a_broker_that_becomes_a_replica_and_back(
    start_worker: StartWorker, held_sas: HeldSas, broker: Connection
) -> None:
    """A failover: for a while the broker answers, and takes and gives nothing."""
    held_sas.let_go.set()
    appointment = booked()
    start_worker(alone="")
    Heartbeat.objects.all().delete()

    sas_tasks.deliver.apply_async([str(appointment.id)], connection=broker)
    operation_tasks.heartbeat.apply_async(connection=broker)
    wait_for(lambda: Delivery.objects.get().state == "sent", "the delivery is sent")
    wait_for(lambda: signs() == {"worker", "worker_sas"}, "it gives both signs of life")

    Heartbeat.objects.all().delete()
    server = broker.default_channel.client
    server.replicaof("127.0.0.1", "1")
    # Longer than the worker asks for messages at a time, and again.
    time.sleep(5)
    server.replicaof("NO", "ONE")
    for queue in ("celery", "sas"):
        operation_tasks.heartbeat.apply_async(connection=broker, queue=queue)
    wait_for(lambda: signs() == {"worker", "worker_sas"}, "it works as before", 20)
