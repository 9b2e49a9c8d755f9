"""OperationOutcome, written and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEVERITIES = {"fatal": "Bloquant", "error": "Refus", "warning": "Avertissement", "information": "Information"}


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue, ready to be shown: `severity` is a French word, `where` the FHIRPath of the element or ''."""

    severity: str
    code: str
    where: str
    text: str


def operation_outcome(code: str, text: str, *expressions: str, severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome with one issue; `code` is from the FHIR issue-type value set."""
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": text}
    if expressions:
        issue["expression"] = list(expressions)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def read_outcome(payload: object) -> list[Issue]:
    """The issues of an OperationOutcome, however badly formed; empty when it is none."""
    if not isinstance(payload, dict) or payload.get("resourceType") != "OperationOutcome":
        return []
    issues = payload.get("issue")
    found = []
    for issue in issues if isinstance(issues, list) else []:
        if not isinstance(issue, dict):
            continue
        details = issue.get("details")
        text = (
            issue.get("diagnostics")
            or (details.get("text") if isinstance(details, dict) else None)
            or "Sans explication."
        )
        places = issue.get("expression") or issue.get("location") or []
        where = ", ".join(str(place) for place in places) if isinstance(places, list) else str(places)
        severity = SEVERITIES.get(str(issue.get("severity")), str(issue.get("severity", "")))
        found.append(Issue(severity, str(issue.get("code", "")), where, str(text)))
    return found
