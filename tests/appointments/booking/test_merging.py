"""Two files of one person become one, and two again: last in, first out, for thirty days."""

import random
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.merging import UNDONE_FOR, merge_files, undo_merge
from appointments.enums import Identity
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient, PatientMerge, Schedule
from appointments.patients.services.erasing import erase_patients
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.booking.acts import QUARTER, at_once, judge_world, morning, open_schedule
from tests.conftest import SEED
from tests.factories import at

NOW, TEN = at("2026-11-25", "08:00"), at("2026-11-25", "10:00")
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule() -> Schedule:
    return factories.schedule()


@pytest.fixture
def by(schedule: Schedule) -> Actor:
    return factories.practice_actor(schedule.practitioner)


def seen(schedule: Schedule, day: int, file: Patient | None = None, **fields: Any) -> Appointment:
    """Somebody with a visit that day."""
    by = fields.pop("by", None)
    patient = file or factories.patient(**fields)
    return factories.appointment(schedule_=schedule, start=TEN + day * DAY, patient=patient, by=by)


def merge(kept: Patient, absorbed: Patient, by: Actor, **options: Any) -> PatientMerge:
    kept.refresh_from_db()
    absorbed.refresh_from_db()
    versions = options.pop("versions", (kept.version, absorbed.version))
    asked: dict[str, Any] = {"by": by, "now": NOW} | options
    return merge_files(kept_id=kept.pk, absorbed_id=absorbed.pk, versions=versions, **asked)


def patients() -> dict[Any, Any]:
    return dict(Appointment.objects.values_list("pk", "patient_id"))


def test_the_kept_file_takes_the_visits_and_what_it_lacks_and_gives_all_back(schedule: Schedule, by: Actor) -> None:
    one = seen(schedule, 1, email="", birth_date=None)
    other = seen(schedule, 2, email="autre@exemple.test", birth_date=date(1991, 2, 14), phone="+33639980009")
    kept_phone = one.patient.phone
    merged = merge(one.patient, other.patient, by, now=timezone.now())
    kept = Patient.objects.get(pk=one.patient_id)
    assert (kept.email, kept.birth_date, kept.phone) == ("autre@exemple.test", date(1991, 2, 14), kept_phone)
    assert patients() == {one.pk: kept.pk, other.pk: kept.pk}
    assert Patient.objects.get(pk=other.patient_id).merged_into == kept
    assert undo_merge(merge_id=merged.pk, by=by, now=timezone.now()).since == []
    kept.refresh_from_db()
    assert (kept.email, kept.birth_date, kept.birth_date_precision) == ("", None, "unknown")
    assert patients() == {one.pk: one.patient_id, other.pk: other.patient_id}
    assert Patient.objects.get(pk=other.patient_id).merged_into is None


def test_what_was_booked_or_corrected_since_stays_and_is_told(schedule: Schedule, by: Actor) -> None:
    one, other = seen(schedule, 1, email=""), seen(schedule, 2, email="autre@exemple.test")
    merged = merge(one.patient, other.patient, by, now=timezone.now())
    later = seen(schedule, 3, Patient.objects.get(pk=one.patient_id))
    Patient.objects.filter(pk=one.patient_id).update(email="juste@exemple.test")
    assert undo_merge(merge_id=merged.pk, by=by, now=timezone.now()).since == [later]
    assert Patient.objects.get(pk=one.patient_id).email == "juste@exemple.test"


def test_what_an_outsider_gave_stays_as_they_gave_it(schedule: Schedule, by: Actor) -> None:
    given = seen(schedule, 1, email="", by=factories.regulator_actor())
    other = seen(schedule, 2, email="autre@exemple.test", by=factories.regulator_actor())
    merged = merge(given.patient, other.patient, by)
    assert merged.kept_id not in {given.patient_id, other.patient_id}
    assert set(patients().values()) == {merged.kept_id}
    assert Patient.objects.get(pk=given.given_as_id).email == ""


def test_merges_are_undone_last_in_first_out(schedule: Schedule, by: Actor) -> None:
    one, two, three = (seen(schedule, day) for day in (1, 2, 3))
    first = merge(one.patient, two.patient, by)
    second = merge(three.patient, one.patient, by)
    with pytest.raises(Refused, match="plus récente"):
        undo_merge(merge_id=first.pk, by=by, now=NOW)
    for merged in (second, first):
        undo_merge(merge_id=merged.pk, by=by, now=NOW)
    assert patients() == {made.pk: made.patient_id for made in (one, two, three)}
    with pytest.raises(Refused, match="déjà défaite"):
        undo_merge(merge_id=first.pk, by=by, now=NOW)


