"""What a check says: one :class:`Finding` per broken (or unverifiable) rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NBSP = "\u00a0"


class Severity(StrEnum):
    """`error` refuses the resource; `warning` does not; `information` says what could not be checked."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one place of a resource.

    path: from the root of what was checked, with indexes: `Appointment.participant[0].actor.identifier`.
    rule: stable dotted code, e.g. `cardinality.min`, `pattern`, `invariant.app-2` (the whole list: package docstring).
    message: French, for a person. It never repeats a value of the resource, except codes and code systems: a report
    of findings therefore holds no personal data.
    profile: canonical URL of the profile whose rule it is; "" for the rules of FHIR itself.
    """

    path: str
    rule: str
    message: str
    severity: Severity
    profile: str = ""

    def __str__(self) -> str:
        return f"{self.severity.value:<11} {self.path} [{self.rule}] {self.message}"


def quoted(text: str) -> str:
    """`text` between French quotation marks."""
    return f"«{NBSP}{text}{NBSP}»"


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when one of the findings refuses the resource."""
    return any(finding.severity is Severity.ERROR for finding in findings)
