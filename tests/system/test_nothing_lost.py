"""Killing what carries the messages, in the middle of the story, loses nothing: the SAS ends with the right appointment."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests

from tests.system.conftest import WORKER, Stack, wait_for
from tests.system.pages import arrive, book, received, sign_in_to_the_practice, slot_links

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]


def test_killed_task_processes_then_all_processes_lose_nothing_and_end_no_hold(
    stack: Stack, new_context: NewContext
) -> None:
    """The worker's children die in the middle of a call that the SAS holds, and the worker lives on; then everything dies, while
    the SAS fails and a regulator keeps a slot. No process ends what is kept: the SAS is offered it once its time is over."""
    stack.fault("timeout", 1)
    _, held_up = book(stack, new_context().new_page())
    wait_for(lambda: stack.get("/api/faults")["kind"] is None, "the SAS holds the first call")
    workers = stack.pids(WORKER)
    children = [pid for pid in workers if _parent(pid) in workers]
    assert children
    for pid in children:
        os.kill(pid, signal.SIGKILL)

    stack.fault("500")
    _, failed = book(stack, new_context().new_page())
    landing = arrive(stack, new_context().new_page())
    landing.locator("[data-hold=mine]").wait_for()
    key = str(landing.locator("[data-chosen]").get_attribute("href")).partition("creneau=")[2]

    def offered() -> bool:
        return any(key in one for one in slot_links(stack))

    assert not offered()
    assert min(workers) in stack.pids(WORKER)
    dead = [pid for fragment in ("gunicorn", "celery", "valkey-server") for pid in stack.pids(fragment)]
    for pid in dead:
        with suppress(ProcessLookupError):  # its parent's death was its own
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: set(stack.pids("gunicorn")) - set(dead) and _answers(stack), "the product is started again")
    assert not offered()
    stack.inside(
        "from appointments.models import Hold; from django.utils import timezone; "
        "Hold.objects.update(expires_at=timezone.now())"
    )
    assert offered()
    stack.fault(None)
    # The lease of the dead claim must end first.
    for appointment_id in (held_up, failed):
        assert _accepted(received(stack, appointment_id, "booked", seconds=120)) == 1


@pytest.mark.of_today
def test_a_dead_broker_neither_fails_nor_delays_a_booking(stack: Stack, new_context: NewContext) -> None:
    """Valkey hangs, then dies; the practice's change and the regulator's booking are both at the SAS once it is back."""
    practice = new_context().new_page()
    _, first = book(stack, new_context().new_page())
    received(stack, first, "booked")
    sign_in_to_the_practice(stack, practice, path=f"/rendez-vous/{first}/")

    (valkey,) = stack.pids("valkey-server")
    os.kill(valkey, signal.SIGSTOP)
    started = time.monotonic()
    practice.get_by_role("button", name="Marquer honoré").click()
    practice.get_by_text("Honoré", exact=True).first.wait_for()
    assert time.monotonic() - started < 10
    _, second = book(stack, new_context().new_page())

    os.kill(valkey, signal.SIGKILL)
    wait_for(lambda: set(stack.pids("valkey-server")) - {valkey}, "Valkey is started again")
    received(stack, first, "fulfilled")
    held = received(stack, second, "booked")
    assert _accepted(held) == 1


def _accepted(held: dict[str, Any]) -> int:
    """How many requests the SAS took for it, none of them with a fault (a PUT that creates is only remarked)."""
    taken = [entry for entry in held["history"] if entry["accepted"]]
    assert all(entry["verdict"] in {"ok", "remark"} for entry in taken)
    return len(taken)


def _answers(stack: Stack) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{stack.product}/sante/", timeout=5).status_code == 200
    return False


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])
