"""The largest search of the platform (25 practitioners, three days) through gunicorn: one process against two.

Run `.agenda/venv/bin/python -m bench.web`. Both wait side by side and are asked in turn, so that
whatever else the machine does falls on both. CPU is the kernel's count, per search: what one core bears does not depend on
the neighbours.
"""

import http.client
import json
import statistics
import threading
import time
from datetime import timedelta

from bench.run import prepared
from deploy.local.ports import free_port

CALLERS = 8
ROUNDS = 4
SECONDS = 5.0


def main() -> None:
    with prepared(LOG_LEVEL="WARNING") as instance:
        from bench.costs import connections, cpu_seconds, database_pid, family, megabytes, print_rows
        from bench.growth import fill

        schedules, _ = fill(50_000)
        path = search_path([one.practitioner.national_id for one in schedules[:25]])
        ports = {count: free_port() for count in (1, 2)}
        servers = {
            count: instance.gunicorn(f"web-{count}", port, WEB_PROCESSES=str(count)) for count, port in ports.items()
        }
        for server in servers.values():
            server.start()
            server.wait_ready()
        for count in servers:
            answered(ports[count], path, callers=CALLERS, seconds=2)  # connections, caches
        database = database_pid()
        rates: dict[int, list[float]] = {1: [], 2: []}
        web_cpu: list[float] = []
        database_cpu: list[float] = []
        times: list[float] = []
        for _ in range(ROUNDS):
            for count, server in servers.items():
                before = cpu_seconds(server.pid), cpu_seconds(database)
                done = answered(ports[count], path, callers=CALLERS, seconds=SECONDS)
                rates[count].append(len(done) / SECONDS)
                web_cpu.append((cpu_seconds(server.pid) - before[0]) / len(done) * 1000)
                database_cpu.append((cpu_seconds(database) - before[1]) / len(done) * 1000)
                times += done if count == 2 else []
        parent, *children = family(servers[2].pid)
        for port in ports.values():
            answered(port, path, callers=24, seconds=SECONDS)  # more than there are threads
        held = connections()
        print_rows(
            [
                ("slots in an answer", json.loads(ask(ports[1], path))["total"]),
                ("kB of an answer", len(ask(ports[1], path)) / 1024),
                ("searches a second, 1 process", statistics.median(rates[1])),
                ("searches a second, 2 processes", statistics.median(rates[2])),
                (
                    "2 : 1, median of the rounds",
                    statistics.median(b / a for a, b in zip(rates[1], rates[2], strict=True)),
                ),
                ("CPU of the web for a search, ms", statistics.median(web_cpu)),
                ("CPU of PostgreSQL for a search, ms", statistics.median(database_cpu)),
                (f"{CALLERS} callers, 2 processes: median s", f"{statistics.median(times):.2f}"),
                (f"{CALLERS} callers, 2 processes: slowest s", f"{max(times):.2f}"),
                ("connections to PostgreSQL, 1 process of 8 threads", held["web-1"]),
                ("connections to PostgreSQL, 2 processes of 8 threads", held["web-2"]),
                ("MB of gunicorn's own process", megabytes(parent)),
                ("MB of each further process, after all this", statistics.mean(map(megabytes, children))),
            ]
        )
        for server in servers.values():
            server.kill()


def search_path(identifiers: list[str]) -> str:
    from django.utils import timezone

    now = timezone.now() + timedelta(minutes=1)
    listed = ",".join(f"urn:oid:1.2.250.1.71.4.2.1|{one}" for one in identifiers)
    return (
        "/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&status=free"
        f"&start=ge{now:%Y-%m-%dT%H:%M:%SZ}&start=le{now + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        f"&schedule.actor:Practitioner.identifier={listed}"
    )


def answered(port: int, path: str, *, callers: int, seconds: float) -> list[float]:
    """Seconds of each search that `callers` at once got answered, one after the other, within `seconds`."""
    until, times = time.monotonic() + seconds, []

    def call() -> None:
        while time.monotonic() < until:
            started = time.monotonic()
            ask(port, path)
            times.append(time.monotonic() - started)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def ask(port: int, path: str) -> bytes:
    """The body. As nginx does: a connection for each request."""
    caller = http.client.HTTPConnection("127.0.0.1", port)
    try:
        caller.request("GET", path)
        answer = caller.getresponse()
        body = answer.read()
    finally:
        caller.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{answer.status}: {body[:300]!r}")
    return body


if __name__ == "__main__":
    main()
