"""Published values and requests that the tests start from."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from interop.fhir import systems
from interop.fhir.values import (
    AppointmentRecord,
    PublishedLocation,
    PublishedOffer,
    PublishedPractitioner,
    PublishedSchedule,
    PublishedSlot,
    SlotSearchResult,
)

NOW = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)
BASE_URL = "https://agenda.example/fhir"
SELF_URL = f"{BASE_URL}/Slot?status=free&start=ge2026-11-25T10:00:00.000%2B00:00"
DEFINITIONS = Path(__file__).parents[4] / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0"

AGEN = PublishedLocation(
    id="6c1f0b1c-0000-4000-8000-0000000000a1",
    identifier_system="https://agenda.example/identifiants/lieux",
    line="1 rue Mme Delmas",
    city="AGEN",
    postal_code="47000",
    name="Cabinet Delmas",
)
SAINT_DENIS = PublishedLocation(
    id="6c1f0b1c-0000-4000-8000-0000000000a2",
    identifier_system="https://agenda.example/identifiants/lieux",
    line="12 rue de Paris",
    city="SAINT-DENIS",
    postal_code="97400",
    time_zone="Indian/Reunion",
)
THOMAS = PublishedPractitioner(
    id="6c1f0b1c-0000-4000-8000-0000000000b1",
    national_value="810100050075",
    family_name="THOMAS",
    given_names=("Sébastien",),
    phone="+33553000001",
)
AT_AGEN = PublishedSchedule(
    id="6c1f0b1c-0000-4000-8000-0000000000c1",
    practitioner=THOMAS,
    location=AGEN,
    structure_identifier_value="1810004421",
    phone="+33553000002",
    specialty_codes=("SM54", "SM05"),
    specialty_texts=("Médecine du sport",),
    landing_url="https://agenda.example/praticien/b1/?creneau=",
)
AT_SAINT_DENIS = PublishedSchedule(
    id="6c1f0b1c-0000-4000-8000-0000000000c2",
    practitioner=THOMAS,
    location=SAINT_DENIS,
    phone="+262262000001",
    landing_url="https://agenda.example/praticien/b1/?creneau=",
)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


ROUTINE_OFFER = PublishedOffer(
    slot_types=("PUBLIC", "PRO"),
    consultation_types=("AMB", "VR"),
    reasons=("Visite de contrôle", "Consultation de suivi"),
)
WALKIN_OFFER = PublishedOffer(slot_types=("SNP",), consultation_types=("HH",), appointment_type=systems.WALKIN)
ROUTINE_SLOT = PublishedSlot(
    id="6c1f0b1c0000400080000000000000c1-20261125T1300Z-15",
    schedule_id=AT_AGEN.id,
    start=seconds(datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
    end=seconds(datetime(2026, 11, 25, 13, 15, tzinfo=UTC)),
    offer=ROUTINE_OFFER,
)
WALKIN_SLOT = PublishedSlot(
    id="6c1f0b1c0000400080000000000000c2-20261125T1330Z-30",
    schedule_id=AT_SAINT_DENIS.id,
    start=seconds(datetime(2026, 11, 25, 13, 30, tzinfo=UTC)),
    end=seconds(datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
    offer=WALKIN_OFFER,
)
RESULT = SlotSearchResult(slots=(ROUTINE_SLOT, WALKIN_SLOT), schedules=(AT_AGEN, AT_SAINT_DENIS))

APPOINTMENT = AppointmentRecord(
    identifier_system="https://agenda.example/identifiants/rendez-vous",
    identifier_value="b6e39355-8a61-4556-b340-36f7b95fec6a",
    regulator_system=systems.PRACTITIONER_NATIONAL,
    regulator_value="3456780581/11242343",
    practitioner_national_value="810100050075",
    status="booked",
    start=datetime(2026, 11, 25, 13, 0, tzinfo=UTC),
    end=datetime(2026, 11, 25, 13, 15, tzinfo=UTC),
    created=datetime(2026, 11, 25, 9, 40, 12, 345678, tzinfo=UTC),
)


def regulator(**changes: Any) -> dict[str, Any]:
    """A Practitioner as the SAS sends it. A change to None removes the element."""
    resource = {
        "resourceType": "Practitioner",
        "meta": {"profile": [systems.REGULATOR_PROFILE], "source": systems.SAS_TECHNICAL},
        "identifier": [identifier()],
        "active": True,
        "name": [{"family": "Loridon", "given": ["Sébastien"]}],
        "telecom": [{"system": "email", "value": "sebastien.loridon@test.com"}],
    } | changes
    return {name: value for name, value in resource.items() if value is not None}


def identifier(**changes: Any) -> dict[str, Any]:
    element = {
        "type": {"coding": [{"system": systems.V2_0203, "code": systems.IDNPS}]},
        "system": systems.PRACTITIONER_NATIONAL,
        "value": "3456780581/11242343",
    } | changes
    return {name: value for name, value in element.items() if value is not None}


def body(resource: object) -> bytes:
    return json.dumps(resource, ensure_ascii=False).encode()
