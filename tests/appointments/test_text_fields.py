"""Names and labels as they are typed."""

import pytest
from django.core.exceptions import ValidationError

from appointments.text_fields import Line, no_markup, some_letter


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Jean   Luc ", "Jean Luc"),
        ("He\u0301loi\u0308se", "H\u00e9lo\u00efse"),
        ("d’Œillet-Le Goff", "d’Œillet-Le Goff"),
        ("", ""),
        (" ", ""),
        ("A" * 100, "A" * 100),
    ],
)
def test_a_name_is_kept_on_one_line_with_its_letters_composed(text: str, name: str) -> None:
    assert Line(required=False, max_length=100, checks=(no_markup, some_letter)).clean(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Jean\u202eLuc", "invisible"),
        ("Jean\u200fLuc", "invisible"),
        ("Jean\u200bLuc", "invisible"),
        ("Jean\x00Luc", "invisible"),
        ("Jean\ufffdLuc", "invisible"),
        ("<b>", "signes"),
        ("1234", "une lettre"),
        ("A" * 101, "101"),
    ],
)
def test_a_wrong_name_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Line(max_length=100, checks=(no_markup, some_letter)).clean(text)
