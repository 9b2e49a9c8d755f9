"""Regulator accounts (INT_R02): from a Practitioner's bytes to a frozen record, and the query of a conditional update.

Two stages. What is no JSON, or has not the shape of a FHIR Practitioner, is refused with 400. A Practitioner that
breaks a rule of the table in the spec is refused with 422, all its faults told at once. Decisions:
- An empty or blank text counts as absent, so that it is a broken rule (422) that names the element.
- `meta.profile` is not looked at: the guide published the profile under two canonicals, and a claim changes nothing to
  the rules.
- Several `name`: the official one, else the first. Other telecoms (a phone) are let through and forgotten; two
  different e-mail addresses are refused, as one of them would become the sign-in.
- Check digits and the form of the value are not judged: the SAS's own identifiers are free form.
"""

import re
import unicodedata
from typing import Any

import orjson

from interop.fhir import systems
from interop.fhir.identifiers import Token, parse_token, split_list
from interop.fhir.query import query_parameters
from interop.fhir.text import has_control, shown
from interop.fhir.values import FhirRefusal, Issue, RegulatorRecord

# An account takes about 600 bytes; a narrative is allowed for.
MAX_BODY = 64 * 1024
MAX_DEPTH = 24
MAX_VALUE = 200
MAX_NAME = 100
MAX_EMAIL = 254
MEDIA_TYPES = frozenset({"application/fhir+json", "application/json+fhir", "application/json", "text/json"})

# Deliberately plain: one @, no blank nor quoting, a dotted domain. The SAS checked the address already.
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[^\W_](?:[^\W_]|-){0,62}(?<!-)\.)+[^\W\d_](?:[^\W_]|-){0,61}[^\W_]"
)

Element = dict[str, Any]


def parse_regulator(body: bytes, content_type: str | None = None) -> RegulatorRecord:
    """The account that a request's body describes.

    Raises FhirRefusal: 400 not JSON or not a FHIR Practitioner, 413 over 64 KiB, 415 another media type, 422 a rule is
    broken.
    """
    _check_media_type(content_type)
    if len(body) > MAX_BODY:
        raise FhirRefusal(413, [Issue("too-long", f"Le corps dépasse {MAX_BODY // 1024} Kio.")])
    try:
        resource = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        told = f"Le corps n’est pas un document JSON valide (ligne {error.lineno}, colonne {error.colno})."
        raise FhirRefusal(400, [Issue("structure", told)]) from None
    if not isinstance(resource, dict):
        raise FhirRefusal(
            400, [Issue("structure", "Le corps n’est pas une ressource FHIR : un objet JSON est attendu.")]
        )
    if resource.get("resourceType") != "Practitioner":
        told = "Une seule ressource Practitioner est attendue (resourceType)."
        raise FhirRefusal(400, [Issue("structure", told, expression=("resourceType",))])
    practitioner = _without_blanks(resource)
    _check_shape(practitioner)
    return _Reader(practitioner).record()


def parse_identifier_query(raw_query_string: str) -> Token:
    """The account a conditional update is for: `identifier=[system|]value`; system None means any.

    Raises FhirRefusal(400) when it is missing, empty, given twice, a list, or `|value` (no account is without a
    system).
    """
    values = [value for name, value in query_parameters(raw_query_string) if name == "identifier"]
    if not values:
        raise _query_refusal("required", "il manque ; « ?identifier=système|valeur » est attendu.")
    tokens = [text for value in values for text in split_list(value)]
    if len(tokens) > 1:
        raise _query_refusal("not-supported", "un seul identifiant est attendu.")
    token = parse_token(tokens[0])
    if not token.value:
        raise _query_refusal("required", "la valeur est vide.")
    if token.system == "":
        raise _query_refusal("required", "le système est vide.")
    if len(token.value) > MAX_VALUE or len(token.system or "") > MAX_VALUE:
        raise _query_refusal("too-long", "l’identifiant est trop long.")
    return token


def _query_refusal(code: str, diagnostics: str) -> FhirRefusal:
    return FhirRefusal(400, [Issue(code, f"Paramètre « identifier » : {diagnostics}", location=("http.identifier",))])


def _check_media_type(content_type: str | None) -> None:
    if not content_type:
        return
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = next((p.partition("=")[2].strip("\"' ") for p in parameters if p.startswith("charset=")), "utf-8")
    if media_type not in MEDIA_TYPES or charset not in {"utf-8", "utf8"}:
        told = f"Le type {shown(content_type)} n’est pas accepté : {systems.FHIR_JSON} en UTF-8 est attendu."
        raise FhirRefusal(415, [Issue("not-supported", told, location=("http.Content-Type",))])


