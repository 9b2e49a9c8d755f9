import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir import systems
from interop.fhir.encoding import to_bytes
from interop.fhir.searchset import slot_searchset
from interop.fhir.values import Includes, PublishedOffer, PublishedSlot, SlotSearchResult
from tests.interop.fhir.samples import (
    AT_AGEN,
    AT_SAINT_DENIS,
    BASE_URL,
    NOW,
    RESULT,
    ROUTINE_OFFER,
    ROUTINE_SLOT,
    SELF_URL,
    WALKIN_SLOT,
    seconds,
)

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}", re.ASCII)


def bundle(result: SlotSearchResult = RESULT, includes: Includes | None = None) -> dict[str, Any]:
    written = slot_searchset(result, self_url=SELF_URL, base_url=BASE_URL, includes=includes or Includes())
    answer: dict[str, Any] = json.loads(written)
    return answer


def resources(of: dict[str, Any], resource_type: str) -> list[dict[str, Any]]:
    entries = of.get("entry", [])
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == resource_type]


def first_slot(slot: PublishedSlot) -> dict[str, Any]:
    return resources(bundle(replace(RESULT, slots=(slot,))), "Slot")[0]


def nodes(value: object) -> Iterator[object]:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


def test_no_slot_is_a_bundle_without_entry() -> None:
    assert bundle(SlotSearchResult(schedules=RESULT.schedules)) == {
        "resourceType": "Bundle",
        "meta": {"profile": ["http://sas.fr/fhir/StructureDefinition/BundleAgregateur"]},
        "type": "searchset",
        "total": 0,
        "link": [{"relation": "self", "url": SELF_URL}],
    }


def test_a_routine_slot_is_written_as_the_guide_writes_it() -> None:
    act_code = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    slot_type = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
    specialty = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
    assert resources(bundle(), "Slot")[0] == {
        "resourceType": "Slot",
        "id": "6c1f0b1c0000400080000000000000c1-20261125T1300Z-15",
        "meta": {
            "profile": ["http://sas.fr/fhir/StructureDefinition/FrSlotAgregateur"],
            "security": [{"system": slot_type, "code": "PUBLIC"}, {"system": slot_type, "code": "PRO"}],
        },
        "serviceType": [
            {"coding": [{"system": act_code, "code": "AMB"}]},
            {"coding": [{"system": act_code, "code": "VR"}]},
            {"text": "Visite de contrôle"},
            {"text": "Consultation de suivi"},
        ],
        "specialty": [
            {"coding": [{"system": specialty, "code": "SM54"}]},
            {"coding": [{"system": specialty, "code": "SM05"}]},
            {"text": "Médecine du sport"},
        ],
        "appointmentType": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "ROUTINE"}]},
        "schedule": {"reference": f"Schedule/{AT_AGEN.id}"},
        "status": "free",
        "start": "2026-11-25T14:00:00.000+01:00",
        "end": "2026-11-25T14:15:00.000+01:00",
        "comment": f"https://agenda.example/praticien/b1/?creneau={ROUTINE_SLOT.id}",
    }


def test_a_walkin_slot_has_no_booking_page() -> None:
    assert AT_SAINT_DENIS.landing_url
    assert "comment" not in first_slot(WALKIN_SLOT)


