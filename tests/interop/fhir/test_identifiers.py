import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.identifiers import (
    Token,
    parse_token,
    phone_e164,
    practitioner_national_value,
    practitioner_search_values,
    split_list,
    structure_bare_value,
    structure_identifier_value,
)

NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"{NATIONAL}|810100050075", Token(NATIONAL, "810100050075")),
        (f" {NATIONAL} | 810100050075 ", Token(NATIONAL, "810100050075")),
        ("810100050075", Token(None, "810100050075")),
        ("|810100050075", Token("", "810100050075")),
        (f"{NATIONAL}|", Token(NATIONAL, "")),
        ("", Token(None, "")),
        (f"{NATIONAL}|3456780581/11242343", Token(NATIONAL, "3456780581/11242343")),
        (rf"{NATIONAL}|a\|b\,c\$d\\e", Token(NATIONAL, r"a|b,c$d\e")),
        (f"{NATIONAL}|a|b", Token(NATIONAL, "a|b")),
    ],
)
def test_a_token_is_a_system_and_a_value(text: str, token: Token) -> None:
    assert parse_token(text) == token


def test_an_escaped_comma_does_not_cut_a_list() -> None:
    assert split_list(r"a,b\,c,,d\\,e") == ["a", r"b\,c", "", r"d\\", "e"]


@given(st.text(max_size=200))
def test_any_text_is_some_token(text: str) -> None:
    assert isinstance(parse_token(text), Token)
    assert len(split_list(text)) >= 1


@given(st.text(max_size=50), st.text(max_size=50))
def test_an_escaped_token_comes_back(system: str, value: str) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{character}" if character in r"\|,$" else character for character in text)

    assert parse_token(f"{escaped(system)}|{escaped(value)}") == Token(system.strip(), value.strip())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("810100050075", {("RPPS", "10100050075")}),
        ("10100050075", {("RPPS", "10100050075")}),
        # Identifiers of the guide that fail the check digit.
        ("810002673899", {("RPPS", "10002673899")}),
        ("810001288385", {("RPPS", "10001288385")}),
        (" 8 10100050075 ", {("RPPS", "10100050075")}),
        # A bare RPPS may begin with 8 too: eleven digits are bare.
        ("80100050075", {("RPPS", "80100050075")}),
        ("0691234567", {("ADELI", "691234567")}),
        ("691234567", {("ADELI", "691234567")}),
        ("012345678", {("ADELI", "012345678")}),
        ("0012345678", {("ADELI", "012345678")}),
        ("2A1234567", {("ADELI", "2A1234567")}),
        ("02b1234567", {("ADELI", "2B1234567")}),
        ("3456780581/11242343", set()),
        ("9101000500751", set()),
        ("", set()),
        ("1٢345678901", set()),
    ],
)
def test_a_practitioner_is_found_whatever_form_was_typed(typed: str, found: set[tuple[str, str]]) -> None:
    assert practitioner_search_values(typed) == found


@given(st.sampled_from(["RPPS", "ADELI"]), st.text(alphabet=string.digits, min_size=11, max_size=11))
def test_the_published_number_finds_its_practitioner(kind: str, digits: str) -> None:
    bare = digits if kind == "RPPS" else digits[:9]
    assert practitioner_search_values(practitioner_national_value(kind, bare)) == {(kind, bare)}
    assert practitioner_search_values(bare) == {(kind, bare)}


@pytest.mark.parametrize(
    ("numbers", "published"),
    [
        ({"finess": "810004421"}, "1810004421"),
        ({"finess": "1810004421"}, "1810004421"),
        ({"finess": "2A0000014"}, "12A0000014"),
        ({"finess": "12a0000014"}, "12A0000014"),
        ({"siret": "334 173 748 40002"}, "333417374840002"),
        ({"siret": "334173748400020"}, "334173748400020"),
        ({"rpps_rang": "12345678912345"}, "412345678912345"),
        ({"rpps_rang": "412345678912345"}, "412345678912345"),
        ({"rpps_rang": "1000290937"}, "41000290937"),
        ({"rpps_rang": "41000290937"}, "41000290937"),
        ({"adeli_rang": "691234567"}, "0691234567"),
        ({"adeli_rang": "69123456701"}, "069123456701"),
        ({"adeli_rang": "069123456701"}, "069123456701"),
        ({"rpps_rang": "1000290937", "siret": "33417374840002", "finess": "810004421"}, "1810004421"),
        ({"rpps_rang": "1000290937", "siret": "33417374840002"}, "333417374840002"),
        ({"adeli_rang": "691234567", "rpps_rang": "1000290937"}, "41000290937"),
        ({"finess": "not a number", "siret": "33417374840002"}, "333417374840002"),
        ({}, None),
        ({"finess": "12"}, None),
    ],
)
def test_the_best_structure_number_is_published_with_its_prefix(numbers: dict[str, str], published: str | None) -> None:
    assert structure_identifier_value(**numbers) == published


@given(st.sampled_from(["finess", "siret", "rpps_rang", "adeli_rang"]), st.text(alphabet=string.digits, max_size=16))
def test_publishing_a_published_structure_number_changes_nothing(kind: str, digits: str) -> None:
    published = structure_identifier_value(**{kind: digits})
    if published is not None:
        assert structure_identifier_value(**{kind: published}) == published
        bare = structure_bare_value(kind, published)
        assert bare is not None
        assert published[1:] == bare


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("05 53 00 00 01", "+33553000001"),
        ("05.53.00.00.01", "+33553000001"),
        ("+33 5 53 00 00 01", "+33553000001"),
        ("+33 (0)5 53 00 00 01", "+33553000001"),
        ("+330553000001", "+33553000001"),
        ("0033553000001", "+33553000001"),
        ("+262 262 00 00 01", "+262262000001"),
        ("+590690000001", "+590690000001"),
        ("+594594000001", "+594594000001"),
        ("+596696000001", "+596696000001"),
        ("0262 00 00 0", None),
        ("0262000001", "+262262000001"),
        ("0692000001", "+262692000001"),
        ("0639000001", "+262639000001"),
        ("0690000001", "+590690000001"),
        ("0694000001", "+594694000001"),
        ("0696000001", "+596696000001"),
        ("+32470000000", "+32470000000"),
        ("15", None),
        ("3237", None),
        ("", None),
        ("+33", None),
        ("+3355300000123", None),
        ("٠٥٥٣٠٠٠٠٠١", None),
    ],
)
def test_a_phone_is_sent_in_international_form(typed: str, dialled: str | None) -> None:
    assert phone_e164(typed) == dialled


@given(st.text(alphabet="0123456789+ .()-", max_size=20))
def test_an_international_phone_stays_what_it_is(typed: str) -> None:
    dialled = phone_e164(typed)
    if dialled is not None:
        assert phone_e164(dialled) == dialled
