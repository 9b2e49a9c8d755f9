"""What becomes of the visits that a change touches: chosen line by line, or for all, and done with the change or not at all."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from appointments.enums import EventKind, MessageKind, MessageState, Status
from appointments.models import Absence, Appointment, PatientMessage, Schedule, SetupChange
from interop.models import Delivery
from tests import factories
from tests.appointments.agenda.pages import posted_having_read, seal_of, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db

MONDAY = "2026-11-30"


@dataclass
class Desk:
    """An absence of a Monday on which visits stand, noted by their practitioner; a colleague receives at the same place."""

    client: Client
    schedule: Schedule
    colleague: Schedule
    visits: dict[str, Appointment] = field(default_factory=dict)

    def books(self, clock: str, **fields: Any) -> Appointment:
        fields = {"contact_email": f"de-{clock[:2]}@exemple.test"} | fields
        self.visits[clock] = factories.appointment(schedule_=self.schedule, start=at(MONDAY, clock), **fields)
        return self.visits[clock]

    def post(self, **typed: str) -> Any:
        address = f"/agenda/{self.schedule.practitioner_id}/horaires/absence/"
        return self.client.post(address, {"label": "Congrès", "first_day": MONDAY} | typed)

    def choosing(self, choices: dict[str, str], *, told: Any = None, tell: bool = True, **typed: str) -> Any:
        """As who reads the list, chooses so of each visit, and goes on."""
        told = told or self.post()
        sent = {"touched": seal_of(told)} | typed
        for clock, choice in choices.items():
            key = self.visits[clock].pk
            sent |= {f"sort-{key}": choice, f"sort-montre-{key}": "keep"} | ({f"prevenir-{key}": "on"} if tell else {})
        return self.post(**sent)

    def stands(self, clock: str) -> Appointment:
        return Appointment.objects.get(pk=self.visits[clock].pk)

    def options(self, told: Any, clock: str) -> list[str]:
        """What may be chosen of a visit."""
        page = told.content.decode()
        found = re.search(rf'name="sort-{self.visits[clock].pk}".*?</select>', page, re.DOTALL)
        return re.findall(r'<option value="([^"]*)"', found[0]) if found else []

    def chosen(self, told: Any, clock: str) -> str:
        page = told.content.decode()
        select = page[page.index(f'name="sort-{self.visits[clock].pk}"') :].partition("</select>")[0]
        return re.findall(r'<option value="([^"]*)"[^>]*\sselected', select)[0]


@pytest.fixture
def desk(practitioner_client: Client, schedule: Schedule) -> Desk:
    colleague = factories.schedule(location=schedule.location)
    assert schedule.practitioner is not None
    assert schedule.practitioner.user is not None
    factories.delegate(schedule.practitioner.user, colleague, Level.BOOK)
    for one in (schedule, colleague):
        factories.rule(schedule=one)
    return Desk(practitioner_client, schedule, colleague)


def moves(options: list[str]) -> list[str]:
    return [one for one in options if one.startswith("move:")]


def test_each_gets_what_was_chosen_with_the_change(desk: Desk) -> None:
    for clock in ("09:00", "09:30", "11:00"):
        desk.books(clock)
    desk.books("10:00", by=factories.regulator_actor())
    told = desk.post()
    assert not Absence.objects.exists()
    wanted = moves(desk.options(told, "09:00"))[0]
    give = f"give:{desk.colleague.pk}"
    assert give in desk.options(told, "09:30")
    assert text_of(told).count("SAS mis à jour") == 1
    answer = desk.choosing({"09:00": wanted, "09:30": give, "10:00": "cancel", "11:00": "keep"}, told=told)
    assert answer.status_code == 303
    assert Absence.objects.exists()
    assert int(desk.stands("09:00").start.timestamp()) == int(wanted.removeprefix("move:"))
    assert desk.stands("09:30").schedule_id == desk.colleague.pk
    assert desk.stands("10:00").status == Status.CANCELLED
    assert (desk.stands("11:00").version, desk.stands("11:00").status) == (desk.visits["11:00"].version, Status.BOOKED)
    # The SAS hears of its own, patients once each, and of the one that stays nothing.
    assert Delivery.objects.filter(event__appointment=desk.visits["10:00"].pk, event__kind=EventKind.CANCELLED).exists()
    planned = PatientMessage.objects.filter(state=MessageState.PLANNED).values_list("address", "kind")
    assert {one for one in planned if one[1] != MessageKind.CONFIRMATION} == {
        ("de-09@exemple.test", MessageKind.CHANGE),
        ("de-10@exemple.test", MessageKind.CANCELLATION),
    }
    fact = SetupChange.objects.get()
    assert (fact.touched, fact.said[-1]) == (4, ["rendez-vous touchés", "", "1 déplacé, 1 confié et 1 annulé"])


def test_where_one_can_t_be_done_nothing_is(desk: Desk) -> None:
    """The hour proposed went meanwhile: it is told at its line, with the other choices kept."""
    desk.books("09:00")
    desk.books("10:00")
    told = desk.post()
    wanted = moves(desk.options(told, "09:00"))[0]
    factories.appointment(schedule_=desk.schedule, start=datetime.fromtimestamp(int(wanted[5:]), tz=UTC))
    answer = desk.choosing({"09:00": wanted, "10:00": "cancel"}, told=told)
    assert answer.status_code == 409
    assert "Un rendez-vous est déjà pris" in text_of(answer)
    assert not Absence.objects.exists()
    assert desk.stands("10:00").is_booked
    assert wanted not in desk.options(answer, "09:00")
    assert desk.chosen(answer, "10:00") == "cancel"


def test_who_is_not_to_be_told_by_a_message_gets_none(desk: Desk) -> None:
    desk.books("09:00")
    assert desk.choosing({"09:00": "cancel"}, tell=False).status_code == 303
    assert desk.stands("09:00").is_cancelled
    assert not PatientMessage.objects.filter(state=MessageState.PLANNED).exists()


def test_what_is_chosen_for_all_is_read_before_it_is_done(desk: Desk) -> None:
    """It sets the lines that nobody touched."""
    for clock in ("09:00", "10:00"):
        desk.books(clock)
    told = desk.post()
    own = desk.visits["10:00"].pk
    typed = {f"sort-{own}": "cancel", f"sort-montre-{own}": "keep", "sort-pour-tous": "move"}
    again = desk.post(touched=seal_of(told), **typed)
    assert again.status_code == 409
    assert not Absence.objects.exists()
    assert desk.chosen(again, "09:00") == moves(desk.options(again, "09:00"))[0]
    assert desk.chosen(again, "10:00") == "cancel"
    assert 'name="sort-pour-tous-montre" value="move"' in again.content.decode()
    sent = {"09:00": desk.chosen(again, "09:00"), "10:00": "cancel"}
    done = desk.choosing(sent, told=again, **{"sort-pour-tous": "move", "sort-pour-tous-montre": "move"})
    assert done.status_code == 303
    assert desk.stands("09:00").start.date() != at(MONDAY, "09:00").date()


def test_no_hour_is_proposed_first_to_two(desk: Desk) -> None:
    """Nor one that the change itself takes away."""
    clocks = [f"09:{minutes:02d}" for minutes in range(0, 60, 15)]
    for clock in clocks:
        desk.books(clock)
    told = desk.post()
    first = [moves(desk.options(told, clock))[0] for clock in clocks]
    assert len(set(first)) == len(clocks)
    days = {str(datetime.fromtimestamp(int(one[5:]), tz=desk.schedule.location.zone).date()) for one in first}
    assert MONDAY not in days


def test_a_choice_that_was_not_proposed_does_nothing(desk: Desk) -> None:
    desk.books("09:00")
    told = desk.post()
    for choice in ("give:x", "move:-5", "move:99999999999", "delete", "move:1"):
        answer = desk.choosing({"09:00": choice}, told=told)
        assert answer.status_code == 409, choice
        assert desk.chosen(answer, "09:00") == "keep", choice
        assert not Absence.objects.exists(), choice


def test_only_who_books_there_gives_to_a_colleague(desk: Desk) -> None:
    desk.books("09:00")
    stranger = factories.colleague(desk.schedule)
    factories.rule(schedule=stranger)
    told = desk.post()
    assert f"give:{stranger.pk}" not in desk.options(told, "09:00")
    assert desk.choosing({"09:00": f"give:{stranger.pk}"}, told=told).status_code == 409
    assert desk.stands("09:00").schedule_id == desk.schedule.pk


def test_a_deletion_takes_choices_too(desk: Desk) -> None:
    visit = desk.books("09:00")
    rule = desk.schedule.rules.get()
    address = f"/agenda/{desk.schedule.practitioner_id}/horaires/regle/{rule.pk}/supprimer/"
    sent = {"version": str(rule.version), f"sort-{visit.pk}": "cancel"}
    _, done = posted_having_read(desk.client, address, sent)
    assert done.status_code == 303
    assert desk.stands("09:00").is_cancelled
    assert not desk.schedule.rules.exists()


def test_the_list_costs_the_same_for_many(desk: Desk, django_assert_max_num_queries: Any) -> None:
    for minutes in range(0, 60, 5):
        desk.books(f"09:{minutes:02d}", minutes=5)
    with django_assert_max_num_queries(70):
        desk.post()


def test_more_than_a_form_holds_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appointments.setup.services.fates.MOST", 1)
    monkeypatch.setattr("appointments.setup.views.touched.MOST", 1)
    for clock in ("09:00", "10:00"):
        desk.books(clock)
    told = desk.post()
    assert desk.options(told, "09:00")
    assert not desk.options(told, "10:00")
    assert "Les 1 premiers se choisissent ici ; les suivants sont gardés" in text_of(told)
