import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.identifiers import Token, parse_token, split_list

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
