"""INT_R01 end to end: `GET Slot` on real rows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Practitioner
from appointments.booking.services.booking import book_appointment
from appointments.enums import AppointmentType, Audience, ConsultationType, Status
from appointments.models import Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
INCLUDES = "_include=Slot:schedule&_include:iterate=Schedule:actor"
Faults = Callable[[dict[str, Any]], list[str]]


def day() -> datetime:
    """The beginning of the day after tomorrow, in Paris: never in the past, whatever the hour of the test."""
    return timezone.now().astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


def query(*practitioners: Practitioner | str, since: datetime | None = None, until: datetime | None = None) -> str:
    since, until = since or day(), until or day() + timedelta(hours=23)
    tokens = ",".join(f"{NATIONAL}|{one if isinstance(one, str) else one.national_id}" for one in practitioners)
    bounds = f"start=ge{quote(since.isoformat())}&start=le{quote(until.isoformat())}"
    return f"{INCLUDES}&{bounds}&schedule.actor:Practitioner.identifier={quote(tokens)}&status=free"


def search(platform: Client, *practitioners: Practitioner | str, **bounds: datetime) -> dict[str, Any]:
    answer = platform.get(f"/fhir/Slot?{query(*practitioners, **bounds)}")
    assert answer.status_code == 200, answer.content
    bundle: dict[str, Any] = answer.json()
    return bundle


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle.get("entry", [])]
    return [resource for resource in found if resource["resourceType"] == kind]


def starts(bundle: dict[str, Any]) -> list[str]:
    return [slot["start"][11:16] for slot in resources(bundle, "Slot")]


def hour_of(schedule: Schedule, **fields: Any) -> None:
    """From 9 to 10, four slots of 15 minutes."""
    factories.rule(**{"schedule": schedule, "end_time": "10:00"} | fields)


@pytest.mark.parametrize(
    ("spoilt", "location"),
    [
        ("", "http.start"),
        ("start=ge2026-11-25T10:00:00&status=free", "http.start"),
        ("start=ge2026-11-25&start=le2026-11-26&status=busy&schedule.actor:Practitioner.identifier=1", "http.status"),
        ("start=ge2026-11-25&start=le2026-11-26&status=free", "http.schedule.actor:Practitioner.identifier"),
    ],
)
def test_a_malformed_search_is_a_400_that_names_the_parameter(
    platform: Client, spoilt: str, location: str, profile_faults: Faults
) -> None:
    answer = platform.get(f"/fhir/Slot?{spoilt}")

    assert answer.status_code == 400
    outcome = answer.json()
    assert location in [where for issue in outcome["issue"] for where in issue["location"]]
    assert profile_faults(outcome) == []


def test_twenty_six_practitioners_are_a_400(platform: Client) -> None:
    answer = platform.get("/fhir/Slot?" + query(*(f"8{number:011}" for number in range(26))))

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == "too-costly"


def test_the_whole_answer(platform: Client, settings: Any, profile_faults: Faults) -> None:
    schedule = factories.schedule(practitioner=factories.practitioner(phone="+33199001111"))
    reason = factories.reason(schedule, label="Fièvre de l’enfant")
    hidden = factories.reason(schedule, active=False)
    hour_of(schedule, consultation_types=[ConsultationType.VR, ConsultationType.AMB], reasons=[reason, hidden])

    bundle = search(platform, schedule.practitioner)

    assert bundle["total"] == 4
    assert starts(bundle) == ["09:00", "09:15", "09:30", "09:45"]
    slot = resources(bundle, "Slot")[0]
    key = SlotKey(schedule.id, day().replace(hour=9), 15)
    assert slot["id"] == str(key)
    assert slot["comment"] == f"{settings.BASE_URL}/praticien/{schedule.practitioner_id}/?creneau={key}"
    assert [coding["code"] for coding in slot["meta"]["security"]] == ["PUBLIC", "SNP"]
    assert [kind.get("text") or kind["coding"][0]["code"] for kind in slot["serviceType"]] == [
        "AMB", "VR", "Fièvre de l’enfant",
    ]  # fmt: skip
    assert slot["specialty"][0]["coding"][0]["code"] == "SM54"
    assert slot["start"] == day().replace(hour=9).isoformat(timespec="milliseconds")
    [practitioner] = resources(bundle, "Practitioner")
    assert practitioner["identifier"][0]["value"] == "8" + (schedule.practitioner.rpps or "")
    assert practitioner["telecom"][0]["value"] == "+33199001111"
    [role] = resources(bundle, "PractitionerRole")
    assert role["organization"]["identifier"]["value"] == "1" + schedule.location.organization.finess
    assert role["contained"][0]["address"]["postalCode"] == schedule.location.postal_code
    assert role["telecom"][0]["value"] == schedule.location.phone
    assert profile_faults(bundle) == []


def test_every_emitted_variant_passes_the_profiles(platform: Client, profile_faults: Faults) -> None:
    bare = factories.schedule(
        practitioner=factories.practitioner(rpps=None, adeli="2A1234567", specialty_codes=[]),
        location=factories.location(
            phone="+262262000001",
            time_zone="Indian/Reunion",
            organization=factories.organization(finess="", siret="1" * 14),
        ),
    )
    odd = factories.schedule(practitioner=factories.practitioner(specialty_codes=["inconnue", "SM26"]))
    hour_of(bare, appointment_type=AppointmentType.WALKIN, consultation_types=[ConsultationType.HH])
    hour_of(odd, audiences=[Audience.PRO])

    bundle = search(platform, bare.practitioner, odd.practitioner)

    assert bundle["total"] == 8
    assert {slot.get("comment") is None for slot in resources(bundle, "Slot")} == {True, False}
    assert profile_faults(bundle) == []


@pytest.mark.parametrize("path", ["/fhir/Slot", "/fhir/Slot/"])
def test_both_addresses_answer_and_self_is_the_query_to_the_letter(
    platform: Client, settings: Any, path: str, profile_faults: Faults
) -> None:
    asked = (
        "_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge2030-01-02T10:00:00&_count=1000&_format=json"
        "&start=le2030-01-02T16:20:00.000+02:00&status=free"
        f"&schedule.actor:Practitioner.identifier={NATIONAL}|810002673899,%20{NATIONAL}%7C810100050075"
    )
    answer = platform.get(path, QUERY_STRING=asked)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
    bundle = answer.json()
    assert bundle["link"] == [
        {"relation": "self", "url": f"{settings.FHIR_BASE_URL}/{path.removeprefix('/fhir/')}?{asked}"}
    ]
    assert bundle["total"] == 0
    assert "entry" not in bundle
    assert profile_faults(bundle) == []


def test_self_stays_a_url_when_the_query_held_raw_bytes(platform: Client) -> None:
    raw = query("810100050075") + "&note=é"
    answer = platform.get("/fhir/Slot", QUERY_STRING=raw.encode().decode("latin-1"))

    assert answer.status_code == 200
    assert answer.json()["link"][0]["url"].endswith("&note=%C3%A9")


def test_head_answers_without_a_body(platform: Client) -> None:
    answer = platform.head(f"/fhir/Slot?{query('810100050075')}")

    assert (answer.status_code, answer.content) == (200, b"")


def test_whatever_form_the_number_has_the_practitioner_is_found_once(platform: Client) -> None:
    schedule = factories.schedule(practitioner=factories.practitioner(rpps="10100050075"))
    hour_of(schedule)

    bundle = search(platform, "810100050075", "10100050075", "8 10100050075")

    assert bundle["total"] == 4
    assert [one["identifier"][0]["value"] for one in resources(bundle, "Practitioner")] == ["810100050075"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (["0123456789"], "0123456789"),
        (["810100050075"], "810100050075"),
        (["0123456789", "810100050075"], "810100050075"),
    ],
)
def test_a_practitioner_with_two_numbers_answers_to_the_one_asked_for(
    platform: Client, asked: list[str], answered: str
) -> None:
    schedule = factories.schedule(practitioner=factories.practitioner(rpps="10100050075", adeli="123456789"))
    hour_of(schedule)

    [practitioner] = resources(search(platform, *asked), "Practitioner")

    assert practitioner["identifier"][0]["value"] == answered


def test_two_places_are_two_schedules_of_one_practitioner(platform: Client, profile_faults: Faults) -> None:
    practitioner = factories.practitioner()
    morning, evening = factories.schedule(practitioner=practitioner), factories.schedule(practitioner=practitioner)
    closed = factories.schedule(practitioner=practitioner, active=False)
    empty = factories.schedule(practitioner=practitioner)
    hour_of(morning)
    hour_of(evening, start_time="18:00", end_time="18:30")
    hour_of(closed)

    bundle = search(platform, practitioner)

    assert bundle["total"] == 6
    assert {one["id"] for one in resources(bundle, "Schedule")} == {str(morning.id), str(evening.id)}
    assert str(empty.id) not in str(bundle)
    assert len(resources(bundle, "Practitioner")) == 1
    assert len(resources(bundle, "PractitionerRole")) == 2
    assert profile_faults(bundle) == []


def test_only_what_is_published_free_and_inside_the_bounds_is_sent(platform: Client) -> None:
    schedule = factories.schedule()
    nine = day().replace(hour=9)
    hour_of(schedule)
    hour_of(schedule, start_time="14:00", end_time="15:00", audiences=[])
    factories.appointment(schedule_=schedule, start=nine + timedelta(minutes=15))
    factories.appointment(schedule_=schedule, start=nine + timedelta(minutes=45), status=Status.CANCELLED)
    factories.absence(
        practitioner=schedule.practitioner,
        start=nine + timedelta(minutes=35),
        end=nine + timedelta(minutes=40),
    )

    assert starts(search(platform, schedule.practitioner)) == ["09:00", "09:45"]
    both_ends = {"since": nine, "until": nine + timedelta(minutes=45)}
    assert starts(search(platform, schedule.practitioner, **both_ends)) == ["09:00", "09:45"]
    inside = {"since": nine + timedelta(seconds=1), "until": nine + timedelta(minutes=44)}
    assert starts(search(platform, schedule.practitioner, **inside)) == []


def test_an_appointment_elsewhere_holds_the_practitioner_here(platform: Client) -> None:
    here = factories.schedule()
    elsewhere = factories.schedule(practitioner=here.practitioner)
    hour_of(here)
    factories.appointment(schedule_=elsewhere, start=day().replace(hour=9, minute=10), minutes=10)

    assert starts(search(platform, here.practitioner)) == ["09:30", "09:45"]


def test_a_booked_slot_is_gone_from_the_next_search(platform: Client) -> None:
    schedule = factories.schedule()
    hour_of(schedule)
    first = resources(search(platform, schedule.practitioner), "Slot")[0]
    book_appointment(
        key=SlotKey.parse(first["id"]),
        visit=factories.visit(),
        by=factories.regulator_actor(),
        now=timezone.now(),
    )

    assert starts(search(platform, schedule.practitioner)) == ["09:15", "09:30", "09:45"]


def test_the_past_is_never_sent(platform: Client) -> None:
    schedule = factories.schedule()
    factories.rule(schedule=schedule, start_time="00:00", end_time="00:00")
    now = timezone.now()

    bundle = search(platform, schedule.practitioner, since=now - timedelta(days=1), until=now + timedelta(hours=1))
    assert bundle["total"] in {3, 4, 5}
    assert all(datetime.fromisoformat(slot["start"]) >= now for slot in resources(bundle, "Slot"))
    past = {"since": now - timedelta(days=2), "until": now - timedelta(days=1)}
    assert search(platform, schedule.practitioner, **past)["total"] == 0


def test_what_is_not_asked_for_is_not_included(platform: Client) -> None:
    schedule = factories.schedule()
    hour_of(schedule)
    asked = query(schedule.practitioner).removeprefix(f"{INCLUDES}&")

    bundle = platform.get(f"/fhir/Slot?{asked}").json()

    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {"Slot"}


@pytest.mark.parametrize("count", [1, 5])
def test_one_practitioner_or_five_cost_two_queries(platform: Client, count: int) -> None:
    practitioners = [_busy_practitioner() for _ in range(count)]

    with CaptureQueriesContext(connection) as queries:
        bundle = search(platform, *practitioners, since=day() - timedelta(days=2), until=day() + timedelta(days=1))

    assert len(resources(bundle, "Practitioner")) == count
    assert len(queries) == 2, "\n".join(one["sql"] for one in queries)
    assert not any(one["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for one in queries)


def test_nobody_found_costs_one_query(platform: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(platform, "810100050075")
    assert len(queries) == 1


def test_numbers_that_can_be_nobodys_cost_none(platform: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert search(platform, "n’importe quoi")["total"] == 0
    assert len(queries) == 0


def _busy_practitioner() -> Practitioner:
    """Two places, rules with reasons, an absence, an appointment."""
    practitioner = factories.practitioner()
    for clock in (9, 14):
        schedule = factories.schedule(practitioner=practitioner)
        reason = factories.reason(schedule)
        factories.rule(schedule=schedule, start_time=f"{clock:02}:00", end_time=f"{clock + 3:02}:00", reasons=[reason])
    factories.appointment(schedule_=schedule, start=day().replace(hour=14))
    factories.absence(practitioner=practitioner, start=day().replace(hour=16), end=day().replace(hour=17))
    return practitioner
