"""Ten hours, and more people than hours: no double, no error page, the truth told."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from appointments.booking.services.booking import book_appointment
from appointments.enums import Origin
from appointments.exceptions import Refused, SlotTaken
from appointments.models import Appointment, Hold, OnlineBooking, Schedule
from appointments.online.services.booking import Chosen, Given, choose_hour, confirm
from appointments.online.services.limits import digest
from appointments.slots.selectors import free_slots_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import REGULATOR
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def here() -> Schedule:
    made = factories.schedule(practitioner=factories.practitioner())
    factories.rule(schedule=made)
    return Schedule.objects.with_place().get(pk=made.pk)


@pytest.fixture(autouse=True)
def _many(settings: object) -> None:
    settings.ONLINE_HOLDS_PER_HOUR = 1000  # type: ignore[attr-defined]


def hours_of(here: Schedule, count: int) -> list[SlotKey]:
    now = timezone.now()
    since = now + timedelta(days=2)
    found = free_slots_of([here], since=since, until=since + timedelta(days=30), now=now, viewer=REGULATOR)
    return [one.key for one in found[:count]]


def patient_books(key: SlotKey, number: int) -> str:
    """As a visitor whose contact is proved by now."""
    now = timezone.now()
    booking = choose_hour(
        key=key, chosen=Chosen(None, "AMB", ""), visitor=f"visiteur-{number}", client=f"10.0.0.{number}", now=now
    )
    given = Given(factories.patient(), f"patient{number}@exemple.test", "AMB", None)  # type: ignore[arg-type]
    from appointments.online.services.booking import _as_json

    details, contact = _as_json(given), given.contact
    OnlineBooking.objects.filter(pk=booking.pk).update(details=details, contact=contact, proved_at=now)
    confirm(booking=booking, code="", now=now)
    return "patient"


def test_fifty_patients_three_regulators_and_the_practice_for_ten_hours(here: Schedule) -> None:
    keys = hours_of(here, 10)
    regulators = [factories.regulator_actor() for _ in range(3)]
    practice = factories.practice_actor(here.practitioner)
    told: list[str] = []
    start = threading.Barrier(54)

    def act(number: int) -> None:
        key = keys[number % 10]
        start.wait()
        try:
            if number < 50:
                told.append(patient_books(key, number))
            else:
                by = practice if number == 53 else regulators[number - 50]
                book_appointment(key=key, visit=factories.visit(), by=by, now=timezone.now())
                told.append("pro")
        except SlotTaken as gone:
            told.append(str(gone))
        except Refused as refusal:
            told.append(f"refused: {refusal}")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(54)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    counted = Counter(told)
    assert len(told) == 54
    assert counted["patient"] + counted["pro"] == Appointment.objects.count() == 10
    assert len({one.start for one in Appointment.objects.all()}) == 10
    others = {one for one in counted if one not in {"patient", "pro"}}
    assert others <= {
        "Ce créneau vient d’être pris.",
        "Ce créneau est retenu par quelqu’un qui est en train de le réserver.",
    }
    assert not OnlineBooking.objects.filter(appointment__isnull=False, details__isnull=False).exists()
    assert Appointment.objects.filter(origin=Origin.PATIENT).count() == counted["patient"]


def test_two_hundred_unproved_holds_take_nothing_from_the_sas(here: Schedule) -> None:
    now = timezone.now()
    window = {"since": now, "until": now + timedelta(days=30), "now": now, "viewer": REGULATOR}
    before = [one.key for one in free_slots_of([here], **window)]  # type: ignore[arg-type]
    for number, key in enumerate(hours_of(here, 200)):
        choose_hour(key=key, chosen=Chosen(None, "", ""), visitor=f"v{number}", client=f"c{number}", now=now)
    assert Hold.objects.filter(weak=True).count() == 200
    assert [one.key for one in free_slots_of([here], **window)] == before  # type: ignore[arg-type]


def test_one_script_is_stopped_after_ten_hours_and_the_patient_beside_it_is_not(
    here: Schedule, settings: object
) -> None:
    settings.ONLINE_HOLDS_PER_HOUR = 10  # type: ignore[attr-defined]
    keys = hours_of(here, 40)
    answers: list[int] = []

    def script(part: int) -> None:
        for number in range(25):
            answer = Client(REMOTE_ADDR="203.0.113.9").post(
                "/rendez-vous-en-ligne/choisir/", {"creneau": str(keys[(part * 25 + number) % 39])}
            )
            answers.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=script, args=(part,)) for part in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert OnlineBooking.objects.filter(client=digest("client", "203.0.113.9")).count() <= 10
    assert set(answers) <= {303, 409, 429}
    honest = Client(REMOTE_ADDR="198.51.100.7").post("/rendez-vous-en-ligne/choisir/", {"creneau": str(keys[39])})
    assert honest.status_code == 303
