"""An appointment becomes another one in everything, and what was done is taken back."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import (
    Details,
    Wanted,
    change_appointment,
    restore_appointment,
    undo_change,
)
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import CancelledFor, ConsultationType, EventKind, MessageState, Status
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.messages.services.planning import SETTLES
from appointments.messages.services.sending import due_messages, send_message
from appointments.models import Appointment, PatientMessage, ReasonAt
from interop.models import Delivery
from tests import factories
from tests.examples import few
from tests.factories import at

NOW = at("2026-11-25", "08:00")
START = at("2026-11-25", "14:00")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit() -> Appointment:
    """Of the regulation's, and so told to the SAS."""
    schedule = factories.rule().schedule
    patient = factories.patient(email="kiwano@exemple.test")
    return factories.appointment(schedule_=schedule, by=factories.regulator_actor(), start=START, patient=patient)


@pytest.fixture
def practice(visit: Appointment) -> Actor:
    return factories.practice_actor(visit.practitioner)


def change(visit: Appointment, by: Actor, *, despite: bool = True, tell: bool = True, **wanted: Any) -> Appointment:
    changed = change_appointment(
        appointment_id=visit.id,
        version=_version(visit),
        wanted=Wanted(**wanted),
        by=by,
        now=NOW,
        despite=despite,
        tell=tell,
    )
    visit.refresh_from_db()
    return changed


def undo(visit: Appointment, by: Actor, **options: Any) -> Appointment:
    return undo_change(appointment_id=visit.id, version=_version(visit), by=by, now=NOW, **options)


def _version(visit: Appointment) -> int:
    visit.refresh_from_db()
    return visit.version


def last_kind(visit: Appointment) -> str:
    return visit.events.latest("sequence").kind


def test_hour_length_and_agenda_change_as_one_fact(visit: Appointment, practice: Actor) -> None:
    colleague = factories.rule(schedule=factories.colleague(visit.schedule)).schedule
    both = factories.practice_actor(visit.practitioner, colleague.practitioner)
    later = START + timedelta(days=1, minutes=5)
    change(visit, both, start=later, minutes=25, schedule_id=colleague.id)
    assert (visit.start, visit.minutes, visit.schedule_id) == (later, 25, colleague.id)
    event = visit.events.latest("sequence")
    assert event.kind == EventKind.REASSIGNED
    assert event.snapshot["previous"].keys() >= {"start", "end", "practitioner", "schedule"}
    assert visit.events.count() == 2


@pytest.mark.parametrize("what", ["length", "details", "place"])
def test_what_the_sas_and_the_patient_are_told(visit: Appointment, practice: Actor, what: str) -> None:
    """The SAS of a length, whose end it has; the patient of a place."""
    PatientMessage.objects.update(state=MessageState.SENT)
    if what == "length":
        change(visit, practice, minutes=30)
    elif what == "details":
        change(visit, practice, details=Details(None, ConsultationType.AMB, note="Béquilles"))
    else:
        elsewhere = factories.schedule(
            practitioner=visit.practitioner, location=factories.location(organization=visit.organization)
        )
        change(visit, practice, schedule_id=elsewhere.id)
    assert Delivery.objects.count() == (2 if what == "length" else 1)
    assert PatientMessage.objects.filter(state=MessageState.PLANNED).count() == (1 if what == "place" else 0)


def test_a_reason_is_one_that_is_done_there_or_the_one_it_has(visit: Appointment, practice: Actor) -> None:
    done = factories.reason(schedule_=visit.schedule, label="Vaccin")
    unknown = factories.reason(schedule_=factories.colleague(visit.schedule), label="Ailleurs")
    change(visit, practice, details=Details(done.id, ConsultationType.AMB))
    assert (visit.reason, visit.minutes) == (done, 15)
    with pytest.raises(Refused, match="ne se fait pas dans cet agenda"):
        change(visit, practice, details=Details(unknown.id, ConsultationType.AMB))
    ReasonAt.objects.filter(schedule=visit.schedule).delete()
    change(visit, practice, details=Details(done.id, ConsultationType.AMB, note="Carnet"))
    assert (visit.reason, visit.note) == (done, "Carnet")


def test_growing_into_another_is_told_first_and_shrinking_never_is(visit: Appointment, practice: Actor) -> None:
    factories.appointment(schedule_=visit.schedule, start=START + timedelta(minutes=20))
    with pytest.raises(InTheWay):
        change(visit, practice, despite=False, minutes=30)
    change(visit, practice, despite=False, minutes=10)
    assert not visit.overbooked
    change(visit, practice, minutes=30)
    assert visit.overbooked
    change(visit, practice, despite=False, minutes=25)
    assert visit.overbooked


def test_nothing_that_changes_is_no_change(visit: Appointment, practice: Actor) -> None:
    with pytest.raises(Refused, match="déjà ainsi"):
        change(visit, practice, minutes=15, details=Details(None, ConsultationType.AMB, note=visit.note))
    assert visit.events.count() == 1


