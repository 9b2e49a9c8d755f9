"""Ten hours, and more people than hours: no double, no error page, the truth told."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.holds import take_hold
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


def test_two_regulators_a_patient_and_the_search_of_the_sas_meet_at_one_hour(here: Schedule) -> None:
    """Through holds: each keeps it first, then takes it. One has it, the others read why, and nobody holds it any more."""
    regulators = [factories.regulator_actor() for _ in range(2)]
    for key in hours_of(here, 6):
        told: dict[str, str] = {}
        seen: list[bool] = []
        start, over = threading.Barrier(4), threading.Event()

        def is_shown(key: SlotKey = key) -> bool:
            found = free_slots_of([here], since=key.start, until=key.end, now=timezone.now(), viewer=REGULATOR)
            return key in {one.key for one in found}

        def through_a_hold(by: Actor, key: SlotKey = key) -> None:
            take_hold(key=key, by=by, now=timezone.now())
            book_appointment(key=key, visit=factories.visit(), by=by, now=timezone.now())

        def search(
            seen: list[bool] = seen, over: threading.Event = over, is_shown: Callable[[], bool] = is_shown
        ) -> None:
            while not over.is_set():
                seen.append(is_shown())

        def act(
            name: str,
            work: Callable[[], object],
            told: dict[str, str] = told,
            start: threading.Barrier = start,
        ) -> None:
            start.wait()
            try:
                work()
                told[name] = "won"
            except SlotTaken as gone:
                told[name] = str(gone)
            finally:
                connection.close()

        acts = {f"regulator {n}": partial(through_a_hold, by) for n, by in enumerate(regulators)}
        acts["patient"] = partial(patient_books, key, 1)
        threads = [threading.Thread(target=act, args=one) for one in [*acts.items(), ("search", search)]]
        for one in threads:
            one.start()
        for one in threads[:3]:
            one.join()
        over.set()
        threads[3].join()
        del told["search"]
        counted = Counter(told.values())
        assert counted.pop("won") == 1, told
        assert set(counted) <= {
            "Ce créneau vient d’être pris.",
            "Ce créneau est retenu par quelqu’un qui est en train de le réserver.",
        }
        assert seen == sorted(seen, reverse=True), "once it is gone it does not come back"
        assert not is_shown()
        assert not Hold.objects.filter(start=key.start).exists()
        assert Appointment.objects.filter(start=key.start).count() == 1


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
