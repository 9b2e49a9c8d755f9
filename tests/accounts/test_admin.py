"""The administration of people."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.template import engines
from django.test import Client

from accounts import tasks
from accounts.models import Practitioner, Regulator, SignIn, User
from accounts.services.sign_ins import record_sign_in
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lenient_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's own pages count on unknown variables being empty."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")  # type: ignore[attr-defined]


@pytest.fixture
def administrator(sign_in: Any) -> Client:
    return sign_in(factories.user(is_staff=True, is_superuser=True))  # type: ignore[no-any-return]


@pytest.fixture
def helper(sign_in: Any) -> Client:
    """Staff with the right to change users, and no more."""
    user = factories.user(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    return sign_in(user)  # type: ignore[no-any-return]


def practitioner_form(**fields: Any) -> dict[str, Any]:
    return {
        "title": "Dr",
        "given_name": "Alba",
        "family_name": "Ail",
        "rpps": "10002909371",
        "adeli": "",
        "specialty_codes": ["SM54"],
        "phone": "+33199001234",
        "practical_information": "",
        "user": "",
        "delegations-TOTAL_FORMS": "0",
        "delegations-INITIAL_FORMS": "0",
    } | fields


def test_a_form_sent_when_the_session_is_over_is_kept(client: Client, administrator: Client) -> None:
    address = "/admin/accounts/practitioner/add/"
    kept = client.post(address, practitioner_form() | {"old_password": "secret-de-personne"})
    assert kept.status_code == 401
    page = kept.content.decode()
    assert f'action="{address}"' in page
    assert 'name="family_name" value="Ail"' in page
    assert 'name="specialty_codes" value="SM54"' in page
    assert "secret-de-personne" not in page
    administrator.post(address, practitioner_form())
    assert Practitioner.objects.get().family_name == "Ail"


def test_a_form_of_the_administration_sent_with_a_token_of_before_is_kept(administrator: Client, settings: Any) -> None:
    settings.BASE_URL = "http://testserver"
    browser = Client(enforce_csrf_checks=True, headers={"Origin": settings.BASE_URL})
    browser.cookies = administrator.cookies
    kept = browser.post("/admin/accounts/practitioner/add/", practitioner_form())
    assert kept.status_code == 403
    assert 'name="family_name" value="Ail"' in kept.content.decode()
    assert not Practitioner.objects.exists()


def test_signing_out_of_the_administration_twice_keeps_nothing(client: Client) -> None:
    assert client.post("/admin/logout/").status_code == 303


def test_lists_and_searches_open_with_a_fixed_number_of_queries(
    administrator: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        practitioner = factories.practitioner(user=factories.user())
        factories.delegation(practitioner)
        record_sign_in(
            regulator=factories.regulator(), subject="s", idp_connect="mdp", idp_connect_known=True, outcome="opened"
        )
    for model in ("user", "practitioner", "delegation", "regulator", "signin"):
        with django_assert_max_num_queries(13, info=model):
            assert administrator.get(f"/admin/accounts/{model}/?q=a").status_code == 200, model


def test_a_practitioner_is_created_with_specialties(administrator: Client) -> None:
    response = administrator.post("/admin/accounts/practitioner/add/", practitioner_form(), follow=True)
    assert Practitioner.objects.get().specialty_codes == ["SM54"]
    assert "clé de contrôle" not in response.content.decode()


def test_a_wrong_check_digit_is_told_and_accepted(administrator: Client) -> None:
    form = practitioner_form(rpps="10100050075")
    response = administrator.post("/admin/accounts/practitioner/add/", form, follow=True)
    assert Practitioner.objects.get().rpps == "10100050075"
    assert "sa clé de contrôle ne convient pas" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rpps": "810002909371"}, "11"),
        ({"rpps": ""}, "Un praticien a un numéro RPPS ou ADELI."),
        ({"specialty_codes": ["SM999"]}, "SM999"),
        ({"phone": "0199001234"}, "format international"),
    ],
)
def test_a_practitioner_that_is_not_right_is_refused_in_french(
    administrator: Client, fields: dict[str, Any], sentence: str
) -> None:
    response = administrator.post("/admin/accounts/practitioner/add/", practitioner_form(**fields))
    assert sentence in response.content.decode()
    assert not Practitioner.objects.exists()


def test_two_practitioners_may_have_no_adeli(administrator: Client) -> None:
    administrator.post("/admin/accounts/practitioner/add/", practitioner_form())
    administrator.post("/admin/accounts/practitioner/add/", practitioner_form(rpps="10000000011"))
    assert Practitioner.objects.filter(adeli=None).count() == 2


def test_a_person_is_created_without_a_password_and_invited_by_mail(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int | None] = []
    monkeypatch.setattr(tasks, "wake_up", lambda task, user_id: woken.append(user_id))
    administrator.post(
        "/admin/accounts/user/add/",
        {"email": "Nouvelle@Cabinet.test", "first_name": "Ô", "last_name": "Ail", "is_active": "on"},
    )
    made = User.objects.get(email="nouvelle@cabinet.test")
    assert not made.has_usable_password()
    administrator.post("/admin/accounts/user/", {"action": "send_password_link", "_selected_action": [made.pk]})
    assert woken == [made.pk]


def test_a_regulators_user_is_neither_renamed_nor_deleted_by_hand(administrator: Client, regulator: Regulator) -> None:
    page = f"/admin/accounts/user/{regulator.user_id}/"
    administrator.post(f"{page}change/", {"email": "autre@regulation.test", "is_active": "on"})
    assert administrator.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    administrator.post(
        "/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [regulator.user_id], "post": "yes"}
    )
    assert User.objects.get(pk=regulator.user_id).email == regulator.email


def test_staff_does_not_make_itself_administrator(helper: Client) -> None:
    me = User.objects.get()
    helper.post(
        f"/admin/accounts/user/{me.pk}/change/",
        {"email": me.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"},
    )
    me.refresh_from_db()
    assert not me.is_superuser


@pytest.mark.parametrize("role", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}])
def test_staff_changes_nothing_of_who_has_the_administration(helper: Client, role: dict[str, bool]) -> None:
    above = factories.user(email="chef@cabinet.test", **role)
    page = f"/admin/accounts/user/{above.pk}/"
    sent = {"email": "autre@cabinet.test", "first_name": "X", "last_name": "Y"}
    assert helper.post(f"{page}change/", sent).status_code == 403
    assert helper.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert 'name="_save"' not in helper.get(f"{page}change/").content.decode()
    after = User.objects.get(pk=above.pk)
    assert (after.email, after.first_name, after.is_active) == ("chef@cabinet.test", above.first_name, True)


def test_staff_renames_and_closes_a_person_without_touching_their_address(helper: Client) -> None:
    person = factories.user(email="docteur@cabinet.test")
    sent = {"email": "autre@cabinet.test", "first_name": "Ô", "last_name": "Ail"}
    assert helper.post(f"/admin/accounts/user/{person.pk}/change/", sent).status_code == 303
    after = User.objects.get(pk=person.pk)
    assert (after.email, after.first_name, after.is_active) == ("docteur@cabinet.test", "Ô", False)


def test_an_administrator_corrects_an_address(administrator: Client) -> None:
    person = factories.user(email="docteur@cabinet.test")
    sent = {"email": "Docteure@Cabinet.test", "is_active": "on"}
    assert administrator.post(f"/admin/accounts/user/{person.pk}/change/", sent).status_code == 303
    assert User.objects.get(pk=person.pk).email == "docteure@cabinet.test"


@pytest.mark.parametrize("what", ["regulator", "signin"])
def test_what_the_sas_decides_is_read_only(administrator: Client, regulator: Regulator, what: str) -> None:
    record_sign_in(regulator=regulator, subject="s", idp_connect="mdp", idp_connect_known=True, outcome="opened")
    row = regulator.pk if what == "regulator" else SignIn.objects.get().pk
    page = administrator.get(f"/admin/accounts/{what}/{row}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    for action in ("add", f"{row}/delete"):
        assert administrator.post(f"/admin/accounts/{what}/{action}/", {"post": "yes"}).status_code == 403
    if what == "regulator":
        text = page.content.decode()
        identifier = regulator.current_identifier
        assert identifier is not None
        assert identifier.value in text
        assert "2026-11" in text


def test_the_administration_is_for_staff(practitioner_client: Client, regulator_client: Client, client: Client) -> None:
    for visitor in (practitioner_client, regulator_client, client):
        assert visitor.get("/admin/accounts/regulator/").status_code == 302
