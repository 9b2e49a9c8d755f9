"""Two files of one person become one on a page, and two again; or they are told apart, for good."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level
from accounts.models import User
from appointments.enums import Identity
from appointments.models import Appointment, Patient, PatientMerge, Schedule, TwoPersons
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
PERSON = {
    "family_name": "De la Tour", "given_name": "Zoé", "birth_date": date(1991, 2, 14), "sex": "female", "email": "",
    "phone": "+33639981234", "address": "",
}  # fmt: skip


def booked(schedule: Schedule, day: str, **fields: Any) -> Appointment:
    by = fields.pop("by", None)
    patient = factories.patient(**PERSON | fields)
    return factories.appointment(schedule_=schedule, start=at(day, "14:00"), patient=patient, by=by)


@pytest.fixture
def visit(schedule: Schedule) -> Appointment:
    """Sent by the regulation."""
    return booked(schedule, "2026-11-26", by=factories.regulator_actor(), phone="+33639980045")


@pytest.fixture
def other(schedule: Schedule) -> Appointment:
    """Known to the practice, a paper seen."""
    made = booked(schedule, "2026-10-05", given_name="ZOE", email="zoe@exemple.test")
    Patient.objects.filter(pk=made.patient_id).update(identity=Identity.CHECKED)
    Appointment.objects.filter(pk=made.pk).update(created_at=at("2026-10-01", "09:00"))
    return made


def address(visit: Appointment) -> str:
    return f"/patients/{visit.patient_id}/dossiers/"


def forms_of(client: Client, page: str) -> list[dict[str, str]]:
    """What each form of a page sends as it stands, its buttons apart."""
    found = []
    for form in re.findall(r"<form.*?</form>", client.get(page).content.decode(), re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        fields |= dict(re.findall(r'name="(garde-\w+)" value="(\w+)"\s+checked', form))
        fields |= dict(re.findall(r'name="(merge)" value="(\d+)"', form))
        found.append(fields)
    return [one for one in found if "there" in one or "merge" in one]


def patients(*visits: Appointment) -> list[Any]:
    return [Appointment.objects.get(pk=one.pk).patient_id for one in visits]


def test_the_best_of_both_is_kept_and_all_is_undone(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    given = patients(visit, other)
    page = practitioner_client.get(f"/patients/{visit.patient_id}/")
    assert "Est-ce la même personne ?" in text_of(page)
    assert re.search(r"Fiche du SAS.*Fiche du cabinet", text_of(page))
    assert re.search(r"Prénom Zoé ZOE Différent", text_of(page))
    assert re.search(r"Date de naissance 14 février 1991 14 février 1991 Identique", text_of(page))
    [asked] = forms_of(practitioner_client, f"/patients/{visit.patient_id}/")
    # The surer one's names, the phone that was said last, the only e-mail.
    assert {name: asked[f"garde-{name}"] for name in ("given_name", "phone", "email")} == {
        "given_name": "there", "phone": "here", "email": "there",
    }  # fmt: skip
    told = practitioner_client.post(address(visit), asked | {"act": "one"}, follow=True)
    assert "Un seul dossier à présent : 1 rendez-vous y passe." in text_of(told)
    assert patients(visit, other) == [other.patient_id] * 2
    kept = Patient.objects.get(pk=other.patient_id)
    assert (kept.given_name, kept.phone, kept.email, kept.identity) == (
        "ZOE", "+33639980045", "zoe@exemple.test", Identity.CHECKED,
    )  # fmt: skip
    [undo] = forms_of(practitioner_client, f"/patients/{kept.pk}/")
    told = practitioner_client.post(f"/patients/{kept.pk}/dossiers/", undo, follow=True)
    assert "Deux dossiers de nouveau." in text_of(told)
    merge = PatientMerge.objects.get()
    assert f"Séparés le mercredi 25 novembre 2026, {merge.by_name}" in text_of(told)
    assert merge.undone_by_name == merge.by_name != ""
    kept.refresh_from_db()
    assert kept.phone == "+33639981234"
    assert patients(visit, other) == given


def test_two_persons_are_never_asked_about_again(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    [asked] = forms_of(practitioner_client, address(visit))
    told = practitioner_client.post(address(visit), asked | {"act": "two"}, follow=True)
    assert "Deux personnes : cela ne sera plus demandé." in text_of(told)
    for one in (visit, other):
        assert forms_of(practitioner_client, f"/patients/{one.patient_id}/") == []
        assert "C’est la même personne" not in text_of(practitioner_client.get(f"/rendez-vous/{one.id}/"))
    found = practitioner_client.post("/patients/chercher/", {"words": "de la tour"}).content.decode()
    assert "Même personne" not in found
    practitioner_client.post(address(visit), asked | {"act": "two"})
    assert TwoPersons.objects.count() == 1


def test_a_file_that_changed_meanwhile_is_read_again_first(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    [asked] = forms_of(practitioner_client, address(visit))
    Patient.objects.filter(pk=other.patient_id).update(version=7)
    refused = practitioner_client.post(address(visit), asked | {"act": "one"})
    assert refused.status_code == 409
    assert "a changé entre-temps" in text_of(refused)
    assert not PatientMerge.objects.exists()


def test_who_does_not_book_in_all_their_agendas_is_told_so(
    visit: Appointment, schedule: Schedule, sign_in: Callable[[User], Client]
) -> None:
    elsewhere = factories.colleague(schedule)
    booked(elsewhere, "2026-10-05")
    secretary = factories.user()
    factories.delegate(secretary, schedule, Level.BOOK)
    factories.delegate(secretary, elsewhere, Level.SEE)
    client = sign_in(secretary)
    [asked] = forms_of(client, address(visit))
    for act in ("one", "two"):
        refused = client.post(address(visit), asked | {"act": act})
        assert refused.status_code == 409
        assert "Un de ces dossiers a des rendez-vous dans un agenda où vous n’en prenez pas" in text_of(refused)
    assert not PatientMerge.objects.exists()
    assert not TwoPersons.objects.exists()


def test_no_file_of_elsewhere_and_no_merge_of_others_is_reached(
    practitioner_client: Client, visit: Appointment
) -> None:
    elsewhere = factories.appointment(patient=factories.patient(**PERSON))
    body = {"there": str(elsewhere.patient_id), "version": "0", "there_version": "0"}
    for act in ("one", "two"):
        assert practitioner_client.post(address(visit), body | {"act": act}).status_code == 409
    for broken in (body, {"merge": "1"}, {"merge": "x"}, body | {"act": "three"}, body | {"there": "x", "act": "one"}):
        assert practitioner_client.post(address(visit), broken).status_code == 422
    assert practitioner_client.get(f"/patients/{elsewhere.patient_id}/dossiers/").status_code == 404
    assert not PatientMerge.objects.exists()


def test_a_file_that_is_not_alike_is_found_by_its_name(
    practitioner_client: Client, visit: Appointment, schedule: Schedule
) -> None:
    other = booked(
        schedule, "2026-10-05", family_name="Églantine-Œillet", given_name="Ysé", birth_date=date(1950, 1, 1)
    )
    unseen = booked(factories.colleague(schedule), "2026-10-05", family_name="Églantine")
    none = practitioner_client.get(address(visit))
    assert "Aucun autre dossier ne ressemble à celui-ci : cherchez-le par son nom." in text_of(none)
    every = practitioner_client.post(address(visit), {"name": "yse OEILLET"}).content.decode()
    assert str(other.patient_id) in every
    assert str(unseen.patient_id) not in every
    assert "Aucun autre dossier à ce nom." in text_of(practitioner_client.post(address(visit), {"name": "Personne"}))


@pytest.mark.parametrize("name", ["", "12", "<b>", "\x00"])
def test_a_name_that_is_none_is_told(practitioner_client: Client, visit: Appointment, name: str) -> None:
    refused = practitioner_client.post(address(visit), {"name": name})
    assert refused.status_code == 422
    assert 'id="id_name-erreur"' in refused.content.decode()


def test_a_merge_and_its_end_are_in_the_history_of_both_visits(
    practitioner_client: Client, visit: Appointment, other: Appointment
) -> None:
    [asked] = forms_of(practitioner_client, address(visit))
    practitioner_client.post(address(visit), asked | {"act": "one"})
    later = factories.appointment(
        schedule_=visit.schedule, start=at("2026-11-27", "09:00"), patient=Patient.objects.get(pk=other.patient_id)
    )
    Appointment.objects.filter(pk=later.pk).update(created_at=at("2026-11-25", "10:41"))

    def told(one: Appointment) -> list[bool]:
        page = text_of(practitioner_client.get(f"/rendez-vous/{one.id}/"))
        return [words in page for words in ("Dossier du patient réuni à un autre", "Dossiers de nouveau séparés")]

    assert [told(one) for one in (visit, other, later)] == [[True, False], [True, False], [False, False]]
    [undo] = forms_of(practitioner_client, f"/patients/{other.patient_id}/")
    practitioner_client.post(address(other), undo)
    assert [told(one) for one in (visit, other)] == [[True, True], [True, True]]


def test_a_note_is_the_practice_s_own_and_an_identity_is_checked(
    practitioner_client: Client, visit: Appointment, sign_in_regulator: Callable[..., Client]
) -> None:
    page = f"/patients/{visit.patient_id}/"
    stale = practitioner_client.post(f"{page}note/", {"version": "7", "note": "Préfère le matin."})
    assert stale.status_code == 409
    assert "Préfère le matin." in text_of(stale)
    done = practitioner_client.post(f"{page}note/", {"version": "0", "note": "Préfère le matin."}, follow=True)
    assert "Note enregistrée." in text_of(done)
    visit.refresh_from_db()
    # What the regulation gave stays as it was given: the practice has a file of its own from then on.
    assert (visit.patient.practice_note, visit.patient_id != visit.given_as_id) == ("Préfère le matin.", True)
    assert visit.by_regulator is not None
    regulator = sign_in_regulator(visit.by_regulator)
    assert "matin" not in text_of(regulator.get(f"/rendez-vous/{visit.id}/confirmation/"))
    seen = practitioner_client.post(f"/patients/{visit.patient_id}/identite/", {"version": "1"}, follow=True)
    assert "Vérifiée sur pièce" in text_of(seen)
    assert "identité" in text_of(practitioner_client.get(f"/rendez-vous/{visit.id}/"))
