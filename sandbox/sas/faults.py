"""Faults of the platform, to be switched on: for the next N requests, or until switched off."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sas.store import Store

SERVER_ERROR, UNPROCESSABLE, BARRED, TIMEOUT, RESET = "500", "422", "403", "timeout", "reset"
KINDS = (SERVER_ERROR, UNPROCESSABLE, BARRED, TIMEOUT, RESET)
# Longer than a client may reasonably wait.
HOLD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault switched on; `remaining` requests will meet it, all of them when None."""

    kind: str
    remaining: int | None


class Faults:
    """The switch, kept in the store so that it outlives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def current(self) -> Fault | None:
        row = self._store.row("SELECT * FROM fault")
        return Fault(row["kind"], row["remaining"]) if row else None

    def switch_on(self, kind: str, remaining: int | None) -> None:
        """Raises ValueError for an unknown kind or a count under 1."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}")
        if remaining is not None and remaining < 1:
            raise ValueError("the number of requests starts at 1")
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM fault")
            connection.execute("INSERT INTO fault VALUES (1, ?, ?)", (kind, remaining))

    def switch_off(self) -> None:
        self._store.run("DELETE FROM fault")

    def claim(self) -> str | None:
        """The fault that the present request meets, counted down."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT * FROM fault").fetchone()
            if row is None:
                return None
            if row["remaining"] is not None:
                connection.execute("UPDATE fault SET remaining = remaining - 1")
                connection.execute("DELETE FROM fault WHERE remaining <= 0")
            return str(row["kind"])
