"""A correct answer of INT_R01, CPTS and SOS, built from few values: what the stub editor serves and faults spoil."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.recette.judging.envelope import CPTS_PROFILES, SLOT_PROFILES, SOS_PROFILES
from conformance.recette.judging.slots import APPOINTMENT_TYPES, ESTABLISHMENTS
from conformance.recette.slot_queries import once
from sandbox.sas.clock import PARIS
from sandbox.sas.vocabulary import CONSULTATION_TYPES, IDENTIFIER_TYPES, NATIONAL_PERSON, SLOT_TYPES, SPECIALTIES

STRUCTURES = "urn:oid:1.2.250.1.71.4.2.2"
# The guide's profiles of organizations take their type code from it too.
LOCATION_TYPES = "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type"
STEP = timedelta(hours=12)
DAYS = 9
LENGTH = timedelta(minutes=15)

Resource = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One practitioner at one place."""

    key: str
    practitioner: str
    structure: str
    street: str
    family: str = "Pimprenelle"
    given: str = "Colombe"
    phone: str = "+33199001234"


PLACES = (
    Place("one", "810002909371", "1990000018", "1 rue de l’Exemple"),
    Place("two-a", "810100050075", "1990000018", "2 rue de l’Exemple", "Tournesol", "Alba"),
    Place("two-b", "810100050075", "399900000000018", "8 place Imaginaire", "Tournesol", "Alba"),
    Place("three", "0991000017", "412345678901234", "5 rue de l’Exemple", "Sauge", "Florian", "+262199001234"),
)


@dataclass(frozen=True)
class Asked:
    """A search, understood."""

    start: datetime
    end: datetime
    practitioners: tuple[str, ...]
    cpts: bool = False
    structures: tuple[str, ...] = field(default=())


