"""From a slot search to what is published: the border's reading of the agenda."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from accounts.enums import specialties
from accounts.models import Practitioner, StructureIdentifier
from appointments.models import Location, Schedule
from appointments.slots.selectors import Slot, free_slots_of
from interop.fhir.identifiers import (
    ADELI,
    RPPS,
    phone_e164,
    practitioner_national_value,
    practitioner_search_values,
    structure_identifier_value,
)
from interop.fhir.values import (
    PublishedLocation,
    PublishedPractitioner,
    PublishedSchedule,
    PublishedSlot,
    SlotSearch,
    SlotSearchResult,
)


def published_slots(search: SlotSearch, *, now: datetime) -> SlotSearchResult:
    """The published free slots of the practitioners searched for, and the schedules they belong to.

    Six queries for 1 or 25 practitioners (schedules with their places; rules; offers; reasons; absences; appointments);
    fewer when nobody matches or nobody receives, none when the whole window is past.
    """
    wanted = _Wanted(search.practitioner_identifiers)
    if search.is_over or not wanted:
        return SlotSearchResult()
    practitioners = Practitioner.objects.identified_by(wanted.rpps, wanted.adeli)
    schedules = list(Schedule.objects.with_place().open().of_practitioners(practitioners))
    slots = free_slots_of(schedules, since=search.start_from, until=search.start_to, now=now, published_only=True)
    with_slots = {slot.schedule.id for slot in slots}
    return SlotSearchResult(
        slots=tuple(map(_slot, slots)),
        schedules=tuple(_schedule(schedule, wanted) for schedule in schedules if schedule.id in with_slots),
    )


class _Wanted:
    """The bare national numbers searched for. A text that can't be one finds nobody, and is no fault."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        found = {pair for text in identifiers for pair in practitioner_search_values(text)}
        self.rpps = {value for kind, value in found if kind == RPPS}
        self.adeli = {value for kind, value in found if kind == ADELI}

    def __bool__(self) -> bool:
        return bool(self.rpps or self.adeli)

    def national_value(self, practitioner: Practitioner) -> str:
        """Of a practitioner with both numbers, the one asked for: the platform matches its cards by it."""
        if practitioner.adeli and practitioner.adeli in self.adeli and practitioner.rpps not in self.rpps:
            return practitioner_national_value(ADELI, practitioner.adeli)
        return practitioner.national_id


def _slot(slot: Slot) -> PublishedSlot:
    key = str(slot.key)
    return PublishedSlot(
        id=key,
        schedule_id=str(slot.schedule.id),
        start=slot.start,
        end=slot.end,
        slot_types=tuple(slot.offer.audiences),
        consultation_types=tuple(slot.offer.consultation_types),
        reasons=tuple(reason.label for reason in slot.offer.reasons),
        appointment_type=slot.offer.appointment_type,
        comment_url=landing_url(slot.schedule.practitioner.id, key),
    )


def landing_url(practitioner_id: uuid.UUID, slot_key: str) -> str:
    """Where the platform sends the regulator: it appends `&origin=…`, so there is a query already."""
    return f"{settings.BASE_URL}/praticien/{practitioner_id}/?creneau={slot_key}"


def _schedule(schedule: Schedule, wanted: _Wanted) -> PublishedSchedule:
    practitioner = schedule.practitioner
    known = specialties()
    return PublishedSchedule(
        id=str(schedule.id),
        practitioner=PublishedPractitioner(
            id=str(practitioner.id),
            national_value=wanted.national_value(practitioner),
            family_name=practitioner.family_name,
            given_names=(practitioner.given_name,),
            phone=phone_e164(practitioner.phone),
        ),
        location=_location(schedule.location),
        structure_identifier_value=_structure(schedule.structure),
        phone=phone_e164(schedule.location.phone),
        specialty_codes=tuple(code for code in practitioner.specialty_codes if code in known),
        specialty_texts=tuple(code for code in practitioner.specialty_codes if code not in known),
    )


def _location(location: Location) -> PublishedLocation:
    return PublishedLocation(
        id=str(location.id),
        identifier_system=settings.LOCATION_IDENTIFIER_SYSTEM,
        line=location.line,
        city=location.city,
        postal_code=location.postal_code,
        name=location.name,
        time_zone=location.time_zone,
    )


def _structure(structure: StructureIdentifier) -> str | None:
    return structure_identifier_value(
        finess=structure.finess,
        siret=structure.siret,
        rpps_rang=structure.rpps_rank,
        adeli_rang=structure.adeli_rank,
    )
