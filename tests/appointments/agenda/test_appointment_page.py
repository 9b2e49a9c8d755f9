"""The page of one appointment: what it says, and to whom."""

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Level
from accounts.models import Practitioner, User
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.enums import ConsultationType, Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of, words
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    patient = factories.patient(
        given_name="Kiwano",
        family_name="Jasmin-Démo",
        sex="male",
        birth_date=date(1984, 7, 3),
        phone="+33639980045",
        email="kiwano@exemple.test",
        birth_name="Kaki",
        birth_place="Villefictive",
        nir="184079900101234",
        address="3 rue Inventée",
    )
    reason = factories.reason(schedule, label="Douleur")
    return factories.appointment(
        schedule_=schedule,
        start=at("2026-11-25", "14:00"),
        patient=patient,
        note="Entorse de la cheville.",
        reason=reason,
        by=factories.regulator_actor(given_name="Mélisse", family_name="Régulatrice"),
    )


def test_a_stranger_signs_in_first(client: Client, appointment: Appointment) -> None:
    response = client.get(f"/rendez-vous/{appointment.id}/")
    assert response.url == f"{reverse('sign-in')}?next=/rendez-vous/{appointment.id}/"


def test_another_practice_s_appointment_does_not_exist(practitioner_client: Client) -> None:
    assert practitioner_client.get(f"/rendez-vous/{factories.appointment().id}/").status_code == 404


