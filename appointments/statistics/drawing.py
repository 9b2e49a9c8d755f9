"""Two rows of bars, month by month, as numbers for an SVG. Pure: units of the drawing's own box, no style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.french import NBSP, month_year, short_month
from appointments.statistics.amounts import Amount

WIDTH, HEIGHT = 560, 200
_LEFT, _TOP, _BOTTOM = 56, 16, 176
# More than that, and their numbers would run into each other; then every other month is named.
_NUMBERED, _NAMED = 8, 12
_MOST_LINES = 4
# Colours of the two rows.
_SIDES = "a", "b"


@dataclass(frozen=True, slots=True)
class Bar:
    """`css`: its colour; `words`: what is written over it, blank where there is no room."""

    css: str
    x: int
    y: int
    width: int
    height: int
    words: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def above(self) -> int:
        return self.y - 4


@dataclass(frozen=True, slots=True)
class Chart:
    """`words`: what each row counts, with its side; `levels`: (y, words) of the lines behind; `names`: (x, words) under the
    bars; `said`: the whole in a sentence.
    """

    words: list[tuple[str, str]]
    levels: list[tuple[int, str]]
    bars: list[Bar]
    names: list[tuple[int, str]]
    said: str

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"

    @property
    def line(self) -> str:
        """Of a level, from its own point on."""
        return f"H{WIDTH}"

    @property
    def left(self) -> int:
        return _LEFT

    @property
    def names_at(self) -> int:
        return HEIGHT - 6


def chart(
    months: Sequence[date], first: Sequence[Amount], second: Sequence[Amount], *, words: tuple[str, str]
) -> Chart:
    """`words` name what each row counts. What is not told has no bar, and its mark where there is room."""
    most = max((round(one.number or 0) for one in (*first, *second) if one.told), default=0)
    step = _step(most)
    top = max(step, -(-most // step) * step)
    each = (WIDTH - _LEFT) / len(months)
    wide = max(3, round(each * 0.38))
    bars = []
    for place, pair in enumerate(zip(first, second, strict=True)):
        for side, amount in enumerate(pair):
            x = round(_LEFT + each * place + (each - 2 * wide - 2) / 2) + side * (wide + 2)
            height = round((_BOTTOM - _TOP) * (amount.number or 0) / top) if amount.told else 0
            said = str(amount) if len(months) <= _NUMBERED else ""
            bars.append(Bar(f"sv-{_SIDES[side]}", x, _BOTTOM - height, wide, height, said))
    every = 1 if len(months) <= _NAMED else 2
    names = [
        (round(_LEFT + each * (place + 0.5)), _name(month, place == 0))
        for place, month in enumerate(months)
        if place % every == 0
    ]
    levels = [
        (round(_BOTTOM - (_BOTTOM - _TOP) * level / top), str(Amount(level))) for level in range(0, top + 1, step)
    ]
    return Chart(list(zip(_SIDES, words, strict=True)), levels, bars, names, _said(months, first, second, words))


def _name(month: date, begins: bool) -> str:
    return f"{month:%Y}" if month.month == 1 and not begins else short_month(month)


def _step(most: int) -> int:
    """Between lines: 1, 2 or 5 with zeros, so that there are few."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if most <= factor * step * _MOST_LINES:
                return factor * step
        step *= 10


def _said(months: Sequence[date], first: Sequence[Amount], second: Sequence[Amount], words: tuple[str, str]) -> str:
    def at(place: int) -> str:
        counted = [f"{words[0].lower()}{NBSP}: {first[place]}", f"{words[1].lower()}{NBSP}: {second[place]}"]
        return f"{month_year(months[place])}, {', '.join(counted)}"

    return f"Premier mois, {at(0)}. Dernier mois, {at(-1)}."