def starts(now: datetime) -> list[datetime]:
    """Two slots a day, at hours that no change of clocks skips or doubles, and before them one in half an hour or so: some
    faults show in the next hour only, less the few minutes that the book leaves alone; some after an hour that comes twice."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    near = [hour + timedelta(minutes=30) * number for number in range(7)]
    later = [hour.replace(hour=6) + STEP * number for number in range(DAYS * 2 + 2)]
    soon = [
        start
        for start in near
        if any(since < start <= since + timedelta(minutes=50) for since in (now, once(now.astimezone(PARIS))))
    ]
    return [start.astimezone(PARIS) for start in [*soon, *(start for start in later if start > soon[-1])][: DAYS * 2]]


def instant(moment: datetime) -> str:
    return moment.astimezone(PARIS).isoformat(timespec="milliseconds")


def entry(base: str, resource: Resource, mode: str) -> Resource:
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": {"mode": mode},
    }


def searchset(base: str, asked: Asked, url: str, now: datetime, *, bare: bool = True) -> Resource:
    """The Bundle for practitioners; `bare`: numbers without prefix find too."""
    wanted = [
        place
        for place in PLACES
        if place.practitioner in asked.practitioners or (bare and place.practitioner[1:] in asked.practitioners)
    ]
    profiles = CPTS_PROFILES if asked.cpts else SLOT_PROFILES
    slots: list[Resource] = []
    included: dict[str, Resource] = {}
    for place in wanted:
        mine = [
            _slot(place, start, asked.cpts)
            for start in starts(now)
            if asked.start <= start <= asked.end and start > now
        ]
        slots += mine
        for resource in (_schedule(place), _practitioner(place), _role(place)) if mine else ():
            included.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)
    if asked.cpts and slots:
        for resource in _community():
            included[resource["id"]] = resource
    return _bundle(base, profiles["Bundle"][0], url, slots, list(included.values()), len(slots))


def sos_searchset(base: str, asked: Asked, url: str, now: datetime, siret: str) -> Resource:
    """The Bundle of one association with one place."""
    if siret not in asked.structures:
        return _bundle(base, SOS_PROFILES["Bundle"][0], url, [], [], 0)
    place = PLACES[0]
    slots = []
    for start in starts(now):
        if asked.start <= start <= asked.end:
            slot = _slot(place, start, cpts=False)
            slot["meta"]["profile"] = [SOS_PROFILES["Slot"][0]]
            slot["meta"]["security"] = [{"system": SLOT_TYPES, "code": "SNP"}]
            del slot["specialty"]
            slots.append(slot)
    schedule = {
        "resourceType": "Schedule", "id": place.key, "meta": {"profile": [SOS_PROFILES["Schedule"][0]]},
        "actor": [{"reference": "Location/centre"}],
    }  # fmt: skip
    location = {
        **_location(place), "id": "centre", "meta": {"profile": [SOS_PROFILES["Location"][0]]}, "name": "Centre fictif",
        "telecom": [{"system": "phone", "value": place.phone}],
        "managingOrganization": {"reference": "Organization/association"},
        "hoursOfOperation": [{"daysOfWeek": ["mon"], "openingTime": "08:00:00", "closingTime": "19:00:00"}],
    }  # fmt: skip
    organization = {
        "resourceType": "Organization", "id": "association", "meta": {"profile": [SOS_PROFILES["Organization"][0]]},
        "identifier": [_structure(siret, LOCATION_TYPES)], "name": "SOS Médecins fictif",
    }  # fmt: skip
    bundle = _bundle(base, SOS_PROFILES["Bundle"][0], url, slots, [schedule, location, organization], len(slots))
    for item in bundle["entry"]:
        item["search"]["mode"] = "match" if item["resource"]["resourceType"] == "Schedule" else "include"
    return bundle


def _bundle(base: str, profile: str, url: str, slots: list[Resource], included: list[Resource], total: int) -> Resource:
    entries = [entry(base, slot, "match") for slot in slots] + [entry(base, item, "include") for item in included]
    bundle: Resource = {
        "resourceType": "Bundle", "id": "answer", "meta": {"profile": [profile]}, "type": "searchset", "total": total,
        "link": [{"relation": "self", "url": url}],
    }  # fmt: skip
    return {**bundle, "entry": entries} if entries else bundle


def _slot(place: Place, start: datetime, cpts: bool) -> Resource:
    stamp = start.strftime("%Y%m%d%H%M")
    types = ["PUBLIC", "SNP", *(["CPTS"] if cpts else [])]
    services: list[Resource] = [
        {"coding": [{"system": CONSULTATION_TYPES, "code": "AMB"}]},
        {"coding": [{"system": CONSULTATION_TYPES, "code": "VR"}]},
        {"text": "Fièvre"},
    ]
    if cpts:
        services.append(
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType",
                        "valueReference": {"reference": "HealthcareService/service"},
                    }
                ],
                "coding": [{"system": ESTABLISHMENTS, "code": "604"}],
            }
        )
    profile = CPTS_PROFILES["Slot"][0] if cpts else SLOT_PROFILES["Slot"][0]
    return {
        "resourceType": "Slot", "id": f"{place.key}-{stamp}",
        "meta": {"profile": [profile], "security": [{"system": SLOT_TYPES, "code": code} for code in types]},
        "serviceType": services,
        "specialty": [{"coding": [{"system": SPECIALTIES, "code": "SM54"}]}],
        "appointmentType": {"coding": [{"system": APPOINTMENT_TYPES, "code": "ROUTINE"}]},
        "schedule": {"reference": f"Schedule/{place.key}"}, "status": "free",
        "start": instant(start), "end": instant(start.astimezone(UTC) + LENGTH),
        "comment": f"https://editeur.example/praticien/{place.key}/?creneau={stamp}",
    }  # fmt: skip


def _schedule(place: Place) -> Resource:
    return {
        "resourceType": "Schedule", "id": place.key, "meta": {"profile": [SLOT_PROFILES["Schedule"][0]]},
        "actor": [{"reference": f"Practitioner/{place.practitioner}"}, {"reference": f"PractitionerRole/{place.key}"}],
    }  # fmt: skip


def _practitioner(place: Place) -> Resource:
    identifier = {
        "type": {"coding": [{"system": IDENTIFIER_TYPES, "code": "IDNPS"}]},
        "system": NATIONAL_PERSON, "value": place.practitioner,
    }  # fmt: skip
    return {
        "resourceType": "Practitioner", "id": place.practitioner,
        "meta": {"profile": [SLOT_PROFILES["Practitioner"][0]]},
        "identifier": [identifier], "name": [{"family": place.family, "given": [place.given]}],
    }  # fmt: skip


def _role(place: Place) -> Resource:
    location = {**_location(place), "id": f"lieu-{place.key}", "meta": {"profile": [SLOT_PROFILES["Location"][0]]}}
    return {
        "resourceType": "PractitionerRole", "id": place.key,
        "meta": {"profile": [SLOT_PROFILES["PractitionerRole"][0]]}, "contained": [location],
        "practitioner": {"reference": f"Practitioner/{place.practitioner}"},
        "organization": {"identifier": _structure(place.structure)},
        "location": [{"reference": f"#lieu-{place.key}"}],
        "telecom": [{"system": "phone", "value": place.phone}],
    }  # fmt: skip


def _location(place: Place) -> Resource:
    kind = {
        "coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type", "code": "INTRN"}]
    }
    return {
        "resourceType": "Location",
        "identifier": [{"type": kind, "system": "https://editeur.example/lieux", "value": place.key}],
        "address": {"line": [place.street], "city": "Villefictive", "postalCode": "99000"},
    }  # fmt: skip


def _structure(value: str, types: str = IDENTIFIER_TYPES) -> Resource:
    return {"type": {"coding": [{"system": types, "code": "IDNST"}]}, "system": STRUCTURES, "value": value}


def _community() -> list[Resource]:
    service = {
        "resourceType": "HealthcareService", "id": "service", "meta": {"profile": [CPTS_PROFILES["HealthcareService"][0]]},
        "providedBy": {"reference": "Organization/cpts"},
    }  # fmt: skip
    organization = {
        "resourceType": "Organization", "id": "cpts", "meta": {"profile": [CPTS_PROFILES["Organization"][0]]},
        "identifier": [_structure("1950047225", LOCATION_TYPES)], "name": "CPTS fictive",
        "telecom": [{"system": "phone", "value": "+33199005678"}],
    }  # fmt: skip
    return [service, organization]
