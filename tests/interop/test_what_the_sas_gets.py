"""Which slots `GET /fhir/Slot` answers, and what each says: the pipeline of the domain model as the platform sees it."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.holds import give_back_hold, take_hold
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import Closure, Location, Reason, ReasonAt, Rule, RuleOffer, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.factories import PARIS, at

pytestmark = pytest.mark.django_db

GUADELOUPE = ZoneInfo("America/Guadeloupe")
MONDAY = "2026-06-15"
NOW = at(MONDAY, "06:00")
NINE = at(MONDAY, "09:00")
NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
SNP, PRO, PUBLIC = Audience.SNP, Audience.PRO, Audience.PUBLIC


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Six in the morning of a Monday without anything particular; tests move it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def schedule() -> Schedule:
    return factories.schedule()


def opened(
    schedule: Schedule,
    begins: str = "09:00",
    ends: str = "10:00",
    audiences: Sequence[Audience] = (PUBLIC, SNP),
    **fields: Any,
) -> Rule:
    """From 9 to 10 by half hours, for any reason."""
    times = {"start_time": time.fromisoformat(begins), "end_time": time.fromisoformat(ends)}
    made = factories.rule(**{"schedule": schedule, "step_minutes": 30, "audiences": []} | times | fields)
    # Laid one by one here, beside what the service would write.
    made.offers.all().delete()
    for audience in audiences:
        offer(made, audience)
    return made


def offer(rule: Rule, audience: Audience, reason: Reason | None = None, **fields: Any) -> RuleOffer:
    return RuleOffer.objects.create(rule=rule, audience=audience, reason=reason, **fields)


def reason_of(schedule: Schedule, label: str, minutes: int, buffer: int = 0) -> Reason:
    made = factories.reason(schedule, label=label, minutes=minutes)
    ReasonAt.objects.filter(reason=made).update(buffer_after=buffer)
    return made


def asked(
    platform: Client, schedule: Schedule, day: str = MONDAY, *, until: str = "", zone: ZoneInfo = PARIS
) -> list[dict[str, Any]]:
    """The Slots of this local day (and those until midnight of `until`), in the order of the answer."""
    since, last = at(day, "00:00", zone), at(until or day, "23:59", zone)
    bounds = f"start=ge{quote(since.isoformat())}&start=le{quote(last.isoformat())}"
    token = quote(f"{NATIONAL}|{schedule.practitioner.national_id}")
    answer = platform.get(f"/fhir/Slot?{bounds}&status=free&schedule.actor:Practitioner.identifier={token}")
    assert answer.status_code == 200, answer.content
    bundle = answer.json()
    assert bundle["total"] == len(bundle.get("entry", []))
    return [entry["resource"] for entry in bundle.get("entry", [])]


def spans(slots: list[dict[str, Any]]) -> list[str]:
    return [f"{slot['start'][11:16]}-{slot['end'][11:16]}" for slot in slots]


def told_to(slot: dict[str, Any]) -> list[str]:
    return [coding["code"] for coding in slot["meta"]["security"]]


def services(slot: dict[str, Any]) -> list[str]:
    return [one.get("text") or one["coding"][0]["code"] for one in slot["serviceType"]]


def kind(slot: dict[str, Any]) -> str:
    code: str = slot["appointmentType"]["coding"][0]["code"]
    return code


# Offers


def test_two_offers_on_one_hour_are_one_slot_for_both_audiences(platform: Client, schedule: Schedule) -> None:
    opened(schedule, ends="09:30", audiences=[SNP, PUBLIC])
    [slot] = asked(platform, schedule)
    assert told_to(slot) == ["PUBLIC", "SNP"]


def test_audiences_are_told_in_the_order_public_pro_snp(platform: Client, schedule: Schedule) -> None:
    rule = opened(schedule, ends="09:30", audiences=[])
    for audience in (SNP, PRO, PUBLIC):
        offer(rule, audience)
    [slot] = asked(platform, schedule)
    assert told_to(slot) == ["PUBLIC", "PRO", "SNP"]


def test_what_is_offered_to_nobody_is_not_sent(platform: Client, schedule: Schedule) -> None:
    opened(schedule, audiences=[])
    assert asked(platform, schedule) == []


def test_what_is_offered_to_a_community_alone_is_not_sent(platform: Client, schedule: Schedule) -> None:
    rule = opened(schedule, ends="09:30", audiences=[])
    community = factories.organization(kind="community")
    offer(rule, Audience.CPTS, community=community)
    assert asked(platform, schedule) == []
    offer(rule, SNP)
    assert [told_to(slot) for slot in asked(platform, schedule)] == [["SNP"]]


def test_a_reason_longer_than_the_step_is_beside_the_steps_own_visits(platform: Client, schedule: Schedule) -> None:
    short, long = reason_of(schedule, "Vaccin", 10), reason_of(schedule, "Bilan", 60)
    rule = opened(schedule, audiences=[SNP])
    offer(rule, SNP, long)
    slots = asked(platform, schedule)
    assert spans(slots) == ["09:00-09:30", "09:00-10:00", "09:30-10:00"]
    assert [services(slot) for slot in slots] == [["AMB", short.label], ["AMB", long.label], ["AMB", short.label]]


def test_a_long_visit_is_offered_only_where_all_of_it_is_free(platform: Client, schedule: Schedule) -> None:
    rule = opened(schedule, ends="11:00", audiences=[])
    offer(rule, SNP, reason_of(schedule, "Bilan", 60))
    factories.appointment(schedule_=schedule, start=at(MONDAY, "10:30"), minutes=15)
    assert spans(asked(platform, schedule)) == ["09:00-10:00", "09:30-10:30"]


def test_a_reason_closed_for_one_audience_is_told_for_the_other(platform: Client, schedule: Schedule) -> None:
    vaccine, advice = reason_of(schedule, "Vaccin", 10), reason_of(schedule, "Conseil", 10)
    rule = opened(schedule, ends="09:30", audiences=[])
    offer(rule, SNP)
    offer(rule, SNP, vaccine, open=False)
    [slot] = asked(platform, schedule)
    assert (told_to(slot), services(slot)) == (["SNP"], ["AMB", advice.label])
    offer(rule, PUBLIC)
    [slot] = asked(platform, schedule)
    assert (told_to(slot), services(slot)) == (["PUBLIC", "SNP"], ["AMB", advice.label, vaccine.label])


def test_a_reason_that_is_put_away_or_not_done_there_is_not_told(platform: Client, schedule: Schedule) -> None:
    reason_of(schedule, "Vaccin", 10)
    factories.reason(organization=schedule.organization, label="Ailleurs", minutes=10)
    opened(schedule, ends="09:30")
    assert services(asked(platform, schedule)[0]) == ["AMB", "Vaccin"]
    Reason.objects.update(active=False)
    assert services(asked(platform, schedule)[0]) == ["AMB"]


def test_what_is_by_appointment_wins_over_walking_in(platform: Client, schedule: Schedule) -> None:
    opened(schedule, appointment_type=AppointmentType.WALKIN)
    opened(schedule, ends="09:30")
    slots = asked(platform, schedule)
    assert [(kind(slot), "comment" in slot) for slot in slots] == [("ROUTINE", True), ("WALKIN", False)]


def test_two_rules_on_the_same_hours_are_the_union_of_their_offers(platform: Client, schedule: Schedule) -> None:
    vaccine = reason_of(schedule, "Vaccin", 30)
    opened(schedule, ends="09:30", audiences=[SNP], consultation_types=[ConsultationType.AMB])
    later = opened(schedule, ends="09:30", audiences=[], consultation_types=[ConsultationType.VR])
    offer(later, PUBLIC, vaccine)
    [slot] = asked(platform, schedule)
    assert (told_to(slot), services(slot)) == (["PUBLIC", "SNP"], ["AMB", "VR", vaccine.label])


def test_two_rules_of_different_lengths_are_different_slots(platform: Client, schedule: Schedule) -> None:
    opened(schedule, ends="09:30")
    opened(schedule, ends="09:30", step_minutes=15)
    assert spans(asked(platform, schedule)) == ["09:00-09:15", "09:00-09:30", "09:15-09:30"]


# When they are shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        # Notice: until an hour before nine.
        ({"shown_until_minutes": 60}, {"07:59:59": True, "08:00:00": True, "08:00:01": False}),
        # Dated release: from two hours before on.
        ({"shown_from_minutes": 120}, {"06:59:59": False, "07:00:00": True, "07:00:01": True}),
        ({"shown_from_minutes": 120, "shown_until_minutes": 60}, {"06:59:59": False, "07:30:00": True, "08:00:01": False}),
        ({}, {"08:59:59": True, "09:00:00": True, "09:00:01": False}),
    ],
    ids=["notice", "release", "both", "neither"],
)  # fmt: skip
def test_notice_and_release_are_kept_to_the_second(
    platform: Client, schedule: Schedule, clock: Any, fields: dict[str, int], shown: dict[str, bool]
) -> None:
    offer(opened(schedule, ends="09:30", audiences=[]), SNP, **fields)
    for moment, expected in shown.items():
        clock.move_to(at(MONDAY, moment))
        assert bool(asked(platform, schedule)) is expected, moment


def test_only_the_audiences_that_see_it_now_are_told(platform: Client, schedule: Schedule, clock: Any) -> None:
    rule = opened(schedule, ends="09:30", audiences=[])
    offer(rule, SNP, shown_from_minutes=60)
    offer(rule, PUBLIC, shown_until_minutes=90)
    told = {}
    for moment in ("07:30", "07:31", "08:00"):
        clock.move_to(at(MONDAY, moment))
        told[moment] = [told_to(slot) for slot in asked(platform, schedule)]
    assert told == {"07:30": [["PUBLIC"]], "07:31": [], "08:00": [["SNP"]]}


# Room


def test_with_room_for_two_it_is_one_slot_until_both_lanes_are_taken(platform: Client, schedule: Schedule) -> None:
    opened(schedule, ends="09:30", capacity=2)
    [alone] = asked(platform, schedule)
    for left in (1, 0):
        book_appointment(
            key=SlotKey.parse(alone["id"]), visit=factories.visit(), by=factories.regulator_actor(), now=NOW
        )
        slots = asked(platform, schedule)
        # Nothing of the answer tells how many are received.
        assert slots == [alone] * left


def test_the_time_kept_free_after_a_visit_hides_what_begins_in_it(platform: Client, schedule: Schedule) -> None:
    opened(schedule, ends="11:00")
    factories.appointment(schedule_=schedule, start=NINE, minutes=30, buffer_after=5)
    assert spans(asked(platform, schedule)) == ["10:00-10:30", "10:30-11:00"]


def test_a_reason_whose_own_buffer_does_not_fit_is_not_told(platform: Client, schedule: Schedule) -> None:
    long, short = reason_of(schedule, "Suture", 30, buffer=10), reason_of(schedule, "Conseil", 30)
    opened(schedule)
    factories.appointment(schedule_=schedule, start=at(MONDAY, "09:35"), minutes=10)
    [slot] = asked(platform, schedule)
    assert (spans([slot]), services(slot)) == (["09:00-09:30"], ["AMB", short.label])
    assert long.label not in str(slot)


def test_a_regulators_live_hold_hides_the_slot(platform: Client, schedule: Schedule) -> None:
    opened(schedule)
    hold = take_hold(key=SlotKey(schedule.id, NINE, 30), by=factories.regulator_actor(), now=NOW)
    assert spans(asked(platform, schedule)) == ["09:30-10:00"]
    give_back_hold(token=hold.token)
    assert spans(asked(platform, schedule)) == ["09:00-09:30", "09:30-10:00"]


def test_a_visitor_without_proved_contact_hides_nothing(platform: Client, schedule: Schedule) -> None:
    opened(schedule)
    take_hold(key=SlotKey(schedule.id, NINE, 30), by=None, now=NOW, weak=True)
    assert len(asked(platform, schedule)) == 2


# Closed days


def in_guadeloupe(schedule: Schedule) -> Schedule:
    """Another place of the same practitioner."""
    place = factories.location(
        organization=schedule.organization, time_zone="America/Guadeloupe", holidays="guadeloupe"
    )
    return factories.schedule(practitioner=schedule.practitioner, location=place)


def test_whole_days_are_cut_at_each_places_own_midnight(platform: Client, schedule: Schedule) -> None:
    """An absence of the Monday: until midnight in Paris, and six hours later in Guadeloupe."""
    there = in_guadeloupe(schedule)
    opened(schedule, "00:00", "00:00", step_minutes=60)
    opened(there, "00:00", "00:00", step_minutes=60)
    factories.absence(practitioner=schedule.practitioner, first_day=date(2026, 6, 15), last_day=date(2026, 6, 15))
    slots = asked(platform, schedule, MONDAY, until="2026-06-16")
    first = {schedule.id: "2026-06-16T00:00:00.000+02:00", there.id: "2026-06-16T00:00:00.000-04:00"}
    for agenda, expected in first.items():
        starts = [slot["start"] for slot in slots if slot["schedule"]["reference"] == f"Schedule/{agenda}"]
        # Before that Monday it is still Sunday evening in Guadeloupe: past, at six in Paris.
        assert starts[0] == expected


@pytest.mark.parametrize("zone", [PARIS, GUADELOUPE])
def test_a_closure_is_the_places_own(platform: Client, schedule: Schedule, zone: ZoneInfo) -> None:
    there = in_guadeloupe(schedule)
    for one in (schedule, there):
        opened(one, "22:00", "02:00", step_minutes=60)
    closed, other = (schedule, there) if zone is PARIS else (there, schedule)
    Closure.objects.create(location=closed.location, first_day=date(2026, 6, 17), last_day=date(2026, 6, 17))
    slots = asked(platform, schedule, "2026-06-16", until="2026-06-18")
    local: dict[uuid.UUID, list[str]] = {schedule.id: [], there.id: []}
    for slot in slots:
        local[uuid.UUID(slot["schedule"]["reference"].removeprefix("Schedule/"))].append(slot["start"][8:13])
    assert [one for one in local[closed.id] if one.startswith("17")] == []
    assert [one for one in local[other.id] if one.startswith("17")] == ["17T00", "17T01", "17T22", "17T23"]
    assert {"16T22", "16T23", "18T00", "18T01"} <= set(local[closed.id])


def test_each_place_keeps_its_own_holidays(platform: Client, schedule: Schedule) -> None:
    """27 May, the abolition of slavery, is Guadeloupe's; 14 July everybody's."""
    Location.objects.filter(pk=schedule.location_id).update(holidays="metropole")
    there = in_guadeloupe(schedule)
    opened(schedule, ends="09:30", first_day=date(2026, 6, 1))
    opened(there, ends="09:30", first_day=date(2026, 6, 1))
    days = {"2026-07-13": 2, "2026-07-14": 0, "2027-05-27": 1}
    assert {day: len(asked(platform, schedule, day)) for day in days} == days
    Rule.objects.update(on_holidays=True)
    assert len(asked(platform, schedule, "2026-07-14")) == 2


def test_a_day_off_is_that_day_alone(platform: Client, schedule: Schedule) -> None:
    rule = opened(schedule, ends="09:30")
    rule.days_off.create(day=date(2026, 6, 16))
    found = [slot["start"][:10] for slot in asked(platform, schedule, MONDAY, until="2026-06-17")]
    assert found == ["2026-06-15", "2026-06-17"]


def test_hours_of_absence_hide_what_they_touch(platform: Client, schedule: Schedule) -> None:
    opened(schedule, ends="11:00")
    factories.absence(practitioner=schedule.practitioner, start=at(MONDAY, "09:29"), end=at(MONDAY, "10:00"))
    assert spans(asked(platform, schedule)) == ["10:00-10:30", "10:30-11:00"]


# Recurrence and clocks


def test_every_two_weeks_goes_on_across_the_year(platform: Client, schedule: Schedule) -> None:
    """2026 has 53 weeks."""
    opened(schedule, ends="09:30", weekdays=[1], every_n_weeks=2, first_day=date(2026, 12, 14))
    found = [slot["start"][:10] for slot in asked(platform, schedule, "2026-12-14", until="2027-01-12")]
    found += [slot["start"][:10] for slot in asked(platform, schedule, "2027-01-13", until="2027-02-08")]
    assert found == ["2026-12-14", "2026-12-28", "2027-01-11", "2027-01-25", "2027-02-08"]


def test_a_night_rule_goes_on_across_midnight(platform: Client, schedule: Schedule) -> None:
    opened(schedule, "23:30", "00:30", step_minutes=60, weekdays=[1])
    [slot] = asked(platform, schedule, MONDAY, until="2026-06-16")
    assert (slot["start"], slot["end"]) == ("2026-06-15T23:30:00.000+02:00", "2026-06-16T00:30:00.000+02:00")


def test_the_doubled_hour_is_told_apart_by_its_offset(platform: Client, schedule: Schedule) -> None:
    opened(schedule, "02:00", "03:00", step_minutes=60)
    slots = asked(platform, schedule, "2026-10-25")
    assert [slot["start"] for slot in slots] == ["2026-10-25T02:00:00.000+02:00", "2026-10-25T02:00:00.000+01:00"]
    assert slots[1]["end"] == "2026-10-25T03:00:00.000+01:00"
    assert len({slot["id"] for slot in slots}) == 2


def test_the_missing_hour_holds_nothing(platform: Client, schedule: Schedule) -> None:
    opened(schedule, "01:30", "04:00")
    assert spans(asked(platform, schedule, "2027-03-28")) == ["01:30-03:00", "03:00-03:30", "03:30-04:00"]


# What cannot be told to the SAS


def test_an_agenda_without_structure_identifier_is_not_sent(platform: Client, schedule: Schedule) -> None:
    opened(schedule)
    Organization.objects.update(finess="", siret="", rpps_rank="", adeli_rank="")
    assert asked(platform, schedule) == []
    Schedule.objects.update(siret="1" * 14)  # its own is enough
    assert len(asked(platform, schedule)) == 2


@pytest.mark.parametrize("whose", ["location", "practitioner", "organization", "nobody"])
def test_an_agenda_that_nobody_could_call_is_not_sent(platform: Client, whose: str) -> None:
    def phone(who: str) -> str:
        return "+33199001234" if whose == who else ""

    organization = factories.organization(phone=phone("organization"))
    one = factories.schedule(
        practitioner=factories.practitioner(phone=phone("practitioner")),
        location=factories.location(phone=phone("location"), organization=organization),
    )
    opened(one)
    assert len(asked(platform, one)) == (0 if whose == "nobody" else 2)


def test_a_closed_agenda_is_not_sent(platform: Client, schedule: Schedule) -> None:
    opened(schedule)
    Schedule.objects.update(active=False)
    assert asked(platform, schedule) == []


def test_another_places_visit_takes_the_hour_of_both(platform: Client, schedule: Schedule) -> None:
    there = factories.schedule(practitioner=schedule.practitioner)
    opened(schedule)
    opened(there, capacity=3)
    factories.appointment(schedule_=there, start=NINE + timedelta(minutes=15), minutes=10)
    slots = asked(platform, schedule)
    assert [slot["start"][11:16] for slot in slots] == ["09:00", "09:30", "09:30"]
    assert datetime.fromisoformat(slots[0]["start"]) == NINE
    assert slots[0]["schedule"]["reference"] == f"Schedule/{there.id}"
