"""What is past its time goes; what must stay stays."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import SignInOutcome
from accounts.models import SignIn
from accounts.rights import Actor
from accounts.services.retention import forget_failed_sign_ins
from appointments.booking.services.corrections import Contacts, Version, correct_file
from appointments.enums import CalendarKind
from appointments.models import Appointment, Calendar, Patient
from appointments.patients.services.erasing import erase_patients
from appointments.patients.values import PatientDetails
from appointments.places.locks import lock_calendars
from interop.enums import CallResult
from interop.models import Delivery, InboundCall
from sas_agenda.operations import tasks
from sas_agenda.operations.retention import keep_no_longer
from tests import factories
from tests.interop.deliveries import deliver, states
from tests.interop.sas_stub import SasStub

pytestmark = pytest.mark.django_db
LONG_AGO, DAY = timedelta(days=2000), timedelta(days=1)


@pytest.fixture
def sas(settings: Any) -> Iterator[SasStub]:
    stub = SasStub()
    settings.SAS_FHIR_URL = stub.url
    yield stub
    stub.stop()


def keep(**options: Any) -> dict[str, int]:
    return keep_no_longer(now=timezone.now(), until=options.get("until", time.monotonic() + 60))


def old_appointment(**fields: Any) -> Appointment:
    patient = factories.patient(email="kumquat@patient.example", nir="291027512345678", address="1 rue de l’Exemple")
    defaults: dict[str, Any] = {"start": timezone.now() - LONG_AGO, "patient": patient, "note": "Vertiges"}
    given = defaults | fields
    # Booked before it: of a visit that has begun nobody is told.
    with time_machine.travel(given["start"] - DAY, tick=False):
        return factories.appointment(**given)


def by_regulator() -> dict[str, Any]:
    return {"by": factories.regulator_actor()}


# --- Nothing of a planted patient is left anywhere
PLANTED = "Zzyzx"


def columns_with(text: str) -> set[str]:
    """Every column of every table that holds it, in whatever form."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        found = set()
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}"::text ~* %s)', [text])
            if cursor.fetchone() == (True,):
                found.add(f"{table}.{column}".removeprefix("appointments_"))
    return found


def planted() -> PatientDetails:
    """Somebody whose every word can be found again; so can a phone and a date that nobody else has."""
    return factories.patient(
        family_name=PLANTED, given_name=PLANTED, birth_name=PLANTED, birth_place=PLANTED, address=PLANTED, nir=PLANTED,
        email=f"{PLANTED}@patient.example", phone="+33639989999", birth_date=date(1903, 7, 5),
    )  # fmt: skip


def _corrected(appointment: Appointment) -> None:
    """Twice, so that what was planted is in former values and in a file of the practice's own."""
    for family_name in ("Autre", PLANTED):
        now = Appointment.objects.select_related("patient").get(pk=appointment.pk)
        kept = {name: getattr(now.patient, name) for name in PatientDetails.__slots__}
        reached = {name: getattr(now, name) for name in ("contact_phone", "contact_email", "caller", "visit_address")}
        correct_file(
            appointment_id=now.pk,
            version=Version(now.version, now.patient.version),
            details=PatientDetails(**kept | {"family_name": family_name}),
            contacts=Contacts(**reached | {"caller": f"{PLANTED} {family_name}"}),
            others_too=False,
            by=factories.practice_actor(now.practitioner),  # type: ignore[arg-type]
            now=timezone.now(),
        )


TRACES = f"{PLANTED}|639989999|1903-07-05"


@pytest.mark.parametrize("outsider", [True, False], ids=["a regulator's", "the practice's"])
def test_no_column_of_any_table_keeps_anything_of_an_erased_patient(outsider: bool) -> None:
    appointment = old_appointment(
        patient=planted(), note=PLANTED, caller=PLANTED, consultation_type="HH", **(by_regulator() if outsider else {})
    )
    _corrected(appointment)
    before = columns_with(TRACES)
    assert "patientformervalue.value" in before
    assert {"patient.family_name", "patient.nir", "patient.birth_date", "appointment.visit_address"} <= before
    assert {"appointment.contact_phone", "appointment.contact_email", "patientmessage.address"} <= before

    assert keep()["patients"] == 1

    assert columns_with(TRACES) == set()
    appointment.refresh_from_db()
    appointment.validate_constraints()
    appointment.patient.validate_constraints()


def test_nothing_else_of_the_visit_is_erased() -> None:
    appointment = old_appointment()
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    keep()
    after = Appointment.objects.filter(pk=appointment.pk).values().get()
    erased = {"caller", "caller_phone", "contact_phone", "contact_email", "visit_address", "note", "patient_erased_at"}
    assert {name for name in before if before[name] != after[name]} <= erased
    assert Appointment.objects.get(pk=appointment.pk).patient.erased_at is not None