def test_over_the_agenda_it_is_a_panel_with_its_acts_for_who_may_do_them(
    practitioner_client: Client,
    appointment: Appointment,
    schedule: Schedule,
    sign_in: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    def panel(client: Client) -> tuple[str, list[str]]:
        page = client.get(f"/rendez-vous/{appointment.id}/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in page
        return words(page), re.findall(r'data-key="([^"]+)"', page)

    with django_assert_max_num_queries(8):
        said, keys = panel(practitioner_client)
    for told in ("JASMIN-DÉMO Kiwano", "né le 3 juillet 1984 (42 ans)", "Douleur, 15 min", "06 39 98 00 45", "Entorse"):
        assert told in said
    assert keys == ["a", "h", "m", "e", "+", "x", "o"]
    helper = factories.user()
    factories.delegate(helper, schedule, level=Level.SEE)
    assert panel(sign_in(helper))[1] == ["o"]


def test_an_unknown_appointment_does_not_exist(practitioner_client: Client) -> None:
    assert practitioner_client.get(f"/rendez-vous/{uuid.uuid4()}/").status_code == 404


def test_a_secretary_sees_only_what_they_keep(secretary_client: Client, appointment: Appointment) -> None:
    assert secretary_client.get(f"/rendez-vous/{appointment.id}/").status_code == 200
    assert secretary_client.get(f"/rendez-vous/{factories.appointment().id}/").status_code == 404


def test_the_regulator_who_booked_goes_to_their_own_page(
    sign_in_regulator: Callable[..., Client], appointment: Appointment
) -> None:
    client = sign_in_regulator(appointment.by_regulator)
    assert client.get(f"/rendez-vous/{appointment.id}/").url == reverse(
        "appointment-confirmation", args=[appointment.id]
    )


def test_another_regulator_gets_nothing(regulator_client: Client, appointment: Appointment) -> None:
    assert regulator_client.get(f"/rendez-vous/{appointment.id}/").status_code == 404


def test_everything_given_is_shown(practitioner_client: Client, appointment: Appointment) -> None:
    page = text_of(practitioner_client.get(f"/rendez-vous/{appointment.id}/"))
    for said in (
        "JASMIN-DÉMO Kiwano",
        "Aujourd’hui, 14 h 00 – 14 h 15",
        "Homme, né le 3 juillet 1984 (42 ans)",
        "06 39 98 00 45",
        "kiwano@exemple.test",
        "Kaki",
        "Villefictive",
        "184079900101234",
        "3 rue Inventée",
        "Message de la régulation Entorse de la cheville.",
        "Motif Douleur",
        "Mélisse Régulatrice, régulation SAS",
        "Confirmé",
        "Réservé par la régulation SAS",
    ):
        assert said in page, said


def test_the_title_names_no_patient(practitioner_client: Client, appointment: Appointment) -> None:
    content = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    title = words(content[content.index("<title>") : content.index("</title>")])
    assert title == "Rendez-vous, mer. 25 nov. à 14 h 00 – SAS Agenda"


def test_what_was_not_given_is_not_shown(practitioner_client: Client, schedule: Schedule) -> None:
    one = factories.appointment(
        schedule_=schedule, start=at("2026-11-25", "14:00"), consultation_type=ConsultationType.VR
    )
    page = text_of(practitioner_client.get(f"/rendez-vous/{one.id}/"))
    assert "sécurité sociale" not in page
    assert "Nom de naissance" not in page
    assert "Motif Non précisé" in page
    assert "Téléconsultation" in page


def test_neighbours_of_the_day_are_one_click_away(
    practitioner_client: Client, schedule: Schedule, appointment: Appointment
) -> None:
    before = factories.appointment(schedule_=schedule, start=at("2026-11-25", "13:00"))
    after = factories.appointment(schedule_=schedule, start=at("2026-11-25", "15:00"))
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:30"), status=Status.CANCELLED)
    factories.appointment(schedule_=schedule, start=at("2026-11-26", "08:00"))
    content = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    toolbar = content[content.index('class="toolbar"') : content.index('class="app__body')]
    assert toolbar.index(str(before.id)) < toolbar.index(str(after.id))
    assert toolbar.count("/rendez-vous/") == 2


def _history(client: Client, appointment: Appointment) -> list[str]:
    content = client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    return [words(item) for item in content.split('class="log__item">')[1:]]


def test_the_history_is_told_newest_first(
    secretary_client: Client, secretary: User, practitioner: Practitioner, appointment: Appointment, now: datetime
) -> None:
    noe = factories.practitioner(given_name="Noé", family_name="Réglisse")
    other = factories.colleague(appointment.schedule, practitioner=noe)
    factories.delegation(other.practitioner, secretary)
    by = factories.practice_actor(practitioner, other.practitioner, user_=secretary)
    change = {"appointment_id": appointment.id, "by": by, "now": now}
    move_appointment(version=1, start=at("2026-11-25", "15:00"), despite=True, **change)
    move_appointment(version=2, start=at("2026-11-27", "09:30"), despite=True, **change)
    reassign_appointment(version=3, schedule_id=other.id, despite=True, **change)
    cancel_appointment(version=4, **change)
    lines = _history(secretary_client, appointment)
    assert lines[0].startswith("Rendez-vous annulé")
    assert lines[1].startswith("Confié par le Dr Alba Tournesol au Dr Noé Réglisse")
    assert lines[2].startswith("Déplacé du mercredi 25 novembre à 15 h 00 au vendredi 27 novembre à 9 h 30")
    assert lines[3].startswith("Déplacé de 14 h 00 à 15 h 00")
    assert lines[4].startswith("Rendez-vous pris Aujourd’hui à 10 h 40, Mélisse Régulatrice")
    assert "E-mail au patient (annulation) : en cours d’envoi" in lines[0]


def test_who_receives_under_two_clocks_reads_whose_the_history_tells(
    practitioner_client: Client, practitioner: Practitioner, appointment: Appointment
) -> None:
    told = f"/rendez-vous/{appointment.id}/"
    assert "Historique, heure" not in text_of(practitioner_client.get(told))
    factories.schedule(practitioner=practitioner, location=factories.location(time_zone="Indian/Reunion"))
    assert "Historique, heure de Paris" in text_of(practitioner_client.get(told))


@pytest.mark.parametrize("known_by", [{"rpps": None, "adeli": "2A1234567"}, {"rpps": "10101001518"}])
def test_the_history_names_who_had_another_number_then(
    secretary_client: Client,
    secretary: User,
    practitioner: Practitioner,
    appointment: Appointment,
    now: datetime,
    known_by: dict[str, str | None],
) -> None:
    colleague = factories.practitioner(given_name="Noé", family_name="Réglisse", **known_by)
    other = factories.colleague(appointment.schedule, practitioner=colleague)
    factories.delegation(colleague, secretary)
    by = factories.practice_actor(practitioner, colleague, user_=secretary)
    reassign_appointment(appointment_id=appointment.id, version=1, schedule_id=other.id, by=by, now=now, despite=True)
    Practitioner.objects.filter(pk=practitioner.pk).update(rpps="10101001526")
    Practitioner.objects.filter(pk=colleague.pk).update(rpps="10101001500")
    lines = _history(secretary_client, appointment)
    assert lines[0].startswith("Confié par le Dr Alba Tournesol au Dr Noé Réglisse")


def test_a_replaced_message_asks_nobody_to_call(practitioner_client: Client, appointment: Appointment) -> None:
    practice = factories.practice_actor(appointment.practitioner)
    now = at("2026-11-25", "10:40")
    change = {"appointment_id": appointment.id, "by": practice, "now": now}
    move_appointment(version=1, start=at("2026-11-25", "15:00"), despite=True, **change)
    cancel_appointment(version=2, **change)
    lines = _history(practitioner_client, appointment)
    assert "E-mail au patient (annulation) : en cours d’envoi" in lines[0]
    assert "E-mail au patient (changement) : pas envoyé" in lines[1]


def test_a_cancelled_appointment_offers_nothing(practitioner_client: Client, schedule: Schedule) -> None:
    one = factories.appointment(schedule_=schedule, start=at("2026-11-25", "14:00"), status=Status.CANCELLED)
    response = practitioner_client.get(f"/rendez-vous/{one.id}/")
    assert "Ce rendez-vous est annulé" in text_of(response)
    assert "Déplacer" not in text_of(response)
    assert b"/statut/" not in response.content


@pytest.mark.parametrize("action", ["statut", "deplacer", "confier"])
def test_actions_only_take_posts(practitioner_client: Client, appointment: Appointment, action: str) -> None:
    assert practitioner_client.get(f"/rendez-vous/{appointment.id}/{action}/").status_code == 405


@pytest.mark.parametrize("action", ["statut", "deplacer", "confier", "annuler"])
def test_a_stranger_s_post_changes_nothing(client: Client, appointment: Appointment, action: str) -> None:
    response = client.post(f"/rendez-vous/{appointment.id}/{action}/", {"version": 1, "status": "fulfilled"})
    assert response.status_code == 401
    appointment.refresh_from_db()
    assert (appointment.status, appointment.version) == (Status.BOOKED, 1)


@pytest.mark.parametrize("action", ["statut", "deplacer", "confier", "annuler"])
def test_another_practice_s_post_changes_nothing(practitioner_client: Client, action: str) -> None:
    other = factories.appointment()
    response = practitioner_client.post(f"/rendez-vous/{other.id}/{action}/", {"version": 1, "status": "fulfilled"})
    assert response.status_code == 404
    other.refresh_from_db()
    assert (other.status, other.version) == (Status.BOOKED, 1)


@pytest.mark.parametrize("action", ["statut", "deplacer", "confier"])
def test_a_regulator_only_cancels(
    sign_in_regulator: Callable[..., Client], appointment: Appointment, action: str
) -> None:
    client = sign_in_regulator(appointment.by_regulator)
    response = client.post(f"/rendez-vous/{appointment.id}/{action}/", {"version": 1, "status": "fulfilled"})
    assert response.status_code == 404
