"""Arrivals through the SAS that fail are seen: recorded, counted, shown, alerted about, and the log has the true cause."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import SignInOutcome
from accounts.models import Regulator, SignIn
from accounts.sas_sign_in.refusal import Reason
from sas_agenda.operations import conditions
from sas_agenda.operations.logs import JsonFormatter
from tests import factories
from tests.accounts.provider import FakeProvider, come_through_sas, leave, person
from tests.interop.operations.conftest import text_of
from tests.operations.test_metrics import grown, samples

pytestmark = pytest.mark.django_db
Break = Callable[[Client, FakeProvider, Regulator], Any]


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines of refused sign-ins, as production writes them."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("accounts.sas_sign_in.pages")
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)


def answering(path: str, status: int, body: str) -> Break:
    def broken(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
        provider.answers[path] = lambda: (status, body)
        return come_through_sas(client, provider, person(regulator))

    return broken


def gone(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
    provider.stop()
    return client.get("/sas/connexion/")


def gone_on_the_way(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
    answer = provider.approve(leave(client), person(regulator))
    provider.stop()
    return client.get("/sas/retour/", answer)


def expired(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
    provider.claims = {"exp": 1_000_000_000, "iat": 999_999_000}
    return come_through_sas(client, provider, person(regulator))


def told_no(error: str) -> Break:
    def broken(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
        state = provider.approve(leave(client), {})["state"]
        return client.get("/sas/retour/", {"error": error, "state": state})

    return broken


def unknown(client: Client, provider: FakeProvider, regulator: Regulator) -> Any:
    return come_through_sas(client, provider, {"sub": "inconnu", "email": "inconnue@regulation.test"})


FAILURES: dict[str, tuple[Break, str, str]] = {
    "nobody listens": (gone, "unavailable", "ConnectionRefusedError (errno 111)"),
    "nobody listens any more": (gone_on_the_way, "unavailable", "ConnectionRefusedError (errno 111)"),
    "a provider in error": (answering("/token", 502, "{}"), "unavailable", "token endpoint: HTTP 502"),
    "our secret is wrong": (
        answering("/token", 401, '{"error": "invalid_client", "error_description": "Zinzolin"}'),
        "not_verified", "token endpoint: HTTP 401, invalid_client",
    ),
    "words of their own": (
        answering("/token", 400, '{"error": "Zinzolin"}'), "not_verified", "token endpoint: HTTP 400, unknown error",
    ),
    "no words": (answering("/token", 400, "Zinzolin"), "not_verified", "token endpoint: HTTP 400, unknown error"),
    "a clock that is wrong": (expired, "not_verified", "ID token: ExpiredSignatureError"),
    "a scope we may not ask for": (told_no("invalid_scope"), "not_verified", "the provider: invalid_scope"),
    "an error that is somebody's own": (told_no("Zinzolin"), "not_verified", "the provider: unknown error"),
    "no account": (unknown, "no_account", "no_account"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_it_is_recorded_counted_and_its_cause_logged(
    case: str, client: Client, provider: FakeProvider, regulator: Regulator, said: Callable[[], list[dict[str, Any]]]
) -> None:
    broken, outcome, cause = FAILURES[case]
    before = samples(client)
    page = broken(client, provider, regulator).content.decode()
    assert [one.outcome for one in SignIn.objects.all()] == [outcome]
    assert grown(client, before, "sas_agenda_sas_sign_ins_total", outcome=outcome) == 1
    [line] = said()
    assert cause in line["message"] + line.get("error", "")
    assert line["message"].rpartition(" ")[2] in page, "the reference that the person reads"
    assert "Zinzolin" not in json.dumps(line)


def test_one_that_succeeds_is_counted_too_and_who_changes_their_mind_is_no_failure(
    client: Client, provider: FakeProvider, regulator: Regulator
) -> None:
    before = samples(client)
    come_through_sas(client, provider, person(regulator))
    told_no("access_denied")(client, provider, regulator)
    assert grown(client, before, "sas_agenda_sas_sign_ins_total", outcome="opened") == 1
    assert grown(client, before, "sas_agenda_sas_sign_ins_total", outcome="given_up") == 1
    assert [one.outcome for one in SignIn.objects.all()] == ["opened"]


def test_every_reason_but_that_one_is_an_outcome_to_record() -> None:
    assert {reason.outcome for reason in Reason} == {*SignInOutcome, None} - {SignInOutcome.OPENED}


def test_whoever_knocks_all_day_fills_no_table(client: Client, provider: FakeProvider) -> None:
    provider.stop()
    for _ in range(70):
        client.get("/sas/connexion/")
    assert SignIn.objects.count() == 60


def arrivals(*outcomes: str, minutes_ago: int = 1) -> None:
    """In this order, the last one so long ago."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    for number, outcome in enumerate(outcomes):
        one = SignIn.objects.create(subject="s", idp_connect_known=True, outcome=outcome)
        SignIn.objects.filter(pk=one.pk).update(at=at - timedelta(seconds=len(outcomes) - number))


def alert() -> list[tuple[str, bool]]:
    raised = conditions.raised(timezone.now())
    return [(one.subject, one.urgent) for one in raised if one.group == "sign_in_failing"]


@pytest.mark.parametrize(
    ("outcomes", "urgent"),
    [
        ([], None),
        (["unavailable"] * 2, None),
        (["unavailable"] * 3, True),
        (["no_account", "no_account", "not_verified"], True),
        (["no_account", "accounts_differ", "idp_refused"], False),
        (["unavailable", "unavailable", "opened", "unavailable"], None),
        (["opened", "unavailable", "unavailable", "unavailable"], True),
    ],
)
def test_three_in_a_row_alert(outcomes: list[str], urgent: bool | None) -> None:
    arrivals(*outcomes)
    failed = 0 if urgent is None else 3
    assert alert() == ([(f"Connexions par le SAS\u00a0: {failed} échecs de suite", urgent)] if failed else [])


def test_what_is_over_alerts_no_more() -> None:
    arrivals(*["unavailable"] * 5, minutes_ago=31)
    assert alert() == []


def test_the_overview_says_how_many_and_of_what(sign_in: Callable[[Any], Client]) -> None:
    operator = sign_in(factories.user(is_staff=True))
    arrivals("opened", "opened", "unavailable", "unavailable", "no_account")
    text = text_of(operator.get(reverse("operations")))
    for told in (
        "Connexions par le SAS : 3 échecs de suite",
        "impossible : le SAS ne répond pas (2) ; refusée : aucun compte habilité (1)",
        "Réussies, en 24 h 2", "Refusées ou impossibles 3",
    ):  # fmt: skip
        assert told in text
