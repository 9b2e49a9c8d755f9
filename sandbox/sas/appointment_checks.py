"""INT_R03: is a received Appointment what the exchange's table of 13 elements wants, without any patient data?

Pure: a decoded resource in, a list of checks out. The official profile is checked apart (`sandbox.sas.profile_check`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.sas.clock import PARIS
from sandbox.sas.vocabulary import (
    IDENTIFIER_TYPES,
    NATIONAL_PERSON,
    OPERATOR_EXTENSION,
    PROFILE_APPOINTMENT,
    TYPE_OF_SYSTEM,
    Identifier,
)

OK, REMARK, FAULT = "ok", "remark", "fault"
STATUSES = ("booked", "fulfilled", "noshow", "cancelled")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
PRACTITIONER_VALUE = re.compile(r"8\d{11}|0[0-9A-Z]{9}")

_IDENTIFIER = ("type", "type.coding", "type.coding.system", "type.coding.code", "system", "value")
_OPERATOR = "extension.valueReference.identifier"
_ACTOR = "participant.actor.identifier"
# Every path that the specification's table, or plain FHIR bookkeeping, accounts for.
EXPECTED_PATHS = frozenset(
    {
        "resourceType", "id", "meta", "meta.profile", "meta.versionId", "meta.lastUpdated", "meta.source",
        "identifier", "identifier.system", "identifier.value", "extension", "extension.url",
        "extension.valueReference", _OPERATOR, "status", "start", "end", "created", "participant",
        "participant.actor", _ACTOR, "participant.status",
        *(f"{_OPERATOR}.{name}" for name in _IDENTIFIER), *(f"{_ACTOR}.{name}" for name in _IDENTIFIER),
    }
)  # fmt: skip
# Names under which a patient, their words or the reason for the visit may hide.
PATIENT_NAMES = frozenset(
    {
        "text", "div", "description", "comment", "note", "display", "name", "telecom", "birthDate", "gender", "address",
        "patient", "subject", "reference", "contained", "patientInstruction", "reasonCode", "reasonReference",
        "supportingInformation", "basedOn", "valueString", "valueMarkdown", "valueAnnotation",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the verdict: ok, remark or fault. `rows` are the rows of the specification's table, or ''."""

    verdict: str
    title: str
    detail: str
    path: str = ""
    rows: str = ""


# Says what is known of the operator: None unknown, else (French name, still entitled).
OperatorLookup = Callable[[Identifier], tuple[str, bool] | None]


def check_appointment(resource: dict[str, Any], *, find_operator: OperatorLookup | None = None) -> list[Check]:
    """All checks of one resource, faults first, then remarks, in the order of the table."""
    checks = [
        *_check_type(resource),
        *_check_identifier(resource),
        *_check_operator(resource, find_operator),
        *_check_status(resource),
        *_check_times(resource),
        *_check_practitioner(resource),
        *_check_created(resource),
        *_check_profile_claim(resource),
        *_check_paths(resource),
    ]
    return faults_first(checks)


def faults_first(checks: list[Check]) -> list[Check]:
    order = {FAULT: 0, REMARK: 1, OK: 2}
    return sorted(checks, key=lambda check: order[check.verdict])


def worst(checks: list[Check]) -> str:
    verdicts = {check.verdict for check in checks}
    return next((verdict for verdict in (FAULT, REMARK) if verdict in verdicts), OK)


def appointment_identifier(resource: dict[str, Any]) -> Identifier | None:
    """The one identifier of the appointment, or None when it is missing, incomplete or not alone."""
    entries = _list(resource.get("identifier"))
    return _identifier(entries[0]) if len(entries) == 1 else None


def practitioner_identifiers(resource: dict[str, Any]) -> list[Identifier]:
    found = (
        _identifier(_dict(_dict(item).get("actor")).get("identifier")) for item in _list(resource.get("participant"))
    )
    return [identifier for identifier in found if identifier]


def operator_identifier(resource: dict[str, Any]) -> Identifier | None:
    operators = _operators(resource)
    return _identifier(_dict(operators[0].get("valueReference")).get("identifier")) if operators else None


