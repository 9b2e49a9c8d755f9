"""What comes of each answer: accepted, refused for good, tried again, and how."""

import socket
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import timezone

from interop.services.circuit import FAILURES_TO_OPEN
from tests.interop.deliveries import booked, deliver, moved, only, outcomes, states
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=1)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(reset=True), "interrompue"),
        (Reply(silence=1.5), "pas répondu"),
        (Reply(raw=b"garbage\r\n\r\n"), "interrompue"),
        (Reply(raw=b""), "interrompue"),
        (Reply(500, outcome("Panne")), ""),
        (Reply(502, b"<html>"), ""),
        (Reply(503), ""),
        (Reply(504), ""),
        (Reply(202), ""),
        (Reply(408), ""),
    ],
    ids=["reset", "timeout", "garbage", "closed", "500", "502", "503", "504", "202", "408"],
)
def test_after_an_unclear_creation_the_retry_is_the_put(sas: SasStub, reply: Reply, error: str) -> None:
    """It may have been processed: the conditional update creates or updates, a second POST could make a duplicate."""
    sas.reply(reply)
    appointment = booked()
    now = timezone.now()

    deliver(appointment, now=now)
    waiting = only(appointment)
    assert (waiting.state, waiting.attempts) == ("retrying", 1)
    assert waiting.next_attempt_at > now
    assert waiting.cause
    assert error in waiting.exchanges.get().error

    deliver(appointment, now=now + LATER)
    assert sas.methods == ["POST", "PUT"]
    assert sas.asked[0].resource == sas.asked[1].resource
    assert outcomes(appointment) == ["unclear", "accepted"]
    assert only(appointment).cause == ""


@pytest.mark.parametrize("reply", [Reply(429), Reply(425), Reply(302, headers={"Location": "/ailleurs"})])
def test_turned_away_before_being_looked_at_stays_a_post(sas: SasStub, reply: Reply) -> None:
    sas.reply(reply)
    appointment = booked()
    deliver(appointment)
    deliver(appointment, now=timezone.now() + LATER)

    assert sas.methods == ["POST", "POST"]
    assert outcomes(appointment) == ["failed", "accepted"]


def test_a_redirect_is_not_followed(sas: SasStub) -> None:
    sas.reply(Reply(307, headers={"Location": f"{sas.url}/ailleurs"}))
    deliver(booked())

    assert [asked.path for asked in sas.asked] == ["/fhir/v1/Appointment"]


def test_nobody_listening_stays_a_post(settings: Any, sas: SasStub) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.SAS_FHIR_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/fhir"
    appointment = booked()
    deliver(appointment)
    assert outcomes(appointment) == ["failed"]
    assert only(appointment).cause == "Le SAS n’est pas joignable à son adresse."

    settings.SAS_FHIR_URL = sas.url
    deliver(appointment, now=timezone.now() + LATER)
    assert sas.methods == ["POST"]


@pytest.mark.parametrize("status", [409, 412])
def test_a_creation_the_sas_knows_already_is_a_put_at_once(sas: SasStub, status: int) -> None:
    sas.reply(Reply(status, outcome("Déjà là", code="duplicate")))
    appointment = booked()

    deliver(appointment)

    assert sas.methods == ["POST", "PUT"]
    assert states(appointment) == ["sent"]
    assert outcomes(appointment) == ["known", "accepted"]


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 415, 422, 451])
def test_a_refusal_blocks_and_says_why_in_the_words_of_the_sas(sas: SasStub, status: int) -> None:
    sas.reply(
        Reply(status, outcome("Le régulateur est inconnu.", code="not-found", expression="Appointment.extension"))
    )
    appointment = booked()

    deliver(appointment)
    deliver(appointment, now=timezone.now() + timedelta(days=1))

    blocked = only(appointment)
    assert blocked.state == "blocked"
    assert blocked.cause == f"HTTP {status} – not-found : Le régulateur est inconnu. (Appointment.extension)"
    assert len(sas.asked) == 1


_PAGE = Reply(404, b"<html><h1>Maintenance</h1>", headers={"Content-Type": "text/html; charset=utf-8"})


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(status) for status in (401, 403, 404, 405, 407, 410, 421, 495)),
        *(Reply(status, outcome("Accès refusé", code="forbidden")) for status in (400, 401, 403, 404, 495)),
        _PAGE,
        replace(_PAGE, status=400),
    ],
    ids=lambda reply: f"{reply.status} {reply.body[:6].decode()}",
)
def test_what_speaks_of_the_way_to_the_sas_blocks_nothing(sas: SasStub, reply: Reply) -> None:
    """A wrong certificate or address, whatever wraps it, a proxy's page: tried again, as a creation, without an operator."""
    sas.reply(reply)
    appointment = booked()

    deliver(appointment)
    assert states(appointment) == ["retrying"]
    deliver(appointment, now=timezone.now() + LATER)

    assert sas.methods == ["POST", "POST"]
    assert outcomes(appointment) == ["barred", "accepted"]


def test_a_maintenance_page_counts_as_an_outage(sas: SasStub) -> None:
    """Else each of the backlog would be tried on it."""
    sas.reply(*(_PAGE for _ in range(20)))
    for _ in range(20):
        deliver(booked())

    assert len(sas.asked) == FAILURES_TO_OPEN


