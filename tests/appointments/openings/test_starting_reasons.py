"""With which reasons a practice begins: a list for whoever receives, each of whose lines could be typed in the form."""

import pytest

from accounts.enums import Profession, specialties
from accounts.french import fold
from appointments.models import Reason
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.starting_reasons import _ANY, _LISTS, starting_list_of


@pytest.mark.parametrize("one", [*_LISTS, _ANY], ids=lambda one: one.name)
def test_each_line_of_a_list_could_have_been_typed(one: object) -> None:
    reasons = one.reasons  # type: ignore[attr-defined]
    names = [fold(reason.label) for reason in reasons]
    assert len(set(names)) == len(names) >= 4
    assert len({reason.sign for reason in reasons}) == len(reasons)
    for reason in reasons:
        assert SHORTEST <= reason.minutes <= LONGEST
        assert reason.minutes % 5 == reason.buffer % 5 == 0
        row = Reason(
            label=reason.label,
            minutes=reason.minutes,
            colour=reason.colour,
            sign=reason.sign,
            consultation_types=[kind.value for kind in reason.consultation_types],
            instructions=reason.instructions,
        )
        row.clean_fields(exclude=["organization"])


def test_every_specialty_and_profession_has_one_list() -> None:
    claimed = [code for one in _LISTS for code in one.specialties]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= set(specialties())
    assert starting_list_of(Profession.PHYSICIAN, ["SM54"]).name == "Médecine générale"
    assert starting_list_of(Profession.PHYSICIAN, ["SM99", "SM40"]).name == "Pédiatrie"
    assert starting_list_of(Profession.MIDWIFE, []).name == "Sage-femme"
    assert starting_list_of(Profession.PHYSICIAN, []) == starting_list_of(Profession.PHYSICIAN, ["SM30"]) == _ANY
    assert {starting_list_of(one, []).name for one in Profession if one != Profession.PHYSICIAN}.isdisjoint({_ANY.name})
