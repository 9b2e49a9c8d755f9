"""The form of a new appointment as a panel over the agenda: what the script asks for, and what it is answered."""

import json
import re
from collections.abc import Callable
from datetime import date, time
from html import unescape
from typing import Any

import pytest
from django.test import Client

from appointments.agenda.forms.naming import named_in
from appointments.enums import Status
from appointments.messages.reach import digest_of
from appointments.models import Appointment, ContactRefusal, Patient, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.access.sending import forms_of
from tests.appointments.agenda.pages import words
from tests.factories import at

pytestmark = pytest.mark.django_db
SLOT = "/agenda/rendez-vous/"
BORN = {"birth_date": date(1991, 2, 14), "phone": "+33639981234"}


@pytest.fixture
def opened(schedule: Schedule) -> Schedule:
    """From 9 to 12 every day, and a reason of 20 minutes."""
    factories.reason(schedule, label="Suivi", minutes=20, colour="tone-2")
    return factories.rule(schedule=schedule).schedule


@pytest.fixture
def known(opened: Schedule) -> Patient:
    details = factories.patient(
        family_name="L’Œil-Démo", given_name="Zoé", email="zoe@exemple.test", sex="female", **BORN
    )
    one = factories.appointment(schedule_=opened, start=at("2026-10-05", "09:00"), patient=details)
    Appointment.objects.filter(pk=one.pk).update(status=Status.NOSHOW)
    return one.patient


def address(schedule: Schedule) -> str:
    return f"/agenda/{schedule.practitioner_id}/rendez-vous/nouveau/"


def panel(answer: Any) -> str:
    page = answer.content.decode()
    assert page.lstrip().startswith('<div class="pop"'), page[:300]
    return words(page)


def fields_of(answer: Any) -> dict[str, str]:
    """What the panel would send, its buttons aside."""
    page, found = answer.content.decode(), {}
    for tag in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") not in {"radio", "checkbox"} or " checked" in tag:
            found[given.get("name", "")] = unescape(given.get("value", ""))
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        [*chosen] = re.findall(r'<option value="([^"]*)"[^>]* selected', options)
        found[name] = chosen[0] if chosen else ""
    return found


