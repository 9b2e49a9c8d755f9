"""In the evening who keeps an agenda is told once what was left open; without a patient's name, and only who wants it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level, NoticeState, Role
from accounts.models import User
from appointments.agenda.services.reminders import due_reminders, plan_reminders, send_reminder
from appointments.enums import Status
from appointments.models import Appointment, ClosingReminder, Schedule
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db

EIGHT = at("2026-11-25", "20:00")


def told(mailoutbox: Any, *, now: datetime = EIGHT) -> list[str]:
    """Whom the beat of that moment writes to."""
    before = len(mailoutbox)
    plan_reminders(now=now)
    for pk in due_reminders(now=now):
        send_reminder(reminder_id=pk, now=now)
    return sorted(to for one in mailoutbox[before:] for to in one.to)


@pytest.fixture
def secretary(schedule: Schedule) -> User:
    who = factories.user(email="secretaire@exemple.test")
    factories.delegate(who, schedule, Level.BOOK)
    factories.delegate(factories.user(), schedule, Level.SEE)
    factories.member(schedule.organization, factories.user(email="chef@exemple.test"), Role.MANAGER)
    return who


def test_who_books_there_is_told_once_an_evening(schedule: Schedule, secretary: User, mailoutbox: Any) -> None:
    patient = factories.patient(family_name="Pâquerette")
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:00"), patient=patient)
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "10:00"), status=Status.FULFILLED)
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "19:50"))  # ends after eight: the next evening's
    User.objects.filter(email="chef@exemple.test").update(closing_reminder=False)
    assert told(mailoutbox, now=EIGHT - timedelta(minutes=1)) == []
    assert told(mailoutbox) == sorted([secretary.email, schedule.practitioner.user.email])
    assert told(mailoutbox, now=EIGHT + timedelta(hours=1)) == []
    [first, _] = mailoutbox
    assert "Dr Alba Tournesol\u00a0: 1 rendez-vous" in first.body
    assert "Pâquerette" not in first.body
    # The evening after, of what was left open since.
    assert len(told(mailoutbox, now=EIGHT + timedelta(days=1))) == 2
    # What nobody closes for days is not told for ever.
    assert told(mailoutbox, now=EIGHT + timedelta(days=2)) == []


def test_nothing_is_written_once_all_is_closed(schedule: Schedule, secretary: User, mailoutbox: Any) -> None:
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:00"))
    assert plan_reminders(now=EIGHT) == 3
    Appointment.objects.update(status=Status.NOSHOW)
    assert not any(send_reminder(reminder_id=pk, now=EIGHT) for pk in due_reminders(now=EIGHT))
    assert {one.state for one in ClosingReminder.objects.all()} == {NoticeState.ABANDONED}
    assert mailoutbox == []


def test_it_is_chosen_on_the_closing_page(practitioner_client: Client, schedule: Schedule) -> None:
    who = schedule.practitioner.user
    for sent, wanted in (("", False), ("1", True)):
        assert practitioner_client.post("/a-clore/rappel/", {"rappel": sent}).status_code == 303
        who.refresh_from_db()
        assert who.closing_reminder is wanted
