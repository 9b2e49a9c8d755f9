"""The state of the whole instance as gauges, asked of the database when Prometheus comes by. Every replica answers the same."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.db import Error
from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts.models import Regulator
from appointments.enums import MessageState
from appointments.models import PatientMessage
from interop.enums import OPEN_STATES
from interop.models import Delivery
from interop.services.circuit import current_circuit
from sas_agenda.operations import certificates, conditions, heartbeats

logger = logging.getLogger(__name__)


class StateCollector(Collector):
    """With the database down the rest still answers, and says that it is down."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("sas_agenda_info", "Version that runs.", "version", {settings.VERSION: 1})
        left = {one.name: one.days_left(timezone.now()) for one in certificates.ours()}
        known = {name: days for name, days in left.items() if days is not None}
        yield _gauge("sas_agenda_certificate_days_left", "Days until it expires.", "certificate", known)
        yield _gauge(
            "sas_agenda_certificate_readable",
            "0 when its file can't be read; it has no days left to tell then.",
            "certificate",
            {name: days is not None for name, days in left.items()},
        )
        try:
            asked = list(_from_the_database())
        except Error as error:
            logger.warning("metrics: no database (%s)", type(error).__name__)
            asked = []
        yield GaugeMetricFamily("sas_agenda_database_up", "1 when the database answered.", value=bool(asked))
        yield from asked


def _from_the_database() -> Iterator[Metric]:
    now = timezone.now()
    # Open ones only: those sent are all there ever were, and a scrape must not grow with them.
    counted: dict[str, int] = dict(Delivery.objects.open().order_by().values_list("state").annotate(Count("pk")))
    yield _gauge(
        "sas_agenda_deliveries",
        "Deliveries to the SAS that are neither sent nor replaced, by state.",
        "state",
        {state.value: counted.get(state.value, 0) for state in OPEN_STATES},
    )
    yield GaugeMetricFamily(
        "sas_agenda_delivery_oldest_seconds",
        "Age of the oldest delivery still to be sent (blocked ones aside); 0 when there is none.",
        value=(now - (conditions.oldest_delivery() or now)).total_seconds(),
    )
    yield from _circuit(now)
    yield GaugeMetricFamily(
        "sas_agenda_messages_waiting",
        "Messages to patients still to be sent.",
        value=PatientMessage.objects.filter(state=MessageState.PLANNED).count(),
    )
    yield GaugeMetricFamily(
        "sas_agenda_regulators", "Regulators' accounts that may sign in.", value=Regulator.objects.active().count()
    )
    yield _gauge(
        "sas_agenda_heartbeat_age_seconds",
        "Since the last sign of life; absent when there never was one.",
        "part",
        {part.value: age.total_seconds() for part, age in heartbeats.ages().items() if age is not None},
    )
    raised = {condition.group for condition in conditions.raised(now)}
    yield _gauge(
        "sas_agenda_alert",
        "1 while the condition holds (the same that operators are mailed about).",
        "condition",
        {group: group in raised for group in conditions.GROUPS},
    )


def _circuit(now: datetime) -> Iterator[Metric]:
    """Of the server that SAS_FHIR_URL names."""
    circuit = current_circuit()
    opened = circuit.opened_at
    yield GaugeMetricFamily(
        "sas_agenda_circuit_open", "1 while the SAS is only probed, for it failed too often.", value=circuit.is_open
    )
    yield GaugeMetricFamily(
        "sas_agenda_circuit_open_seconds",
        "Since when the SAS is only probed; 0 when it is not.",
        value=(now - opened).total_seconds() if opened else 0,
    )
    yield GaugeMetricFamily(
        "sas_agenda_circuit_failures", "Calls to the SAS that failed in a row.", value=circuit.failures
    )


def _gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
