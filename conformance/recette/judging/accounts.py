"""What the answers to INT_R02 must be: refusals and their OperationOutcome, the Location header, requests at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from conformance.recette.findings import Problem
from sandbox.sas.exchange import Exchange

OUTCOME = "OperationOutcome.issue"
# FHIR R4, value set issue-type: what `OperationOutcome.issue.code` may be.
ISSUE_TYPES = frozenset(
    {
        "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired",
        "forbidden", "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found",
        "deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient",
        "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled", "informational",
    }
)  # fmt: skip
SEVERITIES = frozenset({"fatal", "error", "warning", "information"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that had to be refused, and the elements one of which its refusal must name (none: any will do)."""

    label: str
    exchange: Exchange
    elements: tuple[str, ...] = ()


def refusal_problems(
    status: int | None, failure: str, wanted: Sequence[int], tolerated: Sequence[int], what: str
) -> list[Problem]:
    """Whether a request was refused as it must be. tolerated: statuses that the guide lets pass, with a reservation."""
    said = " ou ".join(map(str, wanted))
    if status is None:
        return [Problem(f"{what} : {failure or 'aucune réponse.'}")]
    if status in wanted:
        return []
    if status < 300:
        return [Problem(f"{what} : accepté ({status}) au lieu d’être refusé ({said}).")]
    if status in tolerated:
        return [Problem(f"{what} : refusé par {status} ; {said} dirait mieux pourquoi.", warning=True)]
    if status >= 500:
        return [Problem(f"{what} : erreur du serveur ({status}) au lieu d’un refus ({said}).")]
    return [Problem(f"{what} : réponse {status} au lieu de {said}.")]


def outcome_problems(refusal: Refusal) -> list[Problem]:
    """Whether a refusal carries a readable OperationOutcome (FHIR R4), whatever it names."""
    decoded = refusal.exchange.json()
    if not isinstance(decoded, dict) or decoded.get("resourceType") != "OperationOutcome":
        return [Problem(f"{refusal.label} : le refus n’est pas accompagné d’un OperationOutcome.")]
    issues = decoded.get("issue")
    if not isinstance(issues, list) or not issues or not all(isinstance(issue, dict) for issue in issues):
        return [Problem(f"{refusal.label} : l’OperationOutcome n’a aucun élément issue.", OUTCOME)]
    problems = []
    if not any(issue.get("severity") in ("fatal", "error") for issue in issues):
        problems.append(Problem(f"{refusal.label} : aucun issue n’a la gravité error.", f"{OUTCOME}.severity"))
    elif not all(issue.get("severity") in SEVERITIES for issue in issues):
        problems.append(Problem(f"{refusal.label} : une gravité n’existe pas dans FHIR.", f"{OUTCOME}.severity"))
    if not all(issue.get("code") in ISSUE_TYPES for issue in issues):
        problems.append(Problem(f"{refusal.label} : un code manque ou n’est pas de FHIR.", f"{OUTCOME}.code"))
    if not any(_explains(issue) for issue in issues):
        problems.append(
            Problem(f"{refusal.label} : aucune explication (diagnostics ou details.text).", f"{OUTCOME}.diagnostics")
        )
    return problems


def names_element(refusal: Refusal) -> bool:
    """Whether an `expression` (or a `location`) names one of the refusal's elements, one of its parents or of its
    children: `name`, `Practitioner.name[0]` and `Practitioner.name[0].given` all tell of a missing `name.given`."""
    if not refusal.elements:
        return True
    decoded = refusal.exchange.json()
    issues = decoded.get("issue") if isinstance(decoded, dict) else None
    told: list[str] = []
    for issue in issues if isinstance(issues, list) else []:
        for key in ("expression", "location"):
            places = issue.get(key) if isinstance(issue, dict) else None
            told += [
                _plain(str(place)) for place in (places if isinstance(places, list) else [places] if places else [])
            ]
    return any(_related(place, element) for place in told for element in refusal.elements)


