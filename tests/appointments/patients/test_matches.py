"""How alike two persons are: pairs as a practice meets them, each with the answer wanted."""

from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.patients.identity import UNKNOWN_BIRTH, BirthDate, Precision, parse_birth_date
from appointments.patients.matches import NO_MATCH, Likeness, Person, compare

SAME, LIKELY, NO = Likeness
PHONE, OTHER_PHONE = "+33639980001", "+33639980002"
TODAY = date(2026, 11, 25)


def person(text: str) -> Person:
    """`Given Family-name née Birth-name, birth date, phone, sex`, the last three if known; names of two words with `_`."""
    names, birth, phone, sex = (part.strip() for part in (*text.split(","), "", "", "")[:4])
    names, _, birth_name = names.partition(" née ")
    given_name, family_name = (name.replace("_", " ") for name in names.split(" "))
    return Person(
        family_name=family_name,
        given_name="" if given_name == "-" else given_name,
        birth_name=birth_name.replace("_", " "),
        birth=parse_birth_date(birth, today=TODAY) if birth else UNKNOWN_BIRTH,
        phone={"1": PHONE, "2": OTHER_PHONE}.get(phone, ""),
        sex={"f": "female", "m": "male"}.get(sex, ""),
    )


class Pair(NamedTuple):
    one: str
    other: str
    wanted: Likeness
    reason: str = ""


