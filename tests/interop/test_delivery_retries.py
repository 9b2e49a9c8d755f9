"""What comes of each answer: accepted, refused for good, tried again, and how."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from interop.services.deliveries import FIRST_DELAY, GIVE_UP_AFTER, LONGEST_DELAY, retry_delay, send_again
from tests.interop.deliveries import at, booked, deliver, moved, only, outcomes, states
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
    assert (waiting.state, waiting.attempts_count) == ("retrying", 1)
    assert waiting.next_attempt_at > now
    assert waiting.cause
    assert error in waiting.attempts.get().error

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


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 451])
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


@pytest.mark.parametrize("status", [409, 412])
def test_an_update_with_a_conflict_blocks(sas: SasStub, status: int) -> None:
    appointment = booked()
    deliver(appointment)
    moved(appointment)
    sas.reply(Reply(status, outcome("Plusieurs rendez-vous")))

    deliver(appointment)

    assert states(appointment) == ["sent", "blocked"]


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


def test_the_wait_doubles_up_to_half_an_hour_with_some_chance() -> None:
    for attempts in range(1, 30):
        full = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
        assert full * 0.75 <= retry_delay(attempts) <= full
    assert retry_delay(10_000) <= LONGEST_DELAY
    assert len({retry_delay(20) for _ in range(10)}) > 1


def test_it_is_not_tried_before_its_time(sas: SasStub) -> None:
    sas.reply(Reply(500))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    deliver(appointment, now=now + timedelta(seconds=3))

    assert len(sas.asked) == 1


def test_after_three_days_of_failures_it_blocks(sas: SasStub) -> None:
    sas.reply(Reply(500), Reply(500), Reply(500, outcome("Toujours en panne")))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    deliver(appointment, now=now + GIVE_UP_AFTER - LATER)
    assert states(appointment) == ["retrying"]

    deliver(appointment, now=now + GIVE_UP_AFTER + LATER)

    delivery = only(appointment)
    assert delivery.state == "blocked"
    assert delivery.cause.startswith("Abandonné après 3 jours d’essais. HTTP 500 – ")


def test_send_again_gives_a_blocked_one_another_three_days(sas: SasStub) -> None:
    sas.reply(Reply(422), Reply(500))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    later = now + timedelta(days=5)

    assert send_again(delivery_ids=[only(appointment).pk], now=later) == 1
    deliver(appointment, now=later)
    assert states(appointment) == ["retrying"]
    deliver(appointment, now=later + LATER)

    # The refusal was clear, the server error was not.
    assert sas.methods == ["POST", "POST", "PUT"]
    assert states(appointment) == ["sent"]


def test_send_again_leaves_alone_what_is_not_blocked(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    moved(appointment)
    ids = [at(1, appointment).pk, at(2, appointment).pk]

    assert send_again(delivery_ids=ids, now=timezone.now()) == 0
    assert states(appointment) == ["sent", "planned"]


def test_a_huge_answer_is_cut_and_a_yes_stays_a_yes(sas: SasStub) -> None:
    sas.reply(Reply(201, b"x" * 1_000_000))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["sent"]
    attempt = only(appointment).attempts.get()
    assert len(attempt.response_body) <= 64 * 1024
    assert "trop longue" in attempt.error


def test_an_answer_with_zero_bytes_is_kept(sas: SasStub) -> None:
    sas.reply(Reply(422, b"\x00\xff bad"))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["blocked"]
    assert only(appointment).attempts.get().response_body


def test_a_yes_whose_body_breaks_off_is_a_yes(sas: SasStub) -> None:
    sas.reply(Reply(raw=b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"))
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["sent"]
    assert only(appointment).attempts.get().error == "Réponse interrompue."
