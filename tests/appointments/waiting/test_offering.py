"""An hour that comes free is proposed to who waits: to one at a time, in order, in time, and in the day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from appointments.booking.manage_link import waiting_link
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.holds import give_back_hold, take_hold
from appointments.enums import OfferState, WaitingState
from appointments.messages.services.sending import send_message
from appointments.models import Absence, Appointment, FreedSlot, Hold, PatientMessage, Reason, Schedule, WaitingOffer
from appointments.slots.selectors import free_slots_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, REGULATOR, Viewer
from appointments.waiting.services.answering import answer
from appointments.waiting.services.entries import AlreadyWaiting, forget_waiting, leave, register
from appointments.waiting.services.offering import agendas_waited_at, look
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.waiting.acts import cancel, fill, visit_at, waits, wanted
from tests.factories import at
from tests.undoing import undone

pytestmark = pytest.mark.django_db
TEN = at("2026-11-26", "10:00")
HALF = timedelta(minutes=30)


def offers(here: Schedule, now: datetime = NOW) -> list[WaitingOffer]:
    look(schedule_id=here.pk, now=now)
    return list(WaitingOffer.objects.order_by("offered_at", "turn"))


def starts(here: Schedule, viewer: Viewer) -> set[datetime]:
    place = Schedule.objects.with_place().get(pk=here.pk)
    found = free_slots_of([place], since=NOW, until=NOW + timedelta(days=2), now=NOW, viewer=viewer)
    return {one.start for one in found}


def test_it_goes_to_who_registered_first_and_is_hidden_from_other_patients_alone(
    full: Schedule, reason: Reason
) -> None:
    first, _ = waits(full, reason), waits(full, reason, now=NOW + timedelta(seconds=1))
    cancel(full, TEN)
    [offer] = offers(full)
    assert (offer.entry, offer.start, offer.turn, offer.until) == (first, TEN, 1, NOW + HALF)
    assert starts(full, PATIENT) == set()
    assert starts(full, REGULATOR) == {TEN}


def test_what_was_free_before_somebody_waited_is_proposed_to_nobody(here: Schedule, reason: Reason) -> None:
    waits(here, reason)
    assert offers(here) == []
    assert offers(here, NOW + timedelta(hours=1)) == []


def test_an_absence_that_is_lifted_frees_too(here: Schedule, reason: Reason) -> None:
    away = factories.absence(practitioner=here.practitioner, start=NOW, end=NOW + timedelta(days=20))
    waits(here, reason)
    assert offers(here) == []
    Absence.objects.filter(pk=away.pk).delete()
    [offer] = offers(here)
    assert offer.start == at("2026-11-26", "09:45")


def test_who_only_looks_at_an_hour_frees_nothing_by_leaving_it(here: Schedule, reason: Reason) -> None:
    held = take_hold(key=SlotKey(here.pk, TEN, 15), by=None, now=NOW, weak=True)
    waits(here, reason)
    assert offers(here) == []
    give_back_hold(token=held.token)
    assert offers(here) == []


WISHES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"weekdays": [4]}, True),
    ({"weekdays": [3, 5]}, False),
    ({"part": "morning"}, True),
    ({"part": "afternoon"}, False),
    ({"until": TEN.date()}, True),
    ({"until": NOW.date()}, False),
    ({"notice_hours": 22}, True),
    ({"notice_hours": 23}, False),
    ({"consultation_type": "VR"}, False),
]


def test_it_is_proposed_to_whom_it_suits(full: Schedule, reason: Reason) -> None:
    """Each alone on the list."""
    cancel(full, TEN)
    for said, suits in WISHES:
        with undone():
            waits(full, reason, **said)
            assert bool(offers(full)) == suits, said


def test_for_another_reason_it_is_none(full: Schedule, reason: Reason) -> None:
    waits(full, factories.reason(full, minutes=30))
    cancel(full, TEN)
    assert offers(full) == []
    cancel(full, at("2026-11-26", "10:15"))
    # A visit of a step is all that these rules offer.
    assert offers(full) == []


def test_silence_passes_it_on_and_after_three_it_is_free_for_all(full: Schedule, reason: Reason) -> None:
    people = [waits(full, reason, now=NOW + timedelta(seconds=number)) for number in range(4)]
    cancel(full, TEN)
    for number in range(5):
        made = offers(full, NOW + number * HALF)
    assert [one.entry for one in made] == people[:3]
    assert {one.state for one in made} == {OfferState.SILENT}
    assert TEN in starts(full, PATIENT)
    assert {one.state for one in people} == {WaitingState.WAITING}


def test_no_passes_it_on_at_once(full: Schedule, reason: Reason) -> None:
    first, second = waits(full, reason), waits(full, reason, now=NOW + timedelta(seconds=1))
    cancel(full, TEN)
    [offer] = offers(full)
    answer(entry_id=first.pk, offer_id=offer.pk, yes=False, now=NOW)
    assert [(one.entry, one.state) for one in offers(full)] == [(first, "refused"), (second, "made")]
    # Who said no to one hour still waits for others.
    cancel(full, at("2026-11-26", "11:00"))
    assert [one.entry for one in offers(full, NOW + timedelta(minutes=1))] == [first, second, first]


def test_what_is_taken_and_given_back_is_proposed_anew(full: Schedule, reason: Reason) -> None:
    first = waits(full, reason)
    cancel(full, TEN)
    [offer] = offers(full)
    answer(entry_id=first.pk, offer_id=offer.pk, yes=False, now=NOW)
    fill(full, reason, TEN, TEN)
    assert offers(full)[-1].state == "refused"
    assert not FreedSlot.objects.exists()
    cancel(full, TEN)
    assert [one.state for one in offers(full)] == ["refused", "made"]


def test_nobody_is_asked_in_the_quiet_hours_and_their_minutes_do_not_count(full: Schedule, reason: Reason) -> None:
    waits(full, reason)
    evening = at("2026-11-25", "21:00")
    cancel(full, at("2026-11-27", "10:00"), now=evening)
    assert offers(full, evening) == []
    cancel(full, at("2026-11-27", "10:30"))
    [offer] = offers(full, at("2026-11-25", "20:50"))
    assert offer.until == at("2026-11-26", "08:20")


def test_it_ends_four_hours_before_the_visit(full: Schedule, reason: Reason) -> None:
    waits(full, reason)
    cancel(full, TEN)
    # Answered by 20:55 the latest, of a visit at 10: in time. The next morning it would not be.
    assert offers(full, at("2026-11-26", "08:00")) == []


def test_the_practice_takes_it_and_the_answer_is_told_the_truth(full: Schedule, reason: Reason) -> None:
    entry = waits(full, reason)
    cancel(full, TEN)
    [offer] = offers(full)
    by = factories.regulator_actor()
    book_appointment(key=SlotKey(full.pk, TEN, 15), visit=factories.visit(), by=by, now=NOW)
    assert not Hold.objects.exists()
    said = answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=NOW)
    assert said is not None
    assert (said.state, said.cause) == (OfferState.GONE, "Ce créneau vient d’être pris.")
    entry.refresh_from_db()
    assert entry.is_waiting


def test_a_look_at_the_hour_does_not_end_the_proposal(full: Schedule, reason: Reason) -> None:
    entry = waits(full, reason)
    cancel(full, TEN)
    [offer] = offers(full)
    Hold.objects.all().delete()
    [again] = offers(full)
    assert again.hold not in (None, offer.hold)
    assert Hold.objects.get().token == again.hold
    said = answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=NOW)
    assert said is not None
    assert said.state == OfferState.ACCEPTED


def test_yes_books_and_what_was_typed_is_kept_no_longer(full: Schedule, reason: Reason) -> None:
    entry = waits(full, reason)
    cancel(full, TEN)
    [offer] = offers(full)
    for _ in range(2):
        said = answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=NOW + timedelta(minutes=29))
        assert said is not None
        assert said.state == OfferState.ACCEPTED
    visit = visit_at(full, TEN)
    assert (said.appointment, visit.reason, visit.origin, visit.from_list) == (visit, reason, "patient", True)
    entry.refresh_from_db()
    assert (entry.state, entry.details, entry.person) == (WaitingState.SERVED, None, "")
    assert not Hold.objects.exists()
    assert not PatientMessage.objects.filter(offer=offer).exclude(address="").exists()


def test_yes_gives_back_the_visit_they_have(full: Schedule, reason: Reason) -> None:
    theirs = visit_at(full, at("2026-11-27", "10:00"))
    entry = waits(full, reason, appointment=theirs.pk)
    cancel(full, at("2026-11-28", "10:30"))
    # Later than theirs.
    assert offers(full) == []
    cancel(full, TEN)
    [offer] = offers(full)
    said = answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=NOW)
    assert said is not None
    theirs.refresh_from_db()
    assert (said.appointment, theirs.start, theirs.status) == (theirs, TEN, "booked")
    assert not Appointment.objects.standing().filter(start=at("2026-11-27", "10:00")).exists()


def test_yes_of_a_file_of_the_practice_is_for_that_file(full: Schedule, reason: Reason) -> None:
    file = factories.file(full.organization, email="dossier@exemple.test")
    entry = waits(full, reason, by=factories.practice_actor(full.practitioner), file=file.pk)
    cancel(full, TEN)
    [offer] = offers(full)
    answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=NOW)
    visit = visit_at(full, TEN)
    assert visit.patient == file
    assert visit.given_as not in (None, file)


def test_a_late_answer_books_nothing(full: Schedule, reason: Reason) -> None:
    entry = waits(full, reason)
    cancel(full, TEN)
    [offer] = offers(full)
    said = answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=offer.until)
    assert said is not None
    assert said.state == OfferState.SILENT
    assert not Appointment.objects.standing().filter(start=TEN).exists()


def test_of_somebody_else_s_proposal_nothing_is_told(full: Schedule, reason: Reason) -> None:
    waits(full, reason)
    other = waits(full, reason, now=NOW + timedelta(seconds=1))
    cancel(full, TEN)
    [offer] = offers(full)
    assert answer(entry_id=other.pk, offer_id=offer.pk, yes=True, now=NOW) is None
    assert not Appointment.objects.standing().filter(start=TEN).exists()


def test_who_leaves_leaves_the_hour_to_the_next(full: Schedule, reason: Reason) -> None:
    first, second = waits(full, reason), waits(full, reason, now=NOW + timedelta(seconds=1))
    cancel(full, TEN)
    offers(full)
    leave(entry_id=first.pk)
    leave(entry_id=first.pk)
    assert [(one.entry, one.state) for one in offers(full)] == [(first, "dropped"), (second, "made")]


def test_the_same_person_waits_once(here: Schedule, reason: Reason) -> None:
    asked = wanted(here, reason)
    there = register(waiting=asked, by=factories.practice_actor(here.practitioner), now=NOW)
    with pytest.raises(AlreadyWaiting) as again:
        register(waiting=asked, by=factories.practice_actor(here.practitioner), now=NOW)
    assert again.value.entry == there
    leave(entry_id=there.pk)
    register(waiting=asked, by=factories.practice_actor(here.practitioner), now=NOW)


def test_the_message_leaves_once_with_hour_limit_and_link(full: Schedule, reason: Reason) -> None:
    entry = waits(full, reason)
    cancel(full, TEN)
    offers(full)
    offers(full)
    [message] = PatientMessage.objects.filter(kind="offer")
    assert message.next_attempt_at == NOW + timedelta(seconds=15)
    before = len(mail.outbox)
    for _ in range(2):
        send_message(message_id=message.pk, now=NOW + timedelta(seconds=15))
    [letter] = mail.outbox[before:]
    assert letter.to == [entry.contact["email"]]
    said = str(letter.body).replace("\u00a0", " ").replace("\u202f", " ")
    assert "jeudi 26 novembre 2026 à 10 h 00" in said
    assert "jusqu’à 11 h 10" in said
    assert waiting_link(entry.pk) in said
    assert "Consultation" not in said


def test_who_is_put_on_the_list_is_told_so_once_with_the_link_to_their_place(full: Schedule, reason: Reason) -> None:
    entry, gone = waits(full, reason), waits(full, reason)
    leave(entry_id=gone.pk)
    before = len(mail.outbox)
    for message in PatientMessage.objects.filter(kind="waiting"):
        assert message.next_attempt_at == NOW + timedelta(seconds=15)
        for _ in range(2):
            send_message(message_id=message.pk, now=NOW + timedelta(seconds=15))
    [letter] = mail.outbox[before:]
    assert letter.to == [entry.contact["email"]]
    said = str(letter.body).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Avec : Dr Alba Tournesol" in said
    assert "Jusqu’au : mercredi 9 décembre 2026" in said
    assert waiting_link(entry.pk) in said
    assert "Consultation" not in said
    assert "23 h 59" not in said


def test_what_is_taken_back_within_seconds_is_told_to_nobody(full: Schedule, reason: Reason) -> None:
    waits(full, reason)
    cancel(full, TEN)
    offers(full)
    Hold.objects.all().delete()
    fill(full, reason, TEN, TEN)
    offers(full)
    [message] = PatientMessage.objects.filter(kind="offer")
    before = len(mail.outbox)
    send_message(message_id=message.pk, now=NOW + timedelta(seconds=15))
    assert len(mail.outbox) == before


def test_two_agendas_ask_one_person_once_at_a_time(full: Schedule, reason: Reason) -> None:
    other = factories.colleague(full)
    factories.rule(schedule=other, reasons=[reason])
    fill(other, reason, NOW, NOW + timedelta(days=3))
    waits(full, reason, schedules=[full.pk, other.pk])
    look(schedule_id=other.pk, now=NOW)
    for one in (full, other):
        cancel(one, TEN)
    assert len(offers(full)) == 1
    assert len(offers(other)) == 1


def test_the_look_asks_a_constant_number_of_questions(
    full: Schedule, reason: Reason, django_assert_num_queries: Any
) -> None:
    waits(full, reason)
    with django_assert_num_queries(16):
        look(schedule_id=full.pk, now=NOW)
    for number in range(20):
        waits(full, reason, now=NOW + timedelta(seconds=number))
    with django_assert_num_queries(16):
        look(schedule_id=full.pk, now=NOW)


def test_who_waited_is_forgotten_after_their_day(full: Schedule, reason: Reason) -> None:
    waits(full, reason, until=NOW.date())
    assert forget_waiting(now=NOW + timedelta(days=1), limit=10) == 0
    assert forget_waiting(now=NOW + timedelta(days=2), limit=10) == 1
    assert agendas_waited_at() == [full.pk]
    look(schedule_id=full.pk, now=NOW + timedelta(days=2))
    assert agendas_waited_at() == []