def test_a_file_goes_with_its_last_visit() -> None:
    """Each visit's own words go in their time."""
    schedule = factories.schedule()
    old = old_appointment(schedule_=schedule)
    recent = factories.appointment(schedule_=schedule, patient=old.patient)
    assert keep()["patients"] == 1
    old.refresh_from_db()
    assert (old.note, old.patient.family_name != "") == ("", True)
    Appointment.objects.filter(pk=recent.pk).update(start=old.start + DAY, end=old.end + DAY)
    assert keep()["patients"] == 1
    assert Patient.objects.get().erased_at is not None


def test_a_patient_as_given_goes_though_the_practice_took_them_for_another() -> None:
    """Whose file stays with their other visits; and a file that a regulator's booking was joined to does not go with it."""
    schedule = factories.schedule()
    other = factories.appointment(schedule_=schedule)
    old = old_appointment(schedule_=schedule, **by_regulator())
    Appointment.objects.filter(pk=old.pk).update(patient=other.patient)
    keep()
    assert set(Patient.objects.filter(erased_at=None)) == {other.patient}
    old.refresh_from_db()
    assert old.given_as is not None
    assert old.given_as.erased_at is not None


def test_merged_files_go_together_with_the_last_visit_of_them_all() -> None:
    schedule = factories.schedule()
    kept = factories.appointment(schedule_=schedule)
    absorbed = old_appointment(schedule_=schedule, **by_regulator())
    Patient.objects.filter(pk=absorbed.patient_id).update(merged_into=kept.patient)
    Appointment.objects.filter(pk=absorbed.pk).update(patient=kept.patient)
    keep()
    assert Patient.objects.filter(erased_at=None).count() == 2
    Appointment.objects.filter(pk=kept.pk).update(start=absorbed.start + DAY, end=absorbed.end + DAY)
    keep()
    assert Patient.objects.filter(erased_at=None).count() == 0


def test_its_events_and_deliveries_stay() -> None:
    appointment = old_appointment(**by_regulator())
    keep()
    assert appointment.events.count() == 1
    assert Delivery.objects.filter(appointment=appointment).count() == 1


def test_a_recent_patient_stays(settings: Any) -> None:
    settings.RETENTION_PATIENT_DAYS = 30
    recent = factories.appointment(start=timezone.now() - timedelta(days=29))
    past = factories.appointment(start=timezone.now() - timedelta(days=31))
    assert keep()["patients"] == 1
    assert Appointment.objects.get(pk=recent.pk).patient_erased_at is None
    assert Appointment.objects.get(pk=past.pk).patient_erased_at is not None


def test_a_practice_chooses_its_own_delay(settings: Any) -> None:
    settings.RETENTION_PATIENT_DAYS = 30
    places = {
        days: factories.location(organization=factories.organization(patient_retention_days=days))
        for days in (10, 90, None)
    }
    ages = {10: [9, 11], 90: [89, 91], None: [29, 31]}
    kept = []
    for days, location in places.items():
        schedule = factories.schedule(location=location)
        for age in ages[days]:
            made = factories.appointment(schedule_=schedule, start=timezone.now() - timedelta(days=age))
            if age == ages[days][0]:
                kept.append(made.pk)
    assert keep()["patients"] == 3
    assert set(Appointment.objects.filter(patient_erased_at=None).values_list("pk", flat=True)) == set(kept)


def test_what_is_erased_is_not_erased_again() -> None:
    old_appointment()
    assert keep()["patients"] == 1
    assert keep()["patients"] == 0


def test_it_goes_on_in_batches_as_long_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sas_agenda.operations.retention._BATCH", 2)
    schedule = factories.schedule()
    for hour in range(5):
        factories.appointment(schedule_=schedule, start=timezone.now() - LONG_AGO + timedelta(hours=hour))
    assert keep(until=time.monotonic())["patients"] == 0
    assert keep()["patients"] == 5


def test_the_page_says_that_the_patient_was_erased(practitioner_client: Client, practitioner: Any) -> None:
    appointment = old_appointment(schedule_=factories.schedule(practitioner=practitioner))
    keep()
    page = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    assert "à la fin de la durée de conservation" in page
    assert "Patient effacé" in page
    assert "1900" not in page
    assert "tel:" not in page.partition('id="faits"')[2].partition("Praticien")[0]


def test_the_regulators_page_says_it_too(regulator_client: Client, regulator: Any) -> None:
    appointment = old_appointment(by=Actor(user=regulator.user, regulator=regulator))
    keep()
    page = regulator_client.get(f"/rendez-vous/{appointment.id}/confirmation/").content.decode()
    assert "à la fin de la durée de conservation" in page
    assert "1900" not in page


def test_sign_ins_are_forgotten_after_their_time() -> None:
    for days in (10, 400):
        made = SignIn.objects.create(subject=str(days), idp_connect_known=True, outcome=SignInOutcome.OPENED)
        SignIn.objects.filter(pk=made.pk).update(at=timezone.now() - timedelta(days=days))
    assert keep()["sign_ins"] == 1
    assert SignIn.objects.get().subject == "10"