def location_problems(exchange: Exchange, base_url: str) -> list[Problem]:
    """Whether the Location header is `[base]/Practitioner/<id>` (a version may follow)."""
    given = _header(exchange, "location")
    if not given:
        return [Problem(f"{exchange.method}, réponse {exchange.status} : l’en-tête Location est absent.", "Location")]
    found, base = urlsplit(urljoin(exchange.url, given)), urlsplit(base_url)
    if not re.fullmatch(rf"{re.escape(base.path)}/Practitioner/[A-Za-z0-9.-]{{1,64}}(/_history/[^/]+)?", found.path):
        return [Problem("L’en-tête Location n’est pas de la forme [base]/Practitioner/<id>.", "Location")]
    if (found.scheme, found.netloc) != (base.scheme, base.netloc):
        return [Problem("L’en-tête Location n’est pas sous l’adresse de la base FHIR.", "Location", warning=True)]
    return []


def account_id(exchange: Exchange) -> str:
    """The logical id in the Location header, "" when it can't be read."""
    found = re.search(r"/Practitioner/([A-Za-z0-9.-]{1,64})(?:/|$)", _header(exchange, "location"))
    return found[1] if found else ""


def same_account(first: Exchange, *others: Exchange) -> bool:
    """Whether the answers tell of one account, as far as their Location headers say."""
    return len({account_id(exchange) for exchange in (first, *others)} - {""}) <= 1


def creation_race(exchanges: Sequence[Exchange]) -> list[Problem]:
    """Of several creations at once of the same thing, one passes and the others are refused."""
    statuses = [exchange.status or 0 for exchange in exchanges]
    passed = sum(200 <= status < 300 for status in statuses)
    shown = ", ".join(str(status or "sans réponse") for status in statuses)
    problems = []
    if passed != 1:
        problems.append(Problem(f"{passed} créations acceptées au lieu d’une seule (réponses : {shown})."))
    if any(status == 0 or status >= 500 for status in statuses):
        problems.append(Problem(f"Une des demandes n’a pas reçu de refus propre (réponses : {shown})."))
    return problems


def update_race(exchanges: Sequence[Exchange]) -> list[Problem]:
    """Several conditional updates at once for one new identifier make one account; a 409 or 412 asks to try again."""
    statuses = [exchange.status or 0 for exchange in exchanges]
    shown = ", ".join(str(status or "sans réponse") for status in statuses)
    passed = [exchange for exchange in exchanges if exchange.ok]
    problems = []
    if not passed:
        problems.append(Problem(f"Aucune des demandes n’a été acceptée (réponses : {shown})."))
    if statuses.count(201) > 1 or not same_account(exchanges[0], *passed):
        problems.append(Problem(f"Plusieurs comptes ont été créés pour un seul identifiant (réponses : {shown})."))
    if any(not 200 <= status < 300 and status not in (409, 412) for status in statuses):
        problems.append(Problem(f"Une des demandes n’a pas reçu de réponse propre (réponses : {shown})."))
    return problems


def _header(exchange: Exchange, name: str) -> str:
    return next((value for key, value in exchange.response_headers.items() if key.lower() == name), "")


def _explains(issue: dict[str, object]) -> bool:
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    return any(isinstance(said, str) and said.strip() for said in (issue.get("diagnostics"), text))


def _plain(place: str) -> str:
    """A FHIRPath or XPath reduced to its names: `Practitioner.name[0].given.first()` → `name.given`."""
    dotted = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", place.replace("/f:", ".").replace("/", ".")).strip(".")
    names = [name for name in dotted.split(".") if name and name not in ("first", "where", "Practitioner", "http")]
    return ".".join(names)


def _related(place: str, element: str) -> bool:
    return bool(place) and (f"{place}.".startswith(f"{element}.") or f"{element}.".startswith(f"{place}."))
