"""« Mes orientations »: what this regulator booked, and how it stands."""

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Practitioner, Regulator, User
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.call.copy_line import copy_line
from appointments.enums import CancelledFor, ConsultationType, MessageState, Status
from appointments.models import Appointment, PatientMessage, Schedule
from interop.enums import DeliveryState
from interop.models import Delivery
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import TEN
from tests.factories import at

pytestmark = pytest.mark.django_db
PAGE = "/orientations/"


@pytest.fixture
def actor(regulator: Regulator) -> Actor:
    return Actor(user=regulator.user, regulator=regulator)


def booked(actor: Actor, schedule: Schedule, count: int) -> list[Appointment]:
    """`count` coming ones, a quarter of an hour apart, each with a message planned."""
    made = []
    for number in range(count):
        start = TEN + timedelta(minutes=15 * number)
        one = factories.appointment(
            schedule_=schedule, by=actor, start=start, patient=factories.patient(email="a@exemple.test")
        )
        made.append(one)
    return made


def rows_of(page: str) -> list[str]:
    return [text_of(row) for row in re.findall(r"<tr[ >].*?</tr>", page.partition("<tbody>")[2], re.S)]


def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"/connexion/?next={PAGE}"


def test_it_exists_for_regulators_only(practitioner_client: Client, secretary_client: Client) -> None:
    get(practitioner_client, PAGE, 404)
    get(secretary_client, PAGE, 404)


def test_a_practitioner_who_signed_in_the_ordinary_way_is_no_regulator(
    regulator: Regulator, sign_in: Callable[[User], Client]
) -> None:
    assert regulator.user is not None
    get(sign_in(regulator.user), PAGE, 404)


def test_nothing_yet(regulator_client: Client) -> None:
    assert "Aucune orientation à venir." in text_of(get(regulator_client, PAGE))
    assert "Aucune orientation passée." in text_of(get(regulator_client, f"{PAGE}?periode=passees"))


