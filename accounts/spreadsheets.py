"""Tables for spreadsheets in French: semicolons, a mark of UTF-8, and texts where they would guess a formula. Pure."""

import csv
from collections.abc import Iterable, Iterator, Sequence

_FORMULAS = frozenset("=+-@\t\r\n＝＋－＠")


class _Echo:
    def write(self, text: str) -> str:
        return text


def lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The file, line by line."""
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow(headings)
    for row in rows:
        yield writer.writerow([inert(cell) for cell in row])


def inert(cell: str) -> str:
    """What others typed may begin with what a spreadsheet takes for a formula (OWASP, CSV injection), wide forms included."""
    return f"'{cell}" if cell.lstrip(" ")[:1] in _FORMULAS else cell
