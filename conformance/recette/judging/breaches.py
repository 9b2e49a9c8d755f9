"""Every way of breaking the table of INT_R02, one at a time: what is missing, blank, of the wrong kind or incoherent."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.sas.vocabulary import IDENTIFIER_TYPES, NATIONAL_PERSON, SAS_TECHNICAL

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule. number: that of the check; title: what the check says is refused; row: of the table;
    elements: those one of which the refusal must name; statuses: the refusals that are right."""

    number: int
    title: str
    row: str
    elements: tuple[str, ...]
    spoil: Callable[[Resource], None]
    statuses: tuple[int, ...] = (422,)

    @property
    def tolerated(self) -> tuple[int, ...]:
        return tuple({400, 422} - set(self.statuses))

    def applied(self, practitioner: Resource) -> Resource:
        """A broken copy."""
        broken = copy.deepcopy(practitioner)
        self.spoil(broken)
        return broken


def _identifier(practitioner: Resource) -> Resource:
    identifier: Resource = practitioner["identifier"][0]
    return identifier


def _drop(*path: str | int) -> Callable[[Resource], None]:
    def spoil(practitioner: Resource) -> None:
        node: Any = practitioner
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return spoil


def _put(value: object, *path: str | int) -> Callable[[Resource], None]:
    def spoil(practitioner: Resource) -> None:
        node: Any = practitioner
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return spoil


def _second_identifier(practitioner: Resource) -> None:
    other = copy.deepcopy(_identifier(practitioner))
    other["value"] = f"{other['value']}-bis"
    practitioner["identifier"].append(other)


def _other_type(practitioner: Resource) -> None:
    """The type of the other system."""
    code = "INTRN" if _identifier(practitioner)["system"] == NATIONAL_PERSON else "IDNPS"
    _identifier(practitioner)["type"]["coding"][0]["code"] = code


def _other_system(practitioner: Resource) -> None:
    """The other system, the type staying."""
    system = _identifier(practitioner)["system"]
    _identifier(practitioner)["system"] = NATIONAL_PERSON if system == SAS_TECHNICAL else SAS_TECHNICAL


def _active_as_text(practitioner: Resource) -> None:
    practitioner["active"] = "true"


BLANK = "   "
PAIR = ("identifier.type", "identifier.system")
BREACHES = (
    Breach(20, "identifiant absent", "n° 1, identifier.value", ("identifier",), _drop("identifier")),
    Breach(21, "valeur de l’identifiant absente", "n° 1, identifier.value", ("identifier.value",),
           _drop("identifier", 0, "value")),
    Breach(22, "valeur de l’identifiant faite de blancs", "n° 1, identifier.value", ("identifier.value",),
           _put(BLANK, "identifier", 0, "value")),
    Breach(23, "deux identifiants dans un même compte", "n° 1, un seul identifiant", ("identifier",),
           _second_identifier),
    Breach(24, "système de l’identifiant absent", "n° 2, identifier.system", ("identifier.system",),
           _drop("identifier", 0, "system")),
    Breach(25, "système de l’identifiant inconnu", "n° 2, identifier.system", ("identifier.system",),
           _put("urn:oid:1.2.250.1.71.4.2.99", "identifier", 0, "system")),
    Breach(26, "type de l’identifiant absent", "n° 3, identifier.type", ("identifier.type",),
           _drop("identifier", 0, "type")),
    Breach(27, "code du type d’identifiant inconnu", "n° 3, identifier.type", ("identifier.type",),
           _put({"coding": [{"system": IDENTIFIER_TYPES, "code": "XXXX"}]}, "identifier", 0, "type")),
    Breach(28, "type d’identifiant d’un autre système de codes", "n° 3, identifier.type", ("identifier.type",),
           _put("http://terminology.hl7.org/CodeSystem/v2-0203-autre", "identifier", 0, "type", "coding", 0, "system")),
    Breach(29, "type de l’autre système d’identifiants", "n° 3, cohérence du type et du système", PAIR, _other_type),
    Breach(30, "système qui ne va pas avec le type", "n° 3, cohérence du type et du système", PAIR, _other_system),
    Breach(31, "habilitation (active) absente", "n° 4, active", ("active",), _drop("active")),
    Breach(32, "habilitation (active) qui n’est pas un booléen", "n° 4, active", ("active",), _active_as_text,
           (400, 422)),
    Breach(33, "nom et prénom absents", "n° 5 et 6, name", ("name",), _drop("name")),
    Breach(34, "nom de famille absent", "n° 5, name.family", ("name.family",), _drop("name", 0, "family")),
    Breach(35, "nom de famille fait de blancs", "n° 5, name.family", ("name.family",), _put(BLANK, "name", 0, "family")),
    Breach(36, "prénom absent", "n° 6, name.given", ("name.given",), _drop("name", 0, "given")),
    Breach(37, "prénom fait de blancs", "n° 6, name.given", ("name.given",), _put([BLANK], "name", 0, "given")),
    Breach(38, "e-mail absent", "n° 7, telecom", ("telecom",), _drop("telecom")),
    Breach(39, "valeur de l’e-mail absente", "n° 7, telecom.value", ("telecom.value",), _drop("telecom", 0, "value")),
    Breach(40, "e-mail fait de blancs", "n° 7, telecom.value", ("telecom.value",), _put(BLANK, "telecom", 0, "value")),
    Breach(41, "e-mail qui n’est pas une adresse", "n° 7, telecom.value", ("telecom.value",),
           _put("adresse sans arobase", "telecom", 0, "value")),
    Breach(42, "coordonnée qui n’est pas un e-mail", "n° 7, telecom.system", ("telecom",),
           _put("phone", "telecom", 0, "system")),
    Breach(43, "source (meta.source) absente", "n° 8, meta.source", ("meta.source",), _drop("meta", "source")),
    Breach(44, "source (meta.source) autre que le SAS", "n° 8, meta.source", ("meta.source",),
           _put("urn:oid:1.2.250.1.213.99", "meta", "source")),
)  # fmt: skip
