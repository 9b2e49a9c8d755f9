"""What a Slot says: codes, instants, page. Source: the table of INT_R01."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.recette.findings import Problem
from conformance.recette.judging.searchset import Placed, SearchSet, address, codings, mapping, mappings, text
from sandbox.sas.appointment_checks import read_instant
from sandbox.sas.vocabulary import CONSULTATION_TYPES, SLOT_TYPES, SPECIALTIES

APPOINTMENT_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0276"
ESTABLISHMENTS = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement"
PUBLISHED = frozenset({"PUBLIC", "PRO", "SNP"})
# Also PUBLIC, SNP alone for SOS Médecins, and CPTS for communities.
WITH_CPTS = PUBLISHED | {"CPTS"}
SOS_TYPES = frozenset({"PUBLIC", "SNP"})
MODES = frozenset({"AMB", "HH", "VR"})
SPECIALTY = re.compile(r"SM\d{2}")
# Exactly three digits of milliseconds, a numeric offset.
WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class Window:
    """What was asked: both bounds are included; `now` is when the request left."""

    start: datetime
    end: datetime
    now: datetime


def judge_slot_types(found: SearchSet, allowed: frozenset[str] = PUBLISHED) -> Iterator[Problem]:
    for one in found.of_type("Slot"):
        where = f"{one.where}.meta.security"
        entries = mappings(mapping(one.resource.get("meta")).get("security"))
        if not entries:
            yield Problem("Un Slot ne dit pas son type (PUBLIC, PRO, SNP).", where)
        for entry in entries:
            if entry.get("system") != SLOT_TYPES:
                yield Problem("Le type d’un Slot n’est pas pris dans TRE-R314-TypeCreneau.", f"{where}.system")
            elif text(entry.get("code")) not in allowed:
                yield Problem(f"Le type d’un Slot n’est pas {', '.join(sorted(allowed))}.", f"{where}.code")


def judge_consultation_types(found: SearchSet) -> Iterator[Problem]:
    """One serviceType element per consultation type, one with text alone per reason."""
    for one in found.of_type("Slot"):
        where = f"{one.where}.serviceType"
        coded = 0
        for concept in mappings(one.resource.get("serviceType")):
            entries = mappings(concept.get("coding"))
            if not entries:
                if not str(concept.get("text") or "").strip():
                    yield Problem("Un serviceType n’a ni code ni texte.", where)
                continue
            if len(entries) > 1:
                yield Problem("Un serviceType porte plusieurs codes : un élément par type de consultation.", where)
            for entry in entries:
                if entry.get("system") == ESTABLISHMENTS:
                    continue
                coded += 1
                if entry.get("system") != CONSULTATION_TYPES or text(entry.get("code")) not in MODES:
                    yield Problem("Un type de consultation n’est pas AMB, HH ou VR de v3-ActCode.", f"{where}.coding")
        if not coded:
            yield Problem("Un Slot ne dit aucun type de consultation (AMB, HH, VR).", where)


def judge_specialties(found: SearchSet) -> Iterator[Problem]:
    """Coded SMxx of TRE-R38, or text. Checked on Slots and PractitionerRoles."""
    for one in found.of_type("Slot"):
        if not mappings(one.resource.get("specialty")):
            yield Problem("Un Slot ne dit pas de spécialité.", f"{one.where}.specialty")
    for one in (*found.of_type("Slot"), *found.of_type("PractitionerRole")):
        for concept in mappings(one.resource.get("specialty")):
            entries = mappings(concept.get("coding"))
            if not entries and not str(concept.get("text") or "").strip():
                yield Problem("Une spécialité n’a ni code ni texte.", f"{one.where}.specialty")
            for entry in entries:
                wrong = entry.get("system") != SPECIALTIES or not SPECIALTY.fullmatch(str(entry.get("code")))
                if wrong and one.kind == "Slot":
                    yield Problem(
                        "Une spécialité n’est pas SMxx de TRE-R38-SpecialiteOrdinale.", f"{one.where}.specialty"
                    )
                elif wrong:
                    yield Problem(
                        "La spécialité d’un PractitionerRole n’est pas SMxx de TRE-R38.",
                        f"{one.where}.specialty",
                        warning=True,
                    )


def judge_appointment_types(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Slot"):
        entries = list(codings(one.resource.get("appointmentType")))
        where = f"{one.where}.appointmentType"
        if len(entries) != 1:
            yield Problem(f"Un Slot a {len(entries)} appointmentType : un seul attendu.", where)
        for entry in entries:
            if entry.get("system") != APPOINTMENT_TYPES or entry.get("code") not in ("ROUTINE", "WALKIN"):
                yield Problem("appointmentType n’est pas ROUTINE ou WALKIN de v2-0276.", where)


def judge_status(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Slot"):
        if one.resource.get("status") != "free":
            yield Problem("Un Slot n’est pas libre (status=free).", f"{one.where}.status")


def judge_written_instants(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Slot"):
        for name in ("start", "end"):
            value = one.resource.get(name)
            if not isinstance(value, str) or read_instant(value) is None:
                yield Problem(f"L’instant {name} d’un Slot est absent ou illisible.", f"{one.where}.{name}")
            elif not WRITTEN.fullmatch(value):
                yield Problem(
                    f"L’instant {name} n’est pas écrit avec trois chiffres de millisecondes et un décalage ±HH:MM.",
                    f"{one.where}.{name}",
                )  # fmt: skip


def judge_order(found: SearchSet) -> Iterator[Problem]:
    for one, start, end in _timed(found):
        if start >= end:
            yield Problem("La fin d’un Slot ne suit pas son début.", f"{one.where}.end")


def judge_window(found: SearchSet, window: Window) -> Iterator[Problem]:
    for one, start, _ in _timed(found):
        if not window.start <= start <= window.end:
            yield Problem("Un Slot commence hors de la période demandée.", f"{one.where}.start")


def judge_past(found: SearchSet, window: Window) -> Iterator[Problem]:
    for one, start, _ in _timed(found):
        if start < window.now:
            yield Problem("Un Slot a déjà commencé.", f"{one.where}.start")


def judge_pages(found: SearchSet) -> Iterator[Problem]:
    """`comment` is the URL of the practitioner's agenda page; compulsory for ROUTINE."""
    for one in found.of_type("Slot"):
        codes = {str(item.get("code")) for item in codings(one.resource.get("appointmentType"))}
        page = one.resource.get("comment")
        where = f"{one.where}.comment"
        if page is None and "WALKIN" in codes:
            continue
        parts = address(page)
        if not isinstance(page, str):
            yield Problem("Un Slot n’a pas l’adresse de la page d’agenda.", where)
        elif parts.scheme not in ("http", "https") or not parts.netloc:
            yield Problem("L’adresse de la page d’agenda n’est pas absolue (https://…).", where)
        elif "origin" in parts.query:
            yield Problem("L’adresse de la page d’agenda porte déjà « origin » : la plateforme l’ajoute.", where)


def judge_doubles(found: SearchSet) -> Iterator[Problem]:
    """The same hour offered twice in one Schedule."""
    seen: set[tuple[str, datetime, datetime]] = set()
    for one, start, end in _timed(found):
        key = (str(mapping(one.resource.get("schedule")).get("reference")), start, end)
        if key in seen:
            yield Problem("Le même créneau est donné deux fois dans un Schedule.", f"{one.where}.start", warning=True)
        seen.add(key)


def offered(found: SearchSet, *, after: datetime) -> frozenset[tuple[datetime, datetime, str]]:
    """What is offered from `after` on, comparable from one answer to the next: start, end, page."""
    return frozenset(
        (start, end, str(one.resource.get("comment"))) for one, start, end in _timed(found) if start >= after
    )


def _timed(found: SearchSet) -> Iterator[tuple[Placed, datetime, datetime]]:
    for one in found.of_type("Slot"):
        start, end = instant_of(one.resource, "start"), instant_of(one.resource, "end")
        if start is not None and end is not None:
            yield one, start, end


def instant_of(resource: dict[str, Any], name: str) -> datetime | None:
    return read_instant(resource.get(name))
