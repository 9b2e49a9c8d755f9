"""Phones: read as typed at a place, kept in international form, written as their country writes them."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.phones import international, is_e164, read_phone, written

REGIONS = ["FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM", "NC", "PF", "WF"]
TYPED = st.text(max_size=60) | st.text("0123456789 +()./-", max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("0639981234", "+33639981234"),
        ("06.39.98.12.34", "+33639981234"),
        ("06-39-98-12-34", "+33639981234"),
        ("06\u00a039\u00a098\u00a012\u00a034", "+33639981234"),
        ("639981234", "+33639981234"),
        ("+33 6 39 98 12 34", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("0033 6 39 98 12 34", "+33639981234"),
        ("01 99 00 12 34", "+33199001234"),
        ("0262 12 34 56", "+262262123456"),  # Réunion
        ("0692 12 34 56", "+262692123456"),
        ("0269 61 23 45", "+262269612345"),  # Mayotte
        ("0639 69 12 34", "+262639691234"),
        ("0590 12 34 56", "+590590123456"),  # Guadeloupe
        ("0690 12 34 56", "+590690123456"),
        ("0594 30 12 34", "+594594301234"),  # Guyane
        ("0596 30 12 34", "+596596301234"),  # Martinique
        ("0696 30 12 34", "+596696301234"),
        ("+262 692 12 34 56", "+262692123456"),
        ("+33 692 12 34 56", "+262692123456"),
        ("+32 470 12 34 56", "+32470123456"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+39 06 1234 5678", "+390612345678"),  # Italy keeps its 0
    ],
)
def test_a_phone_becomes_international(text: str, expected: str) -> None:
    assert read_phone(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("06 39 98 12 3", "9 chiffres"),
        ("06 39 98 12 345", "11 chiffres"),
        ("06 12", "10 chiffres"),
        ("15", "10 chiffres"),
        ("+33 6 39 98 12 3", "9 chiffres"),
        ("06 poste 12", "que des chiffres"),
        ("+999 123 456", "indicatif"),
        ("+44 20", "longueur"),
        ("+49 302345678901234", "longueur"),  # 17 digits, possible in Germany, not in E.164
        ("+", "lisible"),
        ("", "lisible"),
        ("0" * 40, "lisible"),
        ("00 00 00 00 00", "n’existe pas"),
    ],
)
def test_a_wrong_phone_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_phone(text)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("0692 00 12 34", "RE", "+262692001234"),
        ("692 00 12 34", "RE", "+262692001234"),
        ("01 99 00 12 34", "RE", "+33199001234"),
        ("+594 694 12 34 56", "FR", "+594694123456"),
        ("+41 79 123 45 67", "FR", "+41791234567"),
        ("0041 79 123 45 67", "NC", "+41791234567"),
        ("75 12 34", "NC", "+687751234"),
        ("751234", "NC", "+687751234"),
        ("+687 75.12.34", "NC", "+687751234"),
        ("87 12 34 56", "PF", "+68987123456"),
        ("41 12 34", "PM", "+508411234"),
        ("0508 41 12 34", "FR", "+508411234"),
        ("72 12 34", "WF", "+681721234"),
        # Ten digits from 0 are French wherever they are typed.
        ("06 39 98 12 34", "NC", "+33639981234"),
        ("0692 00 12 34", "PF", "+262692001234"),
    ],
)
def test_a_phone_is_read_in_the_country_of_the_place(text: str, region: str, expected: str) -> None:
    assert read_phone(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("75 12 34", "FR", "10 chiffres"),
        ("75 12 345", "NC", "longueur"),
        ("87 12 34 5", "PF", "8 chiffres"),
        ("40 12 34", "PF", "8 chiffres"),
        ("+689 40 12 34", "FR", "8 chiffres"),
        ("15", "NC", "longueur"),
        ("+41 79 123 45", "FR", "longueur"),
        ("+49 12", "FR", "longueur"),
    ],
)
def test_a_phone_that_is_none_there_says_why(text: str, region: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_phone(text, region)


@pytest.mark.parametrize(
    ("text", "region", "whose"),
    [
        ("06 39 98 12 34 (fille)", "FR", "fille"),
        ("06 39 98 12 34 (fille)", "NC", "fille"),
        ("75 12 34 mère", "NC", "mère"),
        ("de sa voisine: 0692 00 12 34", "RE", "de sa voisine"),
        ("+33 (0)6 39 98 12 34 - M. d’Or", "FR", "M. d’Or"),
    ],
)
def test_whose_phone_it_is_has_a_field_of_its_own(text: str, region: str, whose: str) -> None:
    with pytest.raises(ValueError) as refusal:
        read_phone(text, region)
    assert str(refusal.value) == (
        f"Un numéro de téléphone ne contient que des chiffres\u00a0: écrivez «\u00a0{whose}\u00a0» "
        "dans «\u00a0À qui est ce numéro\u00a0»."
    )


@pytest.mark.parametrize("text", ["06 poste 12", "01 99 00 12 34 poste 12", "06 39 98 12 34 *", "fille"])
def test_what_is_no_phone_with_somebody_is_only_refused(text: str) -> None:
    with pytest.raises(ValueError, match="retirez le reste"):
        read_phone(text)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("+33199001234", "01 99 00 12 34"),
        ("+33639981234", "06 39 98 12 34"),
        ("+262692001234", "0692 00 12 34"),
        ("+594694123456", "0694 12 34 56"),
        ("+590690001234", "0690 00 12 34"),
        ("+596696001234", "0696 00 12 34"),
        ("+41791234567", "+41 79 123 45 67"),
        ("+41223456789", "+41 22 345 67 89"),
        ("+262100000000", "+262 100000000"),
        ("+32470123456", "+32 470 12 34 56"),
        ("+687751234", "+687 75.12.34"),
        ("+68987123456", "+689 87 12 34 56"),
        ("+508411234", "+508 41 12 34"),
        ("", ""),
        ("15", "15"),
    ],
)
def test_a_phone_is_written_as_its_country_writes_it(kept: str, shown: str) -> None:
    assert written(kept) == shown.replace(" ", "\u00a0")


@given(TYPED, st.sampled_from(REGIONS))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text: str, region: str) -> None:
    try:
        outcome = read_phone(text, region)
    except ValueError as error:
        outcome = str(error)
    assert is_e164(outcome) or outcome.endswith(".")


NATIONAL = st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True)
ABROAD = st.sampled_from(["41", "32", "49", "39", "1", "44", "687", "689", "508", "681", "262", "590"])
FOREIGN = st.builds("+{}{}".format, ABROAD, st.text("0123456789", min_size=5, max_size=10))


@given(NATIONAL | FOREIGN, st.sampled_from(REGIONS), st.sampled_from(REGIONS))
@example("+390612345678", "FR", "NC")
@example("+262100000000", "FR", "FR")  # no number of Réunion: 01 00 00 00 00 would ring on the mainland
@example("+262639981234", "FR", "RE")  # no number of Mayotte: the mainland's works of fiction have it
def test_what_is_written_is_read_back_anywhere(typed: str, region: str, elsewhere: str) -> None:
    with suppress(ValueError):
        kept = read_phone(typed, region)
        assert read_phone(written(kept), elsewhere) == kept


@pytest.mark.parametrize(
    ("stored", "dialled"),
    [
        ("+33553000001", "+33553000001"),
        ("05.53.00.00.01", "+33553000001"),
        ("+33 (0)5 53 00 00 01", "+33553000001"),
        ("+330553000001", "+33553000001"),
        ("0033553000001", "+33553000001"),
        ("+262262000001", "+262262000001"),
        ("0262000001", "+262262000001"),
        ("0262 00 00 0", None),
        ("+32470000000", "+32470000000"),
        ("15", None),
        ("3237", None),
        ("", None),
        ("+33", None),
        ("+3355300000123", None),
        ("٠٥٥٣٠٠٠٠٠١", None),
    ],
)
def test_a_phone_told_abroad_can_be_dialled_there(stored: str, dialled: str | None) -> None:
    assert international(stored) == dialled


@given(TYPED)
def test_a_phone_told_abroad_stays_what_it_is(stored: str) -> None:
    dialled = international(stored)
    if dialled is not None:
        assert is_e164(dialled)
        assert international(dialled) == dialled
