"""Whatever is sent to whatever page by whoever: a clear refusal, never a server error, nothing half-written."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Practitioner, Regulator
from appointments.models import Appointment, AppointmentEvent
from tests import factories

pytestmark = pytest.mark.django_db

HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "é" * 50,
    "9" * 400,
    "-1",
    "1e999",
    "\U0001f600",
    "2026-13-45",
    "99999999999999999999",
    "None",
    "[]",
    "%00",
    "\u202e",
    # Our own routes: doors that lead to themselves.
    "/connexion/",
    "/deconnexion/",
    "/sas/connexion/?next=/sas/retour/",
]
FIELDS = [
    "creneau", "origin", "next", "mode", "type", "onglet", "page", "date", "jour", "q", "family_name", "given_name", "birth_date",
    "sex", "phone", "email", "nir", "note", "address", "consultation_type", "reason", "request_id", "version", "start", "time",
    "day", "status", "schedule", "weekdays", "start_time", "end_time", "step_minutes", "audiences", "consultation_types",
    "first_day", "last_day", "accept", "username", "password", "code", "state", "error",
]  # fmt: skip


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Every address of the product's own pages, `<uuid:…>` and the like still in it."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("admin/"):
                yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "/" + route


def filled(route: str, known: dict[str, str]) -> str:
    """The address with what exists in its holes, so that the view is reached."""
    for name, value in known.items():
        route = route.replace(name, value)
    return route


@pytest.fixture
def known() -> dict[str, str]:
    rule = factories.rule()
    appointment = factories.appointment(schedule_=rule.schedule)
    absence = factories.absence(practitioner=rule.schedule.practitioner)
    return {
        "<uuid:practitioner_id>": str(rule.schedule.practitioner_id),
        "<uuid:appointment_id>": str(appointment.id),
        "<uuid:rule_id>": str(rule.id),
        "<uuid:absence_id>": str(absence.id),
        "<day:day>": "2026-11-25",
        "<uidb64>": "AAAA",
        "<token>": "aaaa-bbbb",
    }


@pytest.fixture(params=["anonymous", "regulator", "practice", "stranger"])
def browser(request: pytest.FixtureRequest, known: dict[str, str]) -> Client:
    practitioner = Practitioner.objects.get(pk=known["<uuid:practitioner_id>"])
    client: Client
    if request.param == "regulator":
        regulator: Regulator = factories.regulator()
        client = request.getfixturevalue("sign_in_regulator")(regulator)
    elif request.param == "practice":
        client = request.getfixturevalue("sign_in")(factories.delegation(practitioner))
    elif request.param == "stranger":
        client = request.getfixturevalue("sign_in")(factories.user())
    else:
        client = Client()
    client.raise_request_exception = True
    return client


def test_no_page_falls_over(browser: Client, known: dict[str, str]) -> None:
    routes = [filled(route, known) for route in addresses(get_resolver().url_patterns)]
    assert len(routes) > 25
    before = (Appointment.objects.count(), AppointmentEvent.objects.count())
    for route in routes:
        if "<" in route or "(?P" in route or "^" in route:
            continue
        # This one ends the session: what follows would be asked by a visitor.
        if "deconnexion" in route and browser.cookies:
            continue
        # Without a provider, the doors of the SAS say that it does not answer: 503.
        worst = 503 if route.startswith("/sas/") else 499
        # Drawn anew for each address, each browser and each run: all of them on all addresses are thousands of requests.
        value = factories.rng.choice(HOSTILE)
        everything = dict.fromkeys(FIELDS, value)
        query = "&".join(f"{name}={quote(text, errors='surrogatepass')}" for name, text in everything.items())
        for response in (browser.get(f"{route}?{query}"), browser.post(route, everything)):
            assert response.status_code <= worst, (route, value, response.status_code)
    assert (Appointment.objects.count(), AppointmentEvent.objects.count()) == before


@pytest.mark.parametrize(
    "route",
    [
        "/praticien/{}/",
        "/rendez-vous/{}/",
        "/agenda/{}/semaine/2026-11-25/",
        "/agenda/" + str(uuid.UUID(int=1)) + "/jour/{}/",
    ],
)
def test_an_address_that_names_nothing_is_not_found(practitioner_client: Client, route: str) -> None:
    for value in HOSTILE:
        if value.strip():
            answer = practitioner_client.get(route.format(quote(value, safe="")))
            assert answer.status_code in {301, 400, 404}, value
