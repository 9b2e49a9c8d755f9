"""The reference itself, pinned by hand: sentences of the domain model and cases A15, A19, A20, A25, A26, A28."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from tests.appointments.slots.described import (
    Absence,
    Agenda,
    Hold,
    Instants,
    Offer,
    Offered,
    Place,
    Question,
    ReasonDone,
    Rule,
    Viewer,
    Visit,
    WholeDays,
    World,
)
from tests.appointments.slots.reference import CAUSES, DAY, MINUTE, explain, offered
from tests.appointments.slots.worlds import questions

MONDAY = date(2026, 6, 1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Sundays on which Paris changes its clocks
PUBLIC, SNP = Offer("PUBLIC"), Offer("SNP")
REGULATOR = Viewer("outsider", frozenset({("SNP", None), ("PRO", None), ("PUBLIC", None)}))
PATIENT = Viewer("outsider", frozenset({("PUBLIC", None)}), is_patient=True)
PRACTICE = Viewer("practice")
VACCINE, WOUND = ReasonDone("vaccine", 10), ReasonDone("wound", 30)
HOME = Agenda("home", "ours", Place("surgery"), reasons=(VACCINE, WOUND))


def rule(hours: str, *offers: Offer, day: date = MONDAY, step: int = 15, **more: Any) -> Rule:
    """A weekly rule on this day's weekday, from that day on: `rule("9:00-10:00", PUBLIC)`."""
    begin, end = (time(*map(int, hour.split(":"))) for hour in hours.split("-"))
    given = {"key": "r", "agenda": "home", "first_day": day, "weekdays": frozenset({day.isoweekday()})} | more
    anchor = day - DAY * day.weekday()
    defaults = {"anchor_week": anchor, "start_time": begin, "end_time": end, "step_minutes": step, "offers": offers}
    return Rule(**(defaults | given))


def at(hour: str, day: date = MONDAY, zone: str = "Europe/Paris") -> datetime:
    return datetime.combine(day, time(*map(int, hour.split(":"))), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ask(*rules: Rule, by: Viewer = REGULATOR, agenda: Agenda = HOME, day: date = MONDAY, **more: Any) -> Question:
    """About that day and the morning after it, seen from the day before unless `now` is said."""
    now = more.pop("now", at("12:00", day - DAY))
    return Question(World((agenda,), rules, **more), agenda, by, at("0:00", day), at("12:00", day + DAY), now)


def hours(question: Question) -> list[str]:
    """The starts offered, each once, on the clocks of the place."""
    zone = ZoneInfo(question.agenda.place.zone)
    return list(dict.fromkeys(f"{slot.start.astimezone(zone):%-H:%M}" for slot in offered(*question)))


def slots_at(hour: str, question: Question) -> list[Offered]:
    return [slot for slot in offered(*question) if slot.start == at(hour)]


def cause_at(hour: str, question: Question) -> str | None:
    return explain(*question)[at(hour, question.until.date() - DAY)]


def visit(begin: str, end: str, *, lane: int = 0, buffer: int = 0, agenda: str = "home") -> Visit:
    return Visit("ours", agenda, lane, at(begin), at(end), buffer)


# Days and clocks


def test_identical_rules_are_counted_once_and_a_rule_of_next_year_not_at_all() -> None:
    twice = (
        rule("9:00-10:30", PUBLIC),
        rule("9:00-10:30", PUBLIC),
        rule("9:00-12:00", PUBLIC, first_day=date(2027, 1, 4)),
    )
    assert len(offered(*ask(*twice))) == 6
    assert offered(*ask(rule("9:00-12:00", PUBLIC, last_day=MONDAY - DAY))) == []


def test_hours_past_midnight_are_one_rule_and_one_visit_crosses_midnight() -> None:
    night = ask(rule("22:00-2:00", PUBLIC, step=45))
    assert hours(night) == ["22:00", "22:45", "23:30", "0:15", "1:00"]
    assert explain(*night)[at("1:45", MONDAY + DAY)] == "too short"


@pytest.mark.parametrize(("closed", "left"), [(MONDAY, 0), (MONDAY + DAY, 4)])
def test_a_night_belongs_to_the_day_on_which_it_begins(closed: date, left: int) -> None:
    assert len(offered(*ask(rule("22:00-2:00", PUBLIC, step=60, days_off=frozenset({closed}))))) == left
    at_home = replace(HOME, place=Place("surgery", holidays=frozenset({closed})))
    assert len(offered(*ask(rule("22:00-2:00", PUBLIC, step=60), agenda=at_home))) == left


def test_both_half_past_two_of_autumn_are_offered_and_distinct() -> None:
    found = offered(*ask(rule("2:00-4:00", PUBLIC, day=AUTUMN, step=30), day=AUTUMN))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]


