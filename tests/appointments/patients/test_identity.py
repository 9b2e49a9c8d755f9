"""What a caller spells and a hurried hand types."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.patients.identity import (
    EARLIEST_BIRTH,
    UNKNOWN_BIRTH,
    BirthDate,
    Precision,
    age_in_words,
    parse_birth_date,
    parse_nir,
)

TODAY = date(2026, 11, 25)
DAY, MONTH, YEAR, AGE, UNKNOWN = Precision


def read(text: str) -> BirthDate:
    return parse_birth_date(text, today=TODAY)


def understood(text: str) -> str:
    return read(text).understood.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "text",
    [
        "14021991", "140291", "14/02/91", "14/02/1991", "14/2/1991", "14.02.1991", "14-02-1991", "14 02 1991",
        "14 février 1991", "14 FÉVRIER 1991", "14 fevrier 1991", "14 févr. 1991", "14 fév 91", " 14 février  1991 ",
        "1991-02-14", "1991/02/14", "19910214", "14-fév-1991", "le 14 février 1991", "né le 14/02/1991",
        "Née(e) le jeudi 14 février 1991", "１４/０２/１９９１",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_however_it_is_typed(text: str) -> None:
    assert read(text) == BirthDate(date(1991, 2, 14), DAY)


@pytest.mark.parametrize(
    ("text", "born", "precision"),
    [
        ("1950", date(1950, 1, 1), YEAR),
        ("00/00/1950", date(1950, 1, 1), YEAR),
        ("00001950", date(1950, 1, 1), YEAR),
        ("1950-00-00", date(1950, 1, 1), YEAR),
        ("2026", date(2026, 1, 1), YEAR),
        ("03/1985", date(1985, 3, 1), MONTH),
        ("031985", date(1985, 3, 1), MONTH),
        ("1985-03", date(1985, 3, 1), MONTH),
        ("00/03/1985", date(1985, 3, 1), MONTH),
        ("mars 1985", date(1985, 3, 1), MONTH),
        ("11/2026", date(2026, 11, 1), MONTH),
        # About right: one step less is known, and of a year no more than of an age.
        ("vers le 14 mars 1985", date(1985, 3, 1), MONTH),
        ("vers mars 1985", date(1985, 1, 1), YEAR),
        ("vers 1950", date(1950, 1, 1), AGE),
        ("en 1950 environ", date(1950, 1, 1), AGE),
        ("1950 ?", date(1950, 1, 1), AGE),
        ("34 ans", date(1992, 1, 1), AGE),
        ("âgée de 34 ans", date(1992, 1, 1), AGE),
        ("environ 34 ans", date(1992, 1, 1), AGE),
        ("18 mois", date(2025, 5, 1), AGE),
        ("10 mois", date(2026, 1, 2), AGE),  # its 1st would be an age in years
        ("2 ans et demi", date(2024, 5, 1), AGE),
        ("2 ans et 3 mois", date(2024, 8, 1), AGE),
        ("3 semaines", date(2026, 11, 4), AGE),
        ("25 jours environ", date(2026, 10, 31), AGE),
        ("9 jours", date(2026, 11, 16), DAY),
        ("9j", date(2026, 11, 16), DAY),
        ("0 jour", TODAY, DAY),
        ("inconnue", None, UNKNOWN),
        ("?", None, UNKNOWN),
        ("00/00/0000", None, UNKNOWN),
    ],
)
def test_what_is_known_of_a_birth_date_is_kept_with_how_much_it_is(
    text: str, born: date | None, precision: Precision
) -> None:
    assert read(text) == BirthDate(born, precision)
    assert read(text).understood


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("251126", date(2026, 11, 25)),  # born today
        ("261126", date(1926, 11, 26)),  # not tomorrow: a hundred years ago
        ("3/4/85", date(1985, 4, 3)),
        ("010100", date(2000, 1, 1)),
        ("1er mars 1950", date(1950, 3, 1)),
        ("29/02/2024", date(2024, 2, 29)),
        ("01/01/1900", EARLIEST_BIRTH),
        ("3041985", date(1985, 4, 3)),
        ("3141985", None),
        ("3121985", date(1985, 12, 3)),
        ("1402199", None),
        ("2520199", None),
    ],
)
def test_two_digits_are_the_latest_year_that_is_not_to_come_and_seven_lack_a_zero(
    text: str, expected: date | None
) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="lisible"):
            read(text)
    else:
        assert read(text) == BirthDate(expected, DAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14/02/1991", ""),
        ("14021991", ""),
        ("3/4/85", "Compris : 3 avril 1985."),
        ("3/4/25", "Compris : 3 avril 2025 ; pour 1925, écrivez l’année en entier."),
        ("3041985", "Compris : 3 avril 1985, et non 30 avril 1985."),
        ("19910214", "Compris : 14 février 1991."),
        ("1950", "Compris : 1950, jour et mois inconnus."),
        ("vers 1950", "Compris : vers 1950, jour et mois inconnus."),
        ("03/1985", "Compris : mars 1985, jour inconnu."),
        ("34 ans", "Compris : vers 1992, d’après l’âge."),
        ("18 mois", "Compris : vers mai 2025, d’après l’âge."),
        ("3 semaines", "Compris : vers le 4 novembre 2026, d’après l’âge."),
        ("9 jours", "Compris : 16 novembre 2026, d’après l’âge."),
        ("?", "Compris : date inconnue."),
    ],
)
def test_a_reading_that_had_to_choose_is_told(text: str, expected: str) -> None:
    assert understood(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("26/11/2026", "futur"),
        ("12/2026", "futur"),
        ("2027", "futur"),
        ("31/12/1899", "avant 1900"),
        ("1899", "avant 1900"),
        ("127 ans", "avant 1900"),
        ("30/02/1991", "Le 30 février 1991 n’existe pas"),
        ("29/02/2023", "Le 29 février 2023 n’existe pas"),
        ("31/4/85", "Le 31 avril 1985 n’existe pas"),
        ("32/01/1991", "Le jour 32 n’existe pas"),
        ("14/13/1991", "Le mois 13 n’existe pas"),
        ("14131991", "Le mois 13 n’existe pas"),
        ("14/00/1991", "Le mois manque"),
        ("14/02", "L’année manque"),
        ("14 février", "L’année manque"),
        ("34", "une année ou un âge"),
        ("14 brumaire 1991", "lisible"),
        ("14/02/199", "lisible"),
        ("1950-1952", "lisible"),
        ("1,5 ans", "lisible"),
        ("ans", "lisible"),
        ("", "lisible"),
        ("١٤٠٢١٩٩١", "lisible"),
    ],
)
def test_a_wrong_birth_date_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(text)


@given(st.dates(EARLIEST_BIRTH, TODAY), st.sampled_from(["%d%m%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%Y-%m-%d"]))
def test_every_possible_birth_date_is_read_back(day: date, form: str) -> None:
    assert read(day.strftime(form)) == BirthDate(day, DAY)


@given(st.dates(EARLIEST_BIRTH + timedelta(days=40_000), TODAY))
def test_a_year_of_two_digits_is_read_back_within_the_last_century(day: date) -> None:
    if (TODAY - day).days < 36_500:
        assert read(day.strftime("%d%m%y")).born == day


ANY_DAY = st.dates(date(2020, 1, 1), date(2030, 12, 31))
DURING = [(st.integers(3, 119), "ans"), (st.integers(3, 35), "mois"), (st.integers(5, 8), "semaines"),
          (st.integers(2, 27), "jours")]  # fmt: skip
AGES = st.one_of([st.builds("{} {}".format, count, st.just(unit)) for count, unit in DURING])


@given(AGES, ANY_DAY)
def test_an_age_told_is_that_age_on_that_day(told: str, today: date) -> None:
    said = age_in_words(parse_birth_date(told, today=today), today)
    assert said == (told if told.endswith("jours") else f"environ {told}")


@pytest.mark.parametrize("told", ["0 an", "0 mois", "0 semaine", "0 jour"])
def test_on_new_year_s_day_nobody_is_born_the_day_after(told: str) -> None:
    new_year = date(2026, 1, 1)
    born = parse_birth_date(told, today=new_year).born
    assert born is not None
    assert born <= new_year


@given(st.dates(EARLIEST_BIRTH, TODAY), st.sampled_from([DAY, MONTH, YEAR, AGE]), ANY_DAY)
def test_a_birth_date_lies_in_its_span_and_has_an_age(day: date, precision: Precision, today: date) -> None:
    birth = BirthDate(day, precision)
    first, last = birth.span
    assert first <= day <= last
    assert (first == last) == (precision is DAY)
    assert age_in_words(birth, today)


def test_of_an_unknown_birth_date_nothing_is_known() -> None:
    assert UNKNOWN_BIRTH.span == (date.min, date.max)
    assert age_in_words(UNKNOWN_BIRTH, TODAY) == "âge inconnu"
    for born, precision in ((None, DAY), (TODAY, UNKNOWN)):
        with pytest.raises(ValueError):
            BirthDate(born, precision)


@pytest.mark.parametrize(
    ("born", "precision", "age"),
    [
        (date(2026, 11, 25), DAY, "moins d’un jour"),
        (date(2026, 11, 24), DAY, "1 jour"),
        (date(2026, 11, 16), DAY, "9 jours"),
        (date(2026, 10, 26), DAY, "30 jours"),
        (date(2026, 10, 25), DAY, "4 semaines"),
        (date(2026, 8, 26), DAY, "13 semaines"),
        (date(2026, 8, 25), DAY, "3 mois"),
        (date(2023, 11, 26), DAY, "35 mois"),
        (date(2023, 11, 25), DAY, "3 ans"),
        (date(1985, 11, 26), DAY, "40 ans"),
        (date(1985, 11, 25), DAY, "41 ans"),
        (date(1985, 3, 1), MONTH, "41 ans"),  # whatever its day was
        (date(1985, 11, 1), MONTH, "environ 41 ans"),
        (date(2025, 5, 1), MONTH, "environ 18 mois"),
        (date(2026, 11, 1), MONTH, "moins d’un mois"),
        (date(1950, 1, 1), YEAR, "environ 76 ans"),
        (date(2025, 1, 1), YEAR, "environ 1 an"),
        (date(2026, 1, 1), YEAR, "moins d’un an"),
        (date(1992, 1, 1), AGE, "environ 34 ans"),
        (date(2026, 1, 2), AGE, "environ 10 mois"),
        (date(2026, 11, 4), AGE, "environ 3 semaines"),
        (date(2026, 11, 20), AGE, "environ 5 jours"),
    ],
)
def test_an_age_is_said_in_the_unit_that_suits_it(born: date, precision: Precision, age: str) -> None:
    assert age_in_words(BirthDate(born, precision), TODAY) == age


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


def test_thirteen_characters_are_completed_by_their_key() -> None:
    assert parse_nir("2 69 05 49 588 157") == "269054958815780"
    assert parse_nir("191022a012345") == with_key("191022A012345")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("269054958815781", "clé"),
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


_typed = st.text(max_size=60) | st.text("0123456789 +()./-2AaBbéèû?~", max_size=40)
_spoken = st.lists(
    st.sampled_from(
        ["né", "le", "vers", "?", "14", "2", "00", "99", "1991", "mars", "1er", "et", "demi", "ans", "mois", "j", "sem"]
    ),
    max_size=6,
).map(" ".join)


@given(_typed | _spoken)
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text: str) -> None:
    for sentence in refusals(text):
        assert sentence.endswith(".")


@given(_spoken)
def test_no_birth_date_read_is_to_come_or_before_1900(text: str) -> None:
    with suppress(ValueError):
        born = read(text).born
        assert born is None or EARLIEST_BIRTH <= born <= TODAY


def refusals(text: str) -> list[str]:
    found = []
    for parse in (read, parse_nir):
        try:
            parse(text)
        except ValueError as error:
            found.append(str(error))
    return found