def read_instant(value: object) -> datetime | None:
    """A FHIR instant (an offset is compulsory), or None."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _check_type(resource: dict[str, Any]) -> Iterator[Check]:
    found = resource.get("resourceType")
    if found != "Appointment":
        yield Check(FAULT, "Ressource inattendue", f"Appointment attendu, {found or 'rien'} reçu", "resourceType")


def _check_identifier(resource: dict[str, Any]) -> Iterator[Check]:
    entries = _list(resource.get("identifier"))
    title = "Identifiant du rendez-vous"
    if len(entries) != 1:
        yield Check(FAULT, title, f"Un seul attendu, {len(entries)} reçus", "Appointment.identifier", "1, 2")
    elif _identifier(entries[0]) is None:
        yield Check(FAULT, title, "Système ou valeur absents", "Appointment.identifier", "1, 2")
    else:
        yield Check(OK, title, "Présent, unique", "Appointment.identifier", "1, 2")


def _check_operator(resource: dict[str, Any], find_operator: OperatorLookup | None) -> Iterator[Check]:
    title, path, rows = "Opérateur", "Appointment.extension", "3 à 6"
    operators = _operators(resource)
    if len(operators) != 1:
        yield Check(FAULT, title, f"Une extension FrAppointmentOperator attendue, {len(operators)} reçues", path, rows)
        return
    identifier = _dict(_dict(operators[0].get("valueReference")).get("identifier"))
    path = f"{path}.valueReference.identifier"
    typed = _identifier(identifier)
    if typed is None:
        yield Check(FAULT, title, "Système ou valeur de l’identifiant absents", path, rows)
        return
    expected = TYPE_OF_SYSTEM.get(typed.system)
    if expected is None:
        yield Check(FAULT, title, f"Système {typed.system} inconnu", f"{path}.system", rows)
        return
    problem = _coding_problem(identifier, expected)
    if problem:
        yield Check(FAULT, title, problem, f"{path}.type", rows)
        return
    if find_operator is None:
        yield Check(OK, title, typed.value, path, rows)
        return
    known = find_operator(typed)
    if known is None:
        yield Check(REMARK, "Opérateur inconnu", f"{typed.value} n’est pas un régulateur de la plateforme", path, rows)
    else:
        name, entitled = known
        yield Check(OK, title, name if entitled else f"{name}, dont le droit est retiré depuis", path, rows)


def _check_status(resource: dict[str, Any]) -> Iterator[Check]:
    status = resource.get("status")
    if status in STATUSES:
        yield Check(OK, "Statut", str(status), "Appointment.status", "7")
    else:
        detail = f"{status or 'Absent'} : un de {', '.join(STATUSES)} attendu"
        yield Check(FAULT, "Statut", detail, "Appointment.status", "7")


def _check_times(resource: dict[str, Any]) -> Iterator[Check]:
    start, end = read_instant(resource.get("start")), read_instant(resource.get("end"))
    missing = [name for name, value in (("start", start), ("end", end)) if value is None]
    for name in missing:
        detail = "Instant avec décalage attendu" if resource.get(name) is not None else "Absent"
        yield Check(FAULT, "Début et fin", detail, f"Appointment.{name}", "8, 9")
    if start is None or end is None:
        return
    if start >= end:
        yield Check(FAULT, "Début et fin", "La fin ne suit pas le début", "Appointment.end", "8, 9")
        return
    minutes = round((end - start).total_seconds() / 60)
    paris = start.astimezone(PARIS).utcoffset() == start.utcoffset()
    detail = f"{minutes} min, {'heure de Paris' if paris else 'autre décalage que Paris'}"
    yield Check(OK, "Début et fin", detail, "Appointment.start", "8, 9")


def _check_practitioner(resource: dict[str, Any]) -> Iterator[Check]:
    title, path = "Praticien", "Appointment.participant"
    participants = [_dict(item) for item in _list(resource.get("participant"))]
    if len(participants) != 1:
        yield Check(FAULT, title, f"Un seul participant attendu, {len(participants)} reçus", path, "10 à 13")
    for participant in participants:
        identifier = _dict(_dict(participant.get("actor")).get("identifier"))
        typed = _identifier(identifier)
        where = f"{path}.actor.identifier"
        problem = _coding_problem(identifier, "IDNPS")
        if typed is None:
            yield Check(FAULT, title, "Système ou valeur de l’identifiant absents", where, "10 à 12")
        elif typed.system != NATIONAL_PERSON:
            yield Check(FAULT, title, f"Système national attendu, {typed.system} reçu", f"{where}.system", "10 à 12")
        elif problem:
            yield Check(FAULT, title, problem, f"{where}.type", "10 à 12")
        elif not PRACTITIONER_VALUE.fullmatch(typed.value):
            detail = f"{typed.value} : 8 + RPPS ou 0 + ADELI attendu"
            yield Check(FAULT, title, detail, f"{where}.value", "10 à 12")
        else:
            yield Check(OK, title, f"{typed.value[0]} {typed.value[1:]}", where, "10 à 12")
        status = participant.get("status")
        if status == "accepted":
            yield Check(OK, "Participation", "accepted", f"{path}.status", "13")
        elif status == "needs-action":
            yield Check(
                REMARK, "Participation", "needs-action : prévu par le guide 1.2 seulement", f"{path}.status", "13"
            )
        else:
            yield Check(FAULT, "Participation", f"accepted attendu, {status or 'rien'} reçu", f"{path}.status", "13")


def _check_created(resource: dict[str, Any]) -> Iterator[Check]:
    created = resource.get("created")
    if created is None:
        yield Check(REMARK, "Date de prise", "Absente : attendue par le guide 1.2", "Appointment.created")
    elif read_instant(created) is None:
        yield Check(FAULT, "Date de prise", "Instant avec décalage attendu", "Appointment.created")
    else:
        yield Check(OK, "Date de prise", "Présente", "Appointment.created")


def _check_profile_claim(resource: dict[str, Any]) -> Iterator[Check]:
    profiles = _list(_dict(resource.get("meta")).get("profile"))
    if PROFILE_APPOINTMENT in profiles:
        yield Check(OK, "Profil déclaré", "FrAppointmentSAS", "Appointment.meta.profile")
    else:
        yield Check(REMARK, "Profil déclaré", "FrAppointmentSAS n’est pas annoncé", "Appointment.meta.profile")


def _check_paths(resource: dict[str, Any]) -> Iterator[Check]:
    """Whatever the table doesn't name: a fault where a patient may hide, a remark elsewhere."""
    suspect = False
    for extension in _list(resource.get("extension")):
        if _dict(extension).get("url") != OPERATOR_EXTENSION:
            yield Check(REMARK, "Extension non prévue", str(_dict(extension).get("url")), "Appointment.extension")
    for path, indexed, empty in _walk(resource, "", "Appointment"):
        if empty:
            yield Check(FAULT, "Élément vide", "Ce qui n’est pas connu ne s’écrit pas", indexed)
        if path in EXPECTED_PATHS:
            continue
        # The label of a type code is the editor's own wording, not a patient's.
        if path.rpartition(".")[2] in PATIENT_NAMES and ".type." not in path:
            suspect = True
            yield Check(FAULT, "Donnée du patient possible", "Élément à ne pas envoyer au SAS", indexed)
        else:
            yield Check(REMARK, "Élément non prévu", "Hors du tableau de la spécification", indexed)
    if not suspect:
        yield Check(OK, "Aucune donnée du patient", "Ni nom, ni téléphone, ni motif")


