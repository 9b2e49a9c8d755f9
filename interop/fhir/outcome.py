"""OperationOutcome: the one we answer, and a readable summary of the one we receive."""

import enum
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from interop.fhir.text import has_control, shortened
from interop.fhir.values import Issue

MAX_ISSUES = 50
# A received body longer than this is not read: an OperationOutcome is a few hundred bytes.
MAX_RECEIVED = 256 * 1024
MAX_SUMMARY = 1_000
# FHIRPath (`expression`), or XPath (`location`).
_ELEMENT = re.compile(r"\bAppointment\.[a-z]|\bf:Appointment/f:[a-z]")
# Issue types of FHIR R4, "security" and "transient" with those below them.
_ACCESS_CODES = frozenset({"security", "login", "unknown", "expired", "forbidden", "suppressed"})
_TRANSIENT_CODES = frozenset({"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"})


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource for these faults (at least one), in French."""
    return {
        "resourceType": "OperationOutcome",
        "language": "fr",
        "issue": [_issue(issue) for issue in list(issues)[:MAX_ISSUES]],
    }


def _issue(issue: Issue) -> dict[str, Any]:
    element: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "diagnostics": issue.diagnostics}
    if issue.location:
        element["location"] = list(issue.location)
    if issue.expression:
        element["expression"] = list(issue.expression)
    return element


def outcome_text(body: bytes) -> str:
    """What a received answer says, on one line of at most 1,000 characters, whatever was received.

    Of an OperationOutcome: every issue as `code : text (element)`. Of anything else: the beginning of its text.
    """
    if not body.strip():
        return "Réponse vide."
    if len(body) > MAX_RECEIVED:
        return f"Réponse trop longue pour être lue ({len(body)} octets)."
    try:
        resource = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return _one_line(body.decode("utf-8", "replace"))
    sentences = list(_sentences(resource))
    return _one_line(" ; ".join(sentences) if sentences else body.decode("utf-8", "replace"))


class Subject(enum.Enum):
    """What the errors of a received OperationOutcome are about, as far as they say it in codes."""

    ELEMENT = enum.auto()  # one names an element of the Appointment
    ACCESS = enum.auto()  # who asks
    TRANSIENT = enum.auto()  # what passes by itself
    OTHER = enum.auto()


def subject_of(body: bytes) -> Subject | None:
    """None for what is no OperationOutcome. What only warns or informs is not looked at."""
    try:
        resource = orjson.loads(body.removeprefix(b"\xef\xbb\xbf")) if len(body) <= MAX_RECEIVED else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome":
        return None
    issues = [one for one in _list(resource.get("issue")) if isinstance(one, dict)]
    errors = [one for one in issues if one.get("severity") not in ("warning", "information")]
    places = [where for one in errors for name in ("expression", "location") for where in _list(one.get(name))]
    if any(isinstance(where, str) and _ELEMENT.search(where) for where in places):
        return Subject.ELEMENT
    codes = [code if isinstance(code := one.get("code"), str) else "" for one in errors]
    if _ACCESS_CODES.intersection(codes):
        return Subject.ACCESS
    return Subject.TRANSIENT if codes and _TRANSIENT_CODES.issuperset(codes) else Subject.OTHER


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _sentences(resource: object) -> Iterator[str]:
    issues = resource.get("issue") if isinstance(resource, dict) else None
    for issue in issues[:MAX_ISSUES] if isinstance(issues, list) else ():
        if not isinstance(issue, dict):
            continue
        details = issue.get("details")
        texts = [details.get("text") if isinstance(details, dict) else None, issue.get("diagnostics")]
        told = " – ".join(dict.fromkeys(text.strip() for text in texts if isinstance(text, str) and text.strip()))
        elements = issue.get("expression") or issue.get("location")
        where = (
            ", ".join(element for element in elements if isinstance(element, str)) if isinstance(elements, list) else ""
        )
        code = issue.get("code")
        sentence = " : ".join(part for part in (code if isinstance(code, str) else "", told) if part)
        if sentence:
            yield f"{sentence} ({where})" if where else sentence


def _one_line(text: str) -> str:
    readable = "".join(" " if has_control(character) else character for character in text[: MAX_SUMMARY * 4])
    # Not split(): the no-break spaces of French sentences stay.
    return shortened(re.sub(" {2,}", " ", readable).strip(), MAX_SUMMARY) or "Réponse illisible."
