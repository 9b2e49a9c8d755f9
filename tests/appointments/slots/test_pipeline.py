"""The pipeline against the reference: another hand wrote it from the domain's words, minute by minute, sharing no code."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from appointments.openings.recurrence import Recurrence, whole_days
from appointments.slots.availability import free_lane, free_slots, occupied
from appointments.slots.explain import explain
from appointments.slots.values import (
    PRACTICE,
    Frame,
    Offer,
    OpenRule,
    ReasonDone,
    Shut,
    Taken,
    Viewer,
)
from tests.appointments.slots import reference
from tests.appointments.slots.described import Offered, Period, Question, WholeDays
from tests.appointments.slots.worlds import questions
from tests.examples import few

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() // 1)


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def name(text: str | None) -> uuid.UUID | None:
    return None if text is None else uuid.uuid5(uuid.NAMESPACE_DNS, text)


def frame_of(question: Question) -> tuple[Frame, dict[uuid.UUID, str]]:
    """What the reader would have read of this world for the agenda asked about, and the names behind its ids."""
    world, agenda, now = question.world, question.agenda, question.now
    zone = ZoneInfo(agenda.place.zone)

    def shut(period: Period) -> Shut:
        if isinstance(period, WholeDays):
            return Shut(*whole_days(period.first_day, period.last_day, zone))
        return Shut(number(period.start), number(period.end))

    reasons = [
        ReasonDone(name(one.key), one.key, one.minutes, one.buffer, frozenset(one.modes), rank)  # type: ignore[arg-type]
        for rank, one in enumerate(agenda.reasons)
        if one.active
    ]
    rules = [
        OpenRule(
            id=name(one.key),  # type: ignore[arg-type]
            recurrence=Recurrence(
                weekdays=frozenset(one.weekdays),
                start_time=one.start_time,
                end_time=one.end_time,
                first_day=one.first_day,
                last_day=one.last_day,
                every_n_weeks=one.every_n_weeks,
                anchor_week=one.anchor_week,
                days_off=one.days_off,
                on_holidays=one.on_holidays,
            ),
            step=one.step_minutes,
            capacity=one.capacity,
            consultation_types=tuple(sorted(one.modes)),
            appointment_type=one.appointment_type,
            offers=tuple(
                Offer(
                    offer.audience,
                    name(offer.community),
                    name(offer.reason),
                    offer.open,
                    offer.shown_from_minutes,
                    offer.shown_until_minutes,
                )
                for offer in one.offers
            ),
        )
        for one in world.rules
        if one.agenda == agenda.key
    ]
    visits = [
        Taken(
            number(one.start),
            number(one.end),
            number(one.end) + 60 * one.buffer_after,
            one.lane,
            one.agenda == agenda.key,
        )
        for one in world.visits
        if one.calendar == agenda.calendar
    ]
    holds = [
        Taken(number(one.start), number(one.end), number(one.end), one.lane, one.agenda == agenda.key, True, one.weak)
        for one in world.holds
        if one.calendar == agenda.calendar and one.expires_at > now
    ]
    frame = Frame(
        zone=zone,
        rules=rules,
        reasons=reasons,
        closures=[shut(one) for one in agenda.place.closures],
        absences=[
            shut(one.period)
            for one in world.absences
            if one.calendar == agenda.calendar and one.agenda in (None, agenda.key)
        ],
        holidays=agenda.place.holidays,
        taken=sorted([*visits, *holds], key=lambda one: one.start),
        active=agenda.active,
        has_structure_identifier=agenda.has_structure_identifier,
        has_phone=agenda.has_phone,
        published=agenda.published,
        online=agenda.online,
    )
    return frame, {one.id: one.label for one in reasons}


def viewer_of(question: Question) -> Viewer:
    if question.viewer.kind == "practice":
        return PRACTICE
    reach = frozenset((audience, name(community)) for audience, community in question.viewer.audiences)
    return Viewer(reach, is_patient=question.viewer.is_patient)


def computed(question: Question) -> list[Offered]:
    frame, names = frame_of(question)
    viewer = viewer_of(question)
    since, until, now = -(-question.since.timestamp() // 1), number(question.until), -(-question.now.timestamp() // 1)
    return [
        Offered(
            moment(start),
            moment(end),
            frozenset(offered.audiences),
            frozenset(offered.consultation_types),
            frozenset(names[reason.id] for reason in offered.reasons),
            offered.appointment_type,
            offered.capacity,
            lane=0,
        )
        for start, end, offered in free_slots(frame, viewer, since=int(since), until=until, now=int(now))
    ]


@pytest.mark.slow
@settings(
    max_examples=few(100, thorough=2000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(questions())
def test_the_same_slots_with_the_same_lengths_for_the_same_people_and_the_same_cause_for_every_start(
    question: Question,
) -> None:
    expected, causes = reference.offered(*question), reference.explain(*question)
    assert_that_they_agree(question, expected, causes)
    # The lane is chosen when it is booked, with the buffer of the reason that is chosen then.
    assert computed(question) == [replace(one, lane=0) for one in expected]
    frame, _ = frame_of(question)
    taken = occupied(frame, viewer_of(question))
    for one in expected:
        lane = free_lane(taken, number(one.start), number(one.end), one.capacity)
        assert lane is not None
        assert lane <= one.lane

    since, until = int(-(-question.since.timestamp() // 1)), number(question.until)
    now = int(-(-question.now.timestamp() // 1))
    found = explain(frame, viewer_of(question), since=since, until=until, now=now)
    assert {moment(start): cause and str(cause) for start, cause in found.items()} == causes


def assert_that_they_agree(question: Question, slots: list[Offered], causes: dict[datetime, str | None]) -> None:
    """What the reference explains by nothing is what it offers."""
    assert {start for start, cause in causes.items() if cause is None} == {slot.start for slot in slots}
    assert len({(slot.start, slot.end) for slot in slots}) == len(slots)
    assert all(question.since <= slot.start <= question.until and slot.start >= question.now for slot in slots)
    assert all(0 <= slot.lane < slot.capacity for slot in slots)
