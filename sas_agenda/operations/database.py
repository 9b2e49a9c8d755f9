"""What PostgreSQL itself writes down, and how long it lets anybody wait: what is set in it, and what has to be.

It writes what the product never logs: a statement that fails, the row that a constraint refuses, the statement of a process
that was killed. Values travel apart from the statements (`server_side_binding`), and these settings keep back the rest.
"""

from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

# Setting → what it may be; the first is what we give it. In docs/deployment.md, compose.yaml and deploy/local/postgres.py too:
# a test compares.
QUIET: Mapping[str, tuple[str, ...]] = {
    "log_statement": ("none", "ddl"),
    "log_parameter_max_length": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "log_min_error_statement": ("panic",),
    # Without DETAIL (« Failing row contains… ») and CONTEXT.
    "log_error_verbosity": ("terse",),
}
# csvlog and jsonlog write DETAIL whatever the verbosity is.
_TERSE_DESTINATIONS = {"stderr", "syslog", "eventlog", ""}
# Of a plan, values and all; there only where the module is loaded.
_PLANS = "auto_explain.log_min_duration"

LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def telling(connection: BaseDatabaseWrapper) -> list[str]:
    """The settings by which this server's log could name a patient, as `name = value`; none is how it has to be."""
    found = _settings(connection, [*QUIET, "log_destination", _PLANS])
    told = [name for name, allowed in QUIET.items() if found[name] not in allowed]
    if not {one.strip() for one in (found["log_destination"] or "").split(",")} <= _TERSE_DESTINATIONS:
        told.append("log_destination")
    if found[_PLANS] not in {None, "", "-1"}:
        told.append(_PLANS)
    return [f"{name} = {found[name]}" for name in told]


def unbounded(connection: BaseDatabaseWrapper) -> list[str]:
    """The waits that have no end in sessions as ours."""
    found = _settings(connection, LIMITS)
    return [name for name in LIMITS if found[name] == "0"]


def _settings(connection: BaseDatabaseWrapper, names: list[str] | tuple[str, ...]) -> dict[str, str | None]:
    """None for one that the server does not know."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name", [list(names)])
        return dict(cursor.fetchall())
