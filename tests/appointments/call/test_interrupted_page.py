"""The session ends while the caller is still talking: the way back in. (What is kept, of this form as of every other:
`tests.appointments.access.test_every_form`.)
"""

from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse

from appointments.models import Schedule
from tests.appointments.call.requests import filled_in, form_page, key_of

pytestmark = pytest.mark.django_db


def test_a_regulator_goes_by_the_sas_or_by_password_and_what_was_typed_is_in_no_address(
    client: Client, schedule: Schedule
) -> None:
    address = form_page(key_of(schedule))
    page = unescape(client.post(address, filled_in(key_of(schedule))).content.decode())
    for door in ("/sas/connexion/", "/connexion/"):
        assert f'href="{door}?{urlencode({"next": address})}" target="_blank"' in page
    for link in [part.split('"')[0] for part in page.split('href="')[1:]]:
        assert "Jasmin" not in link


def test_the_practice_does_not_go_by_the_sas(client: Client, schedule: Schedule) -> None:
    address = reverse("new-appointment", args=[schedule.practitioner_id])
    page = client.post(address, {"family_name": "Jasmin-Démo"}).content.decode()
    assert f'href="/connexion/?next={quote(address, safe="")}" target="_blank"' in page
    assert "/sas/connexion/" not in page
