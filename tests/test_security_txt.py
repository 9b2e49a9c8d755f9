"""Where to report a vulnerability (RFC 9116)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/security.txt"


@time_machine.travel(datetime(2026, 11, 29, 9, tzinfo=UTC), tick=False)
def test_it_says_to_whom_until_when_and_where(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT, settings.BASE_URL = "mailto:securite@agenda.example", "https://agenda.example"
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "Contact: mailto:securite@agenda.example",
        "Expires: 2027-02-27T00:00:00Z",
        "Preferred-Languages: fr, en",
        f"Canonical: https://agenda.example{ADDRESS}",
    ]


def test_nobody_is_named_where_nobody_was_given(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = ""
    assert client.get(ADDRESS).status_code == 404
