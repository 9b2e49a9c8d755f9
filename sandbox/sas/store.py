"""The sandbox's memory: one SQLite file, which survives restarts."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS regulator (
    id TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    given TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    service TEXT NOT NULL,
    password TEXT NOT NULL,
    active INTEGER NOT NULL,
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    held_system TEXT,
    held_value TEXT,
    delivery TEXT NOT NULL,
    delivered_at TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS regulator_email ON regulator (email) WHERE active;
CREATE UNIQUE INDEX IF NOT EXISTS regulator_identifier ON regulator (system, value) WHERE active;
CREATE TABLE IF NOT EXISTS regulator_identifier_history (
    regulator_id TEXT NOT NULL REFERENCES regulator (id),
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (regulator_id, system, value)
);
CREATE TABLE IF NOT EXISTS exchange (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    regulator_id TEXT,
    label TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sso_session (
    digest TEXT PRIMARY KEY,
    regulator_id TEXT NOT NULL REFERENCES regulator (id),
    idp_connect TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS authorization_code (
    digest TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    regulator_id TEXT NOT NULL REFERENCES regulator (id),
    session_digest TEXT NOT NULL,
    idp_connect TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    scope TEXT NOT NULL,
    nonce TEXT,
    code_challenge TEXT,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE TABLE IF NOT EXISTS access_token (
    digest TEXT PRIMARY KEY,
    code_digest TEXT NOT NULL,
    session_digest TEXT NOT NULL,
    regulator_id TEXT NOT NULL REFERENCES regulator (id),
    idp_connect TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS appointment (
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    PRIMARY KEY (system, value)
);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body TEXT NOT NULL,
    fault TEXT,
    answered INTEGER,
    answer TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    system TEXT,
    value TEXT,
    change TEXT NOT NULL,
    verdict TEXT NOT NULL,
    checks TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS received_appointment ON received (system, value);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    remaining INTEGER
);
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    told TEXT NOT NULL
);
"""


class Store:
    """One connection shared by the server's threads, one writer or reader at a time: the sandbox serves one person."""

    def __init__(self, path: Path | None = None) -> None:
        """Open (and create if need be) the file at `path`; in memory when None."""
        self._lock = threading.RLock()
        target = ":memory:" if path is None else str(path)
        self._connection = sqlite3.connect(target, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what the block writes, or nothing. Re-entrant: an inner block joins the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: Any) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def run(self, sql: str, *parameters: Any) -> int:
        """Execute one statement in its own transaction; the number of rows it changed."""
        with self.transaction() as connection:
            return connection.execute(sql, parameters).rowcount
