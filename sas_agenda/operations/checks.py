"""Configurations that would run blind, said at start, and databases that are not ours to migrate."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

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
