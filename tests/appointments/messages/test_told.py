"""« Averti » is said by no page unless a receipt or a person says so: every change, channel and outcome, on the four pages."""

import itertools
import re
from collections.abc import Callable
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


def stated(answer: Any) -> str:
    """What the page says, without what one may choose or the head of its column."""
    answer.content = re.sub(rb"<select.*?</select>", b"", answer.content, flags=re.DOTALL)
    return text_of(answer).lower().replace("patient averti", "")


@pytest.fixture
def visit(schedule: Schedule, regulator: Regulator) -> Appointment:
    patient = factories.patient(email="kumquat@exemple.test")
    return factories.appointment(
        schedule_=schedule, start=TEN, by=Actor(user=regulator.user, regulator=regulator), patient=patient
    )


@pytest.mark.parametrize("change", CHANGES)
def test_no_page_says_so_unless_it_is_known(
    change: EventKind,
    visit: Appointment,
    sign_in: Callable[[User], Client],
    regulator_client: Client,
    schedule: Schedule,
) -> None:
    if change != EventKind.BOOKED:
        factories.event(visit, change, previous=BEFORE.get(change), tell=False)
    event = visit.events.latest("sequence")
    practice, regulator = sign_in(factories.delegation(schedule.practitioner)), regulator_client
    pages: dict[str, Callable[[], Any]] = {
        "agenda": lambda: practice.get(f"/agenda/{schedule.practitioner_id}/jour/2026-11-25/"),
        "appointment": lambda: practice.get(f"/rendez-vous/{visit.pk}/"),
        "confirmation": lambda: regulator.get(f"/rendez-vous/{visit.pk}/confirmation/"),
        "referrals": lambda: regulator.get("/orientations/"),
    }
    for channel, state in OUTCOMES:
        PatientMessage.objects.all().delete()
        address = "" if channel == Channel.CALL else "kumquat@exemple.test"
        moments = {"sent_at": NOW, "answered_at": NOW}
        message = factories.message(
            event, kind=CHANGES[change], channel=channel, state=state, address=address, **moments
        )
        sure = (channel, state) in SURE
        assert saying(message, schedule.location.zone).is_told is sure
        said = {name: stated(get()) for name, get in pages.items()}
        claims = {name for name, text in said.items() if any(claim in text for claim in CLAIMS)}
        assert claims <= {"appointment", "confirmation", "referrals"} if sure else not claims, (channel, state, claims)
        if sure:
            assert claims == {"appointment", "confirmation", "referrals"}, (channel, state, claims)
        if state == MessageState.TO_CALL:
            assert all("à prévenir" in text for text in said.values()), (channel, said)
