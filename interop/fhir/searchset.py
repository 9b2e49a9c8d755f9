"""The answer to a slot search (INT_R01): a searchset Bundle, written.

Slots come first (`match`), then each schedule's resources once (`include`). An entry is written once for all slots of an
offer at a schedule, and filled in for each: a search of 25 practitioners over three days holds thousands.
"""

import uuid
from typing import Any

from interop.fhir import systems
from interop.fhir.encoding import instant_text, to_bytes
from interop.fhir.values import (
    Includes,
    PublishedLocation,
    PublishedOffer,
    PublishedPractitioner,
    PublishedSchedule,
    SlotSearchResult,
)

Element = dict[str, Any]

_SLOT_TYPES = {code: {"system": systems.SLOT_TYPE, "code": code} for code in systems.SLOT_TYPES}
_CONSULTATION_TYPES = {
    code: {"coding": [{"system": systems.CONSULTATION_TYPE, "code": code}]} for code in systems.CONSULTATION_TYPES
}
_APPOINTMENT_TYPES = {
    code: {"coding": [{"system": systems.APPOINTMENT_TYPE, "code": code}]} for code in systems.APPOINTMENT_TYPES
}
_SLOT_PROFILES = [systems.SLOT_PROFILE]
_EVERYTHING = Includes()


def slot_searchset(
    result: SlotSearchResult, *, self_url: str, base_url: str, includes: Includes = _EVERYTHING
) -> bytes:
    """The Bundle for these slots, as it is sent.

    `self_url` is the request's own URL, `base_url` that of the FHIR endpoint. Raises KeyError when a slot's schedule is
    not in the result, or a slot type, consultation type or appointment type is none of the specification's.
    """
    base = base_url.rstrip("/")
    schedules = {schedule.id: schedule for schedule in result.schedules}
    specialties = {schedule.id: _specialties(schedule) for schedule in result.schedules}
    patterns: dict[tuple[str, int], tuple[bytes, int]] = {}
    entries: list[bytes] = []
    for slot in result.slots:
        schedule = schedules[slot.schedule_id]
        # Their offers live as long as the result: an id names one.
        known = slot.schedule_id, id(slot.offer)
        if known not in patterns:
            patterns[known] = _pattern(base, slot.offer, schedule, specialties[slot.schedule_id])
        pattern, links = patterns[known]
        name, zone = slot.id.encode(), schedule.location.time_zone
        begins, ends = instant_text(slot.start, zone), instant_text(slot.end, zone)
        entries.append(pattern % (name, name, begins, ends, *(name,) * links))
    referenced = [schedules[schedule_id] for schedule_id in dict.fromkeys(slot.schedule_id for slot in result.slots)]
    entries += [to_bytes(_entry(base, resource, "include")) for resource in _included(referenced, includes)]
    bundle: Element = {
        "resourceType": "Bundle",
        "meta": {"profile": [systems.BUNDLE_PROFILE]},
        "type": "searchset",
        "total": len(result.slots),
        "link": [{"relation": "self", "url": self_url}],
    }
    if not entries:
        return to_bytes(bundle)
    return to_bytes(bundle)[:-1] + b',"entry":[' + b",".join(entries) + b"]}"


# What differs from slot to slot of one offer. Nobody's text holds these: made anew with each process.
_ID, _START, _END = (f"{name}{uuid.uuid4().hex}" for name in ("id", "start", "end"))


def _pattern(
    base: str, offer: PublishedOffer, schedule: PublishedSchedule, specialties: list[Element]
) -> tuple[bytes, int]:
    """The entry of any slot of this offer, to be filled in (id, id, start, end, and the id again for each link)."""
    written = to_bytes(_entry(base, _slot(offer, schedule, specialties), "match")).replace(b"%", b"%%")
    links = written.count(_ID.encode()) - 2
    for name in (_ID, _START, _END):
        written = written.replace(name.encode(), b"%b")
    return written, links


def _entry(base: str, resource: Element, mode: str) -> Element:
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _included(schedules: list[PublishedSchedule], includes: Includes) -> list[Element]:
    resources: list[Element] = []
    if includes.schedule:
        resources += map(_schedule, schedules)
    if includes.practitioner:
        practitioners = {schedule.practitioner.id: schedule.practitioner for schedule in schedules}
        resources += map(_practitioner, practitioners.values())
    if includes.practitioner_role:
        resources += map(_practitioner_role, schedules)
    return resources


