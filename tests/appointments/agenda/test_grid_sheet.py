"""The sheet has a rule for every class the grid can emit: a missing one would put a block at the top of its day."""

import re
from pathlib import Path

from appointments.grid import Span, position, scale_for

SHEET = (Path(__file__).parents[3] / "static/css/practice/grid.css").read_text()
KNOWN = set(re.findall(r"\.([a-z]+-\d+[a-z]?)\b", SHEET))


def test_every_position_has_its_rule() -> None:
    emitted = {name for start in range(1440) for name in position(Span(start, start + 1)).split()}
    emitted |= {name for end in range(1, 1441) for name in position(Span(0, end)).split()}
    emitted |= {
        name
        for lanes in (2, 3, 4)
        for lane in range(1, lanes + 1)
        for name in position(Span(0, 1), lane=lane, lanes=lanes).split()
    }
    assert emitted - KNOWN == set()


def test_every_frame_has_its_rule() -> None:
    frame = (
        {f"from-{hour}" for hour in range(9)}
        | {f"to-{hour}" for hour in range(18, 25)}
        | {f"cols-{count}" for count in (1, 6, 7)}
    )
    frame |= {scale_for(length).css for length in (5, 10)}
    assert frame - KNOWN == set()
