"""What a service writes at one organization, and what it refuses because it reaches another."""

from datetime import date, time

import pytest
from django.utils import timezone

from accounts.enums import Level
from accounts.models import User
from accounts.rights import Actor, actor_of
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.corrections import Contacts, Version, correct_file
from appointments.booking.services.joining import join_patient
from appointments.booking.services.merging import merge_files
from appointments.booking.services.moving import reassign_appointment
from appointments.enums import AppointmentType, ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Appointment, Rule
from appointments.openings.services.absences import Away, change_absence, create_absence, delete_absence
from appointments.openings.services.closures import create_closure, delete_closure
from appointments.openings.services.reasons import Wording, change_reason
from appointments.openings.services.rules import change_only_this_day, delete_rule, put_day_back
from appointments.openings.values import Days, Opening, Repeat
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.agenda.conftest import NOW
from tests.factories import at

pytestmark = pytest.mark.django_db
DAYS = Days(date(2026, 12, 7), date(2026, 12, 8))


def acting(user: User) -> Actor:
    return actor_of(user, {})


def at_here(world: World, level: Level) -> Actor:
    user = factories.user()
    factories.delegate(user, world.here, level)
    return acting(user)


def test_nothing_is_booked_where_one_does_not_book(world: World) -> None:
    book, see = at_here(world, Level.BOOK), at_here(world, Level.SEE)
    for schedule, by in ((world.there, book), (world.here, see)):
        key = SlotKey(schedule.id, at("2026-11-26", "10:00"), 15)
        with pytest.raises(NotAllowed):
            book_appointment(key=key, visit=factories.visit(), by=by, now=NOW)
        with pytest.raises(NotAllowed):
            book_freely(
                schedule_id=schedule.id, start=key.start, minutes=15, visit=factories.visit(), by=by, now=NOW, despite=True
            )  # fmt: skip
    key = SlotKey(world.here.id, at("2026-11-26", "10:00"), 15)
    assert book_appointment(key=key, visit=factories.visit(), by=book, now=NOW).schedule_id == world.here.id


def test_what_stands_where_one_does_not_book_is_not_changed(world: World) -> None:
    for visit, level in ((world.visit_there, Level.MANAGE), (world.visit, Level.SEE)):
        with pytest.raises(NotAllowed):
            cancel_appointment(appointment_id=visit.id, version=visit.version, by=at_here(world, level), now=NOW)


def test_a_visit_is_given_only_to_an_agenda_where_one_books(world: World) -> None:
    user = factories.user()
    factories.delegate(user, world.here, Level.BOOK)
    factories.delegate(user, world.colleague, Level.SEE)
    given = {"appointment_id": world.visit.id, "version": 1, "schedule_id": world.colleague.id, "now": NOW}
    factories.rule(schedule=world.colleague)
    with pytest.raises(NotAllowed):
        reassign_appointment(by=acting(user), **given)
    factories.delegate(user, world.colleague, Level.BOOK)
    assert reassign_appointment(by=acting(user), **given).schedule_id == world.colleague.id


def test_who_books_at_one_place_notes_absences_there_and_not_everywhere(world: World) -> None:
    by = at_here(world, Level.BOOK)
    made = create_absence(
        practitioner_id=world.practitioner.id, away=Away(DAYS, schedule_id=world.here.id), by=by, now=NOW
    )
    with pytest.raises(Refused, match="d’autres structures"):
        create_absence(practitioner_id=world.practitioner.id, away=Away(DAYS), by=by, now=NOW)
    with pytest.raises(Refused, match="d’autres structures"):
        change_absence(absence_id=made[0].id, version=1, away=Away(DAYS), by=by, now=NOW)
    with pytest.raises(NotAllowed):
        create_absence(
            practitioner_id=world.practitioner.id, away=Away(DAYS, schedule_id=world.there.id), by=by, now=NOW
        )
    for absence in (world.absence_there, world.absence_everywhere):
        with pytest.raises(NotAllowed):
            delete_absence(absence_id=absence.id, version=absence.version, by=by)
    delete_absence(absence_id=made[0].id, version=1, by=by)


def test_who_books_at_all_open_places_notes_absences_everywhere(world: World) -> None:
    user = factories.user()
    factories.delegate(user, world.here, Level.BOOK)
    world.there.active = False
    world.there.save()
    create_absence(practitioner_id=world.practitioner.id, away=Away(DAYS), by=acting(user), now=NOW)
    world.there.active = True
    world.there.save()
    factories.delegate(user, world.there, Level.BOOK)
    later = Days(date(2026, 12, 14), date(2026, 12, 15))
    create_absence(practitioner_id=world.practitioner.id, away=Away(later), by=acting(user), now=NOW)


def test_of_a_series_goes_what_one_may_note_oneself(world: World) -> None:
    own = factories.practice_actor(world.practitioner)
    away = Away(Days(date(2026, 12, 7), date(2026, 12, 7)), schedule_id=world.here.id)
    first, second, third = create_absence(
        practitioner_id=world.practitioner.id, away=away, by=own, now=NOW, repeat=Repeat(date(2026, 12, 21))
    )
    moved = Away(Days(date(2026, 12, 14), date(2026, 12, 14)), schedule_id=world.there.id)
    change_absence(absence_id=second.id, version=1, away=moved, by=own, now=NOW)
    by = at_here(world, Level.BOOK)
    assert delete_absence(absence_id=first.id, version=1, by=by, whole_series=True) == 2
    assert Absence.objects.filter(series=first.series).get() == second
    assert not Absence.objects.filter(pk=third.pk).exists()


