"""The administration of the deliveries: read everything, send again what is blocked, change nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from interop.models import Delivery
from tests import factories
from tests.interop.deliveries import booked, deliver, only, states
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db

LIST = "/admin/interop/delivery/"


@pytest.fixture
def operator() -> User:
    return factories.user(is_staff=True, is_superuser=True)


@pytest.fixture
def admin(operator: User, sign_in: Any) -> Client:
    client: Client = sign_in(operator)
    return client


@pytest.fixture
def blocked(sas: SasStub) -> Delivery:
    sas.reply(Reply(422, outcome("Le praticien est <inconnu>.", expression="Appointment.participant")))
    appointment = booked(patient=factories.patient(family_name="Zzyzx"))
    deliver(appointment)
    return only(appointment)


def resend(client: Client, *deliveries: Delivery) -> Any:
    chosen = {"action": "send_selected_again", "_selected_action": [str(one.pk) for one in deliveries]}
    return client.post(LIST, chosen, follow=True)


def test_the_anonymous_and_the_practice_see_nothing(blocked: Delivery, practitioner_client: Client) -> None:
    for client in (Client(), practitioner_client):
        for url in (LIST, f"{LIST}{blocked.pk}/change/"):
            answer = client.get(url)
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("admin:login"))


def test_the_list_says_what_is_owed_and_why_it_is_not_sent(admin: Client, blocked: Delivery) -> None:
    page = admin.get(LIST).content.decode()

    for text in ("Bloqué", str(blocked.appointment_id), "Rendez-vous pris", "HTTP 422", "&lt;inconnu&gt;"):
        assert text in page
    assert "Zzyzx" not in page


@pytest.mark.parametrize(
    "query", ["?state__exact=blocked", "?event__kind__exact=appointment.booked", "?q={id}", "?q=%00é"]
)
def test_it_is_filtered_and_searched(admin: Client, blocked: Delivery, query: str) -> None:
    answer = admin.get(LIST + query.format(id=str(blocked.appointment_id)[:8]), follow=True)

    assert answer.status_code == 200


def test_the_list_costs_the_same_for_many(admin: Client, blocked: Delivery, django_assert_max_num_queries: Any) -> None:
    for _ in range(6):
        booked()
    with django_assert_max_num_queries(12):
        admin.get(LIST)


def test_the_detail_shows_each_exchange(admin: Client, blocked: Delivery) -> None:
    page = admin.get(f"{LIST}{blocked.pk}/change/").content.decode()

    for text in ("POST", "/fhir/v1/Appointment", "422", "Refusé", "&quot;resourceType&quot;: &quot;Appointment&quot;"):
        assert text in page
    assert "Appointment.participant" in page
    assert "OperationOutcome" in page
    assert "<inconnu>" not in page
    assert "Zzyzx" not in page


def test_nothing_can_be_added_changed_nor_deleted(admin: Client, blocked: Delivery) -> None:
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{blocked.pk}/change/", {"state": "sent"}).status_code == 403
    assert admin.post(f"{LIST}{blocked.pk}/delete/", {"post": "yes"}).status_code == 403
    assert 'name="state"' not in admin.get(f"{LIST}{blocked.pk}/change/").content.decode()
    assert Delivery.objects.get().state == "blocked"


def test_a_blocked_one_is_sent_again(admin: Client, blocked: Delivery, sas: SasStub) -> None:
    page = resend(admin, blocked).content.decode()

    assert "1 livraison repart vers le SAS." in page
    deliver(blocked.appointment)
    assert states(blocked.appointment) == ["sent"]


def test_one_that_is_not_blocked_is_left_alone_and_it_says_so(admin: Client, sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)

    page = resend(admin, only(appointment)).content.decode()

    assert "Seules les livraisons bloquées se renvoient" in page
    assert states(appointment) == ["sent"]


def test_who_may_only_read_can_not_send_again(sign_in: Any, blocked: Delivery) -> None:
    reader = factories.user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client = sign_in(reader)

    assert client.get(LIST).status_code == 200
    assert "send_selected_again" not in client.get(LIST).content.decode()
    resend(client, blocked)
    assert Delivery.objects.get().state == "blocked"
