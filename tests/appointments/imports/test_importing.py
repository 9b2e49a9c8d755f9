"""What is imported, and in which rows; what is not; what is known again; that nobody is told; undone as a whole."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.enums import Level
from accounts.rights import Actor, practice_actor
from appointments.agenda.selectors.patients import find_patients
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.enums import ImportPast, ImportState, Origin, Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.imports.services import runs, work
from appointments.imports.services.carrying import MOST_TRIES
from appointments.models import (
    Appointment,
    AppointmentEvent,
    ImportedRow,
    ImportRun,
    Patient,
    PatientMessage,
    Schedule,
)
from interop.models import Delivery
from sas_agenda.operations.retention import keep_no_longer
from tests import factories
from tests.appointments.imports.conftest import carry, in_days, line, table

pytestmark = pytest.mark.django_db
Bring = Callable[..., ImportRun]


def test_a_visit_and_its_patient_come_in_and_nobody_is_told(agenda: Schedule, imported: Bring) -> None:
    reason = factories.reason(agenda, label="Contrôle")
    run = imported(table(line(1, day=in_days(3), reason="contrôle"), line(2, day=in_days(-3), reason="Plâtre")))
    coming, past = Appointment.objects.order_by("-start")
    assert (coming.status, coming.origin, coming.reason, coming.minutes) == (Status.BOOKED, Origin.IMPORT, reason, 20)
    assert (past.status, past.reason, past.note) == (Status.FULFILLED, None, "Plâtre")
    assert coming.patient == past.patient == Patient.objects.get()
    assert (coming.patient.family_name, coming.contact_email) == ("Œillet", "zoe@exemple.test")
    assert run.state == ImportState.DONE
    assert run.counts["made"] == {"visits": 2, "patients": 1, "overlaps": 0, "again": 0}
    for nothing in (AppointmentEvent, PatientMessage, Delivery):
        assert not nothing.objects.exists()


def test_the_file_is_forgotten_once_it_is_imported(imported: Bring) -> None:
    run = imported(table(line(1, day=in_days(3)), line(2, day=in_days(4), born="31/31/1991")))
    assert (run.content, run.name, run.columns, run.preview) == (None, "", [], [])
    assert [(number, column, value) for number, column, _, value, _ in run.faults] == [(3, "Date de naissance", "")]
    with pytest.raises(IntegrityError, match="import_forgets_its_file"):
        ImportRun.objects.filter(pk=run.pk).update(content=b"Nom")


def test_sent_again_no_line_comes_twice_and_a_new_one_does(imported: Bring) -> None:
    first = [line(1, day=in_days(3)), line(2, day=in_days(4))]
    imported(table(*first))
    again = imported(table(*first, line(2, day=in_days(4)), line(3, day=in_days(5))))
    assert Appointment.objects.count() == 3
    assert again.counts["known"] == 3
    assert again.counts["made"]["visits"] == 1
    assert Patient.objects.count() == 1


def test_what_overlaps_comes_in_beside_and_is_marked(agenda: Schedule, imported: Bring) -> None:
    factories.appointment(schedule_=agenda, start=factories.at(f"{in_days(3)}", "09:10"))
    lines = [line(number, day=in_days(3), name=name) for number, name in enumerate(["Ail", "Buis", "Cerfeuil"])]
    run = imported(table(*lines, line(9, day=in_days(3), hour="11:00")))
    rows = ImportedRow.objects.filter(run=run, appointment__isnull=False).order_by("line")
    assert [row.overlaps for row in rows] == [True, True, True, False]
    visits = Appointment.objects.filter(imported__run=run).order_by("start", "lane")
    assert [(one.lane, one.overbooked) for one in visits] == [(1, True), (2, True), (3, True), (0, False)]
    assert run.counts["made"]["overlaps"] == 3


def test_where_two_are_received_at_once_two_are_not_too_many(agenda: Schedule, imported: Bring) -> None:
    factories.rule(schedule=agenda, capacity=2, start_time=factories.at("2026-11-25", "08:00").time())
    imported(
        table(*(line(number, day=in_days(3), name=name) for number, name in enumerate(["Ail", "Buis", "Cerfeuil"])))
    )
    assert sorted(Appointment.objects.values_list("lane", "overbooked")) == [(0, False), (1, False), (2, True)]


def test_a_lot_is_whole_and_the_next_worker_goes_on_after_it(
    checked: Bring, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LOT", 2)
    run = checked(table(*(line(number, day=in_days(3 + number)) for number in range(5))))
    runs.start(run_id=run.pk, version=run.version, by=owner, now=timezone.now())
    run.refresh_from_db()
    entries = work.entries_of(run)
    assert work.write_lot(run.pk, entries, now=timezone.now())
    run.refresh_from_db()
    assert (run.done, run.total, Appointment.objects.count()) == (2, 5, 2)

    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(ImportedRow.objects, "bulk_create", break_down)
        with pytest.raises(ZeroDivisionError):
            work.write_lot(run.pk, entries, now=timezone.now())
    assert Appointment.objects.count() == 2
    assert carry(run).state == ImportState.DONE
    assert Appointment.objects.count() == 5


def test_what_breaks_every_worker_is_given_up_and_told(checked: Bring, owner: Actor) -> None:
    run = checked(table(line(1, day=in_days(3))))
    runs.start(run_id=run.pk, version=run.version, by=owner, now=timezone.now())
    ImportRun.objects.filter(pk=run.pk).update(tries=MOST_TRIES)
    run = carry(run)
    assert (run.state, run.content) == (ImportState.DONE, None)
    assert "erreur du logiciel" in run.problem


def test_whoever_may_no_more_imports_no_further(agenda: Schedule, checked: Bring) -> None:
    helper = factories.user()
    factories.delegate(helper, agenda, Level.MANAGE)
    by = practice_actor(helper, now=timezone.now())
    run = checked(table(line(1, day=in_days(3))))
    ImportRun.objects.filter(pk=run.pk).update(by_user=helper)
    runs.start(run_id=run.pk, version=run.version, by=by, now=timezone.now())
    factories.delegate(helper, agenda, Level.BOOK)
    run = carry(run)
    assert "ne gère plus cet agenda" in run.problem
    assert not Appointment.objects.exists()


def test_undone_it_leaves_nothing_and_may_come_again(imported: Bring, owner: Actor) -> None:
    file = table(line(1, day=in_days(3)), line(2, day=in_days(3)))
    run = imported(file)
    runs.undo(run_id=run.pk, version=run.version, by=owner, now=timezone.now())
    run = carry(run)
    assert (run.state, run.counts["undone"]) == (ImportState.UNDONE, {"visits": 2, "patients": 1})
    assert not Appointment.objects.exists()
    assert not Patient.objects.exists()
    assert not ImportedRow.objects.exists()
    imported(file)
    assert Appointment.objects.count() == 2


def test_what_somebody_has_touched_since_stays_and_is_named(agenda: Schedule, imported: Bring, owner: Actor) -> None:
    run = imported(table(*(line(number, day=in_days(3 + number), name=f"Fleur{'abc'[number]}") for number in range(3))))
    moved, named, _ = Appointment.objects.order_by("start")
    now = timezone.now()
    move_appointment(
        appointment_id=moved.id, version=1, start=moved.start + timedelta(hours=2), by=owner, now=now, despite=True
    )
    # The practice books the imported patient again.
    factories.appointment(schedule_=agenda, start=now + timedelta(days=9), patient=named.patient)
    runs.undo(run_id=run.pk, version=run.version, by=owner, now=now)
    run = carry(run)
    assert run.counts["undone"] == {"visits": 2, "patients": 1}
    kept = ImportedRow.objects.filter(run=run, kept=True)
    assert [row.appointment for row in kept.filter(patient=None)] == [moved]
    assert {row.patient for row in kept.filter(appointment=None)} == {moved.patient, named.patient}
    # Kept, it is known: it does not come twice.
    assert kept.count() == 3


def test_it_is_undone_within_a_day(imported: Bring, owner: Actor) -> None:
    run = imported(table(line(1, day=in_days(3))))
    late = timezone.now() + timedelta(hours=24, minutes=1)
    with pytest.raises(Refused, match="24"):
        runs.undo(run_id=run.pk, version=run.version, by=owner, now=late)


def test_what_the_practice_does_next_is_told_as_ever(imported: Bring, owner: Actor) -> None:
    imported(table(line(1, day=in_days(3))))
    visit = Appointment.objects.get()
    cancel_appointment(appointment_id=visit.id, version=visit.version, by=owner, now=timezone.now())
    assert PatientMessage.objects.get().address == "zoe@exemple.test"
    assert [one.sequence for one in visit.events.all()] == [2]


def test_past_ones_are_left_where_they_are_if_so_said(checked: Bring) -> None:
    run = checked(table(line(1, day=in_days(3)), line(2, day=in_days(-3))), past=ImportPast.SKIPPED)
    assert (run.counts["ready"], run.counts["past"]) == (1, 1)


def test_a_file_that_is_cut_fails_in_words_and_writes_nothing(checked: Bring) -> None:
    run = checked(table(line(1, day=in_days(3))) + b"25/11/2026;09:00")
    assert (run.state, run.content) == (ImportState.FAILED, None)
    assert "coupé" in run.problem
    assert not Patient.objects.exists()


def test_only_who_manages_the_agenda_imports_into_it_and_on_what_they_read(
    agenda: Schedule, owner: Actor, checked: Bring
) -> None:
    helper = factories.user()
    factories.delegate(helper, agenda, Level.BOOK)
    by = practice_actor(helper, now=timezone.now())
    asked: dict[str, Any] = {"name": "", "content": table(line(1, day=in_days(3))), "now": timezone.now()}
    with pytest.raises(NotAllowed):
        runs.bring_file(schedule_id=agenda.id, by=by, **asked)
    run = checked(asked["content"])
    with pytest.raises(NotAllowed):
        runs.start(run_id=run.pk, version=run.version, by=by, now=timezone.now())
    with pytest.raises(ChangedMeanwhile):
        runs.start(run_id=run.pk, version=run.version - 1, by=owner, now=timezone.now())


def test_a_file_that_nobody_goes_on_with_is_kept_for_a_day(checked: Bring) -> None:
    left = checked(table(line(1, day=in_days(3))))
    day = timedelta(hours=24)
    assert runs.forget_left_files(now=left.created_at + day) == 0
    assert runs.forget_left_files(now=left.created_at + day + timedelta(seconds=1)) == 1
    left.refresh_from_db()
    assert (left.state, left.content) == (ImportState.FORSAKEN, None)


def test_digests_of_erased_patients_are_not_kept(imported: Bring) -> None:
    imported(table(line(2, day=in_days(-3))))
    visit = Appointment.objects.get()
    Appointment.objects.filter(pk=visit.pk).update(
        start=visit.start - timedelta(days=3000), end=visit.end - timedelta(days=3000)
    )
    done = keep_no_longer(now=timezone.now(), until=float("inf"))
    assert (done["patients"], done["imported_lines"]) == (1, 2)
    assert not ImportedRow.objects.exists()


PATIENTS = "Nom;Prénom;Date de naissance;Portable\nŒillet;Zoé;14/02/1991;0639981234\n".encode()


def test_a_patient_who_comes_without_a_visit_is_found_by_who_sees_the_agenda(agenda: Schedule, imported: Bring) -> None:
    imported(PATIENTS)
    [hit] = find_patients("oeillet", actor=practice_actor_of(Level.SEE, agenda), now=timezone.now())
    assert (hit.patient.given_name, hit.visits) == ("Zoé", 0)
    for somebody in (
        practice_actor_of(Level.BUSY, agenda),
        practice_actor_of(Level.MANAGE, factories.colleague(agenda)),
    ):
        assert find_patients("oeillet", actor=somebody, now=timezone.now()) == []


def practice_actor_of(level: Level, schedule: Schedule) -> Actor:
    return practice_actor(factories.delegate(factories.user(), schedule, level).user, now=timezone.now())


def test_and_is_erased_like_others_unless_a_visit_names_them_since(agenda: Schedule, imported: Bring) -> None:
    run = imported(PATIENTS)
    longer = {"now": timezone.now() + timedelta(days=1827), "until": float("inf")}
    soon = {"now": timezone.now() + timedelta(days=1825), "until": float("inf")}
    assert keep_no_longer(**soon)["unvisited"] == 0
    visit = factories.appointment(
        schedule_=agenda, start=longer["now"] - timedelta(days=9), patient=Patient.objects.get()
    )
    assert keep_no_longer(**longer)["unvisited"] == 0
    Appointment.objects.filter(pk=visit.pk).update(patient=factories.file(agenda.organization))
    assert keep_no_longer(**longer)["unvisited"] == 1
    gone = Patient.objects.get(imported__isnull=True, erased_at__isnull=False)
    assert (gone.family_name, gone.birth_date, gone.phone) == ("", None, "")
    assert not run.rows.exists()