def test_only_ones_own(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    mine = booked(actor, schedule, 1)[0]
    factories.appointment(schedule_=factories.schedule(), by=factories.regulator_actor(), start=TEN)
    factories.appointment(schedule_=factories.schedule(), start=TEN)
    page = get(regulator_client, PAGE)
    assert len(rows_of(page)) == 1
    assert f"/rendez-vous/{mine.id}/confirmation/" in page


def test_a_row_says_when_who_and_how_it_stands(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    patient = factories.patient(given_name="Kumquat", family_name="Jasmin-Démo", email="kumquat@exemple.test")
    factories.appointment(schedule_=schedule, by=actor, start=TEN, patient=patient)
    page = get(regulator_client, PAGE)
    row = rows_of(page)[0]
    for part in ("Aujourd’hui, 10 h 00", "K. J.", "Dr Alba Tournesol", schedule.location.name, "Confirmé"):
        assert part in row
    assert "E-mail en cours" in row
    assert "En cours" in row
    assert "Jasmin" not in page
    assert "kumquat" not in page


def test_what_needs_a_call_is_seen(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    [made] = booked(actor, schedule, 1)
    factories.to_call(made, kind="cancellation")
    Delivery.objects.update(state=DeliveryState.BLOCKED)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Patient à prévenir" in row  # on a phone, under the status
    assert "À prévenir" in row
    assert "Non transmis" in row


def test_who_is_to_be_told_is_counted_and_taken_by_one_side_at_a_time(
    regulator_client: Client, actor: Actor, schedule: Schedule
) -> None:
    [made] = booked(actor, schedule, 1)
    call = factories.to_call(made, kind="cancellation")
    page = get(regulator_client, PAGE)
    assert "1 patient à prévenir" in text_of(page)
    assert "Mes orientations 1 à prévenir" in text_of(page)
    assert "<title>(1) Mes orientations" in page
    assert f"tel:{made.contact_phone}" in page
    address, version = f"/rendez-vous/{made.id}/prevenu/", Appointment.objects.get(pk=made.pk).version
    # Nobody answers: the next one comes first, until a while later.
    other = factories.appointment(schedule_=schedule, by=actor, start=TEN + timedelta(minutes=15))
    factories.to_call(other, kind="cancellation")
    regulator_client.post(address, {"version": version, "acte": "pas-joint"})
    page = get(regulator_client, PAGE)
    assert "Pas joint à 8 h 00, à rappeler à partir de 8 h 15." in text_of(page)
    assert page.index(f"{other.id}/prevenu/") < page.index(f"{made.id}/prevenu/")
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False):
        later = get(regulator_client, PAGE)
    assert later.index(f"{made.id}/prevenu/") < later.index(f"{other.id}/prevenu/")
    other.messages.all().delete()
    regulator_client.post(address, {"version": version, "acte": "passer"})
    call.refresh_from_db()
    assert (call.state, call.owner_side) == (MessageState.TO_CALL, "practice")
    assert "1 patient à prévenir" not in text_of(get(regulator_client, PAGE))
    assert "<title>Mes orientations" in get(regulator_client, PAGE)
    answer = regulator_client.post(address, {"version": version, "acte": "prevenu"})
    call.refresh_from_db()
    assert (call.state, call.told_by) == (MessageState.TOLD, actor.name)
    assert answer["Location"] == PAGE
    assert "Averti" in rows_of(get(regulator_client, PAGE))[0]
    stale = regulator_client.post(address, {"version": version + 1}, follow=True)
    assert "a changé entre-temps" in text_of(stale.content.decode())


def test_what_went_well_is_seen(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 1)
    PatientMessage.objects.update(state=MessageState.SENT, sent_at=NOW)
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "E-mail envoyé Transmis" in row


def test_without_address_the_patient_was_told_by_phone(
    regulator_client: Client, actor: Actor, schedule: Schedule
) -> None:
    factories.appointment(schedule_=schedule, by=actor, start=TEN, consultation_type=ConsultationType.VR)
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Par téléphone" in row
    assert "Téléconsultation" in row


def test_the_last_message_counts(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    made = booked(actor, schedule, 1)[0]
    PatientMessage.objects.update(state=MessageState.SENT, sent_at=NOW)
    assert [len(rows_of(get(regulator_client, f"{PAGE}?averti={one}"))) for one in ("oui", "non")] == [0, 1]
    PatientMessage.objects.update(state=MessageState.RECEIVED, answered_at=NOW)
    assert [len(rows_of(get(regulator_client, f"{PAGE}?averti={one}"))) for one in ("oui", "non")] == [1, 0]
    cancel_appointment(appointment_id=made.id, version=1, by=actor, now=NOW)
    assert [len(rows_of(get(regulator_client, f"{PAGE}?averti={one}"))) for one in ("oui", "non")] == [0, 1]
    row = rows_of(get(regulator_client, PAGE))[0]
    assert "Annulé" in row
    assert "E-mail en cours" in row


def test_coming_and_past_ones_have_their_tabs(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    for start in ("2026-11-24", "2026-11-20", "2026-11-26", "2026-11-30"):
        status = Status.BOOKED if start > "2026-11-25" else Status.FULFILLED
        factories.appointment(schedule_=schedule, by=actor, start=at(start, "10:00"), status=status)
    coming, past = get(regulator_client, PAGE), get(regulator_client, f"{PAGE}?periode=passees")
    assert "À venir 2 Passées 2" in text_of(coming)
    assert rows_of(coming)[0].startswith("Demain, 10 h 00")
    assert rows_of(coming)[1].startswith("Lun. 30 nov., 10 h 00")
    assert rows_of(past)[0].startswith("Hier, 10 h 00")
    assert rows_of(past)[1].startswith("Ven. 20 nov., 10 h 00")


def test_pages_of_25(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 26)
    first = get(regulator_client, PAGE)
    assert len(rows_of(first)) == 25
    assert "1 à 25 sur 26" in text_of(first)
    assert "Précédentes" not in first
    assert '<a class="btn btn--sm" href="?page=2">' in first
    second = get(regulator_client, f"{PAGE}?page=2")
    assert len(rows_of(second)) == 1
    assert "26 à 26 sur 26" in text_of(second)


NO_PAGES = ["0", "-1", "999", "abc", "%00", "9" * 400]


def test_a_page_that_is_none_shows_the_nearest(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 2)
    for page in NO_PAGES:
        assert len(rows_of(get(regulator_client, f"{PAGE}?page={page}"))) == 2, page


@pytest.mark.parametrize("count", [1, 6])
def test_the_number_of_queries_does_not_grow(
    regulator_client: Client,
    actor: Actor,
    schedule: Schedule,
    count: int,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    booked(actor, schedule, count)
    regulator_client.get(PAGE)  # the terms are remembered in the session from now on
    # session, user with regulator; how many to tell (of the bar), counts, how many of the list, the list, who is to be told;
    # messages, deliveries, outcomes
    with django_assert_num_queries(10):
        regulator_client.get(PAGE)
    # the same without who is to be told and how many there are; a file without what a page counts
    for body, queries in (({"words": "25/11"}, 8), ({"acte": "csv"}, 6)):
        with django_assert_num_queries(queries):
            regulator_client.post(PAGE, body)


# --- Found again ----------------------------------------------------------------------------------------------------
def found(client: Client, words: str, **chosen: str) -> list[str]:
    """The initials of those found, in the order of the page."""
    answer = client.post(PAGE, {"words": words, **chosen})
    assert answer.status_code == 200
    return re.findall(r'<strong class="nowrap">([^<]*)</strong>', answer.content.decode())


@pytest.fixture
def three(actor: Actor, schedule: Schedule) -> list[Appointment]:
    """K. J. today, É. L. yesterday, and a newborn without given name next week."""
    who = [
        ("Kumquat", "Jasmin-Démo", "+33639981234", TEN),
        ("Élodie", "Le Gall-Démo", "+33639985678", at("2026-11-24", "10:00")),
        ("", "Pivoine-Démo", "+33639989012", at("2026-12-02", "09:00")),
    ]
    made = []
    for given, family, phone, start in who:
        patient = factories.patient(given_name=given, family_name=family, phone=phone)
        made.append(factories.appointment(schedule_=schedule, by=actor, start=start, patient=patient))
    return made


LOOKED_FOR: list[tuple[str, list[str]]] = [
    ("KJ", ["K. J."]), ("k. j.", ["K. J."]), ("el", ["É. L."]), ("jasm", ["K. J."]), ("le gall", ["É. L."]),
    ("p.", ["P."]), ("k", []),
    ("12 34", ["K. J."]), ("1234", ["K. J."]), ("06 39 98 90 12", ["P."]), ("25/11", ["K. J."]), ("aujourd’hui", ["K. J."]),
    ("hier", ["É. L."]), ("2 déc", ["P."]), ("mercredi 25 novembre 2026", ["K. J."]), ("KJ 25/11", ["K. J."]),
    ("KJ hier", []), ("ZZ", []), ("…", []), ("x\u202f!", []),
]  # fmt: skip


def test_it_is_found_by_what_a_caller_says(regulator_client: Client, three: list[Appointment]) -> None:
    for words, initials in LOOKED_FOR:
        assert found(regulator_client, words) == initials, words


def test_it_is_found_by_its_reference(regulator_client: Client, three: list[Appointment]) -> None:
    letters = three[1].id.hex.upper()
    for words in (f"{letters[:4]}-{letters[4:6]}", letters[:6].lower()):
        assert found(regulator_client, words) == ["É. L."]


def test_a_day_is_the_places_own(regulator_client: Client, actor: Actor) -> None:
    """At 19:30 in Cayenne it is the next day in Paris."""
    there = factories.schedule(location=factories.location(time_zone="America/Cayenne"))
    factories.appointment(schedule_=there, by=actor, start=at("2026-11-26", "23:30"))
    assert len(found(regulator_client, "26/11")) == 1
    assert found(regulator_client, "27/11") == []


def test_what_the_practice_corrected_finds_nothing(
    regulator_client: Client, three: list[Appointment], actor: Actor
) -> None:
    Appointment.objects.filter(pk=three[0].pk).update(
        contact_phone="+33639980000", contacts_by_practice=["contact_phone"]
    )
    assert found(regulator_client, "00 00") == []
    assert found(regulator_client, "12 34") == ["K. J."]


def test_the_number_of_who_called_is_shown_and_found(
    regulator_client: Client, actor: Actor, schedule: Schedule
) -> None:
    made = factories.appointment(
        schedule_=schedule, by=actor, start=TEN, patient=factories.patient(phone=""),
        caller="Mère, Mme Lilas", caller_phone="+33639985510", contact_phone="+33639985510",
    )  # fmt: skip
    factories.to_call(made)
    page = get(regulator_client, PAGE)
    assert "Mère, Mme Lilas : 06 39 98 55 10" in text_of(page)
    assert "…55 10" in rows_of(page)[0]
    assert len(found(regulator_client, "55 10")) == 1
    # Whom the practice calls instead is not theirs to know.
    Appointment.objects.update(contacts_by_practice=["caller"])
    assert found(regulator_client, "55 10") == []


def test_of_others_nothing_is_found(regulator_client: Client, schedule: Schedule) -> None:
    factories.appointment(schedule_=schedule, by=factories.regulator_actor(), start=TEN)
    assert found(regulator_client, "25/11") == []


def test_no_word_that_was_looked_for_is_in_an_address(regulator_client: Client, three: list[Appointment]) -> None:
    page = regulator_client.post(PAGE, {"words": "Jasmin"}).content.decode()
    assert not [one for one in re.findall(r'(?:href|action|hx-get)="([^"]*)"', page) if "asmin" in one]
    answer = regulator_client.post(PAGE, {"words": " ", "periode": "passees", "sas": "attente"})
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}?periode=passees&sas=attente")


def test_what_cannot_be_read_comes_back_with_what_to_do(regulator_client: Client) -> None:
    answer = regulator_client.post(PAGE, {"words": "K\u202eJ"})
    assert answer.status_code == 422
    assert "caractère invisible" in answer.content.decode()


# --- Narrowed -------------------------------------------------------------------------------------------------------
def test_by_status_and_by_what_the_sas_knows(
    regulator_client: Client, actor: Actor, schedule: Schedule, three: list[Appointment]
) -> None:
    cancel_appointment(appointment_id=three[2].id, version=1, by=actor, now=NOW)
    Delivery.objects.filter(appointment=three[0]).update(state=DeliveryState.SENT, sent_at=NOW)
    assert len(rows_of(get(regulator_client, f"{PAGE}?statut=cancelled"))) == 1
    [known] = rows_of(get(regulator_client, f"{PAGE}?sas=transmis"))
    assert "K. J." in known
    [waiting] = rows_of(get(regulator_client, f"{PAGE}?sas=attente"))
    assert "P." in waiting
    assert "Aucune orientation ne répond à ces choix." in text_of(
        get(regulator_client, f"{PAGE}?sas=transmis&statut=cancelled")
    )
    assert len(rows_of(get(regulator_client, f"{PAGE}?sas=bleu&statut=%00&periode=demain"))) == 2


def test_what_is_over_and_not_closed_has_its_tab(regulator_client: Client, three: list[Appointment]) -> None:
    page = get(regulator_client, f"{PAGE}?periode=non-closes")
    assert "Non closes 1" in text_of(page)
    assert [row[:4] for row in rows_of(page)] == ["Hier"]


def test_a_second_page_keeps_what_narrows(regulator_client: Client, actor: Actor, schedule: Schedule) -> None:
    booked(actor, schedule, 26)
    assert 'href="?page=2&amp;statut=booked"' in get(regulator_client, f"{PAGE}?statut=booked")


# --- What became of them --------------------------------------------------------------------------------------------
def test_an_outcome_has_its_date_and_a_cancellation_its_author(
    regulator_client: Client, actor: Actor, schedule: Schedule, three: list[Appointment]
) -> None:
    practice = factories.practice_actor(schedule.practitioner)
    set_status(appointment_id=three[1].id, version=1, status=Status.NOSHOW, by=practice, now=NOW)
    cancel_appointment(appointment_id=three[0].id, version=1, by=actor, now=NOW)
    cancel_appointment(appointment_id=three[2].id, version=1, by=practice, now=NOW, cancelled_for=CancelledFor.PATIENT)
    assert "Non honoré Aujourd’hui à 8 h 00" in rows_of(get(regulator_client, f"{PAGE}?periode=passees"))[0]
    mine, theirs = rows_of(get(regulator_client, PAGE))
    assert "Annulé Aujourd’hui à 8 h 00, par vous" in mine
    assert "par le cabinet, à la demande du patient" in theirs


def test_cancelling_in_the_list_comes_back_to_it(regulator_client: Client, three: list[Appointment]) -> None:
    page = get(regulator_client, f"{PAGE}?statut=booked")
    [address] = re.findall(rf'data-cancel="([^"]*{three[0].id}[^"]*)"', page)
    back = html.unescape(re.findall(r'name="next" value="([^"]*)"', page)[0])
    answer = regulator_client.post(address, {"version": 1, "next": back})
    assert answer["Location"] == f"{PAGE}?statut=booked"
    assert "Rendez-vous annulé" in text_of(get(regulator_client, answer["Location"]))
    assert regulator_client.post(address, {"version": 1, "next": "//ailleurs.test/"})["Location"] != "//ailleurs.test/"


def test_a_line_is_copied_from_its_row(regulator_client: Client, three: list[Appointment]) -> None:
    page = html.unescape(get(regulator_client, PAGE))
    for one in (three[0], three[2]):
        assert f'data-copy-text="{copy_line(one)}"' in page


def test_a_file_follows_what_is_shown(regulator_client: Client, actor: Actor, three: list[Appointment]) -> None:
    Practitioner.objects.update(family_name="=Tournesol", title="", given_name="")
    cancel_appointment(appointment_id=three[0].id, version=1, by=actor, now=NOW)
    answer = regulator_client.post(PAGE, {"acte": "csv", "statut": "cancelled"})
    assert answer["Content-Disposition"] == 'attachment; filename="orientations-2026-11-25.csv"'
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    told = {
        name: row[name] for name in ("Date", "Début", "Patient", "Fin du téléphone", "Praticien", "Statut", "Par qui")
    }
    assert told == {
        "Date": "25/11/2026", "Début": "10:00", "Patient": "K. J.", "Fin du téléphone": "12 34", "Praticien": "'=Tournesol",
        "Statut": "Annulé", "Par qui": "par vous",
    }  # fmt: skip
    assert row["Identifiant"] == str(three[0].id)
    assert "Jasmin" not in answer.content.decode()
    coming = regulator_client.post(PAGE, {"acte": "csv"}).content.decode()
    assert coming.count("\n") == 3
