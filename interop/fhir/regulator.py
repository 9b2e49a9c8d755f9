"""Regulator accounts (INT_R02): from a Practitioner's bytes to a frozen record. On what its writing hangs: `conditions`.

Two stages. What is no JSON, or has not the shape of a FHIR Practitioner, is refused with 400. A Practitioner that
breaks a rule of the table in the spec is refused with 422, all its faults told at once. Decisions:
- An empty or blank text counts as absent, so that it is a broken rule (422) that names the element.
- `meta.profile` is not looked at: the guide published the profile under two canonicals, and a claim changes nothing to
  the rules.
- What is said to be former (`use`), or is out of its `period`, is not there. Several `name`: the official one, else the first.
  Other telecoms (a phone) are let through and forgotten; two different e-mail addresses are refused, as one of them would
  become the sign-in.
- What modifies the meaning of the resource and is not understood is refused with 422: `implicitRules`, `modifierExtension`
  at any depth, a `use` that FHIR does not know. Narrative and contained resources are never read.
- `id` is not looked at: whoever sends one, as the guide's examples do, can't know ours.
- Check digits and the form of the value are not judged: the SAS's own identifiers are free form.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from interop.fhir import systems
from interop.fhir.conditions import MAX_IDENTIFIER
from interop.fhir.in_force import USES, is_in_force
from interop.fhir.json_document import TOO_DEEP, Path, fhir_path, read_json
from interop.fhir.text import has_control, shown
from interop.fhir.values import FhirRefusal, Issue, RegulatorRecord

# An account takes about 600 bytes; a narrative is allowed for.
MAX_BODY = 64 * 1024
MAX_DEPTH = 24
MAX_NAME = 100
MAX_EMAIL = 254
MEDIA_TYPES = frozenset({"application/fhir+json", "application/json+fhir", "application/json", "text/json"})

# Deliberately plain: one @, no blank nor quoting, a dotted domain. The SAS checked the address already.
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[^\W_](?:[^\W_]|-){0,62}(?<!-)\.)+[^\W\d_](?:[^\W_]|-){0,61}[^\W_]"
)

Element = dict[str, Any]


def parse_regulator(body: bytes, content_type: str | None = None, *, now: datetime) -> RegulatorRecord:
    """The account that a request's body describes; `now` (aware) says what of it is in force.

    Raises FhirRefusal: 400 not JSON or not a FHIR Practitioner, 413 over 64 KiB, 415 another media type, 422 a rule is
    broken.
    """
    _check_media_type(content_type)
    if len(body) > MAX_BODY:
        raise FhirRefusal(413, [Issue("too-long", f"Le corps dépasse {MAX_BODY // 1024} Kio.")])
    resource = read_json(body)
    if not isinstance(resource, dict):
        raise FhirRefusal(
            400, [Issue("structure", "Le corps n’est pas une ressource FHIR : un objet JSON est attendu.")]
        )
    if resource.get("resourceType") != "Practitioner":
        told = "Une seule ressource Practitioner est attendue (resourceType)."
        raise FhirRefusal(400, [Issue("structure", told, expression=("resourceType",))])
    practitioner = _without_blanks(resource)
    _check_shape(practitioner)
    return _Reader(practitioner, now).record()


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
        raise FhirRefusal(400, [TOO_DEEP])
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
            expression = fhir_path(fault["loc"])
            faults.append(Issue("structure", f"{shown(expression, 150)} : {reason}.", expression=(expression,)))
    except (AttributeError, TypeError):
        # The library trips over a url that is no text, at any depth, instead of telling.
        for name, value in practitioner.items():
            if _is_tripped_over(Practitioner, name, value):
                expression = fhir_path((name,))
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


# --- Rules -----------------------------------------------------------------------------------------------------------
class _Reader:
    """Reads the elements of the spec's table from a Practitioner of the right shape, and gathers what breaks a rule."""

    def __init__(self, practitioner: Element, now: datetime) -> None:
        self._practitioner = practitioner
        self._now = now
        self._faults: list[Issue] = []

    def record(self) -> RegulatorRecord:
        self._modifiers()
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

    def _modifiers(self) -> None:
        for path in _modifiers(self._practitioner, ()):
            self._fault(fhir_path(path), "extension", "modifie le sens de la ressource, et n’est pas pris en charge.")

    def _in_force(self, kind: str, index: int, element: Element) -> bool:
        """Whether this `identifier`, `name` or `telecom` counts now, after telling what can't be understood of it."""
        path = f"Practitioner.{kind}[{index}]"
        use = element.get("use")
        if use is not None and use not in USES[kind]:
            self._fault(f"{path}.use", "code-invalid", f"{shown(use)} n’est pas un usage de FHIR.")
        try:
            return is_in_force(element, self._now)
        except ValueError:
            self._fault(f"{path}.period", "value", "une borne n’est pas une date de FHIR.")
            return True

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
        if not self._in_force("identifier", 0, identifier):
            self._fault(path, "business-rule", "n’est pas en vigueur (use, period).")
        if "value" in identifier:
            value = self._text(identifier["value"], f"{path}.value", MAX_IDENTIFIER)
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
        names = {
            index: name
            for index, name in enumerate(self._practitioner.get("name", []))
            if self._in_force("name", index, name)
        }
        if not names:
            self._require("Practitioner.name", "un nom de famille et un prénom")
            return "", ()
        index = next((index for index, name in names.items() if name.get("use") == "official"), min(names))
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
        told = [(index, telecom) for index, telecom in enumerate(telecoms) if telecom.get("system") == "email"]
        mails = [(index, telecom) for index, telecom in told if self._in_force("telecom", index, telecom)]
        if not mails:
            path = "Practitioner.telecom[0].system" if telecoms and not told else "Practitioner.telecom"
            self._require(path, "une adresse e-mail (system = email)")
            return ""
        found: dict[str, str] = {}
        for index, telecom in mails:
            path = f"Practitioner.telecom[{index}].value"
            if "value" not in telecom:
                self._require(path, "l’adresse e-mail")
                continue
            text = self._text(telecom["value"], path, MAX_EMAIL)
            # Composing makes ASCII letters of some others (the sign of the kelvin), which are another mailbox.
            if not _EMAIL.fullmatch(text) or not telecom["value"].rpartition("@")[0].strip().isascii():
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


def _modifiers(node: object, path: Path) -> Iterator[Path]:
    """Where the elements stand that change the meaning of others in a way that nobody told us."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in {"modifierExtension", "implicitRules", "_implicitRules"}:
                yield (*path, name)
            else:
                yield from _modifiers(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _modifiers(value, (*path, index))
