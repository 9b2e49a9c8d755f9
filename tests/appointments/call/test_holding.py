"""The slot a regulator lands on is kept for them: for all others it is gone, for a while."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import Regulator, User
from appointments.models import Appointment, Hold, Schedule
from tests import factories
from tests.appointments.call.reading import get, hours_of, text_of
from tests.appointments.call.requests import TEN, filled_in, form_page, key_of, landing
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_client(sign_in_regulator: Callable[[Regulator], Client]) -> Client:
    return sign_in_regulator(factories.regulator(email="autre@sas.example"))


def hold(page: Client, key: str, act: str, **more: str) -> str:
    response = page.post("/garde/", {"creneau": key, "act": act, **more}, headers={"HX-Request": "true"})
    assert response.status_code in {200, 204, 303}
    return response.content.decode()


def test_who_lands_keeps_the_slot_from_others(
    regulator_client: Client, other_client: Client, schedule: Schedule
) -> None:
    key = key_of(schedule)
    assert "Gardé pour vous jusqu’à" in text_of(get(regulator_client, landing(schedule, key)))
    assert "10h00" not in hours_of(get(other_client, landing(schedule)))
    assert "est retenu par quelqu’un" in text_of(get(other_client, landing(schedule, key)))
    # Their own page still has it, and the form too.
    assert "10h00" in hours_of(get(regulator_client, landing(schedule)))
    assert "Gardé jusqu’à" in text_of(get(regulator_client, form_page(key)))
    assert regulator_client.post(form_page(key), filled_in(key)).status_code == 303
    assert not Hold.objects.exists()


@pytest.mark.parametrize("how", ["head", "prefetch", "half-day"])
def test_looking_keeps_nothing(regulator_client: Client, schedule: Schedule, how: str) -> None:
    address = landing(schedule, key_of(schedule))
    if how == "head":
        regulator_client.head(address)
    else:
        headers = {"Sec-Purpose": "prefetch"} if how == "prefetch" else {"HX-Request": "true", "HX-Target": "choix"}
        regulator_client.get(address, headers=headers)
    assert not Hold.objects.exists()


def test_the_practice_keeps_nothing_of_its_own(schedule: Schedule, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(factories.delegation(schedule.practitioner))
    get(client, landing(schedule, key_of(schedule)))
    assert not Hold.objects.exists()
    assert client.get("/garde/").status_code == 404


def test_a_second_tab_takes_it_over_and_the_first_says_so(regulator_client: Client, schedule: Schedule) -> None:
    first, second = key_of(schedule), key_of(schedule, at("2026-11-25", "11:00"))
    get(regulator_client, landing(schedule, first))
    get(regulator_client, landing(schedule, second))
    told = text_of(get(regulator_client, f"/garde/?creneau={first}"))
    assert "Vous gardez maintenant 11 h 00" in told
    assert "Reprendre ici" in told
    assert "Gardé pour vous jusqu’à" in text_of(hold(regulator_client, first, "take"))
    assert Hold.objects.get().start == TEN


def test_five_minutes_more_are_given_once(regulator_client: Client, schedule: Schedule) -> None:
    key = key_of(schedule)
    get(regulator_client, landing(schedule, key))
    before = Hold.objects.get()
    assert "Dernière fois." in text_of(hold(regulator_client, key, "more"))
    after = Hold.objects.get()
    assert after.expires_at - before.expires_at == timedelta(minutes=5)
    hold(regulator_client, key, "more")
    assert Hold.objects.get().expires_at == after.expires_at


def test_it_is_never_kept_for_more_than_a_quarter_of_an_hour(regulator_client: Client, schedule: Schedule) -> None:
    key = key_of(schedule)
    get(regulator_client, landing(schedule, key))
    since = Hold.objects.get().since - timedelta(minutes=13)
    Hold.objects.update(since=since)
    get(regulator_client, form_page(key))  # as any page of it does
    assert Hold.objects.get().since == since
    assert Hold.objects.get().expires_at <= since + timedelta(minutes=15) + timedelta(minutes=3)


def test_it_can_be_taken_again_once_it_ended_unless_somebody_has_it(
    regulator_client: Client, other_client: Client, schedule: Schedule
) -> None:
    key = key_of(schedule)
    get(regulator_client, landing(schedule, key))
    Hold.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert "La garde est finie." in text_of(get(regulator_client, f"/garde/?creneau={key}"))
    get(other_client, landing(schedule, key))
    assert "est retenu par quelqu’un" in text_of(hold(regulator_client, key, "take"))


def test_giving_it_back(regulator_client: Client, other_client: Client, schedule: Schedule) -> None:
    key = key_of(schedule)
    get(regulator_client, landing(schedule, key))
    response = regulator_client.post("/garde/", {"creneau": key, "act": "release"}, follow=True)
    assert "Le créneau de 10 h 00 n’est plus gardé." in text_of(response.content.decode())
    assert "10h00" in hours_of(get(other_client, landing(schedule)))


def test_a_page_that_is_left_gives_back_only_what_it_was_the_last_to_keep(
    regulator_client: Client, other_client: Client, schedule: Schedule
) -> None:
    key = key_of(schedule)
    get(regulator_client, landing(schedule, key))
    left = Hold.objects.get()
    get(regulator_client, form_page(key))
    beacon = {"token": str(left.token), "renewals": str(left.renewals)}
    assert regulator_client.post("/garde/", beacon).status_code == 204
    assert Hold.objects.exists()
    beacon["renewals"] = str(Hold.objects.get().renewals)
    assert other_client.post("/garde/", beacon).status_code == 204
    assert Hold.objects.exists()
    assert regulator_client.post("/garde/", beacon).status_code == 204
    assert not Hold.objects.exists()
    assert regulator_client.post("/garde/", {"token": "nimporte"}).status_code == 404


def test_a_hold_that_ended_does_not_lose_the_booking(regulator_client: Client, schedule: Schedule) -> None:
    key = key_of(schedule)
    get(regulator_client, form_page(key))
    Hold.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert regulator_client.post(form_page(key), filled_in(key)).status_code == 303
    assert Appointment.objects.get().start == TEN
