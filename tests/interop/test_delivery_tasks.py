"""The tasks that send: woken for one appointment, or sweeping for all that is due."""

from typing import Any

import pytest
from django.utils import timezone

from interop import tasks
from interop.services.deliveries import LEASE, claim_next
from outbox import wake_up
from tests.interop.deliveries import booked, cancelled, moved, only, states
from tests.interop.sas_stub import Reply, SasStub

pytestmark = pytest.mark.django_db


def test_deliver_sends_all_that_is_owed_about_one_appointment(sas: SasStub) -> None:
    appointment, other = booked(), booked()
    moved(appointment)

    tasks.deliver(str(appointment.id))

    assert states(appointment) == ["sent", "sent"]
    assert states(other) == ["planned"]


def test_the_sweep_finds_what_a_lost_signal_missed(sas: SasStub) -> None:
    first, second = booked(), booked()
    cancelled(second)

    tasks.sweep_deliveries()

    assert states(first) == ["sent"]
    assert states(second) == ["sent", "sent"]


def test_the_sweep_finds_what_a_dead_worker_left(sas: SasStub) -> None:
    appointment = booked()
    claim_next(appointment_id=appointment.id, now=timezone.now() - LEASE)

    tasks.sweep_deliveries()

    assert states(appointment) == ["sent"]


def test_a_backlog_goes_in_as_many_shares_as_the_sas_takes_calls(
    sas: SasStub, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sweep alone would send one delivery after the other, however many processes wait beside it."""
    settings.SAS_MAX_CALLS = 3
    shares: list[list[str]] = []
    monkeypatch.setattr(tasks.deliver_share, "delay", shares.append)
    appointments = [booked() for _ in range(7)]

    tasks.sweep_deliveries()
    wake_up._waiting.join()

    assert sorted(map(len, shares)) == [2, 2]
    assert [states(one) for one in appointments].count(["sent"]) == 3
    for share in shares:
        tasks.deliver_share(share)
    assert [states(one) for one in appointments] == [["sent"]] * 7


def test_little_is_swept_by_one(sas: SasStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver_share, "delay", lambda _: pytest.fail("nothing to share"))
    booked()

    tasks.sweep_deliveries()
    wake_up._waiting.join()


def test_the_sweep_stops_when_its_time_is_up(sas: SasStub, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SAS_MAX_CALLS = 1
    monkeypatch.setattr(tasks, "_SWEEP_SHARE", 0.2)
    sas.reply(Reply(silence=0.5))
    for _ in range(5):
        booked()

    tasks.sweep_deliveries()

    assert len(sas.asked) == 1


def test_a_task_stops_when_its_time_is_up_and_the_sweep_finds_the_rest(
    sas: SasStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = booked()
    moved(appointment)
    monkeypatch.setattr(tasks, "LAST_START", -1)
    tasks.deliver(str(appointment.id))
    assert states(appointment) == ["sent", "planned"]

    tasks.sweep_deliveries()
    assert states(appointment) == ["sent", "sent"]


def test_one_that_breaks_does_not_stop_the_others(
    sas: SasStub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = booked(), booked()
    real = tasks.deliver_next

    def breaking(**arguments: Any) -> bool:
        if arguments["appointment_id"] == broken.id:
            raise RuntimeError("nobody thought of it")
        return real(**arguments)

    monkeypatch.setattr(tasks, "deliver_next", breaking)
    tasks.sweep_deliveries()

    assert states(fine) == ["sent"]
    assert only(broken).state == "planned"
    assert f"sweep: appointment {broken.id}" in caplog.text
