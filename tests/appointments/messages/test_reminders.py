"""Reminders come at the hour on the wall of the visit's place, once, and only while there is something to recall."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from appointments.booking.services.moving import move_appointment
from appointments.enums import MessageKind, MessageState, Wish
from appointments.messages.quiet import NEAR, Quiet, postponed
from appointments.messages.reminding import AFTER_BOOKING, SAME_DAY, due, reminders
from appointments.messages.services.reminders import plan_reminders
from appointments.messages.services.sending import due_messages, send_message
from appointments.models import Appointment, MessageSettings, Patient, PatientMessage
from tests import factories
from tests.appointments.call.conftest import NOW

PARIS, GUADELOUPE, REUNION = (ZoneInfo(name) for name in ("Europe/Paris", "America/Guadeloupe", "Indian/Reunion"))
# Clocks go forward on Sunday 28 March 2027, back on Sunday 31 October 2027.
WEEKS = [date(2027, 3, 24) + timedelta(days=one) for one in range(8)]
WEEKS += [date(2027, 10, 27) + timedelta(days=one) for one in range(8)]
DAY = 24 * 60
LONG_AGO = datetime(2027, 1, 4, 8, tzinfo=UTC)
NEVER = Quiet(time(0), time(0), sundays=True)


@pytest.mark.parametrize("zone", [PARIS, GUADELOUPE, REUNION], ids=str)
@pytest.mark.parametrize("hours", [1, 24, 48])
def test_it_is_so_long_before_by_the_clock_on_the_wall_in_both_clock_change_weeks(zone: ZoneInfo, hours: int) -> None:
    for day in WEEKS:
        for clock in (time(8, 30), time(12), time(19, 45)):
            start = datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
            [one] = reminders(start=start, booked=LONG_AGO, delays=[hours * 60], zone=zone)
            wall = one.at.astimezone(zone).replace(tzinfo=None)
            assert wall == datetime.combine(day, clock) - timedelta(hours=hours)
            assert due(one, one.at)
            assert not due(one, one.at - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("before", "delays", "left"),
    [
        (timedelta(days=9), [2 * DAY, DAY], [2 * DAY, DAY]),
        (timedelta(hours=30), [2 * DAY, DAY], [DAY]),
        # Taken the day before, after the moment: the confirmation is enough.
        (timedelta(hours=20), [2 * DAY, DAY], []),
        # The same day: ten minutes after it was taken, unless that is just before it.
        (timedelta(hours=4), [DAY], [SAME_DAY]),
        (timedelta(hours=1), [DAY], []),
        (timedelta(hours=4), [], []),
    ],
)
def test_which_there_are_of_a_visit_by_when_it_was_taken(before: timedelta, delays: list[int], left: list[int]) -> None:
    start = datetime(2027, 6, 9, 14, tzinfo=PARIS)
    found = list(reminders(start=start, booked=start - before, delays=delays, zone=PARIS))
    assert [one.delay for one in found] == left
    assert all(start - before + AFTER_BOOKING <= one.at < start for one in found)


@given(
    moment=st.timedeltas(timedelta(), timedelta(days=310)).map(lambda one: LONG_AGO + one),
    ahead=st.timedeltas(timedelta(minutes=1), timedelta(days=9)),
    zone=st.sampled_from([PARIS, GUADELOUPE, REUNION]),
    quiet=st.builds(
        Quiet, st.times().map(lambda one: one.replace(minute=0, second=0, microsecond=0)),
        st.times().map(lambda one: one.replace(minute=0, second=0, microsecond=0)), st.booleans(),
    ),
)  # fmt: skip
def test_what_is_postponed_ends_in_no_quiet_hour_and_leaves_time(
    moment: datetime, ahead: timedelta, zone: ZoneInfo, quiet: Quiet
) -> None:
    at = moment
    visit = at + ahead
    after = postponed(at, visit=visit, zone=zone, quiet=quiet)
    assert after >= at
    if after != at:
        assert quiet.holds(at.astimezone(zone))
        assert not quiet.holds(after.astimezone(zone))
        assert visit - after >= NEAR
        assert after - at <= timedelta(days=2, hours=1)
    assert postponed(at, visit=visit, zone=zone, quiet=NEVER) == at


# --- Planned and sent -------------------------------------------------------------------------------------------------
@pytest.fixture
def visit() -> Appointment:
    """On Friday at noon, taken on Monday."""
    start = NOW.replace(hour=11, minute=0) + timedelta(days=2)
    made = factories.appointment(start=start, patient=factories.patient(email="kumquat@exemple.test"))
    Appointment.objects.update(created_at=NOW - timedelta(days=2))
    PatientMessage.objects.all().delete()
    return made


def planned() -> list[PatientMessage]:
    return list(PatientMessage.objects.filter(kind=MessageKind.REMINDER))


@pytest.mark.django_db
def test_it_is_planned_once_when_its_moment_comes_and_sent(visit: Appointment) -> None:
    moment = visit.start - timedelta(days=1)
    assert plan_reminders(now=moment - timedelta(seconds=1)) == 0
    assert [plan_reminders(now=moment + timedelta(minutes=one)) for one in (0, 1, 2)] == [1, 0, 0]
    [pk] = due_messages(now=moment)
    assert send_message(message_id=pk, now=moment)
    assert mail.outbox[-1].subject == "Rappel de votre rendez-vous"
    assert "Nous vous attendons" in str(mail.outbox[-1].body)


@pytest.mark.django_db
def test_a_machine_that_was_down_for_long_sends_none(visit: Appointment) -> None:
    assert plan_reminders(now=visit.start - timedelta(hours=22)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["cancelled", "nothing wanted", "none chosen"])
def test_there_is_none_of_what_is_not_to_be_recalled(visit: Appointment, what: str) -> None:
    if what == "cancelled":
        Appointment.objects.update(status="cancelled")
    elif what == "nothing wanted":
        Patient.objects.update(wish=Wish.NOTHING)
    else:
        MessageSettings.objects.create(organization=visit.organization, reminders=[])
    assert plan_reminders(now=visit.start - timedelta(days=1)) == 0


@pytest.mark.django_db
def test_one_that_waits_for_the_morning_is_dropped_when_the_visit_moves(visit: Appointment) -> None:
    MessageSettings.objects.create(organization=visit.organization, quiet_from=time(10), quiet_until=time(18))
    moment = visit.start - timedelta(days=1)
    plan_reminders(now=moment)
    [one] = planned()
    assert one.next_attempt_at.astimezone(PARIS).hour == 18
    by: Any = factories.practice_actor(visit.practitioner)
    later = visit.start + timedelta(days=3)
    move_appointment(appointment_id=visit.id, version=1, start=later, by=by, now=moment, despite=True)
    assert not send_message(message_id=one.pk, now=one.next_attempt_at)
    one.refresh_from_db()
    assert one.state == MessageState.REPLACED
