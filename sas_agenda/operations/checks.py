"""Configurations that would run blind, said at start, and databases that are not ours to migrate."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from sas_agenda.operations.database import QUIET, telling, unbounded
from sas_agenda.operations.lineage import foreign_migrations


@register(deploy=True)
def somebody_is_told(**_: Any) -> list[CheckMessage]:
    if settings.OPERATORS_EMAILS:
        return []
    return [
        Warning(
            "OPERATORS_EMAILS is empty: alerts are logged and counted, but nobody is written to.",
            hint="Give the operators' addresses, comma-separated.",
            id="operations.W001",
        )
    ]


@register(deploy=True)
def holes_may_be_reported(**_: Any) -> list[CheckMessage]:
    if settings.SECURITY_CONTACT:
        return []
    return [
        Warning(
            "SECURITY_CONTACT is empty: /.well-known/security.txt names nobody to report a vulnerability to.",
            hint="Give mailto:somebody@example, or the https:// address of a form.",
            id="operations.W004",
        )
    ]


@register(deploy=True)
def metrics_are_joined(**_: Any) -> list[CheckMessage]:
    if settings.METRICS_DIR:
        return []
    return [
        Warning(
            "METRICS_DIR is empty: /metrics shows the counts of whichever gunicorn process answers.",
            hint="Give a folder that the processes of this machine share and that is emptied at each start.",
            id="operations.W002",
        )
    ]


@register(Tags.database)
def the_database_is_of_this_lineage(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`migrate` asks this first, wherever it runs; `./agenda up` knows the error by its number (deploy/local/up.py)."""
    return [
        Error(
            f"Cette base a été faite par des migrations qui n’existent plus\u00a0: {', '.join(names)}. Rien n’a été changé.",
            hint=(
                "Elle ne se met pas à jour. Repartez de zéro\u00a0: sous ./agenda up, mettez le dossier de données de côté ou "
                "donnez-en un autre (--data DOSSIER)\u202f; avec DATABASE_URL, créez une base neuve et n’y restaurez rien."
            ),
            id="operations.E001",
        )
        for alias in databases or ()
        if (names := foreign_migrations(connections[alias]))
    ]


@register(Tags.database)
def the_database_tells_nobody(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asked by `migrate`, and by each process that serves, at its start (`starting`)."""
    return [
        (Warning if settings.LOCAL else Error)(
            f"PostgreSQL's own log would name patients: {', '.join(told)}.",
            hint=f"Set {', '.join(f'{name} = {allowed[0]}' for name, allowed in QUIET.items())}, and log_destination to stderr "
            'or syslog: "Limits and logs" in docs/deployment.md.',
            id="operations.E002",
        )
        for alias in databases or ()
        if (told := telling(connections[alias]))
    ]


@register(Tags.database)
def every_wait_is_bounded(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asked likewise. Our own connections bring their limits along; through a pooler they are the role's."""
    return [
        (Warning if settings.LOCAL else Error)(
            f"Some waits in the database have no end: {', '.join(names)} not set.",
            hint="; ".join(f"ALTER ROLE … SET {name} = '{settings.DATABASE_LIMITS[name]}'" for name in names)
            + ' ("Limits and logs" in docs/deployment.md).',
            id="operations.E003",
        )
        for alias in databases or ()
        if (names := unbounded(connections[alias]))
    ]


# Facts: a trigger refuses to rewrite them, and in production the product's role may not even try (docs/deployment.md).
APPEND_ONLY = ("appointments_appointmentevent", "appointments_patientevent", "accounts_accessevent")


@register(Tags.database)
def facts_can_t_be_rewritten(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asked with `check --database default`, by the role that serves; the role that migrates owns the tables."""
    if settings.LOCAL:
        return []
    return [
        Warning(
            f"The database's role may rewrite facts: {', '.join(tables)}.",
            hint='Let the product connect as a role of its own: "Two roles" in docs/deployment.md.',
            id="operations.W003",
        )
        for alias in databases or ()
        if (tables := rewritable(connections[alias]))
    ]


def rewritable(connection: BaseDatabaseWrapper) -> list[str]:
    """The append-only tables whose rows this role may change or remove."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name "
            "WHERE to_regclass(name) IS NOT NULL AND has_table_privilege(name, 'UPDATE, DELETE, TRUNCATE')",
            [list(APPEND_ONLY)],
        )
        return [name for (name,) in cursor.fetchall()]
