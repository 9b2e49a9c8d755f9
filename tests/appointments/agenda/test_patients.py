"""The practice finds its patients by what they say of themselves, and books for one it knows without asking who it is again."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from accounts.models import User
from appointments.enums import Origin, Status
from appointments.models import Appointment, Patient, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
SEARCH = "/patients/"
KUMQUAT = {
    "family_name": "L’Œil-Démo", "given_name": "Zoé", "birth_name": "Jasmin", "birth_date": date(1984, 7, 3), "sex": "female",
    "phone": "+33639981234", "email": "zoe@exemple.test",
}  # fmt: skip


@pytest.fixture
def known(schedule: Schedule) -> Patient:
    file = factories.file(schedule.organization, **KUMQUAT)
    factories.appointment(schedule_=schedule, start=at("2026-10-05", "14:00"), patient=file, status=Status.NOSHOW)
    return file


def found(client: Client, words: str, **headers: str) -> Any:
    return client.post(SEARCH, {"words": words}, headers=headers)


WORDS = [
    "oeil", "demo zo", "ZOÉ l’œil", "jasmin", "jasmin 84", "1984 zoe", "3/7/1984", "03.07.1984", "1234", "0639981234",
]  # fmt: skip


def test_somebody_is_found_by_any_of_what_they_say_of_themselves(
    secretary_client: Client, known: Patient, schedule: Schedule
) -> None:
    other = factories.file(
        schedule.organization,
        family_name="Mangue",
        given_name="Paul",
        birth_date=date(1950, 1, 1),
        phone="+33639980000",
    )
    factories.appointment(schedule_=schedule, start=at("2026-10-05", "15:00"), patient=other)
    for words in WORDS:
        page = text_of(found(secretary_client, words))
        assert "L’ŒIL-DÉMO Zoé" in page, words
        assert "MANGUE" not in page, words


def test_the_page_that_looks_for_people_has_one_field_for_it(secretary_client: Client, schedule: Schedule) -> None:
    fields = [secretary_client.get(where).content.decode().count('type="search"') for where in (SEARCH, "/a-clore/")]
    assert fields == [1, 1]


@pytest.mark.parametrize("words", ["", "z", "1", "?", "oeil mangue", "%", "1985 zoe"])
def test_nobody_is_for_too_little_or_what_does_not_fit(secretary_client: Client, known: Patient, words: str) -> None:
    assert "L’ŒIL" not in text_of(found(secretary_client, words))


def test_a_reference_finds_its_patient(secretary_client: Client, known: Patient) -> None:
    head = Appointment.objects.get(patient=known).id.hex[:6].upper()
    assert "L’ŒIL-DÉMO Zoé" in text_of(found(secretary_client, f"{head[:4]}-{head[4:]}"))


def quick(client: Client, words: str) -> str:
    """What comes under the field at the side while one types."""
    return str(client.post("/patients/chercher/", {"words": words}).content.decode())


def test_while_one_types_a_few_are_listed_with_why_and_what_they_have(
    secretary_client: Client, known: Patient, schedule: Schedule
) -> None:
    coming = factories.appointment(schedule_=schedule, start=at("2026-12-01", "09:00"), patient=known)
    listed = quick(secretary_client, "oeil 84 34")
    assert "<mark>L’ŒIL</mark>" not in listed
    assert "L’<mark>ŒIL</mark>-DÉMO Zoé (Jasmin)" in listed
    assert "3 juillet 19<mark>84</mark>" in listed
    assert "06 39 98 12 <mark>34</mark>" in listed.replace("\u00a0", " ").replace("\u202f", " ")
    assert f'href="/rendez-vous/{coming.id}/">Mardi 1er décembre à 9' in listed
    head = coming.id.hex[:6].upper()
    assert f"référence {head[:4]}-{head[4:]}" in quick(secretary_client, f"{head[:4]}-{head[4:]}")
    for _ in range(8):
        other = factories.file(schedule.organization, family_name="Œillet")
        factories.appointment(schedule_=schedule, start=at("2026-12-02", f"{8 + _:02}:00"), patient=other)
    many = quick(secretary_client, "oeil")
    assert many.count("data-hit") == 6
    assert "Il y en a d’autres" in many
    assert "Personne de connu" in quick(secretary_client, "jasmni")
    assert "data-hit" not in quick(secretary_client, "o")


def test_who_may_be_the_same_person_stands_right_under_the_other(
    secretary_client: Client, known: Patient, schedule: Schedule
) -> None:
    between = factories.file(schedule.organization, **KUMQUAT | {"given_name": "Zoa", "birth_date": date(1950, 1, 1)})
    again = factories.file(schedule.organization, **KUMQUAT | {"given_name": "Zoe", "phone": "+33639980045"})
    twin = factories.file(schedule.organization, **KUMQUAT | {"given_name": "Anne"})
    for hour, one in enumerate((between, again, twin), start=8):
        factories.appointment(schedule_=schedule, start=at("2026-12-02", f"{hour:02}:00"), patient=one)
    listed = quick(secretary_client, "oeil")
    assert listed.count("Même personne") == 1
    order = re.findall(r"/patients/([0-9a-f-]{36})/", listed)
    assert order.index(str(again.pk)) in {order.index(str(known.pk)) + 1, order.index(str(known.pk)) - 1}


def test_what_somebody_does_not_see_is_not_found(
    sign_in: Callable[[User], Client], known: Patient, schedule: Schedule
) -> None:
    """Who sees when others are busy, who sees a colleague's agenda, and another organization's."""
    for level, agenda in (
        (Level.BUSY, schedule),
        (Level.SEE, factories.colleague(schedule)),
        (Level.BOOK, factories.schedule()),
    ):
        client = sign_in(factories.delegate(factories.user(), agenda, level).user)
        assert "L’ŒIL" not in text_of(found(client, "oeil"))
        assert client.get(f"/patients/{known.pk}/").status_code == 404


def test_a_file_shows_visits_contacts_and_what_was_missed(
    secretary_client: Client, known: Patient, schedule: Schedule
) -> None:
    coming = factories.appointment(schedule_=schedule, start=at("2026-12-01", "09:00"), patient=known)
    page = text_of(secretary_client.get(f"/patients/{known.pk}/"))
    assert "L’ŒIL-DÉMO Zoé" in page
    assert "1 rendez-vous non honoré" in page
    assert re.search(r"À venir.* 1er déc.*Passés et annulés.* 5 oct", page)
    assert f"/rendez-vous/{coming.id}/" in secretary_client.get(f"/patients/{known.pk}/").content.decode()


def test_a_merged_file_leads_to_the_one_that_stands_for_it(secretary_client: Client, known: Patient) -> None:
    absorbed = factories.file(known.organization, **KUMQUAT)
    Patient.objects.filter(pk=absorbed.pk).update(merged_into=known)
    answer = secretary_client.get(f"/patients/{absorbed.pk}/")
    assert answer["Location"] == f"/patients/{known.pk}/"


@pytest.mark.parametrize("files", [1, 15])
def test_the_number_of_queries_does_not_grow(
    secretary_client: Client, schedule: Schedule, files: int, django_assert_num_queries: Callable[[int], object]
) -> None:
    for number in range(files):
        file = factories.file(schedule.organization, **KUMQUAT)
        for day in ("2026-10-05", "2026-12-05"):
            factories.appointment(
                schedule_=schedule, start=at(day, f"{8 + number // 4:02}:{number % 4 * 15:02}"), patient=file
            )
    # Session, user, rights; those in whose agenda one books; files, their visits, which were told apart; to close.
    with django_assert_num_queries(7 + (files > 1)):
        assert found(secretary_client, "oeil").status_code == 200


class TestBookingForSomebodyKnown:
    def page(self, schedule: Schedule) -> str:
        return f"/agenda/{schedule.practitioner_id}/rendez-vous/nouveau/"

    def typed(self, schedule: Schedule, **fields: str) -> dict[str, str]:
        return {
            "schedule": str(schedule.id),
            "day": "2026-11-27",
            "hour": "9h",
            "minutes": "15",
            "consultation_type": "AMB",
            "note": "Ordonnance",
        } | fields

    def test_found_chosen_and_booked_without_losing_what_was_typed(
        self, secretary_client: Client, known: Patient, schedule: Schedule
    ) -> None:
        factories.rule(schedule=schedule)
        looked = secretary_client.post(self.page(schedule), self.typed(schedule, search="1", words="oeil zo"))
        assert looked.status_code == 200
        assert f'name="choose" value="{known.pk}"' in looked.content.decode()
        chosen = secretary_client.post(self.page(schedule), self.typed(schedule, choose=str(known.pk))).content.decode()
        assert "Ordonnance" in chosen
        assert 'value="06 39 98 12 34"' in chosen.replace("\u00a0", " ")
        assert 'name="family_name"' not in chosen
        body = self.typed(schedule, file=str(known.pk), phone="06 39 98 00 45", email="")
        assert secretary_client.post(self.page(schedule), body).status_code == 303
        visit = Appointment.objects.get(origin=Origin.PRACTICE, note="Ordonnance")
        assert visit.patient == known
        # How they are reached for this visit; the file keeps its own.
        assert visit.contact_phone == "+33639980045"
        known.refresh_from_db()
        assert known.phone == "+33639981234"

    def test_the_address_of_a_file_chooses_it_and_another_one_can_be(
        self, secretary_client: Client, known: Patient, schedule: Schedule
    ) -> None:
        assert "L’ŒIL-DÉMO Zoé" in text_of(secretary_client.get(f"{self.page(schedule)}?dossier={known.pk}"))
        body = self.typed(schedule, file=str(known.pk), another="1", phone="06 39 98 12 34")
        anew = secretary_client.post(self.page(schedule), body).content.decode()
        assert 'name="family_name"' in anew
        assert "06 39 98 12 34" not in anew.replace("\u00a0", " ")

    def test_a_file_of_another_organization_or_not_seen_is_not_used(
        self, secretary_client: Client, known: Patient, schedule: Schedule
    ) -> None:
        stranger = factories.file(factories.organization(), **KUMQUAT)
        assert secretary_client.get(f"{self.page(schedule)}?dossier={stranger.pk}").status_code == 404
        body = self.typed(schedule, file=str(stranger.pk), phone="06 39 98 12 34")
        assert secretary_client.post(self.page(schedule), body).status_code == 404

    def test_sent_twice_it_is_booked_once(self, secretary_client: Client, known: Patient, schedule: Schedule) -> None:
        factories.rule(schedule=schedule)
        page = secretary_client.get(f"{self.page(schedule)}?dossier={known.pk}").content.decode()
        [request_id] = re.findall(r'name="request_id" value="([^"]+)"', page)
        body = self.typed(schedule, file=str(known.pk), phone="06 39 98 12 34", request_id=request_id)
        assert [secretary_client.post(self.page(schedule), body).status_code for _ in range(2)] == [303, 303]
        assert Appointment.objects.filter(note="Ordonnance").count() == 1
