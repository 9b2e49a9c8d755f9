"""Can appointments be partitioned, and keep the guard against double booking? What PostgreSQL itself answers.

Run `.agenda/venv/bin/python -m bench.run partitioning`. Tables of its own, rolled back.
"""

import statistics
import time

from django.db import Error, connection, transaction

_GUARD = "EXCLUDE USING gist (practitioner WITH =, tstzrange(start, stop) WITH &&)"
_COLUMNS = "id bigint, practitioner int, start timestamptz, stop timestamptz, words text"
# name → statements; the last one adds the guard.
_WAYS = {
    "by month, guard as it is": [
        f"CREATE TABLE b ({_COLUMNS}) PARTITION BY RANGE (start)",
        f"ALTER TABLE b ADD {_GUARD}",
    ],
    "by month, guard with start as well (then no guard)": [
        f"CREATE TABLE b ({_COLUMNS}) PARTITION BY RANGE (start)",
        "ALTER TABLE b ADD EXCLUDE USING gist (practitioner WITH =, start WITH =, tstzrange(start, stop) WITH &&)",
    ],
    "by hash of the practitioner, guard as it is": [
        f"CREATE TABLE b ({_COLUMNS}) PARTITION BY HASH (practitioner)",
        f"ALTER TABLE b ADD {_GUARD}",
    ],
}
ROWS = 200_000


def main() -> None:
    for name, statements in _WAYS.items():
        print(f"{name}: {_tried(statements)}")
    with transaction.atomic(), connection.cursor() as cursor:
        for month in (False, True):
            _log(cursor, by_month=month)
        print(f"\nA log of {ROWS:,} rows over 24 months:")
        print(f"{'':32}{'one table':>12}{'by month':>12}")
        for told, query in {
            "last day's rows, ms": "SELECT count(*) FROM {} WHERE at > '2026-12-30'",
            "one appointment's rows, ms": "SELECT count(*) FROM {} WHERE appointment = 4711",
        }.items():
            print(f"{told:32}{_median(cursor, query.format('l1')):>12.2f}{_median(cursor, query.format('l2')):>12.2f}")
        delete, drop = "DELETE FROM l1 WHERE at < '2025-02-01'", "DROP TABLE l2_1"
        print(f"{'forgetting the oldest month, ms':32}{_timed(cursor, delete):>12.2f}{_timed(cursor, drop):>12.2f}")
        transaction.set_rollback(True)


def _tried(statements: list[str]) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            for statement in statements:
                cursor.execute(statement)
            transaction.set_rollback(True)
    except Error as error:
        return f"refused ({str(error).splitlines()[0]})"
    return "accepted"


def _log(cursor: object, *, by_month: bool) -> None:
    name = "l2" if by_month else "l1"
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(
        f"CREATE TABLE {name} (appointment int, at timestamptz, words text)" + by_month * " PARTITION BY RANGE (at)"
    )
    for month in range(24 * by_month):
        first, last = (f"{2025 + m // 12}-{m % 12 + 1:02}-01" for m in (month, month + 1))
        execute(f"CREATE TABLE l2_{month + 1} PARTITION OF l2 FOR VALUES FROM ('{first}') TO ('{last}')")
    execute(f"CREATE INDEX ON {name} (at)")
    execute(f"CREATE INDEX ON {name} (appointment)")
    execute(
        f"INSERT INTO {name} SELECT n / 2, timestamptz '2025-01-01' + n * interval '2 years' / {ROWS + 1}, repeat('x', 300) "
        f"FROM generate_series(1, {ROWS}) n"
    )
    execute(f"ANALYZE {name}")


def _median(cursor: object, query: str) -> float:
    return statistics.median(_timed(cursor, query) for _ in range(11))


def _timed(cursor: object, query: str) -> float:
    started = time.perf_counter()
    cursor.execute(query)  # type: ignore[attr-defined]
    return (time.perf_counter() - started) * 1000
