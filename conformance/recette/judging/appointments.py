"""What a received Appointment must be (INT_R03): the table's rules are `sandbox.sas.appointment_checks`, here split by
element and confronted with what was booked."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.recette.findings import Problem
from sandbox.sas.appointment_checks import (
    FAULT,
    OK,
    Check,
    appointment_identifier,
    check_appointment,
    operator_identifier,
    practitioner_identifiers,
    read_instant,
)
from sandbox.sas.vocabulary import FHIR_JSON, Identifier

IDENTIFIER, OPERATOR, STATUS, TIMES = ("1, 2",), ("3 à 6",), ("7",), ("8, 9",)
PRACTITIONER, PARTICIPATION = ("10 à 12", "10 à 13"), ("13",)
# Titles of what is outside the table's rows.
CREATED = "Date de prise"
UNPLANNED = ("Extension non prévue", "Élément non prévu")
LEAKING, EMPTY, CLAIM = "Donnée du patient possible", "Élément vide", "Profil déclaré"
# FHIR: a system is an absolute URI; the specification wants our OID or our URL.
SYSTEM = re.compile(r"urn:oid:[0-2](\.\d+)+|https?://\S+", re.ASCII)
# Of the editor's clock beside ours.
CLOCK_DRIFT = timedelta(minutes=5)


def element_problems(resource: dict[str, Any], rows: Iterable[str]) -> list[Problem]:
    """What the table's own rules say of these rows."""
    wanted = set(rows)
    return [_problem(check) for check in check_appointment(resource) if check.rows in wanted and check.verdict != OK]


def titled_problems(resource: dict[str, Any], titles: Iterable[str]) -> list[Problem]:
    wanted = set(titles)
    return [_problem(check) for check in check_appointment(resource) if check.title in wanted and check.verdict != OK]


def media_problems(content_type: str) -> list[Problem]:
    """Of the announced media type of a request."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind == "application/json":
        return [Problem("Type annoncé : application/json, au lieu de application/fhir+json.", "Content-Type", True)]
    if kind != FHIR_JSON:
        return [Problem(f"Type annoncé : {kind or 'aucun'}, au lieu de {FHIR_JSON}.", "Content-Type")]
    strange = [
        part for part in parameters if part.startswith("charset=") and part not in ("charset=utf-8", 'charset="utf-8"')
    ]
    return [Problem(f"Jeu de caractères annoncé : {strange[0]}, au lieu de utf-8.", "Content-Type")] if strange else []


def identifier_problems(resource: dict[str, Any]) -> list[Problem]:
    """Elements 1 and 2: alone, complete, a UUID in a system of the editor's."""
    problems = element_problems(resource, IDENTIFIER)
    found = appointment_identifier(resource)
    if found is None:
        return problems
    if not SYSTEM.fullmatch(found.system):
        problems.append(Problem("Le système n’est ni un OID (urn:oid:…) ni une URL.", "Appointment.identifier.system"))
    try:
        uuid.UUID(found.value.removeprefix("urn:uuid:"))
    except ValueError:
        problems.append(Problem("La valeur n’est pas un UUID.", "Appointment.identifier.value"))
    return problems


def operator_problems(resource: dict[str, Any], expected: Identifier) -> list[Problem]:
    """Elements 3 to 6: the regulator's identifier as the SAS gave it, character for character."""
    problems = element_problems(resource, OPERATOR)
    found = operator_identifier(resource)
    if not problems and found != expected:
        where = "Appointment.extension.valueReference.identifier"
        problems.append(Problem("L’opérateur n’est pas le régulateur qui a réservé, tel que le SAS l’a donné.", where))
    return problems


def status_problems(resource: dict[str, Any], expected: str) -> list[Problem]:
    """Element 7."""
    problems = element_problems(resource, STATUS)
    if not problems and resource.get("status") != expected:
        problems.append(Problem(f"Statut {resource.get('status')} au lieu de {expected}.", "Appointment.status"))
    return problems


def time_problems(resource: dict[str, Any], start: datetime, end: datetime) -> list[Problem]:
    """Elements 8 and 9: the booked slot, as instants."""
    problems = element_problems(resource, TIMES)
    if not problems:
        for name, expected in (("start", start), ("end", end)):
            # In UTC: of autumn's doubled hour no moment of Paris equals one that is written with an offset (PEP 495).
            if read_instant(resource.get(name)) != expected.astimezone(UTC):
                problems.append(Problem("L’instant n’est pas celui du créneau réservé.", f"Appointment.{name}"))
    return problems


