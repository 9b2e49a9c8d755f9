"""The R4 datatypes, by hand from https://hl7.org/fhir/R4/datatypes.html: syntax of primitives, children of the others.

Only what these profiles and their extensions can hold: an element of another complex type (Timing, Dosage…) is
reported as not checked.
"""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal
from functools import cache
from typing import Any

from .elements import Element, TypeRef

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_MONTH = r"(0[1-9]|1[0-2])"
_DAY = r"(0[1-9]|[1-2][0-9]|3[0-1])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_OFFSET = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")

_SYNTAX: dict[str, tuple[re.Pattern[str], str]] = {
    "base64Binary": (re.compile(r"(\s*([0-9a-zA-Z+/=]){4}\s*)+"), "du base64"),
    "canonical": (re.compile(r"\S+"), "une URL canonique, sans espace"),
    "code": (re.compile(r"[^\s]+(\s[^\s]+)*"), "un code, sans espace au début ni à la fin"),
    "date": (re.compile(rf"{_YEAR}(-{_MONTH}(-{_DAY})?)?"), "une date AAAA, AAAA-MM ou AAAA-MM-JJ"),
    "dateTime": (
        re.compile(rf"{_YEAR}(-{_MONTH}(-{_DAY}(T{_CLOCK}{_OFFSET})?)?)?"),
        "une date, ou une date et une heure avec décalage horaire",
    ),
    "id": (re.compile(r"[A-Za-z0-9\-.]{1,64}"), "un identifiant de 1 à 64 lettres, chiffres, tirets ou points"),
    "instant": (
        re.compile(rf"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_OFFSET}"),
        "un instant AAAA-MM-JJThh:mm:ss avec décalage horaire",
    ),
    "markdown": (re.compile(r"[\s\S]+"), "du texte"),
    "oid": (_OID, "un OID « urn:oid:… »"),
    "string": (re.compile(r"[\s\S]+"), "du texte"),
    "time": (re.compile(_CLOCK), "une heure hh:mm:ss"),
    "uri": (re.compile(r"\S+"), "une URI, sans espace"),
    "url": (re.compile(r"\S+"), "une URL, sans espace"),
    "uuid": (_UUID, "un UUID « urn:uuid:… »"),
    "xhtml": (re.compile(r"\s*<div[\s>][\s\S]*</div>\s*"), "un élément XHTML <div>"),
}
_INTEGERS: dict[str, tuple[int, str]] = {
    "integer": (-(2**31), "un nombre entier"),
    "positiveInt": (1, "un nombre entier supérieur à zéro"),
    "unsignedInt": (0, "un nombre entier positif ou nul"),
}
PRIMITIVES = frozenset(_SYNTAX) | frozenset(_INTEGERS) | {"boolean", "decimal"}


def primitive_problem(code: str, value: Any) -> str:
    """What `value` should be, in French, when it is no primitive of type `code`; "" when it is one."""
    if code == "boolean":
        return "" if isinstance(value, bool) else "un booléen true ou false"
    if code == "decimal":
        return "" if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else "un nombre"
    if code in _INTEGERS:
        least, expected = _INTEGERS[code]
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31
        return "" if fits else expected
    syntax, expected = _SYNTAX[code]
    if not isinstance(value, str):
        return f"une chaîne de caractères JSON ({expected})"
    if not value.strip():
        return f"{expected}, et non une valeur vide"
    if not syntax.fullmatch(value) or _CONTROL.search(value):
        return expected
    if code in {"date", "dateTime", "instant"} and not _is_in_the_calendar(value):
        return f"{expected}, d’un jour qui existe"
    if value.startswith("urn:oid:") and code in {"uri", "canonical", "url"} and not _OID.fullmatch(value):
        return "un OID bien formé après « urn:oid: »"
    if value.startswith("urn:uuid:") and code in {"uri", "canonical", "url"} and not _UUID.fullmatch(value):
        return "un UUID bien formé après « urn:uuid: »"
    return ""


def _is_in_the_calendar(value: str) -> bool:
    parts = value[:10].split("-")
    return len(parts) < 3 or int(parts[2]) <= monthrange(int(parts[0]), int(parts[1]))[1]


