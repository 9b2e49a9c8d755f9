"""What we hold against what the SAS acknowledged, appointment by appointment. No patient data is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.identifiers import practitioner_number
from appointments.booking.events import as_text
from appointments.enums import Status
from appointments.models import Appointment
from appointments.templatetags.patients import reference
from interop.enums import DeliveryState
from interop.models import Delivery

LONGEST = 92  # days
_COLUMNS = (
    "id", "created_at", "start", "end", "status", "practitioner__title", "practitioner__given_name",
    "practitioner__family_name", "practitioner__rpps", "practitioner__adeli", "schedule__location__time_zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment booked by a regulator. `told` is the snapshot the SAS last acknowledged, None if it never did."""

    reference: str
    id: str
    booked_at: datetime
    start: datetime
    end: datetime
    zone: ZoneInfo  # of its place
    status: str
    practitioner: str
    practitioner_name: str
    told: dict[str, Any] | None
    told_at: datetime | None
    # Of the oldest delivery that is not acknowledged; "" when there is none.
    owed_state: str
    owed_cause: str

    @property
    def status_label(self) -> str:
        return str(Status(self.status).label)

    @property
    def owed_label(self) -> str:
        return str(DeliveryState(self.owed_state).label) if self.owed_state else ""

    @property
    def differences(self) -> list[str]:
        """In words; empty when the SAS holds what we hold."""
        if self.told is None:
            return ["jamais reçu par le SAS"]
        compared = [
            ("date", (self.told["start"], self.told["end"]), (as_text(self.start), as_text(self.end))),
            ("statut", self.told["status"], self.status),
            ("praticien", self.told["practitioner"], self.practitioner),
        ]
        return [name for name, told, held in compared if told != held]


def booked_between(first: date, last: date) -> Iterator[Line]:
    """Booked from `first` to `last`, both included, in the operators' zone; oldest first. One query, streamed."""
    sent = Delivery.objects.filter(appointment=OuterRef("pk"), state=DeliveryState.SENT).order_by("-sequence")
    done = [DeliveryState.SENT, DeliveryState.OBSOLETE]
    owed = Delivery.objects.filter(appointment=OuterRef("pk")).exclude(state__in=done).order_by("sequence")
    rows = (
        Appointment.objects.filter(
            by_regulator__isnull=False,
            created_at__gte=_midnight(first),
            created_at__lt=_midnight(last + timedelta(days=1)),
        )
        .order_by("created_at", "pk")
        .annotate(
            told=Subquery(sent.values("event__snapshot")[:1]),
            told_at=Subquery(sent.values("sent_at")[:1]),
            owed_state=Subquery(owed.values("state")[:1]),
            owed_cause=Subquery(owed.values("cause")[:1]),
        )
        .values(*_COLUMNS, "told", "told_at", "owed_state", "owed_cause")
    )
    return map(_line, rows.iterator(chunk_size=500))


def _line(row: dict[str, Any]) -> Line:
    names = (row["practitioner__title"], row["practitioner__given_name"], row["practitioner__family_name"])
    return Line(
        reference=reference(Appointment(id=row["id"])),
        id=str(row["id"]),
        booked_at=row["created_at"],
        start=row["start"],
        end=row["end"],
        zone=ZoneInfo(row["schedule__location__time_zone"]),
        status=row["status"],
        practitioner=practitioner_number(rpps=row["practitioner__rpps"], adeli=row["practitioner__adeli"]),
        practitioner_name=" ".join(filter(None, names)),
        told=row["told"],
        told_at=row["told_at"],
        owed_state=row["owed_state"] or "",
        owed_cause=row["owed_cause"] or "",
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