def _walk(node: object, path: str, indexed: str) -> Iterator[tuple[str, str, bool]]:
    """(path without indexes, path with them, is it empty) of every element; below an unknown one, nothing."""
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        here = f"{path}.{key}" if path else str(key)
        where = f"{indexed}.{key}"
        yield here, where, value in ("", None, [], {})
        if here not in EXPECTED_PATHS:
            continue
        for position, item in enumerate(value if isinstance(value, list) else [value]):
            yield from _walk(item, here, f"{where}[{position}]" if isinstance(value, list) else where)


def _coding_problem(identifier: dict[str, Any], code: str) -> str:
    codings = [_dict(item) for item in _list(_dict(identifier.get("type")).get("coding"))]
    if len(codings) != 1:
        return f"Un seul type.coding attendu, {len(codings)} reçus"
    if codings[0].get("system") != IDENTIFIER_TYPES or codings[0].get("code") != code:
        return f"Type {code} de fr-v2-0203 attendu, {codings[0].get('code') or 'rien'} reçu"
    return ""


def _operators(resource: dict[str, Any]) -> list[dict[str, Any]]:
    extensions = [_dict(item) for item in _list(resource.get("extension"))]
    return [extension for extension in extensions if extension.get("url") == OPERATOR_EXTENSION]


def _identifier(value: object) -> Identifier | None:
    entry = _dict(value)
    system, text = entry.get("system"), entry.get("value")
    if isinstance(system, str) and isinstance(text, str) and system.strip() and text.strip():
        return Identifier(system, text)
    return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
