"""What pages of the agenda say about the sending to the SAS. The agenda knows nothing of it; its templates may ask here."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.conf import settings
from django.db.models import Exists
from django.utils import timezone

from appointments.models import Appointment
from interop.enums import DeliveryState
from interop.models import Delivery, SasCircuit

register = template.Library()


@dataclass(frozen=True, slots=True)
class DeliveryNews:
    """`label` in a word, `tone` and `icon` of its badge; `at` is when it was acknowledged or will be tried again."""

    state: DeliveryState
    label: str
    tone: str
    icon: str
    at: datetime | None = None

    @property
    def is_sent(self) -> bool:
        return self.state == DeliveryState.SENT

    @property
    def is_moving(self) -> bool:
        """Likely to be different in a moment: worth asking again soon. The others not yet sent are asked for seldom."""
        return self.state in {DeliveryState.PLANNED, DeliveryState.CLAIMED} and not self.is_waiting

    @property
    def is_waiting(self) -> bool:
        """For a SAS that does not answer: calls to it are suspended."""
        return self.label == _WAITING

    @property
    def phrase(self) -> str:
        """The label where nothing says that it is about the SAS."""
        if "SAS" in self.label:
            return self.label
        if self.is_sent or self.is_blocked:
            return f"{self.label} au SAS"
        return f"SAS\u00a0: {self.label.lower()}"

    @property
    def is_due(self) -> bool:
        """The hour of the next try is past: a worker is about to take it."""
        return self.at is not None and self.at <= timezone.now()

    @property
    def is_retrying(self) -> bool:
        return self.state == DeliveryState.RETRYING and not self.is_waiting

    @property
    def is_blocked(self) -> bool:
        return self.state == DeliveryState.BLOCKED


_WAITING = "En attente du SAS"


@register.simple_tag
def sas_delivery(appointment: Appointment) -> DeliveryNews | None:
    """`{% sas_delivery appointment as delivery %}`: how far the SAS knows it; None when it is not to know. One query."""
    return _news([appointment]).get(appointment.id)


@register.simple_tag
def sas_deliveries(appointments: Iterable[Appointment]) -> dict[uuid.UUID, DeliveryNews]:
    """`{% sas_deliveries page as deliveries %}`, then `{{ deliveries|of:appointment }}`. One query for all."""
    return _news(appointments)


@register.filter
def unsettled(deliveries: dict[uuid.UUID, DeliveryNews]) -> bool:
    """Whether the SAS has yet to take one of them."""
    return any(not one.is_sent for one in deliveries.values())


@register.filter
def of(deliveries: dict[uuid.UUID, DeliveryNews], appointment: Appointment) -> DeliveryNews | None:
    return deliveries.get(appointment.id)


def _news(appointments: Iterable[Appointment]) -> dict[uuid.UUID, DeliveryNews]:
    ids = [appointment.id for appointment in appointments]
    suspended = SasCircuit.objects.filter(server=settings.SAS_FHIR_URL, opened_at__isnull=False)
    rows = Delivery.objects.filter(appointment__in=ids).exclude(state=DeliveryState.OBSOLETE)
    rows = rows.annotate(waits_for_sas=Exists(suspended))
    news: dict[uuid.UUID, DeliveryNews] = {}
    for row in rows.order_by("appointment", "sequence"):
        held_back = news.get(row.appointment_id)
        if held_back is not None and held_back.state == DeliveryState.RETRYING and row.state == DeliveryState.PLANNED:
            continue  # waits behind the one that is tried again
        news[row.appointment_id] = _tell(row)
    return news


def _tell(row: Delivery) -> DeliveryNews:
    state = DeliveryState(row.state)
    if state == DeliveryState.SENT:
        return DeliveryNews(state, "Transmis", "ok", "check", row.sent_at)
    if state in {DeliveryState.PLANNED, DeliveryState.RETRYING} and row.waits_for_sas:  # type: ignore[attr-defined]
        return DeliveryNews(state, _WAITING, "warn", "retry")
    if state == DeliveryState.RETRYING:
        return DeliveryNews(state, "Nouvel essai", "warn", "retry", row.next_attempt_at)
    if state == DeliveryState.BLOCKED:
        return DeliveryNews(state, "Non transmis", "danger", "alert")
    return DeliveryNews(state, "En cours", "info", "send")