PAIRS = [
    # The same person, whatever the spelling.
    Pair("Alba Tournesol, 3/4/1985, 1, f", "Alba Tournesol, 3/4/1985, 1, f", SAME, "même nom"),
    Pair("Alba Tournesol, 3/4/1985", "Alba Tournesol, 3/4/1985", SAME, "même prénom"),
    Pair("Alba Tournesol, 3/4/1985, 1, f", "Alba Tournesol, 3/4/1985, 2, f", SAME, "autre téléphone"),
    Pair("Élodie Écureuil, 3/4/1985", "ELODIE ecureuil, 3/4/1985", SAME, "même nom"),
    Pair("Anne d’Œillet, 3/4/1985", "Anne D'OEILLET, 3/4/1985", SAME, "même nom"),
    Pair("Lætitia Laʼa, 3/4/1985", "Laetitia La_a, 3/4/1985", SAME, "même nom"),
    Pair("Jean-Luc Le_Goff, 3/4/1985", "Jean_Luc Legoff, 3/4/1985", SAME, "même prénom"),
    Pair("Jürgen Strauß, 3/4/1985", "Jurgen Strauss, 3/4/1985", SAME, "même nom"),
    # Birth names.
    Pair("Alba Durand née Tournesol, 3/4/1985, 1", "Alba Tournesol, 3/4/1985, 2", SAME, "nom de naissance"),
    Pair("Alba Durand née Tournesol, 3/4/1985", "Alba Petit née Tournesol, 3/4/1985", SAME, "nom de naissance"),
    Pair("Alba Durand née Tournesol, 3/4/1985, 1", "Alba Tournesl, 3/4/1985, 1", SAME, "nom de naissance"),
    Pair("Alba Durand née Tournesol, 3/4/1985", "Alba Durand née Petit, 3/4/1985", LIKELY, "autre nom de naissance"),
    Pair("Alba Durand, 3/4/1985, 1, f", "Alba Tournesol, 3/4/1985, 1, f", LIKELY, "autre nom"),
    Pair("Alba Durand, 3/4/1985, 1, f", "Alba Tournesol, 3/4/1985, 2, f", NO),
    # Names exchanged, compound, with or without particle.
    Pair("Martin Thomas, 3/4/1985", "Thomas Martin, 3/4/1985", SAME, "nom et prénom inversés"),
    Pair("Tournesol Alba, 3/4/1985", "Alba Durand née Tournesol, 3/4/1985", SAME, "nom et prénom inversés"),
    Pair("Jean_Luc Martin, 3/4/1985", "Luc_Jean Martin, 3/4/1985", LIKELY, "prénoms inversés"),
    Pair("Marie Martin, 3/4/1985", "Marie-Claire Martin, 3/4/1985", LIKELY, "prénom composé"),
    Pair("Alba Martin-Durand, 3/4/1985", "Alba Durand, 3/4/1985", LIKELY, "nom composé"),
    Pair("Alba Martin-Durand, 3/4/1985, 1", "Alba Durand_Martin, 3/4/1985, 1", SAME, "nom composé"),
    Pair("Guy de_La_Tour, 3/4/1985", "Guy Tour, 3/4/1985", LIKELY, "particule"),
    Pair("Guy Van_der_Meer, 3/4/1985, 1", "Guy Meer, 3/4/1985, 1", SAME, "particule"),
    Pair("Minh Le, 3/4/1985, 1", "Minh Van, 3/4/1985, 1", LIKELY, "autre nom"),
    # Typing errors.
    Pair("Alba Tournesol, 3/4/1985", "Alba Tuornesol, 3/4/1985", LIKELY, "faute de frappe possible dans le nom"),
    Pair("Alba Tournesol, 3/4/1985, 1", "Alba Tournezol, 3/4/1985, 1", SAME, "faute de frappe possible dans le nom"),
    Pair("Mohamed Petit, 3/4/1985, 1", "Mohammed Petit, 3/4/1985, 1", LIKELY, "faute de frappe possible dans le prénom"),
    Pair("Julien Martin, 3/4/1985, 1", "Julian Marten, 3/4/1985, 1", LIKELY, "faute de frappe possible dans le prénom"),
    Pair("Julien Martin, 3/4/1985", "Julian Marten, 3/4/1985", NO),
    Pair("Alba Petit, 3/4/1985", "Alba Grand, 3/4/1985", NO),
    # Twins, brothers and sisters, mother and child, husband and wife: one phone.
    Pair("Paul Martin, 1/2/2020, 1, m", "Jules Martin, 1/2/2020, 1, m", NO),
    Pair("Léa Martin, 1/2/2020, 1", "Léo Martin, 1/2/2020, 1", NO),
    Pair("Louis Martin, 1/2/2020, 1", "Louise Martin, 1/2/2020, 1", LIKELY, "faute de frappe possible dans le prénom"),
    Pair("Louis Martin, 1/2/2020, 1, m", "Louise Martin, 1/2/2020, 1, f", NO),
    Pair("Louis Martin, 1/2/2020, 1", "Louise Martin, 1/2/2021, 1", NO),
    Pair("Marie Martin, 1/2/2020, 1, f", "Marie-Anne Martin, 1/2/2020, 1, f", LIKELY, "prénom composé"),
    Pair("- Martin, 20/11/2026, 1", "- Martin, 20/11/2026, 1", LIKELY, "prénom absent"),
    Pair("Anne Martin, 3/4/1985, 1, f", "Jules Martin, 1/2/2020, 1, m", NO),
    Pair("Anne Martin, 3/4/1985, 1, f", "Anne Martin, 1/2/2020, 1, f", NO),
    Pair("Anne Martin, 3/4/1985, 1, f", "- Martin, 20/11/2026, 1", NO),
    Pair("Anne Martin, , 1, f", "- Martin, 20/11/2026, 1", NO),
    Pair("Claude Martin, 3/4/1985, 1, m", "Claude Martin, 9/8/1986, 1, f", NO),
    Pair("Claude Martin, 3/4/1985, 1, m", "Claude Martin, 3/4/1985, 1, f", LIKELY, "autre sexe"),
    # Born another day, or nearly.
    Pair("Jean Martin, 3/4/1985, 1", "Jean Martin, 17/9/1962, 1", NO),
    Pair("Jean Martin, 3/4/1985, 1", "Jean Martin, 4/4/1985, 1", LIKELY, "faute de frappe possible dans la date de naissance"),
    Pair("Jean Martin, 3/4/1985", "Jean Martin, 3/4/1958", LIKELY, "faute de frappe possible dans la date de naissance"),
    Pair("Jean Martin, 3/4/1985", "Jean Martin, 4/3/1985", LIKELY, "jour et mois de naissance inversés"),
    Pair("Jean Martin-Petit, 3/4/1985", "Jean Martin, 4/3/1985", NO),
    Pair("Jean Martin-Petit, 3/4/1985, 1", "Jean Martin, 4/3/1985, 1", LIKELY, "nom composé"),
    # Not known well, or not at all.
    Pair("Jean Martin, 1950", "Jean Martin, 3/4/1950", LIKELY, "date de naissance imprécise"),
    Pair("Jean Martin, 76 ans", "Jean Martin, 31/12/1949", LIKELY, "date de naissance imprécise"),
    Pair("Jean Martin, 04/1950", "Jean Martin, 1950", LIKELY, "date de naissance imprécise"),
    Pair("Jean Martin, 1950, 1", "Jean Martin, 1950, 1", LIKELY, "date de naissance imprécise"),
    Pair("Jean Martin, 1950, 1", "Jean Martin, 3/4/1951, 1", NO),
    Pair("Jean Martin, , 1", "Jean Martin, 3/4/1950, 1", LIKELY, "date de naissance inconnue"),
    Pair("Jean Martin, ", "Jean Martin, 3/4/1950", NO),
    Pair("- Martin, 9 jours, 1", "Jules Martin, 16/11/2026, 2", LIKELY, "prénom absent"),
    Pair("- Martin, 3 semaines, 1", "Jules Martin, 2/11/2026, 1", LIKELY, "date de naissance imprécise"),
    Pair("- Martin, 3 semaines, 1", "Jules Martin, 2/11/2026, 2", NO),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "wanted", "reason"), PAIRS, ids=[f"{pair.one} | {pair.other}" for pair in PAIRS]
)
def test_two_persons_are_as_alike_as_a_careful_secretary_finds(
    one: str, other: str, wanted: Likeness, reason: str
) -> None:
    match = compare(person(one), person(other))
    assert match.likeness is wanted
    assert (reason in match.reasons) if reason else match == NO_MATCH


