"""The file: text by hand, and generated parts between `<!-- généré : name -->` and `<!-- fin : name -->`. Standard library."""

import re
from collections.abc import Mapping, Sequence

_OPENING = re.compile(r"<!--\s*généré\s*:\s*(?P<name>.+?)\s*-->")
_PART = re.compile(
    rf"(?P<opening>{_OPENING.pattern}\n)(?P<body>.*?)(?P<closing><!--\s*fin\s*:\s*(?P=name)\s*-->)", re.DOTALL
)


class MarkersWrong(ValueError):
    """The file's markers are not one pair for each part. The message is French, for who edits the file."""


def generated(text: str) -> dict[str, str]:
    """Name of each generated part → its Markdown, without outer blank lines. Raises MarkersWrong."""
    opened = [match["name"] for match in _OPENING.finditer(text)]
    parts = {match["name"]: match["body"].strip("\n") for match in _PART.finditer(text)}
    for name in opened:
        if opened.count(name) > 1:
            raise MarkersWrong(f"La partie «\u00a0{name}\u00a0» est là deux fois.")
        if name not in parts:
            raise MarkersWrong(f"La partie «\u00a0{name}\u00a0» n’a pas de fin\u00a0: ajoutez <!-- fin : {name} -->.")
    return parts


def rewrite(text: str, parts: Mapping[str, str]) -> str:
    """The text with each part's content replaced, and nothing else touched. Raises MarkersWrong."""
    present = generated(text).keys()
    for name in parts.keys() - present:
        raise MarkersWrong(f"La partie «\u00a0{name}\u00a0» manque\u00a0: ajoutez <!-- généré : {name} --> et sa fin.")
    for name in present - parts.keys():
        raise MarkersWrong(f"La partie «\u00a0{name}\u00a0» n’existe pas\u00a0: retirez ses marques.")

    def renewed(match: re.Match[str]) -> str:
        return f"{match['opening']}\n{parts[match['name']]}\n\n{match['closing']}"

    return _PART.sub(renewed, text)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table. Whatever a cell holds stays in its cell."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    """Inline code; a backtick in it would end it."""
    return f"`{text.replace('`', 'ˋ')}`"


def _cell(text: str) -> str:
    return " ".join(text.splitlines()).replace("|", r"\|")
