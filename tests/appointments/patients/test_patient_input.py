"""What a caller spells and a hurried hand types."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.patients.identity import EARLIEST_BIRTH, parse_birth_date, parse_nir

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    "text",
    [
        "14021991", "140291", "14/02/91", "14/02/1991", "14/2/1991", "14.02.1991", "14-02-1991", "14 02 1991",
        "14 février 1991", "14 FÉVRIER 1991", "14 fevrier 1991", "14 févr. 1991", "14 fév 91", " 14 février  1991 ",
        "1991-02-14",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_however_it_is_typed(text: str) -> None:
    assert parse_birth_date(text, today=TODAY) == date(1991, 2, 14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("251126", date(2026, 11, 25)),  # born today
        ("261126", date(1926, 11, 26)),  # not tomorrow: a hundred years ago
        ("010100", date(2000, 1, 1)),
        ("1er mars 1950", date(1950, 3, 1)),
        ("29/02/2024", date(2024, 2, 29)),
        ("01/01/1900", EARLIEST_BIRTH),
    ],
)
def test_two_digits_are_the_latest_year_that_is_not_to_come(text: str, expected: date) -> None:
    assert parse_birth_date(text, today=TODAY) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("26/11/2026", "futur"),
        ("31/12/1899", "avant 1900"),
        ("30/02/1991", "n’existe pas"),
        ("29/02/2023", "n’existe pas"),
        ("00/01/1991", "n’existe pas"),
        ("14/13/1991", "n’existe pas"),
        ("14 brumaire 1991", "lisible"),
        ("14/02", "lisible"),
        ("1402199", "lisible"),
        ("", "lisible"),
        ("١٤٠٢١٩٩١", "lisible"),
    ],
)
def test_a_wrong_birth_date_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_birth_date(text, today=TODAY)


@given(st.dates(EARLIEST_BIRTH, TODAY), st.sampled_from(["%d%m%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%Y-%m-%d"]))
def test_every_possible_birth_date_is_read_back(day: date, form: str) -> None:
    assert parse_birth_date(day.strftime(form), today=TODAY) == day


@given(st.dates(EARLIEST_BIRTH + timedelta(days=40_000), TODAY))
def test_a_year_of_two_digits_is_read_back_within_the_last_century(day: date) -> None:
    if (TODAY - day).days < 36_500:
        assert parse_birth_date(day.strftime("%d%m%y"), today=TODAY) == day


def with_key(body: str) -> str:
    return f"{body}{97 - int(body.replace('2A', '19').replace('2B', '18')) % 97:02d}"


@pytest.mark.parametrize("body", ["2910214012345", "191022A012345", "184052B123456", "7911399999999", "1550397412007"])
def test_a_social_security_number_is_kept_without_blanks(body: str) -> None:
    number = with_key(body)
    spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:13]} {number[13:]}"
    assert parse_nir(number) == parse_nir(spaced) == parse_nir(spaced.lower()) == number


def test_the_key_of_a_published_example() -> None:
    """The specimen printed on the health insurance's own Vitale card."""
    assert parse_nir("2 69 05 49 588 157 80") == "269054958815780"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("269054958815781", "clé"),
        ("2690549588157", "manque la clé"),
        ("26905495881578", "14 caractères"),
        ("2", "1 caractère\u00a0"),
        ("2690549588157801", "16 caractères"),
        ("969054958815780", "forme"),
        ("26905495881578O", "forme"),
        ("2690C49588157 80", "forme"),
    ],
)
def test_a_wrong_social_security_number_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_nir(text)


@given(st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(position: int, shift: int) -> None:
    number = "269054958815780"
    digit = str((int(number[position]) + shift) % 10)
    with pytest.raises(ValueError, match=r"clé|forme"):
        parse_nir(number[:position] + digit + number[position + 1 :])


_typed = st.text(max_size=60) | st.text("0123456789 +()./-2AaBbéèû", max_size=40)


@given(_typed)
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text: str) -> None:
    for sentence in refusals(text):
        assert sentence.endswith(".")


def refusals(text: str) -> list[str]:
    found = []
    for parse in (lambda value: parse_birth_date(value, today=TODAY), parse_nir):
        try:
            parse(text)
        except ValueError as error:
            found.append(str(error))
    return found