def test_a_day_put_back_leaves_the_opening_elsewhere_that_replaced_it(world: World) -> None:
    day, today = date(2026, 11, 26), date(2026, 11, 25)
    instead = Opening(
        schedule_id=world.there.id, weekdays=(4,), start_time=time(8), end_time=time(9), step_minutes=15,
        audiences=(), consultation_types=(ConsultationType.AMB,), appointment_type=AppointmentType.ROUTINE,
    )  # fmt: skip
    only = change_only_this_day(
        rule_id=world.rule.id, version=world.rule.version, day=day, opening=instead, today=today,
        by=factories.practice_actor(world.practitioner),
    )  # fmt: skip
    world.rule.refresh_from_db()
    put_day_back(rule_id=world.rule.id, version=world.rule.version, day=day, by=at_here(world, Level.MANAGE))
    assert not world.rule.days_off.exists()
    assert Rule.objects.filter(pk=only.pk).exists()


def test_a_patient_is_corrected_by_who_books_in_the_agenda_of_the_visit(world: World) -> None:
    def correct(visit: Appointment, by: Actor) -> None:
        correct_file(
            appointment_id=visit.id, version=Version(visit.version, visit.patient.version),
            details=factories.patient(family_name="Autre"), contacts=Contacts("", "", "", ""), others_too=False,
            by=by, now=NOW,
        )  # fmt: skip

    for visit, level in ((world.visit_there, Level.MANAGE), (world.visit, Level.SEE)):
        with pytest.raises(NotAllowed):
            correct(visit, at_here(world, level))
    correct(world.visit, at_here(world, Level.BOOK))
    assert Appointment.objects.get(pk=world.visit.pk).patient.family_name == "Autre"


def test_a_visit_is_joined_by_who_books_in_its_agenda_to_a_file_they_see(world: World) -> None:
    known = factories.appointment(schedule_=world.colleague)

    def join(level: Level, of_the_file: Level | None) -> Appointment:
        user = factories.user()
        factories.delegate(user, world.here, level)
        if of_the_file is not None:
            factories.delegate(user, world.colleague, of_the_file)
        version = Version(world.visit.version, world.visit.patient.version)
        return join_patient(
            appointment_id=world.visit.id, version=version, file_id=known.patient_id, by=acting(user), now=NOW
        )

    for refused in ((Level.SEE, Level.BOOK), (Level.BOOK, None), (Level.BOOK, Level.BUSY)):
        with pytest.raises(NotAllowed):
            join(*refused)
    assert join(Level.BOOK, Level.SEE).patient == known.patient


def test_two_files_are_merged_by_who_books_in_the_agendas_of_all_their_visits(world: World) -> None:
    other = factories.appointment(schedule_=world.colleague).patient
    kept = world.visit.patient
    asked = {"kept_id": kept.pk, "absorbed_id": other.pk, "versions": (kept.version, other.version), "now": NOW}
    user = factories.user()
    factories.delegate(user, world.here, Level.BOOK)
    factories.delegate(user, world.colleague, Level.SEE)
    with pytest.raises(NotAllowed):
        merge_files(by=acting(user), **asked)  # type: ignore[arg-type]
    factories.delegate(user, world.colleague, Level.BOOK)
    assert merge_files(by=acting(user), **asked).kept == kept  # type: ignore[arg-type]


def test_a_place_is_closed_by_its_managers_or_by_who_manages_all_that_is_open_there(world: World) -> None:
    by = at_here(world, Level.MANAGE)
    closure = {"location_id": world.here.location_id, "period": DAYS, "label": "", "now": NOW}
    made = create_closure(**closure, by=by)  # type: ignore[arg-type]
    delete_closure(closure_id=made[0].id, version=1, by=by)
    # Somebody else receives there too.
    factories.schedule(location=world.here.location)
    with pytest.raises(NotAllowed):
        create_closure(**closure, by=by)  # type: ignore[arg-type]
    manager = factories.user()
    factories.member(world.organization, manager, role=factories.Role.MANAGER)
    create_closure(**closure, by=acting(manager))  # type: ignore[arg-type]


def test_rules_and_reasons_are_those_of_who_manages_an_agenda_there(world: World) -> None:
    wording = Wording(label="Autre", minutes=15, consultation_types=())
    for by, rule, reason in (
        (at_here(world, Level.BOOK), world.rule, world.reason),
        (at_here(world, Level.MANAGE), world.rule_there, world.reason_there),
    ):
        with pytest.raises(NotAllowed):
            delete_rule(rule_id=rule.id, version=rule.version, by=by)
        with pytest.raises(NotAllowed):
            change_reason(reason_id=reason.id, version=reason.version, wording=wording, by=by)
    delete_rule(rule_id=world.rule.id, version=world.rule.version, by=at_here(world, Level.MANAGE))


def test_an_access_to_an_agenda_that_is_not_there_opens_nothing(world: World) -> None:
    user = factories.user()
    elsewhere = factories.organization()
    factories.member(elsewhere, user)
    factories.Delegation.objects.create(
        user=user,
        organization=elsewhere,
        practitioner=world.practitioner,
        level=Level.MANAGE,
        granted_at=timezone.now(),
    )
    by = acting(user)
    with pytest.raises(NotAllowed):
        create_absence(practitioner_id=world.practitioner.id, away=Away(DAYS), by=by, now=NOW)
    with pytest.raises(NotAllowed):
        delete_rule(rule_id=world.rule.id, version=world.rule.version, by=by)
