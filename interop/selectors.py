"""From a slot search to what is published: the border's reading of the agenda."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter

from django.conf import settings

from accounts.enums import specialties
from accounts.french import fold
from accounts.identifiers import ADELI, RPPS, read_practitioner_number, structure_number
from accounts.models import Practitioner, StructureIdentifier
from accounts.phones import international
from appointments.models import Location, Schedule
from appointments.slots.availability import FreeSlot
from appointments.slots.selectors import computed_slots
from appointments.slots.slot_key import slot_name
from appointments.slots.values import REGULATOR, Offered
from interop.fhir.values import (
    PublishedLocation,
    PublishedOffer,
    PublishedPractitioner,
    PublishedSchedule,
    PublishedSlot,
    SlotSearch,
    SlotSearchResult,
)


def published_slots(search: SlotSearch, *, now: datetime) -> SlotSearchResult:
    """The published free slots of the practitioners searched for, and the schedules they belong to.

    Two queries for 1 or 25 practitioners (schedules with their places; all that their slots depend on); one when nobody
    matches, none when the whole window is past.
    """
    wanted = _Wanted(search.practitioner_identifiers)
    if search.is_over or not wanted:
        return SlotSearchResult()
    practitioners = Practitioner.objects.identified_by(wanted.rpps, wanted.adeli)
    schedules = list(Schedule.objects.with_place().open().of_practitioners(practitioners))
    found = computed_slots(schedules, since=search.start_from, until=search.start_to, now=now, viewer=REGULATOR)
    return SlotSearchResult(
        slots=tuple(_slots(found)), schedules=tuple(_schedule(schedule, wanted) for schedule, slots in found if slots)
    )


class _Wanted:
    """The bare national numbers searched for. A text that can't be one finds nobody, and is no fault."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        found = set(filter(None, map(read_practitioner_number, identifiers)))
        self.rpps = {value for kind, value in found if kind is RPPS}
        self.adeli = {value for kind, value in found if kind is ADELI}

    def __bool__(self) -> bool:
        return bool(self.rpps or self.adeli)

    def national_value(self, practitioner: Practitioner) -> str:
        """Of a practitioner with both numbers, the one asked for: the platform matches its cards by it."""
        if practitioner.adeli and practitioner.adeli in self.adeli and practitioner.rpps not in self.rpps:
            return ADELI.prefixed(practitioner.adeli)
        return practitioner.national_id


def _slots(found: Iterable[tuple[Schedule, list[FreeSlot]]]) -> Iterator[PublishedSlot]:
    """By time, then place."""
    offers: dict[int, PublishedOffer] = {}  # by identity: many slots share one, and comparing costs more than writing
    rows: list[tuple[int, int, str, str, Offered]] = []
    for schedule, slots in found:
        place, identifier = fold(schedule.location.name), str(schedule.id)
        rows.extend((start, end, place, identifier, offered) for start, end, offered in slots)
    rows.sort(key=itemgetter(0, 1, 2, 3))
    for start, end, _, identifier, offered in rows:
        if id(offered) not in offers:
            offers[id(offered)] = _offer(offered)
        yield PublishedSlot(slot_name(identifier, start, end), identifier, start, end, offers[id(offered)])


def _offer(offered: Offered) -> PublishedOffer:
    return PublishedOffer(
        slot_types=offered.audiences,
        consultation_types=tuple(offered.consultation_types),
        reasons=tuple(reason.label for reason in offered.reasons),
        appointment_type=offered.appointment_type,
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
            phone=international(practitioner.phone),
        ),
        location=_location(schedule.location),
        structure_identifier_value=_structure(schedule.structure),
        phone=international(schedule.location.phone),
        specialty_codes=tuple(code for code in practitioner.specialty_codes if code in known),
        specialty_texts=tuple(code for code in practitioner.specialty_codes if code not in known),
        landing_url=landing_url(practitioner.id, ""),
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
    return structure_number(
        finess=structure.finess,
        siret=structure.siret,
        rpps_rank=structure.rpps_rank,
        adeli_rank=structure.adeli_rank,
    )