def test_instants_are_in_the_offset_of_the_place() -> None:
    routine, walkin = resources(bundle(), "Slot")
    assert routine["start"].endswith("+01:00")
    assert walkin["start"] == "2026-11-25T17:30:00.000+04:00"
    eight = seconds(datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
    summer = ROUTINE_SLOT._replace(start=eight, end=eight + 900)
    assert first_slot(summer)["start"] == "2026-07-01T10:00:00.000+02:00"


def test_each_resource_is_sent_once() -> None:
    times = [ROUTINE_SLOT.start + 900 * index for index in range(20)]
    slots = tuple(ROUTINE_SLOT._replace(id=f"slot-{index}", start=start) for index, start in enumerate(times))
    answer = bundle(replace(RESULT, slots=(*slots, WALKIN_SLOT)))
    assert answer["total"] == 21
    urls = Counter(entry["fullUrl"] for entry in answer["entry"])
    assert set(urls.values()) == {1}
    kinds = Counter(entry["resource"]["resourceType"] for entry in answer["entry"])
    assert kinds == {"Slot": 21, "Schedule": 2, "Practitioner": 1, "PractitionerRole": 2}


def test_a_schedule_without_slot_is_not_sent() -> None:
    answer = bundle(replace(RESULT, slots=(WALKIN_SLOT,)))
    assert [schedule["id"] for schedule in resources(answer, "Schedule")] == [AT_SAINT_DENIS.id]


def test_every_entry_says_where_it_is_and_why_it_came() -> None:
    for entry in bundle()["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == f"{BASE_URL}/{resource['resourceType']}/{resource['id']}"
        assert entry["search"] == {"mode": "match" if resource["resourceType"] == "Slot" else "include"}


def test_a_base_url_may_end_with_a_slash() -> None:
    answer = slot_searchset(RESULT, self_url=SELF_URL, base_url=f"{BASE_URL}/")
    assert json.loads(answer) == bundle()


def test_references_resolve_inside_the_bundle() -> None:
    answer = bundle()
    sent = {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in answer["entry"]}
    roles = {f"#{contained['id']}" for role in resources(answer, "PractitionerRole") for contained in role["contained"]}
    references = {node["reference"] for node in nodes(answer) if isinstance(node, dict) and "reference" in node}
    assert references <= sent | roles
    for schedule in resources(answer, "Schedule"):
        assert [actor["reference"].split("/")[0] for actor in schedule["actor"]] == ["Practitioner", "PractitionerRole"]


def test_the_place_is_contained_in_the_role() -> None:
    role = resources(bundle(), "PractitionerRole")[0]
    assert role == {
        "resourceType": "PractitionerRole",
        "id": AT_AGEN.id,
        "meta": {"profile": ["http://sas.fr/fhir/StructureDefinition/FrPractitionerRoleExerciceAgregateur"]},
        "contained": [
            {
                "resourceType": "Location",
                "id": AT_AGEN.location.id,
                "meta": {"profile": ["http://sas.fr/fhir/StructureDefinition/FrLocationAgregateur"]},
                "identifier": [
                    {
                        "type": {
                            "coding": [
                                {
                                    "system": "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type",
                                    "code": "INTRN",
                                }
                            ]
                        },
                        "system": "https://agenda.example/identifiants/lieux",
                        "value": AT_AGEN.location.id,
                    }
                ],
                "name": "Cabinet Delmas",
                "address": {"line": ["1 rue Mme Delmas"], "city": "AGEN", "postalCode": "47000"},
            }
        ],
        "practitioner": {"reference": f"Practitioner/{AT_AGEN.practitioner.id}"},
        "organization": {
            "identifier": {
                "type": {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "IDNST"}]},
                "system": "urn:oid:1.2.250.1.71.4.2.2",
                "value": "1810004421",
            }
        },
        "location": [{"reference": f"#{AT_AGEN.location.id}"}],
        "specialty": resources(bundle(), "Slot")[0]["specialty"],
        "telecom": [{"system": "phone", "value": "+33553000002"}],
    }


def test_the_practitioner_has_a_prefixed_number_and_a_name() -> None:
    (practitioner,) = resources(bundle(), "Practitioner")
    assert practitioner["identifier"] == [
        {
            "type": {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "IDNPS"}]},
            "system": "urn:oid:1.2.250.1.71.4.2.1",
            "value": "810100050075",
        }
    ]
    assert practitioner["name"] == [{"family": "THOMAS", "given": ["Sébastien"]}]
    assert practitioner["telecom"] == [{"system": "phone", "value": "+33553000001"}]


