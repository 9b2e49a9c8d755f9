"""The deliveries an operator looks for, the most urgent first, and one with its attempts."""

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.http import QueryDict

from accounts.single import single
from interop.enums import DeliveryState
from interop.models import Delivery, DeliveryAttempt, DeliveryQuerySet
from interop.operations import periods
from interop.operations.causes import explain

PAGE_SIZE = 25
# Beyond these an attempt says what the next ones say too.
SHOWN_ATTEMPTS = 20
SHOWN_SIBLINGS = 20

# In the address → (state, tab), in the tabs' order, which is that of urgency.
TABS: dict[str, tuple[DeliveryState, str]] = {
    "bloquees": (DeliveryState.BLOCKED, "Bloquées"),
    "nouvel-essai": (DeliveryState.RETRYING, "Nouvel essai"),
    "prevues": (DeliveryState.PLANNED, "Prévues"),
    "en-cours": (DeliveryState.CLAIMED, "En cours"),
    "envoyees": (DeliveryState.SENT, "Envoyées"),
    "remplacees": (DeliveryState.OBSOLETE, "Remplacées"),
}
_URGENCY = models.Case(
    *(
        models.When(state=state, then=rank)
        for rank, state in enumerate(
            [DeliveryState.BLOCKED, DeliveryState.RETRYING, DeliveryState.CLAIMED, DeliveryState.PLANNED]
        )
    ),
    default=9,
    output_field=models.SmallIntegerField(),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. `tab` is a key of TABS, or "" for all; texts are as typed."""

    tab: str = ""
    period: str = periods.DEFAULT
    reference: str = ""
    practitioner: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        tab = query.get("etat", "")
        return cls(
            tab=tab if tab in TABS else "",
            period=periods.read_period(query.get("periode", "")),
            reference=_plain(query.get("rendez-vous", "")),
            practitioner=_plain(query.get("praticien", "")),
        )

    def query(self, **changed: str) -> str:
        """The query string of these filters with some changed; nothing that is the default."""
        values = {
            "etat": self.tab,
            "periode": "" if self.period == periods.DEFAULT else self.period,
            "rendez-vous": self.reference,
            "praticien": self.practitioner,
        } | changed
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def is_narrowed(self) -> bool:
        """Whether more than a tab was chosen."""
        return bool(self.reference or self.practitioner) or self.period != periods.DEFAULT

    @property
    def is_unreadable(self) -> bool:
        """Whether the reference typed can't be that of any appointment."""
        return bool(self.reference) and _range_of(self.reference) is None


def filtered(filters: Filters, *, now: datetime) -> DeliveryQuerySet:
    """Of every state: the tab is applied by `page_rows`, the counts are of all tabs."""
    found = DeliveryQuerySet(Delivery)
    since = periods.start_of(filters.period, now=now)
    if since is not None:
        found = found.filter(created_at__gte=since)
    if filters.reference:
        wanted = _range_of(filters.reference)
        found = found.none() if wanted is None else found.filter(appointment__id__range=wanted)
    if filters.practitioner:
        found = found.filter(_practitioner(filters.practitioner))
    return found


def counts_of(found: DeliveryQuerySet) -> dict[str, int]:
    """State → how many. One query."""
    counted = found.order_by().values_list("state").annotate(number=models.Count("pk"))
    return dict.fromkeys(DeliveryState.values, 0) | dict(counted)


def page_rows(found: DeliveryQuerySet, filters: Filters) -> DeliveryQuerySet:
    """With what a row shows: its event, practitioner, last answer, and whether an earlier one goes first."""
    if filters.tab:
        found = found.filter(state=TABS[filters.tab][0])
    return _shown(found).order_by(_URGENCY, "-created_at", "-sequence")


def one_delivery(delivery_id: uuid.UUID) -> Delivery | None:
    return single(_shown(DeliveryQuerySet(Delivery).filter(pk=delivery_id)))


def attempts_of(delivery: Delivery) -> list[DeliveryAttempt]:
    """Newest first."""
    return list(delivery.exchanges.all()[:SHOWN_ATTEMPTS])


def siblings_of(delivery: Delivery) -> list[Delivery]:
    """The other deliveries of its appointment, newest first."""
    others = Delivery.objects.filter(appointment=delivery.appointment_id).exclude(pk=delivery.pk)
    return list(others.select_related("event").order_by("-sequence")[:SHOWN_SIBLINGS])


def blocked_by_cause() -> list[tuple[str, int]]:
    """Why the blocked ones are, in words, the most frequent first. One query."""
    blocked = Delivery.objects.filter(state=DeliveryState.BLOCKED).annotate(last_status=_last_status())
    told = (explain(one, status=one.last_status) for one in blocked.only("state", "cause"))  # type: ignore[attr-defined]
    counted = Counter(told)
    return [(cause.title, number) for cause, number in counted.most_common() if cause is not None]


def oldest_blocked_at() -> datetime | None:
    blocked: dict[str, Any] = Delivery.objects.filter(state=DeliveryState.BLOCKED).aggregate(
        oldest=models.Min("created_at")
    )
    return blocked["oldest"]


def _shown(found: DeliveryQuerySet) -> DeliveryQuerySet:
    earlier = Delivery.objects.to_send().filter(
        appointment=models.OuterRef("appointment"), sequence__lt=models.OuterRef("sequence")
    )
    # Of the appointment only what tells which it is: what it holds of the patient is not even read.
    return (
        found.select_related("event", "appointment__practitioner", "appointment__schedule__location")
        .defer(*(f"appointment__{name}" for name in _PATIENT))
        .annotate(last_status=_last_status(), waits_behind=models.Exists(earlier))
    )


def _last_status() -> models.Subquery:
    last = DeliveryAttempt.objects.filter(delivery=models.OuterRef("pk")).order_by("-at", "-id")
    return models.Subquery(last.values("status_code")[:1])


_PATIENT = ("caller", "caller_phone", "contact_phone", "contact_email", "visit_address", "note")


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:100]


def _range_of(reference: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Of an identifier's beginning, however it is written: the first and last identifiers that begin so."""
    digits = re.sub(r"[\s-]", "", reference).lower()
    if not re.fullmatch(r"[0-9a-f]{4,32}", digits):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))


def _practitioner(text: str) -> models.Q:
    """By the beginning of the family name, or by a national number, prefixed or not."""
    digits = re.sub(r"\s", "", text).upper()
    person = "appointment__practitioner__"
    return (
        models.Q(**{f"{person}family_name__folded__startswith": text})
        | models.Q(**{f"{person}rpps__in": [digits, digits[1:]]})
        | models.Q(**{f"{person}adeli__in": [digits, digits[1:]]})
    )
