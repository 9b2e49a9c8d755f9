"""What a browser keeps of the pages it showed: a post is shared between two shifts."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/conditions/", "/orientations/", "/rien/"])
def test_a_signed_in_persons_pages_are_kept_by_no_browser(regulator_client: Client, address: str) -> None:
    assert "no-store" in regulator_client.get(address)["Cache-Control"]


def test_a_practices_pages_neither(practitioner_client: Client) -> None:
    assert "no-store" in practitioner_client.get("/mot-de-passe/changer/")["Cache-Control"]


def test_the_answer_to_probes_is_left_alone(client: Client) -> None:
    assert "Cache-Control" not in client.get("/sante/")
