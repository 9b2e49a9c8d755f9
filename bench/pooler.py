"""PgBouncer in transaction pooling: what works through it, and with which setting.

Run `.agenda/venv/bin/python -m bench.pooler` (Debian: `apt-get install pgbouncer`). Everything the product does at once, through
three connections to PostgreSQL: searches and pages by gunicorn, a worker's deliveries and beat's sweeps, races for one slot, the
reconciliation's file. First as it is, then with DATABASE_POOLER=on. It ends with 1 when something fails that should work.
"""

import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.fragile import Fragile, Instance
from bench.run import prepared
from bench.web import answered, search_path
from bench.workers import CalmSas, owe, publish_all, wait_sent
from deploy.local.data_folder import SERVER_USER
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.ports import free_port
from deploy.local.processes import Program

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
MISSING = "SKIPPED: pgbouncer is not installed (apt-get install pgbouncer)"
POOL = 3
RACES = 40
RACERS = 8


def main() -> int:
    if not PGBOUNCER:
        print(MISSING)
        return 1
    sas = CalmSas()
    sas.seconds = 0.05
    with prepared(SAS_FHIR_URL=sas.url, LOG_LEVEL="WARNING") as instance:
        from bench.costs import print_rows
        from bench.growth import fill

        schedules, _ = fill(20_000)
        direct = instance.environment["DATABASE_URL"]
        pooler, url = make_pooler(instance.folder, direct)
        pooler.start()
        pooler.wait_ready()
        expected = files_read(direct)
        rows: list[tuple[str, object]] = [
            (
                f"reconciliation's file ({len(expected.splitlines()):,} lines), as it is",
                _told(lambda: files_read(url), expected),
            ),
            ("… with DATABASE_POOLER=on", _told(lambda: files_read(url, DATABASE_POOLER="on"), expected)),
        ]
        instance.environment |= {"DATABASE_URL": url, "DATABASE_POOLER": "on"}
        rows += _load(instance, [one.practitioner.national_id for one in schedules[:25]])
        rows.append(("races for a slot: won, lost, other", race_through(url)))
        rows.append(("connections of PgBouncer to PostgreSQL, at most", _opened(pooler.program.log)))
        rows.append(("migrate through it", _ends(url, "migrate", "--no-input")))
        rows.append(("backup through it", _ends(url, "backup", str(instance.folder / "one.backup"))))
        rows.append(("… and what the others see after it", race_through(url)))
        print_rows(rows)
        pooler.kill()
        sas.stop()
        return 0 if all("failed" not in str(value) for name, value in rows[1:] if "backup" not in name) else 1


def make_pooler(parent: Path, direct: str) -> tuple[Fragile, str]:
    """PgBouncer in front of the PostgreSQL of that address (a unix socket's), not started; and the address through it."""
    address = urlsplit(direct)
    [host] = parse_qs(address.query)["host"]
    folder = parent / "pooler"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, SERVER_USER, SERVER_USER)
    port = free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={host} user={address.username}\n[pgbouncer]\npool_mode = transaction\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"default_pool_size = {POOL}\nmax_client_conn = 200\n",
        encoding="utf-8",
    )
    settings.chmod(0o644)
    log = parent / "pgbouncer.log"
    program = Program(
        name="pgbouncer",
        command=[str(PGBOUNCER), *(["--user=nobody"] if os.geteuid() == 0 else []), str(settings)],
        env=base_environment(),
        cwd=Path("/"),
        log=log,
        ready=lambda: log.exists() and b"process up" in log.read_bytes(),
    )
    return Fragile(program), f"postgresql://{address.username}@127.0.0.1:{port}{address.path}"


def _told(work: Callable[[], str], expected: str) -> str:
    try:
        return "works" if work() == expected else "failed: not the same file"
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"


def files_read(url: str, **settings: str) -> str:
    """The lines of the reconciliation's file, the last of four operators who read it at once."""
    return _manage(url, "shell", "-v0", "-c", "import bench.pooler as bench; bench.print_files()", **settings)


def print_files() -> None:
    from interop.operations.reconciliation import booked_between

    def read(_: int) -> list[str]:
        return [str(line) for line in booked_between(date(2020, 1, 1), date(2100, 1, 1))]

    with ThreadPoolExecutor(4) as pool:
        *_, last = pool.map(read, range(4))
    print("\n".join(last))