def test_failed_sign_ins_are_forgotten_after_their_time() -> None:
    for days in (10, 400):
        made = AccessAttempt.objects.create(username=f"{days}@exemple.test", failures_since_start=1)
        AccessAttempt.objects.filter(pk=made.pk).update(attempt_time=timezone.now() - timedelta(days=days))
    assert keep()["failed_sign_ins"] == 1
    assert AccessAttempt.objects.get().username == "10@exemple.test"


def test_a_flood_of_failed_sign_ins_is_forgotten_in_batches_after_the_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sas_agenda.operations.retention._BATCH", 3)
    past = timezone.now() - timedelta(days=400)
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username=f"{number}@exemple.test", failures_since_start=1) for number in range(7)
    )
    AccessAttempt.objects.update(attempt_time=past)
    old_appointment()

    done = keep()
    assert (done["patients"], done["failed_sign_ins"]) == (1, 7)
    assert next(iter(done)) == "patients"
    assert forget_failed_sign_ins(before=timezone.now(), limit=3) == 0
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username=f"{n}@exemple.test", failures_since_start=1) for n in range(4)
    )
    AccessLog.objects.bulk_create(AccessLog(username=f"{n}@exemple.test") for n in range(4))
    counts = [forget_failed_sign_ins(before=timezone.now() + timedelta(days=1), limit=3) for _ in range(4)]
    assert counts == [3, 3, 2, 0]


def test_calls_of_the_sas_are_forgotten_though_it_calls_no_more() -> None:
    for days in (10, 400):
        InboundCall.objects.create(
            at=timezone.now() - timedelta(days=days), method="PUT", route="fhir-practitioners",
            result=CallResult.UPDATED, status_code=200, duration_ms=days,
        )  # fmt: skip
    assert keep()["calls"] == 1
    assert InboundCall.objects.get().duration_ms == 10


def test_a_delivery_that_still_waits_leaves_after_the_patient_was_erased(sas: SasStub) -> None:
    """And the time stays taken: the erased appointment still guards its own."""
    regulator = factories.regulator()
    appointment = old_appointment(by=Actor(user=regulator.user, regulator=regulator))
    Delivery.objects.update(give_up_at=timezone.now() + timedelta(days=1))
    keep()

    deliver(appointment)

    assert states(appointment) == ["sent"]
    assert "effac" not in str(sas.last)
    with pytest.raises(IntegrityError, match="appointment_lane_free"), transaction.atomic():
        factories.appointment(schedule_=appointment.schedule, start=appointment.start)


def test_a_second_run_at_the_same_time_neither_waits_nor_erases_twice() -> None:
    old_appointment()
    now = timezone.now()
    assert [keep_no_longer(now=now, until=time.monotonic() + 5)["patients"] for _ in range(2)] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_a_line_of_time_before_it_takes_any_appointment() -> None:
    """Else it would hold the row that somebody wants who holds the line of time that it wants."""
    appointment = old_appointment()
    erased: list[int] = []

    def erase() -> None:
        erased.append(erase_patients(default_days=365, now=timezone.now(), limit=10))
        connection.close()

    with transaction.atomic():
        lock_calendars([appointment.calendar_id])
        thread = threading.Thread(target=erase)
        thread.start()
        with connection.cursor() as cursor:
            waiting, until = 0, time.monotonic() + 20
            while not waiting and time.monotonic() < until:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                    "AND datname = current_database()"
                )
                [waiting] = cursor.fetchone()
        assert waiting == 1
        Appointment.objects.select_for_update(nowait=True).get(pk=appointment.pk)
    thread.join()
    assert erased == [1]


def test_it_locks_the_own_line_of_time_of_who_took_a_visit_at_a_place() -> None:
    own = factories.schedule()
    place = factories.schedule(calendar=Calendar.objects.create(kind=CalendarKind.PLACE))
    old_appointment(schedule_=place, practitioner=own.practitioner, by=factories.practice_actor(own.practitioner))
    with CaptureQueriesContext(connection) as captured:
        erase_patients(default_days=365, now=timezone.now(), limit=10)
    lock = next(one["sql"] for one in captured if "FOR NO KEY UPDATE" in one["sql"])
    assert own.calendar_id.hex in lock
    assert place.calendar_id.hex in lock


def test_expired_sessions_go() -> None:
    now = timezone.now()
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=now - timedelta(hours=1))
    Session.objects.create(session_key="b" * 32, session_data="", expire_date=now + timedelta(hours=1))
    keep()
    assert Session.objects.get().session_key == "b" * 32


def test_the_task_says_what_it_did_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    old_appointment()
    with caplog.at_level("INFO"):
        tasks.retain()
    assert "patients 1" in caplog.text
    assert "Vertiges" not in caplog.text


def test_the_oldest_are_found_by_an_index_that_holds_no_erased_one() -> None:
    """Few rows would be read without any index, or through a bitmap where no statistics are yet."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    old_appointment()
    with CaptureQueriesContext(connection) as captured:
        erase_patients(default_days=365, now=timezone.now(), limit=10)
    [search] = [one["sql"] for one in captured if "LIMIT 10" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + search)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"appointment_to_erase on .*\n\s+Index Cond: .*\bend\b.* < ", plan), plan