def practitioner_problems(resource: dict[str, Any], expected: Identifier) -> list[Problem]:
    """Elements 10 to 12: the practitioner of the slot, under the identifier that the search gave."""
    problems = element_problems(resource, PRACTITIONER)
    if not problems and practitioner_identifiers(resource) != [expected]:
        problems.append(
            Problem("Le praticien n’est pas celui du créneau réservé.", "Appointment.participant.actor.identifier")
        )
    return problems


def created_problems(resource: dict[str, Any], *, between: tuple[datetime, datetime]) -> list[Problem]:
    """`created`, when it is there, is the moment of the booking."""
    problems = titled_problems(resource, (CREATED,))
    created = read_instant(resource.get("created"))
    if created and not between[0] - CLOCK_DRIFT <= created <= between[1] + CLOCK_DRIFT:
        problems.append(Problem("La date de prise n’est pas le moment de la réservation.", "Appointment.created", True))
    return problems


def outside_problems(resource: dict[str, Any]) -> list[Problem]:
    """What the table does not name, and what is empty."""
    return titled_problems(resource, (*UNPLANNED, EMPTY))


def update_problems(method: str, target: str) -> list[Problem]:
    """An update is a PUT, whose address has one `identifier`, written system|value."""
    if method != "PUT":
        return [Problem(f"Annoncé par {method} au lieu de PUT.")]
    values = parse_qs(urlsplit(target).query, keep_blank_values=True).get("identifier", [])
    if len(values) != 1:
        return [Problem(f"Un seul paramètre identifier attendu, {len(values)} reçus.", "URL")]
    if Identifier.parse(values[0]) is None:
        return [Problem("Le paramètre identifier ne s’écrit pas système|valeur.", "URL")]
    return []


def frozen_problems(target: str, resource: dict[str, Any], expected: Identifier) -> list[Problem]:
    """The identifier of a later request, in its address and in its body, is the first one."""
    problems = []
    values = parse_qs(urlsplit(target).query, keep_blank_values=True).get("identifier", [])
    if len(values) == 1 and Identifier.parse(values[0]) not in (None, expected):
        problems.append(Problem("Le paramètre identifier n’est pas l’identifiant d’origine.", "URL"))
    if appointment_identifier(resource) != expected:
        problems.append(Problem("L’identifiant du rendez-vous a changé.", "Appointment.identifier"))
    return problems


def unchanged_problems(before: dict[str, Any], after: dict[str, Any], *, but: Iterable[str]) -> list[Problem]:
    """Elements of the table that were to stay as they were; those of `but` are looked at elsewhere."""
    facts = {
        "operator": ("L’opérateur a changé ou disparu.", "Appointment.extension", operator_identifier),
        "practitioner": ("Le praticien a changé ou disparu.", "Appointment.participant", practitioner_identifiers),
        "status": ("Le statut a changé.", "Appointment.status", lambda resource: resource.get("status")),
        "times": ("Le début ou la fin a changé.", "Appointment.start", _times),
        "participation": ("La participation du praticien a changé.", "Appointment.participant.status", _participation),
        "created": (
            "La date de prise a changé.",
            "Appointment.created",
            lambda resource: read_instant(resource.get("created")),
        ),
    }
    left = set(but)
    changed = [
        Problem(sentence, where)
        for name, (sentence, where, read) in facts.items()
        if name not in left and read(before) != read(after)
    ]
    known = outside_problems(before)
    return changed + [problem for problem in outside_problems(after) if problem not in known]


def _participation(resource: dict[str, Any]) -> list[Any]:
    participants = resource.get("participant")
    return (
        [item.get("status") for item in participants if isinstance(item, dict)]
        if isinstance(participants, list)
        else []
    )


def _times(resource: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    return read_instant(resource.get("start")), read_instant(resource.get("end"))


def _problem(check: Check) -> Problem:
    return Problem(f"{check.title} : {check.detail[:1].lower()}{check.detail[1:]}.", check.path, check.verdict != FAULT)