def _slot(offer: PublishedOffer, schedule: PublishedSchedule, specialties: list[Element]) -> Element:
    resource: Element = {
        "resourceType": "Slot",
        "id": _ID,
        "meta": _filled(profile=_SLOT_PROFILES, security=[_SLOT_TYPES[code] for code in offer.slot_types]),
        "serviceType": [
            *(_CONSULTATION_TYPES[code] for code in offer.consultation_types),
            *({"text": reason} for reason in offer.reasons if reason.strip()),
        ],
        "specialty": specialties,
        "appointmentType": _APPOINTMENT_TYPES[offer.appointment_type],
        "schedule": {"reference": f"Schedule/{schedule.id}"},
        "status": "free",
        "start": _START,
        "end": _END,
    }
    if schedule.landing_url and offer.appointment_type == systems.ROUTINE:
        resource["comment"] = schedule.landing_url + _ID
    return _filled(**resource)


def _specialties(schedule: PublishedSchedule) -> list[Element]:
    coded = [{"coding": [{"system": systems.SPECIALTY, "code": code}]} for code in schedule.specialty_codes]
    return [*coded, *({"text": text} for text in schedule.specialty_texts if text.strip())]


def _schedule(schedule: PublishedSchedule) -> Element:
    return {
        "resourceType": "Schedule",
        "id": schedule.id,
        "meta": {"profile": [systems.SCHEDULE_PROFILE]},
        "actor": [
            {"reference": f"Practitioner/{schedule.practitioner.id}"},
            {"reference": f"PractitionerRole/{schedule.id}"},
        ],
    }


def _practitioner(practitioner: PublishedPractitioner) -> Element:
    name = _filled(family=practitioner.family_name, given=[name for name in practitioner.given_names if name.strip()])
    return _filled(
        resourceType="Practitioner",
        id=practitioner.id,
        meta={"profile": [systems.PRACTITIONER_PROFILE]},
        identifier=[
            {
                "type": {"coding": [{"system": systems.V2_0203, "code": systems.IDNPS}]},
                "system": systems.PRACTITIONER_NATIONAL,
                "value": practitioner.national_value,
            }
        ],
        name=[name] if name else None,
        telecom=_phone(practitioner.phone),
    )


def _practitioner_role(schedule: PublishedSchedule) -> Element:
    return _filled(
        resourceType="PractitionerRole",
        id=schedule.id,
        meta={"profile": [systems.PRACTITIONER_ROLE_PROFILE]},
        contained=[_location(schedule.location)],
        practitioner={"reference": f"Practitioner/{schedule.practitioner.id}"},
        organization=_organization(schedule.structure_identifier_value),
        location=[{"reference": f"#{schedule.location.id}"}],
        specialty=_specialties(schedule),
        telecom=_phone(schedule.phone),
    )


def _organization(value: str | None) -> Element | None:
    if not value:
        return None
    identifier_type = {"coding": [{"system": systems.V2_0203, "code": systems.IDNST}]}
    return {"identifier": {"type": identifier_type, "system": systems.STRUCTURE_NATIONAL, "value": value}}


def _location(location: PublishedLocation) -> Element:
    return _filled(
        resourceType="Location",
        id=location.id,
        meta={"profile": [systems.LOCATION_PROFILE]},
        identifier=[
            {
                "type": {"coding": [{"system": systems.LOCATION_IDENTIFIER_TYPE, "code": systems.INTRN}]},
                "system": location.identifier_system,
                "value": location.id,
            }
        ],
        name=location.name,
        address=_filled(
            line=[location.line] if location.line.strip() else None,
            city=location.city,
            postalCode=location.postal_code,
        ),
    )


def _phone(phone: str | None) -> list[Element] | None:
    return [{"system": "phone", "value": phone}] if phone else None


def _filled(**elements: Any) -> Element:
    """The elements that hold something: FHIR knows no empty element."""
    return {
        name: value
        for name, value in elements.items()
        if value is not None and value != "" and value != [] and value != {}
    }
