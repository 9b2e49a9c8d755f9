"""What comes of a check, and how a check says it at once."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


class CheckEnded(Exception):
    """Ends a check at once; its message is a French sentence for the report."""


class CheckFailed(CheckEnded):
    """The rule is broken."""


class CheckSkipped(CheckEnded):
    """The rule could not be looked at: the message says why."""
