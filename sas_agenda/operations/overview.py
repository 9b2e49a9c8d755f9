"""The operators' first page: is all well, and if not, what to do. It judges by the same conditions as the mails.

It stands here and not among `interop.operations`, whose frame it wears: it also looks at processes and certificates.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import SignInOutcome
from accounts.french import day_and_hour
from accounts.models import SignIn
from appointments.enums import MessageState
from appointments.models import PatientMessage
from interop.enums import STATES_TO_SEND, CallResult, DeliveryState, Outcome
from interop.models import Delivery, DeliveryAttempt, InboundCall, SasCircuit
from interop.operations.access import frame, operator_page
from interop.sas.environments import current_environment, environment_of
from sas_agenda.operations import certificates, conditions, heartbeats
from sas_agenda.operations.conditions import Condition
from sas_agenda.operations.enums import Part

SHOWN = 5
_DAY = timedelta(hours=24)
_TONES = ["ok", "warn", "danger"]
# Causes before what they cause; what somebody has to do before what ends by itself.
_ORDER = [
    *(f"{part}_silent" for part in Part), "certificate_expiry", "link_barred", "sign_in_failing", "delivery_blocked",
    "delivery_old", "link", "alert_refused",
]  # fmt: skip
_CLEAR = [Outcome.ACCEPTED, Outcome.KNOWN, Outcome.REFUSED]


@dataclass(frozen=True, slots=True)
class Process:
    """`age` is since its last sign of life, None when it never gave one; `is_unknown` when only beat's silence tells."""

    label: str
    age: timedelta | None
    is_silent: bool
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class Expiry:
    """A certificate and its whole days left, None when it can't be read."""

    label: str
    expires_at: datetime | None
    days: int | None

    @property
    def tone(self) -> str:
        if self.days is None or self.days < conditions.URGENT_DAYS:
            return "danger"
        return "warn" if self.days < max(conditions.CERTIFICATE_DAYS) else "ok"


@require_safe
@operator_page
def overview(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    shared = frame("overview")
    context = (
        shared | _points(shared["circuit"], now) | _deliveries(now) | _calls(now) | _sign_ins(now) | _instance(now)
    )
    return render(request, "operations/overview.html", context | {"now": now})


def _points(circuit: SasCircuit, now: datetime) -> dict[str, Any]:
    """What is to be done or known, the most pressing first: what the mails say, and the link when it is cut."""
    raised = conditions.raised(now)
    if circuit.is_barred:
        # The condition says so, and why they wait; that they do is no second point.
        raised = [one for one in raised if one.group != "delivery_old"]
    link = _link(circuit)
    if link is not None and link.key != "link-open":
        raised.append(link)
    elif link is not None:
        # It says why they wait; that they do is no second point.
        raised = [one for one in raised if one.group != "delivery_old"] + [link]
    points = sorted(raised, key=lambda one: (not one.urgent, _ORDER.index(one.group)))
    return {"points": points, "is_urgent": any(one.urgent for one in points)}


def _link(circuit: SasCircuit) -> Condition | None:
    if not circuit.server:
        return Condition(
            "link-none",
            "link",
            "Aucune adresse du SAS n’est donnée",
            "Tant que SAS_FHIR_URL est vide, rien n’est envoyé\u00a0: les livraisons attendent.",
            urgent=False,
        )
    declared, found = current_environment(), environment_of(circuit.server)
    if declared is not None and found is not None and declared != found:
        return Condition(
            "link-other",
            "link",
            f"L’adresse du SAS est celle de l’environnement {found.label}, et non {declared.label}",
            "SAS_ENVIRONMENT et SAS_FHIR_URL se contredisent\u00a0: les pages montrent l’un, les livraisons vont à l’autre.",
        )
    if circuit.opened_at is None or circuit.is_barred:
        return None
    return Condition(
        "link-open",
        "link",
        f"Le SAS ne répond pas depuis {day_and_hour(timezone.localtime(circuit.opened_at), timezone.localdate())}",
        "Les appels sont suspendus, la liaison est essayée de loin en loin. Les réservations continuent\u202f; tout repartira "
        "à son retour, sans rien faire.",
        reverse("operations-circuit"),
        "Voir la liaison",
        urgent=False,
    )


def _deliveries(now: datetime) -> dict[str, Any]:
    attempts = DeliveryAttempt.objects.order_by("-id")
    oldest = conditions.oldest_delivery()
    return {
        "counts": Delivery.objects.aggregate(
            waiting=Count("pk", filter=Q(state__in=STATES_TO_SEND)),
            sent=Count("pk", filter=Q(state=DeliveryState.SENT, sent_at__gte=now - _DAY)),
        ),
        "oldest": oldest,
        "waiting_for": now - (oldest or now),
        "attempts": attempts[:SHOWN],
        "last_clear": attempts.filter(outcome__in=_CLEAR).first(),
    }


def _calls(now: datetime) -> dict[str, Any]:
    lately = InboundCall.objects.filter(at__gte=now - _DAY)
    return {
        "calls": lately.aggregate(number=Count("pk"), refused=Count("pk", filter=Q(result=CallResult.REFUSED))),
        "last_calls": list(InboundCall.objects.all()[:SHOWN]),
    }


def _sign_ins(now: datetime) -> dict[str, Any]:
    opened = Q(outcome=SignInOutcome.OPENED)
    lately = SignIn.objects.filter(at__gte=now - _DAY)
    return {
        "sign_ins": lately.aggregate(opened=Count("pk", filter=opened), failed=Count("pk", filter=~opened)),
        "last_sign_in": SignIn.objects.filter(opened).first(),
    }


def _instance(now: datetime) -> dict[str, Any]:
    ages = heartbeats.ages()
    blamed = heartbeats.silent_parts(ages)
    expiries = [_expiry(one, now) for one in certificates.ours()]
    return {
        "processes": [
            Process(str(part.label), age, part in blamed, heartbeats.is_silent(age) and part not in blamed)
            for part, age in ages.items()
        ],
        "is_silent": bool(blamed),
        "messages_waiting": PatientMessage.objects.filter(state=MessageState.PLANNED).count(),
        "certificates": expiries,
        "worst_certificate": max((one.tone for one in expiries), key=_TONES.index, default="ok"),
        "is_anybody_told": bool(settings.OPERATORS_EMAILS),
        "version": settings.VERSION,
        "base_url": settings.BASE_URL,
    }


def _expiry(one: certificates.Certificate, now: datetime) -> Expiry:
    left = one.days_left(now)
    return Expiry(one.label, one.expires_at, None if left is None else math.floor(left))