def ask(client: Client, where: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    headers = {"HX-Request": "true"}
    if data is None:
        return client.get(where, more, headers=headers)
    return client.post(where, data | more, headers=headers)


def test_a_free_slot_opens_where_it_is_for_its_own_length(practitioner_client: Client, opened: Schedule) -> None:
    key = SlotKey(opened.id, at("2026-11-26", "09:30"), 15)
    answer = ask(practitioner_client, SLOT, creneau=str(key))
    assert "9 h 30 – 9 h 45 Demain · Dr Alba Tournesol · Cabinet de la Glycine" in panel(answer)
    fields = fields_of(answer)
    assert (fields["day"], fields["hour"], fields["minutes"]) == ("2026-11-26", "9\u202fh\u202f30", "15")
    assert 'data-minutes="20" data-tone="tone-2"' in answer.content.decode()
    assert "family_name" not in fields


def test_its_page_without_script_is_sent_where_it_books(practitioner_client: Client, opened: Schedule) -> None:
    where = f"{SLOT}?creneau={SlotKey(opened.id, at('2026-11-26', '09:30'), 15)}"
    page = practitioner_client.get(where).content.decode()
    assert [one.action for one in forms_of(page, where) if dict(one.fields).get("hour")] == [address(opened)]


def test_an_empty_time_lasts_a_step_where_one_is_open_then(practitioner_client: Client, opened: Schedule) -> None:
    place = factories.location(name="Dispensaire", organization=opened.organization)
    later = factories.schedule(practitioner=opened.practitioner, location=place)
    factories.rule(schedule=later, start_time=time(14), end_time=time(18), step_minutes=30)
    for hour, where in (("9h10", "9 h 10 – 9 h 25"), ("14h10", "14 h 10 – 14 h 40"), ("20h", "20 h 00 – 20 h 15")):
        said = panel(ask(practitioner_client, address(opened), jour="2026-11-26", heure=hour))
        assert where in said
        assert ("Dispensaire" in said.split("Patient")[0]) == (hour == "14h10")


def chosen_at_half_past_nine(client: Client, opened: Schedule, known: Patient) -> Any:
    """The panel of the free slot, once it is said whom it is for."""
    first = ask(client, SLOT, creneau=str(SlotKey(opened.id, at("2026-11-26", "09:30"), 15)))
    return ask(client, address(opened), fields_of(first) | {"words": "oei"}, choose=str(known.pk))


def test_somebody_known_is_chosen_and_booked_and_the_agenda_is_told(
    practitioner_client: Client, opened: Schedule, known: Patient
) -> None:
    chosen = chosen_at_half_past_nine(practitioner_client, opened, known)
    said = panel(chosen)
    assert "L’ŒIL-DÉMO Zoé" in said
    assert "1 rendez-vous non honoré" in said
    assert "Confirmation par e-mail." in said
    assert "Ne pas prévenir le patient" in said
    done = ask(practitioner_client, address(opened), fields_of(chosen))
    one = Appointment.objects.get(start=at("2026-11-26", "09:30"))
    assert done.status_code == 204
    assert json.loads(done["HX-Trigger"]) == {
        "visit-booked": {
            "visit": f"/rendez-vous/{one.id}/",
            "said": "Rendez-vous pris\u00a0: jeudi 26 novembre à 9\u202fh\u202f30. Confirmation par e-mail.",
        }
    }
    assert (one.patient, one.contact_email, one.minutes) == (known, "zoe@exemple.test", 15)
    # What was said in the panel is said nowhere a second time.
    assert "Rendez-vous pris :" not in words(practitioner_client.get(f"/rendez-vous/{one.id}/").content.decode())


def test_who_answered_stop_is_said_to_hear_nothing_before_and_after(
    practitioner_client: Client, opened: Schedule, known: Patient
) -> None:
    Patient.objects.filter(pk=known.pk).update(email="", phone="+33639980077")
    ContactRefusal.objects.create(digest=digest_of("+33639980077"), at=at("2026-11-20", "09:00"))
    said = "Aucune confirmation ne part : a répondu STOP à nos SMS."
    asked = chosen_at_half_past_nine(practitioner_client, opened, known)
    assert said in panel(asked)
    assert "Ne pas prévenir" not in panel(asked)
    ask(practitioner_client, address(opened), fields_of(asked))
    one = Appointment.objects.get(start=at("2026-11-26", "09:30"))
    assert said in words(practitioner_client.get(f"/rendez-vous/{one.id}/").content.decode())


def test_who_is_not_to_be_told_is_sent_nothing(practitioner_client: Client, opened: Schedule, known: Patient) -> None:
    asked = chosen_at_half_past_nine(practitioner_client, opened, known)
    ask(practitioner_client, address(opened), fields_of(asked), untold="on")
    one = Appointment.objects.get(start=at("2026-11-26", "09:30"))
    assert not one.messages.exists()
    assert "Le patient n’est pas prévenu." in words(practitioner_client.get(f"/rendez-vous/{one.id}/").content.decode())


def test_of_who_is_known_by_another_structure_the_words_are_taken_for_a_new_file(
    practitioner_client: Client, opened: Schedule, known: Patient
) -> None:
    away = factories.schedule()
    assert opened.practitioner is not None
    assert opened.practitioner.user is not None
    factories.delegate(opened.practitioner.user, away)
    theirs = factories.appointment(
        schedule_=away, start=at("2026-10-06", "09:00"), patient=factories.patient(family_name="Nashi", nir="", **BORN)
    ).patient
    first = ask(practitioner_client, address(opened), jour="2026-11-26", heure="9h")
    chosen = ask(practitioner_client, address(opened), fields_of(first) | {"words": "nash"}, choose=str(theirs.pk))
    assert f"Identité reprise du dossier tenu par {away.organization}" in panel(chosen)
    fields = fields_of(chosen)
    assert (fields["family_name"], fields["birth_date"], "file" in fields) == ("Nashi", "14/02/1991", False)
    assert ask(practitioner_client, address(opened), fields).status_code == 204
    made = Appointment.objects.get(start=at("2026-11-26", "09:00")).patient
    assert (made.family_name, made.organization) == ("Nashi", opened.organization)
    assert made.pk != theirs.pk


def test_whom_it_is_for_moves_it_to_no_other_place(practitioner_client: Client, opened: Schedule) -> None:
    """Of a practitioner of two structures: the place clicked stays, with what is done there, for somebody known at the other."""
    other = factories.schedule(practitioner=opened.practitioner)
    factories.reason(other, label="Nuit", minutes=15)
    elsewhere = factories.appointment(schedule_=other, start=at("2026-10-05", "09:00")).patient
    where = f"{SLOT}?creneau={SlotKey(opened.id, at('2026-11-26', '09:30'), 15)}"
    begun = ask(practitioner_client, where)
    assert "Suivi" in panel(begun)
    assert "Nuit" not in panel(begun)
    chosen = ask(practitioner_client, address(opened), fields_of(begun), choose=str(elsewhere.pk))
    assert f"· {opened.location.name}" in panel(chosen)
    assert fields_of(chosen)["schedule"] == str(opened.id)
    assert f"Identité reprise du dossier tenu par {other.organization}" in panel(chosen)


def test_somebody_new_keeps_what_was_typed_to_find_them(practitioner_client: Client, opened: Schedule) -> None:
    first = ask(practitioner_client, address(opened), jour="2026-11-26", heure="9h")
    sent = fields_of(first) | {"words": "kumquat anne-lise 0639981234"}
    for button in ({"create": "1"}, {}):
        answer = ask(practitioner_client, address(opened), sent, **button)
        assert answer.status_code == (200 if button else 422)
        fields = fields_of(answer)
        assert (fields["family_name"], fields["given_name"], fields["phone"]) == ("Kumquat", "Anne-Lise", "0639981234")
        # Typing goes on at what is still to be said.
        [focus] = [tag for tag in re.findall(r"<\w+[^>]*>", answer.content.decode()) if " data-focus" in tag]
        assert 'name="birth_date"' in focus
    assert ("Dites qui vient" in panel(answer)) is True
    done = ask(practitioner_client, address(opened), fields, birth_date="3/7/1984", sex="female")
    assert done.status_code == 204
    assert Appointment.objects.get().patient.birth_date == date(1984, 7, 3)


def test_what_is_wrong_or_in_the_way_comes_back_in_the_panel(
    practitioner_client: Client, opened: Schedule, known: Patient
) -> None:
    factories.appointment(schedule_=opened, start=at("2026-11-26", "09:00"), minutes=30)
    first = ask(practitioner_client, address(opened), jour="2026-11-26", heure="9h10", dossier=str(known.pk))
    sent = fields_of(first) | {"note": "Rappelle à midi", "minutes": "1"}
    refused = ask(practitioner_client, address(opened), sent)
    assert refused.status_code == 422
    assert "Un rendez-vous dure de 5 minutes à 4 heures." in panel(refused)
    warned = ask(practitioner_client, address(opened), sent, minutes="20")
    assert warned.status_code == 409
    assert "9 h 10 n’est pas libre" in panel(warned)
    assert "Ajouter en plus à 9 h 10" in panel(warned)
    assert "Rappelle à midi" in warned.content.decode()
    [asked] = re.findall(r'name="despite" value="([^"]+)"', warned.content.decode())
    assert ask(practitioner_client, address(opened), sent, minutes="20", despite=unescape(asked)).status_code == 204
    assert Appointment.objects.get(start=at("2026-11-26", "09:10")).overbooked


def test_outside_the_openings_nobody_is_beside(practitioner_client: Client, opened: Schedule, known: Patient) -> None:
    first = ask(practitioner_client, address(opened), jour="2026-11-26", heure="20h", dossier=str(known.pk))
    assert "Prendre quand même à 20 h 00" in panel(ask(practitioner_client, address(opened), fields_of(first)))


def test_the_panel_gives_way_to_the_page_with_all_that_was_typed(
    practitioner_client: Client, opened: Schedule, known: Patient
) -> None:
    first = ask(practitioner_client, address(opened), jour="2026-11-26", heure="9h10", dossier=str(known.pk))
    page = practitioner_client.post(address(opened), fields_of(first) | {"note": "Toux", "whole": "1"})
    assert "<main" in page.content.decode()
    for kept in ('value="9\u202fh\u202f10"', 'value="2026-11-26"', "Toux", f'name="file" value="{known.pk}"'):
        assert kept in page.content.decode()


class TestChoices:
    """The list under what one types."""

    def found(self, client: Client, schedule: Schedule, typed: str) -> str:
        answer = client.post(f"/agenda/{schedule.practitioner_id}/patients/", {"words": typed})
        return words(answer.content.decode())

    @pytest.mark.parametrize(
        ("typed", "is_found"), [("oe", True), ("Œil z", True), ("1234", True), ("o", False), ("123", False)]
    )
    def test_from_two_letters_or_four_digits(
        self, practitioner_client: Client, opened: Schedule, known: Patient, typed: str, is_found: bool
    ) -> None:
        said = self.found(practitioner_client, opened, typed)
        assert ("L’ŒIL-DÉMO Zoé" in said) == is_found
        assert f"Créer « {typed} »" in said

    def test_it_says_age_phone_identity_and_what_was_missed(
        self, practitioner_client: Client, opened: Schedule, known: Patient
    ) -> None:
        said = self.found(practitioner_client, opened, "oeil")
        assert re.search(
            r"ŒIL-DÉMO Zoé Déclarée née le 14/02/1991, 35 ans · 06 39 98 12 34 · 1 rendez-vous non honoré", said
        )

    def test_at_most_five_those_whose_name_begins_so_first_and_twins_are_marked(
        self, practitioner_client: Client, opened: Schedule
    ) -> None:
        for number, name in enumerate(["Amande", "Lamande", "Mandarine", "Mandarine", "Mandragore", "Samandier"]):
            twin = BORN | {"sex": "female"} if name == "Mandarine" else {"birth_date": date(1950 + number, 5, 9)}
            patient = factories.patient(family_name=name, given_name="Zoé", **twin)
            factories.appointment(schedule_=opened, start=at("2026-10-05", f"{9 + number:02}:00"), patient=patient)
        said = self.found(practitioner_client, opened, "mand")
        names = re.findall(r"\b[A-Z]{4,}\b", said)
        assert names == ["MANDARINE", "MANDARINE", "MANDRAGORE", "AMANDE", "LAMANDE"]
        assert said.count("Même personne ?") == 1
        assert "D’autres ont ce nom : précisez." in said

    def test_nobody_of_another_practice_and_nobody_whose_agenda_one_only_sees(
        self, sign_in: Callable[..., Client], opened: Schedule, known: Patient
    ) -> None:
        elsewhere = factories.schedule(practitioner=opened.practitioner)
        helper = factories.user()
        factories.delegate(helper, opened)
        factories.delegate(helper, elsewhere)
        patient = factories.patient(family_name="Œillet")
        factories.appointment(schedule_=factories.schedule(), start=at("2026-10-05", "09:00"), patient=patient)
        said = self.found(sign_in(helper), opened, "oei")
        assert "ŒIL-DÉMO" in said
        assert "ŒILLET" not in said

    @pytest.mark.parametrize("files", [1, 6])
    def test_its_number_of_queries_does_not_grow(
        self, practitioner_client: Client, opened: Schedule, files: int, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(files):
            patient = factories.patient(family_name="Mandarine", given_name=f"Zoé {number}")
            factories.appointment(schedule_=opened, start=at("2026-10-05", f"{9 + number:02}:00"), patient=patient)
        with django_assert_max_num_queries(9):
            self.found(practitioner_client, opened, "mand")


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("jasmin", {"family_name": "Jasmin"}),
        ("JASMIN-DÉMO kiwano paul", {"family_name": "JASMIN-DÉMO", "given_name": "Kiwano Paul"}),
        ("de gaulle, 3/7/1984", {"family_name": "De", "given_name": "Gaulle", "birth_date": "3/7/1984"}),
        ("06 39 98 12 34", {"phone": "06 39 98 12 34"}),
        ("+33639981234 lys", {"phone": "+33639981234", "family_name": "Lys"}),
        ("lys 14021991", {"family_name": "Lys", "birth_date": "14021991"}),
        ("0045", {}),
        ("", {}),
    ],
)
def test_what_one_looked_for_says_who_it_is(typed: str, known: dict[str, str]) -> None:
    assert named_in(typed, today=date(2026, 11, 25)) == known
