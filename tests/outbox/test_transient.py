"""Which failures of the database pass by themselves, by PostgreSQL's own list of them."""

import psycopg
import pytest
from django import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db.utils import DatabaseErrorWrapper
from psycopg import errors

from outbox.transient import is_transient

EVERY_STATE = sorted(errors._sqlcodes)  # type: ignore[attr-defined]


def raised(error: psycopg.Error) -> db.Error:
    """As Django hands it on."""
    with pytest.raises(db.Error) as caught, DatabaseErrorWrapper(db.connection):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("state", "passes"),
    [
        ("55P03", True),  # lock not available: lock_timeout
        ("57014", True),  # query canceled: statement_timeout
        ("40P01", True),  # deadlock
        ("57P01", True),  # terminated by an administrator
        ("57P03", True),  # the server starts
        ("53300", True),  # too many connections
        ("25006", True),  # read-only: a replica
        ("25P03", True),  # idle in a transaction for too long
        ("54000", False),  # a value too large for an index
        ("25P02", False),  # a statement after the one that failed: ours
        ("23505", False),
        ("22001", False),
        ("42P01", False),
        ("XX000", False),
    ],
)
def test_what_passes_and_what_does_not(state: str, passes: bool) -> None:
    assert is_transient(raised(errors.lookup(state)())) is passes


def test_what_the_request_is_to_blame_for_never_passes() -> None:
    to_blame = (db.IntegrityError, db.DataError, db.ProgrammingError, db.NotSupportedError)
    found = {state: raised(errors.lookup(state)()) for state in EVERY_STATE}
    assert sum(isinstance(error, to_blame) for error in found.values()) > 100
    assert [state for state, error in found.items() if isinstance(error, to_blame) and is_transient(error)] == []


def test_a_server_that_does_not_answer_has_no_state_to_tell() -> None:
    assert is_transient(raised(psycopg.OperationalError("connection refused")))
    assert is_transient(raised(psycopg.InterfaceError("the connection is closed")))


@pytest.mark.parametrize(("cause", "passes"), [("25006", True), ("57014", True), ("23505", False)])
def test_a_session_that_could_not_be_written_hides_it(cause: str, passes: bool) -> None:
    """Django's store raises UpdateError for any error of the database, and its middleware something else for that."""
    interrupted, update = SessionInterrupted("…"), UpdateError()
    interrupted.__context__, update.__context__ = update, raised(errors.lookup(cause)())
    assert is_transient(interrupted) is passes


def test_other_errors_are_what_they_are() -> None:
    assert not is_transient(None)
    assert not is_transient(ValueError())
