"""French words and typography of the report. Sentences are written with plain spaces everywhere else."""

from __future__ import annotations

import re
from datetime import datetime

from conformance.recette.verdicts import Verdict
from sandbox.sas.clock import PARIS

# A check under half a second needs no duration.
WORTH_SAYING_MS = 500
NBSP, NARROW = "\u00a0", "\u202f"
VERDICTS = {
    Verdict.PASSED: "réussi",
    Verdict.FAILED: "échec",
    Verdict.WARNING: "réserve",
    Verdict.SKIPPED: "non passé",
}
COUNTED = {
    Verdict.PASSED: ("réussi", "réussis"),
    Verdict.FAILED: ("échec", "échecs"),
    Verdict.WARNING: ("réserve", "réserves"),
    Verdict.SKIPPED: ("non passé", "non passés"),
}
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def french(text: str) -> str:
    """The text with the no-break spaces that French punctuation wants."""
    text = re.sub(r" (?=[:»])", NBSP, text)
    text = re.sub(r"(?<=«) ", NBSP, text)
    text = re.sub(r" (?=[;!?])", NARROW, text)
    return re.sub(r"(?<=\d) (?=(s|ms|min|h)\b)", NBSP, text)


def seconds(milliseconds: int) -> str:
    """`0,2 s`."""
    return f"{milliseconds / 1000:.1f}".replace(".", ",") + f"{NBSP}s"


def moment(instant: datetime) -> str:
    """`lundi 23 novembre 2026 à 15 h 20` in Paris."""
    local = instant.astimezone(PARIS)
    day = f"{DAYS[local.weekday()]} {'1er' if local.day == 1 else local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day} à {local.hour}{NARROW}h{NARROW}{local.minute:02d}"


def counted(verdict: Verdict, number: int) -> str:
    """`3 échecs`."""
    return f"{number}{NBSP}{COUNTED[verdict][number > 1]}"
