"""What the administration accepts as a national number is what the border publishes, no more."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from hypothesis import given
from hypothesis import strategies as st

from accounts.models.organization import adeli_rank_format, finess_format, rpps_rank_format, siret_format
from accounts.models.practitioner import adeli_format, rpps_format
from interop.fhir.identifiers import ADELI, RPPS, practitioner_search_values, structure_bare_value

STRUCTURES = {
    "finess": finess_format,
    "siret": siret_format,
    "rpps_rang": rpps_rank_format,
    "adeli_rang": adeli_rank_format,
}
PRACTITIONERS = {RPPS: rpps_format, ADELI: adeli_format}
# Numbers, nearly.
TEXTS = st.from_regex(r"\A[0-9AB]{8,15}\n?\Z") | st.from_regex(r"\A[0-9][0-9AB][0-9]{7,12}\Z") | st.text(max_size=15)


def accepts(validator: RegexValidator, text: str) -> bool:
    try:
        validator(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", STRUCTURES)
@given(text=TEXTS)
def test_an_accepted_structure_number_is_published_as_it_is(kind: str, text: str) -> None:
    if accepts(STRUCTURES[kind], text):
        assert structure_bare_value(kind, text) == text


@pytest.mark.parametrize("kind", PRACTITIONERS)
@given(text=TEXTS)
def test_an_accepted_practitioner_is_found_by_their_number(kind: str, text: str) -> None:
    if accepts(PRACTITIONERS[kind], text):
        assert (kind, text) in practitioner_search_values(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("finess", "2A0000018"),
        ("siret", "99900000000018"),
        ("rpps_rang", "10101001500012"),
        ("adeli_rang", "2B1234567"),
        ("adeli_rang", "2B123456700"),
    ],
)
def test_true_numbers_are_accepted(kind: str, text: str) -> None:
    assert accepts(STRUCTURES[kind], text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("finess", "AAAAAAAAA"),
        ("siret", "٩٩٩٠٠٠٠٠٠٠٠٠١٨"),
        ("siret", "99900000000018\n"),
        ("rpps_rang", "410101001500012"),
        ("rpps_rang", "4101010015"),
        ("adeli_rang", "2B12345670"),
    ],
)
def test_numbers_that_would_not_be_published_are_refused(kind: str, text: str) -> None:
    assert not accepts(STRUCTURES[kind], text)