# --- Shape -----------------------------------------------------------------------------------------------------------
def _without_blanks(resource: Element) -> Element:
    """A copy without null, blank texts, empty lists and objects, nor what is never read (narrative, contained)."""
    kept = {name: value for name, value in resource.items() if name not in {"text", "contained"}}
    pruned = _pruned(kept, 0)
    return pruned if isinstance(pruned, dict) else {}


def _pruned(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise FhirRefusal(400, [Issue("structure", "Le document est trop imbriqué.")])
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, dict):
        pruned = {name: kept for name, item in value.items() if (kept := _pruned(item, depth + 1)) is not None}
        return pruned or None
    if isinstance(value, list):
        return [kept for item in value if (kept := _pruned(item, depth + 1)) is not None] or None
    return value


def _check_shape(practitioner: Element) -> None:
    """Refuse with 400 what no FHIR Practitioner looks like: unknown elements, a text where a list is due, …"""
    # Heavy to import, and needed by a dozen requests a day only.
    from fhir.resources.R4B.practitioner import Practitioner
    from pydantic import ValidationError

    faults: list[Issue] = []
    try:
        Practitioner.model_validate(practitioner)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            reason = "élément inconnu" if fault["type"] == "extra_forbidden" else "forme inattendue"
            expression = _fhir_path(fault["loc"])
            faults.append(Issue("structure", f"{shown(expression, 150)} : {reason}.", expression=(expression,)))
    except (AttributeError, TypeError):
        # The library trips over a url that is no text, at any depth, instead of telling.
        for name, value in practitioner.items():
            if _is_tripped_over(Practitioner, name, value):
                expression = _fhir_path((name,))
                told = f"{shown(expression, 150)} : forme inattendue."
                faults.append(Issue("structure", told, expression=(expression,)))
    # The library reads "true" and 1 as booleans; FHIR doesn't.
    if not isinstance(practitioner.get("active", True), bool):
        faults.append(
            Issue(
                "structure",
                "« Practitioner.active » : un booléen JSON est attendu.",
                expression=("Practitioner.active",),
            )
        )
    if faults:
        raise FhirRefusal(400, faults)


def _is_tripped_over(model: Any, name: str, value: object) -> bool:
    """Whether this element alone makes the library fail otherwise than by its own ValidationError (a ValueError)."""
    try:
        model.model_validate({"resourceType": "Practitioner", name: value})
    except ValueError:
        return False
    except (AttributeError, TypeError):
        return True
    return False


def _fhir_path(location: tuple[int | str, ...]) -> str:
    """The element's FHIRPath, or its parent's where the sender invented a name that FHIRPath can't spell."""
    path = "Practitioner"
    for step in location:
        if isinstance(step, str) and not re.fullmatch(r"\w{1,64}", step, re.ASCII):
            break
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


