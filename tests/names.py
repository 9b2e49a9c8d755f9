"""What is random in tests, and names that nobody of one test has twice."""

import itertools
import random

rng = random.Random(0)  # re-seeded for each test

FAMILY = ["Tournesol", "Bergamote", "D’Épine-Noire", "Œillet", "Le Muguet", "Çédrat", "Ñandú", "Ail"]
GIVEN = ["Alba", "Zoé", "Jean-Églantin", "Noël", "Maëlle", "Ô"]
_dealt: set[tuple[str, str]] = set()


def seed(value: str) -> None:
    """What is random from here on."""
    rng.seed(value)
    _dealt.clear()


def new_name() -> tuple[str, str]:
    """Nobody's yet of this test: one practitioner is told from another by their names."""
    everybody = list(itertools.product(FAMILY, GIVEN))
    return rng.choice([one for one in everybody if one not in _dealt] or everybody)


def deal(family_name: str, given_name: str) -> None:
    """Somebody has this name."""
    _dealt.add((family_name, given_name))
