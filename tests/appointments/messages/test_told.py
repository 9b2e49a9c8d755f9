"""« Averti » is said by no page unless a receipt or a person says so: every change, channel and outcome in the lists, and on a
visit's own pages every one of a booking, a few of each other change.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import Actor
from appointments.enums import Channel, EventKind, MessageKind, MessageState
from appointments.messages.saying import TOLD, saying
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN

pytestmark = pytest.mark.django_db
CHANGES = {
    EventKind.BOOKED: MessageKind.CONFIRMATION,
    EventKind.MOVED: MessageKind.CHANGE,
    EventKind.REASSIGNED: MessageKind.CHANGE,
    EventKind.PLACE_CHANGED: MessageKind.CHANGE,
    EventKind.CANCELLED: MessageKind.CANCELLATION,
    EventKind.RESTORED: MessageKind.CONFIRMATION,
}
BEFORE = {
    EventKind.MOVED: {"start": "2026-11-25T08:00:00+00:00", "end": "2026-11-25T08:15:00+00:00"},
    EventKind.PLACE_CHANGED: {"place": "Avant"},
    EventKind.REASSIGNED: {"practitioner_name": "Dr Avant"},
}
SURE = {(Channel.EMAIL, MessageState.RECEIVED), (Channel.SMS, MessageState.RECEIVED), (Channel.CALL, MessageState.TOLD)}
# Words that claim the patient knows.
CLAIMS = (TOLD.lower(), "prévenu de vive voix", "reçu à")


def possible(channel: str, state: str) -> bool:
    told = state in {MessageState.TO_CALL, MessageState.TOLD}
    return told or state == MessageState.REPLACED if channel == Channel.CALL else not told


OUTCOMES = [one for one in itertools.product(Channel, MessageState) if possible(*one)]
UNSURE = [one for one in OUTCOMES if one not in SURE]


def read_alone(change: EventKind) -> set[tuple[str, str]]:
    """After which outcomes a visit's own pages are read: the words of an outcome are the same whatever it tells of."""
    turn = list(CHANGES).index(change)
    few = {*UNSURE[turn::6], (Channel.CALL, MessageState.TO_CALL), sorted(SURE)[turn % 3]}
    return set(OUTCOMES) if change == EventKind.BOOKED else few


def stated(answer: Any) -> str:
    """What the page says, without what one may choose or the head of its column."""
    answer.content = re.sub(rb"<select.*?</select>", b"", answer.content, flags=re.DOTALL)
    return text_of(answer).lower().replace("patient averti", "")


@dataclass(frozen=True)
class Desk:
    """Where one change of many visits is read: `practice` and `regulator` are signed in."""

    change: EventKind
    schedule: Schedule
    by: Actor
    practice: Client
    regulator: Client

    def visit(self, number: int) -> Appointment:
        """Booked by the regulator on that day, the n-th of its quarters of an hour, and changed."""
        patient = factories.patient(email="kumquat@exemple.test")
        start = TEN + number * timedelta(minutes=15)
        visit = factories.appointment(schedule_=self.schedule, start=start, by=self.by, patient=patient)
        if self.change != EventKind.BOOKED:
            factories.event(visit, self.change, previous=BEFORE.get(self.change), tell=False)
        PatientMessage.objects.filter(appointment=visit).delete()
        return visit

    def send(self, visit: Appointment, channel: str, state: str) -> PatientMessage:
        return factories.message(
            visit.events.latest("sequence"),
            kind=CHANGES[self.change],
            channel=channel,
            state=state,
            address="" if channel == Channel.CALL else "kumquat@exemple.test",
            sent_at=NOW,
            answered_at=NOW,
        )

    def lists(self) -> dict[str, str]:
        day = f"/agenda/{self.schedule.practitioner_id}/jour/2026-11-25/"
        return {"agenda": stated(self.practice.get(day)), "referrals": stated(self.regulator.get("/orientations/"))}

    def pages_of(self, visit: Appointment) -> dict[str, str]:
        return {
            "appointment": stated(self.practice.get(f"/rendez-vous/{visit.pk}/")),
            "confirmation": stated(self.regulator.get(f"/rendez-vous/{visit.pk}/confirmation/")),
        }


@pytest.fixture(params=CHANGES)
def desk(
    request: pytest.FixtureRequest,
    schedule: Schedule,
    regulator: Regulator,
    regulator_client: Client,
    sign_in: Callable[[User], Client],
) -> Desk:
    practice = sign_in(factories.delegation(schedule.practitioner))
    by = Actor(user=regulator.user, regulator=regulator)
    return Desk(request.param, schedule, by, practice, regulator_client)


def claims_in(said: dict[str, str]) -> set[str]:
    return {name for name, text in said.items() if any(claim in text for claim in CLAIMS)}


def test_no_page_says_so_unless_it_is_known(desk: Desk) -> None:
    for number, (channel, state) in enumerate(UNSURE):
        visit = desk.visit(number)
        message = desk.send(visit, channel, state)
        assert not saying(message, visit.schedule.location.zone).is_told, (channel, state)
        if (channel, state) not in read_alone(desk.change):
            continue
        said = desk.pages_of(visit)
        assert not claims_in(said), (channel, state)
        if state == MessageState.TO_CALL:
            assert all("à prévenir" in text for text in said.values()), said
    said = desk.lists()
    assert not claims_in(said)
    assert all("à prévenir" in text for text in said.values()), said


def test_pages_say_so_when_it_is(desk: Desk) -> None:
    visit = desk.visit(0)
    for channel, state in SURE & read_alone(desk.change):
        PatientMessage.objects.all().delete()
        message = desk.send(visit, channel, state)
        assert saying(message, visit.schedule.location.zone).is_told
        said = desk.pages_of(visit) | desk.lists()
        assert claims_in(said) == {"appointment", "confirmation", "referrals"}, (channel, state)
