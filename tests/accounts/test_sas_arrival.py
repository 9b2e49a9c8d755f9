"""The door of the agenda pages: with an origin through the SAS, without one as anybody."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import REGULATOR_KEY
from tests import factories
from tests.accounts.provider import FakeProvider, person

pytestmark = pytest.mark.django_db
PAGE = f"/praticien/{uuid.UUID(int=7)}/"


def sent_to_the_sas(response: Any) -> str:
    """The page the browser will come back to."""
    location = urlsplit(response["Location"])
    assert (response.status_code, location.path) == (302, "/sas/connexion/")
    return parse_qs(location.query)["next"][0]


@pytest.mark.parametrize(
    ("asked", "clean"),
    [
        (f"{PAGE}?creneau=a&origin=sas", f"{PAGE}?creneau=a"),
        (f"{PAGE}?origin=sas&creneau=a", f"{PAGE}?creneau=a"),
        (f"{PAGE}?origin=sas-preprod", PAGE),
        (f"{PAGE}&origin=sas", PAGE),
        (f"{PAGE[:-1]}&origin=sas", PAGE),
        (f"{PAGE[:-1]}?origin=sas", PAGE),
        (f"{PAGE}&creneau=a&origin=sas", f"{PAGE}?creneau=a"),
        (f"{PAGE}&origin=sas?creneau=a", f"{PAGE}?creneau=a"),
        (f"{PAGE}%26origin=sas", PAGE),
        (f"{PAGE}?creneau=a&origin=sas&origin=sas", f"{PAGE}?creneau=a"),
        (f"{PAGE}?origin=sas&creneau=a&origin=sas-preprod", f"{PAGE}?creneau=a"),
        (f"{PAGE}?creneau=%C3%A9%26%3D&creneau=b&origin=sas", f"{PAGE}?creneau=%C3%A9%26%3D&creneau=b"),
        (f"{PAGE}?creneau={'a' * 3000}&origin=sas", PAGE),
        (f"{PAGE}?creneau=%00%ff&origin=sas", f"{PAGE}?creneau=%00%EF%BF%BD"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_an_accepted_origin_leads_to_the_sas_and_then_to_the_page_without_it(
    client: Client, asked: str, clean: str, method: str
) -> None:
    assert sent_to_the_sas(getattr(client, method)(asked)) == clean


def test_the_sas_is_asked_again_even_with_a_session_open(regulator_client: Client) -> None:
    assert sent_to_the_sas(regulator_client.get(f"{PAGE}?origin=sas")) == PAGE


def test_a_practitioners_session_does_not_keep_from_the_sas(practitioner_client: Client) -> None:
    assert sent_to_the_sas(practitioner_client.get(f"{PAGE}?origin=sas")) == PAGE


@pytest.mark.parametrize(
    "query", ["origin=autre", "origin=", "origin=SAS", "origin=sas&origin=autre", "origin=%00", "origin=sas,sas"]
)
def test_an_unknown_origin_gets_a_page_that_says_so(regulator_client: Client, query: str) -> None:
    for address in (f"{PAGE}?{query}", f"{PAGE}&{query}", f"{PAGE}?creneau=a&{query}"):
        response = regulator_client.get(address)
        assert response.status_code == 403
        assert "Ce lien ne vient pas d’une plateforme connue" in response.content.decode()


def test_the_accepted_origins_are_a_setting(client: Client, settings: Any) -> None:
    settings.SAS_ORIGINS = ["sas"]
    assert client.get(f"{PAGE}?origin=sas-preprod").status_code == 403


def test_without_origin_nobody_gets_the_ordinary_sign_in_page(client: Client) -> None:
    response = client.get(f"{PAGE}?creneau=a")
    assert (response.status_code, response["Location"]) == (302, f"/connexion/?next={PAGE}%3Fcreneau%3Da")
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert "choisissez un créneau sur la plateforme SAS" in page.content.decode()


def test_a_tail_of_the_path_without_origin_becomes_a_query(practitioner_client: Client) -> None:
    response = practitioner_client.get(f"{PAGE}&creneau=a")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?creneau=a")


def test_an_absurd_number_of_parameters_is_a_bad_request(client: Client) -> None:
    tail = "&".join(f"a{number}=1" for number in range(1100))
    assert client.get(f"{PAGE}?origin=sas&{tail}").status_code == 400
    assert client.get(f"{PAGE}&origin=sas&{tail}").status_code == 400


def test_who_signed_in_with_a_password_is_told_how_to_come(
    regulator: Regulator, sign_in: Callable[[User], Client], settings: Any
) -> None:
    settings.SAS_PLATFORM_URL = "https://plateforme.example/"
    assert regulator.user is not None
    client = sign_in(regulator.user)
    response = client.get(PAGE)
    assert response.status_code == 403
    assert "Passez par la plateforme SAS" in response.content.decode()
    assert 'href="https://plateforme.example/"' in response.content.decode()


def test_a_password_gives_no_regulators_right_anywhere(regulator: Regulator, sign_in: Callable[[User], Client]) -> None:
    assert regulator.user is not None
    client = sign_in(regulator.user)
    assert client.get("/orientations/").status_code != 200
    assert REGULATOR_KEY not in client.session


def test_following_the_redirects_ends_on_the_sas_own_page(client: Client, provider: FakeProvider) -> None:
    first = client.get(f"{PAGE}?creneau=a&origin=sas-preprod")
    second = client.get(first["Location"])
    assert second["Location"].startswith(f"{provider.base}/auth?")


@pytest.mark.parametrize("address", ["/connexion/", f"{PAGE}?origin=autre"])
def test_pages_at_the_door_do_not_look_like_a_single_page_application(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert "<noscript" not in page
    assert 'id="app"' not in page
    scripts = [part.split('"')[0] for part in page.split('<script src="')[1:]]
    assert not [name for name in scripts if "app" in name or "chunk" in name]


def test_the_whole_way_ends_on_the_practitioners_agenda(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    practitioner = factories.rule().schedule.practitioner
    to_sign_in = client.get(f"/praticien/{practitioner.id}/?creneau=x&origin=sas")
    to_provider = client.get(to_sign_in["Location"])
    back = client.get("/sas/retour/", provider.approve(to_provider["Location"], person(regulator)))
    assert back["Location"] == f"/praticien/{practitioner.id}/?creneau=x"
    response = client.get(back["Location"])
    assert response.status_code == 200
    assert practitioner.family_name in response.content.decode().replace("&#x27;", "'")
