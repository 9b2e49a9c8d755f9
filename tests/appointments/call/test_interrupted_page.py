"""The session ends while the caller is still talking: the way back in. (What is kept, of this form as of every other:
`tests.appointments.access.test_every_form`.)
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Regulator
from accounts.services.regulators import change_regulator
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.requests import filled_in, form_page, key_of

pytestmark = pytest.mark.django_db


def test_a_regulator_goes_by_the_sas_or_by_password_and_what_was_typed_is_in_no_address(
    client: Client, schedule: Schedule
) -> None:
    address = form_page(key_of(schedule))
    page = unescape(client.post(address, filled_in(key_of(schedule))).content.decode())
    for door in ("/sas/connexion/", "/connexion/"):
        assert f'href="{door}?{urlencode({"next": reverse("back-to-tab")})}" target="_blank"' in page
    for link in [part.split('"')[0] for part in page.split('href="')[1:]]:
        assert "Jasmin" not in link


def test_it_says_what_was_typed_and_whom_to_call_at_which_hour(client: Client, schedule: Schedule) -> None:
    page = text(client.post(form_page(key_of(schedule)), filled_in(key_of(schedule), note="Entorse hier soir")))
    assert "Entorse hier soir" in page
    assert "01 99 00 12 34" in page
    assert "Dites le jour et l’heure" in page


@pytest.mark.parametrize("asked_before", [False, True], ids=["at once", "after the page asked for news"])
def test_a_regulator_withdrawn_meanwhile_is_told_so_and_reads_what_was_typed_once_more(
    regulator_client: Client, regulator: Regulator, schedule: Schedule, asked_before: bool
) -> None:
    key = key_of(schedule)
    withdraw(regulator)
    if asked_before:
        news = regulator_client.get(f"/garde/?creneau={key}", headers={"HX-Request": "true"})
        assert news.status_code == 204
    answer = regulator_client.post(form_page(key), filled_in(key, note="Entorse hier soir"))
    page = text(answer)
    assert answer.status_code == 403
    assert "Votre accès a été retiré" in page
    assert "Le rendez-vous n’est pas pris" in page
    assert "01 99 00 12 34" in page
    assert "Entorse hier soir" in page
    assert "Envoyer de nouveau" not in page
    assert not Appointment.objects.exists()


def text(answer: Any) -> str:
    return unescape(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


def withdraw(regulator: Regulator) -> None:
    identifier = regulator.current_identifier
    assert identifier is not None
    identity = factories.identity(value=identifier.value, email=regulator.email, active=False)
    change_regulator(system=identifier.system, value=identifier.value, identity=identity)


def test_the_practice_does_not_go_by_the_sas(client: Client, schedule: Schedule) -> None:
    address = reverse("new-appointment", args=[schedule.practitioner_id])
    page = client.post(address, {"family_name": "Jasmin-Démo"}).content.decode()
    assert f'href="/connexion/?next={quote(reverse("back-to-tab"), safe="")}" target="_blank"' in page
    assert "/sas/connexion/" not in page


def test_the_new_tab_says_to_go_back_to_the_other(client: Client) -> None:
    user = factories.user()
    back = reverse("back-to-tab")
    signed_in = client.post("/connexion/", {"username": user.email, "password": factories.PASSWORD, "next": back})
    assert signed_in["Location"] == back
    assert "revenez à l’autre onglet" in client.get(back).content.decode()
    assert Client().get(back)["Location"] == f"/connexion/?next={back}"


def test_what_is_sent_before_new_terms_are_accepted_is_kept_and_sent_after(
    sign_in_regulator: Callable[[Regulator], Client], schedule: Schedule
) -> None:
    client, address = sign_in_regulator(factories.regulator(terms=None)), form_page(key_of(schedule))
    kept = client.post(address, filled_in(key_of(schedule)))
    assert kept.status_code == 403
    page = kept.content.decode()
    assert "Conditions d’utilisation à" in page
    assert f'name="family_name" value="{filled_in(key_of(schedule))["family_name"]}"' in unescape(page)
    [terms] = re.findall(r'href="(/conditions/[^"]*)"\s+target="_blank"', page)
    assert not Appointment.objects.exists()
    assert client.post(terms, {"accept": "on"})["Location"] == reverse("back-to-tab")
    assert client.post(address, filled_in(key_of(schedule))).status_code == 303
    assert Appointment.objects.get().by_regulator is not None
