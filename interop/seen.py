"""What the platform is answered, for the practice's own page of it (`appointments.slots.border`)."""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from accounts.identifiers import structure_number
from accounts.models import Practitioner
from appointments.models import Schedule
from appointments.openings.recurrence import number_of
from appointments.slots.border import Answer, Withheld
from interop.fhir import systems
from interop.fhir.searchset import slot_searchset
from interop.fhir.slot_search import parse_slot_search
from interop.selectors import published_slots


def _key(slot: dict[str, Any]) -> tuple[uuid.UUID, int, int]:
    start, end = (number_of(datetime.fromisoformat(slot[bound])) for bound in ("start", "end"))
    return uuid.UUID(slot["schedule"]["reference"].removeprefix("Schedule/")), start, end


class SasBorder:
    """The search is read, made and written as when it comes from outside."""

    def answer(self, practitioner: Practitioner, *, since: datetime, until: datetime, now: datetime) -> Answer:
        token = f"{systems.PRACTITIONER_NATIONAL}|{practitioner.national_id}"
        asked = urlencode(
            [
                ("_include", "Slot:schedule"),
                ("_include:iterate", "Schedule:actor"),
                ("start", f"ge{since.isoformat()}"),
                ("start", f"le{until.isoformat()}"),
                (systems.SLOT_PRACTITIONER_SEARCH, token),
                ("status", "free"),
            ]
        )
        search = parse_slot_search(asked, now=now)
        bundle = slot_searchset(
            published_slots(search, now=now),
            self_url=f"{settings.FHIR_BASE_URL}/Slot?{asked}",
            base_url=settings.FHIR_BASE_URL,
            includes=search.includes,
        )
        resources = [entry["resource"] for entry in json.loads(bundle).get("entry", [])]
        return Answer(
            asked=f"GET {settings.FHIR_BASE_URL}/Slot?{asked}",
            status=200,
            kinds=Counter(one["resourceType"] for one in resources),
            slots=frozenset(_key(one) for one in resources if one["resourceType"] == "Slot"),
        )

    def withheld(self, schedule: Schedule) -> Withheld | None:
        """The platform asks for practitioners by their number."""
        practitioner = schedule.practitioner
        return None if practitioner.rpps or practitioner.adeli else Withheld.NO_NATIONAL_NUMBER

    def remarks(self, schedules: Sequence[Schedule]) -> list[str]:
        found = []
        practitioners = {one.practitioner for one in schedules}
        if any(one.adeli and not one.rpps for one in practitioners):
            found.append(
                "Ce praticien n’a pas de RPPS\u00a0: le SAS ne le trouve que s’il le cherche par son numéro ADELI."
            )
        for one in schedules:
            numbers = one.structure
            if numbers.has_structure_identifier and not structure_number(
                finess=numbers.finess, siret=numbers.siret, rpps_rank=numbers.rpps_rank, adeli_rank=numbers.adeli_rank
            ):
                found.append(
                    f"L’identifiant de structure de {one.location} n’a pas la forme attendue\u00a0: "
                    "ses créneaux partent sans lui, et le SAS ne les rattache à aucune fiche."
                )
        return found
