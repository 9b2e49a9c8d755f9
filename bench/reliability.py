"""Nothing lost: appointments booked and changed while everything between them and the SAS breaks.

Run `.agenda/venv/bin/python -m bench.reliability --appointments 1000 --seed 1` (docs/reliability.md says what it does, and
shows a run). It ends with 1 when a promise is broken.
"""

import argparse
import os
import random
import sys
import time
from typing import Any

from bench.fragile import QUICKER, Instance, empty_instance
from bench.hostile_sas import HostileSas
from bench.identities import Identities
from deploy.local.processes import Supervisor
from deploy.local.session import terminal_session


def main() -> int:
    parser = argparse.ArgumentParser(description="Deliveries to a hostile SAS, by processes that are killed.")
    parser.add_argument("--appointments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="the address of an empty, migrated one; by default one is made")
    asked = parser.parse_args()
    with terminal_session() as supervisor, empty_instance(supervisor, asked.database) as instance:
        return _run(supervisor, instance, asked.appointments, asked.seed, is_migrated=bool(asked.database))


def _run(supervisor: Supervisor, instance: Instance, appointments: int, seed: int, *, is_migrated: bool) -> int:
    choice = random.Random(seed)
    killer = random.Random(seed + 1)
    identities = Identities(instance.folder / "certificates")
    sas = HostileSas(seed=seed + 2, kill=lambda: instance.kill_task_process(killer), tls=identities.server)
    instance.environment |= QUICKER | identities.environment | {"SAS_FHIR_URL": sas.url}
    os.environ.update(instance.environment)
    prepare_django(is_migrated=is_migrated)
    from bench.reliability_faults import Faults
    from bench.reliability_practice import Practice
    from bench.reliability_verdict import judge

    instance.make_workers()
    instance.start()
    practice = Practice(choice, appointments)
    faults = Faults(choice, instance, sas, identities)
    started = time.monotonic()
    # About long enough for every kind of fault to come around.
    pause = max(36.0, appointments / 6) / practice.steps_left
    while practice.step() or not faults.all_came:
        faults.step()
        time.sleep(pause * choice.uniform(0.5, 1.5))
        supervisor.refuse_stop()
    broke = time.monotonic() - started
    faults.end()
    drained = _drain(supervisor, instance, patience=120)
    rows, kept = judge(practice, sas, drained)
    rows = [
        ("appointments booked", practice.booked),
        ("changes", dict(sorted(practice.changes.items()))),
        ("seconds with faults, seconds to drain", f"{broke:.0f}, {time.monotonic() - started - broke:.0f}"),
        *[(f"fault: {name}", count) for name, count in sorted(faults.done.items())],
        *[(f"SAS: {name}", count) for name, count in sorted(sas.seen.items())],
        *rows,
    ]
    width = max(len(name) for name, _ in rows)
    print(f"\nseed {seed}")
    for name, value in rows:
        print(f"{name:{width}}  {_shown(value)}")
    print("KEPT" if kept else "BROKEN")
    if not kept:
        print(instance.logs())
    sas.stop()
    return 0 if kept else 1


def prepare_django(*, is_migrated: bool = False) -> None:
    """With the environment as it is now, on an empty database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "sas_agenda.settings"
    import django
    from django.core.management import call_command

    django.setup()
    if not is_migrated:
        call_command("migrate", verbosity=0)


def _drain(supervisor: Supervisor, instance: Instance, *, patience: float) -> bool:
    """Wait, doing nothing but keep the processes running, until nothing is owed any more. False when it still is."""
    from interop.models import Delivery

    deadline = time.monotonic() + patience
    while Delivery.objects.open().exists():
        if time.monotonic() > deadline:
            return False
        instance.start()
        time.sleep(0.2)
        supervisor.refuse_stop()
    return True


def _shown(value: Any) -> str:
    return ", ".join(f"{count} {name}" for name, count in value.items()) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    sys.exit(main())
