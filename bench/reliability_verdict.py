"""What the SAS holds at the end, against what happened here."""

from typing import Any

from appointments.models import Appointment
from bench.hostile_sas import HostileSas
from bench.reliability_practice import Practice
from interop.enums import DeliveryState
from interop.models import Delivery, DeliveryAttempt
from interop.services.appointment_records import appointment_resource_of


def judge(practice: Practice, sas: HostileSas, drained: bool) -> tuple[list[tuple[str, Any]], bool]:
    """Rows to print, the promises last, and whether all of them were kept.

    The SAS's history of an appointment is in order when it is a walk through our versions that never goes back;
    repeating one is no harm, since each replaces the whole appointment.
    """
    versions = _versions()
    everyone = {str(pk) for pk in Appointment.objects.values_list("pk", flat=True)}
    lost = everyone - sas.taken.keys()
    backwards, missing, wrong_end, repeated = [], [], [], 0
    for identifier, ours in versions.items():
        ranks = [ours.index(taken) if taken in ours else -1 for taken in sas.taken.get(identifier, [])]
        repeated += len(ranks) - len(set(ranks))
        if -1 in ranks or ranks != sorted(ranks):
            backwards.append(identifier)
        if set(ranks) != set(range(len(ours))):
            missing.append(identifier)
        if not ranks or ranks[-1] != len(ours) - 1:
            wrong_end.append(identifier)
    deliveries = Delivery.objects.all()
    unsent = deliveries.exclude(state=DeliveryState.SENT).count()
    broken = {
        "appointments lost": len(lost),
        "created twice at the SAS": len(sas.created_again),
        "unknown to us, or malformed": len(sas.taken.keys() - everyone) + len(sas.malformed),
        "histories out of order": len(backwards),
        "histories without every change": len(missing),
        "last states wrong": len(wrong_end),
        "deliveries not acknowledged": unsent,
        "deliveries blocked": deliveries.filter(state=DeliveryState.BLOCKED).count(),
        "booked and not in the database": practice.booked - len(everyone),
        "not drained": int(not drained),
    }
    rows: list[tuple[str, Any]] = [
        ("deliveries owed", deliveries.count()),
        ("attempts", DeliveryAttempt.objects.count()),
        ("attempts whose end we never learned", DeliveryAttempt.objects.filter(outcome="unclear").count()),
        ("versions the SAS took again", repeated),
        *broken.items(),
    ]
    return rows, not any(broken.values())


def _versions() -> dict[str, list[dict[str, Any]]]:
    """Of each appointment, what the SAS should have been told, oldest first. No two are the same."""
    versions: dict[str, list[dict[str, Any]]] = {}
    related = Delivery.objects.select_related("event", "appointment__schedule__location")
    for delivery in related.order_by("appointment", "sequence"):
        told = versions.setdefault(str(delivery.appointment_id), [])
        resource = appointment_resource_of(delivery)
        if resource in told:
            raise AssertionError("two equal versions: their order could not be told")
        told.append(resource)
    return versions
