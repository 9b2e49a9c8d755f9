"""What the pages say of themselves is what is so."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from appointments import models
from appointments.online.register import MET, NOT_ASKED, OPEN, REGISTER, criteria
from appointments.patients.values import PatientDetails

ROOT = Path(__file__).parents[3]
# Columns that say nothing of anybody, or that a patient's pages leave empty.
_NOTHING_OF_ANYBODY = {
    "OnlineBooking": {"id", "schedule", "start", "minutes", "hold", "appointment", "entry"},
    "WaitingEntry": {"id", "organization", "state", "actor_kind", "by_user", "by_regulator", "by_name"},
    "WaitingOffer": {"id", "entry", "schedule", "freed", "turn", "hold"},
    "OnlineCode": {"id", "booking"},
    "LinkTries": {"appointment"},
}  # fmt: skip

_NOT_ASKED = {"no_given_name", "no_phone", "birth_name", "birth_place", "nir", "sex", "wish"}


def test_every_column_that_patients_pages_write_is_in_the_register() -> None:
    told = {column for entry in REGISTER for column in entry.columns}
    for name, nothing in _NOTHING_OF_ANYBODY.items():
        there = {one.name for one in getattr(models, name)._meta.concrete_fields}
        assert {column.partition(".")[2] for column in told if column.startswith(f"{name}.")} == there - nothing, name
    # Of a file, what the form may give of it.
    asked = set(PatientDetails.__slots__) - _NOT_ASKED
    assert {column.partition(".")[2] for column in told if column.startswith("Patient.")} == asked
    for column in told:
        model, _, field = column.partition(".")
        getattr(models, model)._meta.get_field(field)


def test_every_criterion_of_the_rgaa_has_its_test_or_its_gap() -> None:
    per_theme = {1: 9, 2: 2, 3: 3, 4: 13, 5: 8, 6: 2, 7: 5, 8: 10, 9: 4, 10: 14, 11: 13, 12: 11, 13: 12}
    assert [one.number for one in criteria()] == [
        f"{theme}.{number}" for theme, count in per_theme.items() for number in range(1, count + 1)
    ]
    assert {one.state for one in criteria()} == {MET, NOT_ASKED, OPEN}
    for one in criteria():
        assert one.how, one.number
        for path in re.findall(r"(?:tests|templates)/[\w/]+(?:\.\w+)?", one.how):
            assert (ROOT / path).exists(), path


@pytest.mark.django_db
def test_the_three_pages_are_open_to_all_and_say_who_answers(settings: Any) -> None:
    settings.EDITOR_NAME, settings.HOST_NAME = "Éditeur-Fictif", "Hébergeur-Fictif"
    for page, said in (
        ("accessibilite", "partiellement conforme"),
        ("donnees", "Éditeur-Fictif"),
        ("mentions", "Hébergeur-Fictif"),
    ):
        answer = Client().get(f"/rendez-vous-en-ligne/{page}/")
        assert answer.status_code == 200
        assert not answer.cookies
        assert said in answer.content.decode()