def _manage(url: str, *arguments: str, **settings: str) -> str:
    environment = base_environment() | {"DATABASE_URL": url} | settings
    return subprocess.run(
        [PYTHON, "manage.py", *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def _ends(url: str, *arguments: str) -> str:
    try:
        _manage(url, *arguments, DATABASE_POOLER="on")
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"
    return "works"


def _load(instance: Instance, practitioners: list[str]) -> list[tuple[str, object]]:
    """Searches, sign-in pages, deliveries and sweeps at once."""
    port = free_port()
    programs = [
        instance.gunicorn("web", port, WEB_PROCESSES="2"),
        instance.worker("worker", "--concurrency=8"),
        instance.celery("beat", "beat", f"--schedule={instance.folder / 'schedule'}", "--pidfile="),
    ]
    instance.empty_valkey()
    for one in programs:
        one.start()
    programs[0].wait_ready()
    programs[1].wait_ready(60)
    failed: list[Exception] = []
    searches: list[float] = []
    pages: list[float] = []

    def keep_asking(path: str, times: list[float]) -> None:
        try:
            times += answered(port, path, callers=8, seconds=10)
        except Exception as error:  # noqa: BLE001 - told in the table
            failed.append(error)

    asking = [
        threading.Thread(target=keep_asking, args=(search_path(practitioners), searches)),
        threading.Thread(target=keep_asking, args=("/connexion/", pages)),
    ]
    for thread in asking:
        thread.start()
    publish_all(owe(200))
    wait_sent()
    for thread in asking:
        thread.join()
    for one in programs:
        one.kill()
    errors = [line for one in programs for line in one.program.log.read_text().splitlines() if "ERROR" in line]
    return [
        ("searches answered, pages answered", f"{len(searches)}, {len(pages)}"),
        ("200 deliveries by a worker of 8, beat beside", "works"),
        ("errors meanwhile", f"failed: {(failed or errors)[0]}" if failed or errors else 0),
    ]


def race_through(url: str, races: int = RACES) -> str:
    """Eight at once for each slot, in one process of eight connections: exactly one wins."""
    code = f"import bench.pooler as bench; print(bench.race({races}, {RACERS}))"
    try:
        return _manage(url, "shell", "-v0", "-c", code, DATABASE_POOLER="on").strip()
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"


def race(slots: int, racers: int) -> str:
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from appointments.booking.services.booking import book_appointment
    from appointments.exceptions import SlotTaken
    from appointments.models import Schedule
    from appointments.slots.selectors import free_slots_of
    from appointments.slots.values import REGULATOR
    from tests import factories

    factories.rng.seed(uuid.uuid4().hex)  # not the same people in each process
    now = timezone.now()
    schedule = list(Schedule.objects.with_place()[:1])
    free = free_slots_of(schedule, since=now, until=now + timedelta(days=9), now=now, viewer=REGULATOR)[:slots]
    regulators = [factories.regulator_actor() for _ in range(racers)]
    ended: Counter[str] = Counter()
    start = threading.Barrier(racers)

    def run(by: Any) -> None:
        for slot in free:
            patient = factories.patient()
            start.wait(30)
            try:
                book_appointment(
                    key=slot.key,
                    visit=factories.visit(patient=patient),
                    by=by,
                    now=now,
                )
                ended["won"] += 1
            except SlotTaken:
                ended["lost"] += 1
            except Exception as error:  # noqa: BLE001 - told in the table
                ended[type(error).__name__] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in regulators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = ended["won"] == len(free) and ended["lost"] == len(free) * (racers - 1)
    others = sum(ended.values()) - ended["won"] - ended["lost"]
    return f"{'' if right else 'failed: '}{ended['won']}, {ended['lost']}, {others}"


def _opened(log: Path) -> int:
    """How many connections to the server it ever opened at once: it logs each opening and each closing."""
    now = most = 0
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if " S-" in line:
            now += "new connection to server" in line
            now -= " closing because" in line
            most = max(most, now)
    return most


if __name__ == "__main__":
    sys.exit(main())
