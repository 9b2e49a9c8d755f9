"""What the administration and the database accept as a national number is what is published, no more."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.identifiers import ADELI, ADELI_RANK, FINESS, RPPS, RPPS_RANK, SIRET, NationalNumber
from accounts.models import Practitioner
from accounts.models.organization import adeli_rank_format, finess_format, rpps_rank_format, siret_format
from accounts.models.practitioner import adeli_format, rpps_format
from appointments.demo.cast import ORGANIZATIONS
from appointments.demo.practitioners import PEOPLE
from tests import factories

VALIDATORS = {
    RPPS: rpps_format,
    ADELI: adeli_format,
    FINESS: finess_format,
    SIRET: siret_format,
    RPPS_RANK: rpps_rank_format,
    ADELI_RANK: adeli_rank_format,
}
# Numbers, nearly.
TEXTS = st.from_regex(r"\A[0-9AB]{8,15}\n?\Z") | st.from_regex(r"\A[0-9][0-9AB][0-9]{7,12}\Z") | st.text(max_size=15)


def accepts(validator: RegexValidator, text: str) -> bool:
    try:
        validator(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", VALIDATORS, ids=lambda kind: kind.name)
@given(text=TEXTS)
def test_an_accepted_number_is_published_as_it_is(kind: NationalNumber, text: str) -> None:
    if accepts(VALIDATORS[kind], text):
        assert kind.bare(text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FINESS, "2A0000018"),
        (SIRET, "99900000000018"),
        (RPPS_RANK, "10101001500012"),
        (ADELI_RANK, "2B1234567"),
        (ADELI_RANK, "2B123456700"),
    ],
)
def test_true_numbers_are_accepted(kind: NationalNumber, text: str) -> None:
    assert accepts(VALIDATORS[kind], text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FINESS, "AAAAAAAAA"),
        (SIRET, "٩٩٩٠٠٠٠٠٠٠٠٠١٨"),
        (SIRET, "99900000000018\n"),
        (RPPS_RANK, "410101001500012"),
        (RPPS_RANK, "4101010015"),
        (ADELI_RANK, "2B12345670"),
    ],
)
def test_numbers_that_would_not_be_published_are_refused(kind: NationalNumber, text: str) -> None:
    assert not accepts(VALIDATORS[kind], text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("numbers", "accepted"),
    [
        ({"adeli": "2A1234567", "rpps": None}, True),
        ({"adeli": "AAAAAAAAA", "rpps": None}, False),
        ({"rpps": "1010005007\n"}, False),
        ({"rpps": "٩٩٩٠٠٠٠٠٠٠٠"}, False),
    ],
)
def test_the_database_holds_the_same_shapes(numbers: dict[str, Any], accepted: bool) -> None:
    if accepted:
        factories.practitioner(**numbers)
        return
    with pytest.raises(IntegrityError, match="_bare"), transaction.atomic():
        factories.practitioner(**numbers)
    assert not Practitioner.objects.exists()


def test_the_demo_has_true_numbers() -> None:
    told = [(RPPS, one.rpps) for one in PEOPLE] + [(ADELI, one.adeli) for one in PEOPLE]
    told += [(FINESS, one.get("finess")) for one in ORGANIZATIONS.values()]
    told += [(SIRET, one.get("siret")) for one in ORGANIZATIONS.values()]
    told += [(SIRET, surgery.siret) for one in PEOPLE for surgery in one.places.values()]
    assert [(kind.name, bare) for kind, bare in told if bare and not accepts(VALIDATORS[kind], bare)] == []
