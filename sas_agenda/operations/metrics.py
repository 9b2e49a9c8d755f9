"""What Prometheus reads. Counted in each process as it happens, and joined over the processes of the machine by
METRICS_DIR; what the database knows better (deliveries, signs of life, certificates) is asked when the page is.
"""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from sas_agenda.operations.joined_counts import join_counts
from sas_agenda.operations.state import StateCollector

if settings.METRICS_DIR:
    join_counts(Path(settings.METRICS_DIR))

CONTENT_TYPE = CONTENT_TYPE_LATEST

# The platform gives a search 7 s; people feel anything above a second.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7, 10, 30)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_CONFLICT_ROUTES = {"book", "appointment-move", "appointment-reassign"}

requests = Histogram(
    "sas_agenda_request_seconds", "Time to answer, by route.", ["route", "method", "status"], buckets=_SECONDS
)
slot_search_seconds = Histogram(
    "sas_agenda_slot_search_seconds", "Time of a slot search that was answered (INT_R01).", buckets=_SECONDS
)
slot_search_slots = Histogram(
    "sas_agenda_slot_search_slots",
    "Slots in the answer of a search (INT_R01).",
    buckets=(0, 10, 30, 100, 300, 1000, 3000, 10000),
)
bookings = Counter("sas_agenda_bookings", "Appointments booked, by who booked.", ["via"])
conflicts = Counter("sas_agenda_booking_conflicts", "Changes refused because the time was taken meanwhile.", ["route"])
accounts = Counter(
    "sas_agenda_accounts_received", "Regulators' accounts sent by the SAS (INT_R02).", ["method", "status"]
)
sas_sign_ins = Counter(
    "sas_agenda_sas_sign_ins", "Arrivals through the SAS's sign-in, by what came of them.", ["outcome"]
)


def observe_request(route: str, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    method = request.method if request.method in _METHODS else "OTHER"
    status = response.status_code
    requests.labels(route, method, f"{status // 100}xx").observe(seconds)
    if route == "fhir-slots" and status == 200:
        slot_search_seconds.observe(seconds)
        slot_search_slots.observe(getattr(response, "slots_found", 0))
    elif route == "fhir-practitioners":
        accounts.labels(method, str(status)).inc()
    elif route in _CONFLICT_ROUTES and status == 409:
        conflicts.labels(route).inc()
    elif outcome := getattr(response, "sign_in_outcome", ""):
        sas_sign_ins.labels(outcome).inc()


def exposition() -> bytes:
    """The page: this machine's processes, then the state of the instance."""
    registry = CollectorRegistry()
    if settings.METRICS_DIR:
        MultiProcessCollector(registry, settings.METRICS_DIR)
    state = CollectorRegistry()
    state.register(StateCollector())
    return generate_latest(registry if settings.METRICS_DIR else REGISTRY) + generate_latest(state)
