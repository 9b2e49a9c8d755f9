"""Failures of the database that pass by themselves: the same request, sent again a little later, may well succeed.

Nobody answers, or only a replica that takes no writes; somebody holds a lock for too long; our session was ended. What the
request itself is to blame for (a row refused, a statement too large) is none of these.
"""

from collections.abc import Iterator

from django.db import InterfaceError, InternalError, OperationalError

# Seconds, for `Retry-After`: longer than a lock is waited for.
RETRY_AFTER = 10

# Program limits: a value too large for an index stays too large.
_OF_THE_STATEMENT = "54"
# Read-only transaction; idle in a transaction, or in one, for too long. PostgreSQL's class 25, in which nothing else passes.
_OF_THE_SESSION = {"25006", "25P03", "25P04"}


def is_transient(error: BaseException | None) -> bool:
    """Whether such a failure is this error, or what it came of: the sessions' own « interrupted » hides one."""
    return any(_is_one(one) for one in _chain(error))


def _is_one(error: BaseException) -> bool:
    state = getattr(error.__cause__, "sqlstate", None) or ""
    match error:
        case OperationalError():
            return not state.startswith(_OF_THE_STATEMENT)
        case InternalError():
            return state in _OF_THE_SESSION
        case InterfaceError():
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
