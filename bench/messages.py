"""One message for each fact, channel and person: visits booked, changed and put back while workers die and providers fail.

Run `.agenda/venv/bin/python -m bench.messages --appointments 1000 --seed 1` (docs/reliability.md says what it does, and shows a
run). It ends with 1 when a promise is broken.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from datetime import timedelta

from bench.far_ends import FarEnds
from bench.fragile import QUICKER, Instance, empty_instance
from bench.reliability import prepare_django
from deploy.local.processes import Supervisor
from deploy.local.session import terminal_session

_FAULTS = (
    "worker killed -9", "both workers killed -9", "task process killed -9", "beat killed -9", "Valkey emptied",
    "Valkey killed -9", "mail server down", "SMS provider down",
)  # fmt: skip
EVERY = 3.0  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description="Messages to patients, by processes that are killed.")
    parser.add_argument("--appointments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with terminal_session() as supervisor, empty_instance(supervisor) as instance:
        return _run(supervisor, instance, asked.appointments, asked.seed)


def _run(supervisor: Supervisor, instance: Instance, appointments: int, seed: int) -> int:
    choice = random.Random(seed)
    far = FarEnds(random.Random(seed + 1))
    instance.environment |= QUICKER | far.environment
    os.environ.update(instance.environment)
    prepare_django()
    from bench.messages_practice import Practice
    from bench.messages_verdict import judge

    instance.make_workers()
    instance.start()
    practice, faults = Practice(choice, appointments), _Faults(choice, instance, far)
    started = time.monotonic()
    pause = max(60.0, appointments / 5) / practice.steps_left
    while practice.step():
        faults.step()
        time.sleep(pause * choice.uniform(0.5, 1.5))
        supervisor.refuse_stop()
    broke = time.monotonic() - started
    drained = _drain(supervisor, instance, far, patience=240)
    rows, kept = judge(far, drained)
    rows = [
        ("appointments booked", practice.booked),
        ("changes", ", ".join(f"{count} {name}" for name, count in sorted(practice.changes.items()))),
        ("seconds with faults, seconds to drain", f"{broke:.0f}, {time.monotonic() - started - broke:.0f}"),
        *[(f"fault: {name}", count) for name, count in sorted(faults.done.items())],
        *[(f"far end: {name}", count) for name, count in sorted(far.seen.items())],
        *rows,
    ]
    width = max(len(name) for name, _ in rows)
    print(f"\nseed {seed}")
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    print("KEPT" if kept else "BROKEN")
    if not kept:
        print(instance.logs())
    far.stop()
    return 0 if kept else 1


class _Faults:
    """One of each kind in a random order, then again. What was killed is started again a little later."""

    def __init__(self, choice: random.Random, instance: Instance, far: FarEnds) -> None:
        self._choice, self._instance, self._far = choice, instance, far
        self._deck: list[str] = []
        self._next, self._restart = time.monotonic() + EVERY, float("inf")
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        now = time.monotonic()
        if now >= self._restart:
            self._instance.start()
            self._restart = float("inf")
        if now < self._next:
            return
        self._next = now + EVERY
        self._far.mail_down = self._far.sms_down = False
        self._deck = self._deck or self._choice.sample(_FAULTS, len(_FAULTS))
        kind = self._deck.pop()
        self.done[kind] += 1
        self._cause(kind)
        if "killed" in kind:
            self._restart = min(self._restart, now + self._choice.uniform(0.2, 1.5))

    def _cause(self, kind: str) -> None:
        workers = self._instance.workers
        match kind:
            case "worker killed -9":
                self._choice.choice(workers[:2]).kill()
            case "both workers killed -9":
                for worker in workers[:2]:
                    worker.kill()
                let_time_pass()
            case "task process killed -9":
                self._instance.kill_task_process(self._choice)
            case "beat killed -9":
                workers[2].kill()
            case "Valkey emptied":
                self._instance.empty_valkey()
            case "Valkey killed -9":
                self._instance.valkey.kill()
            case "mail server down":
                self._far.mail_down = True
            case "SMS provider down":
                self._far.sms_down = True


def let_time_pass() -> None:
    """While nobody sends: claims of the dead have ended, and what waits to be tried again is due."""
    from django.db.models import F

    from appointments.models import PatientMessage
    from outbox.mail import LEASE

    PatientMessage.objects.exclude(lease_until=None).update(lease_until=F("lease_until") - LEASE - timedelta(minutes=1))
    PatientMessage.objects.filter(state="planned").exclude(cause="").update(
        next_attempt_at=F("next_attempt_at") - timedelta(hours=7)
    )


def _drain(supervisor: Supervisor, instance: Instance, far: FarEnds, *, patience: float) -> bool:
    """No more faults; the hours between tries pass. False when something is still to be sent after all."""
    from appointments.models import PatientMessage

    far.calm, far.mail_down, far.sms_down = True, False, False
    for worker in instance.workers[:2]:
        worker.kill()
    let_time_pass()
    deadline = time.monotonic() + patience
    while PatientMessage.objects.filter(state="planned").exists():
        if time.monotonic() > deadline:
            return False
        instance.start()
        time.sleep(0.5)
        supervisor.refuse_stop()
    return True


if __name__ == "__main__":
    sys.exit(main())