def test_the_reasons_are_told_from_the_names_to_the_sex() -> None:
    one = person("Claude Durand née Tournesol, 3/4/1985, 1, f")
    assert compare(one, person("Claude Tournezol née Petit, 3/4/1985, 2, m")).reasons == (
        "nom de naissance",
        "faute de frappe possible dans le nom",
        "même prénom",
        "autre nom de naissance",
        "même date de naissance",
        "autre téléphone",
        "autre sexe",
    )


# Few values, so that persons who have something in common come often.
NAMES = st.sampled_from([
    "Martin", "Marten", "Durand", "Martin-Durand", "de La Tour", "La Tour", "Éloïse", "Jean-Luc", "Luc", "Œillet", "D’Or",
    "Louis", "Louise", "Strauß",
])  # fmt: skip
DAYS = st.sampled_from([date(1985, 4, 3), date(1985, 3, 4), date(1985, 4, 8), date(1985, 1, 1), date(2020, 1, 1)])
BIRTHS = st.builds(BirthDate, DAYS, st.sampled_from(list(Precision)[:-1])) | st.just(UNKNOWN_BIRTH)
OTHERS = {
    "birth_name": st.just("") | NAMES,
    "phone": st.sampled_from(["", PHONE, OTHER_PHONE]),
    "sex": st.sampled_from(["", "female", "male", "unknown"]),
}
COMPLETE = st.builds(Person, NAMES, NAMES, birth=st.builds(BirthDate, DAYS, st.just(Precision.DAY)), **OTHERS)
PERSONS = COMPLETE | st.builds(Person, NAMES, st.just("") | NAMES, birth=BIRTHS, **OTHERS)


@given(PERSONS, PERSONS)
def test_it_is_the_same_whichever_comes_first(one: Person, other: Person) -> None:
    assert compare(one, other) == compare(other, one)


@given(COMPLETE)
def test_whoever_is_wholly_known_is_the_same_as_themself(one: Person) -> None:
    assert compare(one, one).likeness is SAME


SPELLINGS = st.sampled_from([
    str.upper, str.lower, lambda name: name.replace("-", " "), lambda name: name.replace("’", "'"),
    lambda name: name.replace("Œ", "Oe"), lambda name: name.replace("É", "E\u0301"), lambda name: f" {name} ",
    lambda name: name.replace(" ", "\u00a0"), lambda name: name.replace("ï", "i"),
])  # fmt: skip


@given(PERSONS, PERSONS, SPELLINGS)
def test_spelling_never_matters(one: Person, other: Person, spelled: object) -> None:
    assert callable(spelled)
    names = (spelled(name) for name in (one.family_name, one.given_name, one.birth_name))
    respelled = Person(*names, birth=one.birth, phone=one.phone, sex=one.sex)
    assert compare(respelled, other) == compare(one, other)


@given(PERSONS, PERSONS)
def test_nobody_is_the_same_with_another_given_name_or_day_of_birth(one: Person, other: Person) -> None:
    if compare(one, other).likeness is SAME:
        assert one.birth == other.birth
        assert one.birth.precision is Precision.DAY
        assert {one.sex, other.sex} != {"female", "male"}
        same_given_name = one.given_name == other.given_name
        assert same_given_name or "nom et prénom inversés" in compare(one, other).reasons
