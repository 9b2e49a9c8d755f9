"""What a write of accounts hangs on (INT_R02): the query's criteria and the preconditions of its headers.

A write is done only if all of its conditions were understood: whatever is not is refused by name, 400 in the query, 412 in a
header. Reading an answer in another form (`_format`, …) is no condition.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from interop.fhir.identifiers import Token, parse_token, split_list
from interop.fhir.query import http_location, query_parameters
from interop.fhir.systems import REGULATOR_TYPE_OF_SYSTEM
from interop.fhir.text import shown
from interop.fhir.values import FhirRefusal, Issue

MAX_IDENTIFIER = 200
# FHIR R4, "General Parameters": of the answer only.
ANSWER_PARAMETERS = frozenset({"_format", "_pretty", "_summary", "_elements"})
# RFC 9110: of reads only (13.1.3, 13.1.5), so that a write must not heed them.
_CONDITIONS_OF_READS = frozenset({"if-modified-since", "if-range"})


# --- The query -------------------------------------------------------------------------------------------------------
def check_creation_query(raw_query_string: str) -> None:
    """A creation has no criterion. Raises FhirRefusal(400) naming each."""
    _refuse_others([name for name, _ in query_parameters(raw_query_string)])


def parse_identifier_query(raw_query_string: str) -> Token:
    """The account a conditional update is for: `identifier=[system|]value`, composed; system None means any.

    Raises FhirRefusal(400) when it is missing, empty, given twice, a list, `|value` (no account is without a system) or of a
    system that no account has; and for any other criterion or modifier.
    """
    parameters = query_parameters(raw_query_string)
    _refuse_others([name for name, _ in parameters if name != "identifier"])
    values = [value for name, value in parameters if name == "identifier"]
    if not values:
        raise _query_refusal("required", "il manque ; « ?identifier=système|valeur » est attendu.")
    tokens = [text for value in values for text in split_list(value)]
    if len(tokens) > 1:
        raise _query_refusal("not-supported", "un seul identifiant est attendu.")
    system, value = parse_token(unicodedata.normalize("NFC", tokens[0]))
    if not value:
        raise _query_refusal("required", "la valeur est vide.")
    if system == "":
        raise _query_refusal("required", "le système est vide.")
    if len(value) > MAX_IDENTIFIER or len(system or "") > MAX_IDENTIFIER:
        raise _query_refusal("too-long", "l’identifiant est trop long.")
    if system is not None and system not in REGULATOR_TYPE_OF_SYSTEM:
        known = " ou ".join(REGULATOR_TYPE_OF_SYSTEM)
        raise _query_refusal("value", f"système inconnu {shown(system)} ; attendu : {known}.")
    return Token(system, value)


def _refuse_others(names: Iterable[str]) -> None:
    unknown = [name for name in dict.fromkeys(names) if name not in ANSWER_PARAMETERS]
    if unknown:
        raise FhirRefusal(400, [_unknown_criterion(name) for name in unknown])


def _unknown_criterion(name: str) -> Issue:
    what = "ce modificateur n’est pas accepté" if name.startswith("identifier:") else "ce critère n’est pas accepté"
    told = f"Paramètre {shown(name)} : {what} ; rien n’a été écrit."
    return Issue("not-supported", told, location=http_location(name))


def _query_refusal(code: str, diagnostics: str) -> FhirRefusal:
    return FhirRefusal(400, [Issue(code, f"Paramètre « identifier » : {diagnostics}", location=("http.identifier",))])


# --- The headers -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Preconditions:
    """What must be true of the account before it is written (RFC 9110, 13.1). Accounts have no version, hence no entity tag."""

    exists: bool = False
    is_new: bool = False
    unmodified_since: datetime | None = None

    def check(self, changed_at: datetime | None) -> None:
        """`changed_at` is when the account last changed, None when there is none yet. Raises FhirRefusal(412)."""
        if self.exists and changed_at is None:
            raise _precondition("If-Match", "aucun compte n’a cet identifiant.")
        if self.is_new and changed_at is not None:
            raise _precondition("If-None-Match", "un compte a déjà cet identifiant.")
        since = self.unmodified_since
        # HTTP's dates have no fractions of a second.
        if since is not None and (changed_at is None or changed_at.replace(microsecond=0) > since):
            raise _precondition("If-Unmodified-Since", "le compte a changé depuis, ou n’existe pas.")


def parse_preconditions(headers: Mapping[str, str]) -> Preconditions:
    """The preconditions of a write; names in any case.

    Raises FhirRefusal: 412 for one that is not understood, were it unknown to RFC 9110; 400 for a body that is said to be a
    part only (`Content-Range`, RFC 9110, 14.5).
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    if "content-range" in given:
        told = "En-tête « Content-Range » : une ressource s’écrit en entier."
        raise FhirRefusal(400, [Issue("not-supported", told, location=("http.Content-Range",))])
    exists = is_new = False
    unmodified_since = None
    for name, value in given.items():
        if not f"{name}-".startswith("if-") or name in _CONDITIONS_OF_READS:
            continue
        if name == "if-match" and value == "*":
            exists = True
        elif name == "if-none-match" and value == "*":
            is_new = True
        elif name == "if-unmodified-since":
            unmodified_since = _http_date(value)
        elif name in {"if-match", "if-none-match"}:
            raise _precondition(name.title(), "les comptes n’ont pas de version à comparer.", "not-supported")
        else:
            raise _precondition(name.title(), "cette condition n’est pas prise en charge.", "not-supported")
    return Preconditions(exists, is_new, unmodified_since)


def _http_date(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise _precondition("If-Unmodified-Since", f"{shown(text)} n’est pas une date.", "invalid") from None
    # Without a zone it is in GMT, as HTTP's dates are.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _precondition(header: str, diagnostics: str, code: str = "conflict") -> FhirRefusal:
    told = f"En-tête {shown(header)} : {diagnostics} Rien n’a été écrit."
    return FhirRefusal(412, [Issue(code, told, location=http_location(header))])
