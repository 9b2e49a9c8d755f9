"""How many examples what is dear gets: few in every run, many for who changes its arithmetic (`THOROUGH=1`)."""

import os


def few(count: int, *, thorough: int) -> int:
    return thorough if os.environ.get("THOROUGH") else count
