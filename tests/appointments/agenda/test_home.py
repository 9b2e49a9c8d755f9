"""Where each kind of person begins."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Practitioner, User
from appointments.enums import Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response.url.startswith(reverse("sign-in"))


def test_a_practitioner_begins_with_this_week(practitioner_client: Client, schedule: Schedule) -> None:
    response = practitioner_client.get("/")
    assert response.url == reverse("agenda-week", args=[schedule.practitioner_id, at("2026-11-25", "00:00").date()])


def test_once_nothing_is_left_of_this_week_one_begins_with_the_next(
    practitioner_client: Client, schedule: Schedule
) -> None:
    def shown() -> str:
        return str(practitioner_client.get("/").url)

    # Nothing comes either.
    assert shown().endswith("/semaine/2026-11-25/")
    factories.rule(schedule=schedule, weekdays=[1, 2])
    assert shown().endswith("/semaine/2026-11-30/")
    visit = factories.appointment(schedule_=schedule, start=at("2026-11-29", "23:00"))
    assert shown().endswith("/semaine/2026-11-25/")
    Appointment.objects.filter(pk=visit.pk).update(status=Status.CANCELLED)
    assert shown().endswith("/semaine/2026-11-30/")
    factories.rule(schedule=schedule, weekdays=[7])
    assert shown().endswith("/semaine/2026-11-25/")


def test_the_day_is_that_of_the_practitioner_s_place(practitioner_client: Client, practitioner: Practitioner) -> None:
    # 10:40 in Paris is still the evening before in Papeete... of the 24th.
    factories.schedule(practitioner=practitioner, location=factories.location(time_zone="Pacific/Tahiti"))
    assert practitioner_client.get("/").url.endswith("/semaine/2026-11-24/")


def test_one_s_own_agenda_comes_before_those_one_keeps(sign_in: SignIn, practitioner: Practitioner) -> None:
    other = factories.schedule(practitioner=factories.practitioner(family_name="Aaron")).practitioner
    assert practitioner.user is not None
    factories.delegation(other, practitioner.user)
    assert str(practitioner.id) in sign_in(practitioner.user).get("/").url


def test_a_secretary_begins_with_the_day_of_all_whose_agendas_they_keep(sign_in: SignIn) -> None:
    last, first = factories.practitioner(family_name="Zinnia"), factories.practitioner(family_name="Achillée")
    secretary = factories.delegation(last)
    factories.delegation(first, secretary)
    for one in (last, first):
        factories.schedule(practitioner=one)
    asked = f"avec={first.id}&avec={last.id}"
    assert sign_in(secretary).get("/agenda/").url == f"/agenda/jour/2026-11-25/?{asked}"


def test_a_regulator_begins_with_their_referrals(regulator_client: Client) -> None:
    assert regulator_client.get("/").url == reverse("my-referrals")


def test_a_regulator_has_no_agenda(regulator_client: Client) -> None:
    assert regulator_client.get("/agenda/").status_code == 404


def test_staff_without_agenda_begin_with_the_overview(sign_in: SignIn) -> None:
    assert sign_in(factories.user(is_staff=True)).get("/").url == reverse("operations")


def test_a_person_without_role_is_told_what_to_do(sign_in: SignIn) -> None:
    response = sign_in(factories.user()).get("/")
    assert response.status_code == 200
    assert "Aucun agenda ne vous est confié" in text_of(response)


def test_home_only_reads(practitioner_client: Client) -> None:
    assert practitioner_client.post("/").status_code == 405
