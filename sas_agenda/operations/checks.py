"""Configurations that would run blind, said at start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


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
