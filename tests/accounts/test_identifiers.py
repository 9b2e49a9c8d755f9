"""National numbers: what is accepted, published and recognised, with which prefix; check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.identifiers import (
    ADELI,
    ADELI_RANK,
    FINESS,
    RPPS,
    RPPS_RANK,
    SIRET,
    NationalNumber,
    passes_luhn,
    practitioner_number,
    read_practitioner_number,
    structure_number,
)

KINDS = [RPPS, ADELI, FINESS, SIRET, RPPS_RANK, ADELI_RANK]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("810100050075", (RPPS, "10100050075")),
        ("10100050075", (RPPS, "10100050075")),
        # Identifiers of the guide that fail the check digit.
        ("810002673899", (RPPS, "10002673899")),
        ("810001288385", (RPPS, "10001288385")),
        (" 8 10100050075 ", (RPPS, "10100050075")),
        # A bare RPPS may begin with 8 too: eleven digits are bare.
        ("80100050075", (RPPS, "80100050075")),
        ("0691234567", (ADELI, "691234567")),
        ("691234567", (ADELI, "691234567")),
        ("012345678", (ADELI, "012345678")),
        ("0012345678", (ADELI, "012345678")),
        ("2A1234567", (ADELI, "2A1234567")),
        ("02b1234567", (ADELI, "2B1234567")),
        ("3456780581/11242343", None),
        ("9101000500751", None),
        ("", None),
        ("1٢345678901", None),
    ],
)
def test_a_practitioner_is_found_whatever_form_was_typed(typed: str, found: tuple[NationalNumber, str] | None) -> None:
    assert read_practitioner_number(typed) == found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_a_prefixed_number_is_read_back(kind: NationalNumber, data: st.DataObject) -> None:
    bare = data.draw(st.from_regex(kind.shape, fullmatch=True))
    assert kind.bare(kind.prefixed(bare)) == kind.bare(bare) == bare
    if kind in (RPPS, ADELI):
        assert read_practitioner_number(kind.prefixed(bare)) == read_practitioner_number(bare) == (kind, bare)


def test_of_two_numbers_the_rpps_is_published() -> None:
    assert practitioner_number(rpps="10100050075", adeli="2A1234567") == "810100050075"
    assert practitioner_number(rpps=None, adeli="2A1234567") == "02A1234567"


@pytest.mark.parametrize(
    ("numbers", "published"),
    [
        ({"finess": "810004421"}, "1810004421"),
        ({"finess": "1810004421"}, "1810004421"),
        ({"finess": "2A0000014"}, "12A0000014"),
        ({"finess": "12a0000014"}, "12A0000014"),
        ({"siret": "334 173 748 40002"}, "333417374840002"),
        ({"siret": "334173748400020"}, "334173748400020"),
        ({"rpps_rank": "12345678912345"}, "412345678912345"),
        ({"rpps_rank": "412345678912345"}, "412345678912345"),
        ({"rpps_rank": "1000290937"}, "41000290937"),
        ({"rpps_rank": "41000290937"}, "41000290937"),
        ({"adeli_rank": "691234567"}, "0691234567"),
        ({"adeli_rank": "69123456701"}, "069123456701"),
        ({"adeli_rank": "069123456701"}, "069123456701"),
        ({"rpps_rank": "1000290937", "siret": "33417374840002", "finess": "810004421"}, "1810004421"),
        ({"rpps_rank": "1000290937", "siret": "33417374840002"}, "333417374840002"),
        ({"adeli_rank": "691234567", "rpps_rank": "1000290937"}, "41000290937"),
        ({"finess": "not a number", "siret": "33417374840002"}, "333417374840002"),
        ({}, None),
        ({"finess": "12"}, None),
    ],
)
def test_the_best_structure_number_is_published_with_its_prefix(numbers: dict[str, str], published: str | None) -> None:
    assert structure_number(**numbers) == published


@given(st.sampled_from(["finess", "siret", "rpps_rank", "adeli_rank"]), st.text("0123456789", max_size=16))
def test_publishing_a_published_structure_number_changes_nothing(kind: str, digits: str) -> None:
    published = structure_number(**{kind: digits})
    if published is not None:
        assert structure_number(**{kind: published}) == published


@pytest.mark.parametrize("number", ["10002909371", "79927398713", "0", "18"])
def test_a_right_check_digit_passes(number: str) -> None:
    assert passes_luhn(number)


@pytest.mark.parametrize("number", ["10100050075", "", "2A1234567", "1 8", "١٨", "-18"])
def test_a_wrong_one_or_anything_else_fails(number: str) -> None:
    assert not passes_luhn(number)


@given(st.text("0123456789", min_size=1, max_size=20))
def test_exactly_one_last_digit_fits(body: str) -> None:
    assert sum(passes_luhn(body + digit) for digit in "0123456789") == 1