def test_the_doubled_hour_is_the_first_one() -> None:
    found = offered(*ask(rule("1:30-2:30", PUBLIC, day=AUTUMN, step=30), day=AUTUMN))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["23:30", "00:00"]


@pytest.mark.parametrize(
    ("opening", "expected"),
    [("1:30-3:30", ["1:30", "3:00"]), ("2:30-3:30", ["3:00"]), ("2:00-3:00", []), ("1:30-2:30", ["1:30"])],
)
def test_the_missing_hour_of_spring_is_the_moment_it_ends(opening: str, expected: list[str]) -> None:
    assert hours(ask(rule(opening, PUBLIC, day=SPRING, step=30), day=SPRING)) == expected


@pytest.mark.parametrize(("day", "count"), [(MONDAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_equal_hours_are_a_whole_day_of_the_clock(day: date, count: int) -> None:
    assert len(offered(*ask(rule("0:00-0:00", PUBLIC, day=day, step=60), day=day))) == count


def test_every_second_week_goes_on_across_a_year_of_53_weeks() -> None:
    begun = date(2026, 12, 14)
    every_second = rule("9:00-9:15", PUBLIC, day=begun, every_n_weeks=2)
    mondays = [begun + DAY * 7 * week for week in range(5)]
    assert [len(offered(*ask(every_second, day=monday))) for monday in mondays] == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Paris", date(2026, 12, 25)),
        ("Europe/Paris", date(2026, 1, 1)),
        ("America/Martinique", date(2026, 5, 22)),
    ],
)
def test_holidays_close_unless_the_rule_says_otherwise(zone: str, day: date) -> None:
    there = replace(HOME, place=Place("surgery", zone, holidays=frozenset({day})))
    closed = ask(rule("9:00-9:15", PUBLIC, day=day), agenda=there, day=day)
    assert explain(*closed) == {at("9:00", day, zone): "holiday"}
    assert hours(ask(rule("9:00-9:15", PUBLIC, day=day, on_holidays=True), agenda=there, day=day)) == ["9:00"]


def test_a_whole_day_of_absence_is_cut_at_the_midnight_of_each_place() -> None:
    away = (Absence("ours", None, WholeDays(MONDAY, MONDAY)),)
    there = Agenda("home", "ours", Place("island", "America/Guadeloupe"))
    evening = ask(rule("19:00-19:15", PUBLIC), rule("0:00-0:15", PUBLIC, day=MONDAY + DAY), agenda=there, absences=away)
    assert explain(*evening) == {
        at("19:00", MONDAY, "America/Guadeloupe"): "absence",
        at("0:00", MONDAY + DAY, "America/Guadeloupe"): None,
    }


def test_a_closed_place_gives_nothing_from_its_own_midnight_on() -> None:
    place = Place("far", "Pacific/Noumea", closures=(WholeDays(MONDAY + DAY, MONDAY + DAY),))
    question = ask(rule("23:00-1:00", PUBLIC, step=60), agenda=replace(HOME, place=place))
    assert list(explain(*question).items()) == [
        (at("23:00", MONDAY, place.zone), None),
        (at("0:00", MONDAY + DAY, place.zone), "closure"),
    ]


def test_an_absence_elsewhere_or_of_somebody_else_closes_nothing() -> None:
    morning = Instants(at("9:00"), at("9:20"))
    opening = rule("9:00-9:45", PUBLIC)
    assert hours(ask(opening, absences=(Absence("ours", "home", morning),))) == ["9:30"]
    others = (Absence("ours", "elsewhere", morning), Absence("theirs", None, morning))
    assert hours(ask(opening, absences=others)) == ["9:00", "9:15", "9:30"]


# Offers


def test_an_internal_rule_hides_no_offer_of_the_same_hours() -> None:
    both = rule("9:00-10:00"), rule("9:00-10:00", SNP)
    assert hours(ask(*both)) == ["9:00", "9:15", "9:30", "9:45"]
    assert cause_at("9:00", ask(both[0])) == "not offered"
    assert [slot.audiences for slot in offered(*ask(*both, by=PRACTICE))] == [frozenset({"SNP"})] * 4


def test_two_rules_of_the_same_hours_are_the_union_of_their_offers() -> None:
    walk_in = rule("9:00-9:15", PUBLIC, appointment_type="WALKIN", capacity=2, modes=frozenset({"AMB", "VR"}))
    [slot] = offered(*ask(walk_in, rule("9:00-9:15", SNP)))
    assert (slot.audiences, slot.modes) == ({"SNP", "PUBLIC"}, {"AMB", "VR"})
    assert (slot.appointment_type, slot.capacity, slot.lane, slot.reasons) == ("ROUTINE", 2, 0, {"vaccine"})


def test_a_ten_minute_reason_still_fits_before_a_visit_moved_off_the_steps() -> None:
    moved = (visit("9:10", "9:25"),)
    question = ask(rule("9:00-10:00", PUBLIC, Offer("PUBLIC", reason="vaccine")), visits=moved)
    [slot] = slots_at("9:00", question)
    assert (slot.end, slot.reasons) == (at("9:10"), {"vaccine"})
    assert cause_at("9:15", question) == "booked"
    assert hours(question) == ["9:00", "9:30", "9:45"]
    assert cause_at("9:00", ask(rule("9:00-10:00", PUBLIC), visits=moved)) == "booked"


def test_a_reasons_own_row_replaces_the_row_without_reason_for_its_audience_alone() -> None:
    question = ask(rule("9:00-9:15", PUBLIC, Offer("PUBLIC", reason="vaccine", open=False), SNP))
    assert slots_at("9:00", question)[0].reasons == {"vaccine"}
    assert slots_at("9:00", question._replace(viewer=PATIENT))[0].reasons == frozenset()


def test_the_practice_sees_one_step_whatever_the_offers_and_which_audiences_they_reach() -> None:
    agenda = replace(HOME, reasons=(replace(VACCINE, buffer=10), WOUND))
    rows = Offer("SNP", reason="wound"), Offer("PRO", reason="vaccine", open=False), Offer("CPTS", "north")
    next_one = (visit("9:15", "9:30"),)
    [slot] = offered(*ask(rule("9:00-9:15", *rows), agenda=agenda, by=PRACTICE, visits=next_one))
    assert (slot.end, slot.audiences, slot.reasons) == (at("9:15"), {"SNP", "CPTS"}, {"vaccine"})


def test_the_practice_sees_nothing_of_the_past() -> None:
    question = ask(rule("9:00-9:30"), by=PRACTICE, now=at("9:01"))
    assert list(explain(*question).values()) == ["too late", None]


def test_a_reason_needs_a_mode_of_the_rule_and_to_be_active() -> None:
    for unfit in (replace(VACCINE, active=False), replace(VACCINE, modes=frozenset({"VR"}))):
        agenda = replace(HOME, reasons=(unfit,))
        assert offered(*ask(rule("9:00-9:15", PUBLIC), agenda=agenda))[0].reasons == frozenset()
        named = ask(rule("9:00-9:15", Offer("PUBLIC", reason="vaccine")), agenda=agenda)
        assert cause_at("9:00", named) == "not offered"
    both = frozenset({"AMB", "VR"})
    agenda = replace(HOME, reasons=(replace(VACCINE, modes=frozenset({"VR", "HH"})),))
    [slot] = offered(*ask(rule("9:00-9:15", Offer("PUBLIC", reason="vaccine"), modes=both), agenda=agenda))
    assert slot.modes == {"VR"}


def test_a_longer_reason_must_end_inside_the_opening() -> None:
    question = ask(rule("9:00-9:45", Offer("PUBLIC", reason="wound")))
    assert {slot.end - slot.start for slot in offered(*question)} == {30 * MINUTE}
    assert list(explain(*question).values()) == [None, None, "too short"]


def test_with_several_at_once_the_only_length_is_the_step() -> None:
    named = Offer("PUBLIC", reason="vaccine"), Offer("SNP", reason="wound")
    several = rule("9:00-10:00", *named, capacity=2)
    assert {slot.end - slot.start for slot in offered(*ask(several))} == {15 * MINUTE}
    only_snp = Viewer("outsider", frozenset({("SNP", None)}))
    assert set(explain(*ask(several, by=only_snp)).values()) == {"too short"}


def test_a_communitys_offer_reaches_that_community() -> None:
    question = ask(rule("9:00-9:15", Offer("CPTS", "north")))
    seen = [Viewer("outsider", frozenset({("CPTS", name)})) for name in ("north", "south")]
    assert [len(offered(*question._replace(viewer=viewer))) for viewer in seen] == [1, 0]


@pytest.mark.parametrize(
    ("now", "cause"),
    [("6:59", "not yet shown"), ("7:00", None), ("8:00", None), ("8:01", "too late"), ("9:01", "too late")],
)
def test_an_offer_is_seen_from_its_horizon_to_its_notice_both_included(now: str, cause: str | None) -> None:
    offer = Offer("PUBLIC", shown_from_minutes=120, shown_until_minutes=60)
    assert cause_at("9:00", ask(rule("9:00-9:15", offer), now=at(now))) == cause


# Room


def test_outsiders_touch_no_buffer_and_the_practice_may() -> None:
    question = ask(rule("9:00-9:45", PUBLIC), visits=(visit("9:00", "9:15", buffer=5),))
    assert list(explain(*question).values()) == ["booked", "buffer", None]
    assert list(explain(*question._replace(viewer=PRACTICE)).values()) == ["booked", None, None]


def test_a_reasons_own_buffer_must_be_free_too() -> None:
    agenda = replace(HOME, reasons=(replace(VACCINE, buffer=10),))
    booked = (visit("9:15", "9:30"),)
    named = ask(rule("9:00-9:15", Offer("PUBLIC", reason="vaccine")), agenda=agenda, visits=booked)
    assert cause_at("9:00", named) == "buffer"
    [slot] = offered(*ask(rule("9:00-9:15", PUBLIC), agenda=agenda, visits=booked))
    assert slot.reasons == frozenset()


def test_visits_one_after_the_other_count_together_against_a_longer_one() -> None:
    two = (visit("9:00", "9:15", lane=0), visit("9:15", "9:30", lane=0))
    opening = rule("9:00-9:30", PUBLIC, step=30, capacity=2)
    assert cause_at("9:00", ask(opening, visits=two)) == "booked"
    assert slots_at("9:00", ask(opening, visits=two[:1]))[0].lane == 1
    assert slots_at("9:00", ask(opening, visits=(visit("9:00", "9:15", lane=4),)))[0].lane == 0


@pytest.mark.parametrize(
    ("weak", "minutes", "regulator", "patient", "practice"),
    [(False, 5, "held", "held", "held"), (True, 5, None, "held", None), (False, 0, None, None, None)],
)
def test_a_weak_hold_hides_from_patients_alone_and_an_ended_one_from_nobody(
    weak: bool, minutes: int, regulator: str | None, patient: str | None, practice: str | None
) -> None:
    now = at("8:00")
    hold = Hold("ours", "home", 0, at("9:00"), at("9:15"), weak, now + minutes * MINUTE)
    question = ask(rule("9:00-9:15", PUBLIC), holds=(hold,), now=now)
    seen = [cause_at("9:00", question._replace(viewer=viewer)) for viewer in (REGULATOR, PATIENT, PRACTICE)]
    assert seen == [regulator, patient, practice]


def test_nobody_is_offered_at_two_places_at_once() -> None:
    question = ask(rule("9:00-9:30", PUBLIC, capacity=3), visits=(visit("9:15", "9:30", agenda="elsewhere"),))
    assert list(explain(*question).values()) == [None, "other place"]


def test_another_calendars_visits_and_holds_take_nothing_of_ours() -> None:
    visits = (replace(visit("9:00", "9:15"), calendar="theirs"),)
    holds = (Hold("theirs", "home", 0, at("9:00"), at("9:15"), weak=False, expires_at=at("9:00")),)
    assert hours(ask(rule("9:00-9:15", PUBLIC), visits=visits, holds=holds)) == ["9:00"]


@pytest.mark.parametrize(
    ("lacking", "outsider", "practice"),
    [
        ({"active": False}, "agenda closed", "agenda closed"),
        ({"has_phone": False}, "no phone", None),
        ({"published": False}, "unpublished", None),
        ({"has_structure_identifier": False}, "no structure identifier", None),
    ],
)
def test_what_an_agenda_lacks(lacking: dict[str, bool], outsider: str, practice: str | None) -> None:
    question = ask(rule("9:00-9:15", PUBLIC), agenda=replace(HOME, **lacking))
    assert cause_at("9:00", question) == outsider
    assert cause_at("9:00", question._replace(viewer=PRACTICE)) == practice


def test_of_several_visits_the_one_that_got_furthest_tells_the_cause() -> None:
    offers = Offer("PUBLIC", reason="wound"), Offer("SNP", shown_from_minutes=30)
    assert cause_at("9:00", ask(rule("9:00-9:15", *offers))) == "not yet shown"


# The generated worlds meet every cause; that both answers agree on each: test_pipeline


@pytest.mark.slow
def test_the_generated_worlds_meet_every_cause() -> None:
    met: set[str | None] = set()

    def all_met(question: Question) -> bool:
        met.update(explain(*question).values())
        return met >= {None, *CAUSES}

    # Looked for until found, at most 2,000 worlds: 100 to 400 are needed, from this seed few.
    once = settings(deadline=None, database=None, max_examples=2000, phases=[Phase.generate])
    find(questions(), all_met, settings=settings(once, suppress_health_check=list(HealthCheck)), random=Random(13))
