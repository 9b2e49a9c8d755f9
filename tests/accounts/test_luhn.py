"""Check digits of national numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.luhn import passes_luhn


@pytest.mark.parametrize("number", ["10002909371", "79927398713", "0", "18"])
def test_a_right_check_digit_passes(number: str) -> None:
    assert passes_luhn(number)


@pytest.mark.parametrize("number", ["10100050075", "", "2A1234567", "1 8", "١٨", "-18"])
def test_a_wrong_one_or_anything_else_fails(number: str) -> None:
    assert not passes_luhn(number)


@given(st.text("0123456789", min_size=1, max_size=20))
def test_exactly_one_last_digit_fits(body: str) -> None:
    assert sum(passes_luhn(body + digit) for digit in "0123456789") == 1