def test_an_undo_is_a_second_change(visit: Appointment, practice: Actor) -> None:
    colleague = factories.colleague(visit.schedule)
    both = factories.practice_actor(visit.practitioner, colleague.practitioner)
    reason = factories.reason(schedule_=visit.schedule, label="Vaccin")
    change(visit, both, details=Details(reason.id, ConsultationType.VR))
    Appointment.objects.filter(pk=visit.pk).update(arrived_at=NOW)
    before = Appointment.objects.filter(pk=visit.pk)
    columns = "start", "end", "schedule", "practitioner", "reason", "buffer_after", "consultation_type", "arrived_at"
    [was] = before.values(*columns)
    change(visit, both, start=START + timedelta(days=2), minutes=40, schedule_id=colleague.id)
    assert visit.reason is None
    undo(visit, both)
    assert list(before.values(*columns)) == [was]
    assert visit.events.count() == 4
    assert [one.sequence for one in Delivery.objects.order_by("sequence")] == [1, 3, 4]


def test_what_stands_there_since_is_in_the_way_of_an_undo(visit: Appointment, practice: Actor) -> None:
    change(visit, practice, start=START + timedelta(hours=1))
    factories.appointment(schedule_=visit.schedule, start=START)
    with pytest.raises(InTheWay):
        undo(visit, practice)
    assert undo(visit, practice, despite=True).overbooked


def test_what_stood_beside_another_goes_back_beside_it(visit: Appointment, practice: Actor) -> None:
    factories.appointment(schedule_=visit.schedule, start=START + timedelta(hours=1))
    change(visit, practice, start=START + timedelta(hours=1))
    change(visit, practice, start=START)
    assert undo(visit, practice).overbooked


def test_only_the_last_change_is_undone_and_no_words_about_the_patient(visit: Appointment, practice: Actor) -> None:
    change(visit, practice, start=START + timedelta(hours=1))
    with pytest.raises(ChangedMeanwhile):
        undo_change(appointment_id=visit.id, version=1, by=practice, now=NOW)
    change(visit, practice, details=Details(None, ConsultationType.AMB, note="Dit au médecin seul"))
    assert "médecin seul" not in str(visit.events.latest("sequence").snapshot)
    with pytest.raises(Refused, match="ne se défait plus"):
        undo(visit, practice)


def test_a_cancellation_says_who_asked_and_can_be_undone(visit: Appointment, practice: Actor) -> None:
    cancel_appointment(
        appointment_id=visit.id, version=1, by=practice, now=NOW, cancelled_for=CancelledFor.PATIENT, because="Guéri"
    )
    visit.refresh_from_db()
    assert (visit.cancelled_for, visit.cancelled_because) == ("patient", "Guéri")
    assert visit.events.latest("sequence").snapshot["cancelled_for"] == "patient"
    undo(visit, practice)
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_for, visit.cancelled_because) == (Status.BOOKED, "", "")
    assert last_kind(visit) == EventKind.RESTORED
    assert Delivery.objects.count() == 3


def test_what_others_cancelled_stays_so_and_what_is_taken_is_told(visit: Appointment, practice: Actor) -> None:
    regulator = Actor(user=visit.by_user, regulator=visit.by_regulator)
    cancel_appointment(appointment_id=visit.id, version=1, by=regulator, now=NOW)
    with pytest.raises(Refused, match="pas le cabinet qui l’a annulé"):
        restore_appointment(appointment_id=visit.id, version=2, by=practice, now=NOW)
    other = factories.appointment(schedule_=visit.schedule, start=START)
    cancel_appointment(appointment_id=other.id, version=1, by=practice, now=NOW)
    factories.appointment(schedule_=visit.schedule, start=START)
    with pytest.raises(InTheWay):
        restore_appointment(appointment_id=other.id, version=2, by=practice, now=NOW)


ACTS = st.lists(st.sampled_from(["move", "lengthen", "cancel", "undo", "wait"]), min_size=1, max_size=9)


@settings(
    max_examples=few(12, thorough=200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_whatever_is_done_the_patient_ends_with_what_is_so_and_hears_nothing_twice(acts: list[str]) -> None:
    """What left last says where the visit stands; and no two in a row say the same."""
    patient = factories.patient(email="kiwano@exemple.test")
    visit = factories.appointment(schedule_=factories.schedule(), start=START, patient=patient)
    practice, clock, told = factories.practice_actor(visit.practitioner), NOW, []

    def send() -> None:
        for pk in due_messages(now=clock):
            assert send_message(message_id=pk, now=clock)
            visit.refresh_from_db()
            told.append((visit.status, visit.start))

    send()
    for act in [*acts, "wait"]:
        visit.refresh_from_db()
        asked: dict[str, Any] = {"appointment_id": visit.id, "version": visit.version, "by": practice, "now": clock}
        try:
            if act == "move":
                change_appointment(wanted=Wanted(start=visit.start + timedelta(minutes=5)), despite=True, **asked)
            elif act == "lengthen":
                change_appointment(wanted=Wanted(minutes=visit.minutes + 5), despite=True, **asked)
            elif act == "cancel":
                cancel_appointment(**asked)
            elif act == "undo":
                undo_change(despite=True, **asked)
            else:
                clock += SETTLES
                send()
        except Refused:
            pass  # A cancelled one is not moved, and nothing was done yet to be undone.
        clock += timedelta(seconds=1)
    visit.refresh_from_db()
    assert told[-1] == (visit.status, visit.start)
    assert all(one != other for one, other in itertools.pairwise(told))
