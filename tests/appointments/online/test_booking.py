"""A patient books: an hour held, who comes, a contact proved. Nothing tells whether somebody is known."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from appointments.booking.services.booking import book_freely
from appointments.enums import ConsultationType, EventKind, Identity, Origin
from appointments.models import Appointment, Hold, OnlineBooking, OnlineCode, Patient, Reason, Schedule
from appointments.online.services.booking import forget_online
from tests import factories
from tests.appointments.online.acts import TYPED, booked, choose, chosen, coded, last_code
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture(autouse=True)
def _ready(reason: Reason) -> None:
    """The agenda has hours."""


def words(answer: Any) -> str:
    return (
        " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()).replace("&nbsp;", " ").replace("\xa0", " ")
    )


def test_from_an_hour_to_a_confirmation(browser: Client, here: Schedule, reason: Reason) -> None:
    address = chosen(browser, here, motif=str(reason.pk), mode="AMB", connu="non")
    held = Hold.objects.get()
    assert held.weak
    page = browser.get(address)
    assert "Gardé pour vous jusqu’à" in words(page)
    code = coded(browser, address, reason=str(reason.pk))
    assert browser.get(f"{address}code/").content.decode().count('aria-current="step"') == 1
    assert code not in str(list(OnlineCode.objects.values()))
    assert not Appointment.objects.exists()
    answer = browser.post(f"{address}code/", {"code": f"{code[:3]} {code[3:]}"})
    visit = Appointment.objects.get()
    assert (visit.origin, visit.reason, visit.contact_email) == (Origin.PATIENT, reason, "kumquat@exemple.test")
    assert visit.note == "Première fois dans ce cabinet, dit le patient. Toux depuis lundi"
    assert visit.given_as == visit.patient
    assert visit.patient.identity == Identity.PROVISIONAL
    assert visit.events.get().kind == EventKind.BOOKED
    assert not Hold.objects.exists()
    done = browser.get(answer["Location"])
    assert "Rendez-vous confirmé" in words(done)
    assert "Prenez vos ordonnances." in words(done)
    # In five minutes: the practice's limit is over.
    assert "trop tard pour le déplacer" in words(done)
    # Neither the address nor what is kept of the booking names anybody.
    left = OnlineBooking.objects.get()
    assert (left.details, left.contact) == (None, "")
    for text in (address, answer["Location"]):
        assert not re.search("jasmin|kumquat|1991", text, re.IGNORECASE)


def test_sent_again_it_books_once(browser: Client, here: Schedule) -> None:
    address = chosen(browser, here)
    code = coded(browser, address)
    for _ in range(2):
        assert browser.post(f"{address}code/", {"code": code})["Location"].endswith("/confirmee/")
    assert browser.post(address, TYPED)["Location"].endswith("/confirmee/")
    assert browser.get(f"{address}code/")["Location"].endswith("/confirmee/")
    assert Appointment.objects.count() == 1


def test_nothing_of_an_existing_file_is_shown_or_changed(browser: Client, here: Schedule) -> None:
    known = factories.file(
        here.organization,
        family_name="Jasmin-Démo",
        given_name="Kumquat",
        email="kumquat@exemple.test",
        phone="+33639981234",
    )
    before = Patient.objects.filter(pk=known.pk).values().get()
    address = chosen(browser, here)
    code = coded(browser, address)
    strange, elsewhere = Client(), chosen(Client(), here, "2026-11-26", "09:00")
    assert strange.get(elsewhere).status_code == 404
    browser.post(f"{address}code/", {"code": code})
    assert Appointment.objects.get().patient_id != known.pk
    assert Patient.objects.filter(pk=known.pk).values().get() == before


@pytest.mark.parametrize("page", ["", "code/", "confirmee/"])
def test_nobody_else_opens_a_booking_under_way(browser: Client, here: Schedule, page: str) -> None:
    address = chosen(browser, here)
    assert Client().get(address + page).status_code == 404
    with time_machine.travel(at("2026-11-25", "11:45"), tick=False):
        assert browser.get(address + page).status_code == 404


def test_a_code_has_five_tries_and_ten_minutes(browser: Client, here: Schedule) -> None:
    address = chosen(browser, here)
    code = coded(browser, address)
    wrong = "000000" if code != "000000" else "111111"
    told = [words(browser.post(f"{address}code/", {"code": wrong})) for _ in range(5)]
    assert "Encore 4 essais" in told[0]
    assert "Demandez-en un autre." in told[4]
    assert "Trop d’essais" in words(browser.post(f"{address}code/", {"code": code}))
    sent = len(mail.outbox)
    assert "demi-minute" in words(browser.post(f"{address}code/autre/"))
    assert len(mail.outbox) == sent
    with time_machine.travel(at("2026-11-25", "10:41"), tick=False):
        assert browser.post(f"{address}code/autre/").status_code == 303
    with time_machine.travel(at("2026-11-25", "10:52"), tick=False):
        assert "plus valable" in words(browser.post(f"{address}code/", {"code": last_code()}))
    assert not Appointment.objects.exists()


NO_CODES = ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 30]


def test_what_is_no_code_costs_no_try(browser: Client, here: Schedule) -> None:
    address = chosen(browser, here)
    coded(browser, address)
    for typed in NO_CODES:
        answer = browser.post(f"{address}code/", {"code": typed})
        assert answer.status_code == 422, typed
        assert OnlineCode.objects.get().tries == 0, typed


def test_three_codes_an_hour_for_a_contact_whoever_asks(browser: Client, here: Schedule) -> None:
    for minute in ("00", "15", "30"):
        other = Client()
        coded(other, chosen(other, here, "2026-11-26", f"09:{minute}"), email="KUMQUAT@exemple.test")
    answer = browser.post(chosen(browser, here, "2026-11-27", "09:00"), TYPED)
    assert answer.status_code == 429
    assert "Déjà 3 codes en une heure" in words(answer)
    assert len(mail.outbox) == 3


def test_ten_hours_an_hour_from_an_address(here: Schedule) -> None:
    browser = Client()
    told = [choose(browser, here, "2026-11-26", f"09:{minute:02d}").status_code for minute in (0, 15, 30, 45) * 3]
    assert told == [303] * 10 + [429] * 2
    # One at a time: each gives the former one back.
    assert Hold.objects.count() == 1
    with time_machine.travel(at("2026-11-25", "11:41"), tick=False):
        assert choose(Client(), here, "2026-11-26", "09:00").status_code == 303


def test_a_person_has_two_visits_to_come_at_a_practice_and_the_first_is_named(here: Schedule) -> None:
    booked(Client(), here, "2026-11-26", "09:00")
    browser = Client()
    address = chosen(browser, here, "2026-11-27", "09:00")
    answer = browser.post(f"{address}code/", {"code": coded(browser, address)})
    assert answer.status_code == 409
    assert "Demain" in words(answer) or "Jeudi 26 novembre à 9 h 00" in words(answer).replace("\u202f", " ")
    assert browser.post(f"{address}code/", {"despite": "1"}).status_code == 303
    third = Client()
    address = chosen(third, here, "2026-11-28", "09:00")
    answer = third.post(f"{address}code/", {"code": coded(third, address)})
    assert "Vous avez déjà 2 rendez-vous à venir" in words(answer)
    assert Appointment.objects.count() == 2


def test_who_has_another_contact_learns_of_no_visit(here: Schedule) -> None:
    booked(Client(), here, "2026-11-26", "09:00")
    booked(Client(), here, "2026-11-27", "09:00", email="curieux@exemple.test")
    assert Appointment.objects.count() == 2


def test_a_relative_says_who_they_are(browser: Client, here: Schedule) -> None:
    booked(browser, here, for_whom="autre", booker="Nina Jasmin", relation="Parent")
    visit = Appointment.objects.get()
    assert (visit.caller, visit.patient.given_name) == ("Nina Jasmin (parent)", "Kumquat")


BAD = [
    ({"family_name": "N" * 101}, "raccourcissez-le"),
    ({"family_name": "Иванов"}, "lettres latines"),
    ({"family_name": "Test", "given_name": "Test"}, "ne sont pas ceux d’une personne"),
    ({"family_name": "<b>"}, "Les signes"),
    ({"family_name": "123"}, "au moins une lettre"),
    ({"birth_date": "1991"}, "le jour, le mois et l’année"),
    ({"birth_date": "84"}, "comme 03/07/1984."),
    ({"birth_date": "la veille"}, "comme 03/07/1984."),
    ({"birth_date": "14/02/2091"}, "futur"),
    ({"phone": "01 99 00 12"}, "chiffres"),
    ({"phone": ""}, "Indiquez un téléphone"),
    ({"email": ""}, "où recevoir le code"),
    ({"email": "kumquat"}, "pas complète"),
    ({"for_whom": "autre"}, "Indiquez votre nom"),
    ({"note": "n" * 301}, "raccourcissez-le"),
]


def test_what_can_not_be_taken_is_said_and_nothing_typed_is_lost(browser: Client, here: Schedule) -> None:
    address = chosen(browser, here)
    for typed, told in BAD:
        answer = browser.post(address, TYPED | typed)
        assert answer.status_code == 422, typed
        assert told in words(answer), typed
        assert 'value="14/02/1991"' in answer.content.decode() or "birth_date" in typed, typed
        assert not OnlineCode.objects.exists(), typed


def test_a_name_of_a_hundred_letters_is_taken(browser: Client, here: Schedule) -> None:
    booked(browser, here, family_name="É" * 100)
    assert Appointment.objects.get().patient.family_name == "É" * 100


def test_a_mail_server_that_is_down_is_told_and_nothing_is_half_done(
    browser: Client, here: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise ConnectionRefusedError

    address = chosen(browser, here)
    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", down)
    answer = browser.post(address, TYPED)
    assert "n’a pas pu partir" in words(answer)
    assert not OnlineCode.objects.exists()


def _practice_books(here: Schedule, when: str, now: Any) -> None:
    by = factories.practice_actor(here.practitioner)
    book_freely(
        schedule_id=here.pk,
        start=at("2026-11-25", when),
        minutes=15,
        visit=factories.visit(),
        by=by,
        now=now,
        despite=True,
    )


def test_an_hour_that_the_practice_takes_is_told_and_what_was_typed_goes_to_another(
    browser: Client, here: Schedule, now: Any
) -> None:
    address = chosen(browser, here)
    code = coded(browser, address)
    _practice_books(here, "10:45", now)
    answer = browser.post(f"{address}code/", {"code": code})
    assert answer.status_code == 409
    assert "Ce créneau vient d’être pris. Ce que vous avez tapé est gardé" in words(answer)
    # The contact is proved: another hour asks for no second code.
    address = chosen(browser, here, "2026-11-25", "11:00")
    assert 'value="Jasmin-Démo"' in browser.get(address).content.decode()
    assert browser.post(address, TYPED)["Location"] == f"{address}code/"
    assert len(mail.outbox) == 1
    assert browser.post(f"{address}code/", {}).status_code == 303
    assert Appointment.objects.filter(origin=Origin.PATIENT).get().start == at("2026-11-25", "11:00")


@pytest.mark.parametrize("wanted", ["", "x", "0" * 32 + "-20261125T0945Z-15", "0" * 32 + "-99991231T2359Z-15"])
def test_an_hour_of_nobody_is_told(browser: Client, wanted: str) -> None:
    answer = browser.post("/rendez-vous-en-ligne/choisir/", {"creneau": wanted})
    assert answer.status_code == 404
    assert not OnlineBooking.objects.exists()


def test_an_hour_that_is_not_public_is_not_held(browser: Client, here: Schedule) -> None:
    answer = choose(browser, here, "2026-11-26", "15:00")
    assert answer.status_code == 409
    assert "n’est plus proposé" in words(answer)
    assert not Hold.objects.exists()


def test_holds_of_visitors_take_nothing_from_regulators(here: Schedule, regulator_client: Client) -> None:
    practitioner = f"/praticien/{here.practitioner_id}/"

    def shown() -> list[str]:
        return re.findall(r"creneau=([0-9a-f]{32}-[0-9TZ]+-\d+)", regulator_client.get(practitioner).content.decode())

    before = shown()
    for hour in ("09:00", "09:15", "09:30"):
        assert choose(Client(), here, "2026-11-26", hour).status_code == 303
    assert shown() == before
    assert choose(Client(), here, "2026-11-26", "09:00").status_code == 409


def test_at_home_an_address_is_asked(browser: Client, here: Schedule) -> None:
    rule = here.rules.get()
    rule.consultation_types = [ConsultationType.HH]
    rule.save()
    address = chosen(browser, here)
    assert "à domicile" in words(browser.post(address, TYPED | {"mode": "HH", "address": ""}))
    browser.post(address, TYPED | {"mode": "HH", "address": "3 rue de l’Exemple, Villefictive"})
    browser.post(f"{address}code/", {"code": last_code()})
    assert Appointment.objects.get().visit_address == "3 rue de l’Exemple, Villefictive"


def test_what_was_begun_is_forgotten(browser: Client, here: Schedule, now: Any) -> None:
    coded(browser, chosen(browser, here))
    assert forget_online(now=now + timedelta(hours=3), limit=10) == 0
    assert OnlineBooking.objects.get().details is None
    assert forget_online(now=now + timedelta(hours=25), limit=10) == 1
    assert not OnlineCode.objects.exists()


def test_a_form_of_another_site_is_refused(here: Schedule) -> None:
    browser = Client(enforce_csrf_checks=True)
    address = chosen(browser, here)
    assert browser.post(address, TYPED).status_code == 403
