"""A day that is emptied: where its visits could go, all done at once, who is told how, what can be undone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Level
from appointments.enums import EventKind, MessageState, Status
from appointments.messages.services.sending import due_messages, send_message
from appointments.models import Absence, Appointment, EmptiedVisit, Emptying, PatientMessage, Schedule, SetupChange
from interop.models import Delivery
from tests import factories
from tests.appointments.access.sending import as_data, forms_of, typed_over
from tests.appointments.agenda.conftest import NOW
from tests.appointments.agenda.pages import text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db

DAY = "2026-11-30"


@dataclass
class Desk:
    """A Monday of a practitioner who is ill; a colleague receives at the same place until eleven."""

    client: Client
    schedule: Schedule
    colleague: Schedule
    visits: dict[str, Appointment] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"/agenda/{self.schedule.practitioner_id}/vider/{DAY}/"

    @property
    def day(self) -> str:
        return f"/agenda/{self.schedule.practitioner_id}/jour/{DAY}/"

    def books(self, clock: str, *, at_colleague: bool = False, **fields: Any) -> Appointment:
        fields = {"contact_email": f"de-{clock[:2]}@exemple.test"} | fields
        schedule = self.colleague if at_colleague else self.schedule
        made = factories.appointment(schedule_=schedule, start=at(DAY, clock), **fields)
        if not at_colleague:
            self.visits[clock] = made
        return made

    def open(self, **asked: str) -> Any:
        return self.client.get(self.address, asked)

    def sends(self, page: Any, **typed: str) -> Any:
        """The form as it is on this page, with what is typed into it."""
        [form] = [one for one in forms_of(page.content.decode(), self.address) if one.action == self.address]
        return self.client.post(self.address, as_data(typed_over(form.fields, typed)))

    def chosen(self, page: Any) -> dict[str, str]:
        """By hour, what is chosen of each visit."""
        [form] = [one for one in forms_of(page.content.decode(), self.address) if one.action == self.address]
        sent = dict(form.fields)
        return {clock: sent[f"sort-{one.pk}"] for clock, one in self.visits.items()}

    def given(self, clock: str = "") -> str:
        at_ = f":{int(at(DAY, clock).timestamp())}" if clock else ""
        return f"give:{self.colleague.pk}{at_}"

    def stands(self, clock: str) -> Appointment:
        return Appointment.objects.get(pk=self.visits[clock].pk)


@pytest.fixture
def desk(practitioner_client: Client, schedule: Schedule) -> Desk:
    colleague = factories.schedule(location=schedule.location)
    assert schedule.practitioner is not None
    assert schedule.practitioner.user is not None
    factories.delegate(schedule.practitioner.user, colleague, Level.BOOK)
    factories.rule(schedule=schedule)
    factories.rule(schedule=colleague, end_time=at(DAY, "11:00").time())
    return Desk(practitioner_client, schedule, colleague)


@pytest.fixture
def later() -> Iterator[Any]:
    """The clock goes on by so many minutes."""
    traveller = time_machine.travel(NOW, tick=False)
    with traveller as clock:
        yield lambda minutes: clock.move_to(NOW + timedelta(minutes=minutes))


def test_colleagues_take_each_at_its_hour_else_the_nearest_else_later_else_it_is_cancelled(desk: Desk) -> None:
    desk.books("09:30", at_colleague=True)
    for clock in ("09:00", "09:30", "11:30"):
        desk.books(clock)
    desk.books("10:00", consultation_type="VR")  # nobody receives so
    page = desk.open()
    assert desk.chosen(page) == {
        "09:00": desk.given(), "09:30": desk.given("09:15"), "11:30": desk.given("10:45"), "10:00": "cancel",
    }  # fmt: skip
    said = text_of(page)
    assert "Confrères, même jour 3 placés sur 4" in said
    assert "plus tard 3 placés sur 4, dès mar. 1er déc." in said
    assert "3 confiés, 1 annulé." in said
    assert "Annuler : aucune heure libre en 14 jours" in said


def test_later_hours_are_promised_once_and_touched_lines_stay(desk: Desk) -> None:
    desk.books("09:00")
    desk.books("09:30")
    page = desk.open(proposition="plus-tard")
    first, second = (f"move:{int(at('2026-12-01', clock).timestamp())}" for clock in ("09:00", "09:15"))
    assert desk.chosen(page) == {"09:00": first, "09:30": second}
    kept = desk.sends(page, **{f"sort-{desk.visits['09:00'].pk}": "keep", "proposition": "annuler"})
    assert desk.chosen(kept) == {"09:00": "keep", "09:30": "cancel"}
    assert "1 annulé, 1 gardé." in text_of(kept)


def test_all_is_done_at_once_and_messages_wait(desk: Desk, later: Any) -> None:
    desk.books("09:00")
    desk.books("09:30", by=factories.regulator_actor(), contact_email="", contact_phone="+33199004560")
    desk.books("11:00")
    PatientMessage.objects.all().delete()
    page = desk.open(duree="matin")
    typed = {f"sort-{desk.visits['11:00'].pk}": "cancel", "raison": "Malade", "vider": "1"}
    answer = desk.sends(page, **typed)
    assert answer.status_code == 303, text_of(answer)
    absence, made = Absence.objects.get(), Emptying.objects.get()
    assert (absence.start, absence.end, absence.label) == (at(DAY, "00:00"), at(DAY, "13:00"), "Malade")
    assert [desk.stands(clock).schedule_id for clock in ("09:00", "09:30")] == [desk.colleague.pk] * 2
    assert desk.stands("11:00").status == Status.CANCELLED
    assert Delivery.objects.filter(event__kind=EventKind.REASSIGNED).count() == 1
    assert SetupChange.objects.get().said[-1] == ["rendez-vous touchés", "", "2 confiés et 1 annulé"]
    # Two messages leave in five minutes, the third patient is called.
    assert (
        PatientMessage.objects.filter(state=MessageState.PLANNED, next_attempt_at=NOW + timedelta(minutes=5)).count()
        == 2
    )
    assert not due_messages(now=NOW + timedelta(minutes=4))
    assert len(due_messages(now=NOW + timedelta(minutes=5))) == 2
    told = text_of(desk.client.get(answer.url))
    assert "1 patient à appeler" in told
    assert "01 99 00 45 60" in told
    # Sent twice, it is done once.
    assert desk.sends(page, **typed).url == answer.url
    assert (Emptying.objects.get(), EmptiedVisit.objects.count()) == (made, 3)


def test_what_went_meanwhile_is_named_and_nothing_is_done(desk: Desk) -> None:
    desk.books("09:00")
    desk.books("09:30")
    page = desk.open()
    desk.books("09:30", at_colleague=True)
    answer = desk.sends(page, vider="1")
    assert answer.status_code == 409
    assert "Un rendez-vous est déjà pris de 9 h 30" in text_of(answer)
    assert not Absence.objects.exists()
    # A visit that came is read before anything is done; so is a list drawn for something else.
    page = desk.open()
    desk.books("10:00")
    assert desk.sends(page, vider="1").status_code == 409
    page = desk.open()
    assert desk.sends(page, vider="1", duree="apres-midi").status_code == 409
    assert not Absence.objects.exists()


def test_an_absence_noted_already_is_the_one(desk: Desk) -> None:
    desk.books("09:00")
    day = at(DAY, "00:00").date()
    Absence.objects.create(calendar=desk.schedule.calendar, first_day=day, last_day=day + timedelta(days=2))
    address = f"/agenda/{desk.schedule.practitioner_id}/horaires/absence/{Absence.objects.get().pk}/"
    assert "Vider : lundi 30 novembre (1)" in text_of(desk.client.get(address))
    assert desk.sends(desk.open(), vider="1").status_code == 303
    assert Absence.objects.count() == 1
    assert "Vider" not in text_of(desk.client.get(address))
    assert desk.stands("09:00").schedule_id == desk.colleague.pk


def test_what_a_patient_receives_is_read_before_as_it_will_leave(desk: Desk) -> None:
    one, other = desk.books("09:00"), desk.books("09:30")
    PatientMessage.objects.update(state="sent", sent_at=NOW)
    day = at(DAY, "00:00").date()
    who = {"calendar": desk.schedule.calendar, "replacement": desk.colleague}
    Absence.objects.create(**who, first_day=day, last_day=day)

    def received(page: Any) -> str:
        return text_of(page).partition("Ce que reçoit ")[2].partition("Ensuite")[0]

    page = desk.open()
    shown = received(page)
    assert shown.startswith(f"{one.patient.listed_name} E-mail, objet : ")
    assert str(desk.colleague.practitioner) in shown
    # Of the line one is on, as one has just changed it.
    [form] = [one for one in forms_of(page.content.decode(), desk.address) if one.action == desk.address]
    changed = as_data(typed_over(form.fields, {f"sort-{other.pk}": "cancel"}))
    cancelled = received(desk.client.post(f"{desk.address}?apercu={other.pk}", changed))
    assert cancelled.startswith(f"{other.patient.listed_name} E-mail, objet : ")
    assert str(desk.colleague.practitioner) in cancelled
    kept = as_data(typed_over(form.fields, {f"sort-{other.pk}": "keep"}))
    assert "son rendez-vous ne change pas" in received(desk.client.post(f"{desk.address}?apercu={other.pk}", kept))
    desk.client.post(desk.address, changed | {"vider": "1"})
    for message, said in zip(PatientMessage.objects.to_send().order_by("event"), (shown, cancelled), strict=True):
        send_message(message_id=message.pk, now=NOW + timedelta(minutes=5))
        message.refresh_from_db()
        assert words(message.body) in said


@pytest.mark.parametrize("count", [1, 5])
def test_the_pages_keep_their_budgets(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.books(f"{9 + number // 4:02}:{number % 4 * 15:02}")
    with CaptureQueriesContext(connection) as queries:
        page = desk.open()
    assert len(queries) <= 23
    done = desk.sends(page, vider="1")
    with CaptureQueriesContext(connection) as queries:
        desk.client.get(done.url)
    assert len(queries) <= 17


def test_who_called_and_when_is_noted_once(desk: Desk) -> None:
    desk.books("09:00", contact_email="")
    page = desk.client.get(desk.sends(desk.open(), vider="1").url)
    [form] = [one for one in forms_of(page.content.decode(), desk.address) if one.action.endswith("/prevenu/")]
    stale = dict(form.fields) | {"version": "1"}
    assert desk.client.post(form.action, stale).status_code == 409
    assert desk.client.post(form.action, dict(form.fields)).status_code == 303
    row = EmptiedVisit.objects.get()
    assert (row.told_at, row.told_by) == (NOW, desk.schedule.practitioner.user)
    said = text_of(desk.client.get(re.sub("prevenu/$", "", form.action)))
    assert "Tous sont prévenus" in said
    assert f"à 10 h 40, {row.told_by_name}" in said


def undone(desk: Desk, done: Any, *, but: str = "") -> Any:
    """The form of the page that tells what was done, as it is, without the line of the visit of that hour."""
    page = desk.client.get(done.url)
    [form] = [one for one in forms_of(page.content.decode(), done.url) if one.action == done.url]
    left = EmptiedVisit.objects.filter(event__appointment=desk.visits[but]).get().pk if but else None
    return desk.client.post(done.url, as_data([one for one in form.fields if one != ("ligne", str(left))]))


def test_undone_while_messages_wait_all_stands_as_before_and_none_leaves(desk: Desk) -> None:
    for clock in ("09:00", "09:30", "10:00"):
        desk.books(clock)
    desk.books("11:00", by=factories.regulator_actor())
    PatientMessage.objects.update(state=MessageState.SENT)
    before = {clock: (one.start, one.schedule_id, one.status) for clock, one in desk.visits.items()}
    typed = {
        f"sort-{desk.visits['10:00'].pk}": "cancel",
        f"sort-{desk.visits['11:00'].pk}": f"move:{int(at('2026-12-02', '09:00').timestamp())}",
    }
    done = desk.sends(desk.open(), vider="1", **typed)
    agenda = desk.client.get(desk.day)
    assert f'href="{done.url}"' in agenda.content.decode()
    assert ("Jour vidé, défaire" in text_of(agenda), "Vider ce jour" in text_of(agenda)) == (True, False)
    answer = undone(desk, done)
    assert answer.status_code == 303, text_of(answer)
    assert {
        clock: (now.start, now.schedule_id, now.status) for clock in before if (now := desk.stands(clock))
    } == before
    assert not Absence.objects.exists()
    assert not PatientMessage.objects.filter(state=MessageState.PLANNED).exists()
    # The SAS hears both: moved, and back.
    kinds = Delivery.objects.filter(event__appointment=desk.visits["11:00"].pk).values_list("event__kind", flat=True)
    assert list(kinds)[1:] == [EventKind.MOVED, EventKind.MOVED]
    said = text_of(desk.client.get(answer.url))
    assert "Remis par" in said
    assert "à appeler" not in said
    assert "Vider ce jour" in text_of(desk.client.get(desk.day))
    # Undone once.
    assert "Défaire ce qui est coché" not in text_of(desk.client.get(done.url))


def test_undone_later_who_was_told_is_told_again_and_who_was_called_is_to_be_called(desk: Desk) -> None:
    desk.books("09:00")
    desk.books("09:30", contact_email="")
    PatientMessage.objects.update(state=MessageState.SENT)
    done = desk.sends(desk.open(), vider="1")
    PatientMessage.objects.update(state=MessageState.SENT)
    EmptiedVisit.objects.filter(event__appointment=desk.visits["09:30"]).update(
        told_at=NOW, told_by=desk.schedule.practitioner.user
    )
    answer = undone(desk, done)
    assert [one.address for one in PatientMessage.objects.filter(state=MessageState.PLANNED)] == ["de-09@exemple.test"]
    assert "1 patient à appeler" in text_of(desk.client.get(answer.url))


def test_what_can_t_come_back_is_named_and_the_others_do(desk: Desk) -> None:
    for clock in ("09:00", "09:30", "10:00"):
        desk.books(clock)
    done = desk.sends(desk.open(), vider="1")
    page = desk.client.get(done.url)
    # Taken since, and changed since.
    factories.appointment(schedule_=desk.schedule, start=at(DAY, "09:30"))
    Appointment.objects.filter(pk=desk.visits["10:00"].pk).update(version=99)
    [form] = [one for one in forms_of(page.content.decode(), done.url) if one.action == done.url]
    stale = desk.client.post(done.url, as_data(form.fields))
    assert stale.status_code == 409
    assert Absence.objects.exists()
    said = text_of(stale)
    assert "Ne revient pas : un rendez-vous est déjà pris de 9 h 30" in said
    assert "Ne revient pas : a changé depuis" in said
    assert undone(desk, done).status_code == 303
    assert [desk.stands(clock).schedule_id == desk.schedule.pk for clock in ("09:00", "09:30", "10:00")] == [
        True, False, False,
    ]  # fmt: skip
