"""What operators are alerted about, judged from the database and the files as they are now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from interop.enums import DeliveryState
from interop.models import Delivery
from sas_agenda.operations import certificates, heartbeats
from sas_agenda.operations.enums import Part

# French, after « Les réservations continuent ; ».
_WAITING = {
    Part.WORKER: "les messages aux patients attendent, dans la file «\u00a0celery\u00a0».",
    Part.WORKER_SAS: "les envois au SAS attendent, dans la file «\u00a0sas\u00a0».",
    Part.BEAT: "les envois au SAS et les messages aux patients attendent.",
}
CERTIFICATE_DAYS = (60, 30, 7, 0)
DELIVERY_AGE = timedelta(minutes=10)

GROUPS = ("certificate_expiry", "delivery_old", "delivery_blocked", *(f"{part}_silent" for part in Part))


@dataclass(frozen=True, slots=True)
class Condition:
    """`key` is what is told once a day; `group` what the metric and docs/operations.md call it."""

    key: str
    group: str
    subject: str
    text: str


def raised(now: datetime) -> list[Condition]:
    """Those that hold now."""
    return [*_certificates(now), *_deliveries(now), *silences()]


def silences() -> list[Condition]:
    """A background process that stopped giving signs of life."""
    ages = heartbeats.ages()
    return [_silence(part, ages[part]) for part in heartbeats.silent_parts(ages)]


def oldest_delivery() -> datetime | None:
    """When the oldest delivery that is still to be sent was planned."""
    moving = [DeliveryState.PLANNED, DeliveryState.RETRYING, DeliveryState.CLAIMED]
    found: datetime | None = Delivery.objects.filter(state__in=moving).aggregate(oldest=Min("created_at"))["oldest"]
    return found


def _certificates(now: datetime) -> Iterator[Condition]:
    for one in certificates.ours():
        left = one.days_left(now)
        if one.expires_at is None or left is None:
            yield Condition(
                f"certificate-{one.name}-unreadable",
                "certificate_expiry",
                f"Certificat illisible\u00a0: {one.label}",
                "Ce fichier ne peut pas être lu\u00a0: aucun rendez-vous ne peut partir vers le SAS.",
            )
            continue
        reached = [days for days in CERTIFICATE_DAYS if left <= days]
        if not reached:
            continue
        ends = f"{one.expires_at:%d/%m/%Y à %H:%M} UTC"
        subject = "Certificat expiré" if left <= 0 else f"Certificat\u00a0: {left:.0f} jours avant l’expiration"
        yield Condition(
            f"certificate-{one.name}-{min(reached)}",
            "certificate_expiry",
            subject,
            f"Fin de validité du {one.label}\u00a0: {ends}. Un nouveau certificat se demande à l’ANS plusieurs semaines avant.",
        )


def _deliveries(now: datetime) -> Iterator[Condition]:
    oldest = oldest_delivery()
    if oldest is not None and now - oldest > DELIVERY_AGE:
        minutes = (now - oldest).total_seconds() // 60
        yield Condition(
            "delivery-old",
            "delivery_old",
            f"Des rendez-vous attendent d’être transmis au SAS depuis {minutes:.0f} minutes",
            "Le SAS ne répond pas, ou plus aucun exécutant ne travaille. Les envois repartent seuls ensuite.",
        )
    blocked = Delivery.objects.filter(state=DeliveryState.BLOCKED).count()
    if blocked:
        yield Condition(
            "delivery-blocked",
            "delivery_blocked",
            f"Livraisons bloquées\u00a0: {blocked}",
            "Le SAS les a refusées pour de bon. Sa réponse est dans l’administration, «\u00a0Livraisons au SAS\u00a0».",
        )


def _silence(part: Part, age: timedelta | None) -> Condition:
    since = "depuis le démarrage" if age is None else f"depuis {age.total_seconds():.0f} secondes"
    return Condition(
        f"{part}-silent",
        f"{part}_silent",
        f"{part.label}\u00a0: aucun signe de vie {since}",
        f"Les réservations continuent\u202f; {_WAITING[part]} Redémarrez ce processus.",
    )
