"""Bad combinations of settings, said at start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from appointments.call.copy_line import NAMES, unknown_names


@register
def the_copied_line_can_be_filled(**_: Any) -> list[CheckMessage]:
    try:
        unknown = unknown_names(settings.SAS_COPY_LINE)
    except ValueError as error:
        unknown = [str(error)]
    if not unknown:
        return []
    return [
        Error(
            f"SAS_COPY_LINE holds what no line has: {', '.join(unknown)}.",
            hint=f"It may hold {', '.join('{' + name + '}' for name in NAMES)}.",
            id="appointments.E001",
        )
    ]