def is_absolute(uri: Any) -> bool:
    """True for a URI with its scheme (`urn:oid:…`, `https://…`)."""
    return isinstance(uri, str) and _ABSOLUTE.fullmatch(uri) is not None


# One line per type: `name:type`, then `!` when required, `*` when repeated, `{value set}` when its codes are bound.
_QUANTITY = "value:decimal comparator:code{quantity-comparator} unit:string system:uri code:code"
_COMPLEX: dict[str, str] = {
    "Address": "use:code{address-use} type:code{address-type} text:string line:string* city:string district:string "
    "state:string postalCode:string country:string period:Period",
    "Annotation": "author[x]:Reference|string time:dateTime text:markdown!",
    "Attachment": "contentType:code language:code data:base64Binary url:url size:unsignedInt hash:base64Binary "
    "title:string creation:dateTime",
    "CodeableConcept": "coding:Coding* text:string",
    "Coding": "system:uri version:string code:code display:string userSelected:boolean",
    "ContactPoint": "system:code{contact-point-system} value:string use:code{contact-point-use} rank:positiveInt "
    "period:Period",
    "Extension": "url:uri! value[x]:open",
    "HumanName": "use:code{name-use} text:string family:string given:string* prefix:string* suffix:string* "
    "period:Period",
    "Identifier": "use:code{identifier-use} type:CodeableConcept system:uri value:string period:Period "
    "assigner:Reference",
    "Meta": "versionId:id lastUpdated:instant source:uri profile:canonical* security:Coding* tag:Coding*",
    "Money": "value:decimal currency:code",
    "Narrative": "status:code!{narrative-status} div:xhtml!",
    "Period": "start:dateTime end:dateTime",
    "Quantity": _QUANTITY,
    "Age": _QUANTITY,
    "Count": _QUANTITY,
    "Distance": _QUANTITY,
    "Duration": _QUANTITY,
    "Range": "low:Quantity high:Quantity",
    "Ratio": "numerator:Quantity denominator:Quantity",
    "Reference": "reference:string type:uri identifier:Identifier display:string",
    "Signature": "type:Coding!* when:instant! who:Reference! onBehalfOf:Reference targetFormat:code sigFormat:code "
    "data:base64Binary",
}
_OPEN_TYPES = (
    "base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time "
    "unsignedInt uri url uuid Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance "
    "Duration HumanName Identifier Money Period Quantity Range Ratio Reference SampledData Signature Timing "
    "ContactDetail Contributor DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition "
    "UsageContext Dosage Meta"
)
# https://hl7.org/fhir/R4/extensibility.html: what every value of a datatype may also hold.
_EVERYWHERE = "id:string extension:Extension*"
_FIELD = re.compile(r"(?P<name>[A-Za-z]+(\[x\])?):(?P<types>[A-Za-z0-9|]+)(?P<min>!?)(?P<max>\*?)(\{(?P<codes>.+)\})?")

DATATYPES = frozenset(_COMPLEX)
TYPE_INVARIANTS: dict[str, tuple[str, ...]] = {
    "Attachment": ("att-1",),
    "ContactPoint": ("cpt-2",),
    "Extension": ("ext-1",),
    "Period": ("per-1",),
    "Reference": ("ref-1",),
}


@cache
def children_of(code: str) -> dict[str, Element] | None:
    """The children of a complex datatype by name; None for a type that this table doesn't hold."""
    if code not in _COMPLEX:
        return None
    fields = (_field(text) for text in f"{_EVERYWHERE} {_COMPLEX[code]}".split())
    return {element.name: element for element in fields}


def _field(text: str) -> Element:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(text)
    types = _OPEN_TYPES.split() if match["types"] == "open" else match["types"].split("|")
    least, most = (1 if match["min"] else 0), (None if match["max"] else 1)
    return Element(
        name=match["name"],
        min=least,
        max=most,
        base_min=least,
        base_max=most,
        types=tuple(TypeRef(code) for code in types),
        value_set=f"http://hl7.org/fhir/ValueSet/{match['codes']}" if match["codes"] else "",
    )
