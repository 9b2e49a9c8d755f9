"""Addresses and bodies the tests of these pages send."""

import uuid
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from appointments.models import Schedule
from appointments.slots.slot_key import SlotKey
from tests.factories import at

TEN = at("2026-11-25", "10:00")

PATIENT = {
    "family_name": "Jasmin-Démo",
    "given_name": "Kumquat",
    "birth_date": "14 février 1991",
    "phone": "06 39 98 12 34",
    "sex": "female",
    "consultation_type": "AMB",
}


def key_of(schedule: Schedule, start: datetime = TEN, minutes: int = 15) -> str:
    return str(SlotKey(schedule.id, start, minutes))


def landing(schedule: Schedule, key: str | None = None, **query: str) -> str:
    query = ({"creneau": key} if key is not None else {}) | query
    return f"/praticien/{schedule.practitioner_id}/" + (f"?{urlencode(query)}" if query else "")


def form_page(key: str) -> str:
    return f"/rendez-vous/nouveau/?creneau={key}"


def send(client: Client, body: dict[str, str], address: str = "/rendez-vous/nouveau/") -> HttpResponse:
    """The form sent, and the page it leads to where nothing was booked."""
    answer = client.post(address, body)
    if answer.status_code == 303 and "verifier" in answer["Location"]:
        return client.get(answer["Location"])  # type: ignore[return-value]
    return answer  # type: ignore[return-value]


def filled_in(key: str, **fields: str) -> dict[str, str]:
    return {"creneau": key, "request_id": str(uuid.uuid4()), **PATIENT, **fields}