def test_a_merge_is_undone_for_thirty_days(schedule: Schedule, by: Actor) -> None:
    merged = merge(seen(schedule, 1).patient, seen(schedule, 2).patient, by)
    with pytest.raises(Refused, match="30"):
        undo_merge(merge_id=merged.pk, by=by, now=NOW + UNDONE_FOR + DAY)
    undo_merge(merge_id=merged.pk, by=by, now=NOW + UNDONE_FOR)


def test_what_is_not_merged(schedule: Schedule, by: Actor) -> None:
    one, other, third = (seen(schedule, day).patient for day in (1, 2, 3))
    elsewhere = factories.schedule()
    both = factories.practice_actor(schedule.practitioner, elsewhere.practitioner)
    with pytest.raises(NotAllowed):
        merge(one, seen(elsewhere, 1).patient, both)
    seen(factories.colleague(schedule), 1, other)
    for actor in (by, Actor(), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            merge(one, other, actor)
    with pytest.raises(ChangedMeanwhile):
        merge(one, third, by, versions=(7, 0))
    with pytest.raises(Refused, match="deux fois"):
        merge(one, one, by)
    Patient.objects.filter(pk=third.pk).update(identity=Identity.CHECKED)
    with pytest.raises(Refused, match="plus sûr"):
        merge(one, third, by)
    merge(third, one, by)
    with pytest.raises(Refused, match="déjà fusionné"):
        merge(third, one, by)


def test_what_a_merge_kept_aside_is_erased_with_the_patient(schedule: Schedule, by: Actor) -> None:
    one, other = seen(schedule, -4000, birth_place="Uqbar"), seen(schedule, -4001, birth_place="")
    Patient.objects.filter(pk=one.patient_id).update(phone="", no_phone="none")
    merged = merge(one.patient, other.patient, by)
    assert merged.kept_before
    erase_patients(default_days=3000, now=NOW, limit=10)
    merged.refresh_from_db()
    assert merged.kept_before == {}
    with pytest.raises(Refused, match="effacé"):
        undo_merge(merge_id=merged.pk, by=by, now=NOW)


# --- On real connections
@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    print(f"TEST_SEED={SEED}")  # noqa: T201
    return random.Random(f"{SEED}:{request.node.nodeid}")


def quiet(results: list[object]) -> None:
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, ChangedMeanwhile | Refused) for one in refused), refused


@pytest.mark.django_db(transaction=True)
def test_a_booking_meets_a_merge_and_its_undoing(rng: random.Random) -> None:
    """On a line of time where neither file has a visit yet: it waits, and follows, whatever comes first."""
    one = open_schedule()
    other = open_schedule(schedule=factories.colleague(one))
    by = factories.practice_actor(one.practitioner, other.practitioner)
    for number in range(8):
        start = morning() + 4 * number * QUARTER
        kept = factories.appointment(schedule_=one, start=start).patient
        absorbed = factories.appointment(schedule_=one, start=start + QUARTER).patient
        act = partial(merge_files, kept_id=kept.pk, absorbed_id=absorbed.pk, versions=(0, 0), by=by, now=timezone.now())
        if number % 2:
            act = partial(undo_merge, merge_id=act().pk, by=by, now=timezone.now())  # type: ignore[assignment]
        visit = factories.visit(file=absorbed.pk)
        book = partial(book_appointment, key=SlotKey(other.id, start, 15), visit=visit, by=by, now=timezone.now())
        acts = [act, book]
        rng.shuffle(acts)
        quiet(at_once(*acts))
        judge_world()
        booked = Appointment.objects.select_related("patient").get(request_id=visit.request_id)
        # Of a file that stands for itself.
        assert booked.patient.merged_into_id is None


@pytest.mark.django_db(transaction=True)
def test_merges_that_cross_and_their_undoing(rng: random.Random) -> None:
    schedule = open_schedule()
    by = factories.practice_actor(schedule.practitioner)
    for number in range(8):
        start = morning() + 4 * number * QUARTER
        one, two, three = (
            factories.appointment(schedule_=schedule, start=start + rank * QUARTER).patient for rank in range(3)
        )
        first = merge(one, two, by)
        one.refresh_from_db()
        pairs = [(one.pk, three.pk, (one.version, 0)), (three.pk, one.pk, (0, one.version))]
        acts: list[Any] = [
            partial(merge_files, kept_id=kept, absorbed_id=absorbed, versions=versions, by=by, now=timezone.now())
            for kept, absorbed, versions in pairs
        ]
        acts.append(partial(undo_merge, merge_id=first.pk, by=by, now=NOW))
        rng.shuffle(acts)
        quiet(at_once(*acts))
        # Every visit is of a file that stands for itself, and no file leads round to itself.
        assert not Appointment.objects.filter(patient__merged_into__isnull=False).exists()
        into = dict(Patient.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into"))
        assert not any(into.get(into[file]) == file for file in into)