def test_a_page_is_no_acknowledgement_whatever_its_status(sas: SasStub) -> None:
    sas.reply(Reply(200, b"<html>", headers={"Content-Type": "text/html"}))
    appointment = booked()

    deliver(appointment)

    assert (states(appointment), outcomes(appointment)) == (["retrying"], ["unclear"])


_EMPTY = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(("status", "state"), [(200, "sent"), (201, "sent"), (422, "blocked"), (400, "blocked")])
def test_an_empty_body_that_is_only_called_a_page_is_none(sas: SasStub, status: int, state: str) -> None:
    """The default type of the frameworks that a receiver may be written with."""
    sas.reply(Reply(status, headers=_EMPTY))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == [state]


def test_see_other_may_answer_what_was_done(sas: SasStub) -> None:
    sas.reply(Reply(303, headers={"Location": "/fhir/v1/Appointment/1"}))
    appointment = booked()

    deliver(appointment)
    deliver(appointment, now=timezone.now() + LATER)

    assert sas.methods == ["POST", "PUT"]


def test_an_update_that_meets_another_is_tried_again(sas: SasStub) -> None:
    """409 of a PUT: perhaps our own creation, given up on and still under way there."""
    appointment, now = booked(), timezone.now()
    deliver(appointment)
    moved(appointment)
    sas.reply(Reply(409, outcome("Conflit")))

    deliver(appointment)
    assert states(appointment) == ["sent", "retrying"]
    deliver(appointment, now=now + LATER)
    assert states(appointment) == ["sent", "sent"]


def test_an_update_that_matches_several_blocks(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    moved(appointment)
    sas.reply(Reply(412, outcome("Plusieurs rendez-vous")))

    deliver(appointment)

    assert states(appointment) == ["sent", "blocked"]


def test_after_no_answer_the_update_lets_the_creation_end_first(sas: SasStub, settings: Any) -> None:
    settings.SAS_READ_TIMEOUT = 10
    sas.reply(Reply(reset=True))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now)

    assert only(appointment).next_attempt_at >= now + timedelta(seconds=20)


def test_a_delay_given_as_a_date_is_counted_on_the_clock_that_wrote_it(sas: SasStub) -> None:
    """Ours may be hours away."""
    then = timezone.now() - timedelta(hours=3)
    dates = f"Date: {format_datetime(then)}\r\nRetry-After: {format_datetime(then + timedelta(minutes=10))}"
    sas.reply(Reply(raw=f"HTTP/1.1 503 Busy\r\n{dates}\r\nContent-Length: 0\r\n\r\n".encode()))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now)

    assert abs(only(appointment).next_attempt_at - now - timedelta(minutes=10)) < timedelta(seconds=2)


def test_a_delay_of_days_is_cut_to_six_hours(sas: SasStub) -> None:
    sas.reply(Reply(503, headers={"Retry-After": "999999"}))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now)

    assert abs(only(appointment).next_attempt_at - now - timedelta(hours=6)) < timedelta(seconds=2)


@pytest.mark.parametrize("status", [429, 503])
def test_the_delay_the_sas_asks_for_is_kept(sas: SasStub, status: int) -> None:
    sas.reply(Reply(status, headers={"Retry-After": "600"}))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now)
    delivery = only(appointment)
    assert timedelta(0) <= delivery.next_attempt_at - (now + timedelta(minutes=10)) < timedelta(seconds=2)

    deliver(appointment, now=now + timedelta(minutes=9))
    assert len(sas.asked) == 1
    deliver(appointment, now=now + timedelta(minutes=11))
    assert states(appointment) == ["sent"]


@pytest.mark.parametrize("asked_for", ["", "soon", "-5", "1.5", "Mon, 99 Foo 2026 00:00:00 GMT", "9" * 40, "0"])
def test_a_senseless_delay_is_ours(sas: SasStub, asked_for: str) -> None:
    sas.reply(Reply(503, headers={"Retry-After": asked_for}))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now)

    assert now < only(appointment).next_attempt_at <= now + timedelta(hours=7)


def test_it_is_not_tried_before_its_time(sas: SasStub) -> None:
    sas.reply(Reply(500))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    deliver(appointment, now=now + timedelta(seconds=3))

    assert len(sas.asked) == 1


def test_a_huge_answer_is_cut_and_a_yes_stays_a_yes(sas: SasStub) -> None:
    sas.reply(Reply(201, b"x" * 1_000_000))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["sent"]
    attempt = only(appointment).exchanges.get()
    assert len(attempt.response_body) <= 64 * 1024
    assert "trop longue" in attempt.error


def test_an_answer_with_zero_bytes_is_kept(sas: SasStub) -> None:
    sas.reply(Reply(422, b"\x00\xff bad"))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["blocked"]
    assert only(appointment).exchanges.get().response_body


def test_a_yes_whose_body_breaks_off_is_a_yes(sas: SasStub) -> None:
    sas.reply(Reply(raw=b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["sent"]
    assert only(appointment).exchanges.get().error == "Réponse interrompue."