# --- Rules -----------------------------------------------------------------------------------------------------------
class _Reader:
    """Reads the elements of the spec's table from a Practitioner of the right shape, and gathers what breaks a rule."""

    def __init__(self, practitioner: Element) -> None:
        self._practitioner = practitioner
        self._faults: list[Issue] = []

    def record(self) -> RegulatorRecord:
        system, value = self._identifier()
        active = self._practitioner.get("active")
        if active is None:
            self._require("Practitioner.active", "vrai (habilité) ou faux (habilitation retirée)")
        family, given = self._name()
        email = self._email()
        self._source()
        if self._faults:
            raise FhirRefusal(422, self._faults)
        return RegulatorRecord(system=system, value=value, active=bool(active), family=family, given=given, email=email)

    def _fault(self, expression: str, code: str, diagnostics: str) -> None:
        self._faults.append(Issue(code, f"« {expression} » : {diagnostics}", expression=(expression,)))

    def _require(self, expression: str, what: str) -> None:
        self._fault(expression, "required", f"élément absent ou vide ; attendu : {what}.")

    def _text(self, raw: str, expression: str, limit: int) -> str:
        """The text, stripped and in its composed Unicode form, after telling what makes it unfit to be kept."""
        text = unicodedata.normalize("NFC", raw.strip())
        if has_control(text):
            self._fault(expression, "value", "contient des caractères de contrôle.")
        if len(text) > limit:
            self._fault(expression, "too-long", f"dépasse {limit} caractères.")
        return text

    def _identifier(self) -> tuple[str, str]:
        identifiers = self._practitioner.get("identifier", [])
        if not identifiers:
            self._require("Practitioner.identifier", "un identifiant (système, valeur, type)")
            return "", ""
        if len(identifiers) > 1:
            self._fault(
                "Practitioner.identifier", "invariant", f"un seul identifiant est attendu, {len(identifiers)} reçus."
            )
            return "", ""
        identifier = identifiers[0]
        path = "Practitioner.identifier[0]"
        if "value" in identifier:
            value = self._text(identifier["value"], f"{path}.value", MAX_VALUE)
        else:
            self._require(f"{path}.value", "la valeur de l’identifiant")
            value = ""
        system = identifier.get("system", "").strip()
        expected = systems.REGULATOR_TYPE_OF_SYSTEM.get(system)
        if not system:
            self._require(f"{path}.system", "le système national ou le système technique du SAS")
        elif expected is None:
            known = " ou ".join(systems.REGULATOR_TYPE_OF_SYSTEM)
            self._fault(f"{path}.system", "value", f"système inconnu {shown(system)} ; attendu : {known}.")
        self._identifier_type(identifier.get("type", {}).get("coding", []), expected, f"{path}.type")
        return system, value

    def _identifier_type(self, codings: list[Element], expected: str | None, path: str) -> None:
        codes = {
            coding.get("code", "").strip() for coding in codings if coding.get("system", "").strip() == systems.V2_0203
        }
        due = expected or f"{systems.IDNPS} ou {systems.INTRN}"
        if not codes:
            self._require(path, f"un code {due} du système {systems.V2_0203}")
        elif expected is not None and codes != {expected}:
            received = shown(", ".join(sorted(codes)))
            self._fault(
                path, "value", f"le code {received} ne va pas avec le système de l’identifiant ; attendu : {expected}."
            )
        elif not codes <= {systems.IDNPS, systems.INTRN}:
            self._fault(path, "code-invalid", f"code inconnu ; attendu : {due}.")

    def _name(self) -> tuple[str, tuple[str, ...]]:
        names = self._practitioner.get("name", [])
        if not names:
            self._require("Practitioner.name", "un nom de famille et un prénom")
            return "", ()
        index = next((index for index, name in enumerate(names) if name.get("use") == "official"), 0)
        path = f"Practitioner.name[{index}]"
        family = ""
        if "family" in names[index]:
            family = self._text(names[index]["family"], f"{path}.family", MAX_NAME)
        else:
            self._require(f"{path}.family", "le nom de famille")
        given = tuple(self._text(given, f"{path}.given", MAX_NAME) for given in names[index].get("given", []))
        if not given:
            self._require(f"{path}.given", "le prénom")
        elif len(" ".join(given)) > MAX_NAME >= max(map(len, given)):
            self._fault(f"{path}.given", "too-long", f"l’ensemble des prénoms dépasse {MAX_NAME} caractères.")
        return family, given

    def _email(self) -> str:
        telecoms = self._practitioner.get("telecom", [])
        mails = [(index, telecom) for index, telecom in enumerate(telecoms) if telecom.get("system") == "email"]
        if not mails:
            path = "Practitioner.telecom[0].system" if telecoms else "Practitioner.telecom"
            self._require(path, "une adresse e-mail (system = email)")
            return ""
        found: dict[str, str] = {}
        for index, telecom in mails:
            path = f"Practitioner.telecom[{index}].value"
            if "value" not in telecom:
                self._require(path, "l’adresse e-mail")
                continue
            text = self._text(telecom["value"], path, MAX_EMAIL)
            if not _EMAIL.fullmatch(text):
                self._fault(path, "value", f"{shown(text)} n’est pas une adresse e-mail.")
            found[text.casefold()] = text
        if len(found) > 1:
            self._fault(
                "Practitioner.telecom", "invariant", "plusieurs adresses e-mail différentes ; une seule est attendue."
            )
        return next(iter(found.values()), "")

    def _source(self) -> None:
        source = self._practitioner.get("meta", {}).get("source", "").strip()
        if not source:
            self._require("Practitioner.meta.source", systems.SAS_TECHNICAL)
        elif source != systems.SAS_TECHNICAL:
            told = f"{shown(source)} n’est pas la source attendue, {systems.SAS_TECHNICAL}."
            self._fault("Practitioner.meta.source", "value", told)