def test_what_is_not_known_is_left_out() -> None:
    practitioner = replace(AT_SAINT_DENIS.practitioner, given_names=("", " "), phone=None)
    schedule = replace(
        AT_SAINT_DENIS, practitioner=practitioner, phone="", structure_identifier_value="", landing_url=""
    )
    slot = WALKIN_SLOT._replace(offer=PublishedOffer(slot_types=(), consultation_types=(), reasons=(" ",)))
    answer = bundle(SlotSearchResult(slots=(slot,), schedules=(schedule,)))
    assert [node for node in nodes(answer) if node in (None, "", [], {})] == []
    (role,) = resources(answer, "PractitionerRole")
    assert role.keys() == {"resourceType", "id", "meta", "contained", "practitioner", "location"}


@pytest.mark.parametrize(
    ("includes", "kinds"),
    [
        (Includes(), {"Slot", "Schedule", "Practitioner", "PractitionerRole"}),
        (Includes(practitioner_role=False), {"Slot", "Schedule", "Practitioner"}),
        (Includes(practitioner=False, practitioner_role=False), {"Slot", "Schedule"}),
        (Includes(schedule=False, practitioner=False, practitioner_role=False), {"Slot"}),
    ],
)
def test_only_what_was_asked_for_is_included(includes: Includes, kinds: set[str]) -> None:
    assert {entry["resource"]["resourceType"] for entry in bundle(includes=includes)["entry"]} == kinds


@pytest.mark.parametrize(
    "slot",
    [
        ROUTINE_SLOT._replace(offer=replace(ROUTINE_OFFER, slot_types=("CPTS",))),
        ROUTINE_SLOT._replace(offer=replace(ROUTINE_OFFER, consultation_types=("EMER",))),
        ROUTINE_SLOT._replace(offer=replace(ROUTINE_OFFER, appointment_type="CHECKUP")),
        ROUTINE_SLOT._replace(schedule_id="elsewhere"),
    ],
)
def test_a_code_of_our_own_is_never_sent(slot: PublishedSlot) -> None:
    with pytest.raises(KeyError):
        first_slot(slot)


def test_what_is_sent_is_utf8_json_as_a_writer_of_json_writes_it() -> None:
    written = slot_searchset(RESULT, self_url=SELF_URL, base_url=BASE_URL)
    assert "Sébastien".encode() in written
    assert written == to_bytes(json.loads(written))


def test_a_text_may_hold_what_fills_the_pattern_in() -> None:
    """An entry is filled in with `%`: a reason of « 100 % » or « %b » is a text like any other."""
    offer = replace(ROUTINE_OFFER, reasons=("Taux à 100 %", "%b %(x)s"))
    texts = [one["text"] for one in first_slot(ROUTINE_SLOT._replace(offer=offer))["serviceType"] if "text" in one]
    assert texts == ["Taux à 100 %", "%b %(x)s"]


@given(
    st.integers(min_value=0, max_value=200_000_000).map(lambda tick: NOW + timedelta(milliseconds=tick * 7_001)),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "America/Guadeloupe", "Indian/Mayotte"]),
    st.lists(st.sampled_from(systems.SLOT_TYPES), unique=True).map(tuple),
    st.lists(st.sampled_from(systems.CONSULTATION_TYPES), unique=True).map(tuple),
    st.lists(st.text(max_size=20), max_size=3).map(tuple),
)
def test_whatever_is_published_is_well_formed(
    start: datetime,
    time_zone: str,
    slot_types: tuple[str, ...],
    consultation_types: tuple[str, ...],
    reasons: tuple[str, ...],
) -> None:
    schedule = replace(AT_AGEN, location=replace(AT_AGEN.location, time_zone=time_zone))
    offer = PublishedOffer(slot_types=slot_types, consultation_types=consultation_types, reasons=reasons)
    slot = ROUTINE_SLOT._replace(start=seconds(start), end=seconds(start) + 900, offer=offer)
    answer = bundle(SlotSearchResult(slots=(slot,), schedules=(schedule,)))
    (sent,) = resources(answer, "Slot")
    assert INSTANT.fullmatch(sent["start"])
    assert datetime.fromisoformat(sent["start"]) == start.replace(microsecond=0)
    assert [node for node in nodes(answer) if node in (None, "", [], {})] == []
